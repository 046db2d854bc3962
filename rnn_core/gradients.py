"""Backpropagation through time, and the Jacobians that it multiplies (lesson 04)."""

import math
from typing import NamedTuple

import numpy as np

from .memory_cell import previous_states
from .validation import (
    check_array,
    check_memory,
    check_one_run,
    check_run,
    check_run_memory,
    check_states_of,
    same_dtype,
)


class Gradients(NamedTuple):
    """The derivative of the loss by each argument of a run, and by each state."""

    Wx: np.ndarray  # of the shape of Wx, and so on
    Wh: np.ndarray
    b: np.ndarray
    inputs: np.ndarray
    initial_state: np.ndarray  # of backward_lstm: a pair of them
    hidden_states: np.ndarray  # (..., timesteps, hidden_size)


def backward(d_hidden_states, inputs, hidden_states, Wx, Wh, b, initial_state=None):
    """Carry the derivative by every hidden state back to the arguments of run.

    dL/dh_t = d_hidden_states_t + Wh.T @ dL/dz_{t+1};  dL/dz_t = slope_t * dL/dh_t;
    then one product for each argument, with z_t the pre-activation.

    Parameters
    ----------
    d_hidden_states : array of the shape of hidden_states: the loss differentiated by
        each of them directly
    inputs, Wx, Wh, b, initial_state : as given to run
    hidden_states : array of shape (..., timesteps, hidden_size), as returned by run

    Returns
    -------
    Gradients : each of the shape of its argument, summed over the batch axes that the
        argument lacks; with initial_state=None its gradient is (..., hidden_size);
        hidden_states holds the whole derivative by each state, through later timesteps
        too, (..., timesteps, hidden_size), never summed

    Raises
    ------
    OverflowError : the sum of squares of the gradient that arrives at the start
        overflows: its norm is above about 1e154, in float32 1e19

    References
    ----------
    Werbos (1990), "Backpropagation through time: what it does and how to do it". The
    form here, with one product over all timesteps for each weight, is derived in lesson
    04.

    Examples
    --------
    >>> x = np.ones((1, 1))
    >>> found = backward(np.ones((1, 1)), x, np.tanh(x), x, x, np.zeros(1))
    >>> found.b.round(4)  # 1 - tanh(1)^2
    array([0.42])
    """
    inputs, Wx, Wh, b, initial_state = check_run(inputs, Wx, Wh, b, initial_state)
    hidden_states = check_states_of(inputs, hidden_states, Wh)
    shape = hidden_states.shape
    why = f" to match hidden_states of shape {shape}"
    d_hidden_states = check_array(d_hidden_states, "d_hidden_states", shape, why)
    check_run_memory(inputs, Wh, states=4, copies=1)
    arrays = d_hidden_states, inputs, hidden_states, Wx, Wh, b, initial_state
    return _backward(*same_dtype(*arrays))


def _backward(d_hidden_states, inputs, hidden_states, Wx, Wh, b, initial_state=None):
    timesteps = inputs.shape[-2]
    slopes = 1 - hidden_states**2  # (..., timesteps, hidden_size)
    d_states = np.empty_like(slopes)  # dL/dh_t, through later timesteps too
    d_pre = np.empty_like(slopes)  # dL/dz_t
    from_later = np.zeros_like(slopes[..., 0, :])
    with np.errstate(over="ignore", invalid="ignore"):  # refused below, by name
        # dL/dh_t = d_hidden_states_t + Wh.T @ dL/dz_{t+1}, for rows:
        for t in reversed(range(timesteps)):
            d_state = d_hidden_states[..., t, :] + from_later
            d_states[..., t, :] = d_state
            d_pre[..., t, :] = slopes[..., t, :] * d_state
            from_later = d_pre[..., t, :] @ Wh
    refuse_overflow(from_later, timesteps)
    previous = previous_states(hidden_states, initial_state)
    return Gradients(
        Wx=as_rows(d_pre).T @ as_rows(inputs),
        Wh=as_rows(d_pre).T @ as_rows(previous),
        b=as_rows(d_pre).sum(axis=0),
        inputs=d_pre @ Wx,
        initial_state=by_initial_state(from_later, initial_state),
        hidden_states=d_states,
    )


def refuse_overflow(arrived, timesteps):
    """Refuse a gradient whose sum of squares overflows where it arrives, at the start:
    that is no number if anything on its way was none.
    """
    if not math.isfinite(np.vdot(arrived, arrived)):
        raise OverflowError(
            f"the gradient must stay finite; it overflows within {timesteps} timesteps."
        )


