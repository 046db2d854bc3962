"""Every public function refuses bad input by the argument's name, what was expected and
what came.

One name means one thing in the whole module, so GOOD and WRONG below go by the
argument's name alone; public functions and their arguments are found by inspection.
"""

import inspect
import re
import tracemalloc
import unicodedata
import warnings
from itertools import islice

import numpy as np
import pytest

import rnn_core
from rnn_core import Model, validation

T, D, H, K = 10, 4, 8, 3  # timesteps, input_size, hidden_size, output_size
RNG = np.random.default_rng(0)
MODEL = Model(
    *(RNG.normal(size=shape) for shape in ((H, D), (H, H), (H,), (K, H), (K,)))
)
GOOD = {
    **MODEL._asdict(),
    "inputs": RNG.normal(size=(T, D)),
    "input_t": RNG.normal(size=D),
    "initial_state": RNG.uniform(-1, 1, H),
    "hidden_state": RNG.uniform(-1, 1, H),
    "hidden_states": RNG.uniform(-1, 1, (T, H)),
    "d_hidden_states": RNG.normal(size=(T, H)),
    "targets": np.arange(T) % K,
    "model": MODEL,
    "parameters": MODEL,
    "gradients": MODEL,
    "input_size": D,
    "hidden_size": H,
    "output_size": K,
    "timesteps": T,
    "batch": 2,
    "scheme": "uniform",
    "gain": 1.0,
    "input_variance": 0.5,
    "threshold": 0.99,
    "leak": 0.1,
    "step": lambda state, t: state / 2,
    "states": RNG.normal(size=(T, H)),
    "hidden_sizes": [2, 3],
    "gains": [0.5, 1.0],
    "draws": 1,
    "seed": 0,
    "text": "aba",
    "characters": "ab",
    "first": "a",
    "length": 4,
    "updates": 1,
    "learning_rate": 0.1,
    "beta2": 0.9,
    "clip": 1.0,
    "limit": 1.0,
    "tolerance": 1e-10,
    "J": RNG.normal(size=(T, H, H)),
    "r": RNG.normal(size=(T, H)),
    "rng": RNG,
    "executor": None,
    "progress": None,
    "axis": None,
    "state": None,
    "signal": RNG.normal(size=30),
    "delays": 2,
    "washout": 3,
}
GRU, LSTM = (
    {
        "Wx": RNG.normal(size=(n, D)),
        "Wh": RNG.normal(size=(n, H)),
        "b": RNG.normal(size=n),
    }
    for n in (3 * H, 4 * H)
)
PAIR = {"initial_state": (np.zeros(H), np.zeros(H))}
SPECIAL = {  # good values of one function that differ from the others'
    "recite": {
        "model": Model(*(np.zeros(s) for s in ((H, 2), (H, H), (H,), (2, H), (2,))))
    },
    "sweep": {"timesteps": 3, "input_size": 2},
    "memory_curve": {"hidden_states": RNG.uniform(-1, 1, (30, 3))},
    "growth_along": {
        "step": lambda state, t: 0.5 * state,
        "states": 0.5 ** np.arange(1.0, 6.0)[:, None] * RNG.uniform(size=4),
    },
    "run_gru": GRU,
    "run_lstm": LSTM | PAIR,
    "backward_gru": GRU | {"states": rnn_core.run_gru(GOOD["inputs"], **GRU)},
    "backward_lstm": LSTM
    | PAIR
    | {"states": rnn_core.run_lstm(GOOD["inputs"], **LSTM)},
}
FREE = {
    "state",
    "axis",
}  # adam's own answer; saturated_fraction's axis has a test of its own
FUNCTIONS = {
    name: function
    for name, function in vars(rnn_core).items()
    if inspect.isfunction(function) and name not in ("check", "zen_of_python")
}


def good_call(name):
    return {
        argument: (GOOD | SPECIAL.get(name, {}))[argument]
        for argument in inspect.signature(FUNCTIONS[name]).parameters
    }


