"""What a wide cell settles to, predicted from the distribution of its weights alone
(lesson 05).
"""

import math

import numpy as np

from .validation import (
    check_array,
    check_list,
    check_number,
    check_one_run,
    check_size,
)

STEPS = 100  # at most, in each iteration below
TOLERANCE = 1e-12
LARGEST_GAIN = 30.0
LARGEST_VARIANCE = 1000.0  # of the input: within both sqrt(q) stays below 44

# On an equidistant grid the trapezoid rule is a plain sum, and for a smooth function
# that has died out at both ends its error falls like exp(-2 pi d / spacing), d the
# distance from the real axis to the nearest pole. tanh(sqrt(q) u) has its own at d = pi
# / (2 sqrt(q)): at sqrt(q) = 44 that is exp(-44).
_U = np.arange(-2000, 2001) / 200  # exp(-u^2 / 2) is 2e-22 at the ends
_WEIGHTS = np.exp(-(_U**2) / 2) / (200 * math.sqrt(2 * math.pi))


def steady_state(input_size, hidden_size, gain=1.0):
    """Where every unit of a "uniform" cell settles, given inputs from U[0, 1).

    h = tanh(input_size / 4 + gain * hidden_size * h / 2 + 1 / 2): each weight and each
    input is replaced by its mean, 1/2, a mean-field argument. Re-derived here.

    Parameters
    ----------
    input_size, hidden_size : int, at least 1
    gain : float, finite and at least 0

    Returns
    -------
    float : h, between tanh(3/4) and 1

    Raises
    ------
    RuntimeError : no convergence within STEPS

    Examples
    --------
    >>> round(steady_state(4, 8), 4)  # the classic listing: tanh(1 + 4 h + 1/2)
    1.0
    """
    input_size = check_size(input_size, "input_size")
    hidden_size = check_size(hidden_size, "hidden_size")
    gain = check_number(gain, "gain", 0)
    h = 1.0
    for _ in range(STEPS):
        previous = h
        h = math.tanh(input_size / 4 + gain * hidden_size * h / 2 + 1 / 2)
        if abs(h - previous) <= TOLERANCE:
            return h
    raise _not_converged("h", input_size=input_size, hidden_size=hidden_size, gain=gain)


def stationary_variance(gain, input_variance=0.0):
    """The variance q that the pre-activations of a wide "gaussian" cell keep from one
    timestep to the next.

    q = gain^2 E[tanh(sqrt(q) u)^2] + input_variance: Wh @ hidden_state is a sum of many
    independent terms, so it is Gaussian, with variance gain^2 times the mean square of
    the hidden states. Re-derived here.

    Parameters
    ----------
    gain : float between 0 and LARGEST_GAIN
    input_variance : float between 0 and LARGEST_VARIANCE; the variance of Wx @ input_t,
        new at each timestep

    Returns
    -------
    float : q, to 1e-12; exactly 0 for gain <= 1 without input, because tanh(x)^2 < x^2

    Raises
    ------
    RuntimeError : no convergence within STEPS

    Examples
    --------
    >>> round(stationary_variance(2.0), 4), stationary_variance(0.9)
    (2.1215, 0.0)
    """
    gain = check_number(gain, "gain", 0, LARGEST_GAIN)
    input_variance = _check_variance(input_variance)
    if not input_variance and gain <= 1:
        return 0.0

    # It changes its sign once: tanh(x)^2 / x^2 falls with x^2, so excess(q) / q falls
    # with q.
    def excess(q):
        return gain**2 * _mean_square(q) + input_variance - q

    # Repeating the equation would do, but takes ever more steps near gain 1.
    highest = gain**2 + input_variance  # no mean of tanh^2 is above 1
    return _bisect(excess, highest, gain=gain, input_variance=input_variance)


def lyapunov_exponent(gain, input_variance=0.0):
    """How fast neighbouring trajectories of a wide "gaussian" cell part: above 0 is
    chaos, below 0 they meet.

    exponent = 1/2 ln(gain^2 E[slope^2]), slope = 1 - tanh(sqrt(q) u)^2, q the
    stationary variance: one step multiplies the mean square of a small difference by
    gain^2 E[slope^2]. Re-derived here, for discrete time.

    Parameters
    ----------
    gain, input_variance : as for stationary_variance

    Returns
    -------
    float : nats per timestep; ln(gain) for gain <= 1 without input, -inf at gain 0

    Raises
    ------
    RuntimeError : as for stationary_variance

    References
    ----------
    Sompolinsky, Crisanti and Sommers (1988), "Chaos in random neural networks": the
    transition to chaos at gain 1, in continuous time. Molgedey, Schuchhardt and
    Schuster (1992), "Suppressing chaos in neural networks by noise": discrete time,
    with noise.

    Examples
    --------
    >>> [round(lyapunov_exponent(gain), 3) for gain in (0.5, 1.5, 2.0)]
    [-0.693, 0.065, 0.155]
    """
    return _exponent(gain, stationary_variance(gain, input_variance))


def _exponent(gain, q):
    if not gain:
        return -math.inf
    return math.log(gain) + math.log(_mean_square_slope(q)) / 2


def critical_gain(input_variance=0.0):
    """The gain at which the Lyapunov exponent crosses zero: the edge of chaos.

    There gain^2 = 1 / E[slope^2], which leaves one equation for q:
    q = E[tanh(sqrt(q) u)^2] / E[slope^2] + input_variance. Re-derived here.

    Parameters
    ----------
    input_variance : float between 0 and LARGEST_VARIANCE

    Returns
    -------
    float : 1 without input, more with input

    Raises
    ------
    RuntimeError : no convergence within STEPS

    Examples
    --------
    >>> critical_gain(), round(critical_gain(1.0), 3)
    (1.0, 1.856)
    """
    input_variance = _check_variance(input_variance)
    if not input_variance:
        return 1.0

    def excess(q):
        return _mean_square(q) / _mean_square_slope(q) + input_variance - q

    # E[tanh^2] / E[slope^2] stays below (2 q + 1) / 3 (seen, not proved), so q stays
    # below 3 * input_variance + 1.
    q = _bisect(excess, 3 * input_variance + 1, input_variance=input_variance)
    return 1 / math.sqrt(_mean_square_slope(q))


