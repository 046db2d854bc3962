"""Lesson 09: gates over time, and what of a gradient they let through; the pictures,
the panel, the exercises.
"""

import argparse
import csv
import math
import os
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import NamedTuple

import numpy as np
from matplotlib.patches import Circle, FancyBboxPatch

from rnn_core import (
    Model,
    Parameters,
    adam,
    backward_gru,
    backward_leaky,
    backward_lstm,
    clip_by_global_norm,
    init_parameters,
    run_gru,
    run_leaky,
    run_lstm,
    saturated_fraction,
)
from rnn_core.gates import sigmoid
from rnn_core.validation import check_numbers

from .check import Exercise
from .panel import Panel, follow_count, follow_heatmap, number, whole
from .pictures import (
    COLORS,
    FAINTEST,
    above_floor,
    check_curves,
    check_rows,
    counted,
    draw_floor,
    finish,
    new_axes,
    plot_curves,
    plot_heatmap,
    power_of_ten,
)

GATE_COLOR, STATE_COLOR, TANH_COLOR = COLORS[1], COLORS[2], COLORS[0]
DRAWN = {
    "leaky": "leaky cell: the old state times (1 - a), plus tanh(z) times a",
    "GRU": (
        "GRU: the old state times the update gate, plus the candidate times"
        " (1 - update); the reset gate multiplies what the candidate gets of the old"
        " state"
    ),
    "LSTM": (
        "LSTM: the old cell state times the forget gate, plus the candidate times the"
        " input gate; its tanh times the output gate is the hidden state"
    ),
}


def plot_cell(name, ax=None, digest=None):
    """What flows and what multiplies in one timestep of "leaky", "GRU" or "LSTM".

    The thick line is the way along which the old state is kept.
    """
    ax = new_axes(size=(9, 4.2)) if ax is None else ax
    ax.set(xlim=(0, 10), ylim=(0, 5), aspect="equal", title=f"{name}, one timestep")
    ax.axis("off")
    kept = "c" if name == "LSTM" else "h"
    end = 6.6 if name == "LSTM" else 8.6
    (way,) = ax.plot([1.0, end], [4.3, 4.3], color=STATE_COLOR, linewidth=5, zorder=1)
    _arrow(ax, (end, 4.3), (end + 0.4, 4.3), color=STATE_COLOR, width=5)
    _write(ax, 0.55, 4.3, f"${kept}_{{t-1}}$")
    _write(ax, end + 0.8, 4.3, f"${kept}_t$")
    {"leaky": _draw_leaky, "GRU": _draw_gru, "LSTM": _draw_lstm}[name](ax)
    return finish(ax, digest, DRAWN[name], kept=way)


def _draw_leaky(ax):
    _circle(ax, 3.0, 4.3, "×")
    _write(ax, 3.0, 3.45, "1 - a", color=GATE_COLOR)
    _arrow(ax, (3.0, 3.65), (3.0, 4.0), color=GATE_COLOR)
    _box(ax, 6.0, 1.6, "tanh", TANH_COLOR)
    _arrow(ax, (6.0, 1.95), (6.0, 2.6))
    _circle(ax, 6.0, 2.9, "×")
    _write(ax, 7.0, 2.9, "a", color=GATE_COLOR)
    _arrow(ax, (6.8, 2.9), (6.3, 2.9), color=GATE_COLOR)
    _arrow(ax, (6.0, 3.2), (6.0, 4.0))
    _circle(ax, 6.0, 4.3, "+")
    _rail(ax, [6.0], "$x_t$ and $h_{t-1}$ by their weights")


