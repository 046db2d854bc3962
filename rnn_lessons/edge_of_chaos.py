"""Lesson 05: predicted curves over the gain, neighbouring trajectories, what networks
settle into; the pictures, the panel, the exercises.

`python -m rnn_lessons.edge_of_chaos` makes data/edge_of_chaos.csv anew.
"""

import csv
import math
import os
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np

from rnn_core import (
    critical_gain,
    init_parameters,
    lyapunov_exponent,
    predict_over_gain,
    run,
)

from .check import Exercise
from .panel import Panel, number, put_dot, whole
from .pictures import (
    COLORS,
    above_floor,
    check_curves,
    finish,
    new_axes,
    plot_hidden_states,
    plot_over_gain,
    power_of_ten,
)

LABELS = ("RMS of the states", "exponent")


def plot_gain_picture(
    predicted, measured=None, *, edge, without_input=None, title="", digest=None
):
    """RMS of the states above the Lyapunov exponent; each argument is (gains, rms,
    exponents).

    without_input: a second prediction to compare with, dashed. Returns both axes.
    """
    axes = new_axes(2, 1, size=(8, 7))
    for row, (ax, ylabel, limits) in enumerate(
        zip(axes, LABELS, ((-0.05, 1.2), (-1.6, 1.0)), strict=True)
    ):
        dots = None if measured is None else (measured[0], measured[row + 1])
        plot_over_gain(
            predicted[0], predicted[row + 1], dots, ylabel=ylabel, edge=edge, ax=ax
        )
        if without_input is not None:
            style = {
                "color": "0.4",
                "linestyle": "--",
                "label": "predicted without input",
            }
            (ax.drawn["without_input"],) = ax.plot(
                without_input[0], without_input[row + 1], **style
            )
            ax.legend(loc="lower right")
        ax.set_ylim(limits)
    axes[1].axhline(0, color="0.5", linewidth=0.8)
    axes[0].set(title=title, xlabel="")
    if digest is not None:
        axes[0].digest, axes[1].digest = digest
    return axes


def plot_neighbours(measured, predicted, ax=None, digest=None):
    """How far two neighbouring trajectories are apart at each timestep, dashed as
    predicted.

    Both map a gain to an array (timesteps + 1,); what is not above 1e-16 is drawn below
    the axis.
    """
    measured = check_curves(measured, "measured")
    predicted = check_curves(predicted, "predicted")
    ax = new_axes(size=(10, 3.8)) if ax is None else ax
    drawn = {}
    for (gain, distances), color in zip(measured.items(), COLORS, strict=False):
        name = "measured" if len(measured) == 1 else f"measured, gain {gain:g}"
        (drawn[f"measured {gain:g}"],) = ax.plot(
            above_floor(distances), color=color, linewidth=3, label=name
        )
    handles = list(drawn.values())
    for gain, distances in predicted.items():
        (line,) = ax.plot(
            above_floor(distances), color="black", linestyle="--", label="predicted"
        )
        drawn[f"predicted {gain:g}"] = line
    ax.set(
        xlabel="timesteps after the nudge",
        ylabel="distance",
        yscale="log",
        ylim=(1e-16, 1e3),
    )
    ax.grid(alpha=0.3)
    beside = {"bbox_to_anchor": (1, 1)} if len(measured) > 1 else {}
    ax.legend(handles=[*handles, line], loc="upper left", **beside)
    return finish(ax, digest, digest_neighbours(measured, predicted), **drawn)


def digest_neighbours(measured, predicted):
    """Where each distance begins and ends, and where it was predicted to end, as powers
    of ten.
    """
    each = (
        f"gain {gain:.2f}: {power_of_ten(d[0])} to {power_of_ten(d[-1])},"
        f" predicted {power_of_ten(predicted[gain][-1])}"
        for gain, d in measured.items()
    )
    timesteps = len(next(iter(measured.values()))) - 1
    return f"distance over {timesteps} timesteps: {'; '.join(each)}"


def plot_portraits(portraits, digest=None):
    """States of two units against each other, a dot for each timestep.

    portraits: maps a name to an array (timesteps, 2). Returns an axes for each.
    """
    portraits = check_curves(portraits, "portraits", ("timesteps", 2))
    axes = np.ravel(new_axes(1, len(portraits), size=(3 * len(portraits), 3.5)))
    for ax, (name, states) in zip(axes, portraits.items(), strict=True):
        (dots,) = ax.plot(*states.T, "o", color=COLORS[0], markersize=5, alpha=0.5)
        ax.set(title=name, xlabel="unit 1", xlim=(-1.05, 1.05), ylim=(-1.05, 1.05))
        ax.set(xticks=(-1, 0, 1), yticks=(-1, 0, 1))
        ax.set_aspect("equal")
        ax.grid(alpha=0.3)
        finish(ax, None, f"{name}: {_places(states)}", states=dots)
    axes[0].set_ylabel("unit 2")
    if digest is not None:
        axes[0].digest = digest
    return axes


