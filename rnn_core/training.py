"""A readout, its loss, and two tasks: the memory cell learns (lesson 07)."""

import math
from typing import NamedTuple

import numpy as np

from .gradients import _backward
from .initialization import init_parameters
from .memory_cell import _run, _step
from .optimizer import _adam, _clip, _norm, check_learning
from .text import check_characters, check_text, one_hot
from .validation import (
    check_array,
    check_inputs,
    check_memory,
    check_number,
    check_rng,
    check_size,
    check_state,
    check_weights,
    same_dtype,
)

IGNORED = -100  # a target that has no loss: PyTorch's ignore_index


class Model(NamedTuple):
    """A memory cell and its readout, logits_t = Wy @ hidden_state_t + by.

    The gradient by each of them is a Model, too.
    """

    Wx: np.ndarray  # (hidden_size, input_size)
    Wh: np.ndarray  # (hidden_size, hidden_size)
    b: np.ndarray  # (hidden_size,)
    Wy: np.ndarray  # (output_size, hidden_size)
    by: np.ndarray  # (output_size,)


class Update(NamedTuple):
    """What fit yields: a model, and how this very model does."""

    model: Model
    loss: float  # nats per target
    accuracy: float
    gradient_norm: float  # before clipping


def init_model(input_size, hidden_size, output_size, *, scheme, gain=1.0, rng):
    """Draw a cell by init_parameters, then its readout: Glorot's uniform Wy, by = 0.

    The readout is drawn in the same way whatever the scheme of the cell.

    Parameters
    ----------
    output_size : int, at least 1
    input_size, hidden_size, scheme, gain, rng : as for init_parameters

    Returns
    -------
    Model

    Examples
    --------
    >>> model = init_model(4, 8, 3, scheme="keras", rng=np.random.default_rng(0))
    >>> model.Wy.shape, model.by
    ((3, 8), array([0., 0., 0.]))
    """
    hidden_size = check_size(hidden_size, "hidden_size")
    output_size = check_size(output_size, "output_size")
    check_memory(output_size=output_size, hidden_size=hidden_size)
    cell = init_parameters(input_size, hidden_size, scheme=scheme, gain=gain, rng=rng)
    limit = math.sqrt(6 / (hidden_size + output_size))
    Wy = rng.uniform(-limit, limit, (output_size, hidden_size))
    return Model(*cell, Wy, np.zeros(output_size))


def loss_and_gradients(model, inputs, targets, initial_state=None):
    """How well a model predicts its targets, and the derivative of that by each weight.

    p_t = softmax(Wy @ hidden_state_t + by);  loss = mean over all targets of
    -ln p_t[target_t];  dL/dlogits_t = (p_t - one_hot(target_t)) / number of targets.

    Parameters
    ----------
    model : Model
    inputs : array of shape (..., timesteps, input_size)
    targets : array of shape (..., timesteps), whole numbers from 0 to output_size - 1;
        -100 is no target: that timestep has no loss (the padding of a short sequence)
    initial_state : as for run

    Returns
    -------
    loss : float, in nats per target
    gradients : Model, each array of the shape of its weight
    accuracy : float, the fraction of targets that have the largest logit

    Raises
    ------
    OverflowError : the sum of squares of the gradient that arrives at the start
        overflows: its norm is above about 1e154, in float32 1e19

    Examples
    --------
    >>> zero = np.zeros((1, 1))
    >>> model = Model(zero, zero, np.zeros(1), np.zeros((2, 1)), np.zeros(2))
    >>> loss, gradients, _ = loss_and_gradients(model, [[1.0]], [0])
    >>> round(loss, 4), gradients.by  # ln 2: it knows nothing yet
    (0.6931, array([-0.5,  0.5]))
    """
    return _loss_and_gradients(*_check_task(model, inputs, targets, initial_state))


