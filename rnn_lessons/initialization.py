"""Lesson 01: the line that makes a hidden state, drawn with its shapes; the panel, the
exercises.
"""

import numpy as np
from matplotlib.collections import LineCollection, PolyCollection

from rnn_core import one_hot, zen_of_python

from .check import Exercise
from .panel import Panel, whole
from .pictures import COLORS, finish, new_axes

VECTOR = 7  # what a column of numbers takes of the picture's width, for its name's sake


def plot_shapes(timesteps, input_size, hidden_size, room=None, ax=None, digest=None):
    """The line of the listing as a picture: a square for each number, all to one scale.

    output_t = tanh(Wx @ input_t + Wh @ hidden_state_t + b)

    room: the largest (timesteps, input_size, hidden_size) to leave space for; by
    default these.
    """
    room = room or (timesteps, input_size, hidden_size)
    places = shape_places(*room[1:])
    ax = new_axes(size=(10, 3.6)) if ax is None else ax
    squares, edges, unit, shapes = shape_geometry(
        timesteps, input_size, hidden_size, places
    )
    colors = [COLORS[2], COLORS[1], COLORS[0], COLORS[2], COLORS[0], COLORS[1]]
    arrays = ax.add_collection(
        PolyCollection(squares, facecolors=[*colors, COLORS[0]], alpha=0.4)
    )
    first_unit = ax.add_collection(
        PolyCollection(unit, facecolors=[COLORS[1], *[COLORS[0]] * 3], alpha=0.7)
    )
    between = ax.add_collection(LineCollection(edges, colors="white", linewidths=0.8))
    for name, left in places.items():
        said = name.replace("hidden_state", "hidden_\nstate")
        ax.text(left, -0.4, said, va="bottom", fontweight="bold", fontsize=14)
    labels = [
        ax.text(*place, str(shape), va="top", fontsize=14)
        for place, shape in shapes.items()
    ]
    for text, left in (
        ("= tanh(", places["Wx"] - 6.3),
        ("@", places["input_t"] - 1.7),
        ("+", places["Wh"] - 2),
        ("@", places["hidden_state_t"] - 1.7),
        ("+", places["b"] - 2),
        (")", places["b"] + 1.6),
    ):
        ax.text(left, 0.5, text, va="center", fontsize=14)
    tallest = max(room)
    ax.set(xlim=(-0.5, places["b"] + 4.5), ylim=(tallest + 2.5, -3), aspect="equal")
    ax.axis("off")
    said = (
        f"({hidden_size}, {input_size}) times {input_size} numbers gives {hidden_size},"
        f" ({hidden_size}, {hidden_size}) times {hidden_size} gives {hidden_size};"
        " dark: what unit 1 needs"
    )
    drawn = {"arrays": arrays, "unit_1": first_unit, "edges": between}
    return finish(ax, digest, said, **drawn, labels=labels)


def shape_places(input_size, hidden_size):
    """Array -> where it begins from the left, with room for these sizes."""
    widths = {
        "inputs": max(input_size, 5) + 2,
        "output_t": VECTOR + 7,
        "Wx": input_size + 2,
        "input_t": VECTOR + 1,
        "Wh": hidden_size + 2,
        "hidden_state_t": VECTOR + 1,
        "b": 1,
    }
    lefts = np.cumsum([0, *widths.values()])[:-1]
    return dict(zip(widths, lefts.tolist(), strict=True))


def shape_geometry(timesteps, input_size, hidden_size, places):
    """Rectangles of the arrays, lines between their numbers, rectangles of what unit 1
    needs, and (x, y) -> shape of each array.
    """
    sizes = {
        "inputs": (timesteps, input_size),
        "output_t": (hidden_size,),
        "Wx": (hidden_size, input_size),
        "input_t": (input_size,),
        "Wh": (hidden_size, hidden_size),
        "hidden_state_t": (hidden_size,),
        "b": (hidden_size,),
    }
    squares, edges, unit, shapes = [], [], [], {}
    for name, left in places.items():
        rows, columns = (*sizes[name], 1)[:2]
        squares.append(_rectangle(left, rows, columns))
        edges += [[(left, i), (left + columns, i)] for i in range(1, rows)]
        edges += [[(left + j, 0), (left + j, rows)] for j in range(1, columns)]
        shapes[left, rows + 0.4] = sizes[name]
        if name in ("output_t", "Wx", "Wh", "b"):
            unit.append(_rectangle(left, 1, columns))
    return squares, edges, unit, shapes


def _rectangle(left, rows, columns):
    right = left + columns
    return [(left, 0), (right, 0), (right, rows), (left, rows)]


def digest_shapes(timesteps, input_size, hidden_size):
    """The shapes in words, and the parameter count."""
    count = hidden_size * (input_size + hidden_size + 1)
    return (
        f"inputs ({timesteps}, {input_size}), Wx ({hidden_size}, {input_size}), "
        f"Wh ({hidden_size}, {hidden_size}), b ({hidden_size},): {count} parameters"
    )


ROOM = (12, 8, 12)


def shapes_explorer():
    """The shapes of a cell's arrays to scale, for any sizes."""
    ax = new_axes(size=(10, 2.6), live=True)
    drawn = plot_shapes(10, 4, 8, ROOM, ax).drawn
    labels = drawn.pop("labels")
    places = shape_places(*ROOM[1:])

    def show(timesteps, input_size, hidden_size):
        squares, edges, unit, shapes = shape_geometry(
            timesteps, input_size, hidden_size, places
        )
        drawn["arrays"].set_verts(squares)
        drawn["unit_1"].set_verts(unit)
        drawn["edges"].set_segments(edges)
        for label, (place, shape) in zip(labels, shapes.items(), strict=True):
            label.set(position=place, text=str(shape))
        return digest_shapes(timesteps, input_size, hidden_size)

    controls = {
        "timesteps": whole("timesteps", 10, 1, ROOM[0], "rows"),
        "input_size": whole("input_size", 4, 1, ROOM[1], "columns"),
        "hidden_size": whole("hidden_size", 8, 1, ROOM[2], "units"),
    }
    return Panel("shapes", controls, show, drawn, labels=labels)


def _word_rows(words):
    columns = sorted(set(words))
    return np.array([[float(word == column) for column in columns] for word in words])


def _sentences():
    zen = zen_of_python().replace(".", "").splitlines()
    return [(zen[4].split() + zen[5].split(),), (["to", "be", "or", "not", "to"],)]


EXERCISES = {
    "01.1": Exercise(lambda: 512 * 300 + 512 * 512 + 512),
    "01.2": Exercise(_word_rows, _sentences),
    "01.3": Exercise(
        lambda inputs, characters: "".join(
            characters[place] for place in np.nonzero(inputs)[1]
        ),
        lambda: [one_hot("hellohello"), one_hot("aba"), one_hot("b", "abc")],
    ),
}
