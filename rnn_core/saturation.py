"""How far out on tanh the hidden states sit: slope, saturated fraction, their map
(lesson 03).
"""

import math
from contextlib import closing
from functools import partial

import numpy as np

from .initialization import check_cell_memory, check_scheme, init_parameters
from .validation import (
    check_list,
    check_memory,
    check_number,
    check_size,
    check_states,
)


def slope(hidden_states):
    """The slope of tanh where each hidden state sits: 1 - hidden_states**2.

    Parameters
    ----------
    hidden_states : array of any shape, values between -1 and 1

    Returns
    -------
    array of the same shape, between 0 (saturated) and 1

    Examples
    --------
    >>> slope([0.0, 0.5, 1.0])
    array([1.  , 0.75, 0.  ])
    """
    return 1 - check_states(hidden_states, shape=(...,)) ** 2


def saturated_fraction(hidden_states, threshold=0.99, axis=None):
    """The fraction of hidden states of size above a threshold.

    Parameters
    ----------
    hidden_states : array of any shape, values between -1 and 1
    threshold : float between 0 and 1; 0.99 is a slope of 0.02
    axis : int, the axis to average over (-1: one fraction for each timestep), or None
        for all

    Returns
    -------
    float, or an array without that axis

    Examples
    --------
    >>> saturated_fraction([[0.0, 0.5], [0.999, -0.999]])
    0.5
    """
    hidden_states = check_states(hidden_states, shape=(...,))
    threshold = check_number(threshold, "threshold", 0, 1)
    if axis is None:
        return float(np.mean(np.abs(hidden_states) > threshold))
    axes = hidden_states.ndim
    if not -axes <= check_size(axis, "axis", -math.inf) < axes:
        raise ValueError(
            "axis must be an axis of hidden_states of shape"
            f" {hidden_states.shape}; got {axis}."
        )
    return np.mean(np.abs(hidden_states) > threshold, axis=axis)


def sweep(
    hidden_sizes,
    gains,
    *,
    timesteps,
    input_size,
    scheme="uniform",
    threshold=0.99,
    draws=20,
    seed=0,
    executor=None,
    progress=None,
):
    """The map of saturation: the saturated fraction for every hidden size and gain,
    averaged over draws.

    Draw d of a hidden size is seeded by (seed, hidden_size, d), draws its inputs from
    U[0, 1), then its parameters, and serves every gain: neighbours on the map differ by
    the gain, not by luck.

    Parameters
    ----------
    hidden_sizes : sequence of int, at least 1
    gains : sequence of float, finite and at least 0
    timesteps, input_size, draws : int, at least 1
    scheme : a name in SCHEMES
    threshold : float between 0 and 1, as in saturated_fraction
    seed : int, at least 0
    executor : any concurrent.futures.Executor; never shut down here
    progress : function of (done, total), called after each hidden size

    Returns
    -------
    array of shape (len(hidden_sizes), len(gains)), the same to the last bit with any
        executor or none: workers count. (From about 1000 units on OpenBLAS rounds by
        its number of threads, and machines differ: give all workers the same of both
        where a chaotic network would make rounding errors grow.)

    Raises
    ------
    whatever a worker or progress raises, after the tasks that have not started are
    cancelled

    Examples
    --------
    >>> sweep([2, 8], [0.0, 1.0], timesteps=10, input_size=4)[:, 1].round(1)
    array([0.3, 0.9])
    """
    hidden_sizes = check_list(hidden_sizes, "hidden_sizes")
    hidden_sizes = [check_size(size, "hidden_sizes") for size in hidden_sizes]
    gains = check_list(gains, "gains")
    gains = np.array([check_number(gain, "gains", 0) for gain in gains])
    timesteps = check_size(timesteps, "timesteps")
    input_size = check_size(input_size, "input_size")
    check_scheme(scheme)
    threshold = check_number(threshold, "threshold", 0, 1)
    draws = check_size(draws, "draws")
    seed = check_size(seed, "seed", 0)
    _check_executor(executor, progress)
    for size in hidden_sizes:
        _check_map_memory(timesteps, input_size, size, len(gains))

    counts = np.zeros((len(hidden_sizes), len(gains)))
    task = partial(
        _count_saturated,
        gains=gains,
        timesteps=timesteps,
        input_size=input_size,
        scheme=scheme,
        threshold=threshold,
        draws=draws,
        seed=seed,
    )
    # Closed even if progress raises: only then are the waiting tasks cancelled.
    with closing(_results(task, hidden_sizes, executor)) as results:
        for done, (i, count) in enumerate(results, start=1):
            counts[i] = count
            if progress is not None:
                progress(done, len(hidden_sizes))
    return counts / (draws * timesteps * np.array(hidden_sizes)[:, None])


def _check_executor(executor, progress):
    if executor is not None and not hasattr(executor, "submit"):
        raise TypeError(
            "executor must be a concurrent.futures.Executor;"
            f" got {type(executor).__name__}."
        )
    if progress is not None and not callable(progress):
        raise TypeError(
            f"progress must be a function of (done, total);"
            f" got {type(progress).__name__}."
        )


def _check_map_memory(timesteps, input_size, hidden_size, gains):
    check_cell_memory(input_size, hidden_size)
    check_memory(
        lambda timesteps, input_size, hidden_size: (
            timesteps * (input_size + hidden_size)
        ),
        timesteps=timesteps,
        input_size=input_size,
        hidden_size=hidden_size,
    )
    check_memory(hidden_size=hidden_size, gains=gains)


def _results(task, hidden_sizes, executor):
    """Yield (index of a hidden size, its counts) as they become known."""
    if executor is None:
        for i, size in enumerate(hidden_sizes):
            yield i, task(size)
        return
    # Here, because it brings logging: 7 ms of import.
    from concurrent.futures import as_completed

    futures = {}
    try:
        for i, size in enumerate(hidden_sizes):
            futures[executor.submit(task, size)] = i
        for future in as_completed(futures):
            yield futures[future], future.result()
    finally:
        for future in futures:
            future.cancel()


def _count_saturated(
    hidden_size, gains, timesteps, input_size, scheme, threshold, draws, seed
):
    """Count the saturated states for each gain; the gains are the columns of one
    product a step and draw.
    """
    counts = 0  # for each gain
    numbers = hidden_size * (hidden_size + timesteps + 2 * len(gains))
    at_once = max(1, 2**20 // numbers)  # 8 MiB of networks
    for first in range(0, draws, at_once):
        group = range(first, min(first + at_once, draws))
        Wh = np.empty((len(group), hidden_size, hidden_size))
        from_input = np.empty((timesteps, len(group), hidden_size, 1))
        for i, draw in enumerate(group):
            rng = np.random.default_rng((seed, hidden_size, draw))
            inputs = rng.random((timesteps, input_size))
            Wx, Wh[i], b = init_parameters(
                input_size, hidden_size, scheme=scheme, rng=rng
            )
            from_input[:, i, :, 0] = inputs @ Wx.T + b
        states = np.zeros((len(group), hidden_size, len(gains)))
        for from_input_t in from_input:
            states = np.tanh((Wh @ states) * gains + from_input_t)
            counts += np.count_nonzero(np.abs(states) > threshold, axis=(0, 1))
    return counts