def _draw_gru(ax):
    _circle(ax, 4.6, 4.3, "×")
    _box(ax, 4.6, 1.6, "update", GATE_COLOR)
    _arrow(ax, (4.6, 1.95), (4.6, 4.0), color=GATE_COLOR)
    _box(ax, 2.0, 1.6, "reset", GATE_COLOR)
    _box(ax, 7.4, 1.6, "candidate", TANH_COLOR)
    _arrow(ax, (7.4, 1.95), (7.4, 2.6))
    _circle(ax, 7.4, 2.9, "×")
    _arrow(ax, (4.6, 2.9), (7.1, 2.9), color=GATE_COLOR)
    _write(ax, 5.9, 3.2, "1 - update", color=GATE_COLOR)
    _arrow(ax, (7.4, 3.2), (7.4, 4.0))
    _circle(ax, 7.4, 4.3, "+")
    # the candidate's share of the old state passes the reset gate
    _circle(ax, 3.3, 2.45, "×", size=0.22)
    ax.plot([1.3, 1.3, 3.08], [4.3, 2.45, 2.45], color="0.35", linewidth=1.5)
    ax.plot([2.0, 2.0, 3.3], [1.95, 2.1, 2.1], color=GATE_COLOR, linewidth=1.5)
    _arrow(ax, (3.3, 2.1), (3.3, 2.22), color=GATE_COLOR)
    ax.plot([3.52, 6.1, 6.1], [2.45, 2.45, 1.75], color="0.35", linewidth=1.5)
    _arrow(ax, (6.1, 1.75), (6.55, 1.75))
    _rail(ax, [2.0, 4.6, 7.4], "$x_t$ and, to the gates, $h_{t-1}$ by their weights")


def _draw_lstm(ax):
    for x, gate in ((1.9, "forget"), (3.6, "input"), (7.7, "output")):
        _box(ax, x, 1.6, gate, GATE_COLOR)
    _box(ax, 5.6, 1.6, "candidate", TANH_COLOR)
    _circle(ax, 1.9, 4.3, "×")
    _arrow(ax, (1.9, 1.95), (1.9, 4.0), color=GATE_COLOR)
    _circle(ax, 5.6, 2.9, "×")
    ax.plot([3.6, 3.6], [1.95, 2.9], color=GATE_COLOR, linewidth=1.5)
    _arrow(ax, (3.6, 2.9), (5.3, 2.9), color=GATE_COLOR)
    _arrow(ax, (5.6, 1.95), (5.6, 2.6))
    _arrow(ax, (5.6, 3.2), (5.6, 4.0))
    _circle(ax, 5.6, 4.3, "+")
    ax.plot([6.5, 6.5], [4.3, 3.35], color="0.35", linewidth=1.5)
    _write(ax, 6.85, 3.65, "tanh", color=TANH_COLOR, size=12)
    ax.plot([6.5, 6.5], [3.35, 2.9], color="0.35", linewidth=1.5)
    _arrow(ax, (6.5, 2.9), (7.4, 2.9))
    _circle(ax, 7.7, 2.9, "×")
    _arrow(ax, (7.7, 1.95), (7.7, 2.6), color=GATE_COLOR)
    _arrow(ax, (8.0, 2.9), (8.7, 2.9))
    _write(ax, 9.1, 2.9, "$h_t$")
    _rail(ax, [1.9, 3.6, 5.6, 7.7], "$x_t$ and $h_{t-1}$ by their weights")


def _arrow(ax, start, end, *, color="0.35", width=1.5):
    ax.annotate(
        "",
        xy=end,
        xytext=start,
        arrowprops={"arrowstyle": "-|>", "color": color, "linewidth": width},
    )


def _write(ax, x, y, text, *, color="black", size=14):
    ax.text(x, y, text, ha="center", va="center", fontsize=size, color=color, zorder=4)


def _circle(ax, x, y, text, size=0.3):
    """A place where two numbers are multiplied or added."""
    ax.add_patch(Circle((x, y), size, facecolor="white", edgecolor="black", zorder=3))
    _write(ax, x, y, text, size=16)


def _box(ax, x, y, text, color):
    """A layer: weights, a sum and a squashing function."""
    place = (x - 0.75, y - 0.35)
    box = FancyBboxPatch(place, 1.5, 0.7, boxstyle="round,pad=0.04", zorder=3)
    box.set(facecolor="white", edgecolor=color, linewidth=2)
    ax.add_patch(box)
    _write(ax, x, y, text, color=color, size=13)


def _rail(ax, boxes, text):
    """What every box is fed by."""
    ax.plot([boxes[0], boxes[-1]], [0.75, 0.75], color="0.35", linewidth=1.5)
    for x in boxes:
        _arrow(ax, (x, 0.75), (x, 1.22))
    _write(ax, np.mean([boxes[0], boxes[-1]]), 0.35, text, size=12)


