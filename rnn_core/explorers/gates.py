"""What a bias does to the forget gates, and to the gradient (lesson 08)."""

import math

import numpy as np

from ..figures.gates import digest_arriving, digest_gates, plot_arriving, plot_gates
from ..figures.style import FAINTEST, above_floor, draw_floor, new_axes
from ..gates import backward_lstm, run_lstm
from .panel import Panel, follow_count, follow_heatmap, number, whole

PRESETS = {"bias 0": {}, "bias ln 100": {"bias": 4.6}, "forget at once": {"bias": -4.0}}


def gates_explorer():
    """The forget gates of an LSTM, and the gradient of the sum of its last hidden states by each input."""
    axes = new_axes(1, 2, size=(10, 3.6), live=True)
    gates = plot_gates(np.zeros((100, 16)), ax=axes[0]).drawn["image"]
    curves = {"measured": np.ones(100), "sigmoid(bias) ^ steps back": np.ones(100)}
    artists = plot_arriving(curves, ax=axes[1]).drawn
    measured, predicted = artists.values()
    predicted.set_linestyle("--")
    axes[1].set(ylim=(FAINTEST / 1e3, 1e13), yticks=10.0 ** np.arange(-40, 11, 10))
    axes[1].legend(loc="upper left", fontsize=10)
    draw_floor(axes[1])
    (put_gates, labels), (put_time, more) = follow_heatmap(gates), follow_count(axes[1], "x")

    def show(bias, timesteps, seed):
        rng = np.random.default_rng(seed)
        inputs, Wx, Wh = (rng.normal(size=shape) for shape in ((timesteps, 2), (64, 2), (64, 16)))
        cell = Wx / np.sqrt(2), Wh / np.sqrt(16), np.repeat([0, bias, 0, 0], 16)
        states = run_lstm(inputs, *cell)
        last = np.zeros((timesteps, 16))
        last[-1] = 1
        arriving = np.linalg.norm(backward_lstm(last, inputs, states, *cell).inputs, axis=1)
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
    return Panel("gates", controls, show, shown, labels=[*labels, *more], presets=PRESETS)
