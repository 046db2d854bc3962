"""The measurements, all in one process: cells against peers, the machine's limits, the
sweep, the sliders.
"""

import inspect
import io
import os
import platform
import time
from pathlib import Path
from statistics import median, quantiles

import numpy as np

from rnn_core import (
    init_model,
    init_parameters,
    next_character_task,
    run,
    saturated_fraction,
    sweep,
)
from rnn_core import zen_of_python as zen

from .peers import PEERS

SIZES = {  # timesteps, input_size, hidden_size, batch
    "tiny": (10, 4, 8, 1),
    "small": (100, 16, 64, 1),
    "recital": (855, 45, 128, 1),  # what lesson 07 trains
    "long": (10000, 8, 64, 1),
    "wide": (50, 128, 2048, 1),
    "medium": (200, 64, 256, 32),
    "large": (500, 128, 1024, 32),
}


CLOCKS = {  # what a person waits for; what the processor worked, on a busy machine
    "wall": time.perf_counter,
    "processor": time.process_time,
}


def alternate(functions, seconds, rounds=3):
    """Median seconds of each function (name -> function), called in turn so that all
    see the same machine.

    The order of a round is drawn: what one leaves behind, in the caches or on its
    threads, hits each in turn.
    """
    clock = CLOCKS[os.environ.get("RNN_BENCHMARK_CLOCK", "wall")]
    repeats = {}
    for name, function in functions.items():
        function()
        started = clock()
        function()
        # so often that a clock's tick is no part of it
        repeats[name] = max(1, int(4e-3 / (clock() - started)))
    times = {name: [] for name in functions}
    rng, names = np.random.default_rng(0), list(functions)
    stop = time.perf_counter() + seconds
    while min(map(len, times.values())) < rounds or time.perf_counter() < stop:
        for name in rng.permutation(names):
            started = clock()
            for _ in range(repeats[name]):
                functions[name]()
            times[name].append((clock() - started) / repeats[name])
    return {name: median(values) for name, values in times.items()}


def cell(size, dtype):
    """inputs, Wx, Wh, b, d_hidden_states of a size; one sequence has no batch axis."""
    timesteps, input_size, hidden_size, batch = SIZES[size]
    rng = np.random.default_rng(0)
    rows = () if batch == 1 else (batch,)
    Wx, Wh, b = init_parameters(input_size, hidden_size, scheme="orthogonal", rng=rng)
    inputs, d = (
        rng.random((*rows, timesteps, input_size)),
        rng.normal(size=(*rows, timesteps, hidden_size)),
    )
    return [array.astype(dtype) for array in (inputs, Wx, Wh, b, d)]


def against_peers(size, dtype, seconds):
    """{"forward": {peer: seconds}, "training": ...}, and for each peer that can't be
    measured the reason.
    """
    arrays, jobs, missing = cell(size, dtype), {"forward": {}, "training": {}}, {}
    for peer, make in PEERS.items():
        try:
            for job, function in make(*arrays).items():
                jobs[job][peer] = function
        except ImportError as error:
            missing[peer] = str(error)
    states = jobs["forward"]["rnn_core"]()
    for peer, function in jobs["forward"].items():
        if peer != "call floor":  # the others must have worked out the same
            found = np.asarray(function()).reshape(states.shape)
            np.testing.assert_allclose(
                found, states, rtol=0, atol=np.finfo(dtype).eps ** 0.5, err_msg=peer
            )
    return {
        job: alternate(functions, seconds) for job, functions in jobs.items()
    }, missing


