"""Leaky cell, GRU and LSTM against hand-computed numbers, complex steps of plain loops,
and PyTorch, stored and live.
"""

import itertools
import os
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
import pytest
from plain_loop import complex_step, relative_error

from rnn_core import (
    GRUStates,
    LSTMStates,
    Model,
    backward,
    backward_gru,
    backward_leaky,
    backward_lstm,
    growth_along,
    measured_exponent,
    run,
    run_gru,
    run_leaky,
    run_lstm,
)
from rnn_core.reference import stored
from rnn_lessons.gates import (
    Setting,
    draw_cell,
    latch_batch,
    marks_batch,
    measured,
    run_cell,
    select,
    settings_to_run,
    sign_loss,
    store,
    train,
)

try:
    import torch
except ImportError:
    if os.environ.get("RNN_REQUIRE_TORCH") == "1":
        raise
    torch = None

LEAK = 0.3


class LeakyStates(NamedTuple):
    hidden_states: np.ndarray


def leaky(inputs, Wx, Wh, b, initial_state=None):
    return LeakyStates(run_leaky(inputs, Wx, Wh, b, LEAK, initial_state))


def leaky_back(d, inputs, states, Wx, Wh, b, initial_state=None):
    return backward_leaky(d, inputs, *states, Wx, Wh, b, LEAK, initial_state)


CELLS = {
    "leaky": (1, leaky, leaky_back),
    "gru": (3, run_gru, backward_gru),
    "lstm": (4, run_lstm, backward_lstm),
}
GATED = ["gru", "lstm"]
NAMES = "Wx", "Wh", "b", "inputs", "initial_state"
# 3 x 3 x 3 x 3 = 81 shapes, sizes drawn at random
SHAPES = list(
    itertools.product(CELLS, [(), (1,), (2, 3)], ["none", "shared", "own"], [1, 2, 5])
)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def plain(name, inputs, Wx, Wh, b, initial_state):
    """All hidden states (and cell states), one timestep after the other; complex
    numbers are welcome.
    """
    hidden = len(b) // CELLS[name][0]
    # a block for each gate
    Wx, Wh, b = (w.reshape(-1, hidden, *w.shape[1:]) for w in (Wx, Wh, b))
    h, c = initial_state if name == "lstm" else (initial_state, None)
    found = []
    for t in range(inputs.shape[-2]):
        x = inputs[..., t, :]
        from_x, from_h = ([v @ block.T for block in W] for v, W in ((x, Wx), (h, Wh)))
        z = [one + two + bias for one, two, bias in zip(from_x, from_h, b, strict=True)]
        if name == "leaky":
            h = (1 - LEAK) * h + LEAK * np.tanh(z[0])
        elif name == "gru":
            reset, update = sigmoid(z[0]), sigmoid(z[1])
            candidate = np.tanh(from_x[2] + b[2] + reset * from_h[2])
            h = update * h + (1 - update) * candidate
        else:
            c = sigmoid(z[1]) * c + sigmoid(z[0]) * np.tanh(z[2])
            h = sigmoid(z[3]) * np.tanh(c)
        found.append((h, c))
    hs, cs = zip(*found, strict=True)
    return np.stack(hs, axis=-2), None if cs[0] is None else np.stack(cs, axis=-2)


def random_gates(
    rng, name, timesteps, batch=(), state="own", input_size=None, hidden_size=None
):
    """Arguments by name; the initial state of an LSTM is a pair."""
    input_size = input_size or rng.integers(1, 5)
    hidden_size = hidden_size or rng.integers(1, 6)
    gates, *_ = CELLS[name]
    shape = (hidden_size,) if state == "shared" else (*batch, hidden_size)
    starts = tuple(rng.normal(size=shape) for _ in range(2 if name == "lstm" else 1))
    initial_state = starts if name == "lstm" else starts[0]
    return {
        "Wx": rng.normal(size=(gates * hidden_size, input_size)),
        "Wh": rng.normal(size=(gates * hidden_size, hidden_size))
        / np.sqrt(hidden_size),
        "b": rng.normal(size=gates * hidden_size),
        "inputs": rng.normal(size=(*batch, timesteps, input_size)),
        "initial_state": None if state == "none" else initial_state,
    }