def _places(states):
    """In how many places the dots stand, to four decimals."""
    places = len({tuple(place) for place in np.round(states, 4) + 0.0})
    return f"{places} place{'s' * (places > 1)}" if places <= 20 else "many places"


GAINS = np.linspace(0.05, 3, 60)  # where the theory's curve is computed


PRESETS = {"fades": {"gain": 0.7}, "edge": {"gain": 1.0}, "chaos": {"gain": 3.0}}


def chaos_explorer():
    """The states, two neighbouring trajectories, the place on the theory's curve."""
    axes = new_axes(1, 3, size=(12, 3.4), live=True)
    states = plot_hidden_states(np.zeros((80, 40)), ax=axes[0]).drawn["image"]
    measured, predicted = plot_neighbours(
        {0: np.ones(61)}, {0: np.ones(61)}, ax=axes[1]
    ).drawn.values()
    exponents = predict_over_gain(GAINS)[1]
    plot_over_gain(
        GAINS, exponents, ylabel="exponent", edge=critical_gain(), ax=axes[2]
    )
    (place,) = axes[2].plot([], [], "o", color=COLORS[1], markersize=9, clip_on=False)
    place.set_in_layout(False)  # it has no place yet
    for ax, title in zip(
        axes,
        ("40 of 200 units", "dashed: predicted", "differences, predicted"),
        strict=True,
    ):
        ax.set_title(title)
    axes[2].set_ylim(-1.5, 1.0)
    axes[1].get_legend().remove()  # the title says it
    for band, text in zip(axes[2].texts, ("fade", "grow: chaos"), strict=True):
        band.set_text(text)

    def show(gain, seed):
        rng = np.random.default_rng(seed)
        parameters = init_parameters(1, 200, scheme="gaussian", gain=gain, rng=rng)
        before = run(np.zeros((20, 1)), *parameters, rng.normal(size=200))
        pair = np.stack(
            [before[-1], before[-1] + 1e-6 * rng.normal(size=200)]
        )  # (2, hidden_size)
        trajectories = run(
            np.zeros((2, 60, 1)), *parameters, pair
        )  # (2, timesteps, hidden_size)
        apart = np.vstack([pair[1] - pair[0], trajectories[1] - trajectories[0]])
        distances, exponent = (
            np.sqrt(np.mean(apart**2, axis=1)),
            lyapunov_exponent(gain),
        )
        expected = distances[0] * np.exp(exponent) ** np.arange(61)
        states.set_data(np.vstack([before, trajectories[0]])[:, :40].T)
        measured.set_ydata(above_floor(distances))
        predicted.set_ydata(above_floor(expected))
        put_dot(place, gain, exponent)  # at gain 0 it is minus infinity
        rms = np.sqrt(np.mean(trajectories[0] ** 2))
        said = digest_neighbours({gain: distances}, {gain: expected})
        return f"{said}; predicted exponent {exponent:.3f}; RMS of the states {rms:.2f}"

    controls = {"gain": number("gain", 1.5, 0, 3), "seed": whole("seed", 1, 0, 99)}
    artists = {
        "hidden_states": states,
        "measured": measured,
        "predicted": predicted,
        "exponent": place,
    }
    return Panel("chaos", controls, show, artists, presets=PRESETS)


SURVEY = Path(__file__).parent / "data" / "edge_of_chaos.csv"
# (hidden_size, gain, how many networks), each with seeds 0, 1, ...
PLAN = (
    (16, 1.1, 200),
    (64, 1.1, 200),
    (256, 1.1, 200),
    (16, 2.0, 50),
    (64, 2.0, 50),
    (256, 2.0, 50),
    (1000, 1.1, 12),
    (1000, 1.2, 4),
    (1000, 1.3, 4),
    (1000, 1.5, 4),
    (1000, 2.0, 4),
)
LONGEST_PERIOD = 500


class Settled(NamedTuple):
    """What a "gaussian" network without input does after 4,000 timesteps."""

    hidden_size: int
    gain: float
    seed: int
    rms_early: float  # of the states of timesteps 21 to 80
    rms_late: float  # of the states of the last 1,000 timesteps
    exponent_early: float  # of the same timesteps
    exponent_late: float
    period: int  # 1 for a point, more for a cycle, 0 if the states never repeat

    @property
    def kind(self):
        """point, cycle, torus (no repeat, exponent 0), chaos, or not settled yet."""
        if self.period:
            return "point" if self.period == 1 else "cycle"
        if abs(self.exponent_late) < 0.001:
            return "torus"
        return "chaos" if self.exponent_late > 0 else "settling"


