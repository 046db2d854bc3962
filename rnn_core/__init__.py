"""A recurrent memory cell in NumPy, small enough to read in one sitting.

What holds for every public function, and is said here once:

Shapes. A batch stands before time, and time before the numbers of a timestep: inputs
are (..., timesteps, input_size), as with PyTorch's batch_first=True, and targets
(..., timesteps). Arrays may be lists, or whatever np.asarray makes an array of.

Types. float32 stays float32, float64 stays float64, integers and booleans become
float64, and so does a mixture. Only step and run take complex128 too. Randomness is an
explicit np.random.Generator; sweep alone takes a seed, for its workers.

Bad input. An argument is checked before anything is computed or drawn, and refused in
one line: its name, what was expected, what came. A wrong type is a TypeError: no real
numbers, a masked array or np.matrix, too. A wrong value is a ValueError: a shape that
does not match, nothing in it, NaN, infinity, numbers so large that a sum of products
overflows. Sizes that need more than 1 GiB are a MemoryError. Docstrings name only what
is raised beyond this. No function changes its arguments or returns memory shared with
them.
"""

from .edge_of_chaos import (
    critical_gain,
    growth_along,
    lyapunov_exponent,
    measured_exponent,
    predict_over_gain,
    stationary_variance,
    steady_state,
)
from .gates import (
    GRUStates,
    LSTMStates,
    backward_gru,
    backward_leaky,
    backward_lstm,
    run_gru,
    run_leaky,
    run_lstm,
)
from .gradients import (
    Gradients,
    backward,
    gradient_curves,
    gradient_norms,
    state_jacobians,
)
from .initialization import SCHEMES, Parameters, init_parameters
from .memory import memory_curve
from .memory_cell import pre_activations, run, step
from .optimizer import adam, clip_by_global_norm
from .rounds import jacobi_rounds, linear_recurrence, newton_rounds
from .saturation import saturated_fraction, slope, sweep
from .text import next_character_task, one_hot, zen_of_python
from .training import (
    Model,
    Update,
    adding_problem,
    fit,
    init_model,
    loss_and_gradients,
    recite,
)