@pytest.mark.parametrize(("name", "batch", "state", "timesteps"), SHAPES)
def test_states_and_gradients_are_those_of_the_plain_loop(
    name, batch, state, timesteps
):
    rng = np.random.default_rng([SHAPES.index((name, batch, state, timesteps))])
    arguments = random_gates(rng, name, timesteps, batch, state)
    _, run, backward = CELLS[name]
    states = run(**arguments)
    d = rng.normal(size=states.hidden_states.shape)
    gradients = backward(d, states=states, **arguments)
    if state == "none":
        start = np.zeros((*batch, d.shape[-1]))
        arguments["initial_state"] = (start, start) if name == "lstm" else start
    hidden_states, cell_states = plain(name, **arguments)
    assert relative_error(states.hidden_states, hidden_states) < 1e-14
    if name == "lstm":
        assert relative_error(states.cell_states, cell_states) < 1e-14

    def expect(found, array, put, what):
        expected = complex_step(
            lambda value: (d * plain(name, **(arguments | put(value)))[0]).sum(), array
        )
        # One timestep from a zero state says nothing about Wh, nor about a gate that
        # only multiplies it.
        assert found.shape == expected.shape and np.linalg.norm(
            found - expected
        ) <= 1e-12 * max(np.linalg.norm(expected), 1e-3 * np.linalg.norm(d)), what

    for what in NAMES:
        array, found = arguments[what], getattr(gradients, what)
        if isinstance(array, tuple):
            h, c = array
            expect(
                found[0],
                h,
                lambda value, c=c: {"initial_state": (value, c)},
                "hidden_state",
            )
            expect(
                found[1],
                c,
                lambda value, h=h: {"initial_state": (h, value)},
                "cell_state",
            )
        else:
            expect(found, array, lambda value, what=what: {what: value}, what)


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize("seed", range(5))
def test_the_whole_derivative_by_each_state_is_never_summed(name, seed):
    """That by state t: what the loss sees of it, and what a run from it over the rest
    makes of it.
    """
    rng = np.random.default_rng(seed)
    arguments = random_gates(rng, name, 4, (2,), "shared")
    _, run, backward = CELLS[name]
    states = run(**arguments)
    d = rng.normal(size=states.hidden_states.shape)
    found = backward(d, states=states, **arguments).hidden_states
    assert found.shape == d.shape
    np.testing.assert_array_equal(found[:, -1], d[:, -1])
    for t in range(3):
        rest = arguments | {"inputs": arguments["inputs"][:, t + 1 :]}

        def loss(h, t=t, rest=rest):
            start = (h, states.cell_states[:, t]) if name == "lstm" else h
            later = plain(name, **(rest | {"initial_state": start}))[0]
            return (d[:, t] * h).sum() + (d[:, t + 1 :] * later).sum()

        assert (
            relative_error(found[:, t], complex_step(loss, states.hidden_states[:, t]))
            < 1e-12
        )


def test_the_exponent_of_a_leaky_cell_without_recurrence_is_the_log_of_its_share():
    inputs = np.random.default_rng(0).normal(size=(50, 1))
    cell = np.ones((3, 1)), np.zeros((3, 3)), np.zeros(3)
    states = run_leaky(inputs, *cell, LEAK)

    def step(state, t):
        return run_leaky(inputs[t : t + 1], *cell, LEAK, state)[0]

    assert abs(growth_along(step, states) - np.log(1 - LEAK)) < 1e-8


def test_the_exponent_of_a_tanh_cell_is_that_of_its_jacobians():
    rng = np.random.default_rng(1)
    inputs = rng.normal(size=(80, 2))
    cell = rng.normal(size=(5, 2)), rng.normal(size=(5, 5)) / 2, rng.normal(size=5)
    states = run_leaky(inputs, *cell, 1.0)
    found = growth_along(
        lambda state, t: run_leaky(inputs[t : t + 1], *cell, 1.0, state)[0], states
    )
    # measured_exponent also counts the first step, from the state before
    assert abs(found - measured_exponent(states[1:], cell[1])) < 1e-5


