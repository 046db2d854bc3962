"""Heatmaps, curves and diagrams in one style, each with its digest: one printed line made from the same data.

Every plot_* function draws into `ax`, or into a new figure, and returns the Axes. Every describe_* function
returns the sentence that tells the same to a reader who cannot see the picture.
"""

import struct
import zlib

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from .mean_field import critical_gain, lyapunov_exponent, stationary_variance
from .saturation import saturated_fraction, slope

STYLE = {"font.size": 12, "axes.titlesize": 13, "figure.facecolor": "white", "savefig.facecolor": "white"}
COLORS = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#CC79A7",
    "#E69F00",
    "#56B4E9",
)  # Okabe and Ito (2008): colour-blind safe


def new_axes(rows=1, columns=1, *, size=(8, 3.6), live=False):
    """A figure in the house style; return its axes. live: for a panel, outside pyplot."""
    with plt.rc_context(STYLE):
        make = Figure if live else plt.figure
        return make(figsize=size, layout="constrained").subplots(rows, columns)


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
    """An array of shape (height, width, 4) as PNG, in half of Pillow's time.

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


def plot_heatmap(rows, *, title, bar, limits, cmap, ax=None):
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
        extent=(0.5, timesteps + 0.5, units + 0.5, 0.5),
    )
    ax.set(title=title, xlabel="timestep", ylabel="hidden unit")
    ax.set(xticks=count_from_one(timesteps), yticks=count_from_one(units))
    ax.figure.colorbar(image, ax=ax, label=bar)
    return ax


def count_from_one(n):
    """About ten ticks of an axis that counts 1 to n."""
    return range(1, n + 1, max(1, round(n / 10)))


def plot_curves(x, curves, *, xlabel, ylabel, title="", yscale="linear", ax=None):
    """Named curves over one x; curves is a dict from name to array."""
    ax = new_axes() if ax is None else ax
    for (name, y), color, marker in zip(curves.items(), COLORS, "os^Dv*", strict=False):
        ax.plot(x, y, color=color, marker=marker if len(x) <= 30 else None, markersize=5, label=name)
    ax.set(xlabel=xlabel, ylabel=ylabel, title=title, yscale=yscale)
    ax.grid(alpha=0.3)
    if len(curves) > 1:
        ax.legend()
    return ax


def describe_curves(x, curves, *, xlabel, ylabel):
    """First and last value of each curve."""
    ends = (f"{name} {y[0]:.3g} to {y[-1]:.3g}" for name, y in curves.items())
    return f"{ylabel} over {xlabel} {x[0]:.3g} to {x[-1]:.3g}: {'; '.join(ends)}"


# Notebook 01


def plot_shapes(timesteps, input_size, hidden_size, room=None, ax=None):
    """The arrays of a cell drawn to one scale, a square for each number.

    room: the largest (timesteps, input_size, hidden_size) to leave space for; by default these.
    """
    squares, edges, names, shapes = shape_geometry(timesteps, input_size, hidden_size, room)
    ax = new_axes(size=(9, 3.4)) if ax is None else ax
    ax.add_collection(PolyCollection(squares, facecolors=COLORS[:5], alpha=0.45))
    ax.add_collection(LineCollection(edges, colors="white", linewidths=0.8))
    for x, y, text in names:
        ax.text(x, y, text, va="bottom", fontweight="bold")
    for x, y, text in shapes:
        ax.text(x, y, text, va="top")
    tallest = max(room or (timesteps, hidden_size))
    ax.set(xlim=(-0.5, names[-1][0] + 9), ylim=(tallest + 2.5, -2), aspect="equal")
    ax.axis("off")
    return ax


def shape_geometry(timesteps, input_size, hidden_size, room=None):
    """Where plot_shapes puts its five rectangles, the lines between the numbers, the names and the shapes."""
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


def describe_shapes(timesteps, input_size, hidden_size):
    """The shapes in words, and the parameter count."""
    count = hidden_size * (input_size + hidden_size + 1)
    return (
        f"inputs ({timesteps}, {input_size}), Wx ({hidden_size}, {input_size}), "
        f"Wh ({hidden_size}, {hidden_size}), b ({hidden_size},): {count} parameters"
    )


def plot_histograms(arrays, *, xlabel, ax=None):
    """One outline for each named array, so that they can be compared."""
    ax = new_axes() if ax is None else ax
    everything = np.concatenate([np.ravel(values) for values in arrays.values()])
    low, high = everything.min(), everything.max()
    width = 10 ** np.floor(np.log10((high - low) / 12)) / 2  # 0.05, 0.5, ...: 0 and 1 are edges of bins
    bins = width * np.arange(np.floor(low / width), np.ceil(high / width) + 1)
    for (name, values), color in zip(arrays.items(), COLORS, strict=False):
        ax.hist(np.ravel(values), bins, density=True, histtype="stepfilled", alpha=0.25, color=color)
        ax.hist(np.ravel(values), bins, density=True, histtype="step", linewidth=2, color=color, label=name)
    ax.set(xlabel=xlabel, ylabel="density")
    if len(arrays) > 1:
        ax.legend()
    else:
        ax.set_title(*arrays)
    return ax


def describe_histograms(arrays):
    """Mean and standard deviation of each array."""
    means = {
        name: round(float(np.mean(values)), 2) + 0.0 for name, values in arrays.items()
    }  # + 0.0: no "-0.00"
    each = (
        f"{name} mean {means[name]:.2f}, standard deviation {np.std(v):.2f}" for name, v in arrays.items()
    )
    return "; ".join(each)


# Notebook 02


def plot_unrolled(timesteps=4, axes=None):
    """The same network twice: folded, with its loop, and unrolled, one copy of the cell for each timestep."""
    folded, unrolled = new_axes(1, 2, size=(10, 3)) if axes is None else axes
    _draw_cell(folded, 0, "h$_t$", "x$_t$")
    loop = FancyArrowPatch((0.42, 0.2), (-0.42, 0.2), connectionstyle="arc3,rad=1.3", **ARROW)
    folded.add_patch(loop)
    folded.text(0, 1.02, "Wh", ha="center", color=COLORS[1])
    folded.set(xlim=(-1.3, 1.3), title="folded: a loop")
    for t in range(timesteps):
        _draw_cell(unrolled, 2 * t, f"h$_{t + 1}$", f"x$_{t + 1}$")
        unrolled.add_patch(FancyArrowPatch((2 * t - 1.45, 0), (2 * t - 0.5, 0), **ARROW))
        unrolled.text(2 * t - 1, 0.12, "Wh", ha="center", color=COLORS[1])
    unrolled.text(-1.6, 0, "h$_0$", ha="center", va="center")
    unrolled.set(xlim=(-2, 2 * timesteps - 1), title="unrolled: the same weights at every timestep")
    for ax in (folded, unrolled):
        ax.set(ylim=(-1.7, 1.4))
        ax.axis("off")
    return folded, unrolled


def describe_unrolled(timesteps=4):
    """The diagram in words."""
    return f"folded: one cell, its output returns through Wh; unrolled: {timesteps} copies, each passes h on"


ARROW = {"arrowstyle": "-|>", "mutation_scale": 14, "color": "0.3", "shrinkA": 0, "shrinkB": 0}


def _draw_cell(ax, x, state, name):
    box = FancyBboxPatch(
        (x - 0.4, -0.3), 0.8, 0.6, boxstyle="round,pad=0.08", facecolor="#DCEBF5", edgecolor=COLORS[0]
    )
    ax.add_patch(box)
    ax.text(x, 0, state, ha="center", va="center")
    ax.add_patch(FancyArrowPatch((x, -1.2), (x, -0.4), **ARROW))
    ax.text(x + 0.1, -0.85, "Wx", color=COLORS[1])
    ax.text(x, -1.55, name, ha="center")


TERMS = ("Wx @ input_t", "Wh @ hidden_state", "b", "pre-activation", "tanh")


def step_terms(input_t, hidden_state, Wx, Wh, b):
    """The five rows of one step, one column for each unit: two products, the bias, their sum, its tanh."""
    from_input, from_state = Wx @ input_t, Wh @ hidden_state
    total = from_input + from_state + b
    return np.stack([from_input, from_state, b, total, np.tanh(total)])  # (5, hidden_size)


def plot_step(terms, ax=None):
    """The terms of one step as colours, from -6 to 6, where tanh is flat; its own row from -1 to 1."""
    ax = new_axes(size=(8, 3)) if ax is None else ax
    units = terms.shape[1]
    limits = {"vmin": -6, "vmax": 6, "cmap": "RdBu_r"}
    image = ax.imshow(
        step_colors(terms),
        aspect="auto",
        extent=(0.5, units + 0.5, 5.5, 0.5),
        interpolation="nearest",
        **limits,
    )
    ax.set(title="one step, term by term", xlabel="hidden unit", xticks=range(1, units + 1))
    ax.set_yticks(range(1, 6), TERMS)
    ax.figure.colorbar(image, ax=ax, label="value (row tanh: -1 to 1)", ticks=range(-6, 7, 2), extend="both")
    return ax


def step_colors(terms):
    """The terms with the row of tanh stretched to the scale of the others."""
    return np.vstack([terms[:4], 6 * terms[4:]])


def describe_step(terms):
    """The mean of each term over the units."""
    return "mean over units: " + ", ".join(
        f"{n} {row.mean():.2f}" for n, row in zip(TERMS, terms, strict=True)
    )


def plot_hidden_states(hidden_states, ax=None):
    """Heatmap of hidden states, always from -1 to 1."""
    labels = {"title": "hidden states", "bar": "hidden state"}
    return plot_heatmap(hidden_states, limits=(-1, 1), cmap="RdBu_r", ax=ax, **labels)


def describe_hidden_states(hidden_states, threshold=0.99):
    """How much of it is saturated, and since when."""
    timesteps, units = hidden_states.shape
    share = saturated_fraction(hidden_states, threshold)
    open_units = np.flatnonzero(saturated_fraction(hidden_states, threshold, axis=1) < 1)
    since = open_units[-1] + 2 if len(open_units) else 1  # the timestep after the last one with an open unit
    when = f", all of it from timestep {since} on" if since <= timesteps else ""
    saturated = f"{100 * share:.0f} % of |h| above {threshold}{when}"
    return f"hidden states of {units} units over {timesteps} timesteps: {saturated}"


# Notebook 03


def plot_slope(hidden_states, ax=None):
    """Heatmap of the slope 1 - h^2, from 0 (saturated) to 1."""
    labels = {"title": "slope of tanh", "bar": "1 - h$^2$"}
    return plot_heatmap(slope(hidden_states), limits=(0, 1), cmap="viridis", ax=ax, **labels)


def describe_slope(hidden_states):
    """Median and largest slope after the first timestep, where the cell has settled."""
    slopes = slope(hidden_states)[1:] if len(hidden_states) > 1 else slope(hidden_states)
    return f"slope 1 - h^2 after timestep 1: median {np.median(slopes):.2g}, largest {slopes.max():.2g}"


def plot_saturated_fraction(runs, threshold=0.99, ax=None):
    """Saturated fraction at each timestep, one curve for each named run."""
    curves = {name: saturated_fraction(states, threshold, axis=-1) for name, states in runs.items()}
    x = np.arange(1, len(next(iter(curves.values()))) + 1)
    ax = plot_curves(x, curves, xlabel="timestep", ylabel=f"fraction of |h| > {threshold}", ax=ax)
    ax.set(ylim=(-0.05, 1.05), xticks=count_from_one(len(x)))
    return ax


def describe_saturated_fraction(runs, threshold=0.99):
    """Saturated fraction at the first and at the last timestep of each run."""
    ends = {name: saturated_fraction(states, threshold, axis=-1) for name, states in runs.items()}
    each = (f"{name} {y[0]:.2f} at timestep 1, {y[-1]:.2f} at timestep {len(y)}" for name, y in ends.items())
    return "saturated fraction: " + "; ".join(each)


def plot_saturation_map(fractions, hidden_sizes, gains, ax=None):
    """Saturated fraction over hidden size, a row for each, and gain, from 0 to 1."""
    ax = new_axes(size=(7, 4.5)) if ax is None else ax
    rows = range(len(hidden_sizes))
    mesh = ax.pcolormesh(gains, rows, fractions, cmap="viridis", vmin=0, vmax=1, shading="nearest")
    ax.set(xlabel="gain", ylabel="hidden_size", title="saturated fraction")
    ax.set_yticks(rows, hidden_sizes)
    ax.set(xlim=ax.get_xlim(), ylim=ax.get_ylim())  # what is drawn on top moves no limit
    ax.figure.colorbar(mesh, ax=ax, label="fraction of |h| > 0.99")
    return ax


def describe_saturation_map(fractions, hidden_sizes, gains):
    """The four corners of the map."""
    corners = (
        f"{fractions[i, j]:.2f} at hidden_size {hidden_sizes[i]}, gain {gains[j]:g}"
        for i in (0, -1)
        for j in (0, -1)
    )
    return "saturated fraction " + "; ".join(corners)


# Notebook 04

FAINTEST = 1e-40  # the floor of the logarithmic pictures below


def plot_gradients(gradients, ax=None):
    """Heatmap of the size of a gradient by each state, in powers of ten."""
    sizes = np.log10(np.maximum(np.abs(gradients), FAINTEST))
    labels = {"title": "gradient by each hidden state", "bar": "power of ten"}
    return plot_heatmap(sizes, limits=(-30, 0), cmap="magma", ax=ax, **labels)


def describe_gradients(gradients):
    """The largest entry at the last and at the first timestep, as powers of ten."""
    largest = np.abs(gradients).max(axis=1)
    last, first = (power_of_ten(largest[t]) for t in (-1, 0))
    return f"largest gradient: {last} at timestep {len(gradients)}, {first} at timestep 1"


def plot_gradient_norms(norms, Wh, ax=None):
    """Norm of d h_T / d h_t going back in time, under Pascanu's bound, beside the spectral radius rule."""
    labels = {"xlabel": "steps back from the last timestep", "ylabel": "norm of the gradient"}
    ax = plot_curves(np.arange(len(norms)), gradient_curves(norms, Wh), yscale="log", ax=ax, **labels)
    ax.lines[2].set_linestyle("--")
    ax.legend(loc="lower left")
    return ax


