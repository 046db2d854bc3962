"""Gates over time, and what of each input's gradient they let through (lesson 08)."""

import numpy as np

from ..saturation import saturated_fraction
from .style import COLORS, counted, finish, plot_curves, plot_heatmap, power_of_ten


def plot_gates(gates, name="forget gate", ax=None, digest=None):
    """Heatmap of one gate of every unit over time, always from 0 (forgets all) to 1 (keeps all)."""
    ax = plot_heatmap(gates, title=name, bar="value of the gate", limits=(0, 1), cmap="viridis", ax=ax)
    return finish(ax, digest, digest_gates(gates, name), **ax.drawn)


def digest_gates(gates, name="forget gate"):
    """The median of a gate, and how much of it stands on the plateau."""
    shares = (f"{100 * saturated_fraction(gates, limit):.0f} % above {limit}" for limit in (0.99, 0.995))
    return f"{name} of {gates.shape[1]} units: median {np.median(gates):.2f}; {', '.join(shares)}"


def plot_arriving(arriving, ax=None, digest=None):
    """The norm of a gradient by the input of each timestep, on a logarithmic axis.

    arriving: maps names to arrays (timesteps,).
    """
    x = np.arange(1, len(next(iter(arriving.values()))) + 1)
    labels = {"xlabel": "timestep of the input", "ylabel": "norm of the gradient"}
    ax = plot_curves(x, arriving, yscale="log", ax=ax, **labels)
    for line, color in zip(ax.drawn.values(), COLORS, strict=False):
        line.set(marker="", color=color)
    ax.set_xticks(counted(len(x)))
    ax.legend(loc="lower right", fontsize=10)
    return finish(ax, digest, digest_arriving(arriving), **ax.drawn)


def digest_arriving(arriving):
    """What is left at the first timestep."""
    each = ", ".join(f"{name} {power_of_ten(norms[0])}" for name, norms in arriving.items())
    return f"gradient of the last state by the input at timestep 1: {each}"
