"""What the exercises of lesson 09 expect."""

import math

import numpy as np

from ..gradients import state_jacobians
from ..initialization import init_parameters
from ..memory_cell import run
from . import Exercise


def _cell(timesteps, scheme, gain, seed):
    rng = np.random.default_rng(seed)
    inputs = rng.random((timesteps, 4))
    return inputs, *init_parameters(4, 8, scheme=scheme, gain=gain, rng=rng)


def _carried_back():
    """(Jacobians, direct parts) of runs of different lengths."""
    for timesteps, gain, seed in ((2, 1.0, 0), (7, 1.0, 1), (30, 1.5, 2)):
        inputs, Wx, Wh, b = _cell(timesteps, "gaussian", gain, seed)
        d_hidden_states = np.random.default_rng(seed).normal(size=(timesteps, 8))
        yield state_jacobians(run(inputs, Wx, Wh, b), Wh), d_hidden_states


def _backward(jacobians, d_hidden_states):
    """The plain loop of lesson 04."""
    whole = [d_hidden_states[-1]]
    for jacobian, direct in zip(jacobians[:0:-1], d_hidden_states[-2::-1], strict=True):
        whole.append(direct + jacobian.T @ whole[-1])
    return np.array(whole[::-1])


def _rounds_from(guess, inputs, Wx, Wh, b, initial_state):
    """Jacobi rounds from a guess until the residual is at most 1e-10."""
    for rounds in range(len(inputs) + 1):
        stepped = np.tanh(inputs @ Wx.T + np.vstack([initial_state, guess[:-1]]) @ Wh.T + b)
        if np.abs(stepped - guess).max() <= 1e-10:
            return rounds
        guess = stepped
    return len(inputs)


def _guesses():
    """The listing from its other resting state with three guesses, and a cell that knows its answer."""
    cell = *_cell(100, "uniform", 1.0, 1), -np.ones(8)
    states = run(*cell)
    for guess in (np.zeros((100, 8)), -np.ones((100, 8)), states):
        yield guess, *cell


EXERCISES = {
    "09.1": Exercise(lambda: 10 * math.log(10) / (math.log(2) / 2), tolerance=0.1),
    "09.2": Exercise(_backward, lambda: list(_carried_back())),
    "09.3": Exercise(_rounds_from, lambda: list(_guesses())),
}
