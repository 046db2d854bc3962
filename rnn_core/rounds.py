"""All timesteps at once: guess every hidden state, correct all of them together, repeat
(lesson 10).
"""

import numpy as np

from .memory_cell import previous_states
from .validation import (
    check_array,
    check_memory,
    check_number,
    check_run,
    check_run_memory,
    same_dtype,
)


def jacobi_rounds(inputs, Wx, Wh, b, initial_state=None, *, tolerance=None):
    """Run the cell in rounds, each of which applies it to all timesteps in one product.

    hidden_state_t <- tanh(Wx @ input_t + Wh @ hidden_state_{t-1} + b), for every t from
    the last round's states; the first guess is 0 everywhere.

    Parameters
    ----------
    inputs : array of shape (timesteps, input_size)
    Wx, Wh, b : as given to run
    initial_state : array of shape (hidden_size,); zeros by default
    tolerance : float, finite and at least 0: rounds end when the residual, the largest
        |hidden_state_t - step(input_t, hidden_state_{t-1})|, is at most this; by
        default 1e-10, and 1e-6 where everything is float32

    Yields
    ------
    hidden_states : array of shape (timesteps, hidden_size), after each round. After k
        rounds the first k of them are what one step after the other gives, so there are
        at most `timesteps` rounds.

    Raises
    ------
    ValueError : inputs with a batch axis; as all refusals, at the call

    References
    ----------
    Song, Meng, Liao and Ermon (2021), "Accelerating feedforward computation via
    parallel nonlinear equation solving": Jacobi iteration on the states of a recurrent
    network, exact after at most as many rounds.

    Examples
    --------
    >>> cell = np.ones((3, 1)), np.eye(1), np.eye(1), np.zeros(1)
    >>> [states[:, 0].round(2).tolist() for states in jacobi_rounds(*cell)]
    [[0.76, 0.76, 0.76], [0.76, 0.94, 0.94], [0.76, 0.94, 0.96]]
    """
    return _jacobi(*_check(inputs, Wx, Wh, b, initial_state, tolerance))


def newton_rounds(inputs, Wx, Wh, b, initial_state=None, *, tolerance=None):
    """Run the cell in rounds, each of which solves the recurrence linearized about the
    last round's states.

    s_t = f_t + J_t @ (s_{t-1} - hidden_state_{t-1}) is solved for all s; what lies
    beyond 1, where no state of tanh can be, is cut. Here f_t is
    step(input_t, hidden_state_{t-1}) and J_t = diag(1 - f_t**2) @ Wh, its derivative.

    Parameters
    ----------
    inputs, Wx, Wh, b, initial_state, tolerance : as for jacobi_rounds

    Yields
    ------
    hidden_states : array of shape (timesteps, hidden_size), after each round; after k
        rounds the first k of them are what one step after the other gives, and near the
        answer each round doubles the digits. The linear recurrence is solved in order:
        doubling multiplies Jacobians, which overflows in chaos.

    Raises
    ------
    RuntimeError : the residual is above the tolerance after `timesteps` rounds

    References
    ----------
    Lim, Zhu, Selfridge and Kasim (2024), "Parallelizing non-linear sequential models
    over the sequence length" (DEER): these rounds, with the linear recurrence solved in
    parallel. Gonzalez, Warrington, Smith and Linderman (2024), "Towards scalable and
    stable parallelization of nonlinear RNNs": that they always converge; setting to 0
    what overflows; cheaper and damped variants.

    Examples
    --------
    >>> cell = np.ones((3, 1)), np.eye(1), np.eye(1), np.zeros(1)
    >>> [states[:, 0].round(2).tolist() for states in newton_rounds(*cell)][-1]
    [0.76, 0.94, 0.96]
    """
    return _newton(*_check(inputs, Wx, Wh, b, initial_state, tolerance))