def plot_gates(gates, name="forget gate", ax=None, digest=None):
    """Heatmap of one gate of every unit over time, always from 0 (forgets all) to 1
    (keeps all).
    """
    gates = check_rows(gates, "gates")
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
    middle = f"{name} of {gates.shape[1]} units: median {np.median(gates):.2f}"
    return f"{middle}; {', '.join(shares)}"


def plot_arriving(arriving, ax=None, digest=None):
    """The norm of a gradient by the input of each timestep, on a logarithmic axis.

    arriving: maps names to arrays (timesteps,).
    """
    arriving = check_curves(arriving, "arriving")
    x = np.arange(1, len(next(iter(arriving.values()))) + 1)
    labels = {"xlabel": "timestep of the input", "ylabel": "norm of the gradient"}
    ax = plot_curves(x, arriving, yscale="log", ax=ax, **labels)
    for line, color in zip(ax.drawn.values(), COLORS, strict=False):
        line.set(marker="", color=color)
    ax.set_xticks(counted(len(x)))
    ax.legend(loc="lower right")
    return finish(ax, digest, digest_arriving(arriving), **ax.drawn)


def digest_arriving(arriving):
    """What is left at the first timestep."""
    each = ", ".join(
        f"{name} {power_of_ten(norms[0])}" for name, norms in arriving.items()
    )
    return f"gradient of the last state by the input at timestep 1: {each}"


def plot_learning(groups, ax=None, digest=None):
    """The share of signs told right over the updates, a line for each training.

    groups: maps names to lists of Runs. A dot ends a training that solved its task.
    """
    if not isinstance(groups, dict):
        came = type(groups).__name__
        raise TypeError(
            f"groups must be a dict from names to lists of runs; got {came}."
        )
    if not groups:
        raise ValueError("groups must not be empty; got {}.")
    ax = new_axes(size=(9, 4.2)) if ax is None else ax
    drawn, said = {}, []
    for (name, runs), color in zip(groups.items(), COLORS, strict=False):
        for run in runs:
            updates = BLOCK * np.arange(1, len(run.accuracies) + 1)
            updates[-1] = run.updates
            (line,) = ax.plot(updates, run.accuracies, color=color, linewidth=1.5)
            if run.solved:
                ax.plot(updates[-1], 1.0, "o", color=color, clip_on=False, zorder=5)
            if name not in drawn:
                drawn[name] = line
                line.set_label(name)
        last = [1.0 if run.solved else run.accuracies[-1] for run in runs]
        said += [f"{name} {_between([f'{share:.2f}' for share in last])}"]
    ax.set(xscale="log", xlabel="update", ylabel="share told right", ylim=(0.45, 1.02))
    ax.axhline(0.5, color="0.4", linestyle=":", zorder=1)
    ticks = [50, 100, 200, 500, 1000, 2000, 5000]
    ax.set_xticks(ticks, labels=[str(tick) for tick in ticks])
    ax.minorticks_off()
    ax.grid(alpha=0.3)
    ax.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=13)
    said = f"share told right at the end: {'; '.join(said)}"
    return finish(ax, digest, said, **drawn)


def plot_marks(inputs, ax=None, digest=None):
    """One sequence of the task with marks: signs in grey, the marked ones coloured."""
    inputs = check_numbers(inputs, "inputs", ("timesteps", 2))
    ax = new_axes(size=(9, 2.2)) if ax is None else ax
    timesteps = np.arange(1, len(inputs) + 1)
    signs, marks = inputs[:, 0], inputs[:, 1] > 0
    dots = {"marker": "o", "linestyle": "none", "clip_on": False}
    (all_signs,) = ax.plot(timesteps, signs, color="0.75", label="sign", **dots)
    style = {"color": COLORS[1], "markersize": 11, "label": "sign with a mark"}
    (marked,) = ax.plot(timesteps[marks], signs[marks], **style, **dots)
    last = timesteps[marks][-1]
    ring = {"markersize": 20, "markerfacecolor": "none", "color": "black"}
    ax.plot(last, signs[marks][-1], label="this one counts", **ring, **dots)
    ax.set(ylim=(-2.2, 2.2), yticks=[-1, 1], xlabel="timestep", ylabel="sign")
    # as a heatmap below it counts
    ax.set(xlim=(0.5, len(inputs) + 0.5), xticks=counted(len(inputs)))
    above = {"loc": "lower right", "bbox_to_anchor": (1, 1), "ncols": 3}
    ax.legend(**above, frameon=False, borderaxespad=0)
    said = f"{marks.sum()} marks in {len(inputs)} timesteps, the last at {last}"
    return finish(ax, digest, said, signs=all_signs, marked=marked)


