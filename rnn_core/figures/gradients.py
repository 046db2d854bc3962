"""Gradients by each state, and how their norm goes back in time (lesson 04)."""

import matplotlib
import numpy as np

from .style import FAINTEST, finish, plot_curves, plot_heatmap, power_of_ten

CURVES = ("measured", "bound: largest singular value", "rule: spectral radius")


def plot_gradients(gradients, ax=None, digest=None):
    """Heatmap of the size of a gradient by each state, in powers of ten; grey is 0 or nearly so."""
    sizes = np.log10(np.maximum(np.abs(gradients), FAINTEST))
    labels = {
        "title": "size of the gradient by each state",
        "bar": "power of ten\n(grey: below 1e-30)",
    }
    cmap = matplotlib.colormaps["magma"].with_extremes(under="0.6")
    ax = plot_heatmap(sizes, limits=(-30, 0), cmap=cmap, extend="both", ax=ax, **labels)
    largest = np.abs(gradients).max(axis=1)
    last, first = (power_of_ten(largest[t]) for t in (-1, 0))
    said = f"largest gradient: {last} at timestep {len(gradients)}, {first} at timestep 1"
    return finish(ax, digest, said, **ax.drawn)


def plot_gradient_norms(measured, bound, rule, ax=None, digest=None):
    """The three `gradient_curves` over the steps back from the last timestep, on a logarithmic axis.

    The bound by the largest singular value holds always; the rule of thumb by the spectral radius is dashed.
    """
    labels = {"xlabel": "steps back from the last timestep", "ylabel": "norm of the gradient"}
    curves = dict(zip(CURVES, (measured, bound, rule), strict=True))
    ax = plot_curves(np.arange(len(measured)), curves, yscale="log", ax=ax, **labels)
    ax.drawn[CURVES[1]].set_linestyle("-")
    ax.drawn[CURVES[2]].set(linestyle="--", marker="", color="black")  # it may hide the bound
    ax.legend(loc="best")
    drawn = dict(zip(("measured", "bound", "rule"), ax.drawn.values(), strict=True))
    return finish(ax, digest, digest_gradient_norms(measured, bound, rule), **drawn)


def digest_gradient_norms(measured, bound, rule):
    """The last of the measured norms, and the numbers of which bound and rule are the powers."""
    back = len(measured) - 1
    sizes = f"largest singular value {bound[1]:.2f}, spectral radius {rule[1]:.2f}"
    return f"gradient norm {back} steps back: {power_of_ten(measured[-1])}; {sizes}"
