"""What every slider panel is built on.

To make one: plot once into `new_axes(live=True)`, keep the artists that `ax.drawn`
names, write a function `show(**values)` that puts arrays into them and returns the
digest, and return `Panel(name, controls, show, artists)`, where `artists` maps a name
to each artist that changes (and `labels` lists texts that do). A heatmap whose size
changes takes `follow_heatmap`, a counting axis `follow_count`. `.shown` then reads
every array from its artist, and tests/test_explorers.py wants to work each out itself.

A panel owns one figure for life. Its callbacks set data on artists that stay, and the
picture travels as the bytes of a widgets.Image: no pyplot, no output area, nothing that
grows.
"""

import base64
import html
import struct
import zlib

import ipywidgets as widgets
import numpy as np
from IPython.display import display
from matplotlib.backends.backend_agg import FigureCanvasAgg

from rnn_core import SCHEMES, init_parameters

from .pictures import DOTS_PER_INCH, heatmap_extent, new_axes, plot_curves


def draw_live(figure, artists):
    """Return a function that renders the figure as PNG, drawing only `artists` over a
    background drawn once.

    A full draw takes ten times as long, and most of that is text: so the labels that
    must change are few.
    """
    for artist in artists:
        artist.set_animated(True)
    FigureCanvasAgg(figure).draw()
    background = figure.canvas.copy_from_bbox(figure.bbox)

    def render():
        figure.canvas.restore_region(background)
        for artist in artists:
            figure.draw_artist(artist)
        return encode_png(np.asarray(figure.canvas.buffer_rgba()))

    return render


def encode_png(pixels):
    """An array of shape (height, width, 4) as PNG, in less than half of Pillow's time.

    Each row is stored as its difference from the row above: in a heatmap mostly zeros.
    """
    height, width, _ = pixels.shape
    rows = pixels.reshape(height, 4 * width)
    lines = np.full(
        (height, 1 + 4 * width), 2, dtype=np.uint8
    )  # 2 names the filter "up"
    lines[0, 1:] = rows[0]
    np.subtract(rows[1:], rows[:-1], out=lines[1:, 1:])
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)  # 8 bits, RGBA
    png = b"\x89PNG\r\n\x1a\n"
    for kind, data in (
        (b"IHDR", header),
        (b"IDAT", zlib.compress(lines, 1)),
        (b"IEND", b""),
    ):
        png += (
            struct.pack(">I", len(data))
            + kind
            + data
            + struct.pack(">I", zlib.crc32(kind + data))
        )
    return png


# two beside JupyterLab's file browser on 1280 pixels
COLUMNS = "repeat(auto-fill, minmax(415px, 1fr))"


NAMED = {"style": {"description_width": "90px"}}


WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
_open = {}  # name -> the panel that is open: running its cell again closes it


class Panel(widgets.VBox):
    """.controls (name -> widget), .image, .digest, .shown (name -> the array that its
    artist holds now).

    presets: a button for each name, which sets the controls to its values and the rest
    to those at the start.
    """

    def __init__(
        self, name, controls, show, artists, *, labels=(), presets=None, below=()
    ):
        super().__init__()
        self.controls, self.artists, self.labels = controls, artists, labels
        self._show, self._paused = show, False
        self.image, self.digest, self.changed = (
            widgets.Image(format="png"),
            widgets.HTML(),
            widgets.Label(),
        )
        self._start = {key: control.value for key, control in controls.items()}
        live = [*artists.values(), *labels]
        figure = live[0].get_figure(root=True)
        self._render = draw_live(figure, live)
        for control in controls.values():
            control.observe(self._update, names="value")
            control.layout.width = (
                "280px" if _range(control) else "400px"
            )  # of a column's 415
            control.layout.flex = "none"
        # sharp on a dense screen too
        self.image.layout.width = f"{figure.get_figwidth() * DOTS_PER_INCH:.0f}px"
        self.image.layout.max_width = "100%"
        self.image.layout.object_fit = "contain"
        self.reset = self._button("Reset", "back to the values at the start", {})
        self.presets = {
            key: self._button(key, _say(values), values)
            for key, values in (presets or {}).items()
        }
        rows = [
            widgets.HBox([control, widgets.Label(_range(control))])
            for control in controls.values()
        ]
        grid = widgets.GridBox(rows, layout={"grid_template_columns": COLUMNS})
        buttons = [self.reset, *self.presets.values(), self.changed]
        row = widgets.HBox(buttons, layout={"flex_flow": "row wrap"})
        self.children = [grid, row, self.image, self.digest, *below]
        self._update()
        if name in _open:
            _open[name].close()
        _open[name] = self

    @property
    def shown(self):
        """Name -> what its artist holds now."""
        return {name: held(artist) for name, artist in self.artists.items()}

    def __repr__(self):
        return html.unescape(
            self.digest.value
        )  # what print, GitHub and nbval see of a panel

    def _repr_mimebundle_(self, **kwargs):
        """The widget, and its picture and digest for whoever has no kernel."""
        bundle = super()._repr_mimebundle_(**kwargs)
        bundle["text/plain"] = repr(self)  # ipywidgets cuts it at 110
        bundle["image/png"] = base64.b64encode(self.image.value).decode()
        return bundle, {"image/png": {"alt": repr(self)}}

    def close(self):
        """Close every widget of the panel, so that nothing of it stays in the kernel."""
        for widget in _parts(self):
            widgets.Widget.close(widget)

    def _button(self, name, tooltip, values):
        button = widgets.Button(
            description=name, tooltip=tooltip, layout={"width": "auto"}
        )
        button.on_click(lambda _: self._set(values))
        return button

    def _set(self, values):
        self._paused = True
        for key, value in (self._start | values).items():
            self.controls[key].value = value
        self._paused = False
        self._update()

    def _update(self, _=None):
        if self._paused:
            return
        values = {key: control.value for key, control in self.controls.items()}
        digest = self._show(**values)
        self.image.value = self._render()
        self.digest.value = html.escape(digest, quote=False)
        differing = {
            key: value for key, value in values.items() if value != self._start[key]
        }
        self.changed.value = (
            f"changed: {_say(differing)}" if differing else "as at the start"
        )


