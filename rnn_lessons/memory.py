"""Lesson 06: what a readout finds in the states; the pictures, the panel, the
exercises.
"""

import numpy as np

from rnn_core import critical_gain, init_parameters, memory_curve, run
from rnn_core.validation import check_numbers

from .check import Exercise
from .panel import Panel, draw, number, ordered, schemes, whole
from .pictures import COLORS, check_curves, finish, new_axes, plot_curves


def plot_readout(target, answers, *, title, ax=None, digest=None):
    """The first 60 numbers that were asked for, and the readout's answers to them."""
    target = check_numbers(target, "target", ("timesteps",))
    answers = check_numbers(answers, "answers", target.shape)
    curves = {"signal": target[:60], "readout": answers[:60]}
    x = np.arange(1, len(curves["signal"]) + 1)
    ax = plot_curves(x, curves, xlabel="timestep", ylabel="value", ax=ax)
    ax.set_title(title, loc="left")
    ax.legend(
        loc="lower right",
        bbox_to_anchor=(1, 1),
        ncols=2,
        frameon=False,
        borderaxespad=0,
    )
    return finish(ax, digest, title, **ax.drawn)


def plot_memory_curves(curves, ax=None, digest=None):
    """R^2 of the readout for each delay; `curves` maps names to arrays (delays,), which
    start at delay 0.
    """
    curves = check_curves(curves, "curves")
    delays = np.arange(max(len(curve) for curve in curves.values()))
    ax = plot_curves(
        delays, curves, xlabel="delay (steps ago)", ylabel="R$^2$, held out", ax=ax
    )
    ax.set_ylim(-0.04, 1.06)
    each = (f"{name}: {digest_memory_curve(curve)}" for name, curve in curves.items())
    return finish(
        ax, digest, f"R^2 at delays 0 to {delays[-1]}: {'; '.join(each)}", **ax.drawn
    )


def digest_memory_curve(curve):
    """Up to which delay at least half of the spread is found, and the sum from delay 1
    on.
    """
    below = np.flatnonzero(curve < 0.5)
    last = below[0] - 1 if len(below) else len(curve) - 1
    reach = f"at least 1/2 up to delay {last}" if last >= 0 else "below 1/2 at delay 0"
    return f"{reach}, capacity {np.sum(curve[1:]):.0f}"


def plot_capacity_over_gain(gains, capacities, *, edge, title, ax=None, digest=None):
    """Memory capacity (networks, gains) over the gain: a dot for each network, a line
    through their mean.

    edge: the critical gain, drawn dashed.
    """
    gains = check_numbers(gains, "gains", ("gains",))
    capacities = check_numbers(capacities, "capacities", ("networks", len(gains)))
    mean = np.mean(capacities, axis=0)
    ax = new_axes() if ax is None else ax
    ax.plot(
        gains, np.transpose(capacities), "o", color=COLORS[0], markersize=4, alpha=0.4
    )
    (line,) = ax.plot(
        gains,
        mean,
        color=COLORS[0],
        linewidth=2,
        label=f"mean of {len(capacities)} networks",
    )
    critical = ax.axvline(
        edge, color=COLORS[1], linestyle="--", linewidth=2, label="critical gain"
    )
    ax.set(xlabel="gain", ylabel="memory capacity", ylim=(0, None), title=title)
    ax.grid(alpha=0.3)
    ax.legend(loc="upper right")
    best = int(np.argmax(mean))
    said = f"{title}: capacity highest at gain {gains[best]:g}, {mean[best]:.0f}; critical gain {edge:.2f}"
    return finish(ax, digest, said, mean=line, edge=critical)


TIMESTEPS, DELAYS = 1120, 121  # as many as fit into a frame with 100 units


STRENGTHS = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0)


PRESETS = {
    "bound": {"gain": 0.95, "strength": 0.1, "scheme": "orthogonal"},
    "keeps nothing": {"scheme": "uniform"},
    "keeps all": {"scheme": "identity"},
}


