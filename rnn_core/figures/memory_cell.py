"""The network folded and unrolled, one step term by term, and the hidden states (lesson 02)."""

import numpy as np
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from ..saturation import saturated_fraction
from .style import COLORS, finish, new_axes, plot_heatmap

ARROW = {"arrowstyle": "-|>", "mutation_scale": 14, "color": "0.3", "shrinkA": 0, "shrinkB": 0}
TERMS = ("Wx @ input_t", "Wh @ hidden_state", "b", "pre-activation", "tanh")


def plot_unrolled(timesteps=4, ax=None, digest=None):
    """The same network twice: folded, with its loop, and unrolled, one copy of the cell for each timestep."""
    ax = new_axes(size=(11, 3)) if ax is None else ax
    places = 4.4 + 2.3 * np.arange(timesteps)
    middle, end, heading = places.mean(), places[-1], {"ha": "center", "y": 1.5, "fontsize": 13}
    _draw_cell(ax, 0, "x$_t$", "h$_t$")
    ax.plot([0.95, 0.95, -1.15, -1.15], [0, 0.85, 0.85, 0], color="0.3", linewidth=1)
    ax.add_patch(FancyArrowPatch((-1.15, 0), (-0.6, 0), **ARROW))
    ax.text(-0.1, 0.93, "Wh", ha="center", color=COLORS[1])
    ax.text(x=0, s="folded: a loop", **heading)
    for t, x in enumerate(places, start=1):
        _draw_cell(ax, x, f"x$_{t}$", f"h$_{t}$")
        ax.text(x - 0.85, -0.32, "Wh", ha="center", color=COLORS[1])
    ax.add_patch(FancyArrowPatch((places[0] - 1.3, 0), (places[0] - 0.6, 0), **ARROW))
    ax.text(places[0] - 1.4, 0, "h$_0$", ha="right", va="center")
    ax.text(x=middle, s="unrolled: the same Wx, Wh and b at every timestep", **heading)
    ax.set(xlim=(-1.4, end + 1.9), ylim=(-1.8, 1.9))
    ax.axis("off")
    said = f"folded: one cell, its output returns through Wh; unrolled: {timesteps} copies, each passes h on"
    return finish(ax, digest, said)


def _draw_cell(ax, x, name, state):
    """A box at x, its input from below, and its state to the right, where the next box would stand."""
    style = {"boxstyle": "round,pad=0.08", "facecolor": "#DCEBF5", "edgecolor": COLORS[0], "zorder": 3}
    ax.add_patch(FancyBboxPatch((x - 0.42, -0.35), 0.84, 0.7, **style))
    ax.text(x, 0, "sum + b\ntanh", ha="center", va="center", fontsize=11)
    ax.add_patch(FancyArrowPatch((x, -1.2), (x, -0.45), **ARROW))
    ax.text(x + 0.1, -0.95, "Wx", color=COLORS[1])
    ax.text(x, -1.6, name, ha="center")
    ax.add_patch(FancyArrowPatch((x + 0.5, 0), (x + 1.7, 0), **ARROW))
    ax.text(x + 1.15, 0.1, state, ha="center")


def plot_step(terms, values=True, ax=None, digest=None):
    """The five rows of `step_terms` as colours: four from -6 to 6, and tanh with its own bar from -1 to 1.

    values: whether to write the numbers into the cells, where there is room for them.
    """
    ax = new_axes(size=(9, 3.4)) if ax is None else ax
    units = terms.shape[1]
    common = {"aspect": "auto", "interpolation": "nearest"}
    place = {"extent": (0.5, units + 0.5, 4.5, 0.5), "vmin": -6, "vmax": 6, "cmap": "PuOr_r"}
    sums = ax.imshow(terms[:4], **place, **common)
    place = {"extent": (0.5, units + 0.5, 5.6, 4.6), "vmin": -1, "vmax": 1, "cmap": "RdBu_r"}
    tanh = ax.imshow(terms[4:], **place, **common)
    ax.set(title="one step, term by term", xlabel="hidden unit", xticks=range(1, units + 1))
    ax.set(xlim=(0.5, units + 0.5), ylim=(5.6, 0.5))
    ax.set_yticks([1, 2, 3, 4, 5.1], TERMS)
    ax.figure.colorbar(tanh, ax=ax, label="tanh", ticks=(-1, 0, 1), pad=0.02)
    ax.figure.colorbar(
        sums, ax=ax, label="the terms and their sum", ticks=range(-6, 7, 3), extend="both", pad=0.02
    )
    if values and units <= 12:
        for y, row in zip((1, 2, 3, 4, 5.1), terms, strict=True):
            dark, digits = (4, 2) if y < 5 else (0.7, 4)
            for unit, value in enumerate(row, start=1):
                color = "white" if abs(value) > dark else "black"
                ax.text(unit, y, f"{value:.{digits}f}", ha="center", va="center", fontsize=10, color=color)
    return finish(ax, digest, digest_step(terms), terms=sums, tanh=tanh)


def digest_step(terms):
    """The mean of each term over the units."""
    means = ", ".join(f"{name} {row.mean():.2f}" for name, row in zip(TERMS, terms, strict=True))
    return f"mean over units: {means}"


def plot_hidden_states(hidden_states, ax=None, digest=None):
    """Heatmap of hidden states, always from -1 to 1."""
    labels = {"title": "hidden states", "bar": "hidden state"}
    ax = plot_heatmap(hidden_states, limits=(-1, 1), cmap="RdBu_r", ax=ax, **labels)
    return finish(ax, digest, digest_hidden_states(hidden_states), **ax.drawn)


def digest_hidden_states(hidden_states, threshold=0.99):
    """How much of it is saturated, and since when."""
    timesteps, units = hidden_states.shape
    share = saturated_fraction(hidden_states, threshold)
    open_units = np.flatnonzero(saturated_fraction(hidden_states, threshold, axis=1) < 1)
    since = open_units[-1] + 2 if len(open_units) else 1  # the timestep after the last one with an open unit
    when = f", all of it from timestep {since} on" if since <= timesteps else ""
    saturated = f"{100 * share:.0f} % of |h| above {threshold}{when}"
    return f"hidden states of {units} units over {timesteps} timesteps: {saturated}"
