"""What the exercises of lesson 02 expect."""

import numpy as np

from ..initialization import init_parameters
from ..memory_cell import pre_activations, run, step
from . import Exercise


def _cell(timesteps, hidden_size, scheme):
    rng = np.random.default_rng(2)
    return rng.normal(size=(timesteps, 4)), *init_parameters(4, hidden_size, scheme=scheme, rng=rng)


def _states_that_change():
    inputs, *parameters = _cell(10, 8, "gaussian")
    other = inputs.copy()
    other[3] += 1
    return np.any(run(inputs, *parameters) != run(other, *parameters), axis=1).sum()


def _runs():
    for arguments in (_cell(5, 3, "gaussian"), _cell(7, 8, "pytorch"), _cell(6, 60, "uniform")):
        yield arguments[0], run(*arguments), *arguments[1:]


def _backward_reading(inputs, Wx, Wh, b):
    states = np.zeros((len(inputs) + 1, len(b)))
    for t in reversed(range(len(inputs))):
        states[t] = step(inputs[t], states[t + 1], Wx, Wh, b)
    return states[:-1]


EXERCISES = {
    "02.1": Exercise(_states_that_change),
    "02.2": Exercise(pre_activations, lambda: list(_runs())),  # of the last one, some states are exactly 1
    "02.3": Exercise(_backward_reading, lambda: [_cell(5, 3, "gaussian"), _cell(7, 8, "pytorch")]),
}
