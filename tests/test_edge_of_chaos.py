"""edge_of_chaos against SciPy's adaptive quadrature and root finder, exact integrals,
and simulated networks.
"""

import itertools
import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import brentq

from rnn_core import (
    critical_gain,
    edge_of_chaos,
    growth_along,
    init_parameters,
    lyapunov_exponent,
    measured_exponent,
    run,
    slope,
    stationary_variance,
    steady_state,
    step,
)
from rnn_lessons.edge_of_chaos import load_survey, long_run, period, settle, survey


def independent_mean(function, sigma):
    """E[function(tanh(sigma z))] of an even function, piece by piece where tanh
    bends.
    """
    edges = [0, *(x / sigma for x in (1, 4, 20) if x / sigma < 12), 12]

    def weighted(z):
        return function(math.tanh(sigma * z)) * math.exp(-z * z / 2)

    pieces = [
        quad(weighted, low, high, epsabs=1e-14)[0]
        for low, high in itertools.pairwise(edges)
    ]
    return 2 * sum(pieces) / math.sqrt(2 * math.pi)


def mean_square(q):
    return independent_mean(lambda h: h**2, math.sqrt(q))


def mean_square_slope(q):
    return independent_mean(lambda h: (1 - h**2) ** 2, math.sqrt(q))


def independent_variance(gain, input_variance):
    return brentq(
        lambda q: gain**2 * mean_square(q) + input_variance - q, 1e-6, 2000, xtol=1e-13
    )


def independent_exponent(gain, input_variance):
    return (
        math.log(
            gain**2 * mean_square_slope(independent_variance(gain, input_variance))
        )
        / 2
    )


@pytest.mark.parametrize("sigma", [0.01, 0.5, 1, 3, 10, 30, 44])
def test_quadrature_error(sigma):
    assert edge_of_chaos._mean_square(sigma**2) == pytest.approx(
        mean_square(sigma**2), abs=1e-13
    )
    assert edge_of_chaos._mean_square_slope(sigma**2) == pytest.approx(
        mean_square_slope(sigma**2), rel=1e-11
    )


def test_every_admitted_argument_stays_on_the_fine_side_of_the_grid():
    q = stationary_variance(edge_of_chaos.LARGEST_GAIN, edge_of_chaos.LARGEST_VARIANCE)
    assert 40 < math.sqrt(q) < 44


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
    assert stationary_variance(gain, input_variance) == pytest.approx(
        q, rel=1e-11, abs=2e-12
    )
    if gain:
        expected = independent_exponent(gain, input_variance)
        assert lyapunov_exponent(gain, input_variance) == pytest.approx(
            expected, abs=1e-10
        )


@pytest.mark.parametrize(
    ("gain", "rms", "exponent"),
    [(1.5, 0.594, 0.065), (2, 0.728, 0.155), (3, 0.837, 0.310)],
)
def test_figures_of_the_course(gain, rms, exponent):
    assert round(math.sqrt(stationary_variance(gain)) / gain, 3) == rms
    assert round(lyapunov_exponent(gain), 3) == exponent


@pytest.mark.parametrize("gain", [0, 1e-300, 0.3, 0.999999, 1])
def test_without_input_a_gain_up_to_1_dies_out(gain):
    assert stationary_variance(gain) == 0
    assert lyapunov_exponent(gain) == pytest.approx(
        math.log(gain) if gain else -math.inf, abs=1e-14
    )


@pytest.mark.parametrize("above", [1e-3, 1e-6, 1e-9])
def test_just_above_gain_1(above):
    """E[tanh(sqrt(q) z)^2] = q - 2 q^2 + ..., so gain^2 (1 - 2 q) = 1: to first order q
    = gain - 1.
    """
    assert stationary_variance(1 + above) == pytest.approx(above, rel=2e-3)


