"""Lesson 02: the network unrolled, one step term by term, all rows at once; the panel,
the exercises.
"""

import ipywidgets as widgets
import numpy as np
from matplotlib.collections import PolyCollection
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from rnn_core import init_parameters, run, step
from rnn_core.validation import check_numbers

from .check import Exercise
from .panel import Panel, draw, schemes, whole
from .pictures import COLORS, finish, new_axes, plot_hidden_states

ARROW = {
    "arrowstyle": "-|>",
    "mutation_scale": 16,
    "color": "0.3",
    "shrinkA": 0,
    "shrinkB": 0,
}


def plot_unrolled(word="hello", input_size=4, hidden_size=8, ax=None, digest=None):
    """The same network twice: folded, with its loop, and unrolled, a copy of the cell
    for each letter of a word, with the shape of what travels along each arrow.
    """
    ax = new_axes(size=(11, 3.6)) if ax is None else ax
    places = 4.6 + 2.4 * np.arange(len(word))
    heading = {"ha": "center", "y": 1.35, "fontsize": 15}
    _draw_cell(ax, 0, f"input_t\n({input_size},)", f"   ({hidden_size},)")
    ax.plot([1, 1, -1.2, -1.2], [0, 0.95, 0.95, 0], color="0.3", linewidth=1)
    ax.add_patch(FancyArrowPatch((-1.2, 0), (-0.6, 0), **ARROW))
    ax.text(-0.1, 0.6, "Wh", ha="center", color=COLORS[1])
    ax.text(x=0, s="folded: a loop", **heading)
    for letter, x in zip(word, places, strict=True):
        _draw_cell(ax, x, f'"{letter}"\n({input_size},)', f"({hidden_size},)")
        ax.text(x - 0.95, -0.42, "Wh", ha="center", color=COLORS[1])
    ax.add_patch(FancyArrowPatch((places[0] - 1.4, 0), (places[0] - 0.6, 0), **ARROW))
    ax.text(places[0] - 1.5, 0, f"zeros\n({hidden_size},)", ha="right", va="center")
    unrolled = "unrolled: the same Wx, Wh and b at every timestep"
    ax.text(x=places.mean(), s=unrolled, **heading)
    ax.set(xlim=(-1.5, places[-1] + 2), ylim=(-2.1, 1.8))
    ax.axis("off")
    said = f"the same cell drawn once with its loop, and once for each letter of {word}"
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
    ax.add_patch(FancyBboxPatch((x - 0.42, -0.4), 0.84, 0.8, **style))
    ax.text(x, 0, "+ b\ntanh", ha="center", va="center", zorder=4)
    ax.add_patch(FancyArrowPatch((x, -1.25), (x, -0.5), **ARROW))
    ax.text(x + 0.1, -1.0, "Wx", color=COLORS[1])
    ax.text(x, -1.3, name, ha="center", va="top")
    ax.add_patch(FancyArrowPatch((x + 0.5, 0), (x + 1.8, 0), **ARROW))
    ax.text(x + 0.85, 0.12, state)


HEADINGS = ("Wx @\ninput", "Wh @\nstate", "+ b", "= sum", "tanh\nof it")


def step_terms(input_t, hidden_state, Wx, Wh, b):
    """The five rows of one step, one column for each unit: two products, the bias,
    their sum, its tanh.
    """
    from_input = Wx @ input_t
    from_state = Wh @ hidden_state
    pre_activation = from_input + from_state + b
    return np.stack(
        [from_input, from_state, b, pre_activation, np.tanh(pre_activation)]
    )  # (5, hidden_size)


