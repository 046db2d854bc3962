"""Lesson 01: the shapes of a cell's arrays; the pictures, the panel, the exercises."""

import numpy as np
from matplotlib.collections import LineCollection, PolyCollection

from rnn_core import init_parameters, one_hot, zen_of_python

from .check import Exercise
from .panel import Panel, whole
from .pictures import COLORS, common_bins, digest_histograms, finish, new_axes


def plot_shapes(timesteps, input_size, hidden_size, room=None, ax=None, digest=None):
    """The arrays of a cell drawn to one scale, a square for each number.

    room: the largest (timesteps, input_size, hidden_size) to leave space for; by
    default these.
    """
    squares, edges, names, shapes = shape_geometry(
        timesteps, input_size, hidden_size, room
    )
    ax = new_axes(size=(9, 3.4)) if ax is None else ax
    arrays = ax.add_collection(
        PolyCollection(squares, facecolors=COLORS[:5], alpha=0.45)
    )
    between = ax.add_collection(LineCollection(edges, colors="white", linewidths=0.8))
    for x, y, text in names:
        ax.text(x, y, text, va="bottom", fontweight="bold")
    labels = [ax.text(x, y, text, va="top") for x, y, text in shapes]
    tallest = max(room or (timesteps, hidden_size))
    ax.set(xlim=(-0.5, names[-1][0] + 9), ylim=(tallest + 2.5, -2), aspect="equal")
    ax.axis("off")
    said = digest_shapes(timesteps, input_size, hidden_size)
    return finish(ax, digest, said, arrays=arrays, edges=between, labels=labels)


def shape_geometry(timesteps, input_size, hidden_size, room=None):
    """Where plot_shapes puts its five rectangles, the lines between the numbers, the
    names and the shapes.
    """
    t, d, h = timesteps, input_size, hidden_size
    _, room_d, room_h = room or (t, d, h)
    arrays = (
        ("inputs", (t, d), room_d),
        ("Wx", (h, d), room_d),
        ("Wh", (h, h), room_h),
        ("b", (h,), 1),
        ("hidden_state", (h,), 1),
    )
    squares, edges, names, shapes, left = [], [], [], [], 0
    for name, shape, width in arrays:
        rows, columns = shape[0], (shape[1] if len(shape) == 2 else 1)
        right = left + columns
        squares.append([(left, 0), (right, 0), (right, rows), (left, rows)])
        edges += [[(left, i), (right, i)] for i in range(1, rows)]
        edges += [[(left + j, 0), (left + j, rows)] for j in range(1, columns)]
        names.append((left, -0.3, name))
        shapes.append((left, rows + 0.3, str(shape)))
        left += max(width, 5) + 2
    return squares, edges, names, shapes


def digest_shapes(timesteps, input_size, hidden_size):
    """The shapes in words, and the parameter count."""
    count = hidden_size * (input_size + hidden_size + 1)
    return (
        f"inputs ({timesteps}, {input_size}), Wx ({hidden_size}, {input_size}), "
        f"Wh ({hidden_size}, {hidden_size}), b ({hidden_size},): {count} parameters"
    )


def plot_histograms(arrays, *, xlabel, ax=None, digest=None):
    """One outline for each named array, over common bins, so that they can be compared."""
    ax = new_axes() if ax is None else ax
    bins, drawn = common_bins(arrays, 25), {}
    for (name, values), color in zip(arrays.items(), COLORS, strict=False):
        ax.hist(
            np.ravel(values),
            bins,
            density=True,
            histtype="stepfilled",
            alpha=0.25,
            color=color,
        )
        style = {"histtype": "step", "linewidth": 2, "color": color, "label": name}
        *_, (drawn[name],) = ax.hist(np.ravel(values), bins, density=True, **style)
    ax.set(xlabel=xlabel, ylabel="density")
    if len(arrays) > 1:
        ax.legend()
    else:
        ax.set_title(*arrays)
    return finish(ax, digest, digest_histograms(arrays), **drawn)


ROOM = (16, 12, 12)


def shapes_explorer():
    """The shapes of a cell's arrays to scale, for any sizes."""
    drawn = plot_shapes(10, 4, 8, ROOM, new_axes(size=(10, 3.8), live=True)).drawn
    arrays, edges, labels = drawn["arrays"], drawn["edges"], drawn["labels"]

    def show(**sizes):
        squares, segments, _, texts = shape_geometry(**sizes, room=ROOM)
        arrays.set_verts(squares)
        edges.set_segments(segments)
        for label, (x, y, text) in zip(labels, texts, strict=True):
            label.set(position=(x, y), text=text)
        return digest_shapes(**sizes)

    controls = {
        "timesteps": whole("timesteps", 10, 1, ROOM[0], "rows"),
        "input_size": whole("input_size", 4, 1, ROOM[1], "columns"),
        "hidden_size": whole("hidden_size", 8, 1, ROOM[2], "units"),
    }
    return Panel(
        "shapes", controls, show, {"arrays": arrays, "edges": edges}, labels=labels
    )


def _words():
    words = " ".join(zen_of_python().splitlines()[4:6]).replace(".", "").split()
    return np.array(
        [[float(word == column) for column in sorted(set(words))] for word in words]
    )


EXERCISES = {
    "01.1": Exercise(
        lambda: sum(
            a.size
            for a in init_parameters(
                300, 512, scheme="uniform", rng=np.random.default_rng(0)
            )
        )
    ),
    "01.2": Exercise(
        lambda inputs, characters: "".join(
            characters[place] for place in np.nonzero(inputs)[1]
        ),
        lambda: [one_hot("Simple"), one_hot("aba"), one_hot("b", "abc")],
    ),
    "01.3": Exercise(_words),
}
