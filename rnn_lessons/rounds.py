"""Lesson 10: the error after each round, and how many it takes; the pictures, the
panel, the exercises.
"""

import math

import matplotlib
import numpy as np

from rnn_core import (
    critical_gain,
    init_parameters,
    jacobi_rounds,
    measured_exponent,
    newton_rounds,
    predict_over_gain,
    run,
    state_jacobians,
)
from rnn_core.validation import check_number

from .check import Exercise
from .panel import Panel, names, number, put_dot, schemes, whole
from .pictures import (
    COLORS,
    check_rows,
    finish,
    new_axes,
    plot_heatmap,
    plot_over_gain,
    power_of_ten,
)

SMALLEST = 1e-12  # errors below it are rounding, and grey


LABELS = {
    "bar": "power of ten\n(grey: below 1e-12)",
    "ylabel": "round",
    "cmap": matplotlib.colormaps["magma"].with_extremes(under="0.6"),
    "extend": "min",
}


def plot_errors(errors, *, title="error", ax=None, digest=None):
    """Heatmap of errors (rounds, timesteps) in powers of ten; white are rounds that
    were not needed.

    On and below the dashed line there were as many rounds as timesteps, so these states
    are exact.
    """
    errors = check_rows(errors, "errors")
    ax = plot_heatmap(
        powers_of_ten(errors).T, limits=(-12, 0), **LABELS, title=title, ax=ax
    )
    end = errors.shape[1] + 0.5
    (bound,) = ax.plot(
        [0.5, end], [0.5, end], color=COLORS[5], linestyle="--", linewidth=1.5
    )
    return finish(
        ax, digest, f"{title}: {digest_errors(errors)}", **ax.drawn, bound=bound
    )


def powers_of_ten(errors):
    """The image of errors (rounds, timesteps): as many rows as timesteps, NaN where
    there was no round.
    """
    rounds, timesteps = errors.shape
    image = np.full((timesteps, timesteps), np.nan)
    image[:rounds] = np.log10(np.maximum(errors, SMALLEST / 10))
    return image


def digest_errors(errors):
    """How many rounds there were, and how large the largest error was on the way."""
    rounds, timesteps = errors.shape
    early = [k for k in (1, 5, 20) if k < rounds]
    sizes = [f"{power_of_ten(errors[k - 1].max())} after round {k}" for k in early]
    said = f"{rounds} round{'s' * (rounds > 1)} for {timesteps} timesteps"
    return f"{said}; largest error {', '.join(sizes)}" if sizes else said


def plot_rounds(counts, *, timesteps, ax=None, digest=None):
    """Rounds over the exponent of each run: a predicted curve, dots for each method.

    counts[method] = (exponents, rounds). The curve is ln(1e-10) / exponent, and never
    more than the timesteps.
    """
    ax = new_axes(size=(9, 4.2)) if ax is None else ax
    low = min(min(exponents) for exponents, _ in counts.values()) - 0.05
    high = max(max(exponents) for exponents, _ in counts.values()) + 0.05
    fading = np.linspace(low, math.log(1e-10) / timesteps, 200)
    x = np.append(fading, high)
    rounds = np.minimum(math.log(1e-10) / np.append(fading, fading[-1]), timesteps)
    style = {"color": COLORS[0], "linewidth": 2.5, "label": "ln(1e-10) / exponent"}
    (predicted,) = ax.plot(x, rounds, **style)
    drawn, said = {"predicted": predicted}, []
    for (method, (exponents, found)), color, marker in zip(
        counts.items(), COLORS[1:], "os^", strict=False
    ):
        style = {"color": color, "markersize": 8, "markeredgecolor": "white"}
        (drawn[method],) = ax.plot(exponents, found, marker, label=method, **style)
        said += [f"{method} {min(found)} to {max(found)}"]
    for left, right, color, band in (
        (low, 0, COLORS[5], "differences fade"),
        (0, high, COLORS[4], "differences grow"),
    ):
        ax.axvspan(left, right, color=color, alpha=0.18, linewidth=0)
        style = {"ha": "center", "fontsize": 14, "color": "#444444"}
        ax.text((left + right) / 2, 1.18 * timesteps, band, **style)
    ax.axhline(timesteps, color="0.4", linestyle=":", zorder=1)
    style = {"va": "bottom", "fontsize": 14, "color": "0.3"}
    ax.text(low, 1.02 * timesteps, f" one round a timestep: {timesteps}", **style)
    ax.set(xlabel="measured exponent", ylabel="rounds", xlim=(low, high))
    ax.set_ylim(0, 1.3 * timesteps)
    ax.legend(loc="center left")
    exponents = f"exponents {low + 0.05:.2f} to {high - 0.05:.2f}"
    said = f"rounds for {timesteps} timesteps, {exponents}: {', '.join(said)}"
    return finish(ax, digest, said, **drawn)


