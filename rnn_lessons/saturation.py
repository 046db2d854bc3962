"""Lesson 03: slopes, dots on tanh, the map of saturation, spreads; the panel, the
exercises.
"""

import numpy as np

from rnn_core import (
    critical_gain,
    init_parameters,
    pre_activations,
    run,
    saturated_fraction,
    slope,
)
from rnn_core.validation import check_numbers

from .check import Exercise
from .panel import Panel, draw, follow_heatmap, number, schemes, whole
from .pictures import (
    COLORS,
    add_bar,
    check_curves,
    check_rows,
    finish,
    new_axes,
    plot_heatmap,
    plot_hidden_states,
)

FLAT = 2.65  # tanh(2.65) is 0.99: from here on a state counts as saturated
FARTHEST = 8  # where a dot on tanh stands whose pre-activation is larger


def plot_slope(slopes, ax=None, digest=None):
    """Heatmap of the slope 1 - h^2, from 0 (saturated) to 1."""
    slopes = check_rows(slopes, "slopes")
    labels = {"title": "slope", "bar": "1 - h$^2$"}
    ax = plot_heatmap(slopes, limits=(0, 1), cmap="viridis", ax=ax, **labels)
    settled = slopes[1:] if len(slopes) > 1 else slopes
    said = f"slope after timestep 1: {settled.mean():.1g} on average"
    return finish(ax, digest, said, **ax.drawn)


def plot_on_tanh(pre_activations, ax=None, digest=None):
    """The curve of tanh and a dot on it for each pre-activation; grey where it is flat.

    What is farther out than FARTHEST stands there, on a tick that says so.
    """
    pre_activations = check_rows(pre_activations, "pre_activations")
    ax = new_axes(size=(6, 3.6)) if ax is None else ax
    z = np.linspace(-FARTHEST - 0.6, FARTHEST + 0.6, 201)
    for side in (-1, 1):
        ax.axvspan(side * FLAT, side * z[-1], color="0.5", alpha=0.2, linewidth=0)
    ax.plot(z, np.tanh(z), color="0.5")
    style = {"markersize": 8, "color": COLORS[1], "alpha": 0.3, "clip_on": False}
    (dots,) = ax.plot(*dots_on_tanh(pre_activations), "o", **style)
    ax.set(xlabel="pre-activation z", ylabel="h = tanh(z)", title="on tanh")
    ax.set(xlim=z[[0, -1]], ylim=(-1.15, 1.15), yticks=(-1, 0, 1))
    ax.set_xticks((-FARTHEST, -4, 0, 4, FARTHEST), ("≤ -8", "-4", "0", "4", "≥ 8"))
    out = np.mean(np.abs(pre_activations) > FLAT)
    said = f"{pre_activations.size} dots on tanh: {100 * out:.0f} % beyond {FLAT}"
    return finish(ax, digest, said, dots=dots)


def dots_on_tanh(pre_activations):
    """(x, y) of the dots, those off the scale at its ends."""
    z = np.ravel(pre_activations)
    return np.clip(z, -FARTHEST, FARTHEST), np.tanh(z)


