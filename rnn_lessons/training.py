"""Lesson 07: the loss, and what a trained cell says; the pictures, the panel, the
exercises.
"""

import time
from pathlib import Path

import ipywidgets as widgets
import numpy as np

from rnn_core import (
    Model,
    fit,
    init_model,
    init_parameters,
    next_character_task,
    one_hot,
    recite,
    run,
    step,
    zen_of_python,
)

from .check import Exercise
from .panel import NAMED, Panel, follow_heatmap, whole
from .pictures import COLORS, check_curves, finish, new_axes, plot_hidden_states

RECITER = Path(__file__).parent / "data" / "reciter.npz"
RECIPE = {"learning_rate": 0.005, "clip": 0.1, "beta2": 0.99}


def recite_demo(length=166, pause=0.01):
    """Let a trained cell recite the Zen of Python, letter by letter.

    Nothing is stored but its weights: each letter is its likeliest answer to the one
    before, and its next input. `python -m rnn_lessons.training` makes them anew.

    Parameters
    ----------
    length : int, how many of the 856 characters
    pause : float, seconds after each of them
    """
    Wx, Wh, b, Wy, by = load_reciter()
    characters = next_character_task(zen_of_python())[2]
    letters = np.eye(len(characters))  # a one-hot row for each character
    letter = characters.index("T")
    state = np.zeros(len(b))
    for _ in range(length):
        print(characters[letter], end="", flush=True)
        time.sleep(pause)
        state = step(letters[letter], state, Wx, Wh, b)
        letter = (Wy @ state + by).argmax()
    print(f"\n[{length} characters from {len(b)} units that were trained on this text]")


def train_reciter(each_update=lambda update: None):
    """Train the cell of recite_demo, as lesson 07 does, until it knows the text."""
    inputs, targets, characters = next_character_task(zen_of_python())
    rng = np.random.default_rng(0)
    model = init_model(len(characters), 128, len(characters), scheme="keras", rng=rng)
    for update in fit(model, inputs, targets, updates=150, **RECIPE):
        each_update(update)
        if update.accuracy == 1:
            break
    return Model(*(array.astype(np.float32) for array in update.model))


def load_reciter():
    """The stored weights: float32, which recites as well and takes half the place."""
    with np.load(RECITER, allow_pickle=False) as archive:
        return Model(**archive)


def ladder(text):
    """The lowest losses in nats, by what the state holds of a text; see lesson 07."""

    def lowest(known):  # of who knows the last `known` characters
        places = range(max(known, 1), len(text))
        contexts = [text[t - known : t] for t in places]
        longer = [text[t - known : t + 1] for t in places]
        return _entropy(longer) - _entropy(contexts)

    return {
        "knows nothing": np.log(len(set(text))),
        "state does not change": lowest(0),
        "knows the present character": lowest(1),
        "knows the last two": lowest(2),
    }


def _entropy(items):
    counts = np.unique(items, return_counts=True)[1]
    p = counts / counts.sum()
    return -(p * np.log(p)).sum()


def plot_loss(losses, levels, *, ylabel="loss in nats", ax=None, digest=None):
    """The loss at each update, and a dashed line for each named level.

    losses: an array, or a dict from names to arrays; levels: one from names to losses.
    """
    ax = new_axes(size=(9, 3.8)) if ax is None else ax
    curves = losses if isinstance(losses, dict) else {"loss": losses}
    curves = check_curves(curves, "losses", ("updates",))
    drawn = {}
    for (name, values), color in zip(curves.items(), COLORS, strict=False):
        updates = np.arange(1, len(values) + 1)
        style = {"color": color, "linewidth": 2.5, "label": name}
        (drawn[name],) = ax.plot(updates, values, **style)
    for name, level in levels.items():
        drawn[name] = ax.axhline(level, color="0.35", linestyle="--", linewidth=1)
        place = {"transform": ax.get_yaxis_transform(), "va": "center"}
        ax.text(1.01, level, f"{level:.3f} {name}", color="0.2", **place)
    longest = max(len(values) for values in curves.values())
    ax.set(xlabel="update", ylabel=ylabel, xlim=(0, longest + 1))
    ax.set_ylim(bottom=0)
    if len(curves) > 1:
        ax.legend(loc="lower left")
    ends = [f"{name} {y[0]:.2f} to {y[-1]:.2f}" for name, y in curves.items()]
    named = [f"{name} {level:.3f}" for name, level in levels.items()]
    said = f"{'; '.join(ends)} over {longest} updates; levels: {'; '.join(named)}"
    return finish(ax, digest, said, **drawn)


