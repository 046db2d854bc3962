"""Lesson 06: what a readout finds in the states; the pictures, the panel, the
exercises.

`python -m rnn_lessons.memory` makes data/memory.csv anew.
"""

import csv
import os
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np

from rnn_core import SCHEMES, critical_gain, init_parameters, memory_curve, run
from rnn_core.validation import check_number, check_numbers

from .check import Exercise
from .panel import Panel, draw, number, ordered, schemes, whole
from .pictures import COLORS, check_curves, finish, new_axes, plot_curves


def plot_readout(target, answers, *, title, ax=None, digest=None):
    """The first 60 numbers that were asked for, and the readout's answers to them."""
    target = check_numbers(target, "target", ("timesteps",))
    answers = check_numbers(answers, "answers", target.shape)
    curves = {"signal": target[:60], "readout": answers[:60]}
    x = np.arange(1, len(curves["signal"]) + 1)
    ax = plot_curves(x, curves, xlabel="timestep", ylabel="value", ax=ax)
    ax.set_title(title, loc="left")
    ax.legend(
        loc="lower right",
        bbox_to_anchor=(1, 1),
        ncols=2,
        frameon=False,
        borderaxespad=0,
    )
    return finish(ax, digest, title, **ax.drawn)


def plot_memory_curves(curves, ax=None, digest=None):
    """R^2 of the readout for each delay; `curves` maps names to arrays (delays,), which
    start at delay 0.
    """
    curves = check_curves(curves, "curves")
    delays = np.arange(max(len(curve) for curve in curves.values()))
    ax = plot_curves(
        delays, curves, xlabel="delay (steps ago)", ylabel="R$^2$, held out", ax=ax
    )
    ax.set_ylim(-0.04, 1.06)
    each = (f"{name}: {digest_memory_curve(curve)}" for name, curve in curves.items())
    return finish(
        ax, digest, f"R^2 at delays 0 to {delays[-1]}: {'; '.join(each)}", **ax.drawn
    )


def digest_memory_curve(curve):
    """Up to which delay at least half of the spread is found, and the sum from delay 1
    on.
    """
    below = np.flatnonzero(curve < 0.5)
    last = below[0] - 1 if len(below) else len(curve) - 1
    reach = f"at least 1/2 up to delay {last}" if last >= 0 else "below 1/2 at delay 0"
    return f"{reach}, capacity {np.sum(curve[1:]):.0f}"


def plot_shadow(r_squared, axes=None, digest=None):
    """Why R^2 is a squared shadow, and why a shadow has the same length both ways.

    r_squared: float between 0 and 1, of one target. Returns both axes.
    """
    r_squared = check_number(r_squared, "r_squared", 0, 1)
    across, up = np.sqrt([r_squared, 1 - r_squared])
    left, right = new_axes(1, 2, size=(12, 3.6)) if axes is None else axes
    target = _arrow(left, (across, up), COLORS[0], "target\n(length 1)")
    shadow = _arrow(left, (across, 0), COLORS[1], "best readout: the shadow")
    left.plot([across, across], [0, up], ":", color="0.3", linewidth=2)
    left.annotate("errors", (across, up / 2), (8, 0), textcoords="offset points")
    left.set_title(f"R$^2$ = squared shadow = {r_squared:.2f}")
    _arrow(right, (across, up), COLORS[0], "one arrow\n(length 1)")
    _arrow(right, (1, 0), COLORS[2], "another (length 1)")
    right.plot([across, across], [0, up], ":", color="0.3", linewidth=2)
    foot = across * np.array([across, up])
    right.plot([1, foot[0]], [0, foot[1]], ":", color="0.3", linewidth=2)
    right.plot([0, across], [-0.03, -0.03], color=COLORS[1], linewidth=4)
    aside = 0.03 * np.array([-up, across])
    right.plot(*np.transpose([aside, foot + aside]), color=COLORS[1], linewidth=4)
    right.set_title("each shadow is as long as the other")
    for ax in (left, right):
        ax.set(xlim=(-0.5, 1.4), ylim=(-0.2, up + 0.1), aspect="equal")
        ax.axis("off")
    said = f"R^2 is the squared shadow, {r_squared:.2f}"
    finish(left, digest, said, target=target, shadow=shadow)
    finish(right, None, f"each shadow has the length {across:.2f}")
    return left, right


