"""How much of the past a linear readout finds in the states (lesson 06)."""

import numpy as np

from .validation import check_array, check_memory, check_size, same_dtype


def memory_curve(hidden_states, signal, delays, *, washout=200):
    """How much of signal[t - k] a linear readout finds in hidden_state_t, for each
    delay k.

    R^2 = max(0, 1 - SSE / SST) of the least-squares readout from the states and a
    constant. What the washout leaves is halved: the first half fits the readout, on the
    second SSE sums its squared errors and SST those of the fitted half's mean. The
    memory capacity is the sum from delay 1 on.

    Parameters
    ----------
    hidden_states : array of shape (timesteps, hidden_size); each half must be longer
        than hidden_size
    signal : array of shape (timesteps,), what the cell was given, one number a timestep
    delays : int from 1 to washout + 1; how many, counted from 0
    washout : int, at least 0; the timesteps at the start that are left out

    Returns
    -------
    array of shape (delays,), between 0 (nothing is found) and 1 (all of it is)

    Raises
    ------
    ValueError : too few timesteps, too many delays, a signal that does not vary in the
        second half, seen with one of the delays

    References
    ----------
    Jaeger (2001), "Short term memory in echo state networks": the capacity, as the sum
    of the squared correlations of the best readouts for all delays, and that it is at
    most hidden_size if the signal's values are independent and identically distributed.
    That one half fits and the other is predicted is ours.

    Examples
    --------
    >>> signal = np.random.default_rng(0).normal(size=1000)
    >>> register = np.column_stack([np.roll(signal, k) for k in range(3)])
    >>> memory_curve(register, signal, 5).round(2)
    array([1., 1., 1., 0., 0.])

    A register of the last three inputs holds these three and nothing older.
    """
    shape = ("timesteps", "hidden_size")
    hidden_states = check_array(hidden_states, "hidden_states", shape)
    timesteps, hidden_size = hidden_states.shape
    why = f" to match hidden_states of shape {hidden_states.shape}"
    signal = check_array(signal, "signal", (timesteps,), why)
    delays = check_size(delays, "delays")
    washout = check_size(washout, "washout", 0)
    if delays > washout + 1:
        raise ValueError(
            f"delays must be at most washout + 1 = {washout + 1}; got {delays}."
        )
    needed = washout + 2 * (hidden_size + 1)
    if timesteps < needed:
        raise ValueError(
            f"hidden_states must have at least {needed} timesteps,"
            f" washout + 2 * (hidden_size + 1); got {timesteps}."
        )
    check_memory(
        _numbers_held,
        timesteps=timesteps - washout,
        hidden_size=hidden_size,
        delays=delays,
    )
    return _memory_curve(*same_dtype(hidden_states, signal), delays, washout)


def _memory_curve(hidden_states, signal, delays, washout):
    timesteps = len(signal)
    constant = np.ones(timesteps - washout, signal.dtype)
    # (timesteps - washout, hidden_size + 1) and (timesteps - washout, delays)
    features = np.column_stack([hidden_states[washout:], constant])
    delayed = [signal[washout - k : timesteps - k] for k in range(delays)]
    targets = np.column_stack(delayed)

    half = len(features) // 2
    fitted = targets[:half]
    predicted = targets[half:]
    still = np.ptp(predicted, axis=0) == 0  # (delays,)
    if still.any():
        k = still.argmax()
        raise ValueError(
            "signal must vary in the predicted half;"
            f" got {predicted[0, k]} throughout at delay {k}."
        )
    readout = np.linalg.lstsq(features[:half], fitted)[0]  # (hidden_size + 1, delays)
    squared_errors = np.sum((predicted - features[half:] @ readout) ** 2, axis=0)
    spread = np.sum((predicted - fitted.mean(axis=0)) ** 2, axis=0)
    return np.maximum(0, 1 - squared_errors / spread)


def _numbers_held(timesteps, hidden_size, delays):
    """Features and targets, and then what the fit copies, or the errors."""
    features = hidden_size + 1
    fit = 3 * (features + delays) // 2
    errors = features + 2 * delays
    return timesteps * max(fit, errors)
