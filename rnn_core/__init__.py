"""A recurrent memory cell in NumPy, small enough to read in one sitting."""

from .exercises import compare
from .gradients import Gradients, backward, gradient_norms, state_jacobians
from .initialization import SCHEMES, Parameters, init_parameters
from .mean_field import critical_gain, gaussian_mean, lyapunov_exponent, stationary_variance, steady_state
from .memory_cell import pre_activations, run, step
from .saturation import saturated_fraction, slope, sweep
from .text import one_hot, zen_of_python
from .training import (
    Model,
    Update,
    adding_problem,
    clip_by_global_norm,
    fit,
    init_model,
    load_model,
    loss_and_gradients,
    next_character_task,
    recite,
    save_model,
)

__all__ = [
    "SCHEMES",
    "Gradients",
    "Model",
    "Parameters",
    "Update",
    "adding_problem",
    "backward",
    "clip_by_global_norm",
    "compare",
    "critical_gain",
    "fit",
    "gaussian_mean",
    "gradient_norms",
    "init_model",
    "init_parameters",
    "load_model",
    "loss_and_gradients",
    "lyapunov_exponent",
    "next_character_task",
    "one_hot",
    "pre_activations",
    "recite",
    "run",
    "saturated_fraction",
    "save_model",
    "slope",
    "state_jacobians",
    "stationary_variance",
    "steady_state",
    "step",
    "sweep",
    "zen_of_python",
]