def limits(dtype, seconds):
    """What this machine can do: GFLOP/s of a large product, GB/s of reading memory far
    beyond the caches.
    """
    square, long = (
        np.ones((2048, 2048), dtype),
        np.ones(2**29 // np.dtype(dtype).itemsize, dtype),
    )
    found = alternate(
        {"product": lambda: square @ square, "read": lambda: np.vdot(long, long)},
        seconds,
    )
    return 2 * 2048**3 / found["product"] / 1e9, long.nbytes / found["read"] / 1e9


def rates(size, dtype, seconds):
    """GFLOP/s of a forward pass, and the GB/s at which it reads Wh once a step."""
    timesteps, input_size, hidden_size, batch = SIZES[size]
    flops = 2 * timesteps * batch * hidden_size * (hidden_size + input_size)
    read = timesteps * hidden_size**2 * np.dtype(dtype).itemsize
    return flops / seconds / 1e9, read / seconds / 1e9


def parts(size, dtype, seconds):
    """Seconds of a forward pass in its parts, product with Wh and tanh once a timestep,
    and as a whole.
    """
    inputs, Wx, Wh, b, _ = cell(size, dtype)
    hidden_states = np.moveaxis(run(inputs, Wx, Wh, b), -2, 0).copy()
    pre_activations, out = (
        np.arctanh(0.99 * hidden_states),
        np.empty_like(hidden_states[0]),
    )

    def product():
        for state in hidden_states:
            np.dot(state, Wh.T, out=out)

    def tanh():
        for pre_activation in pre_activations:
            np.tanh(pre_activation, out=out)

    return alternate(
        {"product": product, "tanh": tanh, "run": lambda: run(inputs, Wx, Wh, b)},
        seconds,
    )


def processor():
    """Its name, and what NumPy's loops, tanh among them, run on here."""
    lines = (
        Path("/proc/cpuinfo").read_text("utf-8").splitlines()
        if Path("/proc/cpuinfo").exists()
        else []
    )
    names = [line.split(": ")[1] for line in lines if line.startswith("model name")]
    name = (names or [platform.processor()])[0]
    found = np.show_config(mode="dicts")["SIMD Extensions"]
    used = f"baseline {found['baseline'][-1]}, used here {found['found'][-1]}"
    return f"{name}; NumPy {np.__version__}: {used}"


def sweeps(seconds):
    """Seconds for a map of 20 x 20 x 20 networks: by the sweep, and by a network at a
    time.
    """
    sizes, gains, rest = (
        range(2, 41, 2),
        np.linspace(0, 2, 20),
        {"timesteps": 50, "input_size": 4},
    )

    def triple_loop():
        fractions = np.zeros((20, 20))
        for i, hidden_size in enumerate(sizes):
            for j, gain in enumerate(gains):
                for draw in range(20):
                    rng = np.random.default_rng((0, hidden_size, draw))
                    inputs = rng.random((50, 4))
                    states = run(
                        inputs,
                        *init_parameters(
                            4, hidden_size, scheme="uniform", gain=gain, rng=rng
                        ),
                    )
                    fractions[i, j] += saturated_fraction(states) / 20
        return fractions

    np.testing.assert_allclose(sweep(sizes, gains, **rest), triple_loop(), atol=1e-12)
    return alternate(
        {"sweep": lambda: sweep(sizes, gains, **rest), "triple loop": triple_loop},
        seconds,
    )


def sliders(events):
    """Milliseconds of each event, for every panel and for a callback that makes a new
    figure.
    """
    import rnn_lessons

    found = {}
    for name, make in rnn_lessons.find("*_explorer").items():
        if not name.endswith("_explorer"):
            continue
        panel = make(*_model()) if inspect.signature(make).parameters else make()
        found[name] = _time_events(list(panel.controls.values()), events)
        panel.close()
    rng = np.random.default_rng(0)
    times = []
    for _ in range(events):
        started = time.perf_counter()
        _new_figure(*rng.integers((1, 1, 1, 0), (61, 65, 129, 100)))
        times.append(1000 * (time.perf_counter() - started))
    return found | {"a new figure an event": times}


def summary(times):
    """Median and 95th percentile."""
    return median(times), quantiles(times, n=20)[-1]


def _time_events(controls, events):
    """Move one control after the other to a random place of its range."""
    rng, times = np.random.default_rng(0), []
    for event in range(events):
        control = controls[event % len(controls)]
        if hasattr(control, "options"):
            values = list(control.options)
        elif hasattr(control, "min"):
            end = control.max + control.step / 2
            values = np.arange(control.min, end, control.step).tolist()
        else:
            values = ["Beautiful", "Simple is", "Now"]  # a text field
        values = [value for value in values if value != control.value]
        value = values[rng.integers(len(values))]
        started = time.perf_counter()
        control.value = value
        times.append(1000 * (time.perf_counter() - started))
    return times


def _model():
    """An untrained cell for the panel that recites; training would not change its
    speed.
    """
    inputs, _, characters = next_character_task(zen())
    sizes = inputs.shape[1], 128, len(characters)
    return init_model(
        *sizes, scheme="orthogonal", rng=np.random.default_rng(0)
    ), characters


def _new_figure(timesteps, input_size, hidden_size, seed):
    """The saturation panel's three pictures, as a callback of `interact` draws them."""
    from matplotlib import pyplot as plt

    rng = np.random.default_rng(seed)
    inputs = rng.random((timesteps, input_size))
    states = run(
        inputs, *init_parameters(input_size, hidden_size, scheme="uniform", rng=rng)
    )
    figure, axes = plt.subplots(1, 3, figsize=(10, 3.3))
    figure.colorbar(
        axes[0].imshow(states.T, aspect="auto", vmin=-1, vmax=1, cmap="RdBu_r"),
        ax=axes[0],
    )
    figure.colorbar(
        axes[1].imshow(1 - states.T**2, aspect="auto", vmin=0, vmax=1), ax=axes[1]
    )
    axes[2].plot(np.mean(np.abs(states) > 0.99, axis=1))
    figure.savefig(io.BytesIO(), format="png", bbox_inches="tight")
    plt.close(figure)
