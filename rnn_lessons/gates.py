"""Lesson 10: gates over time, and what of a gradient they let through; the pictures,
the panel, the exercises.
"""

import math

import numpy as np

from rnn_core import backward_lstm, run_lstm, saturated_fraction

from .check import Exercise
from .panel import Panel, follow_count, follow_heatmap, number, whole
from .pictures import (
    COLORS,
    FAINTEST,
    above_floor,
    counted,
    draw_floor,
    finish,
    new_axes,
    plot_curves,
    plot_heatmap,
    power_of_ten,
)


def plot_gates(gates, name="forget gate", ax=None, digest=None):
    """Heatmap of one gate of every unit over time, always from 0 (forgets all) to 1
    (keeps all).
    """
    ax = plot_heatmap(
        gates, title=name, bar="value of the gate", limits=(0, 1), cmap="viridis", ax=ax
    )
    return finish(ax, digest, digest_gates(gates, name), **ax.drawn)


def digest_gates(gates, name="forget gate"):
    """The median of a gate, and how much of it stands on the plateau."""
    shares = (
        f"{100 * saturated_fraction(gates, limit):.0f} % above {limit}"
        for limit in (0.99, 0.995)
    )
    return f"{name} of {gates.shape[1]} units: median {np.median(gates):.2f}; {', '.join(shares)}"


def plot_arriving(arriving, ax=None, digest=None):
    """The norm of a gradient by the input of each timestep, on a logarithmic axis.

    arriving: maps names to arrays (timesteps,).
    """
    x = np.arange(1, len(next(iter(arriving.values()))) + 1)
    labels = {"xlabel": "timestep of the input", "ylabel": "norm of the gradient"}
    ax = plot_curves(x, arriving, yscale="log", ax=ax, **labels)
    for line, color in zip(ax.drawn.values(), COLORS, strict=False):
        line.set(marker="", color=color)
    ax.set_xticks(counted(len(x)))
    ax.legend(loc="lower right", fontsize=10)
    return finish(ax, digest, digest_arriving(arriving), **ax.drawn)


def digest_arriving(arriving):
    """What is left at the first timestep."""
    each = ", ".join(
        f"{name} {power_of_ten(norms[0])}" for name, norms in arriving.items()
    )
    return f"gradient of the last state by the input at timestep 1: {each}"


PRESETS = {"bias 0": {}, "bias ln 100": {"bias": 4.6}, "forget at once": {"bias": -4.0}}


def gates_explorer():
    """The forget gates of an LSTM, and the gradient of the sum of its last hidden
    states by each input.
    """
    axes = new_axes(1, 2, size=(10, 3.6), live=True)
    gates = plot_gates(np.zeros((100, 16)), ax=axes[0]).drawn["image"]
    curves = {"measured": np.ones(100), "sigmoid(bias) ^ steps back": np.ones(100)}
    artists = plot_arriving(curves, ax=axes[1]).drawn
    measured, predicted = artists.values()
    predicted.set_linestyle("--")
    axes[1].set(ylim=(FAINTEST / 1e3, 1e13), yticks=10.0 ** np.arange(-40, 11, 10))
    axes[1].legend(loc="upper left", fontsize=10)
    draw_floor(axes[1])
    (put_gates, labels), (put_time, more) = (
        follow_heatmap(gates),
        follow_count(axes[1], "x"),
    )

    def show(bias, timesteps, seed):
        rng = np.random.default_rng(seed)
        inputs, Wx, Wh = (
            rng.normal(size=shape) for shape in ((timesteps, 2), (64, 2), (64, 16))
        )
        cell = Wx / np.sqrt(2), Wh / np.sqrt(16), np.repeat([0, bias, 0, 0], 16)
        states = run_lstm(inputs, *cell)
        last = np.zeros((timesteps, 16))
        last[-1] = 1
        arriving = np.linalg.norm(
            backward_lstm(last, inputs, states, *cell).inputs, axis=1
        )
        x = np.arange(1, timesteps + 1)
        put_gates(states.forget_gate)
        put_time(timesteps)
        measured.set_data(x, above_floor(arriving))
        predicted.set_data(x, above_floor((1 + math.exp(-bias)) ** (x - timesteps)))
        return f"{digest_gates(states.forget_gate)}; {digest_arriving({'measured': arriving})}"

    controls = {
        "bias": number("bias", 0.0, -4, 8),
        "timesteps": whole("timesteps", 100, 1, 200, "steps"),
        "seed": whole("seed", 1, 0, 99),
    }
    shown = {"forget_gate": gates, "measured": measured, "predicted": predicted}
    return Panel(
        "gates", controls, show, shown, labels=[*labels, *more], presets=PRESETS
    )


T, SIZE = 12, 3


def _coupled(inputs, Wx, Wh, b):
    """An LSTM whose input gate is 1 - forget gate, which is the sigmoid of the negative
    pre-activation.
    """
    size = Wh.shape[1]
    four = (
        np.concatenate([-array[:size], array[:size], array[size:]])
        for array in (Wx, Wh, b)
    )
    return run_lstm(inputs, *four).hidden_states


def _three_blocks():
    rng = np.random.default_rng(8)
    shapes = (T, 2), (3 * SIZE, 2), (3 * SIZE, SIZE), (3 * SIZE,)
    return [tuple(rng.normal(size=shape) for shape in shapes) for _ in range(3)]


def _chrono(timesteps, hidden_size, rng):
    forget = np.log(rng.uniform(1, timesteps - 1, hidden_size))
    return np.concatenate([-forget, forget, np.zeros(2 * hidden_size)])


EXERCISES = {
    "09.1": Exercise(lambda: -np.log(2 ** (1 / 1000) - 1), tolerance=0.01),
    "09.2": Exercise(_coupled, _three_blocks),
    "09.3": Exercise(
        _chrono,
        lambda: [
            (n, size, np.random.default_rng(n))
            for n, size in ((100, 16), (50, 4), (1000, 1))
        ],
    ),
}
