"""The memory cell: one step, and the loop over timesteps (lesson 02)."""

import numpy as np

from .validation import (
    check_run,
    check_run_memory,
    check_states_of,
    check_step,
)


def step(input_t, hidden_state, Wx, Wh, b):
    """Advance the cell by one timestep.

    hidden_state_t = tanh(Wx @ input_t + Wh @ hidden_state_{t-1} + b)

    Parameters
    ----------
    input_t : array of shape (..., input_size); the leading axes are a batch
    hidden_state : hidden_state_{t-1}, of shape (hidden_size,), or with the batch axes
        of input_t
    Wx : array of shape (hidden_size, input_size)
    Wh : array of shape (hidden_size, hidden_size)
    b : array of shape (hidden_size,)

    Returns
    -------
    hidden_state_t : array of shape (..., hidden_size); complex128 if an argument is, as
        the complex step needs it

    References
    ----------
    Elman (1990), "Finding structure in time": a hidden layer fed back to itself through
    context units.

    Examples
    --------
    >>> step([1.0], [0.0, 0.0], [[0.5], [-0.5]], np.eye(2), [0.0, 0.0]).round(4)
    array([ 0.4621, -0.4621])
    """
    return _step(*check_step(input_t, hidden_state, Wx, Wh, b))


def _step(input_t, hidden_state, Wx, Wh, b):
    # Without the checks: who calls it here has made them once, for all timesteps.
    # A batch holds its vectors as rows, so a matrix stands behind them, transposed.
    return np.tanh(input_t @ Wx.T + hidden_state @ Wh.T + b)


def run(inputs, Wx, Wh, b, initial_state=None):
    """Run the cell over all timesteps and return every hidden state.

    hidden_state_t = tanh(Wx @ input_t + Wh @ hidden_state_{t-1} + b)

    Parameters
    ----------
    inputs : array of shape (..., timesteps, input_size). The leading axes are a batch:
        the order of PyTorch's batch_first=True. nn.RNN's own default is time first,
        (timesteps, batch, input_size); such inputs run, but their two axes are taken
        for each other: give inputs.swapaxes(0, 1)
    Wx : array of shape (hidden_size, input_size)
    Wh : array of shape (hidden_size, hidden_size)
    b : array of shape (hidden_size,)
    initial_state : array of shape (hidden_size,), or with the batch axes of inputs;
        zeros by default

    Returns
    -------
    hidden_states : array of shape (..., timesteps, hidden_size); complex128 if an
        argument is

    Examples
    --------
    >>> run([[1.0], [0.0]], [[0.5], [-0.5]], np.eye(2), [0.0, 0.0]).round(4)
    array([[ 0.4621, -0.4621],
           [ 0.4318, -0.4318]])
    """
    inputs, Wx, Wh, b, initial_state = check_run(
        inputs, Wx, Wh, b, initial_state, complex_too=True
    )
    check_run_memory(inputs, Wh, states=2)
    return _run(inputs, Wx, Wh, b, initial_state)


def _run(inputs, Wx, Wh, b, initial_state=None):
    timesteps = inputs.shape[-2]
    state = np.zeros(len(b), b.dtype) if initial_state is None else initial_state
    from_inputs = inputs @ Wx.T + b  # for all timesteps at once
    hidden_states = np.empty_like(from_inputs)  # (..., timesteps, hidden_size)
    # hidden_state_t = tanh(Wx @ input_t + Wh @ hidden_state_{t-1} + b), for rows; state
    # is hidden_state_{t-1}, and from_inputs holds the part without it:
    for t in range(timesteps):
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

    Examples
    --------
    >>> inputs, Wx, Wh, b = np.array([[1.0], [0.0]]), np.ones((2, 1)), np.eye(2), [0, 0]
    >>> pre_activations(inputs, run(inputs, Wx, Wh, b), Wx, Wh, b).round(4)
    array([[1.    , 1.    ],
           [0.7616, 0.7616]])
    """
    inputs, Wx, Wh, b, initial_state = check_run(inputs, Wx, Wh, b, initial_state)
    hidden_states = check_states_of(inputs, hidden_states, Wh)
    check_run_memory(inputs, Wh, states=3)
    return inputs @ Wx.T + previous_states(hidden_states, initial_state) @ Wh.T + b


def previous_states(hidden_states, initial_state=None):
    """The state that each timestep starts from: the initial one (zeros by default),
    then all but the last.
    """
    previous = np.empty_like(hidden_states)
    previous[..., 0, :] = 0 if initial_state is None else initial_state
    previous[..., 1:, :] = hidden_states[..., :-1, :]
    return previous