def by_initial_state(arrived, initial_state):
    """What arrives at the start, in the shape in which the initial state was given."""
    if initial_state is not None and initial_state.ndim == 1:  # shared by the batch
        return as_rows(arrived).sum(axis=0)
    return arrived


def as_rows(array):
    """All timesteps of all sequences below each other: (batch * timesteps, size)."""
    return array.reshape(-1, array.shape[-1])


def state_jacobians(hidden_states, Wh):
    """How each state answers to the one before: J_t = diag(slope_t) @ Wh, with
    slope_t = 1 - hidden_state_t**2.

    Parameters
    ----------
    hidden_states : array of shape (timesteps, hidden_size), as returned by run
    Wh : array of shape (hidden_size, hidden_size)

    Returns
    -------
    array of shape (timesteps, hidden_size, hidden_size):
        entry [t, i, j] is d hidden_state_t[i] / d hidden_state_{t-1}[j]

    Examples
    --------
    >>> state_jacobians([[0.0, 0.5]], np.eye(2))
    array([[[1.  , 0.  ],
            [0.  , 0.75]]])
    """
    hidden_states, Wh = check_one_run(hidden_states, Wh)
    timesteps, hidden_size = hidden_states.shape
    check_memory(
        lambda timesteps, hidden_size: timesteps * hidden_size**2,
        itemsize=hidden_states.itemsize,
        timesteps=timesteps,
        hidden_size=hidden_size,
    )
    return (1 - hidden_states**2)[:, :, None] * Wh


def gradient_norms(hidden_states, Wh):
    """How much of a nudge to each state is left in the last one: the norms
    ||J_T ... J_{t+1}||.

    Parameters
    ----------
    hidden_states : array of shape (timesteps, hidden_size), as returned by run
    Wh : array of shape (hidden_size, hidden_size)

    Returns
    -------
    array of shape (timesteps + 1,): entry t is the largest singular value of
        d hidden_state_T / d hidden_state_t, from the initial state (t = 0) to the last
        one, which gives 1

    Raises
    ------
    OverflowError : a norm grows beyond all numbers

    References
    ----------
    Pascanu, Mikolov and Bengio (2013), "On the difficulty of training recurrent neural
    networks": the gradient through time is a product of these Jacobians, each of which
    they bound by its norm. Re-derived here: the norm is at most the largest singular
    value of Wh to the power T - t, since no slope of tanh is above 1. (Their preprint
    states it with the largest eigenvalue instead.)

    Examples
    --------
    >>> gradient_norms([[0.0, 0.0], [0.0, 0.0]], 0.5 * np.eye(2))
    array([0.25, 0.5 , 1.  ])
    """
    return _gradient_norms(*check_one_run(hidden_states, Wh))


def _gradient_norms(hidden_states, Wh):
    product = np.eye(len(Wh), dtype=Wh.dtype)
    norms = [1.0]
    with np.errstate(over="ignore", invalid="ignore"):  # refused below, by name
        for state in hidden_states[::-1]:
            product = product @ ((1 - state**2)[:, None] * Wh)
            if not math.isfinite(np.abs(product).sum()):  # no norm is larger than this
                _refuse_growth("the gradient", len(norms))
            norms.append(np.linalg.norm(product, 2))
    return np.array(norms[::-1], Wh.dtype)


def gradient_curves(hidden_states, Wh):
    """Over the steps back, 0 to timesteps: gradient_norms, their bound, and the
    spectral radius rule.

    Returns (measured, bound, rule), each of shape (timesteps + 1,): the bound is the
    largest singular value of Wh to the power of the steps, the rule its largest
    absolute eigenvalue to that power. Arguments as for gradient_norms; OverflowError if
    one of the three grows beyond all numbers.

    >>> gradient_curves([[0.0, 0.0]], [[0.0, 2.0], [0.5, 0.0]])
    (array([1., 2.]), array([1., 2.]), array([1., 1.]))
    """
    hidden_states, Wh = check_one_run(hidden_states, Wh)
    measured = _gradient_norms(hidden_states, Wh)[::-1]
    back = np.arange(len(measured), dtype=measured.dtype)
    radius = np.abs(np.linalg.eigvals(Wh)).max()
    with np.errstate(over="ignore"):  # refused below, by name
        bound = np.linalg.norm(Wh, 2) ** back
        rule = radius**back
    for name, curve in (("the bound", bound), ("the rule", rule)):
        if not np.isfinite(curve).all():
            _refuse_growth(name, int(np.argmin(np.isfinite(curve))))
    return measured, bound, rule


def _refuse_growth(name, steps):
    raise OverflowError(
        f"{name} must stay finite; it overflows within {steps} steps back."
    )