@pytest.mark.parametrize("input_variance", [1e-3, 0.1, 1.0, 10.0, 1000.0])
def test_critical_gain_against_scipy(input_variance):
    expected = brentq(
        lambda gain: independent_exponent(gain, input_variance), 1, 9, xtol=1e-10
    )
    assert critical_gain(input_variance) == pytest.approx(expected, abs=1e-8)


def test_edge_of_chaos():
    assert critical_gain() == 1
    assert round(critical_gain(1.0), 3) == 1.856
    gains = [
        critical_gain(input_variance) for input_variance in np.geomspace(1e-9, 1000, 49)
    ]
    assert np.all(np.diff([1.0, *gains]) > 0)
    # E[tanh^2] / E[slope^2] = q - 4/3 q^3 + ..., so that a little input makes q^3 = 3/4
    # of its variance
    assert gains[0] - 1 == pytest.approx((0.75e-9) ** (1 / 3), rel=1e-3)
    for input_variance, gain in zip(np.geomspace(1e-9, 1000, 49), gains, strict=True):
        assert abs(lyapunov_exponent(gain, input_variance)) < 1e-11


@pytest.mark.parametrize(
    ("input_size", "hidden_size", "gain"),
    [(4, 8, 1), (1, 1, 0), (1, 1, 1), (3, 2, 0.4), (1, 5, 9)],
)
def test_steady_state_against_scipy(input_size, hidden_size, gain):
    def surplus(h):
        return math.tanh(input_size / 4 + gain * hidden_size * h / 2 + 1 / 2) - h

    assert steady_state(input_size, hidden_size, gain) == pytest.approx(
        brentq(surplus, 0, 1, xtol=1e-14), abs=1e-11
    )


def test_steady_state_by_hand():
    assert steady_state(1, 1, 0) == math.tanh(
        3 / 4
    )  # neither h nor hidden_size matters at gain 0
    assert steady_state(4, 8) == pytest.approx(
        math.tanh(5.5), abs=1e-6
    )  # 1 + 8 h / 2 + 1/2 with h near 1


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (
            lambda: steady_state(1, 1, 0.5),
            "h must .* input_size=1, hidden_size=1, gain=0.5",
        ),
        (lambda: stationary_variance(2, 1), r"q must .* gain=2.0, input_variance=1.0"),
        (lambda: lyapunov_exponent(2), r"q must .* gain=2.0, input_variance=0.0"),
        (lambda: critical_gain(1), r"q must .* input_variance=1.0"),
    ],
)
def test_iterations_are_bounded_and_say_so(monkeypatch, call, named):
    assert call()
    monkeypatch.setattr(edge_of_chaos, "STEPS", 3)
    with pytest.raises(RuntimeError, match=named):
        call()


@pytest.mark.parametrize(("gain", "input_variance"), [(30.1, 0), (1, 1000.1)])
def test_what_the_grid_is_not_fine_enough_for_is_refused(gain, input_variance):
    with pytest.raises(ValueError, match="must be between 0 and"):
        stationary_variance(gain, input_variance)


def test_predictions_over_gain():
    rms, exponents = edge_of_chaos.predict_over_gain([1.5, 3.0])
    np.testing.assert_allclose(rms, [0.594, 0.837], atol=5e-4)
    np.testing.assert_allclose(exponents, [0.065, 0.310], atol=5e-4)
    rms, _ = edge_of_chaos.predict_over_gain([2.0], input_variance=1.0)
    assert rms[0] == pytest.approx(
        math.sqrt(mean_square(independent_variance(2.0, 1.0))), rel=1e-9
    )


def simulate(
    gain, input_variance, seed, hidden_size=1000, timesteps=200, transient=100
):
    """RMS of the hidden states and Lyapunov exponent of one network, measured."""
    rng = np.random.default_rng(seed)
    Wx, Wh, b = init_parameters(
        hidden_size, hidden_size, scheme="gaussian", gain=gain, rng=rng
    )
    inputs = math.sqrt(input_variance) * rng.normal(
        size=(transient + timesteps, hidden_size)
    )
    hidden_states = run(inputs, Wx, Wh, b, rng.uniform(-1, 1, hidden_size))[transient:]
    difference, exponent = rng.normal(size=hidden_size), 0.0
    for slope_t in slope(hidden_states):
        difference /= np.linalg.norm(difference)
        difference = slope_t * (Wh @ difference)
        exponent += math.log(np.linalg.norm(difference)) / timesteps
    return math.sqrt(np.mean(hidden_states**2)), exponent


