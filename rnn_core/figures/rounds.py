"""The error of every state after every round, and how many rounds it takes over the gain (lesson 09)."""

import matplotlib
import numpy as np

from .mean_field import plot_over_gain
from .style import COLORS, finish, plot_heatmap, power_of_ten

SMALLEST = 1e-12  # errors below it are rounding, and grey
LABELS = {
    "bar": "power of ten\n(grey: below 1e-12)",
    "ylabel": "round",
    "cmap": matplotlib.colormaps["magma"].with_extremes(under="0.6"),
    "extend": "min",
}


def plot_errors(errors, *, title="error", ax=None, digest=None):
    """Heatmap of errors (rounds, timesteps) in powers of ten; white are rounds that were not needed.

    On and below the dashed line there were as many rounds as timesteps, so these states are exact.
    """
    ax = plot_heatmap(powers_of_ten(errors).T, limits=(-12, 0), **LABELS, title=title, ax=ax)
    end = errors.shape[1] + 0.5
    (bound,) = ax.plot([0.5, end], [0.5, end], color=COLORS[5], linestyle="--", linewidth=1.5)
    return finish(ax, digest, f"{title}: {digest_errors(errors)}", **ax.drawn, bound=bound)


def powers_of_ten(errors):
    """The image of errors (rounds, timesteps): as many rows as timesteps, NaN where there was no round."""
    rounds, timesteps = errors.shape
    image = np.full((timesteps, timesteps), np.nan)
    image[:rounds] = np.log10(np.maximum(errors, SMALLEST / 10))
    return image


def digest_errors(errors):
    """How many rounds there were, and how large the largest error was on the way."""
    rounds, timesteps = errors.shape
    early = [k for k in (1, 5, 20) if k < rounds]
    sizes = [f"{power_of_ten(errors[k - 1].max())} after round {k}" for k in early]
    said = f"{rounds} round{'s' * (rounds > 1)} for {timesteps} timesteps"
    return f"{said}; largest error {', '.join(sizes)}" if sizes else said


def plot_rounds(gains, predicted, counts, *, timesteps, edge, ax=None, digest=None):
    """Rounds over the gain: a predicted curve, and dots for each method: counts[method] = (gains, rounds)."""
    ax = plot_over_gain(gains, predicted, ylabel="rounds", edge=edge, ax=ax)
    drawn = {"predicted": ax.drawn["predicted"]}
    for (method, (places, rounds)), color, marker in zip(counts.items(), COLORS[1:], "os^", strict=False):
        style = {"color": color, "markersize": 8, "markeredgecolor": "white", "label": method}
        (drawn[method],) = ax.plot(places, rounds, marker, **style)
    ax.axhline(timesteps, color="0.4", linestyle=":", zorder=1)
    style = {"va": "bottom", "fontsize": 10, "color": "0.3"}
    ax.text(0.02, 1.02 * timesteps, f"one round a timestep: {timesteps}", **style)
    ax.set_ylim(0, 1.3 * timesteps)
    ax.legend(loc="center left")
    each = (
        f"{method} {rounds[0]:.0f} at gain {places[0]:.3g} to {rounds[-1]:.0f} at gain {places[-1]:.3g}"
        for method, (places, rounds) in counts.items()
    )
    return finish(ax, digest, f"rounds for {timesteps} timesteps: {'; '.join(each)}", **drawn)
