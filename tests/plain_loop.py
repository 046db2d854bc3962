"""What rnn_core is compared with: the equation as a plain loop, and the derivative by
complex steps.
"""

import numpy as np

NAMES = "inputs", "Wx", "Wh", "b", "initial_state"
CASES = "uniform", "centred", "initial_state", "batch"


def plain_run(inputs, Wx, Wh, b, initial_state=None):
    """Every hidden state, one sequence and one timestep after the other; complex
    numbers are welcome.
    """
    batch, (timesteps, _) = inputs.shape[:-2], inputs.shape[-2:]
    initial = np.broadcast_to(
        0 if initial_state is None else initial_state, (*batch, len(b))
    )
    hidden_states = np.zeros(
        (*batch, timesteps, len(b)), np.result_type(inputs, Wx, Wh, b, initial)
    )
    for sequence in np.ndindex(batch):
        output_t = initial[sequence]
        for t in range(timesteps):
            output_t = np.tanh(
                np.dot(Wx, inputs[sequence][t]) + np.dot(Wh, output_t) + b
            )
            hidden_states[sequence][t] = output_t
    return hidden_states


def complex_step(function, array):
    """The derivative of function(array) by each entry: its imaginary part after a step
    of 1e-30 i.

    Nothing is subtracted, so nothing cancels: exact to the last digits (Squire and
    Trapp 1998, "Using complex variables to estimate derivatives of real functions").
    """
    derivative = np.empty((*array.shape, *np.shape(function(array))))
    for place in np.ndindex(array.shape):
        stepped = array.astype(complex)
        stepped[place] += 1e-30j
        derivative[place] = function(stepped).imag / 1e-30
    return derivative


def random_cell(
    rng, timesteps, input_size, hidden_size, batch=(), state="none", gain=1.0
):
    """inputs, Wx, Wh, b, initial_state of these sizes; state: none, shared by the
    batch, or own to each.
    """
    shape = {"none": None, "shared": (hidden_size,), "own": (*batch, hidden_size)}[
        state
    ]
    return (
        rng.normal(size=(*batch, timesteps, input_size)),
        rng.normal(size=(hidden_size, input_size)) / np.sqrt(input_size),
        rng.normal(size=(hidden_size, hidden_size)) * gain / np.sqrt(hidden_size),
        rng.normal(size=hidden_size),
        None if shape is None else rng.uniform(-1, 1, shape),
    )


def relative_error(found, expected):
    """Of two arrays of one shape, in the Euclidean norm."""
    assert found.shape == expected.shape
    return np.linalg.norm(found - expected) / np.linalg.norm(expected)
