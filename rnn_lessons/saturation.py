"""Lesson 03: slopes, saturated fractions and their map; the pictures, the panel, the
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
from .panel import Panel, draw, follow_count, follow_heatmap, number, schemes, whole
from .pictures import (
    COLORS,
    add_bar,
    check_curves,
    check_rows,
    common_bins,
    counted,
    digest_hidden_states,
    digest_histograms,
    finish,
    new_axes,
    plot_curves,
    plot_heatmap,
    plot_hidden_states,
)


def plot_slope(slopes, ax=None, digest=None):
    """Heatmap of the slope 1 - h^2, from 0 (saturated) to 1."""
    slopes = check_rows(slopes, "slopes")
    labels = {"title": "slope of tanh", "bar": "1 - h$^2$"}
    ax = plot_heatmap(slopes, limits=(0, 1), cmap="viridis", ax=ax, **labels)
    settled = slopes[1:] if len(slopes) > 1 else slopes
    said = f"slope 1 - h^2 after timestep 1: median {np.median(settled):.2g}, largest {settled.max():.2g}"
    return finish(ax, digest, said, **ax.drawn)


def plot_saturated_fraction(fractions, threshold=0.99, ax=None, digest=None):
    """Saturated fraction at each timestep; `fractions` maps the names of runs to arrays
    (timesteps,).
    """
    fractions = check_curves(fractions, "fractions")
    x = np.arange(1, len(next(iter(fractions.values()))) + 1)
    ax = plot_curves(
        x, fractions, xlabel="timestep", ylabel=f"fraction of |h| > {threshold}", ax=ax
    )
    ax.set(ylim=(-0.05, 1.05), xticks=counted(len(x)))
    each = (
        f"{name} {y[0]:.2f} at timestep 1, {y[-1]:.2f} at timestep {len(y)}"
        for name, y in fractions.items()
    )
    return finish(ax, digest, "saturated fraction: " + "; ".join(each), **ax.drawn)


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
    bins, drawn = common_bins(arrays, 150), {}
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
                ax.axvspan(low, high, color="0.5", alpha=0.15, linewidth=0)
        ax.set_title(f"grey: where tanh is flat, beyond {flat:g} on either side")
    return finish(ax, digest, digest_histograms(arrays), **drawn)


# Inputs from U[0, 1) have the mean square 1/3, and so has the variance of Wx @ input_t
# in a "gaussian" cell.
EDGE = round(critical_gain(1 / 3) / 0.05) * 0.05


PRESETS = {
    "listing": {},
    "centred": {"scheme": "gaussian"},
    "edge": {
        "scheme": "gaussian",
        "hidden_size": 128,
        "timesteps": 60,
        "gain": round(EDGE, 2),
    },
}


def saturation_explorer():
    """Hidden states, their slope and the saturated fraction at each timestep."""
    axes = new_axes(1, 3, size=(10, 3.3), live=True)
    states = plot_hidden_states(np.zeros((10, 8)), ax=axes[0]).drawn["image"]
    slopes = plot_slope(np.zeros((10, 8)), ax=axes[1]).drawn["image"]
    fraction = plot_saturated_fraction({"all": np.zeros(10)}, ax=axes[2]).drawn["all"]
    axes[2].set(title="saturated fraction")
    fraction.set_marker(".")
    (put_states, labels), (put_slopes, more), (put_time, rest) = (
        follow_heatmap(states),
        follow_heatmap(slopes),
        follow_count(axes[2], "x"),
    )

    def show(timesteps, input_size, hidden_size, gain, scheme, seed):
        inputs, parameters = draw(
            timesteps, input_size, hidden_size, scheme, gain, seed
        )
        hidden_states = run(inputs, *parameters)
        put_states(hidden_states)
        put_slopes(slope(hidden_states))
        put_time(timesteps)
        fraction.set_data(
            np.arange(1, timesteps + 1), saturated_fraction(hidden_states, axis=1)
        )
        return digest_hidden_states(hidden_states)

    controls = {
        "timesteps": whole("timesteps", 10, 1, 60, "steps"),
        "input_size": whole("input_size", 4, 1, 64, "inputs"),
        "hidden_size": whole("hidden_size", 8, 1, 128, "units"),
        "gain": number("gain", 1.0, 0, 3),
        "scheme": schemes("uniform"),
        "seed": whole("seed", 1, 0, 99),
    }
    artists = {"hidden_states": states, "slope": slopes, "saturated_fraction": fraction}
    return Panel(
        "saturation",
        controls,
        show,
        artists,
        labels=[*labels, *more, *rest],
        presets=PRESETS,
    )


def _mean_pre_activation():
    rng, means = np.random.default_rng(0), []
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