KINDS = ("point", "cycle", "torus", "chaos", "settling")


def long_run(hidden_size, gain, seed, timesteps=4000):
    """States and exponent per step of one network that runs without input."""
    rng = np.random.default_rng(seed)
    cell = init_parameters(1, hidden_size, scheme="gaussian", gain=gain, rng=rng)
    state = rng.normal(size=hidden_size)
    vector = rng.normal(size=hidden_size)
    vector /= np.linalg.norm(vector)
    hidden_states = np.zeros((timesteps, hidden_size))
    exponents = np.zeros(timesteps)
    for t in range(timesteps):
        state = np.tanh(cell.Wh @ state)
        vector = (1 - state**2) * (cell.Wh @ vector)  # one more Jacobian
        length = np.linalg.norm(vector)
        vector /= length
        hidden_states[t] = state
        exponents[t] = np.log(length)
    return hidden_states, exponents


def settle(hidden_size, gain, seed):
    """Run one network for 4,000 timesteps and say what it has settled into."""
    hidden_states, exponents = long_run(hidden_size, gain, seed)
    early = slice(20, 80)
    late = slice(-1000, None)
    return Settled(
        hidden_size,
        gain,
        seed,
        rms_early=np.sqrt(np.mean(hidden_states[early] ** 2)),
        rms_late=np.sqrt(np.mean(hidden_states[late] ** 2)),
        exponent_early=exponents[early].mean(),
        exponent_late=exponents[late].mean(),
        period=period(hidden_states),
    )


def period(hidden_states):
    """After how many timesteps the last states repeat to 1e-6; 0 if they never do.

    At two ends, since a state may come back by chance.
    """
    for steps in range(1, LONGEST_PERIOD + 1):
        repeats = [
            np.abs(hidden_states[end] - hidden_states[end - steps]).max() < 1e-6
            for end in (-1, -200)
        ]
        if all(repeats):
            return steps
    return 0


def survey(executor=None, progress=None, plan=PLAN):
    """One Settled for each network of the plan, in its order.

    executor : any concurrent.futures.Executor; progress(done, total) is called after
        each network
    """
    tasks = [(*task[:2], seed) for task in plan for seed in range(task[2])]
    mapped = (executor.map if executor else map)(settle, *zip(*tasks, strict=True))
    networks = []
    for network in mapped:
        networks.append(network)
        if progress is not None:
            progress(len(networks), len(tasks))
    return networks


def load_survey():
    """The stored networks, as survey returned them, in six digits."""
    with SURVEY.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    kinds = Settled.__annotations__
    return [Settled(**{key: kinds[key](row[key]) for key in kinds}) for row in rows]


def main():
    """Make the stored data anew, on all cores."""

    def progress(done, total):
        print(f"\r{done} of {total} networks", end="", flush=True)

    with ProcessPoolExecutor(os.cpu_count()) as executor:
        networks = survey(executor, progress)
    with SURVEY.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(Settled._fields)
        for network in networks:
            writer.writerow(
                f"{value:.6g}" if isinstance(value, float) else value
                for value in network
            )
    print()


def _clipped_exponent(gain):
    """Of a cell with clip(z, -1, 1) in place of tanh: both averages are known without a
    grid.
    """

    def inside(q):  # the share of the pre-activations between -1 and 1
        return math.erf(1 / math.sqrt(2 * q))

    def mean_square(q):
        bell = math.exp(-1 / (2 * q)) / math.sqrt(2 * math.pi)
        return q * inside(q) - 2 * math.sqrt(q) * bell + 1 - inside(q)

    q = _zero(lambda q: gain**2 * mean_square(q) - q, 1e-3, gain**2)
    return math.log(gain**2 * inside(q)) / 2


def _zero(function, low, high):
    """Where a function that falls crosses 0, by halving the interval."""
    for _ in range(60):
        middle = (low + high) / 2
        if function(middle) > 0:
            low = middle
        else:
            high = middle
    return middle


def _variance_at_the_edge():
    return _zero(lambda variance: lyapunov_exponent(2.0, variance), 0.1, 10)


EXERCISES = {
    "05.1": Exercise(lambda: 10),
    "05.2": Exercise(
        _clipped_exponent, lambda: [(1.5,), (2.0,), (3.0,)], tolerance=0.02
    ),
    "05.3": Exercise(_variance_at_the_edge, tolerance=1e-3),
}


if __name__ == "__main__":
    main()
