"""Cells that keep a part of their state: leaky cell, GRU and LSTM (lesson 09)."""

from typing import NamedTuple

import numpy as np

from .gradients import Gradients, as_rows, by_initial_state, refuse_overflow
from .memory_cell import previous_states
from .validation import (
    check_array,
    check_inputs,
    check_number,
    check_pair,
    check_run,
    check_run_memory,
    check_weights,
    same_dtype,
)


class GRUStates(NamedTuple):
    """What run_gru works out at every timestep, each (..., timesteps, hidden_size)."""

    hidden_states: np.ndarray
    reset: np.ndarray
    update: np.ndarray
    candidate: np.ndarray


class LSTMStates(NamedTuple):
    """What run_lstm works out at every timestep, each (..., timesteps, hidden_size)."""

    hidden_states: np.ndarray
    cell_states: np.ndarray
    input_gate: np.ndarray
    forget_gate: np.ndarray
    candidate: np.ndarray
    output_gate: np.ndarray


def run_leaky(inputs, Wx, Wh, b, leak, initial_state=None):
    """Run a leaky cell over all timesteps and return every hidden state.

    hidden_state_t = (1 - leak) * hidden_state_{t-1} + leak * tanh(z_t)
    z_t = Wx @ input_t + Wh @ hidden_state_{t-1} + b

    Parameters
    ----------
    inputs, Wx, Wh, b, initial_state : as for run
    leak : float between 0 and 1; at 1 the cell is the one of run, at 0 nothing moves

    Returns
    -------
    hidden_states : array of shape (..., timesteps, hidden_size)

    References
    ----------
    Jaeger, Lukosevicius, Popovici and Siewert (2007), "Optimization and applications of
    echo state networks with leaky-integrator neurons": such units, there with a second
    constant that sets the pace of the input.

    Examples
    --------
    >>> cell = np.ones((1, 1)), np.zeros((1, 1)), np.zeros(1)
    >>> states = run_leaky([[1.0], [0.0]], *cell, leak=0.1)
    >>> states.round(4).ravel()  # 0.1 tanh(1), then 0.9 of it
    array([0.0762, 0.0685])
    """
    inputs, Wx, Wh, b, state = check_run(inputs, Wx, Wh, b, initial_state)
    check_run_memory(inputs, Wh, states=2)
    leak = check_number(leak, "leak", 0, 1)
    if state is None:
        state = np.zeros(len(b), b.dtype)
    from_inputs = inputs @ Wx.T + b  # for all timesteps at once
    hidden_states = np.empty_like(from_inputs)
    for t in range(inputs.shape[-2]):
        target = np.tanh(from_inputs[..., t, :] + state @ Wh.T)
        state = (1 - leak) * state + leak * target
        hidden_states[..., t, :] = state
    return hidden_states


def run_gru(inputs, Wx, Wh, b, initial_state=None):
    """Run a gated recurrent unit over all timesteps and return its states and gates.

    reset_t = sigmoid(Wx_r @ input_t + Wh_r @ hidden_state_{t-1} + b_r)
    update_t = sigmoid(Wx_u @ input_t + Wh_u @ hidden_state_{t-1} + b_u)
    candidate_t = tanh(Wx_n @ input_t + b_n + reset_t * (Wh_n @ hidden_state_{t-1}))
    hidden_state_t = update_t * hidden_state_{t-1} + (1 - update_t) * candidate_t

    Parameters
    ----------
    inputs, initial_state : as for run
    Wx : array of shape (3 * hidden_size, input_size), its rows in PyTorch's order:
        reset, update, candidate
    Wh : array of shape (3 * hidden_size, hidden_size), in the same order
    b : array of shape (3 * hidden_size,): PyTorch's bias_ih plus, in the two gates, its
        bias_hh. PyTorch multiplies bias_hh of the candidate by reset_t, and b here is
        not: for the same states it must be 0 there

    Returns
    -------
    GRUStates : hidden_states, reset, update, candidate

    References
    ----------
    Cho et al. (2014), "Learning phrase representations using RNN encoder-decoder for
    statistical machine translation": the unit, there with reset_t inside the product,
    Wh_n @ (reset_t * hidden_state_{t-1}).

    Examples
    --------
    >>> states = run_gru([[1.0], [0.0]], np.ones((3, 1)), np.zeros((3, 1)), np.zeros(3))
    >>> states.update.round(4).ravel(), states.hidden_states.round(4).ravel()
    (array([0.7311, 0.5   ]), array([0.2048, 0.1024]))
    """
    inputs, Wx, Wh, b, state = check_run(inputs, Wx, Wh, b, initial_state, blocks=3)
    check_run_memory(inputs, Wh, states=7)
    Wh_reset, Wh_update, Wh_candidate = np.split(Wh, 3)
    if state is None:
        state = np.zeros(Wh.shape[1], b.dtype)
    from_inputs = np.split(inputs @ Wx.T + b, 3, axis=-1)  # for all timesteps at once
    x_reset, x_update, x_candidate = from_inputs
    states = GRUStates(*np.empty((4, *x_reset.shape), b.dtype))
    for t in range(inputs.shape[-2]):
        reset = sigmoid(x_reset[..., t, :] + state @ Wh_reset.T)
        update = sigmoid(x_update[..., t, :] + state @ Wh_update.T)
        candidate = np.tanh(x_candidate[..., t, :] + reset * (state @ Wh_candidate.T))
        state = update * state + (1 - update) * candidate
        states.hidden_states[..., t, :] = state
        states.reset[..., t, :] = reset
        states.update[..., t, :] = update
        states.candidate[..., t, :] = candidate
    return states


