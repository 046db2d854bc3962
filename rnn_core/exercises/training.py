"""What the exercises of lesson 07 expect."""

import numpy as np

from ..initialization import init_parameters
from ..memory_cell import run
from . import Exercise


def _floors():
    return [np.log(2), np.log(2), 0.0]  # half a and half b; after a comes a or b; after aa always b


def _truncated(d_hidden_states, inputs, hidden_states, Wx, Wh, b, window):
    """The gradient by Wh, one timestep after the other; what arrives from a later window is dropped."""
    d_Wh, timesteps = np.zeros_like(Wh), len(hidden_states)
    from_later = np.zeros_like(b)
    for t in reversed(range(timesteps)):
        if (t + 1) % window == 0:  # the last timestep of its window
            from_later = np.zeros_like(b)
        d_pre = (d_hidden_states[t] + from_later) * (1 - hidden_states[t] ** 2)
        if t > 0:
            d_Wh += np.outer(d_pre, hidden_states[t - 1])
        from_later = Wh.T @ d_pre
    return d_Wh


def _cells():
    """12 timesteps in windows of 4, of 5 (the last is shorter), of 1, and in one that is longer."""
    rng, tries = np.random.default_rng(7), []
    for window in (4, 5, 1, 20):
        inputs = rng.normal(size=(12, 3))
        cell = init_parameters(3, 6, scheme="gaussian", rng=rng)
        hidden_states = run(inputs, *cell)
        tries.append((rng.normal(size=(12, 6)), inputs, hidden_states, *cell, window))
    return tries


EXERCISES = {
    "07.1": Exercise(_floors),
    "07.2": Exercise(_truncated, _cells),
    "07.3": Exercise(lambda: 1 / 6),  # the variance of a sum of two: twice 1/12
}
