"""What the exercises of lesson 01 expect."""

import numpy as np

from ..initialization import init_parameters
from ..text import one_hot, zen_of_python
from . import Exercise


def _words():
    words = " ".join(zen_of_python().splitlines()[4:6]).replace(".", "").split()
    return np.array([[float(word == column) for column in sorted(set(words))] for word in words])


EXERCISES = {
    "01.1": Exercise(
        lambda: sum(a.size for a in init_parameters(300, 512, scheme="uniform", rng=np.random.default_rng(0)))
    ),
    "01.2": Exercise(
        lambda inputs, characters: "".join(characters[place] for place in np.nonzero(inputs)[1]),
        lambda: [one_hot("Simple"), one_hot("aba"), one_hot("b", "abc")],
    ),
    "01.3": Exercise(_words),
}
