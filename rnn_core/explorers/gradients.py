"""What is left of a gradient on its way back through time (lesson 04)."""

import numpy as np

from ..figures.gradients import digest_gradient_norms, plot_gradient_norms
from ..figures.style import FAINTEST, above_floor, draw_floor, new_axes
from ..gradients import gradient_curves
from ..memory_cell import run
from .panel import Panel, draw, follow_count, number, schemes, whole

PRESETS = {
    "vanishing": {},
    "kept": {"scheme": "orthogonal"},
    "exploding": {"scheme": "gaussian", "gain": 3.0},
}


def gradient_explorer():
    """The norm of the gradient over the steps back, its bound, and the rule of thumb."""
    ax = new_axes(size=(9, 3.6), live=True)
    artists = plot_gradient_norms(*np.ones((3, 61)), ax=ax).drawn
    ax.set(ylim=(FAINTEST / 1e3, 1e20), yticks=10.0 ** np.arange(-40, 21, 10))
    ax.legend(loc="upper left", bbox_to_anchor=(1, 1), fontsize=10)  # beside: the curves go everywhere
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
