"""The memory cell: one step, and the loop over timesteps (lesson 02)."""

import numpy as np

from .validation import (
    check_array,
    check_inputs,
    check_state,
    check_states,
    check_weights,
    same_dtype,
)


def step(input_t, hidden_state, Wx, Wh, b):
    """Advance the cell by one timestep.

    hidden_state_t = tanh(Wx @ input_t + Wh @ hidden_state_{t-1} + b)

    Parameters
    ----------
    input_t : array of shape (..., input_size)
    hidden_state : array of shape (hidden_size,), or with the batch axes of input_t
    Wx, Wh, b : arrays of shapes (hidden_size, input_size), (hidden_size, hidden_size)
        and (hidden_size,)

    Returns
    -------
    array of shape (..., hidden_size); complex128 if an argument is, as the complex step
    needs it

    Raises
    ------
    TypeError, ValueError : not numbers, shapes that do not match, NaN, infinity or
        numbers that overflow

    References
    ----------
    Elman (1990), "Finding structure in time": a hidden layer fed back to itself through
    context units.

    Examples
    --------
    >>> step([1.0], [0.0, 0.0], [[0.5], [-0.5]], np.eye(2), [0.0, 0.0]).round(4)
    array([ 0.4621, -0.4621])
    """
    Wx, Wh, b = check_weights(Wx, Wh, b, complex_too=True)
    why = f" to match Wx of shape {Wx.shape} (input_size={Wx.shape[1]})"
    shape = (..., Wx.shape[1])
    input_t = check_array(input_t, "input_t", shape, why, complex_too=True)
    hidden_state = check_state(
        hidden_state, input_t.shape[:-1], Wh, "hidden_state", complex_too=True
    )
    input_t, hidden_state, Wx, Wh, b = same_dtype(input_t, hidden_state, Wx, Wh, b)
    return np.tanh(input_t @ Wx.T + hidden_state @ Wh.T + b)


def run(inputs, Wx, Wh, b, initial_state=None):
    """Run the cell over all timesteps and return every hidden state.

    hidden_state_t = tanh(Wx @ input_t + Wh @ hidden_state_{t-1} + b)

    Parameters
    ----------
    inputs : array of shape (..., timesteps, input_size); the leading axes are a batch
    Wx, Wh, b : arrays of shapes (hidden_size, input_size), (hidden_size, hidden_size)
        and (hidden_size,)
    initial_state : array of shape (hidden_size,), or with the batch axes of inputs;
        zeros by default

    Returns
    -------
    hidden_states : array of shape (..., timesteps, hidden_size); complex128 if an
        argument is

    Raises
    ------
    TypeError, ValueError : not numbers, shapes that do not match, NaN, infinity or
        numbers that overflow

    References
    ----------
    Elman (1990), "Finding structure in time".

    Examples
    --------
    >>> run([[1.0], [0.0]], [[0.5], [-0.5]], np.eye(2), [0.0, 0.0]).round(4)
    array([[ 0.4621, -0.4621],
           [ 0.4318, -0.4318]])
    """
    return _run(*check_run(inputs, Wx, Wh, b, initial_state, complex_too=True))


def _run(inputs, Wx, Wh, b, initial_state=None):
    state = np.zeros_like(b) if initial_state is None else initial_state
    from_inputs = inputs @ Wx.T + b  # for all timesteps at once
    hidden_states = np.empty_like(from_inputs)  # (..., timesteps, hidden_size)
    # hidden_state_t = tanh(Wx @ input_t + Wh @ hidden_state_{t-1} + b), as rows
    for t in range(inputs.shape[-2]):
        state = np.tanh(from_inputs[..., t, :] + state @ Wh.T)
        hidden_states[..., t, :] = state
    return hidden_states


def pre_activations(inputs, hidden_states, Wx, Wh, b, initial_state=None):
    """What tanh gets to see at each timestep, from the hidden states of a run.

    pre_activation_t = Wx @ input_t + Wh @ hidden_state_{t-1} + b

    Parameters
    ----------
    inputs, Wx, Wh, b, initial_state : as given to run
    hidden_states : array of shape (..., timesteps, hidden_size), as returned by run

    Returns
    -------
    array of the shape of hidden_states

    Raises
    ------
    TypeError, ValueError : as run, or hidden states beyond 1

    Examples
    --------
    >>> Wx, Wh, b = np.ones((2, 1)), np.eye(2), np.zeros(2)
    >>> pre_activations([[1.0], [0.0]], run([[1.0], [0.0]], Wx, Wh, b), Wx, Wh, b).round(4)
    array([[1.    , 1.    ],
           [0.7616, 0.7616]])
    """
    inputs, Wx, Wh, b, initial_state = check_run(inputs, Wx, Wh, b, initial_state)
    hidden_states = check_states_of(inputs, hidden_states, b)
    return inputs @ Wx.T + previous_states(hidden_states, initial_state) @ Wh.T + b


def check_run(inputs, Wx, Wh, b, initial_state=None, *, complex_too=False):
    """Return the arguments of run, checked against each other, in one dtype."""
    Wx, Wh, b = check_weights(Wx, Wh, b, complex_too=complex_too)
    inputs = check_inputs(inputs, Wx, complex_too=complex_too)
    batch = inputs.shape[:-2]
    initial_state = check_state(initial_state, batch, Wh, complex_too=complex_too)
    return same_dtype(inputs, Wx, Wh, b, initial_state)


def check_states_of(inputs, hidden_states, b):
    """Return the hidden states of a run over these inputs, checked against them."""
    shape = (*inputs.shape[:-1], len(b))
    why = f" to match inputs of shape {inputs.shape} and b of shape {b.shape}"
    return check_states(hidden_states, shape=shape, why=why)


def previous_states(hidden_states, initial_state=None):
    """The state that each timestep starts from: the initial one (zeros by default),
    then all but the last.
    """
    previous = np.empty_like(hidden_states)
    previous[..., 0, :] = 0 if initial_state is None else initial_state
    previous[..., 1:, :] = hidden_states[..., :-1, :]
    return previous
