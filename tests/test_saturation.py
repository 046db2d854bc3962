"""slope, saturated_fraction, and the sweep against the triple loop that it replaces."""

from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import nullcontext

import numpy as np
import pytest
from plain_loop import complex_step

from rnn_core import (
    SCHEMES,
    init_parameters,
    pre_activations,
    run,
    saturated_fraction,
    slope,
    sweep,
)

SMALL = {
    "hidden_sizes": [1, 3, 8],
    "gains": [0.0, 0.4, 2.0],
    "timesteps": 6,
    "input_size": 2,
    "draws": 3,
}


def triple_loop(
    hidden_sizes,
    gains,
    *,
    timesteps,
    input_size,
    draws,
    scheme="uniform",
    threshold=0.99,
    seed=0,
):
    """The counts of saturated states, one network after the other, by the public
    functions.
    """
    counts = np.zeros((len(hidden_sizes), len(gains)))
    for i, hidden_size in enumerate(hidden_sizes):
        for j, gain in enumerate(gains):
            for draw in range(draws):
                rng = np.random.default_rng((seed, hidden_size, draw))
                inputs = rng.random((timesteps, input_size))
                parameters = init_parameters(
                    input_size, hidden_size, scheme=scheme, gain=gain, rng=rng
                )
                states = run(inputs, *parameters)
                counts[i, j] += saturated_fraction(states, threshold) * states.size
    return counts


def test_slope_is_the_derivative_of_tanh():
    z = np.linspace(-3, 3, 13)
    derivative = np.diag(complex_step(np.tanh, z))
    np.testing.assert_allclose(slope(np.tanh(z)), derivative, rtol=1e-12)
    np.testing.assert_array_equal(slope([[-1, 0], [0.5, 1]]), [[0, 1], [0.75, 0]])


def test_saturated_fraction_by_hand():
    states = [[0.0, 0.5, -0.99], [-0.995, 1.0, 0.999]]
    assert saturated_fraction(states) == 3 / 6  # 0.99 itself is not above 0.99
    assert saturated_fraction(states, 0.4) == 5 / 6
    assert saturated_fraction(states, 1) == 0
    assert saturated_fraction(states, 0) == 5 / 6
    np.testing.assert_array_equal(saturated_fraction(states, axis=0), [0.5, 0.5, 0.5])
    np.testing.assert_array_equal(saturated_fraction(states, axis=-1), [0, 1])
    np.testing.assert_array_equal(saturated_fraction(states, axis=1), [0, 1])
    np.testing.assert_array_equal(
        saturated_fraction(states, axis=np.int64(-2)), [0.5, 0.5, 0.5]
    )
    assert type(saturated_fraction(states)) is float


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(
    "options", [{}, {"threshold": 0.5, "seed": 3}], ids=["default", "other"]
)
def test_sweep_counts_what_the_triple_loop_counts(scheme, options):
    found = sweep(**SMALL, scheme=scheme, **options)
    states = (
        SMALL["draws"] * SMALL["timesteps"] * np.array(SMALL["hidden_sizes"])[:, None]
    )
    expected = triple_loop(**SMALL, scheme=scheme, **options)
    assert found.shape == (3, 3) and found.dtype == np.float64
    np.testing.assert_array_equal(found, expected.round() / states)


def test_sweep_defaults_are_20_draws_of_seed_0():
    sizes, gains, rest = [4], [1.0], {"timesteps": 3, "input_size": 4}
    expected = triple_loop(sizes, gains, draws=20, **rest) / (20 * 3 * 4)
    np.testing.assert_allclose(sweep(sizes, gains, **rest), expected, rtol=1e-12)


def test_exactly_1_is_not_above_1():
    sizes, gains, rest = (
        [100],
        [1.0],
        {"timesteps": 3, "input_size": 4, "draws": 2},
    )  # tanh(50) is 1.0
    assert sweep(sizes, gains, threshold=0.999999, **rest) > 0.6
    assert sweep(sizes, gains, threshold=1, **rest) == 0


def test_a_gain_gets_the_same_networks_whatever_its_neighbours():
    alone = sweep(**(SMALL | {"gains": [2.0]}))
    np.testing.assert_array_equal(alone[:, 0], sweep(**SMALL)[:, 2])