PRESETS = {"bias 0": {}, "bias ln 100": {"bias": 4.6}, "forget at once": {"bias": -4.0}}


def gates_explorer():
    """The forget gates of an LSTM, and the gradient of the sum of its last hidden
    states by each input, beside that of a leaky cell that keeps the same share.
    """
    axes = new_axes(1, 2, size=(10, 3.6), live=True)
    gates = plot_gates(np.zeros((100, 16)), ax=axes[0]).drawn["image"]
    names = ("LSTM", "leaky cell", "sigmoid(bias) ^ steps back")
    artists = plot_arriving({name: np.ones(100) for name in names}, ax=axes[1]).drawn
    lstm, leaky, predicted = artists.values()
    leaky.set_linestyle("-")
    predicted.set_linestyle("--")
    axes[1].set(ylim=(FAINTEST / 1e3, 1e25), yticks=10.0 ** np.arange(-40, 11, 10))
    axes[1].legend(loc="upper left", labelspacing=0.2, borderaxespad=0.2)
    draw_floor(axes[1])
    put_gates, labels = follow_heatmap(gates)
    put_time, more = follow_count(axes[1], "x")

    def show(bias, timesteps, seed):
        inputs, weights = draw_panel(bias, timesteps, seed)
        last = np.zeros((timesteps, 16))
        last[-1] = 1
        states = run_lstm(inputs, *weights)
        by_inputs = backward_lstm(last, inputs, states, *weights).inputs
        arriving = np.linalg.norm(by_inputs, axis=1)
        # The leaky cell has the candidate's weights and keeps sigmoid(bias) for good.
        candidate = [array[32:48] for array in weights]
        leak = float(sigmoid(-bias))
        kept = run_leaky(inputs, *candidate, leak)
        by_inputs = backward_leaky(last, inputs, kept, *candidate, leak).inputs
        x = np.arange(1, timesteps + 1)
        put_gates(states.forget_gate)
        put_time(timesteps)
        lstm.set_data(x, above_floor(arriving))
        leaky.set_data(x, above_floor(np.linalg.norm(by_inputs, axis=1)))
        predicted.set_data(x, above_floor((1 + math.exp(-bias)) ** (x - timesteps)))
        both = {"LSTM": lstm.get_ydata(), "leaky cell": leaky.get_ydata()}
        return f"{digest_gates(states.forget_gate)}; {digest_arriving(both)}"

    controls = {
        "bias": number("bias", 0.0, -4, 8),
        "timesteps": whole("timesteps", 100, 2, 200, "steps"),
        "seed": whole("seed", 1, 0, 99),
    }
    shown = {
        "forget_gate": gates,
        "LSTM": lstm,
        "leaky": leaky,
        "predicted": predicted,
    }
    return Panel(
        "gates", controls, show, shown, labels=[*labels, *more], presets=PRESETS
    )


def draw_panel(bias, timesteps, seed):
    """Inputs, and the weights of an LSTM of 16 units, for the panel."""
    rng = np.random.default_rng(seed)
    inputs = rng.normal(size=(timesteps, 2))
    Wx = rng.normal(size=(64, 2)) / np.sqrt(2)
    Wh = rng.normal(size=(64, 16)) / np.sqrt(16)
    return inputs, (Wx, Wh, np.repeat([0, bias, 0, 0], 16))


def _one_gate(inputs, Wx, Wh, b):
    """A GRU whose reset gate is 1: only the update gate and the candidate are left."""
    size = Wh.shape[1]
    Wx = np.concatenate([np.zeros_like(Wx[:size]), Wx])
    Wh = np.concatenate([np.zeros_like(Wh[:size]), Wh])
    b = np.concatenate([np.full(size, 50.0), b])
    return run_gru(inputs, Wx, Wh, b).hidden_states


def _two_blocks():
    rng = np.random.default_rng(8)
    for timesteps, input_size, size in ((12, 2, 3), (5, 3, 6), (1, 1, 1)):
        shapes = (2 * size, input_size), (2 * size, size), (2 * size,)
        inputs = rng.normal(size=(timesteps, input_size))
        yield inputs, *(rng.normal(size=shape) for shape in shapes)


