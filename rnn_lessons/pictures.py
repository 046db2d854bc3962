"""One style for all pictures: axes, heatmaps, curves, `show`, and the live drawing of
the panels.

Every plot_* function draws arrays that it is given into `ax`, or into a new figure, and
returns the Axes, which carries `ax.digest`, a rounded line that says what the picture
shows, and `ax.drawn`, name -> artist.
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np
from IPython import get_ipython
from IPython.display import display
from matplotlib.figure import Figure

from rnn_core import saturated_fraction
from rnn_core.validation import check_numbers

# 14 points, legible at the back of a room; opaque, since a page may be dark
plt.rcParams.update(
    {
        "font.size": 14,
        "axes.titlesize": 15,
        "axes.titlelocation": "left",  # the colour bar has its name to the right
        "legend.fontsize": 14,
        "figure.facecolor": "white",
        "savefig.facecolor": "white",
    }
)


# Okabe and Ito (2008): colour-blind safe
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")


FAINTEST = 1e-40  # where a logarithmic picture draws what is smaller, 0 above all


DOTS_PER_INCH = 100  # as on the screen


def new_axes(rows=1, columns=1, *, size=(8, 3.6), live=False, sharp=1.5):
    """A figure in the house style; return its axes.

    live: for a panel, outside pyplot. `sharp`: its pixels for each pixel of the page,
    since a dense screen blurs the picture at 1; at 2 an event of the largest panel
    takes longer than a frame.
    """
    dpi = DOTS_PER_INCH * (sharp if live else 1)
    make = Figure if live else plt.figure
    return make(figsize=size, dpi=dpi, layout="constrained").subplots(rows, columns)


def finish(ax, digest, said, **drawn):
    """Let the Axes carry its digest (`said`, unless the caller has another) and its
    artists by name.
    """
    ax.digest, ax.drawn = said if digest is None else digest, drawn
    return ax


def show():
    """Display the current figure, its digests as its alternative text, and print them.

    Outside a notebook it prints them and opens a window, where there is a screen.
    """
    figure = plt.gcf()
    digest = "\n".join(ax.digest for ax in figure.axes if hasattr(ax, "digest"))
    if in_notebook():
        display(figure, metadata={"image/png": {"alt": digest}})
        plt.close(figure)
        print(digest)
        return
    print(digest, flush=True)
    with warnings.catch_warnings():  # that there is no screen
        warnings.simplefilter("ignore", UserWarning)
        plt.show()
    plt.close(figure)


def in_notebook():
    """Whether pictures are displayed: not in plain Python, not in a terminal."""
    shell = get_ipython()
    return shell is not None and type(shell).__name__ != "TerminalInteractiveShell"


def plot_heatmap(
    rows,
    *,
    title,
    bar,
    limits,
    cmap,
    ylabel="hidden unit",
    extend="neither",
    ax=None,
    digest=None,
):
    """(timesteps, units) with time on x and units on y, and a named colour bar."""
    rows = check_rows(rows, "rows")
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
    ax.set(
        title=title,
        xlabel="timestep",
        ylabel=ylabel,
        xticks=counted(timesteps),
        yticks=counted(units),
    )
    add_bar(image, bar, ticks=(limits[0], sum(limits) / 2, limits[1]), extend=extend)
    range_ = f"{rows.min():.3g} to {rows.max():.3g}"
    said = f"{title}, {units} by {timesteps} timesteps: {range_}"
    return finish(ax, digest, said, image=image)


def add_bar(image, name, **options):
    """A colour bar with its name above it, where it can't be a neighbour's."""
    bar = image.figure.colorbar(image, ax=image.axes, **options)
    bar.ax.set_title(name, loc="center", fontsize=14, pad=12)  # above the top tick
    return bar


def check_rows(rows, name):
    """Return the numbers of a heatmap; NaN stays, and is drawn white."""
    return check_numbers(rows, name, ("timesteps", "units"))


def check_curves(curves, name, shape=("points",)):
    """Return named curves, at least one, each as an array of this shape."""
    if not isinstance(curves, dict):
        came = type(curves).__name__
        raise TypeError(f"{name} must be a dict from names to arrays; got {came}.")
    if not curves:
        raise ValueError(f"{name} must not be empty; got {{}}.")
    return {
        label: check_numbers(y, f"{name}[{label!r}]", shape)
        for label, y in curves.items()
    }


def heatmap_extent(rows):
    """Timestep 1 and unit 1 stand in the middle of the first cell, at the top left."""
    timesteps, units = rows.shape
    return 0.5, timesteps + 0.5, units + 0.5, 0.5


def counted(n):
    """The ticks of an axis that counts 1 to n: all of them, or 1 and round numbers."""
    step = next(step for step in (1, 5, 10, 20, 50, 100, 200, 500, n) if n <= 12 * step)
    return sorted({1, *range(step, n + 1, step)})


def plot_curves(
    x, curves, *, xlabel, ylabel, title="", yscale="linear", ax=None, digest=None
):
    """Named curves over one x; `curves` maps names to arrays. A curve that hides
    another one is dashed.

    On a logarithmic axis what is below FAINTEST stands there, on a line that says so.
    """
    x = check_numbers(x, "x", ("points",))
    curves = check_curves(curves, "curves", (len(x),))
    ax = new_axes() if ax is None else ax
    drawn = {}
    shown = {
        name: above_floor(y) if yscale == "log" else y for name, y in curves.items()
    }
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
    return finish(
        ax, digest, f"{ylabel} over {xlabel} {x[0]:.3g} to {x[-1]:.3g}: {ends}", **drawn
    )


def _coincide(one, other):
    """Whether the greater part of two curves would lie on each other."""
    return (
        len(one) == len(other)
        and np.mean(np.isclose(one, other, rtol=0.02, atol=0)) > 0.5
    )


def above_floor(values):
    """The values, those below FAINTEST lifted to it."""
    return np.maximum(values, FAINTEST)


def draw_floor(ax):
    """The line on which the zeros of a logarithmic picture stand, with its name."""
    ax.axhline(FAINTEST, color="0.4", linestyle=":", zorder=1)
    style = {
        "textcoords": "offset points",
        "ha": "right",
        "color": "0.3",
        "zorder": 1,
    }
    place = {
        "xy": (0.99, FAINTEST),
        "xycoords": ax.get_yaxis_transform(),
        "xytext": (0, 5),
    }
    ax.annotate(f"0, drawn at {FAINTEST:.0e}", **place, **style)


def power_of_ten(size):
    """1e-28 for 1.8e-28: an order of magnitude, all that holds of a product of small
    slopes.
    """
    return f"1e{round(np.log10(size))}" if size > 0 else "0"


def plot_hidden_states(hidden_states, ax=None, digest=None):
    """Heatmap of hidden states, always from -1 to 1."""
    hidden_states = check_rows(hidden_states, "hidden_states")
    labels = {"title": "hidden states", "bar": "hidden state"}
    ax = plot_heatmap(hidden_states, limits=(-1, 1), cmap="RdBu_r", ax=ax, **labels)
    return finish(ax, digest, digest_hidden_states(hidden_states), **ax.drawn)


def digest_hidden_states(hidden_states, threshold=0.99):
    """How much of it is saturated, and since when."""
    timesteps, units = hidden_states.shape
    share = saturated_fraction(hidden_states, threshold)
    open_units = np.flatnonzero(
        saturated_fraction(hidden_states, threshold, axis=1) < 1
    )
    since = (
        open_units[-1] + 2 if len(open_units) else 1
    )  # the timestep after the last one with an open unit
    when = f", all of it from timestep {since} on" if since <= timesteps else ""
    saturated = f"{100 * share:.0f} % of |h| above {threshold}{when}"
    return f"hidden states of {units} units over {timesteps} timesteps: {saturated}"


BANDS = ("differences\nfade", "differences\ngrow: chaos")


def plot_over_gain(
    gains,
    predicted,
    measured=None,
    *,
    ylabel,
    edge=None,
    name="measured",
    ax=None,
    digest=None,
):
    """A predicted curve over the gain and measured dots on it; measured is (their
    gains, their values).

    edge: the critical gain, where the background changes from order to chaos.
    name: of the dots in the legend.
    """
    gains = check_numbers(gains, "gains", ("gains",))
    predicted = check_numbers(predicted, "predicted", gains.shape)
    if measured is not None:
        measured = check_numbers(measured, "measured", (2, "points"))
    ax = new_axes() if ax is None else ax
    left, right, drawn = -0.02 * gains[-1], 1.02 * gains[-1], {}
    if edge is not None:
        for low, high, color, band in (
            (left, edge, COLORS[5], BANDS[0]),
            (edge, right, COLORS[4], BANDS[1]),
        ):
            ax.axvspan(low, high, color=color, alpha=0.18, linewidth=0)
            place = {
                "transform": ax.get_xaxis_transform(),
                "ha": "center",
                "va": "top",
                "color": "#444444",
            }
            ax.text((low + high) / 2, 0.97, band, **place)
    (drawn["predicted"],) = ax.plot(
        gains, predicted, color=COLORS[0], linewidth=2.5, label="predicted"
    )
    if measured is not None:
        style = {
            "color": COLORS[1],
            "markersize": 8,
            "markeredgecolor": "white",
            "label": name,
        }
        (drawn["measured"],) = ax.plot(*measured, "o", **style)
    said = _digest_over_gain(gains, predicted, measured, ylabel)
    if measured is not None:
        ax.legend(loc="lower right")
    ax.set(xlabel="gain", ylabel=ylabel, xlim=(left, right))
    ax.grid(alpha=0.3)
    return finish(ax, digest, said, **drawn)


def _digest_over_gain(gains, predicted, measured, ylabel):
    """How far the dots lie from the curve, read off at their gains; gains ascend."""
    if measured is None:
        ends = f"{predicted[0]:.2f} at gain {gains[0]:.2g}"
        ends += f" to {predicted[-1]:.2f} at gain {gains[-1]:.2g}"
        return f"{ylabel}: predicted {ends}"
    dots_at, dots = measured
    off = np.abs(dots - np.interp(dots_at, gains, predicted)).max()
    return f"{ylabel}: {len(dots)} dots, at most {off:.3f} from the predicted curve"
