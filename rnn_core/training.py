"""A readout, its loss, an optimizer, and two tasks: the memory cell learns (notebook 06)."""

import math
from pathlib import Path
from typing import NamedTuple

import numpy as np

from .gradients import backward
from .initialization import init_parameters
from .memory_cell import run, step
from .text import one_hot
from .validation import check_array, check_memory, check_number, check_rng, check_size


class Model(NamedTuple):
    """A memory cell and its readout, logits_t = Wy @ hidden_state_t + by; or the gradient by each of them."""

    Wx: np.ndarray  # (hidden_size, input_size)
    Wh: np.ndarray  # (hidden_size, hidden_size)
    b: np.ndarray  # (hidden_size,)
    Wy: np.ndarray  # (output_size, hidden_size)
    by: np.ndarray  # (output_size,)


class Update(NamedTuple):
    """What fit yields: a model, and how this very model does."""

    model: Model
    loss: float  # nats per character
    accuracy: float
    gradient_norm: float  # before clipping


def init_model(input_size, hidden_size, output_size, *, scheme, gain=1.0, rng):
    """Draw a cell by init_parameters, then a readout: glorot_uniform Wy, and by = 0.

    Parameters
    ----------
    input_size, hidden_size, output_size : int, at least 1
    scheme, gain, rng : as for init_parameters; the scheme is the cell's, the readout is always the same

    Returns
    -------
    Model : Wx, Wh, b, then Wy (output_size, hidden_size) and by (output_size,), all float64

    Raises
    ------
    TypeError, ValueError : an argument of the wrong type, or outside its range
    MemoryError : the weights would need more than MEMORY_LIMIT bytes

    References
    ----------
    Glorot and Bengio (2010), "Understanding the difficulty of training deep feedforward neural networks":
    the limit sqrt(6 / (fan_in + fan_out)).

    Examples
    --------
    >>> model = init_model(4, 8, 3, scheme="orthogonal", rng=np.random.default_rng(0))
    >>> model.Wy.shape, model.by
    ((3, 8), array([0., 0., 0.]))
    """
    hidden_size = check_size(hidden_size, "hidden_size")
    output_size = check_size(output_size, "output_size")
    check_memory(output_size=output_size, hidden_size=hidden_size)
    cell = init_parameters(input_size, hidden_size, scheme=scheme, gain=gain, rng=rng)
    limit = math.sqrt(6 / (hidden_size + output_size))
    return Model(*cell, rng.uniform(-limit, limit, (output_size, hidden_size)), np.zeros(output_size))


