"""What a linear readout finds in the states of a cell (lesson 06)."""

import numpy as np

from ..figures.memory import digest_memory_curve, plot_memory_curves
from ..figures.style import COLORS, new_axes
from ..mean_field import critical_gain
from ..memory import memory_curve
from ..memory_cell import run
from .panel import Panel, choice, draw, number, schemes, whole

TIMESTEPS, DELAYS = 1120, 121  # as many as fit into a frame with 100 units
STRENGTHS = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
PRESETS = {
    "bound": {"gain": 0.95, "strength": 0.1, "scheme": "orthogonal"},
    "keeps nothing": {"scheme": "uniform"},
    "keeps all": {"scheme": "identity"},
}


def memory_explorer():
    """The memory curve, and its sum beside the bound and the critical gain of lesson 05."""
    axes = new_axes(1, 2, size=(10, 3.6), live=True)
    (curve,) = plot_memory_curves({"": np.ones(DELAYS)}, ax=axes[0]).drawn.values()
    bound = axes[1].axhline(0, color="0.4", linestyle=":", linewidth=2, label="bound: hidden_size")
    edge = axes[1].axvline(0, color=COLORS[0], linestyle="--", linewidth=2, label="critical gain")
    (capacity,) = axes[1].plot([], [], "o", color=COLORS[1], markersize=11, label="capacity")
    label = 'gain (the critical gain is that of "gaussian")'
    axes[1].set(xlabel=label, ylabel="memory capacity", xlim=(-0.05, 3.05), ylim=(-3, 108))
    axes[1].grid(alpha=0.3)
    above = {"loc": "lower right", "bbox_to_anchor": (1, 1), "ncols": 3, "columnspacing": 1}
    axes[1].legend(**above, frameon=False, borderaxespad=0, fontsize=11)
    edges = {strength: critical_gain(strength**2 / 3) for strength in STRENGTHS}  # U[-1, 1) has variance 1/3

    def show(gain, strength, scheme, hidden_size):
        inputs, parameters = draw(TIMESTEPS, 1, hidden_size, scheme, gain, 1)
        signal = 2 * inputs - 1  # U[-1, 1)
        found = memory_curve(run(strength * signal, *parameters), signal[:, 0], DELAYS, washout=DELAYS - 1)
        curve.set_ydata(found)
        capacity.set_data([gain], [found[1:].sum()])
        bound.set_ydata([hidden_size, hidden_size])
        edge.set_xdata([edges[strength], edges[strength]])
        said = f'"{scheme}": {digest_memory_curve(found)} of at most {hidden_size}'
        return f'{said}; critical gain of "gaussian" {edges[strength]:.2f}'

    controls = {
        "gain": number("gain", 1.0, 0, 3),
        "strength": choice("strength", 0.3, STRENGTHS),
        "scheme": schemes("gaussian"),
        "hidden_size": whole("hidden_size", 100, 2, 100, "units"),
    }
    artists = {"curve": curve, "bound": bound, "critical_gain": edge, "capacity": capacity}
    return Panel("memory", controls, show, artists, presets=PRESETS)