def _chrono(timesteps, hidden_size, rng):
    forget = np.log(rng.uniform(1, timesteps - 1, hidden_size))
    return np.concatenate([-forget, forget, np.zeros(2 * hidden_size)])


def _chrono_calls():
    sizes = ((100, 16), (50, 4), (1000, 1))
    return [(n, size, np.random.default_rng(n)) for n, size in sizes]


EXERCISES = {
    "09.1": Exercise(lambda: -np.log(2 ** (1 / 1000) - 1), tolerance=0.01),
    "09.2": Exercise(_one_gate, lambda: list(_two_blocks())),
    "09.3": Exercise(_chrono, _chrono_calls),
}


class Setting(NamedTuple):
    """How a cell starts, and what of it is trained."""

    cell: str  # "leaky", "GRU" or "LSTM"
    leak: float = 1.0  # of the leaky cell; 1 is the tanh cell
    bias: float | str = 0.0  # of the gate that keeps (update or forget), or "chrono"
    input_bias: float | str = 0.0  # of the LSTM's input gate, or "chrono"
    fixed: str = ""  # "forget": gates of this name stay where their bias puts them;
    # "forget state": they read the input and not the state
    scheme: str = "orthogonal"  # of the leaky cell
    gain: float = 1.0  # of the leaky cell
    noise: float = 1.0  # of the latch
    rate: float = 5e-3  # the learning rate

    def __str__(self):
        chosen = self._asdict().items()
        default = Setting(self.cell)._asdict()
        return ", ".join(
            f"{key} {value:.3g}" if isinstance(value, float) else f"{key} {value}"
            for key, value in chosen
            if value != default[key]
        )


GATES = {
    "leaky": ["candidate"],
    "GRU": ["reset", "update", "candidate"],
    "LSTM": ["input", "forget", "candidate", "output"],
}
KEEPS = {"GRU": "update", "LSTM": "forget"}
# Gates and candidate read the input alone.
MIN_GRU = "reset, update state, candidate state"


def draw_cell(setting, rng):
    """Wx, Wh, b of a cell with INPUT_SIZE inputs and HIDDEN_SIZE units."""
    if setting.cell == "leaky":
        sizes = INPUT_SIZE, HIDDEN_SIZE
        return init_parameters(
            *sizes, scheme=setting.scheme, gain=setting.gain, rng=rng
        )
    rows = len(GATES[setting.cell]) * HIDDEN_SIZE
    Wx = rng.normal(size=(rows, INPUT_SIZE)) / np.sqrt(INPUT_SIZE)
    Wh = rng.normal(size=(rows, HIDDEN_SIZE)) / np.sqrt(HIDDEN_SIZE)
    b = np.zeros(rows)
    bias, input_bias = setting.bias, setting.input_bias
    if bias == "chrono":
        bias = np.log(rng.uniform(1, TIMESTEPS - 1, HIDDEN_SIZE))
    if input_bias == "chrono":
        input_bias = -bias
    b[_rows_of(KEEPS[setting.cell], setting.cell)] = bias
    if setting.cell == "LSTM":
        b[_rows_of("input", "LSTM")] = input_bias
    moves = trained_part(setting)
    return Parameters(moves.Wx * Wx, moves.Wh * Wh, b)


def trained_part(setting):
    """1 where Wx, Wh and b are trained; 0, where they are not."""
    rows = len(GATES[setting.cell]) * HIDDEN_SIZE
    Wx, Wh, b = np.ones((rows, 1)), np.ones((rows, 1)), np.ones(rows)
    for fixed in setting.fixed.split(", ") if setting.fixed else []:
        name, _, what = fixed.partition(" ")
        place = _rows_of(name, setting.cell)
        Wh[place] = 0
        if what != "state":
            Wx[place] = 0
            b[place] = 0
    return Parameters(Wx, Wh, b)


def _rows_of(gate, cell):
    first = GATES[cell].index(gate) * HIDDEN_SIZE
    return slice(first, first + HIDDEN_SIZE)