def predict_over_gain(gains, input_variance=0.0):
    """RMS of the states and Lyapunov exponent of a wide "gaussian" cell, an array each,
    one entry for each gain.

    gains : sequence of float between 0 and LARGEST_GAIN; the rest as for
        stationary_variance.

    >>> rms, exponents = predict_over_gain([0.5, 2.0])
    >>> rms.round(3), exponents.round(3)
    (array([0.   , 0.728]), array([-0.693,  0.155]))
    """
    gains = check_list(gains, "gains")
    gains = [check_number(gain, "gains", 0, LARGEST_GAIN) for gain in gains]
    q = [stationary_variance(gain, input_variance) for gain in gains]
    rms = [math.sqrt(_mean_square(variance)) for variance in q]
    exponents = [
        _exponent(gain, variance) for gain, variance in zip(gains, q, strict=True)
    ]
    return np.array(rms), np.array(exponents)


def measured_exponent(hidden_states, Wh):
    """By which exponent a small difference grows from one timestep to the next, along
    these states.

    The mean logarithm of what each Jacobian, diag(slope_t) @ Wh, does to the length of
    one vector, which those before have turned; -inf where nothing is left of it.

    Parameters
    ----------
    hidden_states : array of shape (timesteps, hidden_size), as returned by run
    Wh : array of shape (hidden_size, hidden_size)

    Returns
    -------
    float : nats per timestep

    Examples
    --------
    >>> round(measured_exponent([[0.0, 0.0], [0.0, 0.0]], 0.5 * np.eye(2)), 4)  # ln 0.5
    -0.6931
    """
    hidden_states, Wh = check_one_run(hidden_states, Wh)
    vector = np.ones(len(Wh)) / np.sqrt(len(Wh))
    logarithms = []
    for state in hidden_states:
        vector = (1 - state**2) * (Wh @ vector)
        length = np.linalg.norm(vector)
        if not length:
            return -math.inf
        vector = vector / length
        logarithms.append(math.log(length))
    return float(np.mean(logarithms))


def growth_along(step, states):
    """By which exponent a small difference grows, for a cell of any kind.

    A difference of length 1e-6 is sent through each step, its growth is noted, and it
    is shortened again. For the tanh cell this is measured_exponent, without Jacobians.

    Parameters
    ----------
    step : function of (state, t) that returns the state after timestep t, a
        one-dimensional array; t counts from 0. For an LSTM it is the pair, hidden and
        cell state one behind the other
    states : array of shape (timesteps, size), with states[t] = step(states[t - 1], t)

    Returns
    -------
    float : the mean logarithm of the growth from one timestep to the next; -inf where
        nothing is left of the difference. A timestep that leaves less than about 1e-9
        of it is lost in rounding

    Raises
    ------
    ValueError : step does not lead from the first row of states to the second

    Examples
    --------
    >>> halves = 0.5 ** np.arange(5.0)[:, None]
    >>> round(growth_along(lambda state, t: state / 2, halves), 3)  # ln(1/2)
    -0.693
    """
    if not callable(step):
        came = type(step).__name__
        raise TypeError(f"step must be a function of (state, t); got {came}.")
    states = check_array(states, "states", ("timesteps", "size"))
    timesteps, size = states.shape
    if timesteps < 2:
        raise ValueError(f"states must have at least 2 timesteps; got {timesteps}.")
    second = check_array(step(states[0].copy(), 1), "step(state, t)", (size,))
    apart = np.abs(second - states[1]).max()
    if apart > 1e-3:
        raise ValueError(
            f"step(states[0], 1) must be states[1]; got one that is {apart:.2g} away."
        )
    length = 1e-6
    difference = np.full(size, length / math.sqrt(size))
    logarithms = []
    for t in range(1, timesteps):
        difference = step(states[t - 1] + difference, t) - states[t]
        grown = np.linalg.norm(difference)
        if not grown:
            return -math.inf
        logarithms.append(math.log(grown / length))
        difference *= length / grown
    return float(np.mean(logarithms))


def _check_variance(input_variance):
    return check_number(input_variance, "input_variance", 0, LARGEST_VARIANCE)


def _mean_square(q):
    """E[tanh^2], the mean square of the hidden states, for pre-activations of variance
    q.
    """
    return float(_WEIGHTS @ np.tanh(math.sqrt(q) * _U) ** 2)


def _mean_square_slope(q):
    """E[slope^2] for pre-activations of variance q."""
    return float(_WEIGHTS @ (1 - np.tanh(math.sqrt(q) * _U) ** 2) ** 2)


def _bisect(excess, highest, **given):
    """The q below highest where the excess changes from positive to negative."""
    low = 0.0
    high = highest
    for _ in range(STEPS):
        middle = (low + high) / 2
        if excess(middle) > 0:
            low = middle
        else:
            high = middle
        if high - low <= TOLERANCE:
            return (low + high) / 2
    raise _not_converged("q", **given)


def _not_converged(name, **given):
    arguments = ", ".join(f"{argument}={value}" for argument, value in given.items())
    return RuntimeError(
        f"{name} must converge to {TOLERANCE:g} within {STEPS} iterations;"
        f" got no further with {arguments}."
    )
