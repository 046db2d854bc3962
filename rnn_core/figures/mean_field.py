"""Predicted curves and measured dots over the gain, and neighbouring trajectories (lesson 05)."""

import numpy as np

from .style import COLORS, above_floor, finish, new_axes, power_of_ten

LABELS = ("RMS of the states", "exponent")
BANDS = ("differences\nfade", "differences\ngrow: chaos")


def plot_over_gain(
    gains,
    predicted,
    measured=None,
    *,
    ylabel,
    edge=None,
    name="measured",
    beside=None,
    ax=None,
    digest=None,
):
    """A predicted curve over the gain and measured dots on it; measured is (their gains, their values).

    edge: the critical gain, where the background changes from order to chaos.
    name: of the dots in the legend; beside: {another name: values at the same gains}, as hollow diamonds.
    """
    ax = new_axes() if ax is None else ax
    left, right, drawn = -0.02 * gains[-1], 1.02 * gains[-1], {}
    if edge is not None:
        for low, high, color, band in ((left, edge, COLORS[5], BANDS[0]), (edge, right, COLORS[4], BANDS[1])):
            ax.axvspan(low, high, color=color, alpha=0.18, linewidth=0)
            place = {"transform": ax.get_xaxis_transform(), "ha": "center", "va": "top", "color": "#444444"}
            ax.text((low + high) / 2, 0.97, band, fontsize=10, **place)
    (drawn["predicted"],) = ax.plot(gains, predicted, color=COLORS[0], linewidth=2.5, label="predicted")
    if measured is not None:
        style = {"color": COLORS[1], "markersize": 8, "markeredgecolor": "white", "label": name}
        (drawn["measured"],) = ax.plot(*measured, "o", **style)
    said = _digest_over_gain(gains, predicted, measured, ylabel)
    for other, values in (beside or {}).items():
        hollow = {"markersize": 12, "markerfacecolor": "none", "color": "black", "label": other}
        (drawn[other],) = ax.plot(measured[0], values, "D", **hollow)
        said += "; " + _digest_over_gain(gains, predicted, (measured[0], values), other)
    if measured is not None:
        ax.legend(loc="lower right")
    ax.set(xlabel="gain", ylabel=ylabel, xlim=(left, right))
    ax.grid(alpha=0.3)
    return finish(ax, digest, said, **drawn)


def _digest_over_gain(gains, predicted, measured, ylabel):
    """Each measured number beside the curve's, read off at its gain; gains ascend."""
    if measured is None:
        (first, last), (low, high) = np.asarray(predicted)[[0, -1]], np.asarray(gains)[[0, -1]]
        return f"{ylabel}: predicted {first:.2f} at gain {low:.2g} to {last:.2f} at gain {high:.2g}"
    pairs = zip(*measured, np.interp(measured[0], gains, predicted), strict=True)
    each = (f"{_no_minus(dot)}/{_no_minus(curve)} at {gain:.3g}" for gain, dot, curve in pairs)
    return f"{ylabel}, measured/predicted: {', '.join(each)}"


def _no_minus(value):
    """Two decimals, and no minus before 0.00."""
    return f"{round(float(value), 2) + 0.0:.2f}"


def plot_gain_picture(predicted, measured=None, *, edge, without_input=None, title="", digest=None):
    """RMS of the states above the Lyapunov exponent; each argument is (gains, rms, exponents).

    without_input: a second prediction to compare with, dashed. Returns both axes.
    """
    axes = new_axes(2, 1, size=(8, 7))
    for row, (ax, ylabel, limits) in enumerate(zip(axes, LABELS, ((-0.05, 1.1), (-1.6, 0.6)), strict=True)):
        dots = None if measured is None else (measured[0], measured[row + 1])
        plot_over_gain(predicted[0], predicted[row + 1], dots, ylabel=ylabel, edge=edge, ax=ax)
        if without_input is not None:
            style = {"color": "0.4", "linestyle": "--", "label": "predicted without input"}
            (ax.drawn["without_input"],) = ax.plot(without_input[0], without_input[row + 1], **style)
            ax.legend(loc="lower right")
        ax.set_ylim(limits)
    axes[1].axhline(0, color="0.5", linewidth=0.8)
    axes[0].set(title=title, xlabel="")
    if digest is not None:
        axes[0].digest, axes[1].digest = digest
    return axes


def plot_neighbours(measured, predicted, ax=None, digest=None):
    """How far two neighbouring trajectories are apart at each timestep, dashed as predicted.

    Both map a gain to an array (timesteps + 1,); what is not above 1e-16 is drawn below the axis.
    """
    ax = new_axes() if ax is None else ax
    drawn = {}
    for (gain, distances), color in zip(measured.items(), COLORS, strict=False):
        name = "measured" if len(measured) == 1 else f"measured, gain {gain:g}"
        (drawn[f"measured {gain:g}"],) = ax.plot(above_floor(distances), color=color, linewidth=3, label=name)
    handles = list(drawn.values())
    for gain, distances in predicted.items():
        (line,) = ax.plot(above_floor(distances), color="black", linestyle="--", label="predicted")
        drawn[f"predicted {gain:g}"] = line
    ax.set(xlabel="timesteps after the nudge", ylabel="distance", yscale="log", ylim=(1e-16, 1e3))
    ax.grid(alpha=0.3)
    ax.legend(handles=[*handles, line], loc="upper left", fontsize=10)
    return finish(ax, digest, digest_neighbours(measured, predicted), **drawn)


def digest_neighbours(measured, predicted):
    """Where each distance begins and ends, and where it was predicted to end, as powers of ten."""
    each = (
        f"gain {gain:.2f}: {power_of_ten(d[0])} to {power_of_ten(d[-1])},"
        f" predicted {power_of_ten(predicted[gain][-1])}"
        for gain, d in measured.items()
    )
    return f"distance over {len(next(iter(measured.values()))) - 1} timesteps: {'; '.join(each)}"