def plot_saturation_map(
    fractions, hidden_sizes, gains, border=None, ax=None, digest=None
):
    """Saturated fraction over gain and hidden size (doubling upwards), 0 to 1, with the
    line where it is 1/2.

    border: a name and the gain at each hidden size, (name, gains), of a line to compare
    with it.
    """
    fractions = check_numbers(fractions, "fractions", ("hidden sizes", "gains"))
    sizes, columns = fractions.shape
    why = f" to match fractions of shape {fractions.shape}"
    check_numbers(hidden_sizes, "hidden_sizes", (sizes,), why)
    check_numbers(gains, "gains", (columns,), why)
    ax = new_axes(size=(8, 4.5)) if ax is None else ax
    edges = _middles(gains), np.exp2(_middles(np.log2(hidden_sizes)))
    mesh = ax.pcolormesh(*edges, fractions, cmap="viridis", vmin=0, vmax=1)
    ax.set_yscale("log", base=2)
    ax.set_yticks(hidden_sizes, hidden_sizes)
    ax.minorticks_off()
    ax.set(xlabel="gain", ylabel="hidden_size", title="saturated fraction")
    ax.set(xlim=edges[0][[0, -1]], ylim=edges[1][[0, -1]])
    half = {}
    if min(fractions.shape) > 1 and fractions.min() < 0.5 < fractions.max():
        half["half"] = ax.contour(
            gains, hidden_sizes, fractions, levels=[0.5], colors="white", linewidths=2.5
        )
        ax.plot([], [], color="white", linewidth=2.5, label="measured: one half")
    if border is not None:
        (half["border"],) = ax.plot(
            border[1],
            hidden_sizes,
            "--",
            color=COLORS[1],
            linewidth=2.5,
            label=border[0],
        )
    if half:
        ax.legend(loc="upper right", facecolor="0.35", labelcolor="white", framealpha=1)
    add_bar(mesh, "|h| > 0.99", ticks=(0, 0.5, 1))
    corners = (
        f"{fractions[i, j]:.2f} at hidden_size {hidden_sizes[i]}, gain {gains[j]:g}"
        for i in (0, -1)
        for j in (0, -1)
    )
    return finish(
        ax, digest, "saturated fraction " + "; ".join(corners), map=mesh, **half
    )


def _middles(values):
    """The edges of cells around these values: halfway between them, and as far out at
    both ends.
    """
    values = np.asarray(values, dtype=float)
    inner = (values[1:] + values[:-1]) / 2
    first, last = (
        (inner[0], inner[-1]) if len(inner) else (values[0] - 0.5, values[0] + 0.5)
    )
    return np.unique([2 * values[0] - first, *inner, 2 * values[-1] - last])


def plot_spreads(arrays, *, xlabel, flat=None, ax=None, digest=None):
    """One row for each named array over a common x, as high as its own peak: centres
    and spreads compare.

    flat: shade what lies farther out than this on either side, where tanh is flat.
    """
    arrays = check_curves(arrays, "arrays", (...,))
    ax = new_axes(size=(9, 0.6 * len(arrays) + 1.2)) if ax is None else ax
    bins = common_bins(arrays, 150)
    drawn = {}
    for row, (name, values) in enumerate(arrays.items()):
        heights = np.histogram(np.ravel(values), bins)[0]
        top, color = row - 0.9 * heights / heights.max(), COLORS[row % len(COLORS)]
        drawn[name] = ax.stairs(top, bins, baseline=row, fill=True, color=color)
        ax.axhline(row, color="0.7", linewidth=0.8)
    ax.set(xlabel=xlabel, ylim=(len(arrays) - 0.8, -1.1), xlim=(bins[0], bins[-1]))
    ax.set_yticks(range(len(arrays)), arrays)
    ax.grid(axis="x", alpha=0.3)
    if flat is not None:
        for low, high in ((bins[0], -flat), (flat, bins[-1])):
            if low < high:
                ax.axvspan(low, high, color="0.5", alpha=0.3, linewidth=0)
        ax.set_title(f"grey: where tanh is flat, beyond {flat:g} on either side")
    each = "; ".join(
        f"{name} {np.mean(values) + 0.0:.1f} and {np.std(values):.1f}"
        for name, values in arrays.items()
    ).replace("-0.0", "0.0")
    return finish(ax, digest, f"mean and spread: {each}", **drawn)


def common_bins(arrays, number):
    """At least `number` bins over all the arrays, 1, 2 or 5 times a power of ten wide:
    0 and 1 are edges.
    """
    everything = np.concatenate([np.ravel(values) for values in arrays.values()])
    low = everything.min()
    high = everything.max()
    widths = np.outer(10.0 ** np.arange(-9, 9), (1, 2, 5)).ravel()
    width = widths[widths <= (high - low or 1) / number][-1]
    return width * np.arange(np.floor(low / width), np.ceil(high / width) + 1)


