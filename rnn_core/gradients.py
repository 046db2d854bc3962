"""Backpropagation through time, and the Jacobians that it multiplies (notebook 04)."""

from typing import NamedTuple

import numpy as np

from .memory_cell import by_sequence, by_timestep, check_states_of, previous_states
from .validation import check_array, check_cell, check_memory, check_states, same_dtype


class Gradients(NamedTuple):
    """The derivative of one number, the loss, by each argument of run."""

    Wx: np.ndarray
    Wh: np.ndarray
    b: np.ndarray
    inputs: np.ndarray
    hidden_state: np.ndarray


def backward(d_hidden_states, inputs, hidden_states, Wx, Wh, b, hidden_state=None):
    """Carry the derivative by every hidden state back to the arguments of run.

    d_pre_t = slope_t * (d_hidden_state_t + Wh.T @ d_pre_{t+1}), then one product for each argument.

    Parameters
    ----------
    d_hidden_states : array of the shape of hidden_states: the loss differentiated by each of them directly
    inputs, Wx, Wh, b, hidden_state : as given to run
    hidden_states : array of shape (..., timesteps, hidden_size), as returned by run

    Returns
    -------
    Gradients : each of the shape of its argument, summed over the batch axes that the argument lacks;
        with hidden_state=None its gradient is (..., hidden_size)

    Raises
    ------
    TypeError, ValueError : not numbers, shapes that do not match, NaN or infinity, hidden states beyond 1

    References
    ----------
    Werbos (1990), "Backpropagation through time: what it does and how to do it". The form here, with one
    product over all timesteps for each weight, is derived in notebook 04.

    Examples
    --------
    >>> x = np.ones((1, 1))
    >>> backward(np.ones((1, 1)), x, np.tanh(x), x, x, np.zeros(1)).b.round(4)  # 1 - tanh(1)^2
    array([0.42])
    """
    inputs, Wx, Wh, b, hidden_state = check_cell(inputs, Wx, Wh, b, hidden_state)
    hidden_states = check_states_of(inputs, hidden_states, b)
    why = f" to match hidden_states of shape {hidden_states.shape}"
    d_hidden_states = check_array(d_hidden_states, "d_hidden_states", hidden_states.shape, why)
    d_hidden_states, hidden_states, inputs, Wx, Wh = same_dtype(
        d_hidden_states, hidden_states, inputs, Wx, Wh
    )

    *batch, _, hidden_size = hidden_states.shape
    previous = by_timestep(previous_states(hidden_states, hidden_state))
    inputs, arriving = by_timestep(inputs), by_timestep(d_hidden_states)
    hidden_states, Wh = np.ascontiguousarray(by_timestep(hidden_states)), np.ascontiguousarray(Wh)

    d_pre = 1 - hidden_states**2  # the slope, in place multiplied by what arrives
    carried = np.zeros_like(d_pre[0])  # (rows, hidden_size), or (hidden_size,) of one sequence
    add, multiply = np.add, np.multiply
    for d_pre_t, d_hidden_state_t in zip(d_pre[::-1], arriving[::-1], strict=True):
        multiply(d_pre_t, add(d_hidden_state_t, carried, carried), d_pre_t)
        d_pre_t.dot(Wh, carried)

    rows = d_pre.reshape(-1, hidden_size)  # (timesteps * rows, hidden_size)
    shared = hidden_state is not None and hidden_state.ndim == 1
    return Gradients(
        Wx=rows.T @ inputs.reshape(len(rows), -1),
        Wh=rows.T @ previous.reshape(rows.shape),
        b=rows.sum(0),
        inputs=by_sequence((rows @ Wx).reshape(inputs.shape), batch),
        hidden_state=carried.reshape(-1, hidden_size).sum(0) if shared else carried.reshape(*batch, -1),
    )


def state_jacobians(hidden_states, Wh):
    """How each state answers to the one before: J_t = diag(slope_t) @ Wh, slope_t = 1 - hidden_state_t**2.

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
    TypeError, ValueError : not numbers, shapes that do not match, NaN or infinity, hidden states beyond 1
    MemoryError : the Jacobians would need more than MEMORY_LIMIT bytes

    References
    ----------
    Pascanu, Mikolov and Bengio (2013), "On the difficulty of training recurrent neural networks": the
    gradient through time is a product of these factors.

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
    check_memory(hidden_states.itemsize, timesteps=timesteps, hidden_size=hidden_size, rows=hidden_size)
    hidden_states, Wh = same_dtype(hidden_states, Wh)
    return (1 - hidden_states**2)[:, :, None] * Wh


def gradient_norms(hidden_states, Wh):
    """How much of a nudge to each state is left in the last one: the norms ||J_T ... J_{t+1}||.

    Parameters
    ----------
    hidden_states : array of shape (timesteps, hidden_size), as returned by run
    Wh : array of shape (hidden_size, hidden_size)

    Returns
    -------
    array of shape (timesteps + 1,): entry t is the largest singular value of
        d hidden_state_T / d hidden_state_t, from the initial state (t = 0) to the last one, which gives 1

    Raises
    ------
    TypeError, ValueError, MemoryError : as state_jacobians

    References
    ----------
    Pascanu, Mikolov and Bengio (2013), "On the difficulty of training recurrent neural networks": the norm is
    at most the largest singular value of Wh to the power T - t, since no slope of tanh is above 1.

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