def broken(array, value):
    array = np.array(array, float)
    array.flat[-1] = value
    return array


class BadArray:
    """As a PyTorch parameter, which says what to call first."""

    def __array__(self, dtype=None, copy=None):
        raise RuntimeError("no array today.\nAsk tomorrow.")


class Frame:
    """As a DataFrame: a table whose columns may hold anything."""

    def __init__(self, entries):
        self.entries = entries

    def __repr__(self):
        return "   x  y\n0  1  2"

    def __array__(self, dtype=None, copy=None):
        return self.entries


def table(good, entry):
    """The numbers as a Frame of objects, the last one replaced."""
    entries = np.array(good, object)
    entries.flat[-1] = entry
    return Frame(entries)


ANY_SHAPE = {"slope", "saturated_fraction", "growth_along"}
NOISY = {"memory_curve", "backward_leaky"}  # states beyond 1 are theirs, too


def wrong_arrays(name, good, function):
    """Yield a wrong value, its error, what the refusal must say."""
    for value in ("text", object(), len, BadArray(), np.ma.masked_array(good)):
        yield value, TypeError, "got "
    yield {"a": 1}, TypeError, "got a dict"
    yield (row for row in good), TypeError, "got a generator"
    yield BadArray(), TypeError, r"\(RuntimeError: no array today\)"
    # A csv file, a column of names, a missing entry, numbers in the wrong dtype.
    yield good.astype(str), TypeError, "got text, '.*' at index"
    yield table(good, "ten"), TypeError, r"'ten' \(str\) at index .* of a Frame"
    yield table(good, None), TypeError, r"None \(NoneType\) at index .* of a Frame"
    yield table(good, 1.0), TypeError, r"a Frame of numbers in dtype object"
    yield np.zeros(3, [("x", float), ("y", float)]), TypeError, "named columns, x, y"
    for dtype in ("complex64", "float16", "M8[s]"):
        yield np.zeros(good.shape, "i8").astype(dtype), TypeError, "got dtype "
    if function not in ("run", "step"):
        for dtype in ("complex128", ">c16"):
            yield np.zeros(good.shape, dtype), TypeError, "dtype complex128"
    ragged = [[1.0, 2.0], [3.0]]
    yield ragged, ValueError, "rectangular"
    yield np.array(ragged, object), ValueError, "rectangular"
    for value in (np.nan, np.inf, -np.inf):
        yield broken(good, value), ValueError, f"finite; got {value} at index"
    yield broken(good, np.nan).astype(np.float32), ValueError, "finite; got nan"
    yield broken(good, 1e200), ValueError, "products stay finite"
    yield np.full(good.shape, 1e25, np.float32), ValueError, "products stay finite"
    for axis in range(good.ndim):
        shape = list(good.shape)
        shape[axis] = 0
        yield np.zeros(shape), ValueError, r"must not be empty; got shape \(.*0.*\)"
    yield [], ValueError, r"must not be empty; got shape \(0,\)"
    if function not in ANY_SHAPE | NOISY:
        wider = (*good.shape[:-1], good.shape[-1] + 1)
        yield np.zeros(wider), ValueError, "must have shape|square"
        yield np.zeros(()), ValueError, "must have shape"
    if name == "initial_state":
        yield good[None], ValueError, r"h_0 has one more axis.*: give h_0\[0\]"
        states = np.zeros((T, len(good)))
        yield states, ValueError, "one state, not one for each timestep"
    else:
        yield None, TypeError, "got None"
    if name == "hidden_states" and function not in NOISY:
        for value in (1.0000001, -2):
            yield broken(good, value), ValueError, "between -1 and 1"
    if name == "targets":
        for value in (-1, K, 0.5):
            yield broken(good, value), ValueError, "whole numbers"