def run_lstm(inputs, Wx, Wh, b, initial_state=None):
    """Run a long short-term memory over all timesteps and return its states and gates.

    input_gate_t = sigmoid(Wx_i @ input_t + Wh_i @ hidden_state_{t-1} + b_i)
    forget_gate_t = sigmoid(Wx_f @ input_t + Wh_f @ hidden_state_{t-1} + b_f)
    candidate_t = tanh(Wx_g @ input_t + Wh_g @ hidden_state_{t-1} + b_g)
    output_gate_t = sigmoid(Wx_o @ input_t + Wh_o @ hidden_state_{t-1} + b_o)
    cell_state_t = forget_gate_t * cell_state_{t-1} + input_gate_t * candidate_t
    hidden_state_t = output_gate_t * tanh(cell_state_t)

    Parameters
    ----------
    inputs, Wx, Wh, b : as for run_gru, with four blocks of rows: input gate, forget
        gate, candidate, output gate; b is the sum of PyTorch's bias_ih and bias_hh
    initial_state : pair (hidden_state, cell_state), each as the one of run_gru; zeros
        by default

    Returns
    -------
    LSTMStates : hidden_states, cell_states, input_gate, forget_gate, candidate,
        output_gate

    References
    ----------
    Hochreiter and Schmidhuber (1997), "Long short-term memory"; Gers, Schmidhuber and
    Cummins (2000), "Learning to forget: continual prediction with LSTM": the forget
    gate.

    Examples
    --------
    >>> cell = np.ones((4, 1)), np.zeros((4, 1)), np.zeros(4)
    >>> states = run_lstm([[1.0], [0.0]], *cell)
    >>> states.cell_states.round(4).ravel()  # sigmoid(1) * tanh(1), then half of it
    array([0.5568, 0.2784])
    """
    inputs, Wx, Wh, b, state, cell_state = _check_lstm(inputs, Wx, Wh, b, initial_state)
    check_run_memory(inputs, Wh, states=10)
    hidden_size = Wh.shape[1]
    if initial_state is None:
        state = np.zeros(hidden_size, b.dtype)
        cell_state = np.zeros(hidden_size, b.dtype)
    from_inputs = inputs @ Wx.T + b  # for all timesteps at once
    states = LSTMStates(*np.empty((6, *inputs.shape[:-1], hidden_size), b.dtype))
    for t in range(inputs.shape[-2]):
        z = from_inputs[..., t, :] + state @ Wh.T
        input_gate = sigmoid(z[..., :hidden_size])
        forget_gate = sigmoid(z[..., hidden_size : 2 * hidden_size])
        candidate = np.tanh(z[..., 2 * hidden_size : 3 * hidden_size])
        output_gate = sigmoid(z[..., 3 * hidden_size :])
        cell_state = forget_gate * cell_state + input_gate * candidate
        state = output_gate * np.tanh(cell_state)
        states.hidden_states[..., t, :] = state
        states.cell_states[..., t, :] = cell_state
        states.input_gate[..., t, :] = input_gate
        states.forget_gate[..., t, :] = forget_gate
        states.candidate[..., t, :] = candidate
        states.output_gate[..., t, :] = output_gate
    return states