def memory_explorer():
    """The memory curve, and its sum beside the bound and the critical gain of lesson
    05.
    """
    axes = new_axes(1, 2, size=(10, 3.6), live=True)
    (curve,) = plot_memory_curves({"": np.ones(DELAYS)}, ax=axes[0]).drawn.values()
    bound = axes[1].axhline(
        0, color="0.4", linestyle=":", linewidth=2, label="bound: hidden_size"
    )
    edge = axes[1].axvline(
        0, color=COLORS[0], linestyle="--", linewidth=2, label="critical gain"
    )
    (capacity,) = axes[1].plot(
        [], [], "o", color=COLORS[1], markersize=11, label="capacity"
    )
    label = 'gain (the critical gain is that of "gaussian")'
    axes[1].set(
        xlabel=label, ylabel="memory capacity", xlim=(-0.05, 3.05), ylim=(-3, 108)
    )
    axes[1].grid(alpha=0.3)
    above = {
        "loc": "lower right",
        "bbox_to_anchor": (1, 1),
        "ncols": 3,
        "columnspacing": 1,
    }
    axes[1].legend(**above, frameon=False, borderaxespad=0, fontsize=11)
    edges = {
        strength: critical_gain(strength**2 / 3) for strength in STRENGTHS
    }  # U[-1, 1) has variance 1/3

    def show(gain, strength, scheme, hidden_size):
        inputs, parameters = draw(TIMESTEPS, 1, hidden_size, scheme, gain, 1)
        signal = 2 * inputs - 1  # U[-1, 1)
        found = memory_curve(
            run(strength * signal, *parameters),
            signal[:, 0],
            DELAYS,
            washout=DELAYS - 1,
        )
        curve.set_ydata(found)
        capacity.set_data([gain], [found[1:].sum()])
        bound.set_ydata([hidden_size, hidden_size])
        edge.set_xdata([edges[strength], edges[strength]])
        said = f'"{scheme}": {digest_memory_curve(found)} of at most {hidden_size}'
        return f'{said}; critical gain of "gaussian" {edges[strength]:.2f}'

    controls = {
        "gain": number("gain", 1.0, 0, 3),
        "strength": ordered("strength", 0.3, STRENGTHS),
        "scheme": schemes("gaussian"),
        "hidden_size": whole("hidden_size", 100, 2, 100, "units"),
    }
    artists = {
        "curve": curve,
        "bound": bound,
        "critical_gain": edge,
        "capacity": capacity,
    }
    return Panel("memory", controls, show, artists, presets=PRESETS)


def _shift_register_capacity():
    signal = np.random.default_rng(0).uniform(-1, 1, 2000)
    Wx = np.eye(8)[:, :1]  # unit 1 hears the input, every other one the unit before it
    states = run(0.1 * signal[:, None], Wx, np.eye(8, k=-1), np.zeros(8))
    return memory_curve(states, signal, 20)[1:].sum()


def _systems():
    rng = np.random.default_rng(0)
    return [(rng.normal(size=(n, 4)), rng.normal(size=n)) for n in (5, 20, 100)]


def _cells():
    cells = []
    for seed, scheme in enumerate(("pytorch", "gaussian", "pytorch")):
        rng = np.random.default_rng(seed)
        signal = rng.uniform(-1, 1, 1000)
        parameters = init_parameters(1, 20, scheme=scheme, rng=rng)
        cells.append((run(signal[:, None], *parameters), signal))
    return cells


def _product_memory(hidden_states, signal):
    product = np.roll(signal, 1) * np.roll(
        signal, 2
    )  # what roll brings round to the start is washed out
    return memory_curve(hidden_states, product, 1)[0]


EXERCISES = {
    "06.1": Exercise(_shift_register_capacity, tolerance=0.01),
    "06.2": Exercise(
        lambda features, target: np.linalg.lstsq(features, target)[0], _systems
    ),
    "06.3": Exercise(_product_memory, _cells, tolerance=1e-5),
}
