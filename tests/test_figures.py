"""What figures draws and says, against data placed by hand."""

import math

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest
from scipy.integrate import quad

from rnn_core import figures


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


# Notebook 05


def bands(ax):
    """Where the coloured backgrounds begin and end."""
    return [(patch.get_x(), patch.get_x() + patch.get_width()) for patch in ax.patches]


def test_over_gain_draws_curve_dots_and_edge():
    ax = figures.plot_over_gain([0.5, 1, 2], [3, 4, 5], ([1, 1.5], [4.1, 4.4]), ylabel="y", edge=1.2)
    curve, dots = ax.lines
    np.testing.assert_array_equal(curve.get_xydata(), [[0.5, 3], [1, 4], [2, 5]])
    np.testing.assert_array_equal(dots.get_xydata(), [[1, 4.1], [1.5, 4.4]])
    (_, first), (second, _) = bands(ax)
    assert first == second == pytest.approx(1.2)
    assert [text.get_text() for text in ax.texts] == ["forgets", "chaos"]


def test_over_gain_counts_the_dots_on_the_curve():
    said = figures.describe_over_gain(
        np.array([0.5, 2]),
        np.array([1, 4]),
        (np.array([1, 1.5]), np.array([2.05, 3.2])),
        ylabel="y",
        within=0.1,
    )  # the curve is 2 gain: 2 at gain 1, 3 at gain 1.5
    assert said == "y: predicted 1.00 at gain 0.5 to 4.00 at gain 2; 1 of 2 measured within 0.1"


@pytest.mark.parametrize("input_variance", [0.0, 1.0, 4.0])
def test_predicted_rms_reproduces_itself(input_variance):
    """The mean square of tanh of a normal number of variance gain^2 rms^2 + input_variance is rms^2."""
    (rms,), (exponent,) = figures.predict_over_gain([1.5], input_variance)
    sigma = math.sqrt(1.5**2 * rms**2 + input_variance)
    mean = [
        quad(lambda z, f=f: f(math.tanh(sigma * z)) * math.exp(-z * z / 2) / math.sqrt(2 * math.pi), -12, 12)[
            0
        ]
        for f in (lambda h: h**2, lambda h: (1 - h**2) ** 2)
    ]
    assert rms**2 == pytest.approx(mean[0], abs=1e-7)
    assert exponent == pytest.approx(math.log(1.5**2 * mean[1]) / 2, abs=1e-7)


@pytest.mark.parametrize(("input_variance", "edge", "lines"), [(0.0, 1.0, 2), (1.0, 1.856, 3)])
def test_gain_picture(input_variance, edge, lines):
    gains, rms, exponents = np.array([0.5, 3]), np.array([0, 0.8]), np.array([-0.7, 0.3])
    axes = figures.plot_gain_picture(gains, rms, exponents, input_variance)
    for ax, measured in zip(axes, (rms, exponents), strict=True):
        assert len(ax.lines) == lines
        np.testing.assert_array_equal(ax.lines[1].get_xydata(), np.column_stack([gains, measured]))
        assert bands(ax)[0][1] == pytest.approx(edge, abs=5e-4)
    assert np.all((axes[1].get_ylim()[0] < exponents) & (exponents < axes[1].get_ylim()[1]))


def test_gain_picture_says_which_dots_are_off():
    said = figures.describe_gain_picture(
        np.array([2, 3]), np.array([0.73, 0.9]), np.array([0.15, 0.31]), within=0.02
    )
    first, second = said.splitlines()  # predicted: 0.728, 0.837 and 0.155, 0.310
    assert first.startswith("RMS of the states: ") and first.endswith("; 1 of 2 measured within 0.02")
    assert second.startswith("exponent: ") and second.endswith("; 2 of 2 measured within 0.02")


def test_neighbours_halve_at_gain_half():
    halved = 1e-6 * 0.5 ** np.arange(11)
    np.testing.assert_allclose(figures.predicted_distances(0.5, halved), halved)
    said = figures.describe_neighbours({0.5: halved})
    assert said == "distance over 10 timesteps: gain 0.50: 1e-6 to 1e-9, predicted exponent -0.693"
    measured, predicted = figures.plot_neighbours({0.5: halved}).lines
    np.testing.assert_allclose(measured.get_ydata(), predicted.get_ydata())


def test_gain_0_leaves_no_distance_and_the_picture_its_floor():
    gone = np.array([1e-6, 0, 0])
    np.testing.assert_array_equal(figures.predicted_distances(0.0, gone), [1e-6, 1e-40, 1e-40])
    measured, predicted = figures.plot_neighbours({0.0: gone}).lines
    np.testing.assert_array_equal(measured.get_ydata(), predicted.get_ydata())
    assert figures.describe_neighbours({0.0: gone}).endswith("1e-6 to 0, predicted exponent -inf")
