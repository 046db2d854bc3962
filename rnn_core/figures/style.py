"""One style for all pictures: axes, heatmaps, curves, `show`, and the live drawing of the panels.

Every plot_* function draws arrays that it is given into `ax`, or into a new figure, and returns the Axes,
which carries `ax.digest`, a rounded line that says what the picture shows, and `ax.drawn`, name -> artist.
"""

import struct
import zlib

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import display
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

STYLE = {"font.size": 12, "axes.titlesize": 13, "figure.facecolor": "white", "savefig.facecolor": "white"}
# Okabe and Ito (2008): colour-blind safe
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
FAINTEST = 1e-40  # where a logarithmic picture draws what is smaller, 0 above all
DOTS_PER_INCH = 100  # as on the screen


def new_axes(rows=1, columns=1, *, size=(8, 3.6), live=False, sharp=1.5):
    """A figure in the house style; return its axes.

    live: for a panel, outside pyplot. `sharp`: its pixels for each pixel of the page, since a dense screen
    blurs the picture at 1; at 2 an event of the largest panel takes longer than a frame.
    """
    with plt.rc_context(STYLE):
        dpi = DOTS_PER_INCH * (sharp if live else 1)
        make = Figure if live else plt.figure
        return make(figsize=size, dpi=dpi, layout="constrained").subplots(rows, columns)


def finish(ax, digest, said, **drawn):
    """Let the Axes carry its digest (`said`, unless the caller has another) and its artists by name."""
    ax.digest, ax.drawn = said if digest is None else digest, drawn
    return ax


def show():
    """Display the current figure, its digests as its alternative text, and print them."""
    figure = plt.gcf()
    digest = "\n".join(ax.digest for ax in figure.axes if hasattr(ax, "digest"))
    display(figure, metadata={"image/png": {"alt": digest}})
    plt.close(figure)
    print(digest)


def draw_live(figure, artists):
    """Return a function that renders the figure as PNG, drawing only `artists` over a background drawn once.

    A full draw takes ten times as long, and most of that is text: so the labels that must change are few.
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
    lines = np.full((height, 1 + 4 * width), 2, dtype=np.uint8)  # 2 names the filter "up"
    lines[0, 1:] = rows[0]
    np.subtract(rows[1:], rows[:-1], out=lines[1:, 1:])
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)  # 8 bits, RGBA
    png = b"\x89PNG\r\n\x1a\n"
    for kind, data in ((b"IHDR", header), (b"IDAT", zlib.compress(lines, 1)), (b"IEND", b"")):
        png += struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    return png


def plot_heatmap(
    rows, *, title, bar, limits, cmap, ylabel="hidden unit", extend="neither", ax=None, digest=None
):
    """A (timesteps, units) array with time on x and units on y, and a named colour bar."""
    timesteps, units = rows.shape
    ax = new_axes() if ax is None else ax
    image = ax.imshow(
        rows.T,
        aspect="auto",
        interpolation="nearest",
        cmap=cmap,
        vmin=limits[0],
        vmax=limits[1],
        extent=heatmap_extent(rows),
    )
    ax.set(title=title, xlabel="timestep", ylabel=ylabel, xticks=counted(timesteps), yticks=counted(units))
    ax.figure.colorbar(image, ax=ax, label=bar, extend=extend)
    said = f"{title}, {units} by {timesteps} timesteps: {rows.min():.3g} to {rows.max():.3g}"
    return finish(ax, digest, said, image=image)


def heatmap_extent(rows):
    """Timestep 1 and unit 1 stand in the middle of the first cell, at the top left."""
    timesteps, units = rows.shape
    return 0.5, timesteps + 0.5, units + 0.5, 0.5


def counted(n):
    """The ticks of an axis that counts 1 to n: all of them, or 1 and round numbers."""
    step = next(step for step in (1, 5, 10, 20, 50, 100, 200, 500, n) if n <= 12 * step)
    return sorted({1, *range(step, n + 1, step)})


def plot_curves(x, curves, *, xlabel, ylabel, title="", yscale="linear", ax=None, digest=None):
    """Named curves over one x; `curves` maps names to arrays. A curve that hides another one is dashed.

    On a logarithmic axis what is below FAINTEST stands there, on a line that says so.
    """
    ax = new_axes() if ax is None else ax
    x, drawn = np.asarray(x), {}
    shown = {name: above_floor(y) if yscale == "log" else np.asarray(y) for name, y in curves.items()}
    for number, (name, y) in enumerate(shown.items()):
        hides = any(_coincide(y, shown[earlier]) for earlier in drawn)
        (drawn[name],) = ax.plot(
            x,
            y,
            color=COLORS[number % len(COLORS)],
            marker="os^Dv*"[number % 6] if len(x) <= 30 else None,
            markersize=5,
            linestyle="--" if hides else "-",
            linewidth=2,
            label=name,
        )
    ax.set(xlabel=xlabel, ylabel=ylabel, title=title, yscale=yscale)
    ax.grid(alpha=0.3)
    if yscale == "log" and any(np.min(y) <= FAINTEST for y in shown.values()):
        draw_floor(ax)
    if len(curves) > 1:
        ax.legend()
    ends = "; ".join(f"{name} {y[0]:.3g} to {y[-1]:.3g}" for name, y in curves.items())
    return finish(ax, digest, f"{ylabel} over {xlabel} {x[0]:.3g} to {x[-1]:.3g}: {ends}", **drawn)


def _coincide(one, other):
    """Whether the greater part of two curves would lie on each other."""
    return len(one) == len(other) and np.mean(np.isclose(one, other, rtol=0.02, atol=0)) > 0.5


def above_floor(values):
    """The values, those below FAINTEST lifted to it."""
    return np.maximum(values, FAINTEST)


def draw_floor(ax):
    """The line on which the zeros of a logarithmic picture stand, with its name."""
    ax.axhline(FAINTEST, color="0.4", linestyle=":", zorder=1)
    style = {"textcoords": "offset points", "ha": "right", "fontsize": 10, "color": "0.3", "zorder": 1}
    place = {"xy": (0.99, FAINTEST), "xycoords": ax.get_yaxis_transform(), "xytext": (0, 5)}
    ax.annotate(f"0, drawn at {FAINTEST:.0e}", **place, **style)


def power_of_ten(size):
    """1e-28 for 1.8e-28: an order of magnitude, all that holds of a product of small slopes."""
    return f"1e{round(np.log10(size))}" if size > 0 else "0"