@np.errstate(over="ignore", invalid="ignore")  # refused at the end, by name
def backward_leaky(
    d_hidden_states, inputs, hidden_states, Wx, Wh, b, leak, initial_state=None
):
    """Carry the derivative by every hidden state back to the arguments of run_leaky.

    dL/dh_t = d_hidden_states_t + (1 - leak) * dL/dh_{t+1} + Wh.T @ dL/dz_{t+1}
    dL/dz_t = leak * (1 - tanh(z_t)**2) * dL/dh_t

    Parameters
    ----------
    d_hidden_states : as for backward
    inputs, Wx, Wh, b, leak, initial_state : as given to run_leaky
    hidden_states : as returned by run_leaky

    Returns
    -------
    Gradients : as of backward; there is none by leak

    Raises
    ------
    OverflowError : the sum of squares of the gradient that arrives at the start
        overflows: its norm is above about 1e154, in float32 1e19

    Examples
    --------
    >>> cell = np.ones((1, 1)), np.zeros((1, 1)), np.zeros((1, 1)), np.zeros(1)
    >>> states = run_leaky(*cell, 0.1)
    >>> backward_leaky(np.ones((1, 1)), cell[0], states, *cell[1:], 0.1).b
    array([0.1])
    """
    inputs, Wx, Wh, b, initial_state = check_run(inputs, Wx, Wh, b, initial_state)
    check_run_memory(inputs, Wh, states=5, copies=1)
    leak = check_number(leak, "leak", 0, 1)
    shape = (*inputs.shape[:-1], len(Wh))
    why = f" to match inputs of shape {inputs.shape} and Wh of shape {Wh.shape}"
    hidden_states = check_array(hidden_states, "hidden_states", shape, why)
    # Lesson 09's direct_t: the part where the loss looks at h_t itself.
    direct = check_array(d_hidden_states, "d_hidden_states", shape, why)
    direct, inputs, hidden_states, Wx, Wh = same_dtype(
        direct, inputs, hidden_states, Wx, Wh
    )

    previous = previous_states(hidden_states, initial_state)
    target = np.tanh(inputs @ Wx.T + previous @ Wh.T + b)
    slope = leak * (1 - target**2)  # what h_t makes of a change of z_t
    d_states = np.empty_like(direct)
    from_later = np.zeros_like(direct[..., 0, :])
    for t in reversed(range(inputs.shape[-2])):
        d_state = direct[..., t, :] + from_later
        from_later = (1 - leak) * d_state + (slope[..., t, :] * d_state) @ Wh
        d_states[..., t, :] = d_state
    refuse_overflow(from_later, inputs.shape[-2])
    d_z = slope * d_states
    return Gradients(
        Wx=as_rows(d_z).T @ as_rows(inputs),
        Wh=as_rows(d_z).T @ as_rows(previous),
        b=as_rows(d_z).sum(axis=0),
        inputs=d_z @ Wx,
        initial_state=by_initial_state(from_later, initial_state),
        hidden_states=d_states,
    )


