"""A recurrent memory cell in NumPy, small enough to read in one sitting."""

from .exercises import compare
from .gradients import Gradients, backward, state_jacobians
from .initialization import SCHEMES, Parameters, init_parameters
from .memory_cell import pre_activations, run, step
from .saturation import saturated_fraction, slope, sweep
from .text import one_hot, zen_of_python

__all__ = [
    "SCHEMES",
    "Gradients",
    "Parameters",
    "backward",
    "compare",
    "init_parameters",
    "one_hot",
    "pre_activations",
    "run",
    "saturated_fraction",
    "slope",
    "state_jacobians",
    "step",
    "sweep",
    "zen_of_python",
]
