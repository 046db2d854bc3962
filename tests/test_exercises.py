"""What compare says to a student, word for word."""

import numpy as np
import pytest

from rnn_core import compare

STATES = np.arange(6.0).reshape(3, 2)
WRONG = STATES.copy()
WRONG[1, 0] = WRONG[2, 1] = 9


def unfinished():
    """What a stub does before anything is written into it."""


def broken():
    return [][0]


def unwritten():
    raise NotImplementedError


SAID = [
    (None, 104, "not attempted yet"),
    (..., STATES, "not attempted yet"),
    (unfinished, STATES, "not attempted yet"),
    (lambda: ..., "text", "not attempted yet"),
    (104, 104, "right: 104"),
    (np.float64(104), 104, "right: 104"),
    (lambda: 104, 104, "right: 104"),
    (104 * (1 + 1e-8), 104, "right: 104"),
    (104 * (1 + 1e-5), 104, "not yet: got 104.001, expected 104"),
    (5e-9, 0, "not yet: got 5e-09, expected 0"),
    (112, 104, "not yet: got 112, expected 104"),
    (float("nan"), 104, "not yet: got nan, expected 104"),
    ([104], 104, "not yet: expected shape (), got (1,)"),
    (STATES, STATES, "right: all 6 numbers agree"),
    (STATES.tolist(), STATES, "right: all 6 numbers agree"),
    (STATES + 1e-12, STATES, "right: all 6 numbers agree"),
    (STATES.T, STATES, "not yet: expected shape (3, 2), got (2, 3)"),
    (STATES[:2], STATES, "not yet: expected shape (3, 2), got (2, 2)"),
    (WRONG, STATES, "not yet: first differs at timestep 2, index (0,): got 9, expected 2"),
    (STATES * [1, np.nan], STATES, "not yet: first differs at timestep 1, index (1,): got nan, expected 1"),
    ([0, 5], [0, 1], "not yet: first differs at index 1: got 5, expected 1"),
    ("abc", STATES, "not yet: expected numbers of shape (3, 2), got str"),
    ([[1, 2], [3]], STATES, "not yet: expected numbers of shape (3, 2), got list"),
    (object(), 104, "not yet: expected numbers of shape (), got object"),
    ("abc", "abc", "right: abc"),
    ("abd", "abc", "not yet: got 'abd', expected 'abc'"),
    (3, "abc", "not yet: got 3, expected 'abc'"),
    (broken, STATES, "not yet: your code stopped with IndexError: list index out of range"),
    (lambda: 1 / 0, 104, "not yet: your code stopped with ZeroDivisionError: division by zero"),
]


@pytest.mark.parametrize(("attempt", "expected", "said"), SAID, ids=range(len(SAID)))
def test_compare_says(attempt, expected, said):
    assert compare(attempt, expected) == said


def test_an_attempt_in_complex_numbers_or_other_objects_is_not_raised():
    attempts = 1j, STATES + 0j, [None], {"a": 1}, "104", np.array("x"), np.array(["a", "b"]), unwritten
    for attempt in attempts:
        for expected in (104, STATES, "text"):
            assert compare(attempt, expected).startswith("not yet: ")


def test_interrupting_an_attempt_is_the_students_right():
    def endless():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compare(endless, 104)
