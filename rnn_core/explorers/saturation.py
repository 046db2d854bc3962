"""How far out on tanh a cell sits (lesson 03)."""

import numpy as np

from ..figures.memory_cell import digest_hidden_states, plot_hidden_states
from ..figures.saturation import plot_saturated_fraction, plot_slope
from ..figures.style import new_axes
from ..mean_field import critical_gain
from ..memory_cell import run
from ..saturation import saturated_fraction, slope
from .panel import Panel, draw, follow_count, follow_heatmap, number, schemes, whole

# Inputs from U[0, 1) have the mean square 1/3, and so has the variance of Wx @ input_t in a "gaussian" cell.
EDGE = round(critical_gain(1 / 3) / 0.05) * 0.05
PRESETS = {
    "listing": {},
    "centred": {"scheme": "gaussian"},
    "edge": {"scheme": "gaussian", "hidden_size": 128, "timesteps": 60, "gain": round(EDGE, 2)},
}


def saturation_explorer():
    """Hidden states, their slope and the saturated fraction at each timestep."""
    axes = new_axes(1, 3, size=(10, 3.3), live=True)
    states = plot_hidden_states(np.zeros((10, 8)), ax=axes[0]).drawn["image"]
    slopes = plot_slope(np.zeros((10, 8)), ax=axes[1]).drawn["image"]
    fraction = plot_saturated_fraction({"all": np.zeros(10)}, ax=axes[2]).drawn["all"]
    axes[2].set(title="saturated fraction")
    fraction.set_marker(".")
    (put_states, labels), (put_slopes, more), (put_time, rest) = (
        follow_heatmap(states),
        follow_heatmap(slopes),
        follow_count(axes[2], "x"),
    )

    def show(timesteps, input_size, hidden_size, gain, scheme, seed):
        inputs, parameters = draw(timesteps, input_size, hidden_size, scheme, gain, seed)
        hidden_states = run(inputs, *parameters)
        put_states(hidden_states)
        put_slopes(slope(hidden_states))
        put_time(timesteps)
        fraction.set_data(np.arange(1, timesteps + 1), saturated_fraction(hidden_states, axis=1))
        return digest_hidden_states(hidden_states)

    controls = {
        "timesteps": whole("timesteps", 10, 1, 60, "steps"),
        "input_size": whole("input_size", 4, 1, 64, "inputs"),
        "hidden_size": whole("hidden_size", 8, 1, 128, "units"),
        "gain": number("gain", 1.0, 0, 3),
        "scheme": schemes("uniform"),
        "seed": whole("seed", 1, 0, 99),
    }
    artists = {"hidden_states": states, "slope": slopes, "saturated_fraction": fraction}
    return Panel("saturation", controls, show, artists, labels=[*labels, *more, *rest], presets=PRESETS)