def held(artist):
    """The array that an artist holds: values of an image, points of a line, corners of
    a shape.
    """
    if hasattr(artist, "get_xydata"):
        return artist.get_xydata().copy()
    if hasattr(artist, "get_segments"):
        return np.array(artist.get_segments())
    if hasattr(artist, "get_paths"):
        return np.array([path.vertices for path in artist.get_paths()])
    if hasattr(artist, "get_bbox"):
        return artist.get_bbox().get_points()
    return np.asarray(artist.get_array()).copy()


def follow_heatmap(image):
    """Return (put, labels): put(rows) sets a (timesteps, units) array of any size, and
    the ticks follow.
    """
    (put_x, x_labels), (put_y, y_labels) = (
        follow_count(image.axes, axis) for axis in "xy"
    )

    def put(rows):
        image.set_data(rows.T)
        image.set_extent(heatmap_extent(rows))
        put_x(rows.shape[0])
        put_y(rows.shape[1])

    return put, [*x_labels, *y_labels]


def follow_count(ax, axis, first=1):
    """Return (put, labels): put(n) lets an axis count from `first` to n, with ticks at
    both ends and between.

    Three texts at each event take a tenth of the time of Matplotlib's own ticks.
    """
    if axis == "x":
        ax.set_xticks([])
        ax.xaxis.labelpad = 18
        style = {
            "transform": ax.get_xaxis_transform(),
            "ha": "center",
            "va": "top",
            "y": -0.025,
        }
    else:
        ax.set_yticks([])
        ax.yaxis.labelpad = 28
        style = {
            "transform": ax.get_yaxis_transform(),
            "ha": "right",
            "va": "center",
            "x": -0.02,
        }
    labels = [ax.text(**{"x": 1, "y": 1, "s": "", **style}) for _ in range(3)]

    def put(n):
        ends = first - 0.5, n + 0.5
        ax.set_xlim(ends) if axis == "x" else ax.set_ylim(ends[::-1])
        ticks = sorted({first, (first + n) // 2, n})
        for label, tick in zip(labels, ticks, strict=False):
            label.set(**{axis: tick}, text=str(tick))
        for label in labels[len(ticks) :]:
            label.set_text("")

    put(100)  # the layout leaves room for three digits
    return put, labels


def draw(timesteps, input_size, hidden_size, scheme, gain, seed):
    """Inputs and parameters in the order of the classic listing: a panel opens on its
    numbers.
    """
    rng = np.random.default_rng(seed)
    inputs = rng.random((timesteps, input_size))
    return inputs, init_parameters(
        input_size, hidden_size, scheme=scheme, gain=gain, rng=rng
    )


def whole(name, value, low, high, unit=""):
    """A slider over whole numbers."""
    slider = widgets.IntSlider(
        value=value, min=low, max=high, description=name, **NAMED
    )
    slider.unit = unit
    return slider


def number(name, value, low, high, step=0.05, unit=""):
    """A slider over numbers with two decimals, as the gain."""
    slider = widgets.FloatSlider(
        value=value, min=low, max=high, step=step, description=name, **NAMED
    )
    slider.unit = unit
    return slider


def choice(name, value, options):
    """A slider over names; JupyterLab takes a drop-down list's arrow keys away to move
    to another cell.
    """
    return widgets.SelectionSlider(
        value=value, options=list(options), description=name, **NAMED
    )


def schemes(value):
    """The schemes of init_parameters."""
    return choice("scheme", value, SCHEMES)


def display_live(widget):
    """Show a widget that nothing is left of when the notebook is stored.

    Its view alone is shown, which nbval does not compare and tools/refresh.py drops.
    """
    view = widget._repr_mimebundle_()[WIDGET_VIEW]
    display({WIDGET_VIEW: view}, raw=True)


def progress_bar(description):
    """Show a progress bar and return the function of (done, total) that moves it."""
    bar = widgets.IntProgress(
        description=description, style={"description_width": "initial"}
    )
    display_live(bar)

    def progress(done, total):
        bar.max, bar.value = total, done

    return progress


def _range(control):
    return (
        f"{control.min:g} to {control.max:g} {control.unit}".strip()
        if hasattr(control, "unit")
        else ""
    )


def _say(values):
    return ", ".join(
        f"{k} {v:g}" if isinstance(v, float) else f"{k} {v}" for k, v in values.items()
    )


def _parts(widget):
    for child in getattr(widget, "children", ()):
        yield from _parts(child)
    yield from (
        part
        for part in (widget.layout, getattr(widget, "style", None), widget)
        if part is not None
    )


def live_curve(updates, highest, ylabel):
    """Show empty axes and return the function that draws in them the values of all
    updates so far.
    """
    ax = new_axes(size=(8, 2.8), live=True, sharp=1)
    line = plot_curves(
        [0], {"": [np.nan]}, xlabel="update", ylabel=ylabel, ax=ax
    ).drawn[""]
    ax.set(xlim=(0, updates), ylim=(0, highest))
    line.set_marker("")
    render = draw_live(ax.figure, [line])
    picture = widgets.Image(format="png")
    display_live(picture)

    def draw(values):
        line.set_data(np.arange(1, len(values) + 1), values)
        picture.value = render()

    return draw