def run_cell(setting, inputs, weights):
    """The hidden states, and what the way back needs of them."""
    if setting.cell == "leaky":
        states = run_leaky(inputs, *weights, setting.leak)
        return states, states
    states = {"GRU": run_gru, "LSTM": run_lstm}[setting.cell](inputs, *weights)
    return states.hidden_states, states


def backward_cell(setting, d_hidden_states, inputs, states, weights):
    if setting.cell == "leaky":
        return backward_leaky(d_hidden_states, inputs, states, *weights, setting.leak)
    back = {"GRU": backward_gru, "LSTM": backward_lstm}[setting.cell]
    return back(d_hidden_states, inputs, states, *weights)


def latch_batch(rng, batch=32, timesteps=100, noise=1.0):
    """One sign at the first timestep, and noise all the time: which sign was it?"""
    signs = rng.choice([-1.0, 1.0], batch)
    inputs = np.zeros((batch, timesteps, INPUT_SIZE))
    inputs[:, 0, 0] = signs
    inputs[:, :, 1] = noise * rng.normal(size=(batch, timesteps))
    return inputs, signs


def marks_batch(rng, batch=32, timesteps=100):
    """A sign at every timestep, a mark at the first and at three in a hundred of the
    others: which sign stood at the last mark?
    """
    signs = rng.choice([-1.0, 1.0], (batch, timesteps))
    marks = (rng.random((batch, timesteps)) < 0.03).astype(float)
    marks[:, 0] = 1
    last = timesteps - 1 - marks[:, ::-1].argmax(axis=1)
    return np.stack([signs, marks], axis=2), signs[np.arange(batch), last]


def sign_loss(setting, model, inputs, signs):
    """Mean loss, share of signs told right, Model of gradients."""
    hidden_states, states = run_cell(setting, inputs, model[:3])
    last = hidden_states[:, -1]
    margins = signs * (last @ model.Wy + model.by)  # positive where it is told right
    d_logits = -signs * sigmoid(-margins) / len(signs)
    direct = np.zeros_like(hidden_states)
    direct[:, -1] = d_logits[:, None] * model.Wy
    cell = backward_cell(setting, direct, inputs, states, model[:3])
    moves = trained_part(setting)
    gradients = Model(
        Wx=moves.Wx * cell.Wx,
        Wh=moves.Wh * cell.Wh,
        b=moves.b * cell.b,
        Wy=d_logits @ last,
        by=d_logits.sum(keepdims=True),
    )
    return np.logaddexp(0, -margins).mean(), np.mean(margins > 0), gradients


class Training(NamedTuple):
    model: Model
    losses: list
    accuracies: list
    solved: bool


def train(setting, task, *, updates, seed, progress=None):
    """Train until five batches in a row are told without a mistake."""
    rng = np.random.default_rng(seed)
    more = {"noise": setting.noise} if task == "latch" else {}
    weights = draw_cell(setting, rng)
    readout = rng.normal(size=HIDDEN_SIZE) / np.sqrt(HIDDEN_SIZE)
    model = Model(*weights, readout, np.zeros(1))
    state, losses, accuracies, in_a_row = None, [], [], 0
    while len(losses) < updates and in_a_row < 5:
        inputs, signs = TASKS[task](rng, **more)
        loss, accuracy, gradients = sign_loss(setting, model, inputs, signs)
        gradients, _ = clip_by_global_norm(gradients, 1.0)
        model, state = adam(
            model, gradients, state, learning_rate=setting.rate, beta2=0.99
        )
        losses.append(loss)
        accuracies.append(accuracy)
        in_a_row = in_a_row + 1 if accuracy == 1 else 0
        if progress:
            progress(losses)
    return Training(model, losses, accuracies, in_a_row == 5)


INPUT_SIZE, HIDDEN_SIZE = 2, 16
BATCH, IN_A_ROW, BLOCK = 32, 5, 50  # BLOCK: updates over which an accuracy is averaged
TIMESTEPS = 100
TASKS = {"latch": latch_batch, "marks": marks_batch}
MEASURED = Path(__file__).parent / "data" / "gates.csv"


class Run(NamedTuple):
    """One training: what was run, and what came out."""

    task: str
    setting: Setting
    seed: int
    limit: int  # updates at most
    updates: int  # updates used
    solved: bool
    keeps_before: float  # mean of the gate that keeps; of the leaky cell 1 - leak
    keeps_after: float
    held: float  # latch: share of 400 signs told after 1,000 timesteps instead of 100
    accuracies: list  # means over BLOCK updates


