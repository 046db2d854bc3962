"""A recurrent memory cell in NumPy, small enough to read in one sitting."""

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