# Inputs from U[0, 1) have the mean square 1/3, and so has the variance of Wx @ input_t
# in a "gaussian" cell.
EDGE = round(critical_gain(1 / 3) / 0.05) * 0.05


PRESETS = {
    "listing": {},
    "fewer units": {"hidden_size": 2},
    "centred": {"scheme": "gaussian"},
    "edge": {
        "scheme": "gaussian",
        "hidden_size": 128,
        "timesteps": 60,
        "gain": round(EDGE, 2),
    },
}


def saturation_explorer():
    """Hidden states, their slope, and where the last ones sit on tanh."""
    left, middle, right = new_axes(1, 3, size=(10, 3.3), live=True)
    states = plot_hidden_states(np.zeros((10, 8)), ax=left).drawn["image"]
    slopes = plot_slope(np.zeros((10, 8)), ax=middle).drawn["image"]
    dots = plot_on_tanh(np.zeros((1, 8)), ax=right).drawn["dots"]
    right.set_title("last timestep")
    put_states, labels = follow_heatmap(states)
    put_slopes, more_labels = follow_heatmap(slopes)

    def show(timesteps, input_size, hidden_size, gain, scheme, seed):
        inputs, parameters = draw(
            timesteps, input_size, hidden_size, scheme, gain, seed
        )
        hidden_states = run(inputs, *parameters)
        z = pre_activations(inputs, hidden_states, *parameters)
        put_states(hidden_states)
        put_slopes(slope(hidden_states))
        dots.set_data(*dots_on_tanh(z[-1]))
        share = saturated_fraction(hidden_states)
        return (
            f"{100 * share:.0f} % of the states are saturated; at the last timestep"
            f" the mean pre-activation is {round(z[-1].mean(), 2) + 0.0:.2f}"
        )

    controls = {
        "timesteps": whole("timesteps", 10, 1, 60, "steps"),
        "input_size": whole("input_size", 4, 1, 64, "inputs"),
        "hidden_size": whole("hidden_size", 8, 1, 128, "units"),
        "gain": number("gain", 1.0, 0, 3),
        "scheme": schemes("uniform"),
        "seed": whole("seed", 1, 0, 99),
    }
    artists = {"hidden_states": states, "slope": slopes, "dots": dots}
    return Panel(
        "saturation",
        controls,
        show,
        artists,
        labels=[*labels, *more_labels],
        presets=PRESETS,
    )


def _mean_pre_activation():
    rng = np.random.default_rng(0)
    means = []
    for _ in range(200):
        inputs = rng.random((10, 6))
        parameters = init_parameters(6, 20, scheme="uniform", rng=rng)
        means.append(
            pre_activations(inputs, run(inputs, *parameters), *parameters)[2:].mean()
        )
    return np.mean(means)


def _saturated_fraction(hidden_states):
    return np.array(
        [sum(abs(h) > 0.99 for h in state) / len(state) for state in hidden_states]
    )


def _some_states():
    rng = np.random.default_rng(0)
    return [
        (np.tanh(rng.normal(0, spread, shape)),)
        for spread, shape in ((3, (5, 4)), (6, (4, 10)))
    ]


def _centred_fraction(inputs, *weights):
    return _saturated_fraction(run(inputs, *(array - 0.5 for array in weights))).mean()


def _listings():
    rng = np.random.default_rng(1)
    for hidden_size in (8, 80, 800):
        yield (
            rng.random((10, 4)),
            *init_parameters(4, hidden_size, scheme="uniform", rng=rng),
        )


EXERCISES = {
    "03.1": Exercise(_mean_pre_activation, tolerance=0.02),  # measured: of 200 networks
    "03.2": Exercise(_saturated_fraction, _some_states),
    "03.3": Exercise(_centred_fraction, lambda: list(_listings()), tolerance=0.001),
}
