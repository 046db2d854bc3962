"""Lesson 08: where training starts and where it ends; what is measured and drawn there.

`python -m rnn_lessons.trainability` measures all of it and stores it beside this file;
see --help.
"""

import argparse
import csv
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from itertools import product
from pathlib import Path
from typing import NamedTuple

import numpy as np

from rnn_core import (
    adam,
    clip_by_global_norm,
    fit,
    init_model,
    loss_and_gradients,
    measured_exponent,
    next_character_task,
    run,
    zen_of_python,
)
from rnn_core.validation import check_array

from .check import Exercise
from .pictures import COLORS, finish, new_axes

DATA = Path(__file__).parent / "data" / "trainability"
IGNORED = -100  # a target that has no loss


class Task(NamedTuple):
    """One training: what is drawn, what it is trained on, for how long."""

    text: str  # "zen", "windows" (of the Zen), "rule" or "latch"
    scheme: str
    hidden_size: int
    gain: float
    seed: int
    budget: int  # updates
    learning_rate: float = 0.005
    noise: float = 0.0  # of the latch
    reach: int = 0  # how many characters back a rule looks; the length of windows
    strength: float = 1.0  # multiplies Wx, and so the inputs


class Training(NamedTuple):
    """What came out of a Task: a row of the stored tables."""

    text: str
    scheme: str
    hidden_size: int
    gain: float
    seed: int
    budget: int
    learning_rate: float
    noise: float
    reach: int
    strength: float
    before: float  # exponent of the untrained cell, on what it is trained on
    updates: int  # made until it had learnt, or all
    learnt: int  # 1 or 0
    loss: float  # at the end
    largest_norm: float  # of a gradient, before clipping
    after: float  # exponent at the end


GAINS = (0, 0.25, 0.5, 0.75, 0.9, 1, 1.1, 1.25, 1.5, 1.75, 2, 2.5, 3)
LATCH_GAINS = (0, 0.5, 0.7, 0.85, 1, 1.1, 1.15, 1.2, 1.25, 1.3, 1.4, 1.5, 2, 3)
WEAK_GAINS = (0.5, 0.75, 0.9, 1, 1.1, 1.25, 1.5)
FEW_GAINS = (0.5, 1, 1.5)


def tasks_of(experiment):
    """The trainings of one experiment, by name; see EXPERIMENTS."""
    return list(EXPERIMENTS[experiment]())


def _zen(scheme="orthogonal", hidden_size=128, gains=GAINS, seeds=8, rate=0.005):
    for gain, seed in product(gains, range(seeds)):
        yield Task("zen", scheme, hidden_size, gain, seed, 1500, learning_rate=rate)


def _latch(scheme="orthogonal", hidden_size=16, gains=LATCH_GAINS, noise=1.0):
    for gain, seed in product(gains, range(8)):
        yield Task("latch", scheme, hidden_size, gain, seed, 600, noise=noise)


def _rule():
    for reach, gain, seed in product((5, 10, 20, 60), (0.5, 1), range(4)):
        settings = {"learning_rate": 0.002, "reach": reach}
        yield Task("rule", "orthogonal", 128, gain, seed, 400, **settings)


def _windows():
    for gain, seed in product((1, 1.5, 1.75, 2), range(3)):
        yield Task("windows", "orthogonal", 128, gain, seed, 600, reach=57)


def _strong():
    for gain, seed in product((1, 1.75, 2.5), range(8)):
        yield Task("zen", "orthogonal", 128, gain, seed, 1500, strength=10)


EXPERIMENTS = {
    "zen": _zen,
    "latch": _latch,
    "latch_weak_noise": lambda: _latch(gains=WEAK_GAINS, noise=0.2),
    "held": lambda: _latch(gains=(1.15, 1.2, 1.25)),
    "along": lambda: _zen(gains=(0, 1, 1.5), seeds=2),
    "rule": _rule,
    "zen_64_units": lambda: _zen(hidden_size=64, gains=FEW_GAINS, seeds=3),
    "zen_keras": lambda: _zen("keras", gains=FEW_GAINS, seeds=3),
    "zen_gaussian": lambda: _zen("gaussian", gains=FEW_GAINS, seeds=3),
    "zen_pytorch": lambda: _zen("pytorch", gains=(1,), seeds=3),
    "zen_in_windows": _windows,
    "zen_strong": _strong,
    "zen_small_steps": lambda: _zen(gains=FEW_GAINS, seeds=3, rate=0.002),
    "latch_64_units": lambda: _latch(hidden_size=64, gains=(1, 1.2)),
    "latch_keras": lambda: _latch("keras", gains=(1, 1.2)),
    "latch_gaussian": lambda: _latch("gaussian", gains=(1, 1.5)),
}


