"""From gradients to better weights, for any named tuple of arrays (lessons 07, 09)."""

import math

import numpy as np

from .validation import check_array, check_number, shown

BETA1 = 0.9  # of the gradient's running average: it reaches back about 10 updates


def clip_by_global_norm(gradients, limit):
    """Shorten the gradient to a norm of at most `limit`, without turning it.

    norm = sqrt(sum of all squares in all arrays); each array is multiplied by
    min(1, limit / norm).

    Parameters
    ----------
    gradients : named tuple of arrays
    limit : float, at least 0

    Returns
    -------
    clipped : the same named tuple
    norm : float, before clipping

    References
    ----------
    Pascanu, Mikolov and Bengio (2013), "On the difficulty of training recurrent neural
    networks": rescale the gradient whenever its norm exceeds a threshold.

    Examples
    --------
    >>> from rnn_core import Parameters
    >>> gradients = Parameters([[3.0]], [[4.0]], [0.0])
    >>> clipped, norm = clip_by_global_norm(gradients, 1.0)
    >>> norm, clipped.Wx, clipped.Wh
    (5.0, array([[0.6]]), array([[0.8]]))
    """
    gradients = _check_tuple(gradients, "gradients")
    return _clip(gradients, check_number(limit, "limit", 0))


def adam(parameters, gradients, state=None, *, learning_rate, beta2=0.99):
    """One update: a step of its own for each number, against its gradient's average.

    m = 0.9 m + 0.1 gradient;  v = beta2 v + (1 - beta2) gradient^2, both from 0 and
    corrected for it;  parameter = parameter - learning_rate * m / (sqrt(v) + 1e-8)

    Parameters
    ----------
    parameters, gradients : named tuples of arrays of the same shapes; both stay as they
        are
    state : as returned by the update before, of the same shapes; None at the first
    learning_rate : float, at least 0
    beta2 : float between 0 and 0.9999; at 0.99 the squares reach back about 100 updates

    Returns
    -------
    parameters : the same named tuple, updated
    state : what the next update needs (number of updates, m, v)

    References
    ----------
    Kingma and Ba (2015), "Adam: a method for stochastic optimization", Algorithm 1.
    They suggest beta1 = 0.9 and beta2 = 0.999.

    Examples
    --------
    >>> from rnn_core import Parameters
    >>> weights = Parameters([[1.0]], [[1.0]], [1.0])
    >>> gradients = Parameters([[5.0]], [[-0.001]], [0.0])
    >>> updated, _ = adam(weights, gradients, learning_rate=0.1)
    >>> [round(w.item(), 3) for w in updated]  # the first step: the sign alone
    [0.9, 1.1, 1.0]
    """
    parameters = _check_tuple(parameters, "parameters")
    gradients = _check_tuple(gradients, "gradients")
    shapes = [array.shape for array in parameters]
    came = [array.shape for array in gradients]
    if came != shapes:
        raise ValueError(
            f"gradients must have the shapes of parameters, {shapes}; got {came}."
        )
    if state is not None:
        _check_averages(state, shapes)
    learning_rate, beta2 = check_learning(learning_rate, beta2)
    return _adam(parameters, gradients, state, learning_rate, beta2)


def _clip(gradients, limit):
    norm = _norm(gradients, "the gradient")
    scale = limit / norm if norm > limit else 1.0
    return type(gradients)(*(scale * array for array in gradients)), norm


def _adam(parameters, gradients, state, learning_rate, beta2):
    if state is None:
        nothing = [np.zeros_like(array) for array in gradients]
        state = 0, nothing, nothing
    n, m, v = state
    n += 1
    m = [
        BETA1 * average + (1 - BETA1) * gradient
        for average, gradient in zip(m, gradients, strict=True)
    ]
    v = [
        beta2 * average + (1 - beta2) * gradient**2
        for average, gradient in zip(v, gradients, strict=True)
    ]
    updated = []
    for weight, m_i, v_i in zip(parameters, m, v, strict=True):
        # Averages that start at 0 are too small at first, by exactly these factors.
        direction = m_i / (1 - BETA1**n)
        size = np.sqrt(v_i / (1 - beta2**n)) + 1e-8
        updated.append(weight - learning_rate * direction / size)
    return type(parameters)(*updated), (n, m, v)


def _norm(arrays, name):
    """The length of all arrays together."""
    norm = math.sqrt(sum(float(np.vdot(array, array)) for array in arrays))
    if not math.isfinite(norm):
        raise OverflowError(f"{name} must stay finite; the norm overflows.")
    return norm


def check_learning(learning_rate, beta2):
    """Return the numbers of adam as floats."""
    learning_rate = check_number(learning_rate, "learning_rate", 0)
    return learning_rate, check_number(beta2, "beta2", 0, 0.9999)


def _check_averages(state, shapes):
    """Refuse what adam did not return for parameters of these shapes."""
    if not isinstance(state, tuple) or len(state) != 3:
        raise TypeError(
            f"state must be None or what adam has returned; got {shown(state)}."
        )
    _, m, _ = state
    came = [array.shape for array in m]
    if came != shapes:
        raise ValueError(
            f"state must be of parameters of the shapes {shapes}; got {came}."
        )


def _check_tuple(arrays, name):
    """Return the named tuple with each field checked, whatever its shape."""
    if not (isinstance(arrays, tuple) and hasattr(arrays, "_fields")):
        raise TypeError(
            f"{name} must be a named tuple of arrays; got {type(arrays).__name__}."
        )
    fields = arrays._asdict().items()
    checked = [check_array(array, f"{name}.{field}", (...,)) for field, array in fields]
    return type(arrays)(*checked)
