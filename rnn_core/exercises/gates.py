"""What the exercises of lesson 08 expect."""

import numpy as np

from ..gates import run_lstm
from . import Exercise

T, SIZE = 12, 3


def _coupled(inputs, Wx, Wh, b):
    """An LSTM whose input gate is 1 - forget gate, which is the sigmoid of the negative pre-activation."""
    size = Wh.shape[1]
    four = (np.concatenate([-array[:size], array[:size], array[size:]]) for array in (Wx, Wh, b))
    return run_lstm(inputs, *four).hidden_states


def _three_blocks():
    rng = np.random.default_rng(8)
    shapes = (T, 2), (3 * SIZE, 2), (3 * SIZE, SIZE), (3 * SIZE,)
    return [tuple(rng.normal(size=shape) for shape in shapes) for _ in range(3)]


def _chrono(timesteps, hidden_size, rng):
    forget = np.log(rng.uniform(1, timesteps - 1, hidden_size))
    return np.concatenate([-forget, forget, np.zeros(2 * hidden_size)])


EXERCISES = {
    "08.1": Exercise(lambda: -np.log(2 ** (1 / 1000) - 1), tolerance=0.01),
    "08.2": Exercise(_coupled, _three_blocks),
    "08.3": Exercise(
        _chrono,
        lambda: [(n, size, np.random.default_rng(n)) for n, size in ((100, 16), (50, 4), (1000, 1))],
    ),
}
