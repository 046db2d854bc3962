"""Order, chaos, and the edge between them (lesson 05)."""

import numpy as np

from ..figures.mean_field import digest_neighbours, plot_neighbours, plot_over_gain
from ..figures.memory_cell import plot_hidden_states
from ..figures.style import COLORS, above_floor, new_axes
from ..initialization import init_parameters
from ..mean_field import critical_gain, lyapunov_exponent, predict_over_gain
from ..memory_cell import run
from .panel import Panel, number, whole

GAINS = np.linspace(0.05, 3, 60)  # where the theory's curve is computed
PRESETS = {"fades": {"gain": 0.7}, "edge": {"gain": 1.0}, "chaos": {"gain": 3.0}}


def chaos_explorer():
    """The states, two neighbouring trajectories and the place on the theory's curve."""
    axes = new_axes(1, 3, size=(12, 3.4), live=True)
    states = plot_hidden_states(np.zeros((80, 40)), ax=axes[0]).drawn["image"]
    measured, predicted = plot_neighbours({0: np.ones(61)}, {0: np.ones(61)}, ax=axes[1]).drawn.values()
    exponents = predict_over_gain(GAINS)[1]
    plot_over_gain(GAINS, exponents, ylabel="exponent", edge=critical_gain(), ax=axes[2])
    (place,) = axes[2].plot([], [], "o", color=COLORS[1], markersize=9, clip_on=False)
    place.set_in_layout(False)  # it has no place yet
    for ax, title in zip(axes, ("40 of 200 units", "two neighbours", "theory"), strict=True):
        ax.set_title(title)
    axes[2].set_ylim(-1.5, 0.6)

    def show(gain, seed):
        rng = np.random.default_rng(seed)
        parameters = init_parameters(1, 200, scheme="gaussian", gain=gain, rng=rng)
        before = run(np.zeros((20, 1)), *parameters, rng.normal(size=200))
        pair = np.stack([before[-1], before[-1] + 1e-6 * rng.normal(size=200)])  # (2, hidden_size)
        trajectories = run(np.zeros((2, 60, 1)), *parameters, pair)  # (2, timesteps, hidden_size)
        apart = np.vstack([pair[1] - pair[0], trajectories[1] - trajectories[0]])
        distances, exponent = np.sqrt(np.mean(apart**2, axis=1)), lyapunov_exponent(gain)
        expected = distances[0] * np.exp(exponent) ** np.arange(61)
        states.set_data(np.vstack([before, trajectories[0]])[:, :40].T)
        measured.set_ydata(above_floor(distances))
        predicted.set_ydata(above_floor(expected))
        place.set_data([gain], [max(exponent, -1.5)])  # at gain 0 it is minus infinity
        rms = np.sqrt(np.mean(trajectories[0] ** 2))
        said = digest_neighbours({gain: distances}, {gain: expected})
        return f"{said}; predicted exponent {exponent:.3f}; RMS of the states {rms:.2f}"

    controls = {"gain": number("gain", 1.5, 0, 3), "seed": whole("seed", 1, 0, 99)}
    artists = {"hidden_states": states, "measured": measured, "predicted": predicted, "exponent": place}
    return Panel("chaos", controls, show, artists, presets=PRESETS)
