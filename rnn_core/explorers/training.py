"""A training as it goes, and what the trained cell says (lesson 07)."""

import ipywidgets as widgets
import numpy as np
from IPython.display import display

from ..figures.memory_cell import plot_hidden_states
from ..figures.style import draw_live, new_axes, plot_curves
from ..memory_cell import run
from ..text import one_hot
from ..training import recite
from .panel import NAMED, Panel, follow_heatmap, whole


def recite_explorer(model, characters, first="T"):
    """Type a beginning: the cell reads it and goes on, feeding on its own output."""
    units = min(len(model.b), 40)  # more would be noise to the eye, and a slow picture
    ax = plot_hidden_states(np.zeros((10, units)), ax=new_axes(size=(10, 3.2), live=True))
    ax.set_title(f"{units} of {len(model.b)} units: reading up to the line, then reciting")
    states, line = ax.drawn["image"], ax.axvline(0.5, color="black", linewidth=2)
    put, labels = follow_heatmap(states)

    def show(first, length):
        read = first[:length]
        try:
            text = recite(model, read, length, characters)
        except ValueError as error:  # nothing, or a character that the cell does not know
            put(np.zeros((1, units)))
            line.set_xdata([0.5, 0.5])
            return str(error)
        put(run(one_hot(text, characters)[0], model.Wx, model.Wh, model.b)[:, :units])
        line.set_xdata([len(read) + 0.5] * 2)
        return f"{read!r} is continued by {text[len(read) :]!r}"

    controls = {
        "first": widgets.Text(value=first, description="first", **NAMED),
        "length": whole("length", 200, 10, 300, "characters"),
    }
    return Panel("recite", controls, show, {"hidden_states": states, "line": line}, labels=labels)


class LivePicture(widgets.Image):
    """An Image that has words where no kernel runs, instead of an empty picture."""

    def _repr_mimebundle_(self, **kwargs):
        return super()._repr_mimebundle_(**kwargs) | {"text/plain": "(a curve that is drawn as it grows)"}


def live_curve(updates, highest, ylabel):
    """Show empty axes and return the function that draws in them the values of all updates so far."""
    ax = new_axes(size=(8, 2.8), live=True, sharp=1)
    line = plot_curves([0], {"": [np.nan]}, xlabel="update", ylabel=ylabel, ax=ax).drawn[""]
    ax.set(xlim=(0, updates), ylim=(0, highest))
    line.set_marker("")
    render = draw_live(ax.figure, [line])
    picture = LivePicture(format="png")
    display(picture)

    def draw(values):
        line.set_data(np.arange(1, len(values) + 1), values)
        picture.value = render()

    return draw
