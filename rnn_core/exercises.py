"""Tells a student how an attempt differs from what was asked: shape first, then the first wrong timestep."""

import numpy as np


def compare(attempt, expected):
    """Say in one sentence whether an attempt is right, and if not, where it first differs.

    Parameters
    ----------
    attempt : a number, a str, an array, or a function without arguments that returns one;
        None or ... (also when returned) means that nothing was attempted
    expected : a number, a str or an array, whose first axis is called timestep if there are two or more

    Returns
    -------
    str : "not attempted yet", "right: ...", or what differs; numbers agree to 6 digits

    Examples
    --------
    >>> compare(..., 104), compare(112, 104)
    ('not attempted yet', 'not yet: got 112, expected 104')
    >>> compare(lambda: 1 / 0, 104)
    'not yet: your code stopped with ZeroDivisionError: division by zero'
    """
    if callable(attempt):
        try:
            attempt = attempt()
        except Exception as error:
            return f"not yet: your code stopped with {type(error).__name__}: {error}"
    if attempt is None or attempt is ...:
        return "not attempted yet"
    if isinstance(expected, str):
        right = isinstance(attempt, str) and attempt == expected
        return _answer(right, expected, f"got {attempt!r}, expected {expected!r}")
    expected = np.asarray(expected)
    refusal = f"not yet: expected numbers of shape {expected.shape}, got {type(attempt).__name__}"
    try:
        attempt = np.asarray(attempt)
    except Exception:  # a ragged list, or an object that fails to become an array
        return refusal
    if attempt.dtype.kind not in "biuf":
        return refusal
    if attempt.shape != expected.shape:
        return f"not yet: expected shape {expected.shape}, got {attempt.shape}"
    wrong = ~np.isclose(attempt, expected, rtol=1e-6, atol=1e-9)
    if not expected.ndim:
        return _answer(not wrong, f"{expected:g}", f"got {attempt:g}, expected {expected:g}")
    if not wrong.any():
        return f"right: all {expected.size} numbers agree"
    place = tuple(int(i) for i in np.argwhere(wrong)[0])
    where = f"index {place[0]}" if len(place) == 1 else f"timestep {place[0] + 1}, index {place[1:]}"
    return f"not yet: first differs at {where}: got {attempt[place]:g}, expected {expected[place]:g}"


def _answer(right, value, difference):
    return f"right: {value}" if right else f"not yet: {difference}"