def wrong_sizes(name, good, function):
    for value in (None, "4", True, 2.0, np.float64(4), np.nan, [4], np.array(4), 4j):
        yield value, TypeError, "whole number"
    yield Frame(np.ones(1)), TypeError, r"got x y 0 1 2 \(Frame\)"
    for value in (-1, -(10**30), np.int8(-1)):
        yield value, ValueError, "at least"
    if name not in ("seed", "washout"):
        yield 0, ValueError, "at least"


def wrong_numbers(name, good, function):
    for value in ("1", True, 1j, [1.0], np.array(1.0), np.ones(2), None):
        if value is not None or name not in ("clip", "tolerance"):
            yield value, TypeError, "a real number"
    yield Frame(np.ones(1)), TypeError, r"got x y 0 1 2 \(Frame\)"
    for value in (-1e-9, np.float32(-1), np.nan, np.inf, -np.inf, 10**400, -(10**400)):
        yield value, ValueError, "between|finite"
    if name in ("threshold", "beta2", "leak"):
        yield 1.01, ValueError, "between"


def wrong_lists(name, good, function):
    wrong = wrong_sizes if name == "hidden_sizes" else wrong_numbers
    for value in (None, 4, "4", {4}, (n for n in good)):
        yield value, TypeError, "a list of numbers"
    for value in ([], np.zeros(0)):
        yield value, ValueError, "must not be empty"
    yield np.ones((2, 2)), ValueError, "shape"
    for value, error, said in wrong("entry", good[0], function):
        yield [*good, value], error, said


def wrong_texts(name, good, function):
    for value in (4, b"aba", ["a"], np.array("aba"), None):
        if not (name == "characters" and value is None):
            yield value, TypeError, "must be a str"
    yield "", ValueError, "character"


def wrong_tuples(name, good, function):
    """Of a model, of gradients, of a gated cell's states."""
    for value in (None, "model", (1, 2), list(good), dict(good._asdict())):
        yield value, TypeError, "got "
    for field in good._fields:
        for value in ("text", None, BadArray(), {"a": 1}):
            yield good._replace(**{field: value}), TypeError, field
        array = np.array(getattr(good, field))
        for value in ([[1.0, 2.0], [3.0]], [], broken(array, np.nan)):
            yield good._replace(**{field: value}), ValueError, field


def wrong_pairs(name, good, function):
    """Of an LSTM's initial state."""
    for value in (3, "pair", good[:1], [*good, good[0]], np.zeros((3, 2))):
        yield value, TypeError, "a pair"
    for place in (0, 1):
        for value, error, said in (
            (None, TypeError, "None"),
            ("text", TypeError, "text"),
            (np.zeros(H + 1), ValueError, "must have shape"),
            (np.zeros((1, H)), ValueError, f"give {'hc'[place]}_0"),
            (np.full(H, np.nan), ValueError, "finite"),
        ):
            pair = list(good)
            pair[place] = value
            yield tuple(pair), error, said


def wrong_schemes(name, good, function):
    for value in (3, [good], object(), None):
        yield value, TypeError, "must be one of"
    for value in ("glorot", "glorot_uniform", "xavier_uniform", "Xavier_Normal"):
        yield value, ValueError, "Did you mean 'keras'"
    yield "pytorch_uniform", ValueError, "Did you mean 'pytorch'"
    yield "unifrom", ValueError, "Did you mean 'uniform'"
    for value in ("he_normal", "normal", "random_normal", "random_uniform", "lecun"):
        yield value, ValueError, rf"got '{value}' \(str\)\.$"
    for value in ("tensorflow", "zeros", "classic", "kaiming_uniform", "eye", ""):
        yield value, ValueError, rf"got '{value}' \(str\)\.$"


def wrong_others(name, good, function):
    for value in (3, "unifrom", [good]):
        yield value, TypeError, "got "


def wrong_of(argument, good):
    """The wrong values of what an argument is: looked up by its good value."""
    if argument == "scheme":
        return wrong_schemes
    if isinstance(good, np.ndarray):
        return wrong_arrays
    if hasattr(good, "_fields"):
        return wrong_tuples
    kinds = {
        tuple: wrong_pairs,
        str: wrong_texts,
        list: wrong_lists,
        float: wrong_numbers,
        int: wrong_sizes,
    }
    return kinds.get(type(good), wrong_others)