def _arrow(ax, tip, color, name):
    """A named arrow from the origin."""
    (line,) = ax.plot([0, tip[0]], [0, tip[1]], color=color, linewidth=3)
    style = {"arrowstyle": "-|>", "color": color, "linewidth": 3, "mutation_scale": 25}
    ax.annotate("", tip, (0, 0), arrowprops=style)
    below = tip[1] == 0
    place = {"textcoords": "offset points", "color": color}
    place |= {"ha": "center", "va": "top"} if below else {"ha": "right", "va": "bottom"}
    where = (tip[0] / 2, 0) if below else (tip[0] / 2, tip[1] / 2)
    ax.annotate(name, where, (0, -12) if below else (-10, 4), **place)
    return line


TIMESTEPS, DELAYS = 1120, 121  # as many as fit into a frame with 100 units


STRENGTHS = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0)  # the spread of Wx


PRESETS = {
    "bound": {"gain": 0.95, "strength": 0.01, "scheme": "orthogonal"},
    "keeps nothing": {"scheme": "uniform"},
    "keeps all": {"scheme": "identity"},
}


def memory_explorer():
    """The memory curve, and its sum beside the bound and the critical gain of lesson
    05.
    """
    axes = new_axes(1, 2, size=(12, 4.2), live=True)
    (curve,) = plot_memory_curves({"": np.ones(DELAYS)}, ax=axes[0]).drawn.values()
    bound = axes[1].axhline(
        0, color="0.4", linestyle=":", linewidth=2, label="bound: hidden_size"
    )
    edge = axes[1].axvline(
        0, color=COLORS[0], linestyle="--", linewidth=2, label="critical gain"
    )
    (capacity,) = axes[1].plot(
        [], [], "o", color=COLORS[1], markersize=11, label="capacity"
    )
    label = 'gain (the critical gain is that of "gaussian")'
    axes[1].set(
        xlabel=label, ylabel="memory capacity", xlim=(-0.05, 3.05), ylim=(-3, 108)
    )
    axes[1].grid(alpha=0.3)
    above = {
        "loc": "lower right",
        "bbox_to_anchor": (1, 1),
        "ncols": 3,
        "columnspacing": 1,
    }
    axes[1].legend(**above, frameon=False, borderaxespad=0)
    edges = {
        strength: critical_gain(strength**2 / 3) for strength in STRENGTHS
    }  # U[-1, 1) has variance 1/3

    def show(gain, strength, scheme, hidden_size):
        inputs, cell = draw(TIMESTEPS, 1, hidden_size, scheme, gain, 1)
        signal = 2 * inputs - 1  # U[-1, 1)
        Wx = strength * np.random.default_rng(2).normal(size=(hidden_size, 1))
        hidden_states = run(signal, Wx, cell.Wh, cell.b)
        found = memory_curve(hidden_states, signal[:, 0], DELAYS, washout=DELAYS - 1)
        curve.set_ydata(found)
        capacity.set_data([gain], [found[1:].sum()])
        bound.set_ydata([hidden_size, hidden_size])
        edge.set_xdata([edges[strength], edges[strength]])
        said = f'"{scheme}": {digest_memory_curve(found)} of at most {hidden_size}'
        return f'{said}; critical gain of "gaussian" {edges[strength]:.2f}'

    controls = {
        "gain": number("gain", 1.0, 0, 3),
        "strength": ordered("strength", 0.1, STRENGTHS),
        "scheme": schemes("gaussian"),
        "hidden_size": whole("hidden_size", 100, 2, 100, "units"),
    }
    artists = {
        "curve": curve,
        "bound": bound,
        "critical_gain": edge,
        "capacity": capacity,
    }
    return Panel("memory", controls, show, artists, presets=PRESETS)


SURVEY = Path(__file__).parent / "data" / "memory.csv"


class Setting(NamedTuple):
    """One network of 100 units and one run of it, to be measured."""

    scheme: str  # of Wh and b; Wx is the same for all: normal, of spread `strength`
    gain: float = 1.0
    strength: float = 0.1
    noise: float = 0.0  # added to the states, as a fraction of their spread over time
    timesteps: int = 4200
    delays: int = 200
    seed: int = 0