def gradient_curves(norms, Wh):
    """Over the steps back: the norms, and powers of Wh's largest singular value and spectral radius."""
    back = np.arange(len(norms))
    curves = {
        "measured": norms[::-1],
        "bound: largest singular value": np.linalg.norm(Wh, 2) ** back,
        "rule: spectral radius": np.abs(np.linalg.eigvals(Wh)).max() ** back,
    }
    return {name: np.maximum(curve, FAINTEST) for name, curve in curves.items()}


def describe_gradient_norms(norms, Wh):
    """Both ends of the measured curve, the bound and the spectral radius."""
    bound, radius = np.linalg.norm(Wh, 2), np.abs(np.linalg.eigvals(Wh)).max()
    steps = f"{len(norms) - 1} steps back: {power_of_ten(norms[0])}"
    return f"gradient norm {steps}; largest singular value {bound:.2f}, spectral radius {radius:.2f}"


def power_of_ten(size):
    """1e-28 for 1.8e-28: an order of magnitude, all that holds of a product of small slopes."""
    return f"1e{round(np.log10(size))}" if size > 0 else "0"


# Notebook 05


def plot_over_gain(gains, predicted, measured=None, *, ylabel, edge=None, ax=None):
    """A predicted curve over the gain and measured dots on it; measured is (their gains, their values).

    edge: the critical gain, where the background changes from order to chaos.
    """
    ax = new_axes() if ax is None else ax
    left, right = -0.02 * gains[-1], 1.02 * gains[-1]
    if edge is not None:
        for low, high, color, name in ((left, edge, COLORS[5], "forgets"), (edge, right, COLORS[4], "chaos")):
            ax.axvspan(low, high, color=color, alpha=0.18, linewidth=0)
            place = {"transform": ax.get_xaxis_transform(), "ha": "center", "va": "top", "color": "#555555"}
            ax.text((low + high) / 2, 0.97, name, **place)
    ax.plot(gains, predicted, color=COLORS[0], linewidth=2.5, label="predicted")
    if measured is not None:
        style = {"color": COLORS[1], "markersize": 8, "markeredgecolor": "white", "label": "measured"}
        ax.plot(*measured, "o", **style)
        ax.legend(loc="lower right")
    ax.set(xlabel="gain", ylabel=ylabel, xlim=(left, right))
    ax.grid(alpha=0.3)
    return ax


