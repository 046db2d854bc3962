"""What check says to a student, word for word."""

import numpy as np
import pytest

from rnn_lessons import check as exercises
from rnn_lessons.check import Exercise, check

STATES = np.arange(6.0).reshape(3, 2)
WRONG = STATES.copy()
WRONG[1, 0] = WRONG[2, 1] = 9

KINDS = {
    "number": Exercise(lambda: 104),
    "rough": Exercise(lambda: 5.5, tolerance=0.1),
    "text": Exercise(lambda: "abc"),
    "states": Exercise(lambda: STATES),
    "twice": Exercise(lambda rows: 2 * rows, lambda: [(STATES,), (STATES[:, 0],)]),
}


@pytest.fixture(autouse=True)
def kinds(monkeypatch):
    monkeypatch.setattr(exercises, "_all_exercises", lambda: KINDS)


def in_place(rows):
    rows *= 2
    return rows


SAID = [
    ("number", None, "not attempted yet"),
    ("states", ..., "not attempted yet"),
    ("twice", lambda rows: ..., "not attempted yet"),
    ("twice", lambda rows: None, "not attempted yet"),
    ("number", np.float64(104), "right: 104"),
    ("number", 104 * (1 + 1e-8), "right: 104"),
    ("number", 104 * (1 + 1e-5), "not yet: 104.001 is too large"),
    ("number", 103, "not yet: 103 is too small"),
    ("number", [104], "not yet: expected shape (), got (1,)"),
    ("number", "104", "not yet: expected numbers of shape (), got str"),
    ("number", 1j, "not yet: expected numbers of shape (), got complex"),
    ("rough", 5.1, "right: 5.1"),
    ("text", "abc", "right: abc"),
    ("text", "abd", "not yet: 'abd' is not it"),
    ("states", STATES.tolist(), "right: all 6 numbers agree"),
    ("states", STATES.T, "not yet: expected shape (3, 2), got (2, 3)"),
    (
        "states",
        WRONG,
        "not yet: first differs at timestep 2, index (0,): got 9, expected 2",
    ),
    (
        "states",
        STATES * [1, np.nan],
        "not yet: first differs at timestep 1, index (1,): got nan, expected 1",
    ),
    ("states", [[1, 2], [3]], "not yet: expected numbers of shape (3, 2), got list"),
    ("twice", STATES, "not yet: expected a function, got ndarray"),
    ("twice", lambda rows: rows + rows, "right: on all 2 inputs that were tried"),
    ("twice", in_place, "right: on all 2 inputs that were tried"),
    (
        "twice",
        lambda rows: 1 / 0,
        "not yet: your code stopped with ZeroDivisionError: division by zero",
    ),
    (
        "twice",
        lambda rows: 2 * rows if rows.ndim == 2 else rows,
        "not yet: first differs at index 1: got 2, expected 4"
        " (on input 2; on those before it is right)",
    ),
]


@pytest.mark.parametrize(("exercise", "attempt", "said"), SAID, ids=range(len(SAID)))
def test_check_says(exercise, attempt, said):
    assert check(exercise, attempt) == said
    assert STATES.tolist() == [[0, 1], [2, 3], [4, 5]]  # an attempt works on copies


def test_an_exercise_that_is_not_there():
    with pytest.raises(
        ValueError, match=r"^exercise must be one of number, .*; got '03.9'\.$"
    ):
        check("03.9", 1)
