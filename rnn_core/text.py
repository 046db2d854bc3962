"""Real input without a download: a text as one-hot rows (lessons 01, 02, 07)."""

import codecs
import contextlib

import numpy as np

from .validation import check_memory


def zen_of_python():
    """Return the 856 characters of the Zen of Python, which every Python carries,
    without printing them.

    References
    ----------
    Tim Peters (2004), PEP 20.

    Examples
    --------
    >>> zen_of_python().splitlines()[0]
    'The Zen of Python, by Tim Peters'
    """
    with contextlib.redirect_stdout(
        None
    ):  # the module prints itself when it is first imported
        import this
    return codecs.decode(this.s, "rot13")


def one_hot(text, characters=None):
    """Write each character of a text as a row with a single 1.

    Parameters
    ----------
    text : str of at least one character
    characters : str of distinct characters, one for each column; by default those of
        the text, sorted

    Returns
    -------
    inputs : array of shape (timesteps, input_size), one row for each character of the
        text
    characters : str of length input_size

    Raises
    ------
    TypeError, ValueError, MemoryError : no str, empty, a character repeated or unknown,
        or too long

    Examples
    --------
    >>> one_hot("aba")
    (array([[1., 0.],
           [0., 1.],
           [1., 0.]]), 'ab')
    """
    characters = (
        "".join(sorted(set(text)))
        if characters is None and isinstance(text, str)
        else characters
    )
    for name, value in (("text", text), ("characters", characters)):
        if not isinstance(value, str):
            raise TypeError(f"{name} must be a str; got {type(value).__name__}.")
        if not value:
            raise ValueError(f"{name} must have at least one character; got ''.")
    column = {character: i for i, character in enumerate(characters)}
    if len(column) < len(characters):
        repeated = next(c for c in characters if characters.count(c) > 1)
        raise ValueError(
            f"characters must be distinct; got {repeated!r} more than once."
        )
    if unknown := set(text) - set(column):
        raise ValueError(
            f"text must consist of the characters {characters!r}; got {min(unknown)!r}."
        )
    check_memory(timesteps=len(text), input_size=len(characters))
    inputs = np.zeros((len(text), len(characters)))
    inputs[np.arange(len(text)), [column[c] for c in text]] = 1
    return inputs, characters


def next_character_task(text):
    """Turn a text into one sequence: each character is an input, the one after it is
    the target.

    Parameters
    ----------
    text : str of at least two characters

    Returns
    -------
    inputs : array of shape (timesteps, input_size), one-hot; timesteps = len(text) - 1
    targets : array of shape (timesteps,), the column of each next character
    characters : str of length input_size, the characters of the text, sorted

    Raises
    ------
    TypeError, ValueError, MemoryError : not a str, fewer than two characters, or too
        many

    Examples
    --------
    >>> inputs, targets, characters = next_character_task("abba")
    >>> inputs.shape, targets, characters
    ((3, 2), array([1, 1, 0]), 'ab')
    """
    inputs, characters = one_hot(text)
    if len(text) < 2:
        raise ValueError(f"text must have at least two characters; got {text!r}.")
    return inputs[:-1], inputs[1:].argmax(axis=1), characters
