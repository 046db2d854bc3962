"""What a readout answers, memory curves over the delay, and the capacity over the gain (lesson 06)."""

import numpy as np

from .style import COLORS, finish, new_axes, plot_curves


def plot_readout(target, answers, *, title, ax=None, digest=None):
    """The first 60 numbers that were asked for, and the readout's answers to them."""
    curves = {"signal": target[:60], "readout": answers[:60]}
    x = np.arange(1, len(curves["signal"]) + 1)
    ax = plot_curves(x, curves, xlabel="timestep", ylabel="value", ax=ax)
    ax.set_title(title, loc="left")
    ax.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, frameon=False, borderaxespad=0)
    return finish(ax, digest, title, **ax.drawn)


def plot_memory_curves(curves, ax=None, digest=None):
    """R^2 of the readout for each delay; `curves` maps names to arrays (delays,), which start at delay 0."""
    delays = np.arange(max(len(curve) for curve in curves.values()))
    ax = plot_curves(delays, curves, xlabel="delay (steps ago)", ylabel="R$^2$, held out", ax=ax)
    ax.set_ylim(-0.04, 1.06)
    each = (f"{name}: {digest_memory_curve(curve)}" for name, curve in curves.items())
    return finish(ax, digest, f"R^2 at delays 0 to {delays[-1]}: {'; '.join(each)}", **ax.drawn)


def digest_memory_curve(curve):
    """Up to which delay at least half of the spread is found, and the sum from delay 1 on."""
    below = np.flatnonzero(curve < 0.5)
    last = below[0] - 1 if len(below) else len(curve) - 1
    reach = f"at least 1/2 up to delay {last}" if last >= 0 else "below 1/2 at delay 0"
    return f"{reach}, capacity {np.sum(curve[1:]):.0f}"


def plot_capacity_over_gain(gains, capacities, *, edge, title, ax=None, digest=None):
    """Memory capacity (networks, gains) over the gain: a dot for each network, a line through their mean.

    edge: the critical gain, drawn dashed.
    """
    ax, mean = new_axes() if ax is None else ax, np.mean(capacities, axis=0)
    ax.plot(gains, np.transpose(capacities), "o", color=COLORS[0], markersize=4, alpha=0.4)
    (line,) = ax.plot(gains, mean, color=COLORS[0], linewidth=2, label=f"mean of {len(capacities)} networks")
    critical = ax.axvline(edge, color=COLORS[1], linestyle="--", linewidth=2, label="critical gain")
    ax.set(xlabel="gain", ylabel="memory capacity", ylim=(0, None), title=title)
    ax.grid(alpha=0.3)
    ax.legend(loc="upper right")
    best = int(np.argmax(mean))
    said = f"{title}: capacity highest at gain {gains[best]:g}, {mean[best]:.0f}; critical gain {edge:.2f}"
    return finish(ax, digest, said, mean=line, edge=critical)
