"""Tells a student how an attempt differs from what was asked: shape first, then the
first wrong timestep.
"""

import copy
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from . import modules


class Exercise(NamedTuple):
    """What an exercise expects."""

    # without tries: of no arguments; with tries: of the arguments of the attempt
    expected: Callable
    tries: Callable | None = (
        None  # returns a list of argument tuples that an attempted function is given
    )
    tolerance: float = 1e-6  # relative; a prediction may be further off


def check(exercise, attempt):
    """Say in one sentence whether an attempt is right, and if not, where it first
    differs.

    Parameters
    ----------
    exercise : str, the number of the lesson and of the exercise, such as "03.2"
    attempt : what the exercise asks for: a number, a str, an array, or a function that
        returns one; None or
        ... (also when returned) means that nothing was attempted

    Returns
    -------
    str : "not attempted yet", "right: ...", or "not yet: ..." and what differs

    Raises
    ------
    ValueError : there is no such exercise

    Examples
    --------
    >>> check("01.1", ...)
    'not attempted yet'
    >>> check("01.1", 112)
    'not yet: 112 is too small'
    """
    exercises = _all_exercises()
    if exercise not in exercises:
        raise ValueError(
            f"exercise must be one of {', '.join(exercises)}; got {exercise!r}."
        )
    expected, tries, tolerance = exercises[exercise]
    if attempt is None or attempt is ...:
        return "not attempted yet"
    if tries is None:
        return _compare(attempt, expected(), tolerance)
    if not callable(attempt):
        return f"not yet: expected a function, got {type(attempt).__name__}"
    for number, arguments in enumerate(tries(), start=1):
        try:
            found = attempt(*copy.deepcopy(arguments))
        except Exception as error:
            return f"not yet: your code stopped with {type(error).__name__}: {error}"
        if found is None or found is ...:
            return "not attempted yet"
        said = _compare(found, expected(*arguments), tolerance)
        if not said.startswith("right"):
            return (
                said
                if number == 1
                else f"{said} (on input {number}; on those before it is right)"
            )
    return f"right: on all {number} inputs that were tried" if number > 1 else said


def _all_exercises():
    exercises = {}
    for module in modules():
        exercises |= getattr(module, "EXERCISES", {})
    return dict(sorted(exercises.items()))


def _compare(attempt, expected, tolerance):
    if isinstance(expected, str):
        return (
            f"right: {expected}"
            if attempt == expected
            else f"not yet: {attempt!r} is not it"
        )
    expected = np.asarray(expected)
    wanted = f"expected numbers of shape {expected.shape}"
    kind = type(attempt).__name__
    try:
        attempt = np.asarray(attempt)
    except Exception as error:  # a ragged list, a tensor that must be detached first
        said = str(error).splitlines() if hasattr(attempt, "__array__") else []
        return f"not yet: {wanted}, got {kind}" + (f" ({said[0]})" if said else "")
    if attempt.dtype.kind not in "biuf":
        return f"not yet: {wanted}, got {kind}"
    if attempt.shape != expected.shape:
        return f"not yet: expected shape {expected.shape}, got {attempt.shape}"
    wrong = ~np.isclose(attempt, expected, rtol=tolerance, atol=1e-9)
    if not wrong.any():
        return (
            f"right: all {expected.size} numbers agree"
            if expected.ndim
            else f"right: {attempt:g}"
        )
    if not expected.ndim:
        size = "too large" if attempt > expected else "too small"
        return f"not yet: {attempt:g} is {size}"
    place = tuple(int(i) for i in np.argwhere(wrong)[0])
    where = (
        f"index {place[0]}"
        if len(place) == 1
        else f"timestep {place[0] + 1}, index {place[1:]}"
    )
    values = f"got {attempt[place]:g}, expected {expected[place]:g}"
    return f"not yet: first differs at {where}: {values}"
