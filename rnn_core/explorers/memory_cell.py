"""Walk through time, one step after the other (lesson 02)."""

import ipywidgets as widgets
import numpy as np

from ..figures.memory_cell import TERMS, digest_step, plot_hidden_states, plot_step
from ..figures.style import new_axes
from ..memory_cell import run, step_terms
from .panel import Panel, draw, schemes, whole


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
    """The numbers of one step, one column for each hidden unit, under the picture that colours them."""
    cells = [("hidden unit", [str(unit + 1) for unit in range(rows.shape[1])])]
    cells += [(name, [f"{x:.4f}" for x in row]) for name, row in zip(TERMS, rows, strict=True)]
    body = "".join(
        f"<tr><th style='text-align:left'>{name}</th>"
        + "".join(f"<td style='text-align:right;padding:0 8px'>{text}</td>" for text in texts)
        + "</tr>"
        for name, texts in cells
    )
    return f"input_t = {np.array2string(input_t, precision=4)}<table>{body}</table>"
