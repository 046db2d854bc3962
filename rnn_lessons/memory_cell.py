"""Lesson 02: the network unrolled, one step term by term; the pictures, the panel, the
exercises.
"""

import ipywidgets as widgets
import numpy as np
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from rnn_core import init_parameters, pre_activations, run, step
from rnn_core.validation import check_numbers

from .check import Exercise
from .panel import Panel, draw, schemes, whole
from .pictures import COLORS, add_bar, finish, new_axes, plot_hidden_states


def step_terms(input_t, hidden_state, Wx, Wh, b):
    """The five rows of one step, one column for each unit: two products, the bias,
    their sum, its tanh.
    """
    from_input, from_state = Wx @ input_t, Wh @ hidden_state
    pre_activation = from_input + from_state + b
    return np.stack(
        [from_input, from_state, b, pre_activation, np.tanh(pre_activation)]
    )  # (5, hidden_size)


ARROW = {
    "arrowstyle": "-|>",
    "mutation_scale": 14,
    "color": "0.3",
    "shrinkA": 0,
    "shrinkB": 0,
}


TERMS = ("Wx @ input_t", "Wh @ hidden_state", "b", "pre-activation", "tanh")


def plot_unrolled(timesteps=4, ax=None, digest=None):
    """The same network twice: folded, with its loop, and unrolled, one copy of the cell
    for each timestep.
    """
    ax = new_axes(size=(11, 3)) if ax is None else ax
    places = 4.4 + 2.3 * np.arange(timesteps)
    middle, end, heading = (
        places.mean(),
        places[-1],
        {"ha": "center", "y": 1.5, "fontsize": 13},
    )
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
    """A box at x, its input from below, and its state to the right, where the next box
    would stand.
    """
    style = {
        "boxstyle": "round,pad=0.08",
        "facecolor": "#DCEBF5",
        "edgecolor": COLORS[0],
        "zorder": 3,
    }
    ax.add_patch(FancyBboxPatch((x - 0.42, -0.35), 0.84, 0.7, **style))
    ax.text(x, 0, "sum + b\ntanh", ha="center", va="center", fontsize=11)
    ax.add_patch(FancyArrowPatch((x, -1.2), (x, -0.45), **ARROW))
    ax.text(x + 0.1, -0.95, "Wx", color=COLORS[1])
    ax.text(x, -1.6, name, ha="center")
    ax.add_patch(FancyArrowPatch((x + 0.5, 0), (x + 1.7, 0), **ARROW))
    ax.text(x + 1.15, 0.1, state, ha="center")


def plot_step(terms, values=True, ax=None, digest=None):
    """The five rows of `step_terms` as colours: four from -6 to 6, and tanh with its
    own bar from -1 to 1.

    values: whether to write the numbers into the cells, where there is room for them.
    """
    terms = check_numbers(terms, "terms", (5, "units"))
    ax = new_axes(size=(9, 3.4)) if ax is None else ax
    units = terms.shape[1]
    common = {"aspect": "auto", "interpolation": "nearest"}
    place = {
        "extent": (0.5, units + 0.5, 4.5, 0.5),
        "vmin": -6,
        "vmax": 6,
        "cmap": "PuOr_r",
    }
    sums = ax.imshow(terms[:4], **place, **common)
    place = {
        "extent": (0.5, units + 0.5, 5.6, 4.6),
        "vmin": -1,
        "vmax": 1,
        "cmap": "RdBu_r",
    }
    tanh = ax.imshow(terms[4:], **place, **common)
    ax.set(
        title="one step, term by term", xlabel="hidden unit", xticks=range(1, units + 1)
    )
    ax.set(xlim=(0.5, units + 0.5), ylim=(5.6, 0.5))
    ax.set_yticks([1, 2, 3, 4, 5.1], TERMS)
    add_bar(tanh, "tanh", ticks=(-1, 0, 1), pad=0.02)
    add_bar(sums, "terms", ticks=range(-6, 7, 3), extend="both", pad=0.02)
    if values and units <= 12:
        for y, row in zip((1, 2, 3, 4, 5.1), terms, strict=True):
            dark, digits = (4, 2) if y < 5 else (0.7, 4)
            for unit, value in enumerate(row, start=1):
                color = "white" if abs(value) > dark else "black"
                ax.text(
                    unit,
                    y,
                    f"{value:.{digits}f}",
                    ha="center",
                    va="center",
                    fontsize=10,
                    color=color,
                )
    return finish(ax, digest, digest_step(terms), terms=sums, tanh=tanh)


