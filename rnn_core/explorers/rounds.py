"""How many rounds a cell needs, and the exponent that decides it (lesson 09)."""

import numpy as np

from ..figures.mean_field import plot_over_gain
from ..figures.rounds import digest_errors, plot_errors, powers_of_ten
from ..figures.style import COLORS, new_axes
from ..initialization import init_parameters
from ..mean_field import critical_gain, predict_over_gain
from ..rounds import jacobi_rounds, measured_exponent, newton_rounds
from .panel import Panel, choice, number, schemes, whole

METHODS = {"jacobi": jacobi_rounds, "newton": newton_rounds}
TIMESTEPS, HIDDEN_SIZE, INPUT_STD = 60, 32, 0.3
GAINS = np.linspace(0.05, 3, 60)
LOWEST = -2.5  # where an exponent further down is drawn
PRESETS = {
    "forgets": {},
    "remembers": {"scheme": "orthogonal", "gain": 1.0},
    "chaos": {"gain": 3.0},
    "two resting states": {"scheme": "uniform"},
}


def rounds_explorer():
    """How far each state is after each round from where it ends, and the cell on the theory's curve."""
    axes = new_axes(1, 2, size=(12, 3.8), live=True)
    start = np.ones((TIMESTEPS, TIMESTEPS))
    image, bound = plot_errors(start, title="error: rounds by timesteps", ax=axes[0]).drawn.values()
    exponents = predict_over_gain(GAINS, INPUT_STD**2)[1]
    edge = critical_gain(INPUT_STD**2)
    plot_over_gain(GAINS, exponents, ylabel="exponent", edge=edge, ax=axes[1])
    (place,) = axes[1].plot([], [], "o", color=COLORS[1], markersize=11)
    axes[1].set(ylim=(LOWEST - 0.1, 0.9), title='this cell; curve: "gaussian", predicted')

    def show(gain, scheme, method, seed):
        rng = np.random.default_rng(seed)
        inputs = INPUT_STD * rng.normal(size=(TIMESTEPS, 4))
        cell = inputs, *init_parameters(4, HIDDEN_SIZE, scheme=scheme, gain=gain, rng=rng)
        states = np.array(list(METHODS[method](*cell)))  # (rounds, timesteps, hidden_size)
        errors = np.abs(states - states[-1]).max(axis=2)  # in chaos `run` ends elsewhere
        exponent = measured_exponent(states[-1], cell[2])
        image.set_data(powers_of_ten(errors))
        place.set_data([gain], [max(exponent, LOWEST)])
        return f"{method}: exponent {exponent:.2f}; {digest_errors(errors)}"

    controls = {
        "gain": number("gain", 0.5, 0, 3),
        "scheme": schemes("gaussian"),
        "method": choice("method", "jacobi", METHODS),
        "seed": whole("seed", 1, 0, 99),
    }
    artists = {"errors": image, "bound": bound, "exponent": place}
    return Panel("rounds", controls, show, artists, presets=PRESETS)