def train(task, each_update=lambda number: None):
    """Carry out one training, from the draw of the cell to the exponent at its end."""
    by_text = {"latch": learn_latch, "windows": learn_windows}
    learn = by_text.get(task.text, learn_text)
    return learn(task, each_update)


def learn_text(task, each_update=lambda number: None):
    """Train on a text until the likeliest character is right at every timestep."""
    inputs, targets, start = draw_text(task)
    norms = []
    settings = {"learning_rate": task.learning_rate, "clip": 0.1}
    for update in fit(start, inputs, targets, updates=task.budget, **settings):
        norms.append(update.gradient_norm)
        each_update(len(norms))
        if update.accuracy == 1:
            break
    return Training(
        *task,
        before=exponent_of(start, inputs),
        updates=len(norms),
        learnt=int(update.accuracy == 1),
        loss=update.loss,
        largest_norm=max(norms),
        after=exponent_of(update.model, inputs),
    )


def learn_windows(task, each_update=lambda number: None):
    """As learn_text, but no gradient crosses a border of windows of `reach` timesteps.

    The states are still those of the whole text: each window starts from the last state
    of the one before.
    """
    inputs, targets, start = draw_text(task)
    windows = inputs.reshape(-1, task.reach, inputs.shape[1])
    their_targets = targets.reshape(-1, task.reach)
    model, kept = start, None
    norms = []
    while True:
        states = run(inputs, model.Wx, model.Wh, model.b)
        last = states[task.reach - 1 : -1 : task.reach]
        before = np.vstack([np.zeros_like(last[:1]), last])
        loss, gradients, accuracy = loss_and_gradients(
            model, windows, their_targets, before
        )
        if accuracy == 1 or len(norms) == task.budget:
            break
        clipped, norm = clip_by_global_norm(gradients, 0.1)
        model, kept = adam(model, clipped, kept, learning_rate=task.learning_rate)
        norms.append(norm)
        each_update(len(norms))
    return Training(
        *task,
        before=exponent_of(start, inputs),
        updates=len(norms),
        learnt=int(accuracy == 1),
        loss=loss,
        largest_norm=max(norms),
        after=exponent_of(model, inputs),
    )


def draw_text(task):
    """The inputs and targets of a text, and the untrained model."""
    if task.text in ("zen", "windows"):
        inputs, targets, _ = next_character_task(zen_of_python())
    else:
        inputs, targets = rule_text(task.reach, 855, np.random.default_rng(task.seed))
    sizes = inputs.shape[1], task.hidden_size, inputs.shape[1]
    rng = np.random.default_rng(task.seed)
    start = init_model(*sizes, scheme=task.scheme, gain=task.gain, rng=rng)
    return inputs, targets, start._replace(Wx=task.strength * start.Wx)


def rule_text(reach, timesteps, rng):
    """A made text: now and then a character is told by the one `reach` before it.

    It is made of blocks: a letter of "abcd" at random, reach - 1 other letters, always
    the same ones, and the first letter again. The first letter of a block can't be
    known, so it has no target.
    """
    between = "".join(rng.choice(list("efghijklmnopqrstuvwxyz"), reach - 1))
    text = ""
    while len(text) <= timesteps:
        letter = rng.choice(list("abcd"))
        text += letter + between + letter
    inputs, targets, _ = next_character_task(text[: timesteps + 1])
    targets[reach :: reach + 1] = IGNORED
    return inputs, targets


def learn_latch(task, each_update=lambda number: None):
    """Train on new sequences at each update, until five batches in a row are right."""
    start, model, learnt, loss, norms = train_latch(task, each_update)
    fresh, _ = latch_batch(np.random.default_rng([8, task.seed]), task.noise, batch=8)
    return Training(
        *task,
        before=exponent_of(start, fresh),
        updates=len(norms),
        learnt=int(learnt),
        loss=loss,
        largest_norm=max(norms),
        after=exponent_of(model, fresh),
    )


def train_latch(task, each_update=lambda number: None):
    """Return the model before and after, whether it learnt, its loss and norms."""
    rng = np.random.default_rng(task.seed)
    sizes = 2, task.hidden_size, 2
    start = init_model(*sizes, scheme=task.scheme, gain=task.gain, rng=rng)
    model, state = start, None
    norms = []
    in_a_row = 0
    while len(norms) < task.budget and in_a_row < 5:
        inputs, targets = latch_batch(rng, task.noise)
        loss, gradients, accuracy = loss_and_gradients(model, inputs, targets)
        in_a_row = in_a_row + 1 if accuracy == 1 else 0
        clipped, norm = clip_by_global_norm(gradients, 1.0)
        model, state = adam(model, clipped, state, learning_rate=task.learning_rate)
        norms.append(norm)
        each_update(len(norms))
    return start, model, in_a_row == 5, loss, norms


