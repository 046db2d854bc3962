"""Real input without a download: a text as one-hot rows (lessons 01, 02, 07)."""

import codecs
import contextlib
from unicodedata import normalize

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
    # The module prints itself when it is first imported.
    with contextlib.redirect_stdout(None):
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

    Examples
    --------
    >>> one_hot("aba")
    (array([[1., 0.],
           [0., 1.],
           [1., 0.]]), 'ab')
    """
    check_text(text, "text")
    if characters is None:
        characters = "".join(sorted(set(text)))
    check_text(characters, "characters")
    column = {character: i for i, character in enumerate(characters)}
    if len(column) < len(characters):
        repeated = next(c for c in characters if characters.count(c) > 1)
        raise ValueError(
            f"characters must be distinct; got {repeated!r} more than once."
        )
    check_characters(text, "text", characters)
    # The rows, and for each character its place in them.
    check_memory(
        lambda timesteps, input_size: timesteps * (input_size + 3),
        timesteps=len(text),
        input_size=len(characters),
    )
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


def check_text(value, name):
    """Refuse what is no str of at least one character."""
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a str; got {type(value).__name__}.")
    if not value:
        raise ValueError(f"{name} must have at least one character; got ''.")


def check_characters(text, name, characters):
    """Refuse a text of which not every character is one of `characters`."""
    if unknown := set(text) - set(characters):
        # A letter with its accent, or a Korean syllable, is one character or several.
        forms = ("NFC", "NFD")
        fitting = [f for f in forms if set(normalize(f, text)) <= set(characters)]
        hint = ""
        if fitting:
            hint = f" It fits as unicodedata.normalize({fitting[0]!r}, {name})."
        raise ValueError(
            f"{name} must consist of the characters {characters!r};"
            f" got {min(unknown)!r}.{hint}"
        )