def settings_to_run():
    """(task, setting, limit, seeds) of every training that is stored.

    What is settled after a few seeds or updates gets no more of them.
    """
    chosen = []

    def add(task, limit, seeds, *settings):
        for setting in settings:
            chosen.append((task, setting, limit, range(1, seeds + 1)))

    ln_100 = np.log(100)
    for leak in (1.0, 0.3, 0.1, 0.03, 0.01):
        add("latch", 150, 8, Setting("leaky", leak))
    add("latch", 150, 8, Setting("leaky", noise=0.2))
    for bias in (0.0, 1.0, 2.0, 3.0, 4.0, ln_100):
        for cell in KEEPS:
            add("latch", 150, 8, Setting(cell, bias=bias))
    for cell, gate in KEEPS.items():
        add("latch", 150, 8, Setting(cell, bias=ln_100, fixed=gate))
    add("latch", 150, 8, Setting("LSTM", bias="chrono", input_bias="chrono"))

    gru = Setting("GRU", bias=ln_100, rate=2e-2)
    lstm = Setting("LSTM", bias=ln_100, rate=2e-2)
    for leak in (1.0, 0.3, 0.1, 0.03, 0.01):
        add("marks", 5000, 8, Setting("leaky", leak, rate=2e-2))
    for gain in (1.1, 1.2, 1.3):  # nearer to the edge, and beyond it
        add("marks", 5000, 8, Setting("leaky", gain=gain, rate=2e-2))
    add("marks", 5000, 8, gru, gru._replace(bias=1.0))
    for gate in ("reset", "update", "update state", MIN_GRU):
        add("marks", 5000, 8, gru._replace(fixed=gate))
    add("marks", 5000, 8, gru._replace(bias=np.log(9), fixed="update"))  # keeps 0.9
    for bias in (1.0, ln_100, "chrono"):
        for input_bias in (0.0, -2.0, -ln_100):
            crossed = lstm._replace(bias=bias, input_bias=input_bias)
            add("marks", 5000, 8, crossed)
    add("marks", 5000, 8, lstm._replace(bias="chrono", input_bias="chrono"))
    add("marks", 5000, 8, lstm._replace(fixed="input"), lstm._replace(fixed="forget"))
    for rate in (5e-3, 5e-2):  # for comparison
        for setting in (gru, Setting("leaky", 0.1), Setting("leaky", 0.3)):
            add("marks", 5000, 2, setting._replace(rate=rate))
    return chosen


def measure(task, setting, seed, limit):
    """Train once and return the Run."""
    trained = train(setting, task, updates=limit, seed=seed)
    weights = draw_cell(setting, np.random.default_rng(seed))
    blocks = range(0, len(trained.accuracies), BLOCK)
    means = [np.mean(trained.accuracies[first : first + BLOCK]) for first in blocks]
    held = np.nan
    if task == "latch":
        inputs, signs = latch_batch(
            np.random.default_rng(0), 400, timesteps=1000, noise=setting.noise
        )
        held = sign_loss(setting, trained.model, inputs, signs)[1]
    return Run(
        task,
        setting,
        seed,
        limit,
        len(trained.losses),
        trained.solved,
        keeps(setting, task, weights),
        keeps(setting, task, trained.model[:3]),
        held,
        [round(float(mean), 3) for mean in means],
    )


def keeps(setting, task, weights):
    """The mean of the gate that keeps, over units, timesteps and 32 sequences."""
    if setting.cell == "leaky":
        return 1 - setting.leak
    inputs, _ = TASKS[task](np.random.default_rng(0))
    states = run_cell(setting, inputs, weights)[1]
    gate = states.update if setting.cell == "GRU" else states.forget_gate
    return gate.mean()