def plan():
    """All settings whose capacities are stored, each once and in order."""
    settings = []
    for seed in range(8):
        for scheme in SCHEMES:
            for noise in (0.0, 1e-6, 1e-3, 1e-2, 1e-1):
                settings.append(Setting(scheme, noise=noise, seed=seed))
        for scheme in ("gaussian", "orthogonal"):
            for strength in (1.0, 0.3, 0.1, 0.03, 0.01, 0.001):
                settings.append(Setting(scheme, strength=strength, seed=seed))
            for strength in (1.0, 0.1, 0.01):
                for gain in (0.8, 0.9, 0.95, 1.0, 1.1, 1.2, 1.4, 1.6):
                    settings.append(Setting(scheme, gain, strength, seed=seed))
    for timesteps, delays in ((4200, 200), (20_000, 1000), (40_000, 2000)):
        for scheme in ("identity", "orthogonal"):
            run_of = {"timesteps": timesteps, "delays": delays}
            settings.append(Setting(scheme, strength=0.001, **run_of))
    settings.append(
        Setting("orthogonal", strength=0.001, timesteps=164_000, delays=4000)
    )
    return list(dict.fromkeys(settings))


def drive(setting):
    """Hidden states (timesteps, 100) and the signal, drawn from U[-1, 1), that the cell
    is given.
    """
    rng = np.random.default_rng(setting.seed)
    signal = rng.uniform(-1, 1, setting.timesteps)
    Wx = setting.strength * rng.normal(size=(100, 1))
    _, Wh, b = init_parameters(
        1, 100, scheme=setting.scheme, gain=setting.gain, rng=rng
    )
    return run(signal[:, None], Wx, Wh, b), signal


def measure(setting):
    """The memory capacity in one setting, 200 delays at a time."""
    hidden_states, signal = drive(setting)
    washout = max(200, setting.delays)
    if setting.noise:
        rng = np.random.default_rng((setting.seed, 1))
        spread = np.mean(np.std(hidden_states[washout:], axis=0))
        noise = rng.normal(size=hidden_states.shape)
        hidden_states = hidden_states + setting.noise * spread * noise
    capacity = 0.0
    for first in range(0, setting.delays, 200):
        earlier = np.roll(signal, first)  # what comes round falls into the washout
        found = memory_curve(hidden_states, earlier, 200, washout=washout)
        capacity += found.sum() if first else found[1:].sum()
    return capacity


def survey(settings, executor=None, progress=None):
    """{setting: capacity}; executor: any concurrent.futures.Executor; progress(done,
    total) is called after each.
    """
    mapped = (executor.map if executor else map)(measure, settings)
    found = {}
    for setting, capacity in zip(settings, mapped, strict=True):
        found[setting] = capacity
        if progress is not None:
            progress(len(found), len(settings))
    return found


def load_survey():
    """The stored {setting: capacity}, in five digits."""
    kinds = Setting.__annotations__
    found = {}
    with SURVEY.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            capacity = float(row.pop("capacity"))
            found[Setting(**{key: kinds[key](row[key]) for key in kinds})] = capacity
    return found


def store(found):
    """Write {setting: capacity} where load_survey reads it."""
    with SURVEY.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*Setting._fields, "capacity"])
        for setting, capacity in found.items():
            writer.writerow([*setting, f"{capacity:.5g}"])


def main():
    """Make the stored data anew, on all cores."""

    def progress(done, total):
        print(f"\r{done} of {total} settings", end="", flush=True)

    with ProcessPoolExecutor(os.cpu_count()) as executor:
        store(survey(plan(), executor, progress))
    print()


def _shift_register_capacity():
    signal = np.random.default_rng(0).uniform(-1, 1, 2000)
    Wx = np.eye(8)[:, :1]  # unit 1 hears the input, every other one the unit before it
    states = run(0.1 * signal[:, None], Wx, np.eye(8, k=-1), np.zeros(8))
    return memory_curve(states, signal, 20)[1:].sum()


def _systems():
    rng = np.random.default_rng(0)
    return [(rng.normal(size=(n, 4)), rng.normal(size=n)) for n in (5, 20, 100)]


def _cells():
    cells = []
    for seed, scheme in enumerate(("pytorch", "gaussian", "pytorch")):
        rng = np.random.default_rng(seed)
        signal = rng.uniform(-1, 1, 1000)
        parameters = init_parameters(1, 20, scheme=scheme, rng=rng)
        cells.append((run(signal[:, None], *parameters), signal))
    return cells


def _product_memory(hidden_states, signal):
    product = np.roll(signal, 1) * np.roll(
        signal, 2
    )  # what roll brings round to the start is washed out
    return memory_curve(hidden_states, product, 1)[0]


EXERCISES = {
    "06.1": Exercise(_shift_register_capacity, tolerance=0.01),
    "06.2": Exercise(
        lambda features, target: np.linalg.lstsq(features, target)[0], _systems
    ),
    "06.3": Exercise(_product_memory, _cells, tolerance=1e-5),
}


if __name__ == "__main__":
    main()