def linear_recurrence(J, r):
    """Solve s_t = J_t @ s_{t-1} + r_t for all t, from s_0 = 0, in ceil(log2(timesteps))
    rounds of two stacked products.

    Two steps are one of the same form, s_t = (J_t @ J_{t-1}) @ s_{t-2} + (J_t @ r_{t-1}
    + r_t), and so are four, eight, ...: doubling.

    Parameters
    ----------
    J : array of shape (timesteps, hidden_size, hidden_size); the first is multiplied by
        s_0 = 0 and never used
    r : array of shape (timesteps, hidden_size)

    Returns
    -------
    s : array of shape (timesteps, hidden_size)

    Raises
    ------
    OverflowError : products of the J grow beyond all numbers

    References
    ----------
    Kogge and Stone (1973), "A parallel algorithm for the efficient solution of a
    general class of recurrence equations": recursive doubling. Blelloch (1990), "Prefix
    sums and their applications": such recurrences as a scan, which saves work at the
    same order of depth.

    Examples
    --------
    >>> linear_recurrence(np.full((4, 1, 1), 0.5), np.ones((4, 1)))[:, 0]
    array([1.   , 1.5  , 1.75 , 1.875])
    """
    J = check_array(J, "J", ("timesteps", "hidden_size", "hidden_size"))
    timesteps, hidden_size, columns = J.shape
    if columns != hidden_size:
        raise ValueError(
            f"J must have shape (timesteps, hidden_size, hidden_size); got {J.shape}."
        )
    r = check_array(r, "r", (timesteps, hidden_size), f" to match J of shape {J.shape}")
    check_memory(
        lambda timesteps, hidden_size: 2 * timesteps * hidden_size**2,
        itemsize=J.itemsize,
        timesteps=timesteps,
        hidden_size=hidden_size,
    )
    J, s = (array.copy() for array in same_dtype(J, r))
    # J[t] leads from s_{t - span} to s_t; s[t] holds what the steps between have added.
    span = 1
    with np.errstate(over="ignore", invalid="ignore"):  # refused below, by name
        while span < timesteps:
            s[span:] += (J[span:] @ s[:-span, :, None])[..., 0]
            J[span:] = J[span:] @ J[:-span]
            span *= 2
    if not np.isfinite(s).all():
        raise OverflowError(
            "products of J must stay finite;"
            f" they overflow within {timesteps} timesteps."
        )
    return s


def _check(inputs, Wx, Wh, b, initial_state, tolerance):
    """Return Wx @ input_t + b for all timesteps, (timesteps, hidden_size), Wh, the
    initial state and the tolerance, checked at the call; copies, as the rounds run
    later.
    """
    inputs = check_array(inputs, "inputs", ("timesteps", "input_size"))
    inputs, Wx, Wh, b, initial_state = check_run(inputs, Wx, Wh, b, initial_state)
    check_run_memory(inputs, Wh, states=9)
    if initial_state is None:
        initial_state = np.zeros_like(b)
    if tolerance is None:
        tolerance = 1e-6 if b.dtype == np.float32 else 1e-10
    tolerance = check_number(tolerance, "tolerance", 0)
    return inputs @ Wx.T + b, Wh.copy(), initial_state.copy(), tolerance


def _all_steps(from_inputs, hidden_states, Wh, initial_state):
    """One step of the cell at every timestep, each from the state that the guess has
    before it.
    """
    return np.tanh(from_inputs + previous_states(hidden_states, initial_state) @ Wh.T)


def _jacobi(from_inputs, Wh, initial_state, tolerance):
    hidden_states = _all_steps(
        from_inputs, np.zeros_like(from_inputs), Wh, initial_state
    )
    for _ in range(len(from_inputs) - 1):
        yield hidden_states.copy()
        stepped = _all_steps(from_inputs, hidden_states, Wh, initial_state)
        if np.abs(stepped - hidden_states).max() <= tolerance:
            return
        hidden_states = stepped
    yield hidden_states


def _newton(from_inputs, Wh, initial_state, tolerance):
    hidden_states = np.zeros_like(from_inputs)
    stepped = _all_steps(from_inputs, hidden_states, Wh, initial_state)
    for _ in range(len(from_inputs)):
        slopes = 1 - stepped**2
        solved = np.empty_like(stepped)
        change = np.zeros_like(initial_state)
        # Far from the answer, in chaos, this overflows: set to 0 or cut below.
        with np.errstate(over="ignore", invalid="ignore"):
            for t, state in enumerate(hidden_states):
                solved[t] = stepped[t] + slopes[t] * (Wh @ change)
                change = solved[t] - state
        hidden_states = np.clip(np.nan_to_num(solved), -1, 1)
        yield hidden_states.copy()
        stepped = _all_steps(from_inputs, hidden_states, Wh, initial_state)
        residual = np.abs(stepped - hidden_states).max()
        if residual <= tolerance:
            return
    after = f"{residual:.2g} after {len(from_inputs)} rounds"
    raise RuntimeError(
        f"the residual must fall to tolerance={tolerance:g}; got {after}."
    )