def test_one_step_by_hand():
    # One unit, sigmoid(ln 3) = 3/4. GRU: reset 1/2, update 3/4, candidate tanh(1 + 1/2
    # * 2 * 0.5) = tanh(1.5)
    gru = run_gru([[1.0]], [[0], [np.log(3)], [1]], [[0], [0], [2]], [0, 0, 0], [0.5])
    np.testing.assert_allclose(
        np.ravel(gru), [0.375 + np.tanh(1.5) / 4, 0.5, 0.75, np.tanh(1.5)], rtol=1e-15
    )
    # LSTM: input gate 1/2, forget gate 3/4, candidate tanh(1 + 2 * 0.5), output gate
    # 1/4, cell state before 2
    lstm = run_lstm(
        [[1.0]],
        [[0], [np.log(3)], [1], [-np.log(3)]],
        [[0], [0], [2], [0]],
        np.zeros(4),
        ([0.5], [2.0]),
    )
    cell = 1.5 + np.tanh(2) / 2
    np.testing.assert_allclose(
        np.ravel(lstm),
        [np.tanh(cell) / 4, cell, 0.5, 0.75, np.tanh(2), 0.25],
        rtol=1e-15,
    )


def test_a_leak_of_1_is_the_tanh_cell_and_0_keeps_everything():
    rng = np.random.default_rng(3)
    cell = random_gates(rng, "leaky", 6, (2,), "own")
    inputs, Wx, Wh, b, start = (cell[what] for what in ("inputs", *NAMES[:3], NAMES[4]))
    states = run_leaky(inputs, Wx, Wh, b, 1.0, start)
    np.testing.assert_allclose(states, run(inputs, Wx, Wh, b, start), atol=1e-14)
    d = rng.normal(size=states.shape)
    found = backward_leaky(d, inputs, states, Wx, Wh, b, 1.0, start)
    for ours, theirs in zip(
        found, backward(d, inputs, states, Wx, Wh, b, start), strict=True
    ):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-12)
    kept = run_leaky(inputs, Wx, Wh, b, 0, start)
    assert (kept == start[:, None, :]).all()


@pytest.mark.parametrize("name", GATED)
def test_pytorchs_stored_states_and_gradients(name):
    reference, (_, run, backward) = stored(name), CELLS[name]
    arguments = {what: reference[what] for what in NAMES}
    if name == "lstm":
        arguments["initial_state"] = tuple(arguments["initial_state"])
    states = run(**arguments)
    assert (
        relative_error(states.hidden_states, reference["pytorch_hidden_states"]) < 1e-14
    )
    gradients = backward(reference["d_hidden_states"], states=states, **arguments)
    for what in NAMES:
        assert (
            relative_error(
                np.array(getattr(gradients, what)), reference[f"pytorch_d_{what}"]
            )
            < 1e-13
        )


@pytest.mark.skipif(
    torch is None, reason="PyTorch is not installed (pip install torch==2.13.0)"
)
@pytest.mark.parametrize("name", GATED)
@pytest.mark.parametrize("seed", range(20))
def test_pytorch_agrees(name, seed):
    rng, (_, run, backward) = np.random.default_rng(seed), CELLS[name]
    timesteps, input_size, hidden_size, batch = (
        int(n) for n in rng.integers(1, [13, 9, 17, 5])
    )
    arguments = random_gates(
        rng, name, timesteps, (batch,), "own", input_size, hidden_size
    )
    layer = {"gru": torch.nn.GRU, "lstm": torch.nn.LSTM}[name]
    layer = layer(input_size, hidden_size, batch_first=True, dtype=torch.float64)
    weights = layer.weight_ih_l0, layer.weight_hh_l0, layer.bias_ih_l0
    with torch.no_grad():
        layer.bias_hh_l0.zero_()
        for weight, what in zip(weights, NAMES, strict=False):
            weight.copy_(torch.from_numpy(arguments[what]))
    pair = (
        arguments["initial_state"] if name == "lstm" else [arguments["initial_state"]]
    )
    starts = [torch.tensor(start, requires_grad=True) for start in pair]
    x = torch.tensor(arguments["inputs"], requires_grad=True)
    output, _ = layer(
        x, tuple(s[None] for s in starts) if name == "lstm" else starts[0][None]
    )
    d = rng.normal(size=output.shape)
    output.backward(torch.from_numpy(d))

    states = run(**arguments)
    gradients = backward(d, states=states, **arguments)
    assert relative_error(states.hidden_states, output.detach().numpy()) < 1e-12
    for what, tensor in zip(NAMES, (*weights, x), strict=False):
        assert relative_error(getattr(gradients, what), tensor.grad.numpy()) < 1e-12, (
            what
        )
    found = gradients.initial_state if name == "lstm" else [gradients.initial_state]
    for ours, theirs in zip(found, starts, strict=True):
        assert relative_error(ours, theirs.grad.numpy()) < 1e-12


