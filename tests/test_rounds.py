"""Jacobi and Newton rounds and the linear recurrence, each against a plain loop over
timesteps.
"""

import itertools

import numpy as np
import pytest
from plain_loop import plain_run, random_cell, relative_error

from rnn_core import (
    init_parameters,
    jacobi_rounds,
    linear_recurrence,
    measured_exponent,
    newton_rounds,
    rounds,
    state_jacobians,
)

METHODS = jacobi_rounds, newton_rounds
CELLS = list(
    itertools.product([1, 2, 7, 20], [1, 3], [1, 5], ["none", "shared"], [0.5, 3.0])
)


def draw(seed, timesteps=40, hidden_size=16, scheme="gaussian", gain=1.0):
    rng = np.random.default_rng(seed)
    inputs = 0.3 * rng.normal(size=(timesteps, 4))
    return inputs, *init_parameters(4, hidden_size, scheme=scheme, gain=gain, rng=rng)


def residual(hidden_states, inputs, Wx, Wh, b, initial_state=None):
    """The largest distance of a state from one step of the cell from the state before,
    one by one.
    """
    state, worst = np.zeros(len(b)) if initial_state is None else initial_state, 0
    for input_t, state_t in zip(inputs, hidden_states, strict=True):
        worst = max(
            worst, *abs(np.tanh(np.dot(Wx, input_t) + np.dot(Wh, state) + b) - state_t)
        )
        state = state_t
    return worst


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("timesteps", "input_size", "hidden_size", "state", "gain"), CELLS
)
def test_after_k_rounds_k_states_are_exact(
    method, timesteps, input_size, hidden_size, state, gain
):
    rng = np.random.default_rng(timesteps)
    cell = random_cell(rng, timesteps, input_size, hidden_size, state=state, gain=gain)
    expected, yielded = plain_run(*cell), list(method(*cell))
    assert 1 <= len(yielded) <= timesteps
    for k, found in enumerate(yielded, 1):
        assert found.shape == expected.shape
        np.testing.assert_allclose(
            found[:k], expected[:k], rtol=0, atol=1e-12
        )  # 20 steps of chaos: 1e-13
    np.testing.assert_allclose(yielded[-1], expected, rtol=0, atol=1e-8)
    assert residual(yielded[-1], *cell) <= 1.001e-10
    assert all(residual(found, *cell) > 0.999e-10 for found in yielded[:-1]), (
        "a round too many"
    )


def test_jacobi_rounds_by_hand():
    # two units that swap and are driven once: what one guesses, the other gets to see a
    # round later
    cell = [[1.0], [0.0], [0.0]], [[1.0], [0.0]], [[0.0, 1.0], [1.0, 0.0]], [0.0, 0.0]
    one, two, three = np.tanh(1), np.tanh(np.tanh(1)), np.tanh(np.tanh(np.tanh(1)))
    expected = [
        [[one, 0], [0, 0], [0, 0]],
        [[one, 0], [0, two], [0, 0]],
        [[one, 0], [0, two], [three, 0]],
    ]
    np.testing.assert_allclose(list(jacobi_rounds(*cell)), expected, rtol=1e-15)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("seed", range(5))
def test_float32_stops_as_soon_as_its_digits_allow(method, seed):
    """At the tolerance of float64 it never stopped before the last round."""
    cell = draw(seed, 100, 32, gain=0.7)
    single = [array.astype(np.float32) for array in cell]
    by_six_digits = len(list(method(*cell, tolerance=1e-6)))
    found = list(method(*single))
    assert abs(len(found) - by_six_digits) <= 1
    assert found[-1].dtype == np.float32
    np.testing.assert_allclose(found[-1], plain_run(*cell), atol=1e-5)
    assert residual(list(method(*cell))[-1], *cell) <= 1.001e-10


@pytest.mark.parametrize("gain", [0.5, 1.5])
def test_newton_rounds_are_linear_recurrences_with_the_jacobians_of_lesson_04(gain):
    inputs, Wx, Wh, b = draw(3, gain=gain)
    guess = np.zeros((40, 16))
    for _, found in zip(
        range(5), newton_rounds(inputs, Wx, Wh, b, tolerance=0), strict=False
    ):
        before = np.vstack([np.zeros(16), guess[:-1]])
        stepped = np.tanh(inputs @ Wx.T + before @ Wh.T + b)
        J = state_jacobians(stepped, Wh)
        r = stepped - np.einsum("tij,tj->ti", J, before)
        guess = np.clip(linear_recurrence(J, r), -1, 1)
        np.testing.assert_allclose(found, guess, rtol=0, atol=1e-9)


