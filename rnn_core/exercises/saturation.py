"""What the exercises of lesson 03 expect."""

import numpy as np

from ..initialization import init_parameters
from ..memory_cell import pre_activations, run
from . import Exercise


def _mean_pre_activation():
    rng, means = np.random.default_rng(0), []
    for _ in range(200):
        inputs = rng.random((10, 6))
        parameters = init_parameters(6, 20, scheme="uniform", rng=rng)
        means.append(pre_activations(inputs, run(inputs, *parameters), *parameters)[2:].mean())
    return np.mean(means)


def _saturated_fraction(hidden_states):
    return np.array([sum(abs(h) > 0.99 for h in state) / len(state) for state in hidden_states])


def _some_states():
    rng = np.random.default_rng(0)
    return [(np.tanh(rng.normal(0, spread, shape)),) for spread, shape in ((3, (5, 4)), (6, (4, 10)))]


def _centred_fraction(inputs, *weights):
    return _saturated_fraction(run(inputs, *(array - 0.5 for array in weights))).mean()


def _listings():
    rng = np.random.default_rng(1)
    for hidden_size in (8, 80, 800):
        yield rng.random((10, 4)), *init_parameters(4, hidden_size, scheme="uniform", rng=rng)


EXERCISES = {
    "03.1": Exercise(_mean_pre_activation, tolerance=0.02),  # measured: of 200 networks
    "03.2": Exercise(_saturated_fraction, _some_states),
    "03.3": Exercise(_centred_fraction, lambda: list(_listings()), tolerance=0.001),
}