def describe_over_gain(gains, predicted, measured, *, ylabel, within):
    """Both ends of the curve, and how many of the dots lie on it; gains ascend."""
    gaps = np.abs(np.interp(measured[0], gains, predicted) - measured[1])
    ends = (
        f"predicted {predicted[0]:.2f} at gain {gains[0]:.2g} to {predicted[-1]:.2f} at gain {gains[-1]:.2g}"
    )
    return f"{ylabel}: {ends}; {np.sum(gaps <= within)} of {len(gaps)} measured within {within:g}"


GAIN_LABELS = ("RMS of the states", "exponent")
GAINS = np.linspace(0.05, 3, 60)  # where the curves of the gain picture are computed


def predict_over_gain(gains, input_variance=0.0):
    """RMS of the states and Lyapunov exponent, each an array with an entry for each gain."""
    gains = np.asarray(gains)
    q = np.array([stationary_variance(gain, input_variance) for gain in gains])
    return np.sqrt(q - input_variance) / gains, np.array(
        [lyapunov_exponent(g, input_variance) for g in gains]
    )


def plot_gain_picture(gains, rms, exponents, input_variance=0.0):
    """Measured RMS and exponents on their predicted curves; dashed those without input."""
    axes, edge = new_axes(2, 1, size=(8, 7)), critical_gain(input_variance)
    rows = zip(axes, predict_over_gain(GAINS, input_variance), (rms, exponents), GAIN_LABELS, strict=True)
    for ax, predicted, measured, ylabel in rows:
        plot_over_gain(GAINS, predicted, (gains, measured), ylabel=ylabel, edge=edge, ax=ax)
    if input_variance:
        for ax, predicted in zip(axes, predict_over_gain(GAINS), strict=True):
            ax.plot(GAINS, predicted, color="gray", linestyle="--", label="predicted without input")
            ax.legend(loc="lower right")
    title = (
        f"with input of variance {input_variance:g}" if input_variance else "one number, the gain, decides"
    )
    axes[0].set(title=title, xlabel="", ylim=(-0.05, 1.1))
    axes[1].set(ylim=(-1.6, 0.6))
    return axes


