"""What the exercises of lesson 05 expect."""

import math

from ..mean_field import _bisect, lyapunov_exponent
from . import Exercise


def _clipped_exponent(gain):
    """Of a cell with clip(z, -1, 1) in place of tanh: both averages are known without a grid."""

    def inside(q):  # the share of the pre-activations between -1 and 1
        return math.erf(1 / math.sqrt(2 * q))

    def mean_square(q):
        bell = math.exp(-1 / (2 * q)) / math.sqrt(2 * math.pi)
        return q * inside(q) - 2 * math.sqrt(q) * bell + 1 - inside(q)

    q = _bisect(lambda q: gain**2 * mean_square(q) - q, 1e-3, gain**2, "q", gain=gain)
    return math.log(gain**2 * inside(q)) / 2


EXERCISES = {
    "05.1": Exercise(lambda: 10),
    "05.2": Exercise(_clipped_exponent, lambda: [(1.5,), (2.0,), (3.0,)], tolerance=0.02),
    "05.3": Exercise(
        lambda: _bisect(lambda variance: lyapunov_exponent(2.0, variance), 0.1, 10, "variance"),
        tolerance=1e-3,
    ),
}
