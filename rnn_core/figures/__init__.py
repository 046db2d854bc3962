"""Pictures of arrays, each with its digest: `plot_x(...)`, then `show()`. One file a lesson."""

from .gates import plot_arriving, plot_gates
from .gradients import plot_gradient_norms, plot_gradients
from .initialization import plot_histograms, plot_shapes
from .mean_field import plot_gain_picture, plot_neighbours, plot_over_gain
from .memory import plot_capacity_over_gain, plot_memory_curves, plot_readout
from .memory_cell import plot_hidden_states, plot_step, plot_unrolled
from .rounds import plot_errors, plot_rounds
from .saturation import plot_saturated_fraction, plot_saturation_map, plot_slope, plot_spreads
from .style import COLORS, FAINTEST, new_axes, plot_curves, plot_heatmap, power_of_ten, show
from .training import plot_loss