def test_newton_doubles_the_digits_of_a_cell_that_forgets():
    cell = draw(0, gain=0.8)
    expected = plain_run(*cell)
    errors = [np.abs(found - expected).max() for found in newton_rounds(*cell)]
    assert len(errors) < 8
    for before, after in itertools.pairwise(errors):
        assert after < before**1.5 or after < 1e-13


def test_headline_four_times_the_timesteps_take_hardly_more_rounds():
    """Lesson 10 on other seeds: ln(1e-10) / exponent, whatever the length."""
    for seed in (101, 102, 103):
        short = draw(seed, 100, 32, gain=0.5)
        long = draw(seed, 400, 32, gain=0.5)
        counted = [len(list(jacobi_rounds(*cell))) for cell in (short, long)]
        predicted = np.log(1e-10) / measured_exponent(plain_run(*long), long[2])
        assert max(counted) < 1.4 * predicted
        assert abs(counted[1] - counted[0]) < 12
        newton = [len(list(newton_rounds(*cell))) for cell in (short, long)]
        assert max(newton) <= 6


def test_headline_about_half_of_the_listings_have_a_second_resting_state():
    two = 0
    for seed in range(1000, 1100):
        rng = np.random.default_rng(seed)
        cell = rng.random((60, 4)), *init_parameters(4, 8, scheme="uniform", rng=rng)
        start = -np.ones(8)
        if plain_run(*cell, start)[-1].mean() < 0:
            two += 1
            if two == 1:
                assert len(list(jacobi_rounds(*cell, start))) >= 58
                assert len(list(newton_rounds(*cell, start))) >= 50
    assert 35 < two < 75


def test_the_exponent_decides_how_many_rounds():
    def count(method, gain):
        return np.mean(
            [len(list(method(*draw(seed, 100, 64, gain=gain)))) for seed in range(3)]
        )

    for method, (few, some, most) in zip(
        METHODS, ((25, 60, 95), (5, 10, 30)), strict=True
    ):
        assert (
            count(method, 0.3)
            < few
            < count(method, 0.7) + few
            < count(method, 0.7) + some
        )
        assert count(method, 3.0) > most
    assert (
        len(list(jacobi_rounds(*draw(0, 100, scheme="orthogonal")))) > 95
    )  # it remembers
    assert len(list(newton_rounds(*draw(0, 100, scheme="orthogonal")))) < 12


def test_the_news_of_the_other_resting_state_travels_one_timestep_a_round():
    rng = np.random.default_rng(1)
    cell = (
        rng.random((100, 4)),
        *init_parameters(4, 8, scheme="uniform", rng=rng),
    )  # the classic listing
    for method in METHODS:
        assert len(list(method(*cell, np.ones(8)))) <= 6
    other = list(jacobi_rounds(*cell, -np.ones(8)))
    assert len(other) >= 98
    for k, found in enumerate(other[1:-3], 2):
        assert (found[:k] < 0).all() and (found[k + 2 :] > 0.9).all()


@pytest.mark.parametrize("method", METHODS)
def test_chaos_ends_with_a_trajectory_though_not_with_that_of_another_rounding(method):
    cell = draw(2, 200, 32, gain=3.0)
    *_, found = method(*cell)
    assert residual(found, *cell) <= 1.001e-10
    np.testing.assert_allclose(found[:60], plain_run(*cell)[:60], rtol=0, atol=1e-4)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("tolerance", [0, 1e-3])
def test_tolerance(method, tolerance):
    cell = draw(1, gain=0.6)
    counts = {t: len(list(method(*cell, tolerance=t))) for t in (0, 1e-10, 1e-3, 10)}
    assert counts[0] >= counts[1e-10] >= counts[1e-3] >= counts[10] == 1
    *_, found = method(*cell, tolerance=tolerance)
    assert residual(found, *cell) <= tolerance + 1e-15


@pytest.mark.parametrize("method", METHODS)
def test_a_cell_without_memory_takes_one_round_to_no_residual_at_all(method):
    inputs, Wx, Wh, b = draw(0)
    (found,) = method(inputs, Wx, 0 * Wh, b, tolerance=0)
    np.testing.assert_allclose(found, np.tanh(inputs @ Wx.T), rtol=0, atol=1e-15)