@pytest.mark.parametrize("wrap", [list, tuple, np.array])
def test_sweep_takes_lists_tuples_arrays_and_ranges(wrap):
    expected = sweep([1, 2], [0.0, 1.0], timesteps=2, input_size=1)
    found = sweep(wrap([1, 2]), wrap([0.0, 1.0]), timesteps=2, input_size=1)
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(
        sweep(range(1, 3), range(2), timesteps=2, input_size=1), expected
    )


class Scripted(Executor):
    """An executor whose first task has failed or will not be taken, and whose others
    never start.
    """

    def __init__(self, *, refuse_at=None):
        self.refuse_at, self.futures, self.was_shut_down = refuse_at, [], False

    def submit(self, function, /, *args, **kwargs):
        if len(self.futures) == self.refuse_at:
            raise RuntimeError("the queue is full")
        self.futures.append(Future())
        if len(self.futures) == 1 and self.refuse_at is None:
            self.futures[0].set_exception(OSError("the worker is gone"))
        return self.futures[-1]

    def shutdown(self, wait=True, *, cancel_futures=False):
        self.was_shut_down = True


@pytest.mark.parametrize(
    ("refuse_at", "error"),
    [(None, "OSError: the worker is gone"), (2, "RuntimeError: the queue is full")],
    ids=["worker", "submit"],
)
def test_a_failing_executor_surfaces_and_its_tasks_are_cancelled(refuse_at, error):
    executor, told = Scripted(refuse_at=refuse_at), []
    with pytest.raises((OSError, RuntimeError)) as caught:
        sweep(**SMALL, executor=executor, progress=lambda *count: told.append(count))
    assert f"{caught.type.__name__}: {caught.value}" == error
    assert told == []
    assert executor.futures and all(future.done() for future in executor.futures)
    assert all(
        future.cancelled() for future in executor.futures[error.startswith("OSError") :]
    )
    assert not executor.was_shut_down


def test_what_progress_raises_cancels_the_tasks_that_wait():
    futures = []

    class Noting(ThreadPoolExecutor):
        def submit(self, *task):
            futures.append(super().submit(*task))
            return futures[-1]

    def stop(done, total):
        raise KeyboardInterrupt  # what the notebook's stop button does

    with Noting(1) as executor, pytest.raises(KeyboardInterrupt) as caught:
        sweep(
            [200] * 10,
            [1.0],
            timesteps=10,
            input_size=4,
            executor=executor,
            progress=stop,
        )
    assert len(futures) == 10 and sum(f.cancelled() for f in futures) > 5
    del caught  # until here it kept every frame alive, as a notebook does


@pytest.mark.parametrize("workers", [None, 1, 2])
def test_progress_counts_hidden_sizes(workers):
    told = []
    with ThreadPoolExecutor(workers) if workers else nullcontext() as executor:
        found = sweep(
            **SMALL,
            executor=executor,
            progress=lambda *done_and_total: told.append(done_and_total),
        )
    assert told == [(1, 3), (2, 3), (3, 3)]
    np.testing.assert_array_equal(found, sweep(**SMALL))


def test_what_progress_raises_surfaces_without_an_executor():
    with pytest.raises(ZeroDivisionError):
        sweep(**SMALL, progress=lambda done, total: done / 0)


@pytest.mark.parametrize("sizes", [(4, 8), (6, 20), (20, 16)])
def test_the_sum_that_lesson_03_predicts(sizes):
    """4/4 + 8/2 + 1/2 = 5.5 for the listing: the mean of 300 networks, other seeds."""
    input_size, hidden_size = sizes
    rng = np.random.default_rng(99)
    means = []
    for _ in range(300):
        inputs = rng.random((10, input_size))
        parameters = init_parameters(*sizes, scheme="uniform", rng=rng)
        z = pre_activations(inputs, run(inputs, *parameters), *parameters)
        means.append(z[2:].mean())
    predicted = input_size / 4 + hidden_size / 2 + 1 / 2
    assert np.mean(means) == pytest.approx(predicted, abs=0.1)
