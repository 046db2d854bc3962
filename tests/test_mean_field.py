"""mean_field against SciPy's adaptive quadrature and root finder, exact integrals, and simulated networks."""

import itertools
import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import brentq

from rnn_core import (
    critical_gain,
    gaussian_mean,
    init_parameters,
    lyapunov_exponent,
    mean_field,
    run,
    slope,
    stationary_variance,
    steady_state,
)

CLAIMED = 1e-6  # what notebook 05 says of the quadrature; the tests ask for more


def independent_mean(function, sigma):
    """E[function(tanh(sigma z))] for an even function, piece by piece where tanh bends."""
    edges = [0, *(x / sigma for x in (1, 4, 20) if x / sigma < 12), 12]
    return 2 * sum(
        quad(lambda z: function(math.tanh(sigma * z)) * math.exp(-z * z / 2), low, high, epsabs=1e-14)[0]
        for low, high in itertools.pairwise(edges)
    ) / math.sqrt(2 * math.pi)  # fmt: skip


def mean_square(q):
    return independent_mean(lambda h: h**2, math.sqrt(q))


def mean_square_slope(q):
    return independent_mean(lambda h: (1 - h**2) ** 2, math.sqrt(q))


def independent_variance(gain, input_variance):
    return brentq(lambda q: gain**2 * mean_square(q) + input_variance - q, 1e-6, 2000, xtol=1e-13)


def independent_exponent(gain, input_variance):
    return math.log(gain**2 * mean_square_slope(independent_variance(gain, input_variance))) / 2


@pytest.mark.parametrize(
    ("function", "exact"),
    [(np.ones_like, 1), (np.square, 1), (lambda z: z**4, 3), (np.sin, 0), (np.cos, math.exp(-1 / 2))],
)
def test_exact_gaussian_means(function, exact):
    assert gaussian_mean(function) == pytest.approx(exact, abs=1e-13)


@pytest.mark.parametrize("sigma", [0.01, 0.5, 1, 3, 10, 30, 44])
def test_quadrature_error(sigma):
    square = gaussian_mean(lambda z: np.tanh(sigma * z) ** 2)
    square_slope = gaussian_mean(lambda z: (1 - np.tanh(sigma * z) ** 2) ** 2)
    assert square == pytest.approx(mean_square(sigma**2), abs=1e-13)
    assert square_slope == pytest.approx(mean_square_slope(sigma**2), rel=1e-11)


def test_every_admitted_argument_stays_on_the_fine_side_of_the_grid():
    q = stationary_variance(mean_field.LARGEST_GAIN, mean_field.LARGEST_VARIANCE)
    assert 40 < math.sqrt(q) < 44


def test_gaussian_mean_protects_its_grid():
    before = gaussian_mean(np.cos)
    gaussian_mean(lambda z: np.multiply(z, 0, out=z))
    assert gaussian_mean(np.cos) == before


@pytest.mark.parametrize(
    ("gain", "input_variance"),
    [
        (1.01, 0),
        (1.5, 0),
        (2, 0),
        (3, 0),
        (30, 0),
        (0, 1),
        (0.5, 0.01),
        (1.5, 1),
        (3, 1),
        (0.9, 1000),
        (30, 1000),
    ],
)
def test_variance_and_exponent_against_scipy(gain, input_variance):
    q = independent_variance(gain, input_variance)
    assert stationary_variance(gain, input_variance) == pytest.approx(q, rel=1e-11, abs=2e-12)
    if gain:
        expected = independent_exponent(gain, input_variance)
        assert lyapunov_exponent(gain, input_variance) == pytest.approx(expected, abs=1e-10)


@pytest.mark.parametrize(
    ("gain", "rms", "exponent"), [(1.5, 0.594, 0.065), (2, 0.728, 0.155), (3, 0.837, 0.310)]
)
def test_figures_of_the_course(gain, rms, exponent):
    assert round(math.sqrt(stationary_variance(gain)) / gain, 3) == rms
    assert round(lyapunov_exponent(gain), 3) == exponent


def test_101_gauss_hermite_nodes_err_in_the_third_digit_at_gain_3():
    z, weights = np.polynomial.hermite_e.hermegauss(101)
    weights = weights / weights.sum()
    q = brentq(lambda q: 9 * weights @ np.tanh(math.sqrt(q) * z) ** 2 - q, 1e-6, 9)
    hermite = math.log(9 * weights @ (1 - np.tanh(math.sqrt(q) * z) ** 2) ** 2) / 2
    exact = independent_exponent(3, 0)
    assert 1e-3 < hermite - exact < 3e-3
    assert abs(lyapunov_exponent(3) - exact) < CLAIMED


@pytest.mark.parametrize("gain", [0, 1e-300, 0.3, 0.999999, 1])
def test_without_input_a_gain_up_to_1_dies_out(gain):
    assert stationary_variance(gain) == 0
    assert lyapunov_exponent(gain) == pytest.approx(math.log(gain) if gain else -math.inf, abs=1e-14)


@pytest.mark.parametrize("above", [1e-3, 1e-6, 1e-9])
def test_just_above_gain_1(above):
    """E[tanh(sqrt(q) z)^2] = q - 2 q^2 + ..., so gain^2 (1 - 2 q) = 1: to first order q = gain - 1."""
    assert stationary_variance(1 + above) == pytest.approx(above, rel=2e-3)