def bad_inputs(function):
    """Yield argument, wrong value, error, what the refusal says."""
    for argument, good in good_call(function).items():
        if argument not in FREE:
            for case in wrong_of(argument, good)(argument, good, function):
                yield argument, *case


def arrays(values):
    """Every array in nested tuples and lists."""
    if isinstance(values, np.ndarray):
        return [values]
    if isinstance(values, (tuple, list)):
        return [array for value in values for array in arrays(value)]
    return []


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_good_call_changes_no_argument_and_returns_memory_of_its_own(name):
    arguments = good_call(name)
    given = arrays(list(arguments.values()))
    copies = [array.copy() for array in given]
    _, key, position, *_ = np.random.get_state()  # noqa: NPY002
    result = FUNCTIONS[name](**arguments)
    if inspect.isgenerator(result):
        result = list(islice(result, 3))
    for array, copy in zip(given, copies, strict=True):
        np.testing.assert_array_equal(array, copy)
    for array in arrays(result):
        assert array.flags.writeable
        assert not any(np.shares_memory(array, one) for one in given)
    _, key_after, position_after, *_ = np.random.get_state()  # noqa: NPY002
    assert (key_after.tobytes(), position_after) == (key.tobytes(), position)


NUMPYS_OWN = re.compile(
    r"broadcast|ufunc|core dim|operand|aligned|inhomogeneous|setting an array|matmul"
    r"|cannot cast|not supported|convert|ambiguous|iterat|Traceback",
    re.IGNORECASE,
)
# A wrong shape of Wx shows in what must match it.
MATCHING = "Wh|b|Wy|by|inputs|input_t|hidden_states|targets|characters|r"


