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
from traitlets import Unicode

from rnn_core import SCHEMES, init_parameters

from .pictures import DOTS_PER_INCH, heatmap_extent, new_axes, plot_curves


def draw_live(figure, artists):
    """Return a function that renders the figure as PNG, over a background drawn once.

    Only `artists` are drawn each time. A full draw takes ten times as long, and most of
    that is text: so the labels that must change are few.
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
    lines = np.full((height, 1 + 4 * width), 2, dtype=np.uint8)  # 2 names the filter up
    lines[0, 1:] = rows[0]
    np.subtract(rows[1:], rows[:-1], out=lines[1:, 1:])
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)  # 8 bits, RGBA
    chunks = [
        _chunk(b"IHDR", header),
        _chunk(b"IDAT", zlib.compress(lines, 1)),
        _chunk(b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def _chunk(kind, data):
    """One part of a PNG: its length, what it is, the data, a checksum."""
    length = struct.pack(">I", len(data))
    checksum = struct.pack(">I", zlib.crc32(kind + data))
    return length + kind + data + checksum


NAMED = {"description_width": "90px"}
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
_open = {}  # name -> the panel that is open: running its cell again closes it


class Picture(widgets.Image):
    """An image whose tooltip a screen reader reads: ipywidgets shows one only where
    there is an empty description, and draws no plain Image that has a tooltip.
    """

    description = Unicode().tag(sync=True)


class Panel(widgets.VBox):
    """Controls, buttons, one picture, and a line that says what the picture shows.

    .controls (name -> widget), .image, .digest, .shown (name -> what an artist holds).
    presets: name -> values; its button sets these, and the other controls to where they
    started. Without a preset of no values there is a button Reset. below: more widgets.
    """

    def __init__(
        self, name, controls, show, artists, *, labels=(), presets=None, below=()
    ):
        super().__init__()
        self.controls = controls
        self.artists = artists
        self.labels = labels
        self.image = Picture(format="png")
        self.digest = widgets.HTML()
        self.changed = widgets.Label()
        self._show = show
        self._paused = False
        self._start = {key: control.value for key, control in controls.items()}
        for control in controls.values():
            control.observe(self._update, names="value")
        self._live = [*artists.values(), *labels]
        self._render = draw_live(self._live[0].get_figure(root=True), self._live)
        presets = dict(presets or {})
        if {} not in presets.values():
            presets = {"Reset": {}} | presets
        self.presets = {key: self._button(key, presets[key]) for key in presets}
        self.reset = next(self.presets[key] for key in presets if not presets[key])
        self.reset.add_class("panel-reset")
        self._lay_out(below)
        self._update()
        if name in _open:
            _open[name].close()
        _open[name] = self

    def _lay_out(self, below):
        """Controls in as many columns as fit, then buttons, picture and digest."""
        # sliders first, so that a line of names parts no pair of them
        controls = sorted(self.controls.values(), key=_has_names)
        rows = [_row(control) for control in controls]
        buttons = [*self.presets.values(), self.changed]
        figure = self._live[0].get_figure(root=True)
        self.image.layout.width = f"{figure.get_figwidth() * DOTS_PER_INCH:.0f}px"
        self.image.layout.max_width = "100%"
        self.image.layout.object_fit = "contain"
        wrap = {"flex_flow": "row wrap"}
        self.children = [
            widgets.HBox(rows, layout=wrap).add_class("panel-controls"),
            widgets.HBox(buttons, layout=wrap),
            self.image,
            self.digest,
            *below,
        ]

    @property
    def shown(self):
        """Name -> what its artist holds now."""
        return {name: held(artist) for name, artist in self.artists.items()}

    def __repr__(self):
        """What print, GitHub and nbval see of a panel."""
        return html.unescape(self.digest.value)

    def _repr_mimebundle_(self, **kwargs):
        """The widget, and its picture and digest for whoever has no kernel."""
        bundle = super()._repr_mimebundle_(**kwargs)
        bundle["text/plain"] = repr(self)  # ipywidgets cuts it at 110
        bundle["image/png"] = base64.b64encode(self.image.value).decode()
        return bundle, {"image/png": {"alt": repr(self)}}

    def close(self):
        """Close every widget of the panel, so that nothing of it stays behind."""
        for widget in _parts(self):
            widgets.Widget.close(widget)

    def _button(self, name, values):
        """A button that sets `values`, and every other control to where it started."""
        button = widgets.Button(
            description=name,
            tooltip=_say(values) or "the values at the start",
            layout={"width": "auto"},
        )
        button.sets = self._start | values
        button.on_click(lambda _: self._set(button.sets))
        return button

    def _set(self, values):
        self._paused = True
        for key, value in values.items():
            self.controls[key].value = value
        self._paused = False
        self._update()

    def _update(self, _=None):
        if self._paused:
            return
        values = {key: control.value for key, control in self.controls.items()}
        digest = self._show(**values)
        # In one message, since for each the browser draws the picture anew.
        with self.image.hold_sync():
            self.image.value = self._render()
            self.image.tooltip = digest
        self.digest.value = html.escape(digest, quote=False)
        start = self._start
        differing = {key: values[key] for key in values if values[key] != start[key]}
        said = f"changed: {_say(differing)}" if differing else "nothing is changed"
        self.changed.value = said
        for button in self.presets.values():
            button.button_style = "primary" if values == button.sets else ""


def _row(control):
    """A control that fills its column, and its range and unit, below it on a phone."""
    control.layout.width = "auto"
    control.layout.flex = "1 1 240px"
    parts = [control]
    if said := _range(control):
        parts.append(widgets.Label(said, layout={"flex": "none", "width": "150px"}))
    flex = "1 1 100%" if _has_names(control) else "1 1 500px"
    wrap = {"flex_flow": "row wrap", "justify_content": "flex-end"}
    return widgets.HBox(parts, layout=wrap | {"flex": flex})


def _has_names(control):
    """Whether it is a line of buttons, which wants all of the width."""
    return isinstance(control, widgets.ToggleButtons)


def held(artist):
    """What an artist holds: an image's values, a line's points, a shape's corners."""
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
    """Return (put, labels): put(rows) sets any (timesteps, units), the ticks follow."""
    put_x, x_labels = follow_count(image.axes, "x")
    put_y, y_labels = follow_count(image.axes, "y")

    def put(rows):
        image.set_data(rows.T)
        image.set_extent(heatmap_extent(rows))
        put_x(rows.shape[0])
        put_y(rows.shape[1])

    return put, [*x_labels, *y_labels]


