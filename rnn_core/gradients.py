"""Backpropagation through time, and the Jacobians that it multiplies (lesson 04)."""

import math
from typing import NamedTuple

import numpy as np

from .memory_cell import check_run, check_states_of, previous_states
from .validation import check_array, check_memory, check_states, same_dtype


class Gradients(NamedTuple):
    """The derivative of one number, the loss, by each argument of run, and by each
    state.
    """

    Wx: np.ndarray
    Wh: np.ndarray
    b: np.ndarray
    inputs: np.ndarray
    initial_state: np.ndarray
    hidden_states: np.ndarray


def backward(d_hidden_states, inputs, hidden_states, Wx, Wh, b, initial_state=None):
    """Carry the derivative by every hidden state back to the arguments of run.

    dL/dh_t = d_hidden_states_t + Wh.T @ dL/dz_{t+1};  dL/dz_t = slope_t * dL/dh_t;  then one product for
    each argument, with z_t the pre-activation.

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
    TypeError, ValueError : as run, or hidden states beyond 1
    OverflowError : the gradient grows beyond all numbers on its way back

    References
    ----------
    Werbos (1990), "Backpropagation through time: what it does and how to do it". The
    form here, with one product over all timesteps for each weight, is derived in lesson
    04.

    Examples
    --------
    >>> x = np.ones((1, 1))
    >>> backward(np.ones((1, 1)), x, np.tanh(x), x, x, np.zeros(1)).b.round(4)  # 1 - tanh(1)^2
    array([0.42])
    """
    inputs, Wx, Wh, b, initial_state = check_run(inputs, Wx, Wh, b, initial_state)
    hidden_states = check_states_of(inputs, hidden_states, b)
    why = f" to match hidden_states of shape {hidden_states.shape}"
    d_hidden_states = check_array(
        d_hidden_states, "d_hidden_states", hidden_states.shape, why
    )
    d_hidden_states, hidden_states, inputs, Wx, Wh = same_dtype(
        d_hidden_states, hidden_states, inputs, Wx, Wh
    )
    previous = previous_states(hidden_states, initial_state).swapaxes(0, -2)
    inputs = inputs.swapaxes(0, -2)  # time first, as in run: (timesteps, ..., size)
    d_states = d_hidden_states.swapaxes(
        0, -2
    ).copy()  # to which what arrives from later is added
    d_pre = (
        1 - hidden_states.swapaxes(0, -2) ** 2
    )  # the slope, to be multiplied by that
    from_later = np.zeros(d_states.shape[1:], d_states.dtype)
    with np.errstate(over="ignore", invalid="ignore"):  # refused below, by name
        for d_state_t, d_pre_t in zip(d_states[::-1], d_pre[::-1], strict=True):
            d_state_t += from_later
            d_pre_t *= d_state_t
            d_pre_t.dot(Wh, from_later)
    if not math.isfinite(np.vdot(from_later, from_later)):
        raise OverflowError(
            f"the gradient must stay finite; it overflows within {len(d_pre)} timesteps."
        )

    rows = d_pre.reshape(-1, len(b))  # (timesteps * batch, hidden_size)
    if (
        initial_state is not None and initial_state.ndim == 1
    ):  # one state, shared by the batch
        from_later = from_later.reshape(-1, len(b)).sum(axis=0)
    elif from_later.ndim > 1:
        from_later = from_later.swapaxes(0, -2)
    return Gradients(
        Wx=rows.T @ inputs.reshape(len(rows), -1),
        Wh=rows.T @ previous.reshape(len(rows), -1),
        b=rows.sum(axis=0),
        inputs=(rows @ Wx).reshape(inputs.shape).swapaxes(0, -2),
        initial_state=from_later,
        hidden_states=d_states.swapaxes(0, -2),
    )


def state_jacobians(hidden_states, Wh):
    """How each state answers to the one before: J_t = diag(slope_t) @ Wh, slope_t = 1 -
    hidden_state_t**2.

    Parameters
    ----------
    hidden_states : array of shape (timesteps, hidden_size), as returned by run
    Wh : array of shape (hidden_size, hidden_size)

    Returns
    -------
    array of shape (timesteps, hidden_size, hidden_size):
        entry [t, i, j] is d hidden_state_t[i] / d hidden_state_{t-1}[j]

    Raises
    ------
    TypeError, ValueError, MemoryError : as run, hidden states beyond 1, or too many
        numbers

    References
    ----------
    Pascanu, Mikolov and Bengio (2013), "On the difficulty of training recurrent neural
    networks": the gradient through time is a product of these factors.

    Examples
    --------
    >>> state_jacobians([[0.0, 0.5]], np.eye(2))
    array([[[1.  , 0.  ],
            [0.  , 0.75]]])
    """
    hidden_states = check_states(hidden_states, shape=("timesteps", "hidden_size"))
    timesteps, hidden_size = hidden_states.shape
    why = f" to match hidden_states of shape {hidden_states.shape}"
    Wh = check_array(Wh, "Wh", (hidden_size, hidden_size), why)
    check_memory(
        lambda timesteps, hidden_size: timesteps * hidden_size**2,
        itemsize=hidden_states.itemsize,
        timesteps=timesteps,
        hidden_size=hidden_size,
    )
    hidden_states, Wh = same_dtype(hidden_states, Wh)
    return (1 - hidden_states**2)[:, :, None] * Wh


def gradient_norms(hidden_states, Wh):
    """How much of a nudge to each state is left in the last one: the norms ||J_T ...
    J_{t+1}||.

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
    TypeError, ValueError, MemoryError : as state_jacobians

    References
    ----------
    Pascanu, Mikolov and Bengio (2013), "On the difficulty of training recurrent neural
    networks", bound each factor by its norm. Re-derived here: the norm is at most the
    largest singular value of Wh to the power T - t, since no slope of tanh is above 1.
    (Their preprint states it with the largest eigenvalue instead.)

    Examples
    --------
    >>> gradient_norms([[0.0, 0.0], [0.0, 0.0]], 0.5 * np.eye(2))
    array([0.25, 0.5 , 1.  ])
    """
    jacobians = state_jacobians(hidden_states, Wh)
    products = [np.eye(jacobians.shape[1], dtype=jacobians.dtype)]
    for jacobian in jacobians[::-1]:
        products.append(products[-1] @ jacobian)
    return np.linalg.norm(products[::-1], 2, axis=(1, 2))


def gradient_curves(hidden_states, Wh):
    """Over the steps back, 0 to timesteps: gradient_norms, their bound, and the
    spectral radius rule.

    Returns (measured, bound, rule): the bound is the largest singular value of Wh to
    the power of the steps, the rule its largest absolute eigenvalue to that power.
    Arguments and errors as for gradient_norms.
    """
    measured = gradient_norms(hidden_states, Wh)[::-1]
    back = np.arange(len(measured))
    return (
        measured,
        np.linalg.norm(Wh, 2) ** back,
        np.abs(np.linalg.eigvals(Wh)).max() ** back,
    )