def plot_step(terms, ax=None, digest=None):
    """The numbers of `step_terms`, a line for each unit: the three terms, their sum,
    its tanh. The colours go from minus to plus the largest number.
    """
    terms = check_numbers(terms, "terms", (5, "units"))
    ax = new_axes(size=(9, 4)) if ax is None else ax
    units = terms.shape[1]
    image = ax.imshow(
        terms.T,
        aspect="auto",
        interpolation="nearest",
        cmap="PuOr_r",
        extent=(0.5, 5.5, units + 0.5, 0.5),
    )
    ax.set(ylabel="hidden unit", yticks=range(1, units + 1))
    ax.set(xlabel="one step, from left to right")
    ax.set_xticks(range(1, 6), HEADINGS)
    ax.xaxis.tick_top()
    numbers = [
        ax.text(column, unit, "", ha="center", va="center")
        for column in range(1, 6)
        for unit in range(1, units + 1)
    ]
    put_terms(image, numbers, terms, np.abs(terms).max())
    return finish(ax, digest, digest_step(terms), terms=image, numbers=numbers)


def put_terms(image, numbers, terms, limit):
    """Set the colours of plot_step and the numbers that stand on them."""
    image.set_data(terms.T)
    image.set_clim(-limit, limit)
    for number, value in zip(numbers, terms.ravel(), strict=True):
        number.set_text(f"{value:.2f}")
        number.set_color("white" if abs(value) > 0.6 * limit else "black")
    for number, value in zip(numbers[-terms.shape[1] :], terms[-1], strict=True):
        number.set_text(f"{value:.4f}")


def digest_step(terms):
    """The mean of each term over the units."""
    from_input, from_state, bias, pre_activation, tanh = terms.mean(axis=1)
    return (
        f"mean over units: {from_input:.2f} from the input + {from_state:.2f} from the"
        f" state + {bias:.2f} bias = {pre_activation:.2f}; mean of tanh {tanh:.4f}"
    )


def plot_reading(hidden_states, text, title="hidden states", ax=None, digest=None):
    """Heatmap of the states of a cell that reads a text, a letter under each."""
    ax = plot_hidden_states(hidden_states, ax=ax)
    ax.set(title=title, xlabel="letter")
    ax.set_xticks(range(1, len(text) + 1), text)
    different = len(np.unique(hidden_states.round(6), axis=0))
    said = f"{title}: {len(text)} letters, {different} different states"
    return finish(ax, digest, said, **ax.drawn)


def plot_all_rows(timesteps, input_size, hidden_size, ax=None, digest=None):
    """Why rows are multiplied by the transpose: one timestep as a column, and all
    timesteps as rows, a square for each number.
    """
    ax = new_axes(size=(11, 3.8)) if ax is None else ax
    green, blue, orange = COLORS[2], COLORS[0], COLORS[1]
    T, D, H = timesteps, input_size, hidden_size
    left = 0
    for name, rows, columns, color, dark, gap in (
        ("Wx", H, D, blue, 0, " @ "),
        ("input_t", D, 1, green, 1, "  =  "),
        ("column", H, 1, orange, 1, None),
        ("inputs", T, D, green, 3, " @ "),
        ("Wx.T", D, H, blue, 0, "  =  "),
        ("rows", T, H, orange, 3, None),
    ):
        colors = [color] * (rows * columns)
        squares = ax.add_collection(
            PolyCollection(_squares(left, rows, columns), facecolors=colors)
        )
        squares.set(edgecolor="white", linewidth=0.8)
        alphas = np.full((rows, columns), 0.4)
        if dark:  # the row, or the column, of one timestep
            alphas[slice(None) if columns == 1 else dark - 1] = 0.9
        squares.set_alpha(alphas.ravel())
        ax.text(left, -0.4, name, va="bottom", fontweight="bold")
        shape = (rows,) if columns == 1 else (rows, columns)
        ax.text(left, rows + 0.4, str(shape), va="top")
        right = left + max(columns, 5)
        if gap:
            ax.text(right + 1.2, 0.5, gap.strip(), ha="center", va="center")
        left = right + (2.4 if gap else 5)
    ax.set(xlim=(-0.5, left - 3), ylim=(max(T, H) + 2.5, -2), aspect="equal")
    ax.axis("off")
    said = (
        f"one timestep: ({H}, {D}) @ ({D},) gives ({H},);"
        f" all of them: ({T}, {D}) @ ({D}, {H}) gives ({T}, {H})"
    )
    return finish(ax, digest, said)