def digest_step(terms):
    """The mean of each term over the units."""
    means = ", ".join(
        f"{name} {row.mean():.2f}" for name, row in zip(TERMS, terms, strict=True)
    )
    return f"mean over units: {means}"


def step_explorer():
    """All terms of one step, as colours and as numbers, and where in time it is."""
    left, right = new_axes(1, 2, size=(10, 3.3), live=True)
    states = plot_hidden_states(np.zeros((10, 8)), ax=left).drawn["image"]
    drawn = plot_step(np.zeros((5, 8)), values=False, ax=right).drawn
    terms, tanh = drawn["terms"], drawn["tanh"]
    frame = left.axvspan(0.5, 1.5, fill=False, edgecolor="black", linewidth=3)
    table = widgets.HTML()

    def show(timestep, scheme, seed):
        inputs, parameters = draw(10, 4, 8, scheme, 1.0, seed)
        hidden_states = run(inputs, *parameters)
        before = hidden_states[timestep - 2] if timestep > 1 else np.zeros(8)
        rows = step_terms(inputs[timestep - 1], before, *parameters)
        states.set_data(hidden_states.T)
        terms.set_data(rows[:4])
        tanh.set_data(rows[4:])
        frame.set_x(timestep - 0.5)
        table.value = _table(inputs[timestep - 1], rows)
        return f"timestep {timestep}: {digest_step(rows)}"

    controls = {
        "timestep": whole("timestep", 1, 1, 10),
        "scheme": schemes("uniform"),
        "seed": whole("seed", 1, 0, 99),
    }
    artists = {"hidden_states": states, "frame": frame, "terms": terms, "tanh": tanh}
    return Panel("step", controls, show, artists, below=[table])


def _table(input_t, rows):
    """The numbers of one step, one column for each hidden unit, under the picture that
    colours them.
    """
    cells = [("hidden unit", [str(unit + 1) for unit in range(rows.shape[1])])]
    cells += [
        (name, [f"{x:.4f}" for x in row]) for name, row in zip(TERMS, rows, strict=True)
    ]
    body = "".join(
        f"<tr><th style='text-align:left'>{name}</th>"
        + "".join(
            f"<td style='text-align:right;padding:0 8px'>{text}</td>" for text in texts
        )
        + "</tr>"
        for name, texts in cells
    )
    return f"input_t = {np.array2string(input_t, precision=4)}<table>{body}</table>"


def _cell(timesteps, hidden_size, scheme):
    rng = np.random.default_rng(2)
    return rng.normal(size=(timesteps, 4)), *init_parameters(
        4, hidden_size, scheme=scheme, rng=rng
    )


def _states_that_change():
    inputs, *parameters = _cell(10, 8, "gaussian")
    other = inputs.copy()
    other[3] += 1
    return np.any(run(inputs, *parameters) != run(other, *parameters), axis=1).sum()


def _runs():
    for arguments in (
        _cell(5, 3, "gaussian"),
        _cell(7, 8, "pytorch"),
        _cell(6, 60, "uniform"),
    ):
        yield arguments[0], run(*arguments), *arguments[1:]


def _backward_reading(inputs, Wx, Wh, b):
    states = np.zeros((len(inputs) + 1, len(b)))
    for t in reversed(range(len(inputs))):
        states[t] = step(inputs[t], states[t + 1], Wx, Wh, b)
    return states[:-1]


EXERCISES = {
    "02.1": Exercise(_states_that_change),
    "02.2": Exercise(
        pre_activations, lambda: list(_runs())
    ),  # of the last one, some states are exactly 1
    "02.3": Exercise(
        _backward_reading, lambda: [_cell(5, 3, "gaussian"), _cell(7, 8, "pytorch")]
    ),
}