@pytest.mark.parametrize("name", GATED)
def test_gates_saturate_without_a_complaint(name):
    """At pre-activations of 1e6 a gate is exactly 0 or 1; 1 / (1 + exp(1e6)) would
    overflow.
    """
    gates, run, backward = CELLS[name]
    Wx, Wh = np.repeat([[1e6]], gates, axis=0), np.zeros((gates, 1))
    states = run([[1.0], [-1.0]], Wx, Wh, np.zeros(gates))
    assert set(np.ravel(states[-1 if name == "lstm" else 1])) == {0, 1}
    gradients = backward(
        np.ones((2, 1)), [[1.0], [-1.0]], states, Wx, Wh, np.zeros(gates)
    )
    assert not gradients.Wx.any()


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize(
    ("first", "rest"), [*itertools.product([np.float32, np.float64], repeat=2)]
)
def test_float32_stays_float32_and_mixed_gives_float64(name, first, rest):
    _, run, backward = CELLS[name]
    arguments = random_gates(np.random.default_rng(0), name, 3, (2,), "none")
    arguments |= {what: arguments[what].astype(rest) for what in NAMES[:3]}
    arguments["inputs"] = arguments["inputs"].astype(first)
    expected, states = np.result_type(first, rest), run(**arguments)
    assert {array.dtype for array in states} == {expected}
    gradients = backward(
        np.ones(states.hidden_states.shape, first), states=states, **arguments
    )
    flat = [
        *gradients[:4],
        gradients.hidden_states,
        *np.atleast_1d(gradients.initial_state),
    ]
    assert {array.dtype for array in flat} == {expected}


@pytest.mark.parametrize("name", CELLS)
def test_arguments_stay_as_they_are_and_share_no_memory_with_the_results(name):
    _, run, backward = CELLS[name]
    arguments = random_gates(np.random.default_rng(1), name, 1, (), "own")
    starts = (
        arguments["initial_state"] if name == "lstm" else [arguments["initial_state"]]
    )
    given = [*(arguments[what] for what in NAMES[:4]), *starts]
    before = [array.copy() for array in given]
    states = run(**arguments)
    d = np.ones(states.hidden_states.shape)
    kept = [array.copy() for array in states]
    gradients = backward(d, states=states, **arguments)
    results = [
        *states,
        *gradients[:4],
        gradients.hidden_states,
        *np.atleast_2d(gradients.initial_state),
    ]
    for array, same in zip(
        [*given, *states, d], [*before, *kept, np.ones(d.shape)], strict=True
    ):
        np.testing.assert_array_equal(array, same)
    assert not any(
        np.shares_memory(result, array) for result in results for array in [*given, d]
    )