def fit(model, inputs, targets, *, updates, learning_rate, clip, beta2=0.99):
    """Train by Adam on the clipped gradient of all inputs: a generator of updates.

    Leave the loop, and the last Update is what was learnt. A second fit starts Adam's
    averages anew.

    Parameters
    ----------
    model : Model; it stays as it is, each Update carries a new one
    inputs, targets : as for loss_and_gradients
    updates : int, at least 1
    learning_rate, beta2 : as for adam
    clip : float, at least 0, the limit for clip_by_global_norm; or None: no clipping

    Yields
    ------
    Update : the new model, with its loss, accuracy and gradient norm

    Raises
    ------
    OverflowError : the sum of squares of the gradient overflows, or of the weights, at
        too large a learning rate

    Examples
    --------
    >>> from rnn_core import next_character_task
    >>> inputs, targets, characters = next_character_task("hello, world")
    >>> model = init_model(9, 16, 9, scheme="keras", rng=np.random.default_rng(0))
    >>> settings = {"updates": 100, "learning_rate": 0.01, "clip": 1.0}
    >>> for update in fit(model, inputs, targets, **settings):
    ...     if update.accuracy == 1:
    ...         break
    >>> recite(update.model, "h", 12, characters)
    'hello, world'
    """
    updates = check_size(updates, "updates")
    learning_rate, beta2 = check_learning(learning_rate, beta2)
    limit = math.inf if clip is None else check_number(clip, "clip", 0)
    model, inputs, targets, _ = _check_task(model, inputs, targets)
    # Copies: the updates run later, and the caller may have changed its arrays by then.
    model = Model(*(array.copy() for array in model))
    inputs = inputs.copy()
    return _updates(model, inputs, targets, updates, limit, learning_rate, beta2)


def recite(model, first, length, characters):
    """Let the model continue a beginning: its likeliest character is its next input.

    Parameters
    ----------
    model : Model with one input and one logit for each character
    first : str of at least one character, the beginning; the answer starts with it
    length : int, at least len(first); of the whole answer
    characters : str, as returned by next_character_task: a model knows columns, not
        what they stand for

    Returns
    -------
    str of this length

    Examples
    --------
    >>> Wy = np.eye(2)[::-1]
    >>> swap = Model(np.eye(2), np.zeros((2, 2)), np.zeros(2), Wy, np.zeros(2))
    >>> recite(swap, "a", 6, "ab")
    'ababab'
    """
    model = _check_model(model)
    check_text(first, "first")
    check_text(characters, "characters")
    check_characters(first, "first", characters)
    length = check_size(length, "length", len(first))
    inputs = model.Wx.shape[1]
    outputs = len(model.by)
    if not len(characters) == inputs == outputs:
        raise ValueError(
            f"characters must be as many as the model has inputs ({inputs}) and"
            f" logits ({outputs}); got {len(characters)}."
        )
    return _recite(model, first, length, characters)