def measured(path=MEASURED):
    """The stored Runs; `python -m rnn_lessons.gates` makes them."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [_run_of(row) for row in rows]


def _row_of(run):
    """A Run as a row of the table."""
    setting = run.setting._asdict()
    for name in ("bias", "input_bias", "leak", "gain", "noise", "rate"):
        if not isinstance(setting[name], str):
            setting[name] = f"{setting[name]:.9g}"
    numbers = {
        "keeps_before": f"{run.keeps_before:.5f}",
        "keeps_after": f"{run.keeps_after:.5f}",
        "held": f"{run.held:.4f}",
        "accuracies": " ".join(f"{mean:g}" for mean in run.accuracies),
    }
    counted = {
        "seed": run.seed,
        "limit": run.limit,
        "updates": run.updates,
        "solved": int(run.solved),
    }
    return {"task": run.task} | setting | counted | numbers


def _run_of(row):
    setting = Setting(
        cell=row["cell"],
        leak=float(row["leak"]),
        bias=_number_or_word(row["bias"]),
        input_bias=_number_or_word(row["input_bias"]),
        fixed=row["fixed"],
        scheme=row["scheme"],
        gain=float(row["gain"]),
        noise=float(row["noise"]),
        rate=float(row["rate"]),
    )
    return Run(
        task=row["task"],
        setting=setting,
        seed=int(row["seed"]),
        limit=int(row["limit"]),
        updates=int(row["updates"]),
        solved=bool(int(row["solved"])),
        keeps_before=float(row["keeps_before"]),
        keeps_after=float(row["keeps_after"]),
        held=float(row["held"]),
        accuracies=[float(mean) for mean in row["accuracies"].split()],
    )


def select(runs, task, setting):
    """The Runs of one setting, over the seeds."""
    wanted = _name((task, setting, 0))[:-1]
    return [run for run in runs if _name(run)[:-1] == wanted]


def outcome(runs):
    """How many trainings solved the task, after how many updates, and what is left."""
    solved = [run.updates for run in runs if run.solved]
    said = f"{len(solved)} of {len(runs)}"
    if solved:
        said += f", after {_between(solved)} updates"
    others = [run for run in runs if not run.solved]
    if others:
        accuracies = [f"{run.accuracies[-1]:.2f}" for run in others]
        limit = max(run.updates for run in others)
        said += f"; told right by the others {_between(accuracies)} after {limit}"
    return said


def _between(values):
    low, high = min(values), max(values)
    return f"{low}" if low == high else f"{low} to {high}"


def _number_or_word(text):
    return text if text == "chrono" else float(text)


def main(arguments=None):
    """Run what is not stored yet, or all with --anew; a row is written as it ends."""
    parser = argparse.ArgumentParser(prog="python -m rnn_lessons.gates")
    parser.add_argument("--path", type=Path, default=MEASURED)
    parser.add_argument("--anew", action="store_true", help="forget what is stored")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--only", default="", help="a part, as 'latch GRU'")
    chosen = parser.parse_args(arguments)
    if chosen.anew:
        chosen.path.unlink(missing_ok=True)
    done = set()
    if chosen.path.exists():
        done = {_name(run) for run in measured(chosen.path)}
    jobs = [
        (task, setting, seed, limit)
        for first in (1, 5)  # four seeds of everything, then the others
        for task, setting, limit, seeds in settings_to_run()
        for seed in range(first, first + 4)
        if seed in seeds
        and _name((task, setting, seed)) not in done
        and f"{task} {setting.cell}".startswith(chosen.only)
    ]
    with ProcessPoolExecutor(chosen.jobs) as executor:
        store(jobs, executor, chosen.path)


def _name(run):
    """What tells one training from another, as it is stored."""
    task, setting, seed = run[:3]
    numbers = [f"{v:.9g}" if not isinstance(v, str) else v for v in setting]
    return task, *numbers, seed


def store(jobs, executor, path=MEASURED):
    """Measure the jobs with any concurrent.futures executor; append a row for each."""
    waiting = [executor.submit(measure, *job) for job in jobs]
    new = not path.exists()
    started = time.perf_counter()
    with path.open("a", encoding="utf-8", newline="") as file:
        for number, future in enumerate(as_completed(waiting), start=1):
            row = _row_of(future.result())
            writer = csv.DictWriter(file, row, lineterminator="\n")
            if new:
                writer.writeheader()
                new = False
            writer.writerow(row)
            file.flush()
            share = "#" * (40 * number // len(jobs))
            minutes = (time.perf_counter() - started) / 60
            print(
                f"\r[{share:40}] {number} of {len(jobs)}, {minutes:.0f} minutes",
                end="",
                flush=True,
            )
    print()


if __name__ == "__main__":
    main()