class Held(NamedTuple):
    """A row of the table "held": a cell that learnt the latch, on longer sequences."""

    gain: float
    seed: int
    learnt: int
    after: float  # exponent at the end of its training
    accuracy: float  # on 500 new sequences of 100 timesteps
    accuracy_1000: float  # and of 1,000


def hold(task):
    """Train on 100 timesteps, and tell the sign after 1,000."""
    _, model, learnt, _, _ = train_latch(task)
    rng = np.random.default_rng([9, task.seed])
    fresh, _ = latch_batch(np.random.default_rng([8, task.seed]), task.noise, batch=8)
    accuracies = []
    for timesteps in (100, 1000):
        batch = latch_batch(rng, task.noise, batch=500, timesteps=timesteps)
        states = run(batch[0], model.Wx, model.Wh, model.b)[:, -1]
        said = (states @ model.Wy.T + model.by).argmax(axis=1)
        accuracies.append(np.mean(said == batch[1][:, -1]))
    after = exponent_of(model, fresh)
    return Held(task.gain, task.seed, int(learnt), after, *accuracies)


def latch_batch(rng, noise=1.0, batch=32, timesteps=100):
    """Sequences that show a sign at timestep 1, beside noise at all timesteps.

    Only the last timestep has a target: 0 for the sign -1, 1 for the sign +1.

    Returns
    -------
    inputs : array of shape (batch, timesteps, 2): the sign, and the noise
    targets : array of shape (batch, timesteps)
    """
    signs = rng.integers(0, 2, batch)
    inputs = np.zeros((batch, timesteps, 2))
    inputs[:, 0, 0] = 2 * signs - 1
    inputs[:, :, 1] = noise * rng.normal(size=(batch, timesteps))
    targets = np.full((batch, timesteps), IGNORED)
    targets[:, -1] = signs
    return inputs, targets


def exponent_of(model, inputs):
    """The measured exponent of a model on its inputs, the mean over a batch."""
    states = run(inputs, model.Wx, model.Wh, model.b)
    sequences = states.reshape(-1, *states.shape[-2:])
    return np.mean([measured_exponent(sequence, model.Wh) for sequence in sequences])


NO_FEEDBACK = -3.0  # where an exponent of -infinity is drawn
TICKS = [NO_FEEDBACK, -1, -0.3, -0.1, 0, 0.1, 0.3]


def plot_over_exponent(
    named, *, ylabel, lines=False, identity=False, ax=None, digest=None
):
    """Named values over the exponent before training, from -infinity to chaos.

    named: a dict from names to (exponents, values), drawn as dots, or as lines;
    identity: draw where a value would be the exponent before. The axis is even from
    -0.1 to 0.1 and logarithmic beyond.
    """
    named = _check_pairs(named)
    ax = new_axes() if ax is None else ax
    drawn = {}
    for number, (name, (exponents, values)) in enumerate(named.items()):
        style = {"color": COLORS[number], "marker": "os^Dv*"[number], "label": name}
        if not lines:
            style |= {"linestyle": "none", "alpha": 0.6, "markersize": 5}
        (drawn[name],) = ax.plot(exponents, values, **style)
    if identity:
        same = np.linspace(-0.8, 0.4, 400)
        ax.plot(same, same, "--", color="0.5", label="no change")
    ax.axvline(0, color="0.5", linewidth=1)
    ax.set_xscale("symlog", linthresh=0.1, linscale=1.5)
    ax.set_xticks(TICKS, ["$-\\infty$", *(f"{tick:g}" for tick in TICKS[1:])])
    ax.minorticks_off()
    ax.set(xlabel="exponent before training", ylabel=ylabel, xlim=(-3.6, 0.42))
    ax.grid(alpha=0.3)
    if len(named) + identity > 1:
        above = {"loc": "lower center", "bbox_to_anchor": (0.5, 1)}
        ax.legend(ncols=3, frameon=False, **above)
    ranges = [
        f"{name} {values.min():.3g} to {values.max():.3g}"
        for name, (_, values) in named.items()
    ]
    return finish(ax, digest, f"{ylabel}: {'; '.join(ranges)}", **drawn)


def _check_pairs(named):
    """Return the pairs as arrays; -infinity stands where it is drawn."""
    if not isinstance(named, dict) or not named:
        shown = type(named).__name__
        raise TypeError(f"named must be a dict of (exponents, values); got {shown}.")
    checked = {}
    for name, (exponents, values) in named.items():
        exponents = np.maximum(exponents, NO_FEEDBACK)
        exponents = check_array(exponents, f"named[{name!r}]", ("cells",))
        values = check_array(values, f"named[{name!r}]", exponents.shape)
        checked[name] = exponents, values
    return checked