@np.errstate(over="ignore", invalid="ignore")  # refused at the end, by name
def backward_gru(d_hidden_states, inputs, states, Wx, Wh, b, initial_state=None):
    """Carry the derivative by every hidden state back to the arguments of run_gru.

    dL/dh_{t-1} = d_hidden_states_{t-1} + update_t * dL/dh_t + Wh.T @ dL/dproducts_t

    Each of the three products Wh @ h_{t-1} has as its derivative dL/dh_t times a factor
    of its own (lesson 09).

    Parameters
    ----------
    d_hidden_states : as for backward
    inputs, Wx, Wh, b, initial_state : as given to run_gru
    states : GRUStates, as returned by run_gru

    Returns
    -------
    Gradients : as of backward

    Raises
    ------
    OverflowError : the sum of squares of the gradient that arrives at the start
        overflows: its norm is above about 1e154, in float32 1e19

    Examples
    --------
    >>> cell = np.zeros((1, 1)), np.zeros((3, 1)), np.zeros((3, 1)), np.zeros(3)
    >>> states = run_gru(*cell)
    >>> backward_gru(np.ones((1, 1)), cell[0], states, *cell[1:]).b  # 1 - update_t
    array([0. , 0. , 0.5])
    """
    inputs, Wx, Wh, b, initial_state = check_run(
        inputs, Wx, Wh, b, initial_state, blocks=3
    )
    check_run_memory(inputs, Wh, states=15, copies=1)
    direct, inputs, states, Wx, Wh = _check_way_back(
        d_hidden_states, inputs, states, Wx, Wh, GRUStates
    )

    reset = states.reset
    update = states.update
    candidate = states.candidate
    previous = previous_states(states.hidden_states, initial_state)
    Wh_reset, Wh_update, Wh_candidate = np.split(Wh, 3)

    # What the hidden state makes of a change of each pre-activation, of all timesteps.
    by_candidate = (1 - update) * (1 - candidate**2)
    by_update = (previous - candidate) * update * (1 - update)
    by_reset = by_candidate * (previous @ Wh_candidate.T) * reset * (1 - reset)

    d_states = np.empty_like(direct)
    from_later = np.zeros_like(direct[..., 0, :])
    for t in reversed(range(inputs.shape[-2])):
        d_state = direct[..., t, :] + from_later
        d_reset = by_reset[..., t, :] * d_state
        d_update = by_update[..., t, :] * d_state
        d_candidate = by_candidate[..., t, :] * d_state
        from_later = update[..., t, :] * d_state
        from_later = from_later + d_reset @ Wh_reset
        from_later = from_later + d_update @ Wh_update
        from_later = from_later + (reset[..., t, :] * d_candidate) @ Wh_candidate
        d_states[..., t, :] = d_state
    refuse_overflow(from_later, inputs.shape[-2])

    d_gates = [by_reset * d_states, by_update * d_states]
    d_candidates = by_candidate * d_states
    d_z = np.concatenate([*d_gates, d_candidates], axis=-1)
    d_products = np.concatenate([*d_gates, reset * d_candidates], axis=-1)
    return Gradients(
        Wx=as_rows(d_z).T @ as_rows(inputs),
        Wh=as_rows(d_products).T @ as_rows(previous),
        b=as_rows(d_z).sum(axis=0),
        inputs=d_z @ Wx,
        initial_state=by_initial_state(from_later, initial_state),
        hidden_states=d_states,
    )