@pytest.mark.parametrize(
    ("gain", "input_variance"),
    [(1.5, 0.0), (2.0, 0.0), (3.0, 0.0), (1.5, 1.0), (1.856, 1.0), (2.5, 1.0)],
)
def test_simulated_networks_agree(gain, input_variance):
    """Of 20 networks of 1,000 units at each of these places none was further off than
    0.012.
    """
    q = stationary_variance(gain, input_variance)
    predicted = (
        math.sqrt((q - input_variance) / gain**2),
        lyapunov_exponent(gain, input_variance),
    )
    for seed in range(3):
        assert simulate(gain, input_variance, seed) == pytest.approx(
            predicted, abs=0.02
        )


@pytest.mark.parametrize(("gain", "tolerance"), [(0.5, 0.02), (1.0, 0.03), (3.0, 0.03)])
def test_the_measured_exponent_is_the_predicted_one(gain, tolerance):
    rng = np.random.default_rng(0)
    inputs = 0.3 * rng.normal(size=(100, 4))
    Wx, Wh, b = init_parameters(4, 300, scheme="gaussian", gain=gain, rng=rng)
    found = measured_exponent(run(inputs, Wx, Wh, b), Wh)
    assert found == pytest.approx(lyapunov_exponent(gain, 0.09), abs=tolerance)


def test_the_measured_exponent_by_hand():
    # slopes 1 and 3/4, a rotation stretched by 2: ln 2 and ln 1.5 in every direction
    states = [[0.0, 0.0], [0.5, -0.5]]
    found = measured_exponent(states, [[0.0, -2.0], [2.0, 0.0]])
    assert found == pytest.approx((np.log(2) + np.log(1.5)) / 2, rel=1e-12)
    assert measured_exponent([[0.0, 0.0], [1.0, 1.0]], np.eye(2)) == -np.inf


@pytest.mark.parametrize("gain", [0.5, 1.0, 2.0])
def test_growth_along_a_tanh_cell_is_the_measured_exponent(gain):
    rng = np.random.default_rng(1)
    inputs = 0.3 * rng.normal(size=(60, 4))
    cell = init_parameters(4, 20, scheme="gaussian", gain=gain, rng=rng)
    states = run(inputs, *cell)
    found = growth_along(lambda state, t: step(inputs[t], state, *cell), states)
    # the first Jacobian leads to row 0, from which the nudge starts
    assert found == pytest.approx(measured_exponent(states[1:], cell.Wh), abs=1e-5)


def test_growth_along_of_a_linear_step_by_hand():
    matrix = np.array([[0.0, -2.0], [0.5, 0.0]])  # twice: minus the identity
    states = [[1.0, 1.0]]
    for _ in range(4):
        states.append(matrix @ states[-1])
    found = growth_along(lambda state, t: matrix @ state, states)
    assert found == pytest.approx(0, abs=1e-9)
    forgets = [[0.5], [0.3], [0.3]]
    assert growth_along(lambda state, t: 0 * state + 0.3, forgets) == -np.inf


def test_growth_along_refuses_a_step_of_another_run():
    rng = np.random.default_rng(1)
    inputs = rng.normal(size=(6, 4))
    cell = init_parameters(4, 5, scheme="gaussian", rng=rng)
    states = run(inputs, *cell)
    said = r"^step\(states\[0\], 1\) must be states\[1\]; got one that is [\d.]+ away"
    with pytest.raises(ValueError, match=said):
        growth_along(lambda state, t: step(inputs[t - 1], state, *cell), states)


