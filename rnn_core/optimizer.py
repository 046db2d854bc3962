"""From gradients to better weights, for any named tuple of arrays (lessons 07 and 08)."""

import math

import numpy as np

from .validation import check_array, check_number


def clip_by_global_norm(gradients, limit):
    """Shorten the gradient to a norm of at most `limit`, without turning it.

    norm = sqrt(sum of all squares in all arrays); each array is multiplied by min(1,
    limit / norm).

    Parameters
    ----------
    gradients : named tuple of arrays
    limit : float, finite and at least 0

    Returns
    -------
    clipped : the same named tuple
    norm : float, before clipping

    Raises
    ------
    TypeError, ValueError : not a named tuple, not numbers, NaN or infinity

    References
    ----------
    Pascanu, Mikolov and Bengio (2013), "On the difficulty of training recurrent neural
    networks": rescale the gradient whenever its norm exceeds a threshold.

    Examples
    --------
    >>> from rnn_core import Parameters
    >>> clipped, norm = clip_by_global_norm(Parameters([[3.0]], [[4.0]], [0.0]), 1.0)
    >>> norm, clipped.Wx, clipped.Wh
    (5.0, array([[0.6]]), array([[0.8]]))
    """
    gradients, limit = (
        _check_tuple(gradients, "gradients"),
        check_number(limit, "limit", 0),
    )
    norm = math.sqrt(sum(float(np.vdot(g, g)) for g in gradients))
    scale = limit / norm if norm > limit else 1.0
    return type(gradients)(*(scale * g for g in gradients)), norm


def adam(parameters, gradients, state=None, *, learning_rate, beta2=0.99):
    """One update: a step of its own for each number, against the running average of its
    gradient.

    m = 0.9 m + 0.1 g;  v = beta2 v + (1 - beta2) g^2, both from 0 and corrected for it;
    parameter = parameter - learning_rate * m / (sqrt(v) + 1e-8)

    Parameters
    ----------
    parameters, gradients : named tuples of arrays of the same shapes; neither is
        changed
    state : as returned by the update before; None at the first
    learning_rate : float, finite and at least 0
    beta2 : float between 0 and 0.9999; at 0.99 the squares reach back about 100 updates

    Returns
    -------
    parameters : the same named tuple, updated
    state : what the next update needs (number of updates, m, v)

    Raises
    ------
    TypeError, ValueError : not named tuples, shapes that do not match, a number outside
        its range

    References
    ----------
    Kingma and Ba (2015), "Adam: a method for stochastic optimization", Algorithm 1.
    They suggest beta1 = 0.9 and beta2 = 0.999.

    Examples
    --------
    >>> from rnn_core import Parameters
    >>> w, g = Parameters([[1.0]], [[1.0]], [1.0]), Parameters([[5.0]], [[-0.001]], [0.0])
    >>> [round(a.item(), 3) for a in adam(w, g, learning_rate=0.1)[0]]  # the first step: the sign alone
    [0.9, 1.1, 1.0]
    """
    parameters, gradients = (
        _check_tuple(parameters, "parameters"),
        _check_tuple(gradients, "gradients"),
    )
    learning_rate, beta2 = (
        check_number(learning_rate, "learning_rate", 0),
        check_number(beta2, "beta2", 0, 0.9999),
    )
    shapes, came = (
        [array.shape for array in arrays] for arrays in (parameters, gradients)
    )
    if came != shapes:
        raise ValueError(
            f"gradients must have the shapes of parameters, {shapes}; got {came}."
        )
    beta1, (t, m, v) = 0.9, state or (0, [0.0] * len(shapes), [0.0] * len(shapes))
    t += 1
    m = [beta1 * m_i + (1 - beta1) * g for m_i, g in zip(m, gradients, strict=True)]
    v = [beta2 * v_i + (1 - beta2) * g**2 for v_i, g in zip(v, gradients, strict=True)]
    # Averages that start at 0 are too small at first, by exactly these factors.
    rate, correction = learning_rate / (1 - beta1**t), 1 - beta2**t
    updated = [
        w - rate * m_i / (np.sqrt(v_i / correction) + 1e-8)
        for w, m_i, v_i in zip(parameters, m, v, strict=True)
    ]
    return type(parameters)(*updated), (t, m, v)


def _check_tuple(arrays, name):
    """Return the named tuple with each field checked, whatever its shape."""
    if not (isinstance(arrays, tuple) and hasattr(arrays, "_fields")):
        raise TypeError(
            f"{name} must be a named tuple of arrays; got {type(arrays).__name__}."
        )
    return type(arrays)(
        *(
            check_array(array, f"{name}.{field}", (...,))
            for field, array in arrays._asdict().items()
        )
    )