@np.errstate(over="ignore", invalid="ignore")  # refused at the end, by name
def backward_lstm(d_hidden_states, inputs, states, Wx, Wh, b, initial_state=None):
    """Carry the derivative by every hidden state back to the arguments of run_lstm.

    dL/dh_t = d_hidden_states_t + Wh.T @ dL/dz_{t+1}
    dL/dc_t = output_gate_t * (1 - tanh(c_t)**2) * dL/dh_t
    + forget_gate_{t+1} * dL/dc_{t+1}

    dL/dz_t is dL/dh_t for the output gate and dL/dc_t for the other three, times a
    factor of its own for each (lesson 09); c is the cell state.

    Parameters
    ----------
    d_hidden_states : as for backward
    inputs, Wx, Wh, b, initial_state : as given to run_lstm
    states : LSTMStates, as returned by run_lstm

    Returns
    -------
    Gradients : as of backward; the gradient of initial_state is a pair

    Raises
    ------
    OverflowError : the sum of squares of the gradient that arrives at the start
        overflows: its norm is above about 1e154, in float32 1e19

    Examples
    --------
    >>> cell = np.zeros((1, 1)), np.zeros((4, 1)), np.zeros((4, 1)), np.zeros(4)
    >>> d = backward_lstm(np.ones((1, 1)), cell[0], run_lstm(*cell), *cell[1:])
    >>> d.b  # output gate * input gate
    array([0.  , 0.  , 0.25, 0.  ])
    """
    inputs, Wx, Wh, b, start, cell_start = _check_lstm(inputs, Wx, Wh, b, initial_state)
    check_run_memory(inputs, Wh, states=18, copies=1)
    direct, inputs, states, Wx, Wh = _check_way_back(
        d_hidden_states, inputs, states, Wx, Wh, LSTMStates
    )

    input_gate = states.input_gate
    forget_gate = states.forget_gate
    candidate = states.candidate
    output_gate = states.output_gate
    previous = previous_states(states.hidden_states, start)
    previous_cell_states = previous_states(states.cell_states, cell_start)
    shown = np.tanh(states.cell_states)

    # What the cell state makes of a change of each pre-activation, of all timesteps ...
    by_input = candidate * input_gate * (1 - input_gate)
    by_forget = previous_cell_states * forget_gate * (1 - forget_gate)
    by_candidate = input_gate * (1 - candidate**2)
    # ... and what the hidden state makes of the output gate's, and of the cell state.
    by_output = shown * output_gate * (1 - output_gate)
    by_cell = output_gate * (1 - shown**2)

    Wh_input, Wh_forget, Wh_candidate, Wh_output = np.split(Wh, 4)
    d_states = np.empty_like(direct)
    d_cells = np.empty_like(direct)
    from_later = np.zeros_like(direct[..., 0, :])
    kept = np.zeros_like(from_later)  # forget_gate_{t+1} * dL/dc_{t+1}
    for t in reversed(range(inputs.shape[-2])):
        d_state = direct[..., t, :] + from_later
        d_cell = by_cell[..., t, :] * d_state + kept
        from_later = (by_output[..., t, :] * d_state) @ Wh_output
        from_later = from_later + (by_input[..., t, :] * d_cell) @ Wh_input
        from_later = from_later + (by_forget[..., t, :] * d_cell) @ Wh_forget
        from_later = from_later + (by_candidate[..., t, :] * d_cell) @ Wh_candidate
        kept = forget_gate[..., t, :] * d_cell
        d_states[..., t, :] = d_state
        d_cells[..., t, :] = d_cell
    refuse_overflow(from_later, inputs.shape[-2])
    refuse_overflow(kept, inputs.shape[-2])

    d_z = np.concatenate(
        [
            by_input * d_cells,
            by_forget * d_cells,
            by_candidate * d_cells,
            by_output * d_states,
        ],
        axis=-1,
    )
    return Gradients(
        Wx=as_rows(d_z).T @ as_rows(inputs),
        Wh=as_rows(d_z).T @ as_rows(previous),
        b=as_rows(d_z).sum(axis=0),
        inputs=d_z @ Wx,
        initial_state=(
            by_initial_state(from_later, start),
            by_initial_state(kept, cell_start),
        ),
        hidden_states=d_states,
    )


def _check_lstm(inputs, Wx, Wh, b, initial_state):
    """As check_run, for a state that is two."""
    Wx, Wh, b = check_weights(Wx, Wh, b, blocks=4)
    inputs = check_inputs(inputs, Wx)
    hidden_state, cell_state = check_pair(initial_state, inputs.shape[:-2], Wh)
    return same_dtype(inputs, Wx, Wh, b, hidden_state, cell_state)


def sigmoid(x):
    """1 / (1 + exp(-x)), written with tanh, which does not overflow."""
    return 0.5 + 0.5 * np.tanh(0.5 * x)


def _check_way_back(d_hidden_states, inputs, states, Wx, Wh, kind):
    """Return the states of a gated run, which must be of this kind, and the derivative
    by its hidden states, checked; and with them the other arguments, in one dtype.
    """
    if not isinstance(states, kind):
        run = "run_gru" if kind is GRUStates else "run_lstm"
        raise TypeError(
            f"states must be {kind.__name__}, as returned by {run};"
            f" got {type(states).__name__}."
        )
    shape = (*inputs.shape[:-1], Wh.shape[1])
    why = f" to match inputs of shape {inputs.shape} and Wh of shape {Wh.shape}"
    checked = [
        check_array(array, f"states.{name}", shape, why)
        for name, array in states._asdict().items()
    ]
    # Lesson 09's direct_t: the part where the loss looks at h_t itself.
    direct = check_array(d_hidden_states, "d_hidden_states", shape, why)
    direct, inputs, Wx, Wh, *checked = same_dtype(direct, inputs, Wx, Wh, *checked)
    return direct, inputs, kind(*checked), Wx, Wh
