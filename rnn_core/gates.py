"""Gated cells, GRU and LSTM, forwards and back through time (lesson 09)."""

from typing import NamedTuple

import numpy as np

from .gradients import Gradients
from .memory_cell import previous_states
from .validation import check_array, check_cell, same_dtype


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


def run_gru(inputs, Wx, Wh, b, initial_state=None):
    """Run a gated recurrent unit over all timesteps and return its states and gates.

    reset_t = sigmoid(Wx_r @ input_t + Wh_r @ hidden_state_{t-1} + b_r), update_t
    likewise candidate_t = tanh(Wx_n @ input_t + b_n + reset_t * (Wh_n @
    hidden_state_{t-1})) hidden_state_t = update_t * hidden_state_{t-1} + (1 - update_t)
    * candidate_t

    Parameters
    ----------
    inputs : array of shape (..., timesteps, input_size); the leading axes are a batch
    Wx : array of shape (3 * hidden_size, input_size), rows in PyTorch's order: reset,
        update, candidate
    Wh : array of shape (3 * hidden_size, hidden_size), in the same order
    b : array of shape (3 * hidden_size,): PyTorch's bias_ih plus, in the two gates, its
        bias_hh. In the candidate PyTorch multiplies bias_hh by reset_t, b here is not:
        for the same states it must be 0 there
    initial_state : array of shape (hidden_size,), or with the batch axes of inputs;
        zeros by default

    Returns
    -------
    GRUStates : hidden_states, reset, update, candidate

    Raises
    ------
    TypeError, ValueError : not numbers, shapes that do not match, NaN, infinity or
        numbers that overflow

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
    inputs, Wx, Wh, b, state = check_cell(inputs, Wx, Wh, b, initial_state, gates=3)
    size, halves = Wh.shape[1], np.repeat([0.5, 0.5, 1.0], Wh.shape[1]).astype(b.dtype)
    gates = (
        np.moveaxis(inputs, -2, 0) @ (halves[:, None] * Wx).T
    )  # (timesteps, ..., 3 * hidden_size)
    gates += halves * b
    to_gates, to_candidate = (
        np.ascontiguousarray(W.T) for W in np.split(halves[:, None] * Wh, [2 * size])
    )
    reset_and_update, (reset, update, candidate) = (
        gates[..., : 2 * size],
        np.split(gates, 3, axis=-1),
    )
    hidden_states, state = (
        np.empty_like(candidate),
        np.zeros(size, b.dtype) if state is None else state,
    )
    for gates_t, reset_t, update_t, candidate_t, state_t in zip(
        reset_and_update, reset, update, candidate, hidden_states, strict=True
    ):  # in place: each is worked out where it is returned
        gates_t += state @ to_gates
        np.tanh(
            gates_t, gates_t
        )  # sigmoid(x) = 0.5 * tanh(0.5 * x) + 0.5; those weights are halved already
        gates_t *= 0.5
        gates_t += 0.5
        candidate_t += reset_t * (state @ to_candidate)
        np.tanh(candidate_t, candidate_t)
        state_t[...] = update_t * (state - candidate_t) + candidate_t
        state = state_t
    return GRUStates(
        *(
            np.moveaxis(array, 0, -2)
            for array in (hidden_states, reset, update, candidate)
        )
    )


def run_lstm(inputs, Wx, Wh, b, initial_state=None):
    """Run a long short-term memory over all timesteps and return its states and gates.

    input_gate_t = sigmoid(Wx_i @ input_t + Wh_i @ hidden_state_{t-1} + b_i), forget and
    output gate likewise candidate_t = tanh(Wx_g @ input_t + Wh_g @ hidden_state_{t-1} +
    b_g) cell_state_t = forget_gate_t * cell_state_{t-1} + input_gate_t * candidate_t
    hidden_state_t = output_gate_t * tanh(cell_state_t)

    Parameters
    ----------
    inputs, Wx, Wh, b : as for run_gru, with four blocks of rows: input, forget,
        candidate, output; b is the sum of PyTorch's bias_ih and bias_hh
    initial_state : pair (hidden_state, cell_state), each as the one of run_gru; zeros
        by default

    Returns
    -------
    LSTMStates : hidden_states, cell_states, input_gate, forget_gate, candidate,
        output_gate

    Raises
    ------
    TypeError, ValueError : as run_gru, or not a pair

    References
    ----------
    Hochreiter and Schmidhuber (1997), "Long short-term memory"; Gers, Schmidhuber and
    Cummins (2000), "Learning to forget: continual prediction with LSTM": the forget
    gate.

    Examples
    --------
    >>> states = run_lstm([[1.0], [0.0]], np.ones((4, 1)), np.zeros((4, 1)), np.zeros(4))
    >>> states.cell_states.round(4).ravel()  # sigmoid(1) * tanh(1), then half of it
    array([0.5568, 0.2784])
    """
    inputs, Wx, Wh, b, state, cell = check_cell(
        inputs, Wx, Wh, b, initial_state, gates=4, pair=True
    )
    halves = np.repeat([0.5, 0.5, 1.0, 0.5], Wh.shape[1]).astype(
        b.dtype
    )  # sigmoid by tanh, as in run_gru
    rest, Wh_T = 1 - halves, np.ascontiguousarray((halves[:, None] * Wh).T)
    gates = (
        np.moveaxis(inputs, -2, 0) @ (halves[:, None] * Wx).T
    )  # (timesteps, ..., 4 * hidden_size)
    gates += halves * b
    input_gate, forget_gate, candidate, output_gate = np.split(gates, 4, axis=-1)
    hidden_states, cell_states = np.empty_like(candidate), np.empty_like(candidate)
    state, cell = (
        np.zeros(len(Wh_T), b.dtype) if array is None else array
        for array in (state, cell)
    )
    for (
        gates_t,
        input_gate_t,
        forget_gate_t,
        candidate_t,
        output_gate_t,
        cell_t,
        state_t,
    ) in zip(
        gates,
        input_gate,
        forget_gate,
        candidate,
        output_gate,
        cell_states,
        hidden_states,
        strict=True,
    ):
        gates_t += state @ Wh_T
        np.tanh(gates_t, gates_t)
        gates_t *= halves
        gates_t += rest
        cell_t[...] = forget_gate_t * cell + input_gate_t * candidate_t
        state_t[...] = output_gate_t * np.tanh(cell_t)
        state, cell = state_t, cell_t
    found = hidden_states, cell_states, input_gate, forget_gate, candidate, output_gate
    return LSTMStates(*(np.moveaxis(array, 0, -2) for array in found))


@np.errstate(over="ignore", invalid="ignore")  # refused at the end, by name
def backward_gru(d_hidden_states, inputs, states, Wx, Wh, b, initial_state=None):
    """Carry the derivative by every hidden state back to the arguments of run_gru.

    dL/dh_{t-1} = d_hidden_states_{t-1} + update_t * dL/dh_t + Wh.T @ d_products_t,
    which is the derivative by the products with Wh: dL/dh_t times a factor of its own
    for each, derived in lesson 09.

    Parameters
    ----------
    d_hidden_states : array of the shape of hidden_states: the loss differentiated by
        each of them directly
    inputs, Wx, Wh, b, initial_state : as given to run_gru
    states : GRUStates, as returned by run_gru

    Returns
    -------
    Gradients : as of backward; raised is what run_gru and backward raise, and a
        TypeError at other states

    Examples
    --------
    >>> cell = np.zeros((1, 1)), np.zeros((3, 1)), np.zeros((3, 1)), np.zeros(3)
    >>> backward_gru(np.ones((1, 1)), cell[0], run_gru(*cell), *cell[1:]).b  # 1 - update_t
    array([0. , 0. , 0.5])
    """
    inputs, Wx, Wh, b, start = check_cell(inputs, Wx, Wh, b, initial_state, gates=3)
    arrays = _time_first(d_hidden_states, inputs, states, GRUStates, Wx, Wh, [start])
    d_states, inputs, Wx, Wh, previous, _, reset, update, candidate = arrays
    to_candidate = (1 - update) * (
        1 - candidate**2
    )  # how its pre-activation moves the hidden state
    to_reset = to_candidate * (previous @ Wh[2 * Wh.shape[1] :].T) * reset * (1 - reset)
    to_update = (previous - candidate) * update * (1 - update)
    d_products = np.stack(
        [to_reset, to_update, reset * to_candidate], axis=-2
    )  # (timesteps, ..., 3, units)
    from_later, rows = 0, (*d_states.shape[1:-1], -1)
    for d_state_t, update_t, d_products_t in zip(
        d_states[::-1], update[::-1], d_products[::-1], strict=True
    ):
        d_state_t += from_later
        d_products_t *= d_state_t[..., None, :]
        from_later = update_t * d_state_t + d_products_t.reshape(rows) @ Wh
    d_pre = d_products.copy()
    d_pre[..., 2, :] = (
        d_states * to_candidate
    )  # the input and b of the candidate pass no reset gate
    return _gradients(
        d_pre, d_products, d_states, inputs, previous, Wx, [from_later], [start]
    )


@np.errstate(over="ignore", invalid="ignore")
def backward_lstm(d_hidden_states, inputs, states, Wx, Wh, b, initial_state=None):
    """Carry the derivative by every hidden state back to the arguments of run_lstm.

    dL/dc_t = forget_gate_{t+1} * dL/dc_{t+1} + output_gate_t * (1 -
    tanh(cell_state_t)**2) * dL/dh_t dL/dh_{t-1} = d_hidden_states_{t-1} + Wh.T @
    dL/dz_t, which is dL/dh_t for the output gate and dL/dc_t for the others, times a
    factor of its own for each, derived in lesson 09.

    Arguments, results and errors are those of backward_gru; the gradient of
    initial_state is a pair.

    >>> cell = np.zeros((1, 1)), np.zeros((4, 1)), np.zeros((4, 1)), np.zeros(4)
    >>> backward_lstm(np.ones((1, 1)), cell[0], run_lstm(*cell), *cell[1:]).b  # output gate * input gate
    array([0.  , 0.  , 0.25, 0.  ])
    """
    inputs, Wx, Wh, b, *starts = check_cell(
        inputs, Wx, Wh, b, initial_state, gates=4, pair=True
    )
    arrays = _time_first(d_hidden_states, inputs, states, LSTMStates, Wx, Wh, starts)
    d_states, inputs, Wx, Wh, previous, previous_cell, _, cell_states, *gates = arrays
    input_gate, forget_gate, candidate, output_gate = gates
    shown = np.tanh(cell_states)
    to_cell = output_gate * (1 - shown**2)  # how the cell state moves the hidden state
    to_input = (
        candidate * input_gate * (1 - input_gate)
    )  # how their pre-activations move the cell state
    to_forget = previous_cell * forget_gate * (1 - forget_gate)
    to_candidate = input_gate * (1 - candidate**2)
    to_output = shown * output_gate * (1 - output_gate)
    d_pre = np.stack(
        [to_input, to_forget, to_candidate, to_output], axis=-2
    )  # (timesteps, ..., 4, units)
    from_later, d_cell, rows = 0, 0, (*d_states.shape[1:-1], -1)
    for d_state_t, to_cell_t, forget_gate_t, d_pre_t in zip(
        d_states[::-1], to_cell[::-1], forget_gate[::-1], d_pre[::-1], strict=True
    ):
        d_state_t += from_later
        d_cell = d_cell + to_cell_t * d_state_t
        d_pre_t[..., :3, :] *= d_cell[..., None, :]
        d_pre_t[..., 3, :] *= d_state_t
        d_cell = d_cell * forget_gate_t
        from_later = d_pre_t.reshape(rows) @ Wh
    return _gradients(
        d_pre, d_pre, d_states, inputs, previous, Wx, (from_later, d_cell), starts
    )


def _time_first(d_hidden_states, inputs, states, kind, Wx, Wh, starts):
    """Check what a run returned; give all arrays one dtype and time as their first
    axis.
    """
    if not isinstance(states, kind):
        raise TypeError(
            f"states must be {kind.__name__}, as returned by run; got {type(states).__name__}."
        )
    shape, why = (
        (*inputs.shape[:-1], Wh.shape[1]),
        f" to match inputs of shape {inputs.shape}",
    )
    checked = [
        check_array(a, f"states.{name}", shape, why)
        for name, a in states._asdict().items()
    ]
    checked.append(check_array(d_hidden_states, "d_hidden_states", shape, why))
    Wx, Wh, inputs, *states, d_states = same_dtype(Wx, Wh, inputs, *checked)
    previous = [
        previous_states(array, start)
        for array, start in zip(states, starts, strict=False)
    ]
    inputs, d_states, *rest = (
        np.moveaxis(a, -2, 0) for a in (inputs, d_states, *previous, *states)
    )
    return d_states.copy(), inputs, Wx, Wh, *rest


def _gradients(d_pre, d_products, d_states, inputs, previous, Wx, ends, starts):
    """Sum over time and batch: one product for each argument."""
    if not all(np.isfinite(np.vdot(end, end)) for end in ends):
        raise OverflowError(
            f"the gradient must stay finite; it overflows within {len(d_pre)} timesteps."
        )
    rows = d_pre.reshape(-1, len(Wx))  # (timesteps * batch, gates * hidden_size)
    d_starts = tuple(
        end.reshape(-1, end.shape[-1]).sum(axis=0)
        if start is not None and start.ndim == 1
        else end
        for end, start in zip(ends, starts, strict=True)
    )
    return Gradients(
        Wx=rows.T @ inputs.reshape(len(rows), -1),
        Wh=d_products.reshape(rows.shape).T @ previous.reshape(len(rows), -1),
        b=rows.sum(axis=0),
        inputs=np.moveaxis((rows @ Wx).reshape(inputs.shape), 0, -2),
        initial_state=d_starts if len(d_starts) > 1 else d_starts[0],
        hidden_states=np.moveaxis(d_states, 0, -2),
    )
