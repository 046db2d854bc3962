"""The shapes of a cell's arrays (lesson 01)."""

from ..figures.initialization import digest_shapes, plot_shapes, shape_geometry
from ..figures.style import new_axes
from .panel import Panel, whole

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
    return Panel("shapes", controls, show, {"arrays": arrays, "edges": edges}, labels=labels)