@pytest.mark.parametrize("input_variance", [1e-3, 0.1, 1.0, 10.0, 1000.0])
def test_critical_gain_against_scipy(input_variance):
    expected = brentq(lambda gain: independent_exponent(gain, input_variance), 1, 9, xtol=1e-10)
    assert critical_gain(input_variance) == pytest.approx(expected, abs=1e-8)


def test_edge_of_chaos():
    assert critical_gain() == 1
    assert round(critical_gain(1.0), 3) == 1.856
    gains = [critical_gain(input_variance) for input_variance in np.geomspace(1e-9, 1000, 49)]
    assert np.all(np.diff([1.0, *gains]) > 0)
    # E[tanh^2] / E[slope^2] = q - 4/3 q^3 + ..., so that a little input makes q^3 = 3/4 of its variance
    assert gains[0] - 1 == pytest.approx((0.75e-9) ** (1 / 3), rel=1e-3)
    for input_variance, gain in zip(np.geomspace(1e-9, 1000, 49), gains, strict=True):
        assert abs(lyapunov_exponent(gain, input_variance)) < 1e-11


@pytest.mark.parametrize(
    ("input_size", "hidden_size", "gain"), [(4, 8, 1), (1, 1, 0), (1, 1, 1), (3, 2, 0.4), (1, 5, 9)]
)
def test_steady_state_against_scipy(input_size, hidden_size, gain):
    def surplus(h):
        return math.tanh(input_size / 4 + gain * hidden_size * h / 2 + 1 / 2) - h

    assert steady_state(input_size, hidden_size, gain) == pytest.approx(
        brentq(surplus, 0, 1, xtol=1e-14), abs=1e-11
    )


def test_steady_state_by_hand():
    assert steady_state(1, 1, 0) == math.tanh(3 / 4)  # neither h nor hidden_size matters at gain 0
    assert steady_state(4, 8) == pytest.approx(math.tanh(5.5), abs=1e-6)  # 1 + 8 h / 2 + 1/2 with h near 1


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (lambda: steady_state(1, 1, 0.5), "h must .* input_size=1, hidden_size=1, gain=0.5"),
        (lambda: stationary_variance(2, 1), r"q must .* gain=2.0, input_variance=1.0"),
        (lambda: lyapunov_exponent(2), r"q must .* gain=2.0, input_variance=0.0"),
        (lambda: critical_gain(1), r"q must .* input_variance=1.0"),
    ],
)
def test_iterations_are_bounded_and_say_so(monkeypatch, call, named):
    assert call()
    monkeypatch.setattr(mean_field, "STEPS", 3)
    with pytest.raises(RuntimeError, match=named):
        call()


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda: stationary_variance(-1), ValueError, "gain must be between 0 and 30; got -1"),
        (lambda: stationary_variance(30.1), ValueError, "gain must be between 0 and 30; got 30.1"),
        (lambda: stationary_variance(1, -1), ValueError, "input_variance must be between 0 and 1000; got -1"),
        (lambda: lyapunov_exponent("2"), TypeError, "gain must be a real number; got '2'"),
        (lambda: lyapunov_exponent(math.nan), ValueError, "gain must be between 0 and 30; got nan"),
        (lambda: critical_gain(1001), ValueError, "input_variance must be between 0 and 1000; got 1001"),
        (lambda: critical_gain(None), TypeError, "input_variance must be a real number; got None"),
        (lambda: steady_state(0, 8), ValueError, "input_size must be at least 1; got 0"),
        (lambda: steady_state(4, 8.0), TypeError, "hidden_size must be a whole number"),
        (lambda: steady_state(4, 8, -1), ValueError, "gain must be finite and at least 0; got -1"),
        (lambda: gaussian_mean(1.0), TypeError, "function must be a function of an array; got float"),
        (lambda: gaussian_mean(lambda z: 1.0), ValueError, r"function\(z\) must have shape \(4001,\)"),
        (lambda: gaussian_mean(lambda z: z / np.inf + np.nan), ValueError, r"function\(z\) must be finite"),
    ],
)  # fmt: skip
def test_bad_arguments(call, error, said):
    with pytest.raises(error, match=said):
        call()


def simulate(gain, input_variance, seed, hidden_size=1000, timesteps=200, transient=100):
    """RMS of the hidden states and Lyapunov exponent of one network, measured."""
    rng = np.random.default_rng(seed)
    Wx, Wh, b = init_parameters(hidden_size, hidden_size, scheme="gaussian", gain=gain, rng=rng)
    inputs = math.sqrt(input_variance) * rng.normal(size=(transient + timesteps, hidden_size))
    hidden_states = run(inputs, Wx, Wh, b, rng.uniform(-1, 1, hidden_size))[transient:]
    difference, exponent = rng.normal(size=hidden_size), 0.0
    for slope_t in slope(hidden_states):
        difference /= np.linalg.norm(difference)
        difference = slope_t * (Wh @ difference)
        exponent += math.log(np.linalg.norm(difference)) / timesteps
    return math.sqrt(np.mean(hidden_states**2)), exponent


@pytest.mark.parametrize(
    ("gain", "input_variance"), [(1.5, 0.0), (2.0, 0.0), (3.0, 0.0), (1.5, 1.0), (1.856, 1.0), (2.5, 1.0)]
)
def test_simulated_networks_agree(gain, input_variance):
    """Of 20 networks of 1,000 units at each of these places none was further off than 0.012."""
    q = stationary_variance(gain, input_variance)
    predicted = math.sqrt((q - input_variance) / gain**2), lyapunov_exponent(gain, input_variance)
    for seed in range(3):
        assert simulate(gain, input_variance, seed) == pytest.approx(predicted, abs=0.02)