def next_character_task(text):
    """Turn a text into one sequence: each character is an input, the one after it is the target.

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
    TypeError, ValueError : not a str, or fewer than two characters
    MemoryError : the inputs would need more than MEMORY_LIMIT bytes

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


def loss_and_gradients(model, inputs, targets):
    """Run the model, measure how well it predicts the targets, and differentiate that by every weight.

    p_t = softmax(Wy @ hidden_state_t + by); loss = mean over t of -ln p_t[target_t];
    d loss / d logits_t = (p_t - one_hot(target_t)) / number of targets, derived in notebook 06.

    Parameters
    ----------
    model : Model
    inputs : array of shape (..., timesteps, input_size)
    targets : array of shape (..., timesteps), whole numbers from 0 to output_size - 1

    Returns
    -------
    loss : float, nats per character
    gradients : Model, each of the shape of its weight
    accuracy : float, the fraction of targets that have the largest logit

    Raises
    ------
    TypeError, ValueError : not a Model, not numbers, shapes that do not match, NaN or infinity, targets
        that are not a column

    Examples
    --------
    >>> model = Model(np.ones((1, 1)), np.ones((1, 1)), np.zeros(1), np.zeros((2, 1)), np.zeros(2))
    >>> loss, gradients, accuracy = loss_and_gradients(model, [[1.0]], [0])
    >>> round(loss, 4), gradients.by, accuracy  # ln 2: it knows nothing yet
    (0.6931, array([-0.5,  0.5]), 1.0)
    """
    Wx, Wh, b, Wy, by = _check_model(model)
    hidden_states = run(inputs, Wx, Wh, b)  # (..., timesteps, hidden_size)
    targets = _check_targets(targets, hidden_states.shape[:-1], len(by))

    logits = hidden_states @ Wy.T + by  # (..., timesteps, output_size)
    right = logits.argmax(axis=-1) == targets
    logits -= logits.max(axis=-1, keepdims=True)  # changes no probability, and exp can't overflow
    log_p = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
    loss = -np.take_along_axis(log_p, targets[..., None], axis=-1).mean()

    d_logits = (np.exp(log_p) - (np.arange(len(by)) == targets[..., None])) / targets.size
    cell = backward(d_logits @ Wy, inputs, hidden_states, Wx, Wh, b)
    rows = d_logits.reshape(targets.size, len(by))  # (batch * timesteps, output_size)
    d_Wy = rows.T @ hidden_states.reshape(targets.size, len(b))
    return float(loss), Model(cell.Wx, cell.Wh, cell.b, d_Wy, rows.sum(axis=0)), float(right.mean())


def clip_by_global_norm(gradients, limit):
    """Shorten the gradient to a norm of at most `limit`, without turning it.

    norm = sqrt(sum of all squares in all five arrays); each array is multiplied by min(1, limit / norm).

    Parameters
    ----------
    gradients : Model
    limit : float, finite and at least 0

    Returns
    -------
    clipped : Model
    norm : float, before clipping

    Raises
    ------
    TypeError, ValueError : not a Model, not numbers, shapes that do not match, NaN or infinity

    References
    ----------
    Pascanu, Mikolov and Bengio (2013), "On the difficulty of training recurrent neural networks": rescale the
    gradient whenever its norm exceeds a threshold.

    Examples
    --------
    >>> clipped, norm = clip_by_global_norm(Model([[3.0]], [[0.0]], [0.0], [[4.0]], [0.0]), 1.0)
    >>> norm, clipped.Wx, clipped.Wy
    (5.0, array([[0.6]]), array([[0.8]]))
    """
    gradients, limit = _check_model(gradients, "gradients"), check_number(limit, "limit", 0)
    norm = math.sqrt(sum(float(np.vdot(g, g)) for g in gradients))
    scale = limit / norm if norm > limit else 1.0
    return Model(*(scale * g for g in gradients)), norm


def fit(model, inputs, targets, *, updates, learning_rate, clip, beta2=0.99):
    """Train by Adam on the clipped gradient of the whole sequence; a generator, one Update at a time.

    mean = 0.9 mean + 0.1 g;  square = beta2 square + (1 - beta2) g^2, both from 0 and corrected for it;
    weight = weight - learning_rate * mean / (sqrt(square) + 1e-8)

    Progress bars, curves and stopping early are the caller's: leave the loop, and the last Update is what
    was learnt. A second fit takes up the model, but starts the two averages anew.

    Parameters
    ----------
    model : Model; it stays as it is, each Update carries a new one
    inputs, targets : as for loss_and_gradients
    updates : int, at least 1
    learning_rate : float, finite and at least 0
    clip : float, finite and at least 0: the limit for clip_by_global_norm
    beta2 : float between 0 and 0.9999; at 0.99 the squares reach back about 100 updates

    Yields
    ------
    Update : the new model, with its loss, accuracy and gradient norm

    Raises
    ------
    TypeError, ValueError : as loss_and_gradients, or a number outside its range; before the first update

    References
    ----------
    Kingma and Ba (2015), "Adam: a method for stochastic optimization", Algorithm 1. They suggest beta1 = 0.9
    and beta2 = 0.999.

    Examples
    --------
    >>> inputs, targets, characters = next_character_task("hello, world")
    >>> model = init_model(9, 16, 9, scheme="glorot_uniform", rng=np.random.default_rng(0))
    >>> for update in fit(model, inputs, targets, updates=100, learning_rate=0.01, clip=1.0):
    ...     if update.accuracy == 1:
    ...         break
    >>> recite(update.model, "h", 12, characters)
    'hello, world'
    """
    updates, learning_rate = check_size(updates, "updates"), check_number(learning_rate, "learning_rate", 0)
    clip, beta2 = check_number(clip, "clip", 0), check_number(beta2, "beta2", 0, 0.9999)
    _, gradients, _ = loss_and_gradients(model, inputs, targets)  # refuses bad arguments now, not in the loop
    return _adam(_check_model(model), gradients, inputs, targets, updates, learning_rate, clip, beta2)


def _adam(model, gradients, inputs, targets, updates, learning_rate, clip, beta2):
    beta1, means, squares = 0.9, [0.0] * len(model), [0.0] * len(model)
    clipped, _ = clip_by_global_norm(gradients, clip)
    for t in range(1, updates + 1):
        means = [beta1 * m + (1 - beta1) * g for m, g in zip(means, clipped, strict=True)]
        squares = [beta2 * s + (1 - beta2) * g**2 for s, g in zip(squares, clipped, strict=True)]
        # Averages that start at 0 are too small at first, by exactly these factors.
        rate, correction = learning_rate / (1 - beta1**t), 1 - beta2**t
        model = Model(
            *(
                w - rate * m / (np.sqrt(s / correction) + 1e-8)
                for w, m, s in zip(model, means, squares, strict=True)
            )
        )
        loss, gradients, accuracy = loss_and_gradients(model, inputs, targets)
        clipped, norm = clip_by_global_norm(gradients, clip)
        yield Update(model, loss, accuracy, norm)


def recite(model, first, length, characters):
    """Let the model continue a beginning: each time its likeliest next character is also its next input.

    Parameters
    ----------
    model : Model with one input and one logit for each character
    first : str of at least one character, the beginning
    length : int, at least len(first); of the whole answer
    characters : str, as returned by next_character_task: a model knows columns, not what they stand for

    Returns
    -------
    str : `first` and what the model makes follow

    Raises
    ------
    TypeError, ValueError : not a Model, not a str, a beginning with a character that `characters` lacks, too
        short a length, more or fewer characters than the model has inputs and logits

    Examples
    --------
    >>> swap = Model(np.eye(2), np.zeros((2, 2)), np.zeros(2), np.eye(2)[::-1], np.zeros(2))
    >>> recite(swap, "a", 6, "ab")
    'ababab'
    """
    Wx, Wh, b, Wy, by = _check_model(model)
    for name, value in (("first", first), ("characters", characters)):
        if not isinstance(value, str):
            raise TypeError(f"{name} must be a str; got {type(value).__name__}.")
    if not first or not set(first) <= set(characters):
        raise ValueError(f"first must be one or more of the characters {characters!r}; got {first!r}.")
    length = check_size(length, "length", len(first))
    if not len(characters) == Wx.shape[1] == len(by):
        raise ValueError(
            f"characters must be as many as the model has inputs ({Wx.shape[1]}) and logits ({len(by)});"
            f" got {len(characters)}."
        )
    hidden_state = run(one_hot(first, characters)[0], Wx, Wh, b)[-1]
    one_hots = np.eye(len(characters))
    text = first
    while len(text) < length:
        column = (Wy @ hidden_state + by).argmax()
        text += characters[column]
        hidden_state = step(one_hots[column], hidden_state, Wx, Wh, b)
    return text


def adding_problem(timesteps, batch, *, rng):
    """Draw sequences of numbers, two of which are marked: the target is the sum of these two.

    Always answering 1 has a mean squared error of 1/6, the variance of the sum of two U[0, 1) numbers.

    Parameters
    ----------
    timesteps : int, at least 2
    batch : int, at least 1
    rng : np.random.Generator

    Returns
    -------
    inputs : array of shape (batch, timesteps, 2): a number from U[0, 1), and a mark, 1 at one timestep of
        the first half and at one of the second, otherwise 0
    targets : array of shape (batch,)

    Raises
    ------
    TypeError, ValueError : an argument of the wrong type, or outside its range
    MemoryError : the inputs would need more than MEMORY_LIMIT bytes

    References
    ----------
    Hochreiter and Schmidhuber (1997), "Long short-term memory", experiment 4: the task, there with numbers
    between -1 and 1.
    Le, Jaitly and Hinton (2015), "A simple way to initialize recurrent networks of rectified linear units":
    numbers between 0 and 1; they print the error of always answering 1 as 0.1767. The 1/6 is derived here.

    Examples
    --------
    >>> inputs, targets = adding_problem(10, 32, rng=np.random.default_rng(0))
    >>> inputs.shape, targets.shape
    ((32, 10, 2), (32,))
    """
    timesteps, batch = check_size(timesteps, "timesteps", 2), check_size(batch, "batch")
    check_rng(rng)
    check_memory(batch=batch, timesteps=timesteps, input_size=2)
    inputs = np.zeros((batch, timesteps, 2))
    inputs[..., 0] = rng.random((batch, timesteps))
    half = timesteps // 2
    for start, stop in ((0, half), (half, timesteps)):
        inputs[np.arange(batch), rng.integers(start, stop, batch), 1] = 1
    return inputs, (inputs[..., 0] * inputs[..., 1]).sum(axis=1)


def save_model(path, model):
    """Write the five arrays to a file of exactly this name, by np.savez.

    Parameters
    ----------
    path : str or path; an existing file is replaced
    model : Model

    Raises
    ------
    TypeError, ValueError : not a Model, not numbers, shapes that do not match, NaN or infinity
    OSError : the file can't be written
    """
    arrays = _check_model(model)._asdict()
    with Path(path).open("wb") as file:  # np.savez would append .npz to a bare name
        np.savez(file, **arrays)


def load_model(path):
    """Read what save_model wrote; nothing in the file is ever executed.

    Parameters
    ----------
    path : str or path

    Returns
    -------
    Model

    Raises
    ------
    ValueError : a file that save_model did not write, arrays that are missing or do not match
    OSError : the file is not there, or can't be read

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> model = init_model(4, 8, 4, scheme="uniform", rng=np.random.default_rng(0))
    >>> with TemporaryDirectory() as folder:
    ...     save_model(f"{folder}/model.npz", model)
    ...     print(np.array_equal(load_model(f"{folder}/model.npz").Wh, model.Wh))
    True
    """
    import zipfile  # here, because it takes a quarter of the time that `import rnn_core` may take

    with Path(path).open("rb") as file:
        try:
            archive = np.load(file, allow_pickle=False)
            names = [name for name in Model._fields if name in getattr(archive, "files", ())]
            arrays = {name: archive[name] for name in names}
        except (ValueError, EOFError, zipfile.BadZipFile):  # not NumPy's, pickled, empty or damaged
            arrays = {}
    if missing := [name for name in Model._fields if name not in arrays]:
        raise ValueError(f"path must name a file written by save_model; {path} lacks {', '.join(missing)}.")
    return _check_model(Model(**arrays))


def _check_model(model, name="model"):
    """Return the Model with its arrays checked against each other."""
    if not isinstance(model, Model):
        raise TypeError(f"{name} must be a Model(Wx, Wh, b, Wy, by); got {type(model).__name__}.")
    Wx = check_array(model.Wx, "Wx", ("hidden_size", "input_size"))
    why = f" to match Wx of shape {Wx.shape} (hidden_size={len(Wx)})"
    Wh = check_array(model.Wh, "Wh", (len(Wx), len(Wx)), why)
    b = check_array(model.b, "b", (len(Wx),), why)
    Wy = check_array(model.Wy, "Wy", ("output_size", len(Wx)), why)
    by = check_array(model.by, "by", (len(Wy),), f" to match Wy of shape {Wy.shape} (output_size={len(Wy)})")
    return Model(Wx, Wh, b, Wy, by)


def _check_targets(targets, shape, output_size):
    """Return whole numbers from 0 to output_size - 1, one for each timestep, as integers."""
    targets = check_array(targets, "targets", shape, ", one for each timestep of inputs")
    wrong = (targets % 1 != 0) | (targets < 0) | (targets >= output_size)
    if wrong.any():
        raise ValueError(
            f"targets must be whole numbers from 0 to {output_size - 1}; got {targets[wrong][0]:g}."
        )
    return targets.astype(np.int64)