X, GRU, LSTM = (
    np.ones((3, 2)),
    [np.ones(s) for s in ((6, 2), (6, 2), 6)],
    [np.ones(s) for s in ((8, 2), (8, 2), 8)],
)
SIX = run_gru(X, *GRU)
REFUSED = [
    (
        run_gru,
        (X, np.ones((7, 2)), *GRU[1:]),
        ValueError,
        r"^Wx must have shape \(3 \* hidden_size, input_size\)",
    ),
    (
        run_lstm,
        (X, *GRU),
        ValueError,
        r"^Wx must have shape \(4 \* hidden_size, input_size\); got \(6, 2\)\.$",
    ),
    (
        run_gru,
        (X, GRU[0], np.ones((6, 6)), GRU[2]),
        ValueError,
        r"^Wh must have shape \(6, 2\) to match Wx",
    ),
    (
        run_gru,
        (X, *GRU[:2], np.ones(2)),
        ValueError,
        r"^b must have shape \(6,\) .*hidden_size=2\); got \(2,\)\.$",
    ),
    (
        run_gru,
        (np.ones((3, 4)), *GRU),
        ValueError,
        r"^inputs must have shape \(\.\.\., timesteps, 2\)",
    ),
    (
        run_gru,
        (X, *GRU, np.ones((3, 2))),
        ValueError,
        r"^initial_state .* one state, not one for each timestep",
    ),
    (
        run_lstm,
        (X, *LSTM, np.ones(2)),
        TypeError,
        r"^initial_state must be a pair \(hidden_state, cell_state\)",
    ),
    (
        run_lstm,
        (X, *LSTM, (np.ones(2),)),
        TypeError,
        r"^initial_state must be a pair \(hidden_state, cell_state\)",
    ),
    (
        run_lstm,
        (X, *LSTM, (np.ones(2), np.ones(3))),
        ValueError,
        r"^initial_state\[1\] must have shape \(\.\.\., 2\)",
    ),
    (
        run_lstm,
        (X, *LSTM, (np.ones(2), None)),
        TypeError,
        r"^initial_state\[1\] must be an array",
    ),
    (
        run_lstm,
        (X, *LSTM[:2], np.full(8, np.nan)),
        ValueError,
        r"^b must be finite; got nan at index \(0,\)",
    ),
    (run_gru, (X, *GRU[:2], np.ones(6) * 1j), TypeError, r"^b must hold real numbers"),
    (run_gru, (X, *GRU[:2], np.full(6, 1e200)), ValueError, r"^b must be small enough"),
    (
        backward_gru,
        (SIX[0], X, SIX[0], *GRU),
        TypeError,
        r"^states must be GRUStates, as returned by run_gru; got ndarray",
    ),
    (
        backward_lstm,
        (SIX[0], X, SIX, *LSTM),
        TypeError,
        r"^states must be LSTMStates, .* got GRUStates\.$",
    ),
    (
        backward_gru,
        (SIX[0], X[:2], SIX, *GRU),
        ValueError,
        r"^states\.hidden_states must have shape \(2, 2\)",
    ),
    (
        backward_gru,
        (SIX[0][:1], X, SIX, *GRU),
        ValueError,
        r"^d_hidden_states must have shape \(3, 2\)",
    ),
    (
        backward_gru,
        (SIX[0], X, SIX._replace(update=np.ones(2)), *GRU),
        ValueError,
        r"^states\.update must have shape \(3, 2\) to match inputs of shape \(3, 2\)"
        r" and Wh of shape \(6, 2\); got \(2,\)\.$",
    ),
]


@pytest.mark.parametrize(("function", "arguments", "error", "said"), REFUSED)
def test_bad_input_is_refused_by_name(function, arguments, error, said):
    with pytest.raises(error, match=said):
        function(*arguments)


@pytest.mark.parametrize("name", CELLS)
def test_a_gradient_that_overflows_is_refused(name):
    gates, run, backward = CELLS[name]
    Wx, Wh, b = np.zeros((gates, 1)), np.full((gates, 1), 1e10), np.zeros(gates)
    inputs = np.zeros((400, 1))
    states = run(inputs, Wx, Wh, b)
    with pytest.raises(
        OverflowError,
        match=r"^the gradient must stay finite; it overflows within 400 timesteps",
    ):
        backward(np.ones((400, 1)), inputs, states, Wx, Wh, b)


def test_a_gradient_that_overflows_at_one_end_only_is_refused():
    """By the hidden state 1e152 times 1e152, by the cell state 1e152."""
    cell = np.zeros((1, 1)), np.zeros((4, 1)), np.full((4, 1), 1e152), np.zeros(4)
    states = run_lstm(*cell)
    with pytest.raises(OverflowError, match=r"^the gradient must stay finite"):
        backward_lstm(np.full((1, 1), 1e152), cell[0], states, *cell[1:])


def test_the_states_are_named():
    assert GRUStates._fields == ("hidden_states", "reset", "update", "candidate")
    assert LSTMStates._fields[:2] == ("hidden_states", "cell_states")


def solved(setting, task, seeds, updates):
    return [train(setting, task, seed=s, updates=updates).solved for s in seeds]