def plot_newton(weight, bias, guess, ax=None, digest=None):
    """Newton's method for one unknown, s = tanh(weight * s + bias).

    Where the tangent at the guess meets the diagonal is the next guess.
    """
    weight = check_number(weight, "weight", -100, 100)
    bias = check_number(bias, "bias", -100, 100)
    guess = check_number(guess, "guess", -1, 1)
    ax = new_axes(size=(7, 4.2)) if ax is None else ax
    s = np.linspace(-0.2, 1.2, 200)
    ax.plot(s, s, color="0.4", linestyle=":", label="s")
    (curve,) = ax.plot(s, np.tanh(weight * s + bias), color=COLORS[0], linewidth=2.5)
    curve.set_label(f"tanh({weight:g} s + {bias:g})")
    found = math.tanh(weight * guess + bias)
    slope = weight * (1 - found**2)
    solved = (found - slope * guess) / (1 - slope)
    (tangent,) = ax.plot([guess, solved], [found, solved], color=COLORS[1], linewidth=2)
    tangent.set_label("tangent at the guess")
    ax.plot(guess, found, "o", color=COLORS[1], markersize=9)
    ax.plot(solved, solved, "s", color=COLORS[1], markersize=9)
    place = {"xytext": (-15, 14), "textcoords": "offset points"}
    ax.annotate("guess", (guess, found), **place)
    place = {"xytext": (-110, 6), "textcoords": "offset points"}
    ax.annotate("next guess", (solved, solved), **place)
    ax.set(xlabel="s", ylabel="s, and what one step makes of it", xlim=(-0.2, 1.2))
    ax.grid(alpha=0.3)
    ax.legend(loc="lower right", fontsize=13)
    said = f"Newton's method: from the guess {guess:g} to {solved:.3f}"
    return finish(ax, digest, said, curve=curve, tangent=tangent)


METHODS = {"jacobi": jacobi_rounds, "newton": newton_rounds}


TIMESTEPS, HIDDEN_SIZE, INPUT_STD = 60, 32, 0.3


GAINS = np.linspace(0.05, 3, 60)


LOWEST = -2.5  # where an exponent further down is drawn


PRESETS = {
    "forgets": {},
    "remembers": {"scheme": "orthogonal", "gain": 1.0},
    "chaos": {"gain": 3.0},
    "two resting states": {"scheme": "uniform"},
}


def rounds_explorer():
    """How far each state is after each round from where it ends, and the cell on the
    theory's curve.
    """
    axes = new_axes(1, 2, size=(12, 3.8), live=True)
    start = np.ones((TIMESTEPS, TIMESTEPS))
    image, bound = plot_errors(
        start, title="error: rounds by timesteps", ax=axes[0]
    ).drawn.values()
    exponents = predict_over_gain(GAINS, INPUT_STD**2)[1]
    edge = critical_gain(INPUT_STD**2)
    plot_over_gain(GAINS, exponents, ylabel="exponent", edge=edge, ax=axes[1])
    (place,) = axes[1].plot([], [], "o", color=COLORS[1], markersize=11, clip_on=False)
    place.set_in_layout(False)  # it has no place yet
    axes[1].set(ylim=(LOWEST, 1.4), title='this cell; curve: "gaussian", predicted')

    def show(gain, scheme, method, seed):
        rng = np.random.default_rng(seed)
        inputs = INPUT_STD * rng.normal(size=(TIMESTEPS, 4))
        cell = (
            inputs,
            *init_parameters(4, HIDDEN_SIZE, scheme=scheme, gain=gain, rng=rng),
        )
        states = np.array(
            list(METHODS[method](*cell))
        )  # (rounds, timesteps, hidden_size)
        errors = np.abs(states - states[-1]).max(
            axis=2
        )  # in chaos `run` ends elsewhere
        exponent = measured_exponent(states[-1], cell[2])
        image.set_data(powers_of_ten(errors))
        put_dot(place, gain, exponent)
        return f"{method}: exponent {exponent:.2f}; {digest_errors(errors)}"

    controls = {
        "gain": number("gain", 0.5, 0, 3),
        "scheme": schemes("gaussian"),
        "method": names("method", "jacobi", METHODS),
        "seed": whole("seed", 1, 0, 99),
    }
    artists = {"errors": image, "bound": bound, "exponent": place}
    return Panel("rounds", controls, show, artists, presets=PRESETS)


def _cell(timesteps, scheme, gain, seed):
    rng = np.random.default_rng(seed)
    inputs = rng.random((timesteps, 4))
    return inputs, *init_parameters(4, 8, scheme=scheme, gain=gain, rng=rng)


def _carried_back():
    """(Jacobians, direct parts) of runs of different lengths."""
    for timesteps, gain, seed in ((2, 1.0, 0), (7, 1.0, 1), (30, 1.5, 2)):
        inputs, Wx, Wh, b = _cell(timesteps, "gaussian", gain, seed)
        d_hidden_states = np.random.default_rng(seed).normal(size=(timesteps, 8))
        yield state_jacobians(run(inputs, Wx, Wh, b), Wh), d_hidden_states


def _backward(jacobians, d_hidden_states):
    """The plain loop of lesson 04."""
    whole = [d_hidden_states[-1]]
    for jacobian, direct in zip(jacobians[:0:-1], d_hidden_states[-2::-1], strict=True):
        whole.append(direct + jacobian.T @ whole[-1])
    return np.array(whole[::-1])


def _rounds_from(guess, inputs, Wx, Wh, b, initial_state):
    """Jacobi rounds from a guess until the residual is at most 1e-10."""
    for rounds in range(len(inputs) + 1):
        stepped = np.tanh(
            inputs @ Wx.T + np.vstack([initial_state, guess[:-1]]) @ Wh.T + b
        )
        if np.abs(stepped - guess).max() <= 1e-10:
            return rounds
        guess = stepped
    return len(inputs)


def _guesses():
    """The listing from its other resting state with three guesses, and a cell that
    knows its answer.
    """
    cell = *_cell(100, "uniform", 1.0, 1), -np.ones(8)
    states = run(*cell)
    for guess in (np.zeros((100, 8)), -np.ones((100, 8)), states):
        yield guess, *cell


EXERCISES = {
    "10.1": Exercise(lambda: 10 * math.log(10) / (math.log(2) / 2), tolerance=0.1),
    "10.2": Exercise(_backward, lambda: list(_carried_back())),
    "10.3": Exercise(_rounds_from, lambda: list(_guesses())),
}
