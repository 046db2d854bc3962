"""What the exercises of lesson 04 expect."""

import numpy as np

from ..gradients import backward, gradient_norms
from ..initialization import init_parameters
from ..memory_cell import run
from . import Exercise


def _norm():
    Wh = init_parameters(1, 8, scheme="orthogonal", gain=1.2, rng=np.random.default_rng(0)).Wh
    return gradient_norms(np.full((20, 8), 0.5), Wh)[0]


def _cells():
    """(d_hidden_states, hidden_states, Wx, Wh): a loss that looks at the last state, then at every one."""
    rng = np.random.default_rng(2)
    cells = []
    for timesteps, looks in ((10, 1), (6, 6)):
        inputs = rng.random((timesteps, 4))
        Wx, Wh, b = init_parameters(4, 8, scheme="gaussian", rng=rng)
        hidden_states = run(inputs, Wx, Wh, b)
        d_hidden_states = np.zeros_like(hidden_states)
        d_hidden_states[-looks:] = rng.normal(size=(looks, 8))
        cells.append((d_hidden_states, hidden_states, Wx, Wh))
    return cells


def _by_inputs(d_hidden_states, hidden_states, Wx, Wh):
    """The gradient by the inputs needs their number, but not their values."""
    unseen = np.zeros((len(hidden_states), Wx.shape[1]))
    return backward(d_hidden_states, unseen, hidden_states, Wx, Wh, np.zeros(len(Wh))).inputs


def _powers(z):
    """log10(1 / cosh(z)^2), written so that it holds for every z."""
    return -2 * (np.abs(z) + np.log1p(np.exp(-2 * np.abs(z))) - np.log(2)) / np.log(10)


EXERCISES = {
    "04.1": Exercise(_norm, tolerance=0.02),
    "04.2": Exercise(_by_inputs, _cells),
    "04.3": Exercise(_powers, lambda: [(np.array([0.0, 1.0, -5.5]),), (np.array([19.0, -50.0, 300.0]),)]),
}