def _squares(left, rows, columns):
    """The corners of a square for each number, row by row."""
    return [
        [(left + j, i), (left + j + 1, i), (left + j + 1, i + 1), (left + j, i + 1)]
        for i in range(rows)
        for j in range(columns)
    ]


def step_explorer():
    """All terms of one step, as colours and as numbers, and where in time it is."""
    left, right = new_axes(1, 2, size=(10, 3.6), live=True)
    states = plot_hidden_states(np.zeros((10, 8)), ax=left).drawn["image"]
    drawn = plot_step(np.ones((5, 8)), ax=right).drawn
    frame = left.axvspan(0.5, 1.5, fill=False, edgecolor="black", linewidth=3)

    def show(timestep, scheme, seed):
        inputs, parameters = draw(10, 4, 8, scheme, 1.0, seed)
        hidden_states = run(inputs, *parameters)
        before = np.vstack([np.zeros(8), hidden_states[:-1]])
        steps = [
            step_terms(*at, *parameters) for at in zip(inputs, before, strict=True)
        ]
        terms = steps[timestep - 1]
        states.set_data(hidden_states.T)
        put_terms(drawn["terms"], drawn["numbers"], terms, np.abs(steps).max())
        frame.set_x(timestep - 0.5)
        return f"timestep {timestep}: {digest_step(terms)}"

    controls = {
        "timestep": whole("timestep", 1, 1, 10),
        "scheme": schemes("uniform"),
        "seed": whole("seed", 1, 0, 99),
    }
    artists = {"hidden_states": states, "frame": frame, "terms": drawn["terms"]}
    play = widgets.Play(min=1, max=10, interval=700)
    widgets.link((play, "value"), (controls["timestep"], "value"))
    return Panel("step", controls, show, artists, labels=drawn["numbers"], below=[play])


def _cell(timesteps, input_size, hidden_size, scheme="gaussian"):
    """inputs, Wx, Wh and a bias that is not zero."""
    rng = np.random.default_rng(2)
    inputs = rng.normal(size=(timesteps, input_size))
    Wx, Wh, _ = init_parameters(input_size, hidden_size, scheme=scheme, rng=rng)
    return inputs, Wx, Wh, rng.normal(size=hidden_size)


def _steps():
    """The listing's sizes from a state of zeros, then others from another state."""
    for sizes in ((10, 4, 8), (5, 3, 6), (2, 5, 1)):
        inputs, *parameters = _cell(*sizes)
        yield inputs[0], np.zeros(sizes[2]), *parameters
        yield inputs[1], np.linspace(-0.9, 0.5, sizes[2]), *parameters


def _runs():
    """The listing's sizes from a state of zeros, then others from another state."""
    for sizes in ((10, 4, 8), (5, 3, 6), (1, 2, 3)):
        yield *_cell(*sizes), np.zeros(sizes[2])
        yield *_cell(*sizes), np.linspace(-0.9, 0.5, sizes[2])


def _states_that_change():
    inputs, *parameters = _cell(10, 4, 8)
    other = inputs.copy()
    other[3] += 1
    return np.any(run(inputs, *parameters) != run(other, *parameters), axis=1).sum()


def _backward_reading(inputs, Wx, Wh, b):
    states = np.zeros((len(inputs) + 1, len(b)))
    for t in reversed(range(len(inputs))):
        states[t] = step(inputs[t], states[t + 1], Wx, Wh, b)
    return states[:-1]


EXERCISES = {
    "02.1": Exercise(step, lambda: list(_steps())),
    "02.2": Exercise(run, lambda: list(_runs())),
    "02.3": Exercise(_states_that_change),
    "02.4": Exercise(_backward_reading, lambda: [_cell(5, 4, 3), _cell(7, 4, 8)]),
}