def complaint(name, argument, value, error, words):
    """What is wrong with the answer to a wrong value, or None."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            FUNCTIONS[name](**good_call(name) | {argument: value})
    except Exception as refusal:
        said = str(refusal)
        if type(refusal) is not error:
            return f"{type(refusal).__name__}: {said}"
        named = rf"(\w+\.)?({argument}|{MATCHING}|Wx)[\w.\[\]]*"
        one_line = rf"{named} must \S[^\n]*; got [^\n]*\S[.?]"
        if not re.fullmatch(one_line, said) or NUMPYS_OWN.search(said):
            return said
        return None if re.search(words, said) else f"lacks {words!r}: {said}"
    return "not refused"


def answer(name):
    arguments = good_call(name)
    if "rng" in arguments:
        arguments["rng"] = np.random.default_rng(5)
    found = FUNCTIONS[name](**arguments)
    return repr(list(found) if inspect.isgenerator(found) else found)


def held_bytes(value):
    plain = isinstance(value, np.ndarray) and value.dtype != object
    return value.tobytes() if plain else None


@pytest.mark.parametrize("name", FUNCTIONS)
def test_bad_input_is_refused_by_name_and_changes_nothing(name):
    expected = answer(name)
    complaints = []
    for argument, value, error, words in bad_inputs(name):
        before = held_bytes(value)
        if wrong := complaint(name, argument, value, error, words):
            complaints.append(f"{argument}={str(value)[:60]!r}: {wrong}")
        assert held_bytes(value) == before
    assert not complaints, f"{len(complaints)}:\n" + "\n".join(complaints)
    assert answer(name) == expected


# What a student meets most often, word for word: function, argument, value, refusal.
WORDS = [
    (
        "run",
        "Wh",
        np.zeros((8, 4)),
        "Wh must have shape (8, 8) to match Wx of shape (8, 4) (hidden_size=8);"
        " got (8, 4).",
    ),
    (
        "run",
        "b",
        np.zeros((8, 1)),
        "b must have shape (8,) to match Wx of shape (8, 4) (hidden_size=8);"
        " got (8, 1).",
    ),
    (
        "run",
        "inputs",
        np.zeros((4, 10)),
        "inputs must have shape (..., timesteps, 4) to match Wx of shape (8, 4)"
        " (input_size=4); got (4, 10).",
    ),
    (
        "run",
        "inputs",
        np.zeros((0, 4)),
        "inputs must not be empty; got shape (0, 4).",
    ),
    (
        "run",
        "initial_state",
        np.zeros((10, 8)),
        "initial_state must have shape (8,) to match Wh of shape (8, 8)"
        " (hidden_size=8): one state, not one for each timestep; got (10, 8).",
    ),
    (
        "run",
        "initial_state",
        np.zeros((1, 8)),
        "initial_state must have shape (8,) to match Wh of shape (8, 8)"
        " (hidden_size=8): PyTorch's h_0 has one more axis, for layers: give h_0[0];"
        " got (1, 8).",
    ),
    (
        "run",
        "Wx",
        BadArray(),
        "Wx must be an array of real numbers;"
        " got BadArray (RuntimeError: no array today).",
    ),
    (
        "run",
        "b",
        broken(GOOD["b"], np.nan),
        "b must be finite; got nan at index (7,).",
    ),
    (
        "slope",
        "hidden_states",
        [0.5, -1.25],
        "hidden_states must lie between -1 and 1, as tanh does;"
        " got a value of size 1.25. Are these pre-activations?",
    ),
    (
        "init_parameters",
        "scheme",
        "glorot_uniform",
        "scheme must be one of 'uniform', 'pytorch', 'keras', 'gaussian',"
        " 'orthogonal', 'identity'; got 'glorot_uniform' (str)."
        " Did you mean 'keras'?",
    ),
    (
        "init_parameters",
        "rng",
        0,
        "rng must be a Generator such as np.random.default_rng(0); got 0 (int).",
    ),
    (
        "loss_and_gradients",
        "targets",
        list("abcabcabca"),
        "targets must hold real numbers (float64, float32, integers or booleans);"
        " got text, 'a' at index (0,).",
    ),
]


@pytest.mark.parametrize(
    ("name", "argument", "value", "message"), WORDS, ids=range(len(WORDS))
)
def test_refusals_word_for_word(name, argument, value, message):
    with pytest.raises((TypeError, ValueError)) as caught:
        FUNCTIONS[name](**good_call(name) | {argument: value})
    assert str(caught.value) == message


OTHER_SHAPES = MODEL._replace(b=np.zeros(9))
BATCH = np.zeros((2, 10, 4))
ONLY_HERE = [  # function, argument, value, the refusal's beginning
    ("adam", "gradients", OTHER_SHAPES, "gradients must have the shapes"),
    ("jacobi_rounds", "inputs", BATCH, "inputs must have shape (timesteps,"),
    ("linear_recurrence", "J", np.zeros((10, 8, 4)), "J must have shape"),
    ("recite", "characters", "abc", "characters must be as many as the model has"),
    ("next_character_task", "text", "a", "text must have at least two characters"),
    ("memory_curve", "delays", 5, "delays must be at most washout + 1 = 4; got 5."),
    ("adding_problem", "timesteps", 1, "timesteps must be at least 2; got 1."),
    ("sweep", "executor", 3, "executor must be a concurrent.futures.Executor; got int"),
    ("sweep", "progress", 3, "progress must be a function of (done, total); got int"),
    ("saturated_fraction", "axis", 2, "axis must be an axis of hidden_states of shape"),
    ("saturated_fraction", "axis", 0.0, "axis must be a whole number (int); got 0.0"),
    ("growth_along", "states", [[1.0]], "states must have at least 2 timesteps; got 1"),
]


@pytest.mark.parametrize(("name", "argument", "value", "said"), ONLY_HERE)
def test_what_one_function_alone_refuses(name, argument, value, said):
    with pytest.raises((TypeError, ValueError)) as caught:
        FUNCTIONS[name](**good_call(name) | {argument: value})
    assert str(caught.value).startswith(said)


def numbers_of(answer):
    """Every number in nested tuples and lists."""
    if isinstance(answer, (tuple, list)):
        return np.concatenate([numbers_of(part) for part in answer])
    return np.ravel(answer) if not isinstance(answer, str) else np.zeros(0)


def scaled(good, size):
    """The same argument, as large as `size`; None if that has no meaning."""
    if hasattr(good, "_fields"):
        return type(good)(*(scaled(np.array(field), size) for field in good))
    if isinstance(good, np.ndarray):
        return good / np.abs(good).max() * size if good.any() else good
    return size if isinstance(good, float) else None


@pytest.mark.parametrize("name", FUNCTIONS)
def test_large_numbers_give_numbers_or_are_refused_by_name(name):
    """Neither NaN nor infinity, neither NumPy's warnings nor LAPACK's errors."""
    complaints = []
    for argument, good in good_call(name).items():
        for size in (1e16, 1e100, 1e150):
            value = scaled(good, size)
            if value is None or argument in ("targets", "states", "hidden_states"):
                continue
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("error")
                    answer = FUNCTIONS[name](**good_call(name) | {argument: value})
                    answer = list(answer) if inspect.isgenerator(answer) else answer
                if not np.isfinite(numbers_of(answer)).all():
                    complaints.append(f"{argument} of size {size}: not finite")
            except (ValueError, OverflowError, RuntimeError) as refusal:
                if not re.search(r" must .*; (got|it|its|they) ", str(refusal)):
                    complaints.append(f"{argument} of size {size}: {refusal!r}")
    assert not complaints, "\n".join(complaints)


NORMS = [  # a cell whose norms leave all numbers: Wh, timesteps
    (3 * np.eye(4), 1000),
    (3 * np.eye(4, dtype=np.float32), 90),
]


@pytest.mark.parametrize("name", ["gradient_norms", "gradient_curves"])
@pytest.mark.parametrize(("Wh", "timesteps"), NORMS)
def test_norms_beyond_all_numbers_are_an_overflow_error(name, Wh, timesteps):
    with pytest.raises(
        OverflowError, match=r"^the gradient must stay finite; it overf"
    ):
        FUNCTIONS[name](np.zeros((timesteps, 4), Wh.dtype), Wh)
    few = np.zeros((timesteps // 2, 4), Wh.dtype)
    assert np.isfinite(FUNCTIONS[name](few, Wh)).all()


def test_a_bound_beyond_all_numbers_is_an_overflow_error():
    saturated = np.ones((400, 2))  # nothing arrives, but 10^400 is no number
    with pytest.raises(
        OverflowError, match=r"^the bound must stay finite; .* 309 steps"
    ):
        rnn_core.gradient_curves(saturated, 10 * np.eye(2))


def test_characters_of_another_normal_form_are_said_to_be():
    syllable = unicodedata.normalize("NFD", "너")
    said = r"text must consist of .* It fits as unicodedata.normalize\('NFC', text\)\.$"
    with pytest.raises(ValueError, match=said):
        rnn_core.one_hot(syllable, "나너")
    with pytest.raises(ValueError, match=r"got 'x'\.$"):
        rnn_core.one_hot("x", "나너")


def test_a_batch_of_states_that_does_not_fit_the_batch_of_inputs():
    batch = good_call("run") | {"inputs": np.zeros((2, T, D))}
    rnn_core.run(**batch | {"initial_state": np.zeros((2, H))})
    expectation = (
        r"\(8,\) or \(2, 8\) to match Wh of shape \(8, 8\) \(hidden_size=8\):"
        " one for each sequence"
    )
    with pytest.raises(
        ValueError, match=f"^initial_state must have shape {expectation}"
    ):
        rnn_core.run(**batch | {"initial_state": np.zeros((3, H))})


MODEL_WORDS = {  # a field of a model, its wrong shape, the expectation
    "Wx": ((4,), "(hidden_size, input_size)"),
    "Wh": ((3, 3), "(8, 8) to match Wx of shape (8, 4) (hidden_size=8)"),
    "b": ((3,), "(8,) to match Wx of shape (8, 4) (hidden_size=8)"),
    "Wy": ((3, 3), "(output_size, 8) to match Wx of shape (8, 4) (hidden_size=8)"),
    "by": ((4,), "(3,) to match Wy of shape (3, 8) (output_size=3)"),
}


@pytest.mark.parametrize("field", MODEL_WORDS)
def test_a_model_whose_arrays_do_not_match(field):
    shape, expectation = MODEL_WORDS[field]
    for name in ("loss_and_gradients", "fit"):
        with pytest.raises(ValueError) as caught:
            FUNCTIONS[name](
                **good_call(name)
                | {"model": MODEL._replace(**{field: np.zeros(shape)})}
            )
        assert (
            str(caught.value) == f"{field} must have shape {expectation}; got {shape}."
        )
    for name, argument in (
        ("adam", "parameters"),
        ("clip_by_global_norm", "gradients"),
    ):
        bad = MODEL._replace(**{field: np.full(3, np.nan)})
        with pytest.raises(
            ValueError,
            match=rf"^{argument}\.{field} must be finite; got nan at index \(0,\)\.$",
        ):
            FUNCTIONS[name](**good_call(name) | {argument: bad})


E9 = 10**9
E15 = 10**15
WIDE = {"input_size": 10**5, "hidden_size": 10**4}
LONG_BATCH = {"batch": 10**5, "timesteps": 10**5}
ALPHABET = {"text": "".join(map(chr, range(2**14))), "characters": None}
TOO_LARGE = [  # function, arguments, what is named, bytes
    (
        "init_parameters",
        {"hidden_size": E9},
        f"hidden_size={E9}",
        8 * E9 * (E9 + D + 1),
    ),
    ("init_parameters", WIDE, "input_size=100000, hidden_size=10000", None),
    ("init_model", {"output_size": E15}, f"output_size={E15}", None),
    ("sweep", {"hidden_sizes": [4, 10**6]}, "hidden_size=1000000", None),
    ("sweep", {"timesteps": E15}, f"timesteps={E15}", None),
    ("adding_problem", {"batch": E15}, f"batch={E15}", 8 * 2 * T * E15),
    (
        "adding_problem",
        LONG_BATCH,
        "batch=100000, timesteps=100000, input_size=2",
        None,
    ),
    ("one_hot", ALPHABET, "timesteps=16384, input_size=16384", None),
]


@pytest.mark.parametrize(("name", "arguments", "named", "needed"), TOO_LARGE)
def test_what_is_too_large_is_named_before_anything_is_allocated(
    name, arguments, named, needed
):
    with pytest.raises(MemoryError) as caught:
        FUNCTIONS[name](**good_call(name) | arguments)
    said = str(caught.value)
    assert re.fullmatch(
        rf"{named} must fit into 1,073,741,824 bytes \(1 GiB\); got [\d,]+ bytes\.",
        said,
    ), said
    assert needed is None or f"got {needed:,} bytes" in said


def long_calls():
    """Every function that holds arrays as long as a text, with some hundred steps."""
    steps = 300
    inputs = RNG.normal(size=(steps, D))
    states = RNG.uniform(-1, 1, (steps, H))
    long = GOOD | {
        "inputs": inputs,
        "hidden_states": states,
        "d_hidden_states": RNG.normal(size=(steps, H)),
        "Wh": 0.1 * GOOD["Wh"],
        "initial_state": None,
        "targets": np.arange(steps) % K,
        "signal": RNG.normal(size=steps),
        "delays": 20,
        "washout": 30,
        "text": "abcd" * steps,
        "characters": None,
        "timesteps": steps,
        "J": 0.1 * RNG.normal(size=(steps, H, H)),
        "r": RNG.normal(size=(steps, H)),
    }
    special = {
        "run_gru": GRU,
        "run_lstm": LSTM,
        "backward_gru": GRU | {"states": rnn_core.run_gru(inputs, **GRU)},
        "backward_lstm": LSTM | {"states": rnn_core.run_lstm(inputs, **LSTM)},
    }
    for name, function in FUNCTIONS.items():
        if LONG & set(inspect.signature(function).parameters):
            arguments = long | special.get(name, {})
            taken = inspect.signature(function).parameters
            yield name, {key: arguments[key] for key in taken if key in arguments}


LONG = {"inputs", "hidden_states", "J", "text", "timesteps"}
SPARING = {  # little more than what they return
    "slope",
    "saturated_fraction",
    "measured_exponent",
    "gradient_norms",
    "gradient_curves",
    "sweep",  # no array of it is as long as its timesteps times its draws
}


@pytest.mark.parametrize(("name", "arguments"), list(long_calls()))
def test_what_is_refused_for_its_size_is_what_would_be_allocated(
    name, arguments, monkeypatch
):
    def answered():
        answer = FUNCTIONS[name](**arguments)
        if inspect.isgenerator(answer):
            for _ in islice(answer, 3):
                pass

    def measured():
        tracemalloc.start()
        answered()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    peak = min(measured() for _ in range(3))
    if name in SPARING:
        assert peak < 8 * 300 * (4 * H)
        return
    monkeypatch.setattr(validation, "MEMORY_LIMIT", 0)
    with pytest.raises(MemoryError) as caught:
        answered()
    claimed = int(
        re.search(r"got ([\d,]+) bytes", str(caught.value))[1].replace(",", "")
    )
    assert 0.5 < claimed / peak < 1.8


def test_norms_need_no_jacobians():
    """A million timesteps of 8 units took 1.9 GB, when all of them were kept."""
    states = np.zeros((600, 8))
    tracemalloc.start()
    rnn_core.gradient_norms(states, np.eye(8))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10**5  # its Jacobians alone are 307 kB


def test_a_refused_initialization_draws_nothing():
    state = RNG.bit_generator.state
    with pytest.raises(ValueError):
        rnn_core.init_parameters(4, 8, scheme="unifrom", rng=RNG)
    assert RNG.bit_generator.state == state


DRESSES = {  # the same numbers, which give the same answer
    "read-only": lambda a: np.frombuffer(a.tobytes(), a.dtype).reshape(a.shape),
    "Fortran": np.asfortranarray,
    "strided": lambda a: np.repeat(a, 2, axis=-1)[..., ::2],
    "list": np.ndarray.tolist,
    "big-endian": lambda a: a.astype(a.dtype.newbyteorder(">")),
}


@pytest.mark.parametrize("dress", DRESSES)
@pytest.mark.parametrize(
    "name",
    [
        "step",
        "run",
        "pre_activations",
        "backward",
        "gradient_norms",
        "loss_and_gradients",
        "linear_recurrence",
    ],
)
def test_the_same_numbers_in_another_dress(name, dress):
    arguments = good_call(name)
    dressed = {
        key: DRESSES[dress](a) if isinstance(a, np.ndarray) else a
        for key, a in arguments.items()
    }
    found, expected = (FUNCTIONS[name](**a) for a in (dressed, arguments))
    np.testing.assert_allclose(flat(found), flat(expected), rtol=1e-12, atol=1e-14)


def flat(answer):
    """Every number of an answer, in one array."""
    parts = answer if isinstance(answer, tuple) else (answer,)
    return np.concatenate(
        [flat(part) if isinstance(part, tuple) else np.ravel(part) for part in parts]
    )


@pytest.mark.parametrize("name", ["run", "step"])
def test_complex_numbers_pass_where_the_complex_step_needs_them_and_stay(name):
    cell = good_call(name)
    for argument in cell:
        found = FUNCTIONS[name](**cell | {argument: cell[argument] + 1e-30j})
        assert found.dtype == np.complex128
        assert np.abs(found.imag).max() > 0