def recite_explorer(model, characters, first=None):
    """Type a beginning: the cell reads it and goes on, feeding on its own output.

    first: what stands there at the start; "T", if the model knows it.
    """
    if first is None:
        first = "T" if "T" in characters else characters[0]
    units = min(len(model.b), 40)  # more would be noise to the eye, and a slow picture
    ax = new_axes(size=(10, 3.2), live=True)
    ax.figure.get_layout_engine().set(rect=(0, 0, 0.98, 1))  # the name of the bar
    plot_hidden_states(np.zeros((10, units)), ax=ax)
    ax.set_title(f"{units} of {len(model.b)} units: reading to the line, then reciting")
    states = ax.drawn["image"]
    line = ax.axvline(0.5, color="black", linewidth=2)
    put, labels = follow_heatmap(states)

    def show(first, length):
        read = first[:length]
        try:
            text = recite(model, read, length, characters)
        except ValueError as error:  # nothing, or a character that it does not know
            put(np.zeros((1, units)))
            line.set_xdata([0.5, 0.5])
            return str(error)
        inputs, _ = one_hot(text, characters)
        put(run(inputs, model.Wx, model.Wh, model.b)[:, :units])
        line.set_xdata([len(read) + 0.5] * 2)
        return f"{read!r} is continued by {text[len(read) :]!r}"

    controls = {
        "first": widgets.Text(value=first, description="first", style=NAMED),
        "length": whole("length", 200, 10, 300, "characters"),
    }
    artists = {"hidden_states": states, "line": line}
    return Panel("recite", controls, show, artists, labels=labels)


# After a comes a or b; after aa always comes b: half a and half b, and then certainty.
FLOORS = [np.log(2), np.log(2), 0.0]


def _d_logits(logits, targets):
    """The gradient by the logits, one timestep after the other."""
    d_logits = np.zeros_like(logits)
    count = sum(target != -100 for target in targets)
    for t, target in enumerate(targets):
        if target != -100:
            powers = np.exp(logits[t] - logits[t].max())
            d_logits[t] = powers / powers.sum() / count
            d_logits[t, target] -= 1 / count
    return d_logits


def _logits():
    """All targets count, some do, and logits beyond the range of exp."""
    rng = np.random.default_rng(7)
    logits = rng.normal(size=(3, 6, 4))
    targets = rng.integers(0, 4, (3, 6))
    targets[1, [2, 5]] = -100
    logits[2] *= 1000
    return list(zip(logits, targets, strict=True))


def _truncated(d_hidden_states, inputs, hidden_states, Wx, Wh, b, window):
    """The gradient by Wh, one timestep after the other.

    What arrives from a later window is dropped.
    """
    d_Wh = np.zeros_like(Wh)
    from_later = np.zeros_like(b)
    for t in reversed(range(len(hidden_states))):
        if (t + 1) % window == 0:  # the last timestep of its window
            from_later = np.zeros_like(b)
        d_pre = (d_hidden_states[t] + from_later) * (1 - hidden_states[t] ** 2)
        if t > 0:
            d_Wh += np.outer(d_pre, hidden_states[t - 1])
        from_later = Wh.T @ d_pre
    return d_Wh


def _cells():
    """12 timesteps in windows of 4, 5 (the last is shorter), 1, and in a longer one."""
    rng = np.random.default_rng(7)
    tries = []
    for window in (4, 5, 1, 20):
        inputs = rng.normal(size=(12, 3))
        cell = init_parameters(3, 6, scheme="gaussian", rng=rng)
        hidden_states = run(inputs, *cell)
        direct = rng.normal(size=(12, 6))
        tries.append((direct, inputs, hidden_states, *cell, window))
    return tries


EXERCISES = {
    "07.1": Exercise(lambda: FLOORS),
    "07.2": Exercise(_d_logits, _logits),
    "07.3": Exercise(_truncated, _cells),
}


if __name__ == "__main__":
    trained = train_reciter(lambda u: print(f"{u.loss:.3f} nats, {u.accuracy:.1%}"))
    np.savez_compressed(RECITER, **trained._asdict())
