"""The Zen of Python without its print, and characters as rows."""

import subprocess
import sys

import numpy as np
import pytest

from rnn_core import one_hot, zen_of_python


def python(program):
    """What a program prints, and its errors."""
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return ran.stdout, ran.stderr


def test_the_zen_is_what_python_prints():
    assert python("import this") == (zen_of_python() + "\n", "")
    assert len(zen_of_python()) == 856


def test_the_zen_never_prints():
    assert python(
        "import rnn_core; rnn_core.zen_of_python(); rnn_core.zen_of_python()"
    ) == ("", "")


def test_one_hot_by_hand():
    inputs, characters = one_hot("cab")
    assert characters == "abc"
    assert inputs.dtype == np.float64
    np.testing.assert_array_equal(inputs, [[0, 0, 1], [1, 0, 0], [0, 1, 0]])


def test_columns_in_the_order_that_is_asked_for():
    inputs, characters = one_hot("ab", "bxa")
    assert characters == "bxa"
    np.testing.assert_array_equal(inputs, [[0, 0, 1], [1, 0, 0]])


@pytest.mark.parametrize("text", [zen_of_python(), "a", "한글 é \n\0", "\U0001f600x"])
def test_one_hot_can_be_read_back(text):
    inputs, characters = one_hot(text)
    assert inputs.shape == (len(text), len(set(text)))
    np.testing.assert_array_equal(inputs.sum(axis=1), 1)
    assert "".join(characters[i] for i in inputs.argmax(axis=1)) == text
    assert list(characters) == sorted(set(text))


@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        ((3.5,), TypeError, "text must be a str; got float."),
        (("a", b"a"), TypeError, "characters must be a str; got bytes."),
        (("",), ValueError, "text must have at least one character; got ''."),
        (
            ("ab", "abcbc"),
            ValueError,
            "characters must be distinct; got 'b' more than once.",
        ),
        (
            ("bxay", "ab"),
            ValueError,
            "text must consist of the characters 'ab'; got 'x'.",
        ),
    ],
)
def test_what_is_wrong_word_for_word(arguments, error, said):
    with pytest.raises(error) as caught:
        one_hot(*arguments)
    assert str(caught.value) == said
