"""Memory curves over the delay, and the capacity over the gain (lesson 06)."""

import numpy as np

from .style import COLORS, finish, new_axes, plot_curves


def plot_memory_curves(curves, ax=None, digest=None):
    """R^2 of the readout for each delay; `curves` maps names to arrays (delays,), which start at delay 0."""
    delays = np.arange(max(len(curve) for curve in curves.values()))
    ax = plot_curves(delays, curves, xlabel="delay (steps ago)", ylabel="R$^2$, held out", ax=ax)
    ax.set_ylim(-0.04, 1.06)
    each = (digest_memory_curve(name, curve) for name, curve in curves.items())
    return finish(ax, digest, f"R^2 at delays 0 to {delays[-1]}: {'; '.join(each)}", **ax.drawn)


def digest_memory_curve(name, curve):
    """Up to which delay at least half of the spread is found, and the sum from delay 1 on."""
    below = np.flatnonzero(curve < 0.5)
    last = below[0] - 1 if len(below) else len(curve) - 1
    reach = f"at least 1/2 up to delay {last}" if last >= 0 else "below 1/2 everywhere"
    return f"{name} {reach}, capacity {np.sum(curve[1:]):.0f}"


def plot_capacity_over_gain(gains, capacities, edges, ax=None, digest=None):
    """Memory capacity over the gain: a dot for each network, a line through their mean.

    capacities maps names to arrays (networks, gains), edges the same names to a gain that is drawn dashed.
    """
    ax, drawn, said = new_axes() if ax is None else ax, {}, []
    for (name, rows), color, marker in zip(capacities.items(), COLORS, "os^Dv*", strict=False):
        mean = np.mean(rows, axis=0)
        ax.plot(gains, np.transpose(rows), marker, color=color, markersize=4, alpha=0.4)
        (drawn[name],) = ax.plot(gains, mean, color=color, linewidth=2, label=name)
        edge = ax.axvline(edges[name], color=color, linestyle="--", label=f"{name}: critical gain")
        drawn[f"{name} edge"] = edge
        best = int(np.argmax(mean))
        said.append(
            f"{name} highest at gain {gains[best]:g}, {mean[best]:.0f}; critical gain {edges[name]:.2f}"
        )
    ax.set(xlabel="gain", ylabel="memory capacity", ylim=(0, None))
    ax.grid(alpha=0.3)
    ax.legend()
    return finish(ax, digest, f"capacity over gain: {'; '.join(said)}", **drawn)
