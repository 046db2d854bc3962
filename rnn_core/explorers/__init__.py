"""Slider panels: one call opens one, *Reset* returns to the values it opened with. One file a lesson."""

from .gates import gates_explorer
from .gradients import gradient_explorer
from .initialization import shapes_explorer
from .mean_field import chaos_explorer
from .memory import memory_explorer
from .memory_cell import step_explorer
from .panel import Panel, progress_bar
from .rounds import rounds_explorer
from .saturation import saturation_explorer
from .training import live_curve, recite_explorer