def adding_problem(timesteps, batch, *, rng):
    """Draw sequences of numbers, two of which are marked: the target is their sum.

    Always answering 1 has a mean squared error of 1/6, the variance of the sum of two
    U[0, 1) numbers.

    Parameters
    ----------
    timesteps : int, at least 2
    batch : int, at least 1
    rng : np.random.Generator

    Returns
    -------
    inputs : array of shape (batch, timesteps, 2): a number from U[0, 1), and a mark, 1
        at one timestep of the first half and at one of the second, otherwise 0
    targets : array of shape (batch,)

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
    timesteps = check_size(timesteps, "timesteps", 2)
    batch = check_size(batch, "batch")
    check_rng(rng)
    check_memory(batch=batch, timesteps=timesteps, input_size=2)
    inputs = np.zeros((batch, timesteps, 2))
    inputs[..., 0] = rng.random((batch, timesteps))
    half = timesteps // 2
    for start, stop in ((0, half), (half, timesteps)):
        inputs[np.arange(batch), rng.integers(start, stop, batch), 1] = 1
    return inputs, (inputs[..., 0] * inputs[..., 1]).sum(axis=1)


def _loss_and_gradients(model, inputs, targets, initial_state=None):
    Wx, Wh, b = model[:3]
    hidden_states = _run(inputs, Wx, Wh, b, initial_state)
    counted = targets != IGNORED  # (..., timesteps)
    columns = targets[counted]  # (count,)
    states = hidden_states[counted]  # (count, hidden_size)
    rows = np.arange(len(columns))

    logits = states @ model.Wy.T + model.by  # (count, output_size)
    accuracy = np.mean(logits.argmax(axis=1) == columns)
    logits -= logits.max(axis=1, keepdims=True)  # the same p, and exp can't overflow
    log_p = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    loss = 0.0 - log_p[rows, columns].mean()  # 0 and never -0

    d_logits = np.exp(log_p)
    d_logits[rows, columns] -= 1  # what was said minus what should have been said
    d_logits /= len(columns)
    d_hidden_states = np.zeros_like(hidden_states)
    d_hidden_states[counted] = d_logits @ model.Wy
    cell = _backward(d_hidden_states, inputs, hidden_states, Wx, Wh, b, initial_state)
    d_Wy = d_logits.T @ states
    gradients = Model(cell.Wx, cell.Wh, cell.b, d_Wy, d_logits.sum(axis=0))
    return float(loss), gradients, float(accuracy)


def _updates(model, inputs, targets, updates, limit, learning_rate, beta2):
    state = None
    _, gradients, _ = _loss_and_gradients(model, inputs, targets)
    clipped, _ = _clip(gradients, limit)
    for _ in range(updates):
        model, state = _adam(model, clipped, state, learning_rate, beta2)
        _norm(model, "the weights")  # too large a learning rate is named here
        loss, gradients, accuracy = _loss_and_gradients(model, inputs, targets)
        clipped, norm = _clip(gradients, limit)
        yield Update(model, loss, accuracy, norm)


def _recite(model, first, length, characters):
    Wx, Wh, b, Wy, by = model
    inputs = np.eye(len(characters))
    state = _run(one_hot(first, characters)[0], Wx, Wh, b)[-1]
    text = first
    while len(text) < length:
        column = (Wy @ state + by).argmax()
        text += characters[column]
        state = _step(inputs[column], state, Wx, Wh, b)
    return text


def _check_model(model):
    """Return the Model with its arrays checked against each other."""
    if not isinstance(model, Model):
        raise TypeError(
            f"model must be a Model(Wx, Wh, b, Wy, by); got {type(model).__name__}."
        )
    Wx, Wh, b = check_weights(model.Wx, model.Wh, model.b)
    why = f" to match Wx of shape {Wx.shape} (hidden_size={len(Wx)})"
    Wy = check_array(model.Wy, "Wy", ("output_size", len(Wx)), why)
    why = f" to match Wy of shape {Wy.shape} (output_size={len(Wy)})"
    by = check_array(model.by, "by", (len(Wy),), why)
    return Model(Wx, Wh, b, Wy, by)


def _check_task(model, inputs, targets, initial_state=None):
    """Return what loss_and_gradients is given, checked and small enough to train on."""
    model = _check_model(model)
    inputs = check_inputs(inputs, model.Wx)
    if initial_state is not None:
        batch = inputs.shape[:-2]
        initial_state = check_state(initial_state, "initial_state", batch, model.Wh)
    inputs, initial_state, *weights = same_dtype(inputs, initial_state, *model)
    model = Model(*weights)
    targets = _check_targets(targets, inputs.shape[:-1], len(model.by))
    output_size, hidden_size = model.Wy.shape
    try:
        check_memory(
            numbers_held,
            timesteps=targets.size,
            input_size=inputs.shape[-1],
            hidden_size=hidden_size,
            output_size=output_size,
        )
    except MemoryError as error:
        advice = "Cut it into windows and give a few at a time, as lesson 07 does."
        raise MemoryError(f"{error} {advice}") from None
    return model, inputs, targets, initial_state


def numbers_held(timesteps, input_size, hidden_size, output_size):
    """How many numbers _loss_and_gradients holds at once beside its arguments."""
    return timesteps * (input_size + 7 * hidden_size + 3 * output_size)


def _check_targets(targets, shape, output_size):
    """Return the targets as whole numbers, at least one of which counts."""
    targets = check_array(
        targets, "targets", shape, ", one for each timestep of inputs"
    )
    counted = targets != IGNORED
    is_column = (targets % 1 == 0) & (targets >= 0) & (targets < output_size)
    wrong = targets[counted & ~is_column]
    if len(wrong):
        raise ValueError(
            f"targets must be whole numbers from 0 to {output_size - 1}, or {IGNORED}"
            f" where there is none; got {wrong[0]:g}."
        )
    if not counted.any():
        raise ValueError(
            f"targets must not all be {IGNORED}: there is nothing to learn."
        )
    return targets.astype(np.int64)