def test_newton_that_overflows_on_its_way_still_ends_exact():
    rng = np.random.default_rng(0)
    inputs, Wx, b = np.zeros((30, 1)), np.zeros((4, 1)), np.zeros(4)
    Wh, start = (
        1e60 * rng.normal(size=(4, 4)),
        1e-70 * rng.normal(size=4),
    )  # 1e60 ** 30 is beyond 1e308
    expected = plain_run(inputs, Wx, Wh, b, start)
    yielded = list(newton_rounds(inputs, Wx, Wh, b, start))
    assert all(
        np.isfinite(found).all() and np.abs(found).max() <= 1 for found in yielded
    )
    np.testing.assert_allclose(yielded[-1], expected, rtol=0, atol=1e-12)


def test_newton_that_does_not_get_there_raises(monkeypatch):
    noise = np.random.default_rng(0)
    monkeypatch.setattr(rounds, "_all_steps", lambda *_: noise.uniform(-1, 1, (40, 16)))
    yielded = []
    with pytest.raises(
        RuntimeError,
        match=r"^the residual must fall to .*; got [12].* after 40 rounds\.$",
    ):
        yielded.extend(newton_rounds(*draw(0)))
    assert len(yielded) == 40


@pytest.mark.parametrize("timesteps", [1, 2, 3, 4, 5, 8, 13, 100, 255, 257])
@pytest.mark.parametrize("size", [1, 3])
def test_linear_recurrence_against_a_loop(timesteps, size):
    rng = np.random.default_rng(timesteps)
    J = rng.normal(size=(timesteps, size, size)) / (2 * np.sqrt(size))
    r = rng.normal(size=(timesteps, size))
    kept, x, expected = (J.copy(), r.copy()), np.zeros(size), []
    for J_t, r_t in zip(J, r, strict=True):
        x = np.dot(J_t, x) + r_t
        expected.append(x)
    found = linear_recurrence(J, r)
    assert relative_error(found, np.array(expected)) < 1e-14
    np.testing.assert_array_equal(J, kept[0])
    np.testing.assert_array_equal(r, kept[1])
    assert not np.shares_memory(found, r)


@pytest.mark.parametrize(
    ("timesteps", "products"), [(1, 0), (2, 1), (3, 2), (200, 8), (256, 8), (257, 9)]
)
def test_linear_recurrence_takes_as_many_stacked_products_as_it_says(
    timesteps, products, monkeypatch
):
    stacks = []

    class Counted(np.ndarray):
        def __matmul__(self, other):
            stacks.append(other.ndim == 3 and other.shape[-1] > 1)
            return np.asarray(self) @ np.asarray(other)

    monkeypatch.setattr(rounds, "same_dtype", lambda J, r: (J.view(Counted), r))
    linear_recurrence(np.zeros((timesteps, 2, 2)), np.ones((timesteps, 2)))
    assert sum(stacks) == products


@pytest.mark.parametrize("dtypes", ["ff", "fd", "bd"])
def test_dtypes(dtypes):
    expected = np.float32 if dtypes == "ff" else np.float64
    inputs, *parameters = draw(0, 6, 3)
    cell = [
        (inputs > 0).astype(dtypes[0]),
        *(array.astype(dtypes[1]) for array in parameters),
    ]
    for method in METHODS:
        *_, found = method(*cell, tolerance=1e-6)
        assert found.dtype == expected
        np.testing.assert_allclose(found, plain_run(*cell), rtol=0, atol=1e-5)
    assert (
        linear_recurrence(
            np.ones((2, 1, 1), dtypes[0]), np.ones((2, 1), dtypes[1])
        ).dtype
        == expected
    )


@pytest.mark.parametrize("method", METHODS)
def test_what_is_yielded_and_what_was_given_belong_to_the_caller(method):
    cell = [*draw(5), np.full(16, 0.5)]
    kept, expected = [array.copy() for array in cell], list(method(*cell))
    generator = method(*cell)
    first = next(generator)
    for array, before in zip(cell, kept, strict=True):
        np.testing.assert_array_equal(array, before)
        array[...] = np.nan  # the caller's own business
    first[...] = np.nan
    np.testing.assert_array_equal(list(generator), expected[1:])


def test_products_that_overflow_are_refused_by_name():
    with pytest.raises(
        OverflowError,
        match=r"^products of J must stay finite; they overflow within 99 time",
    ):
        linear_recurrence(np.full((99, 1, 1), 1e9), np.ones((99, 1)))
