"""step, run and pre_activations against hand-computed numbers, the plain loop, PyTorch
and Keras.
"""

import itertools
import math
import re
from pathlib import Path

import nbformat
import numpy as np
import pytest
from plain_loop import CASES, NAMES, plain_run, random_cell

from rnn_core import pre_activations, run, step
from rnn_core.reference import stored
from rnn_lessons.memory_cell import step_terms

LESSON = Path(__file__).parents[1] / "notebooks" / "02_memory_cell.ipynb"
SHAPES = list(
    itertools.product(
        [1, 2, 7],
        [1, 3],
        [1, 5, 128],
        [(), (1,), (3,), (2, 3)],
        ["none", "shared", "own"],
    )
)


def test_one_step_by_hand():
    # Wx @ [1, 2] = [-1, 2], Wh @ [0.5, -0.5] = [-0.5, 0.25]; with b the sums are -1.4
    # and 2.05
    found = step(
        [1, 2], [0.5, -0.5], [[1, -1], [0, 1]], [[0, 1], [0.5, 0]], [0.1, -0.2]
    )
    np.testing.assert_allclose(found, [math.tanh(-1.4), math.tanh(2.05)], rtol=1e-15)


def test_two_timesteps_by_hand():
    # one unit that adds 1 to half of its state: tanh(1), then tanh(1 + tanh(1) / 2)
    first = math.tanh(1)
    found = run([[1], [1]], [[1]], [[0.5]], [0])
    np.testing.assert_allclose(found, [[first], [math.tanh(1 + first / 2)]], rtol=1e-15)


@pytest.mark.parametrize(
    ("timesteps", "input_size", "hidden_size", "batch", "state"), SHAPES
)
def test_all_three_agree_with_the_plain_loop(
    timesteps, input_size, hidden_size, batch, state
):
    cell = inputs, Wx, Wh, b, initial_state = random_cell(
        np.random.default_rng(timesteps),
        timesteps,
        input_size,
        hidden_size,
        batch,
        state,
    )
    expected = plain_run(*cell)
    hidden_states = run(*cell)
    np.testing.assert_allclose(hidden_states, expected, rtol=0, atol=1e-13)
    assert hidden_states.shape == (*batch, timesteps, hidden_size)
    np.testing.assert_allclose(
        np.tanh(pre_activations(inputs, expected, Wx, Wh, b, initial_state)),
        expected,
        rtol=0,
        atol=1e-13,
    )
    start = np.zeros(hidden_size) if initial_state is None else initial_state
    first = step(inputs[..., 0, :], start, Wx, Wh, b)
    np.testing.assert_allclose(first, expected[..., 0, :], rtol=0, atol=1e-13)


def test_the_terms_of_a_step_by_hand():
    # the numbers of test_one_step_by_hand
    arrays = [1, 2], [0.5, -0.5], [[1, -1], [0, 1]], [[0, 1], [0.5, 0]], [0.1, -0.2]
    found = step_terms(*map(np.array, arrays))
    expected = [
        [-1, 2],
        [-0.5, 0.25],
        [0.1, -0.2],
        [-1.4, 2.05],
        [math.tanh(-1.4), math.tanh(2.05)],
    ]
    np.testing.assert_allclose(found, expected, rtol=1e-15)


def test_pre_activations_by_hand():
    # the state before the first timestep is 0.5, before the second the first hidden
    # state, 0.25
    found = pre_activations([[1], [2]], [[0.25], [-1]], [[10]], [[4]], [0.5], [0.5])
    np.testing.assert_array_equal(found, [[10 + 2 + 0.5], [20 + 1 + 0.5]])


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize(
    ("framework", "tolerance"), [("pytorch", 1e-14), ("keras", 1e-6)]
)
def test_run_agrees_with_what_the_frameworks_stored(case, framework, tolerance):
    arrays = stored(case)
    hidden_states = run(*(arrays[name] for name in NAMES))
    np.testing.assert_allclose(
        hidden_states, arrays[f"{framework}_hidden_states"], rtol=0, atol=tolerance
    )


def test_the_classic_listing():
    arrays = stored("uniform")  # drawn with seed 0, in the order of the listing
    rng = np.random.default_rng(0)
    inputs = rng.random((10, 4))
    Wx, Wh, b = rng.random((8, 4)), rng.random((8, 8)), rng.random(8)
    hidden_state_t = np.zeros(8)
    total_hidden_states = []
    for input_t in inputs:
        output_t = np.tanh(np.dot(Wx, input_t) + np.dot(Wh, hidden_state_t) + b)
        total_hidden_states.append(output_t)
        hidden_state_t = output_t
    listing = np.stack(total_hidden_states, axis=0)
    np.testing.assert_allclose(run(inputs, Wx, Wh, b), listing, rtol=0, atol=1e-14)
    np.testing.assert_allclose(
        arrays["pytorch_hidden_states"], listing, rtol=0, atol=1e-14
    )


DTYPES = [  # inputs, the rest, result
    (np.float32, np.float32, np.float32),
    (np.float64, np.float64, np.float64),
    (np.float32, np.float64, np.float64),
    (np.float64, np.float32, np.float64),
    (np.int64, np.float32, np.float64),
    (np.int8, np.int8, np.float64),
    (np.uint8, np.float64, np.float64),
    (bool, bool, np.float64),
    (">f8", ">f8", np.float64),
    (">f4", ">f4", np.float32),
]


@pytest.mark.parametrize(("first", "rest", "expected"), DTYPES)
@pytest.mark.parametrize("state", [None, "rest"])
def test_dtypes(first, rest, expected, state):
    inputs = np.array([[1, 0], [0, 1]], first)
    Wx, Wh, b = np.eye(2, dtype=rest), np.eye(2, dtype=rest), np.ones(2, rest)
    initial_state = None if state is None else np.zeros(2, rest)
    hidden_states = run(inputs, Wx, Wh, b, initial_state)
    assert hidden_states.dtype == expected
    assert (
        pre_activations(inputs, hidden_states, Wx, Wh, b, initial_state).dtype
        == expected
    )
    assert step(inputs[0], hidden_states[0], Wx, Wh, b).dtype == expected
    exact = plain_run(*(np.asarray(a, float) for a in (inputs, Wx, Wh, b)))
    np.testing.assert_allclose(hidden_states, exact, rtol=np.finfo(expected).eps * 4)


@pytest.mark.filterwarnings("default")  # what the libraries warn of among themselves
@pytest.mark.parametrize(("library", "tolerance"), [("torch", 1e-12), ("keras", 1e-6)])
def test_the_call_that_lesson_02_offers_to_copy(library, tolerance):
    pytest.importorskip(library)
    prose = "".join(cell.source for cell in nbformat.read(LESSON, 4).cells)
    (code,) = re.findall(rf"```python\n(import {library}\n.*?)```", prose, re.DOTALL)
    rng = np.random.default_rng(0)
    inputs, Wx, Wh, b, _ = random_cell(rng, timesteps=10, input_size=4, hidden_size=8)
    names = {"inputs": inputs, "Wx": Wx, "Wh": Wh, "b": b}
    names |= {"timesteps": 10, "input_size": 4, "hidden_size": 8}
    exec(code, names)  # noqa: S102  (the lesson's own code)
    expected = plain_run(inputs, Wx, Wh, b)
    np.testing.assert_allclose(names["answer"], expected, rtol=0, atol=tolerance)
