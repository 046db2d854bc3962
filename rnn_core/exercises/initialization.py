"""What the exercises of lesson 01 expect."""

import numpy as np

from ..initialization import init_parameters
from ..text import one_hot, zen_of_python
from . import Exercise


def _words():
    words = zen_of_python().splitlines()[4].rstrip(".").split()
    return np.array([[float(word == column) for column in sorted(words)] for word in words])


EXERCISES = {
    "01.1": Exercise(
        lambda: sum(a.size for a in init_parameters(300, 512, scheme="uniform", rng=np.random.default_rng(0)))
    ),
    "01.2": Exercise(
        lambda text, characters: one_hot(text, characters)[0],
        lambda: [("Simple", "Seilmp"), ("aba", "ab"), ("b", "abc")],
    ),
    "01.3": Exercise(_words),
}