def describe_gain_picture(gains, rms, exponents, input_variance=0.0, *, within):
    """One line for each of its two pictures."""
    rows = zip(predict_over_gain(GAINS, input_variance), (rms, exponents), GAIN_LABELS, strict=True)
    return "\n".join(
        describe_over_gain(GAINS, predicted, (gains, measured), ylabel=ylabel, within=within)
        for predicted, measured, ylabel in rows
    )


def plot_neighbours(distances, ax=None):
    """How far two neighbouring trajectories are apart, dashed as predicted; distances maps gain to array."""
    ax = new_axes() if ax is None else ax
    for (gain, measured), color in zip(distances.items(), COLORS, strict=False):
        name = "measured" if len(distances) == 1 else f"measured, gain {gain:g}"
        ax.plot(np.maximum(measured, FAINTEST), color=color, linewidth=3, label=name)
    for gain, measured in distances.items():
        ax.plot(predicted_distances(gain, measured), color="black", linestyle="--", label="predicted")
    ax.set(xlabel="timesteps after the nudge", ylabel="distance", yscale="log", ylim=(1e-16, 1e3))
    ax.grid(alpha=0.3)
    ax.legend(handles=ax.lines[: len(distances) + 1], loc="upper left", fontsize=10)
    return ax


def predicted_distances(gain, distances):
    """The first distance, multiplied by exp(Lyapunov exponent) at each timestep."""
    growth = np.exp(lyapunov_exponent(gain))
    return np.maximum(distances[0] * growth ** np.arange(len(distances)), FAINTEST)


def describe_neighbours(distances):
    """Where each distance ends, as a power of ten, and the predicted exponent."""
    each = (
        f"gain {gain:.2f}: {power_of_ten(d[0])} to {power_of_ten(d[-1])}, predicted exponent"
        f" {lyapunov_exponent(gain):.3f}"
        for gain, d in distances.items()
    )
    timesteps = len(next(iter(distances.values()))) - 1
    return f"distance over {timesteps} timesteps: {'; '.join(each)}"