def follow_count(ax, axis, first=1):
    """Return (put, labels): put(n) lets an axis count from `first` to n, with 3 ticks.

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
    """Inputs and parameters in the listing's order, so that panels open on it."""
    rng = np.random.default_rng(seed)
    sizes = input_size, hidden_size
    inputs = rng.random((timesteps, input_size))
    return inputs, init_parameters(*sizes, scheme=scheme, gain=gain, rng=rng)


def whole(name, value, low, high, unit=""):
    """A slider over whole numbers."""
    slider = widgets.IntSlider(
        value=value, min=low, max=high, description=name, style=NAMED
    )
    slider.unit = unit
    return slider


def number(name, value, low, high, step=0.05, unit=""):
    """A slider over numbers with two decimals, as the gain."""
    slider = widgets.FloatSlider(
        value=value, min=low, max=high, step=step, description=name, style=NAMED
    )
    slider.unit = unit
    return slider


def ordered(name, value, options):
    """A slider over values that have an order, but not equal distances."""
    return widgets.SelectionSlider(
        value=value, options=list(options), description=name, style=NAMED
    )


def names(name, value, options):
    """A button for each name, since names have no order; all of them can be seen."""
    style = NAMED | {"button_width": "auto"}
    return widgets.ToggleButtons(
        value=value, options=list(options), description=name, style=style
    )


def schemes(value):
    """The schemes of init_parameters."""
    return names("scheme", value, SCHEMES)


def put_dot(dot, x, y):
    """Set a dot's place; off the scale it is a triangle at the edge, and no dot."""
    low, high = dot.axes.get_ylim()
    dot.set_data([x], [min(max(y, low), high)])
    dot.set_marker("v" if y < low else "^" if y > high else "o")


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
    """The range of a slider and its unit, as the label beside it says them."""
    if isinstance(control, widgets.SelectionSlider):
        first, *_, last = control.options
        return f"{first} to {last}"
    if not hasattr(control, "unit"):
        return ""
    return f"{control.min:g} to {control.max:g} {control.unit}".strip()


def _say(values):
    """Names and values in words: gain 1.5, scheme gaussian."""
    texts = {k: f"{v:g}" if isinstance(v, float) else v for k, v in values.items()}
    return ", ".join(f"{name} {text}" for name, text in texts.items())


def _parts(widget):
    """A widget and all that belongs to it, children first."""
    for child in getattr(widget, "children", ()):
        yield from _parts(child)
    for part in (widget.layout, getattr(widget, "style", None), widget):
        if part is not None:
            yield part


def live_curve(updates, highest, ylabel):
    """Show empty axes; return the function that draws the values so far in them."""
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
