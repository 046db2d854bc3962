"""The handout's numbers, each worked out again; the pencil example by a plain loop."""

import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

DOCS = Path(__file__).parents[1] / "docs"
LETTERS = "klo"


class Page(HTMLParser):
    """id -> the rows of that table, or the text of that element."""

    def __init__(self, name):
        super().__init__()
        self.found = {}
        self.inside = None
        self.feed((DOCS / name).read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        name = dict(attributes).get("id")
        if name and tag in ("table", "span"):
            self.inside = name
            self.found[name] = [] if tag == "table" else ""
        elif self.inside and tag == "tr":
            self.found[self.inside].append([])
        elif self.inside and tag in ("td", "th"):
            self.found[self.inside][-1].append("")

    def handle_data(self, text):
        if self.inside and isinstance(self.found[self.inside], str):
            self.found[self.inside] += text
        elif self.inside and self.found[self.inside] and self.found[self.inside][-1]:
            self.found[self.inside][-1][-1] += text.replace("−", "-").strip()

    def handle_endtag(self, tag):
        if tag in ("table", "span"):
            self.inside = None


HANDOUT = Page("handout.html").found
KEY = Page("handout_key.html").found


def matrix(name):
    rows = [row for row in HANDOUT[name] if row != list(LETTERS)]
    return np.array([[int(entry) for entry in row] for row in rows])


def trace(word, flatten):
    """A row of products, bias, sum and state for each letter, by a plain loop."""
    Wx, Wh, b = matrix("Wx"), matrix("Wh"), matrix("b")[:, 0]
    state = matrix("initial_state")[:, 0]
    for letter in word:
        input_t = np.array([float(letter == other) for other in LETTERS])
        from_input, from_state = Wx @ input_t, Wh @ state
        z = from_input + from_state + b
        state = flatten(z)
        yield from_input, from_state, b, z, state


def written(vector):
    """A vector as the handout writes it."""
    return f"({', '.join(f'{entry:.0f}' for entry in vector)})".replace("-0", "0")


@pytest.mark.parametrize("word", ["look", "kook"])
def test_the_key_is_what_a_loop_finds(word):
    head, *rows = KEY[word]
    assert len(head) == 7
    steps = trace(word, lambda z: np.clip(z, -1, 1))
    for t, (row, letter, step) in enumerate(zip(rows, word, steps, strict=True), 1):
        assert row == [str(t), letter, *map(written, step)]


@pytest.mark.parametrize("word", ["look", "kook"])
def test_tanh_does_nearly_what_the_pencil_does(word):
    *_, (*_, state) = trace(word, np.tanh)
    assert KEY[f"tanh-{word}"] == "({:.2f}, {:.2f})".format(*state)


def test_the_numbers_to_remember():
    assert {name: text for name, text in HANDOUT.items() if isinstance(text, str)} == {
        "parameters": str(8 * 4 + 8 * 8 + 8),
        "sum": str(4 * 0.5 * 0.5 + 8 * 1 * 0.5 + 0.5),
        "state": f"{np.tanh(5.5):.5f}",
        "slope": f"{1 - np.tanh(5.5) ** 2:.5f}",
        "border": f"{np.arctanh(0.99):.2f}",
    }


def test_the_loop_on_the_handout_is_run():
    """The code that is printed there, on numbers of its own."""
    from rnn_core import init_parameters, run

    text = (DOCS / "handout.html").read_text(encoding="utf-8")
    (code,) = re.findall(r"<pre>(hidden_state = .*?)</pre>", text, re.DOTALL)
    rng = np.random.default_rng(0)
    Wx, Wh, b = init_parameters(4, 8, scheme="pytorch", rng=rng)
    names = {"np": np, "hidden_size": 8, "inputs": rng.random((10, 4))}
    names |= {"Wx": Wx, "Wh": Wh, "b": b}
    exec(code, names)  # noqa: S102
    expected = run(names["inputs"], Wx, Wh, b)
    np.testing.assert_allclose(names["hidden_states"], expected)
