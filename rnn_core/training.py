"""A readout, its loss, and two tasks: the memory cell learns (lesson 07)."""

import math
from typing import NamedTuple

import numpy as np

from .gradients import backward
from .initialization import init_parameters
from .memory_cell import run, step
from .optimizer import adam, clip_by_global_norm
from .text import one_hot
from .validation import check_array, check_memory, check_number, check_rng, check_size

LARGEST_NORM = float(np.finfo(np.float64).max)  # a limit that no gradient exceeds


class Model(NamedTuple):
    """A memory cell and its readout, logits_t = Wy @ hidden_state_t + by; or the
    gradient by each of them.
    """

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
    """Draw a cell by init_parameters, then its readout, always the same way: Glorot's
    uniform Wy, and by = 0.

    output_size : int, at least 1; all other arguments, and what is raised, as for
        init_parameters.

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
    return Model(
        *cell,
        rng.uniform(-limit, limit, (output_size, hidden_size)),
        np.zeros(output_size),
    )


def loss_and_gradients(model, inputs, targets):
    """Run the model, measure how well it predicts the targets, and differentiate that
    by every weight.

    p_t = softmax(Wy @ hidden_state_t + by); loss = mean over t of -ln p_t[target_t];
    d loss / d logits_t = (p_t - one_hot(target_t)) / number of targets, derived in
    lesson 07.

    Parameters
    ----------
    model : Model
    inputs : array of shape (..., timesteps, input_size)
    targets : array of shape (..., timesteps), whole numbers from 0 to output_size - 1

    Returns
    -------
    loss (float, nats per character), gradients (Model, each of the shape of its
        weight), accuracy (float, the fraction of targets that have the largest logit)

    Raises
    ------
    TypeError, ValueError : not a Model, arrays that do not match, targets that are no
        column

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
    logits -= logits.max(
        axis=-1, keepdims=True
    )  # changes no probability, and exp can't overflow
    log_p = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
    loss = -np.take_along_axis(log_p, targets[..., None], axis=-1).mean()

    d_logits = (
        np.exp(log_p) - (np.arange(len(by)) == targets[..., None])
    ) / targets.size
    cell = backward(d_logits @ Wy, inputs, hidden_states, Wx, Wh, b)
    rows = d_logits.reshape(targets.size, len(by))  # (batch * timesteps, output_size)
    d_Wy = rows.T @ hidden_states.reshape(targets.size, len(b))
    return (
        float(loss),
        Model(cell.Wx, cell.Wh, cell.b, d_Wy, rows.sum(axis=0)),
        float(right.mean()),
    )


def fit(model, inputs, targets, *, updates, learning_rate, clip, beta2=0.99):
    """Train by Adam on the clipped gradient of the whole sequence; a generator, one
    Update at a time.

    Leave the loop, and the last Update is what was learnt. A second fit starts Adam's
    averages anew.

    Parameters
    ----------
    model : Model; it stays as it is, each Update carries a new one
    inputs, targets : as for loss_and_gradients
    updates : int, at least 1
    learning_rate, beta2 : as for adam
    clip : float, finite and at least 0, the limit for clip_by_global_norm; or None: no
        clipping

    Yields
    ------
    Update : the new model, with its loss, accuracy and gradient norm

    Raises
    ------
    TypeError, ValueError : as loss_and_gradients and adam; before the first update
    OverflowError : the gradient grows beyond all numbers

    Examples
    --------
    >>> from rnn_core import next_character_task
    >>> inputs, targets, characters = next_character_task("hello, world")
    >>> model = init_model(9, 16, 9, scheme="keras", rng=np.random.default_rng(0))
    >>> for update in fit(model, inputs, targets, updates=100, learning_rate=0.01, clip=1.0):
    ...     if update.accuracy == 1:
    ...         break
    >>> recite(update.model, "h", 12, characters)
    'hello, world'
    """
    updates = check_size(updates, "updates")
    limit = LARGEST_NORM if clip is None else check_number(clip, "clip", 0)
    _, gradients, _ = loss_and_gradients(
        model, inputs, targets
    )  # refuses bad arguments now, not in the loop
    adam(model, gradients, learning_rate=learning_rate, beta2=beta2)
    return _updates(
        _check_model(model),
        gradients,
        inputs,
        targets,
        updates,
        limit,
        learning_rate,
        beta2,
    )


def _updates(model, gradients, inputs, targets, updates, limit, learning_rate, beta2):
    state = None
    clipped, _ = clip_by_global_norm(gradients, limit)
    for _ in range(updates):
        model, state = adam(
            model, clipped, state, learning_rate=learning_rate, beta2=beta2
        )
        loss, gradients, accuracy = loss_and_gradients(model, inputs, targets)
        clipped, norm = clip_by_global_norm(gradients, limit)
        yield Update(model, loss, accuracy, norm)


def recite(model, first, length, characters):
    """Let the model continue a beginning: each time its likeliest next character is
    also its next input.

    Parameters
    ----------
    model : Model with one input and one logit for each character
    first : str of at least one character, the beginning; the answer starts with it
    length : int, at least len(first); of the whole answer, a str
    characters : str, as returned by next_character_task: a model knows columns, not
        what they stand for

    Raises
    ------
    TypeError, ValueError : not a Model, not a str, too short a length, characters that
        do not match

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
        raise ValueError(
            f"first must be one or more of the characters {characters!r}; got {first!r}."
        )
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
    """Draw sequences of numbers, two of which are marked: the target is the sum of
    these two.

    Always answering 1 has a mean squared error of 1/6, the variance of the sum of two
    U[0, 1) numbers; derived in an exercise of lesson 07.

    timesteps, batch, rng : int, at least 2; int, at least 1; np.random.Generator

    Returns
    -------
    inputs (batch, timesteps, 2): a number from U[0, 1), and a mark, 1 at one timestep
        of the first half and at one of the second, otherwise 0; targets (batch,)

    Raises
    ------
    TypeError, ValueError, MemoryError : an argument of the wrong type, outside its
        range, or too large

    References
    ----------
    Hochreiter and Schmidhuber (1997), "Long short-term memory", experiment 4: the task,
    there with numbers between -1 and 1.

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


def _check_model(model, name="model"):
    """Return the Model with its arrays checked against each other."""
    if not isinstance(model, Model):
        raise TypeError(
            f"{name} must be a Model(Wx, Wh, b, Wy, by); got {type(model).__name__}."
        )
    Wx = check_array(model.Wx, "Wx", ("hidden_size", "input_size"))
    why = f" to match Wx of shape {Wx.shape} (hidden_size={len(Wx)})"
    Wh = check_array(model.Wh, "Wh", (len(Wx), len(Wx)), why)
    b = check_array(model.b, "b", (len(Wx),), why)
    Wy = check_array(model.Wy, "Wy", ("output_size", len(Wx)), why)
    by = check_array(
        model.by,
        "by",
        (len(Wy),),
        f" to match Wy of shape {Wy.shape} (output_size={len(Wy)})",
    )
    return Model(Wx, Wh, b, Wy, by)


def _check_targets(targets, shape, output_size):
    targets = check_array(
        targets, "targets", shape, ", one for each timestep of inputs"
    )
    wrong = targets[(targets % 1 != 0) | (targets < 0) | (targets >= output_size)]
    if len(wrong):
        raise ValueError(
            f"targets must be whole numbers from 0 to {output_size - 1}; got {wrong[0]:g}."
        )
    return targets.astype(np.int64)