@pytest.mark.slow
def test_headline_a_constant_leak_learns_the_latch_and_a_forget_bias_of_0_does_not():
    """Lesson 09 on seeds that it does not use."""
    seeds = range(101, 105)
    assert all(solved(Setting("leaky", 0.1), "latch", seeds, 150))
    assert all(solved(Setting("LSTM", bias=np.log(100)), "latch", seeds, 150))
    assert sum(solved(Setting("leaky", 1.0), "latch", seeds, 150)) <= 1
    assert sum(solved(Setting("LSTM", bias=0.0), "latch", seeds[:2], 150)) == 0


@pytest.mark.slow
def test_headline_the_gru_learns_the_marks_long_before_the_leaky_cell():
    seeds = range(101, 103)
    gru = Setting("GRU", bias=np.log(100), rate=2e-2)
    assert all(solved(gru, "marks", seeds, 150))
    for leak in (1.0, 0.3, 0.1):
        leaky = Setting("leaky", leak, rate=2e-2)
        assert not any(solved(leaky, "marks", seeds, 450))
    fixed = gru._replace(fixed="update")
    assert not any(solved(fixed, "marks", seeds[:1], 450))


def test_a_fixed_gate_stays_where_its_bias_puts_it():
    setting = Setting("LSTM", bias=2.0, fixed="forget")
    trained = train(setting, "latch", seed=1, updates=3)
    inputs, _ = latch_batch(np.random.default_rng(0), 2)
    _, states = run_cell(setting, inputs, trained.model[:3])
    np.testing.assert_allclose(states.forget_gate, sigmoid(2.0), rtol=1e-14)
    moved = np.abs(trained.model.Wh - draw_cell(setting, np.random.default_rng(1)).Wh)
    assert (moved[:16] > 0).any()  # the input gate's rows, which are trained


def test_signs_gradients_are_those_of_a_nudge():
    setting = Setting("GRU", bias=1.0)
    rng = np.random.default_rng(2)
    model = Model(*draw_cell(setting, rng), rng.normal(size=16), np.zeros(1))
    inputs, signs = marks_batch(rng, 3)
    found = sign_loss(setting, model, inputs, signs)[2]
    for name in ("Wx", "b", "Wy", "by"):
        array = getattr(model, name)
        place = tuple(size // 2 for size in array.shape)
        nudged = []
        for sign in (-1, 1):
            moved = array.copy()
            moved[place] += sign * 1e-6
            changed = model._replace(**{name: moved})
            nudged.append(sign_loss(setting, changed, inputs, signs)[0])
        slope = (nudged[1] - nudged[0]) / 2e-6
        assert abs(slope - getattr(found, name)[place]) < 1e-7, name


def test_the_last_mark_is_the_one_that_counts():
    inputs, signs = marks_batch(np.random.default_rng(3), 50)
    for sequence, sign in zip(inputs, signs, strict=True):
        told = None
        for shown, mark in sequence:
            if mark:
                told = shown
        assert told == sign and sequence[0, 1] == 1


def test_what_is_stored_is_what_the_command_makes(tmp_path):
    """One row again from its seed, and a second one below it, under one header."""
    (stored,) = [
        run
        for run in select(measured(), "latch", Setting("leaky", 0.1))
        if run.seed == 1
    ]
    path = tmp_path / "table.csv"
    with ThreadPoolExecutor(1) as executor:
        for limit in (stored.limit, 5):
            store([("latch", stored.setting, 1, limit)], executor, path)
    again, short = measured(path)
    assert again.setting == short.setting == stored.setting
    assert again.limit == stored.limit and again.solved == stored.solved
    assert abs(again.updates - stored.updates) <= 3
    assert again.held == pytest.approx(stored.held, abs=0.1)
    assert short.updates == short.limit == 5 and not short.solved


def test_no_training_is_stored_twice_and_each_is_on_the_list():
    names = [(run.task, *run.setting, run.seed) for run in measured()]
    assert len(names) == len(set(names))
    listed = {(task, *setting) for task, setting, _, _ in settings_to_run()}
    rounded = {
        tuple(f"{v:.6g}" if isinstance(v, float) else v for v in n) for n in listed
    }
    for name in names:
        key = tuple(f"{v:.6g}" if isinstance(v, float) else v for v in name[:-1])
        assert key in rounded, name