def shares(rows, updates):
    """Of each gain the mean exponent before, and the share that had learnt by then."""
    exponents, learnt = [], []
    for gain in np.unique(rows["gain"]):
        its = rows[rows["gain"] == gain]
        exponents.append(its["before"].mean())
        learnt.append(np.mean((its["learnt"] == 1) & (its["updates"] <= updates)))
    return np.array(exponents), np.array(learnt)


class Along(NamedTuple):
    """A row of the table "along": the Zen, trained on after it is recited."""

    gain: float
    seed: int
    recited: int  # the first update at which it recited
    update: int
    loss: float
    accuracy: float
    exponent: float


def train_along(task, times=5, every=10):
    """Train to `times` as many updates as the first recital takes; a list of rows."""
    inputs, targets, start = draw_text(task)
    found = [(0, np.nan, 0.0, exponent_of(start, inputs))]
    recited = None
    settings = {"learning_rate": task.learning_rate, "clip": 0.1}
    updates = fit(start, inputs, targets, updates=task.budget, **settings)
    for number, update in enumerate(updates, 1):
        first = recited is None and update.accuracy == 1
        if first:
            recited = number
        if first or number % every == 0:
            exponent = exponent_of(update.model, inputs)
            found.append((number, update.loss, update.accuracy, exponent))
        if recited and number >= times * recited:
            break
    return [Along(task.gain, task.seed, recited or 0, *row) for row in found]


def stored(experiment):
    """The stored rows of one experiment: an array with a field for each column."""
    path = DATA / f"{experiment}.csv"
    return np.genfromtxt(path, delimiter=",", names=True, dtype=None, encoding="utf-8")


def store(experiment, rows, folder):
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{experiment}.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(rows[0]._fields)
        for row in rows:
            writer.writerow(f"{x:.6g}" if isinstance(x, float) else x for x in row)


def measure(experiment, folder=DATA, executor=None, progress=lambda done, total: None):
    """Carry out one experiment and store its rows as they come.

    executor: any of concurrent.futures; without one all is done here, in order.
    """
    tasks = tasks_of(experiment)
    one = {"along": train_along, "held": hold}.get(experiment, train)
    rows = []
    results = executor.map(one, tasks) if executor else map(one, tasks)
    for done, result in enumerate(results, 1):
        rows += result if experiment == "along" else [result]
        store(experiment, rows, folder)
        progress(done, len(tasks))
    return rows


def _exponents():
    """What a hundredth after 99 steps needs; what -0.05 leaves after 20 and 100."""
    return [np.log(0.01) / 99, np.exp(-0.05 * 20), np.exp(-0.05 * 100)]


def _exponent(hidden_states, Wh):
    """The logarithm of what the product of all Jacobians leaves of one vector."""
    product = np.eye(len(Wh))
    for state in hidden_states:
        product = np.diag(1 - state**2) @ Wh @ product
    start = np.ones(len(Wh)) / np.sqrt(len(Wh))
    return np.log(np.linalg.norm(product @ start)) / len(hidden_states)


def _runs():
    """Runs in which differences fade, and in which they grow."""
    rng = np.random.default_rng(7)
    tries = []
    for gain, timesteps in ((0.5, 20), (1.0, 40), (2.5, 60)):
        cell = init_model(3, 12, 1, scheme="orthogonal", gain=gain, rng=rng)
        states = run(rng.normal(size=(timesteps, 3)), cell.Wx, cell.Wh, cell.b)
        tries.append((states, cell.Wh))
    return tries


EXERCISES = {
    "08.1": Exercise(_exponents, tolerance=0.02),
    "08.2": Exercise(_exponent, _runs),
    "08.3": Exercise(lambda: 1 / 6),  # the variance of a sum of two: twice 1/12
}


def main():
    parser = argparse.ArgumentParser(
        prog="python -m rnn_lessons.trainability",
        description="Measure what lesson 08 shows, about an hour on one core.",
    )
    parser.add_argument(
        "experiments", nargs="*", metavar="experiment", help=", ".join(EXPERIMENTS)
    )
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--folder", type=Path, default=DATA)
    options = parser.parse_args()
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # of the workers: one core each
    with ProcessPoolExecutor(options.workers) as executor:
        for name in options.experiments or EXPERIMENTS:
            measure(name, options.folder, executor, _bar(name))


def _bar(name):
    def progress(done, total):
        filled = "#" * (40 * done // total)
        end = "\n" if done == total else ""
        sys.stderr.write(f"\r{name:18}[{filled:40}] {done}/{total}{end}")
        sys.stderr.flush()

    return progress


if __name__ == "__main__":
    main()
