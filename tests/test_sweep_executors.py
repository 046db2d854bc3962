"""The sweep beyond one process: a process pool and a Dask cluster, each with workers
that really start.
"""

import multiprocessing
import os
import time
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager

import numpy as np
import pytest

from rnn_core import init_parameters, run, saturated_fraction, sweep

MAP = {
    "hidden_sizes": [1, 3, 8, 40],
    "gains": [0.0, 0.4, 2.0],
    "timesteps": 20,
    "input_size": 2,
    "draws": 5,
}
# 40 tasks, seconds of work in all: nobody finishes them by accident
LONG = {
    "hidden_sizes": range(40, 80),
    "gains": [1.0] * 20,
    "timesteps": 500,
    "input_size": 2,
    "draws": 20,
}


@contextmanager
def process_pool():
    with ProcessPoolExecutor(
        2, mp_context=multiprocessing.get_context("spawn")
    ) as pool:
        yield pool


@contextmanager
def dask_cluster():
    if os.environ.get("RNN_REQUIRE_DASK") != "1":
        pytest.importorskip(
            "distributed", reason="Dask is not installed: pip install -e '.[dev]'"
        )
    from distributed import Client, LocalCluster

    with (
        LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=50
        ) as cluster,
        Client(cluster) as client,
    ):
        # pure=False: otherwise a sweep that repeats a cancelled one gets its cancelled
        # tasks
        yield client.get_executor(pure=False)


class Watched(Executor):
    """Hands its tasks on to real workers, but in place of one of them a division by
    zero.
    """

    def __init__(self, workers, fails_at=None):
        self.workers, self.fails_at, self.futures = workers, fails_at, []

    def submit(self, *task):
        task = (divmod, 1, 0) if len(self.futures) == self.fails_at else task
        self.futures.append(self.workers.submit(*task))
        return self.futures[-1]


@contextmanager
def no_worker_left(workers):
    """Yield the open executor and the ids of its worker processes; afterwards none of
    them may live.
    """
    with workers() as executor:
        ids = {
            future.result()
            for future in [executor.submit(os.getpid) for _ in range(20)]
        }
        assert ids and os.getpid() not in ids  # workers really started
        yield executor
    deadline = time.monotonic() + 10
    while (alive := set(filter(_is_alive, ids))) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not alive


def _is_alive(process_id):
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("workers", [process_pool, dask_cluster])
def test_real_workers(workers):
    """One cluster for it all, because starting one takes seconds."""
    told = []
    with no_worker_left(workers) as executor:
        found = sweep(
            **MAP, executor=executor, progress=lambda *count: told.append(count)
        )
        np.testing.assert_array_equal(found, sweep(**MAP))  # to the last bit
        assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]

        def stop(done, total):
            raise KeyboardInterrupt  # what the notebook's stop button does

        failing, stopped = Watched(executor, fails_at=1), Watched(executor)
        with pytest.raises(ZeroDivisionError):
            sweep(**LONG, executor=failing)
        with pytest.raises(KeyboardInterrupt):
            sweep(**LONG, executor=stopped, progress=stop)
        for watched in failing, stopped:
            assert (
                len(watched.futures) == 40
                and sum(f.cancelled() for f in watched.futures) > 20
            )
        assert (
            executor.submit(abs, -1).result(timeout=60) == 1
        )  # the caller's executor is still open


def test_a_worker_that_dies_surfaces_and_leaves_no_other_behind():
    with no_worker_left(process_pool) as executor:
        executor.submit(os._exit, 1)
        with pytest.raises(
            RuntimeError, match="process pool"
        ):  # BrokenProcessPool, from submit or result
            sweep(**LONG, executor=executor)


def test_more_draws_than_are_worked_on_at_once():
    """300 units are 0.7 MB a draw: 13 draws are more than the 8 MiB of one group."""
    fractions = []
    for draw in range(13):
        rng = np.random.default_rng((0, 300, draw))
        inputs = rng.random((3, 2))
        parameters = init_parameters(2, 300, scheme="gaussian", gain=1.5, rng=rng)
        fractions.append(saturated_fraction(run(inputs, *parameters), 0.5))
    found = sweep(
        [300],
        [1.5],
        timesteps=3,
        input_size=2,
        scheme="gaussian",
        threshold=0.5,
        draws=13,
    )
    np.testing.assert_allclose(found, [[np.mean(fractions)]], rtol=1e-12)
    assert (
        0.1 < found.item() < 0.9 and len(set(fractions)) > 1
    )  # a threshold that tells the draws apart