@pytest.mark.parametrize(
    ("step", "states", "said"),
    [
        (3, [[1.0], [1.0]], "step must be a function of (state, t); got int."),
        (
            lambda state, t: np.zeros(2),
            [[1.0], [1.0]],
            "step(state, t) must have shape (1,); got (2,).",
        ),
        (abs, [1.0], "states must have shape (timesteps, size); got (1,)."),
    ],
)
def test_growth_along_says_what_came_instead(step, states, said):
    with pytest.raises((TypeError, ValueError)) as refused:
        growth_along(step, states)
    assert str(refused.value) == said


def test_growth_along_of_two_timesteps_is_one_growth():
    found = growth_along(lambda state, t: state / 2, [[1.0], [0.5]])
    assert found == pytest.approx(np.log(0.5), abs=1e-8)


def test_what_networks_settle_into_is_stored_and_can_be_made_again():
    plan = ((16, 1.1, 4), (16, 2.0, 1))
    calls = []
    found = survey(progress=lambda done, total: calls.append((done, total)), plan=plan)
    assert calls == [(done, 5) for done in (1, 2, 3, 4, 5)]
    with ThreadPoolExecutor(2) as executor:
        assert survey(executor, plan=plan) == found
    stored = {network[:3]: network for network in load_survey()}
    for network in found[:4]:  # the fifth may be chaotic: only its start is the same
        assert network.kind == stored[network[:3]].kind
        assert network == pytest.approx(stored[network[:3]], rel=1e-4, abs=1e-6)
    assert found[4][:4] == pytest.approx(stored[16, 2.0, 0][:4], rel=1e-4)


def test_the_period_of_made_states():
    t = np.arange(1000)
    for steps in (1, 2, 7, 500):
        assert period(np.cos(2 * np.pi * t[:, None] / steps)) == steps
    assert period(np.cos(t)[:, None]) == 0  # comes near, and never back


def test_the_exponent_along_a_long_run_is_that_of_its_jacobians():
    states, exponents = long_run(16, 1.5, seed=3, timesteps=300)
    rng = np.random.default_rng(3)
    cell = init_parameters(1, 16, scheme="gaussian", gain=1.5, rng=rng)
    start = rng.normal(size=16)
    np.testing.assert_allclose(
        states[:60], run(np.zeros((60, 1)), *cell, start), atol=1e-9
    )
    found = measured_exponent(states[100:], cell.Wh)
    assert exponents[100:].mean() == pytest.approx(found, abs=0.02)


def test_near_the_edge_finite_networks_are_hardly_ever_chaotic():
    """The headline of lesson 05, on other seeds: predicted are 0.005 and 0.155."""
    kinds = [settle(64, 1.1, seed).kind for seed in range(1000, 1012)]
    assert kinds.count("chaos") <= 2 and kinds.count("torus") >= 4
    kinds = [settle(64, 2.0, seed).kind for seed in range(1000, 1012)]
    assert kinds.count("chaos") >= 8


@pytest.mark.parametrize(("gain", "input_variance"), [(0.5, 0), (2, 0), (1.5, 1)])
def test_a_gradient_grows_by_the_predicted_exponent(gain, input_variance):
    found = []
    for seed in (1000, 1001, 1002):
        rng = np.random.default_rng(seed)
        Wh = init_parameters(1, 600, scheme="gaussian", gain=gain, rng=rng).Wh
        state = rng.normal(size=600)
        states = []
        for _ in range(80):
            from_input = math.sqrt(input_variance) * rng.normal(size=600)
            state = np.tanh(Wh @ state + from_input)
            states.append(state)
        gradient = np.ones(600) / math.sqrt(600)
        for state in reversed(states[20:]):
            gradient = Wh.T @ (slope(state) * gradient)
        found.append(np.log(np.linalg.norm(gradient)) / 60)
    predicted = lyapunov_exponent(gain, input_variance)
    assert np.mean(found) == pytest.approx(predicted, abs=0.02)
