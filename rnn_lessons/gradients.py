"""Lesson 04: gradients on their way back; the pictures, the panel, the exercises."""

import matplotlib
import numpy as np

from rnn_core import backward, gradient_curves, gradient_norms, init_parameters, run
from rnn_core.validation import check_numbers

from .check import Exercise
from .panel import Panel, draw, follow_count, number, schemes, whole
from .pictures import (
    FAINTEST,
    above_floor,
    check_rows,
    draw_floor,
    finish,
    new_axes,
    plot_curves,
    plot_heatmap,
    power_of_ten,
)

CURVES = ("measured", "bound: largest singular value", "rule: spectral radius")


def plot_gradients(gradients, ax=None, digest=None):
    """Heatmap of the size of a gradient by each state, in powers of ten; grey is 0 or
    nearly so.
    """
    gradients = check_rows(gradients, "gradients")
    sizes = np.log10(np.maximum(np.abs(gradients), FAINTEST))
    labels = {
        "title": "size of the gradient by each state",
        "bar": "power of ten\n(grey: below 1e-30)",
    }
    cmap = matplotlib.colormaps["magma"].with_extremes(under="0.6")
    ax = plot_heatmap(sizes, limits=(-30, 0), cmap=cmap, extend="both", ax=ax, **labels)
    largest = np.abs(gradients).max(axis=1)
    last, first = (power_of_ten(largest[t]) for t in (-1, 0))
    said = f"gradient: {last} at timestep {len(gradients)}, {first} at timestep 1"
    return finish(ax, digest, said, **ax.drawn)


def plot_gradient_norms(measured, bound, rule, ax=None, digest=None):
    """The three `gradient_curves` over the steps back from the last timestep, on a
    logarithmic axis.

    The bound by the largest singular value holds always; the rule of thumb by the
    spectral radius is dashed.
    """
    labels = {
        "xlabel": "steps back from the last timestep",
        "ylabel": "norm of the gradient",
    }
    measured = check_numbers(measured, "measured", ("steps back",))
    bound = check_numbers(bound, "bound", measured.shape)
    rule = check_numbers(rule, "rule", measured.shape)
    curves = dict(zip(CURVES, (measured, bound, rule), strict=True))
    ax = plot_curves(np.arange(len(measured)), curves, yscale="log", ax=ax, **labels)
    ax.drawn[CURVES[1]].set_linestyle("-")
    ax.drawn[CURVES[2]].set(
        linestyle="--", marker="", color="black"
    )  # it may hide the bound
    ax.legend(loc="best")
    drawn = dict(zip(("measured", "bound", "rule"), ax.drawn.values(), strict=True))
    return finish(ax, digest, digest_gradient_norms(measured, bound, rule), **drawn)


def digest_gradient_norms(measured, bound, rule):
    """The last of the measured norms, and the numbers of which bound and rule are the
    powers.
    """
    back = len(measured) - 1
    sizes = f"largest singular value {bound[1]:.2f}, spectral radius {rule[1]:.2f}"
    return f"gradient norm {back} steps back: {power_of_ten(measured[-1])}; {sizes}"


PRESETS = {
    "vanishing": {},
    "kept": {"scheme": "orthogonal"},
    "exploding": {"scheme": "gaussian", "gain": 3.0},
}


def gradient_explorer():
    """The norm of the gradient over the steps back, its bound, the rule of thumb."""
    ax = new_axes(size=(9, 3.6), live=True)
    artists = plot_gradient_norms(*np.ones((3, 61)), ax=ax).drawn
    ax.set(ylim=(FAINTEST / 1e3, 1e20), yticks=10.0 ** np.arange(-40, 21, 10))
    above = {"loc": "lower right", "bbox_to_anchor": (1, 1), "ncols": 3}
    ax.legend(**above, frameon=False, columnspacing=1)  # the curves go everywhere
    draw_floor(ax)
    put_time, labels = follow_count(ax, "x", first=0)

    def show(timesteps, gain, scheme, seed):
        inputs, (Wx, Wh, b) = draw(timesteps, 4, 8, scheme, gain, seed)
        curves = gradient_curves(run(inputs, Wx, Wh, b), Wh)
        put_time(timesteps)
        for line, curve in zip(artists.values(), curves, strict=True):
            line.set_data(np.arange(timesteps + 1), above_floor(curve))
        return digest_gradient_norms(*curves)

    controls = {
        "timesteps": whole("timesteps", 10, 1, 60, "steps"),
        "gain": number("gain", 1.0, 0, 3),
        "scheme": schemes("uniform"),
        "seed": whole("seed", 1, 0, 99),
    }
    return Panel("gradient", controls, show, artists, labels=labels, presets=PRESETS)


def _norm():
    Wh = init_parameters(
        1, 8, scheme="orthogonal", gain=1.2, rng=np.random.default_rng(0)
    ).Wh
    return gradient_norms(np.full((20, 8), 0.5), Wh)[0]


def _cells():
    """(d_hidden_states, hidden_states, Wx, Wh) of two cells: a loss that looks at the
    last state, then one that looks at every state.
    """
    rng = np.random.default_rng(2)
    cells = []
    for timesteps, input_size, hidden_size, looks in ((10, 4, 8, 1), (6, 3, 5, 6)):
        inputs = rng.random((timesteps, input_size))
        Wx, Wh, b = init_parameters(input_size, hidden_size, scheme="gaussian", rng=rng)
        hidden_states = run(inputs, Wx, Wh, b)
        d_hidden_states = np.zeros_like(hidden_states)
        d_hidden_states[-looks:] = rng.normal(size=(looks, hidden_size))
        cells.append((d_hidden_states, hidden_states, Wx, Wh))
    return cells


def _walks():
    return [(d_states, states, Wh) for d_states, states, _, Wh in _cells()]


def _walk_back(d_hidden_states, hidden_states, Wh):
    """dL/dz_t: one unit of input at each unit, so that the inputs are the walk."""
    return _by_inputs(d_hidden_states, hidden_states, np.eye(len(Wh)), Wh)


def _by_inputs(d_hidden_states, hidden_states, Wx, Wh):
    """The gradient by the inputs needs their number, but not their values."""
    unseen = np.zeros((len(hidden_states), Wx.shape[1]))
    return backward(
        d_hidden_states, unseen, hidden_states, Wx, Wh, np.zeros(len(Wh))
    ).inputs


EXERCISES = {
    "04.1": Exercise(_walk_back, _walks),
    "04.2": Exercise(_norm, tolerance=0.02),
    "04.3": Exercise(_by_inputs, _cells),
}
