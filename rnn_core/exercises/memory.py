"""What the exercises of lesson 06 expect."""

import numpy as np

from ..initialization import init_parameters
from ..memory import memory_curve
from ..memory_cell import run
from . import Exercise


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
    product = np.roll(signal, 1) * np.roll(signal, 2)  # what roll brings round to the start is washed out
    return memory_curve(hidden_states, product, 1)[0]


EXERCISES = {
    "06.1": Exercise(_shift_register_capacity, tolerance=0.01),
    "06.2": Exercise(lambda features, target: np.linalg.lstsq(features, target)[0], _systems),
    "06.3": Exercise(_product_memory, _cells, tolerance=1e-5),
}
