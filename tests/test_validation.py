"""Every public function refuses bad input by the argument's name, what was expected and what came.

FUNCTIONS below is the table: for each function a good call and the kind of each argument; WRONG says what
is wrong for each kind. `python tests/test_validation.py` prints how many bad inputs each function gets.
"""

import os
import re
import time
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

import numpy as np
import pytest

import rnn_core
from rnn_core import training
from rnn_core.training import Model

T, D, H, K = 10, 4, 8, 3  # timesteps, input_size, hidden_size, output_size
RNG = np.random.default_rng(0)
GOOD = {
    "inputs": RNG.normal(size=(T, D)),
    "Wx": RNG.normal(size=(H, D)),
    "Wh": RNG.normal(size=(H, H)),
    "b": RNG.normal(size=H),
    "hidden_state": RNG.uniform(-1, 1, H),
    "hidden_states": RNG.uniform(-1, 1, (T, H)),
    "d_hidden_states": RNG.normal(size=(T, H)),
    "input_t": RNG.normal(size=D),
    "Wy": RNG.normal(size=(K, H)),
    "by": RNG.normal(size=K),
    "targets": np.arange(T) % K,
    "limit": 1.0,
    "updates": 1,
    "learning_rate": 0.1,
    "clip": 1.0,
}


class BadArray:
    def __array__(self, dtype=None, copy=None):
        raise RuntimeError("no array today")


def broken(array, value, place):
    """The same numbers with one of them replaced."""
    array = np.array(array, float)
    array.flat[place] = value
    return array


def wrong_arrays(good):
    """What is wrong as any array of real numbers: label, value, error."""
    yield "None", None, TypeError
    for value in (
        "text",
        b"bytes",
        {"a": 1},
        {1.0, 2.0},
        object(),
        len,
        BadArray(),
        slice(3),
        1j,
        Decimal(1),
    ):
        yield type(value).__name__, value, TypeError
    yield "generator", (row for row in np.atleast_1d(good)), TypeError
    for dtype in ("complex64", "complex128", "float16", "longdouble", "object", "U8", "S8", "M8[s]", "m8[s]"):
        yield dtype, np.zeros(good.shape, "i8").astype(dtype), TypeError
    yield "structured", np.zeros(good.shape, [("x", float)]), TypeError
    yield "list of str", np.zeros(good.shape).astype(str).tolist(), TypeError
    yield "list of None", np.full(good.shape, None).tolist(), TypeError
    yield "list of huge int", np.full(good.shape, 10**400).tolist(), TypeError
    yield "masked", np.ma.masked_array(good, np.zeros(good.shape, bool)), TypeError
    yield "matrix", np.atleast_2d(good).view(np.matrix), TypeError
    yield "ragged", [[1.0, 2.0], [3.0]], ValueError
    for value in (np.nan, np.inf, -np.inf):
        yield f"first {value}", broken(good, value, 0), ValueError
        yield f"last {value}", broken(good, value, -1), ValueError
    yield "float32 nan", broken(good, np.nan, -1).astype(np.float32), ValueError
    yield "list with nan", broken(good, np.nan, -1).tolist(), ValueError
    yield "strided inf", np.repeat(broken(good, np.inf, -1), 2, axis=0)[::2], ValueError
    yield "two of opposite infinity", broken(broken(good, np.inf, 0), -np.inf, -1), ValueError
    yield "empty", np.zeros(0), ValueError
    yield "empty list", [], ValueError
    yield "an axis of 0", np.zeros((*good.shape[:-1], 0)), ValueError


def wrong_states(good):
    yield from wrong_arrays(good)
    for value in (1.0000001, -1.0000001, 2, -2, 5.5, 1e300):
        yield f"value {value}", broken(good, value, -1), ValueError
    yield "pre-activations in a list", (3 * np.sign(good)).tolist(), ValueError
    yield "int8 beyond 1", np.full(good.shape, 2, np.int8), ValueError


def wrong_numbers(good):
    for value in (None, "1", b"1", True, np.True_, 1j, Decimal(1), Fraction(1), object(), {}, len):
        yield type(value).__name__, value, TypeError
    for value in ([1.0], (1.0,), np.array(1.0), np.array([1.0]), {1.0}):
        yield f"{type(value).__name__} {value!s}", value, TypeError
    for value in (-1, -1e-9, np.int8(-1), np.float32(-1), np.nan, np.inf, -np.inf, 10**400, -(10**400)):
        yield f"value {value!s:.8}", value, ValueError


def wrong_sizes(good):
    for value in (None, "4", b"4", True, False, np.True_, 4j, 2.0, 4.5, np.float64(4), np.nan, np.inf):
        yield f"{type(value).__name__} {value}", value, TypeError
    for value in ([4], (4,), {4}, {}, np.array(4), np.array([4]), Decimal(4), Fraction(4), object, len):
        yield f"{type(value).__name__} {value!s:.10}", value, TypeError
    for value in (0, -1, -(10**30), np.int64(0), np.int8(-1)):
        yield f"{type(value).__name__} {value}", value, ValueError


def wrong_lists(wrong):
    """What is wrong as a list, and each wrong entry in an otherwise good list."""

    def generate(good):
        for value in (None, 4, 2.5, "4", b"4", {4: 1}, {4}, object(), len, (n for n in good), map(int, good)):
            yield f"not a list: {type(value).__name__}", value, TypeError
        for value in ([], (), range(0), np.zeros(0), np.zeros(0, int), np.ones((2, 2)), np.ones((2, 2), int)):
            yield f"{type(value).__name__} {getattr(value, 'dtype', '')} {np.shape(value)}", value, ValueError
        yield "0-d", np.array(4), ValueError
        yield "masked", np.ma.masked_array(good, False), TypeError
        yield "matrix", np.atleast_2d(good).view(np.matrix), TypeError
        yield "array of str", np.array(["4"]), TypeError
        for label, value, error in wrong(good[0]):
            yield f"entry {label}", [*good, value], error

    return generate


def wrong_texts(good):
    for value in (
        None,
        4,
        1.5,
        b"aba",
        ["a"],
        ("a", "b"),
        {"a"},
        {"a": 1},
        object(),
        len,
        np.array("aba"),
        True,
    ):
        yield type(value).__name__, value, TypeError
    yield "empty", "", ValueError


def wrong_schemes(good):
    for value in (None, 4, b"uniform", ["uniform"], ("uniform",), len, np.array("uniform")):
        yield type(value).__name__, value, TypeError
    for value in ("", "unifrom", "Uniform", "uniform ", "glorot", "xavier", "?" * 1000):
        yield f"name {value:.10}", value, ValueError


def wrong_rngs(good):
    for value in (None, 0, np.random, np.random.RandomState(0), np.random.PCG64(0), "rng", len, [good]):
        yield type(value).__name__, value, TypeError


def wrong_functions(good):
    for value in (0, "print", [print], object(), True):
        yield type(value).__name__, value, TypeError


def optional(wrong):
    """All of that, but None is fine."""
    return lambda good: (case for case in wrong(good) if case[1] is not None)


WRONG = {
    "array": wrong_arrays,
    "array or None": optional(wrong_arrays),
    "states": wrong_states,
    "number": wrong_numbers,
    "size": wrong_sizes,
    "sizes": wrong_lists(wrong_sizes),
    "numbers": wrong_lists(wrong_numbers),
    "text": wrong_texts,
    "text or None": optional(wrong_texts),
    "scheme": wrong_schemes,
    "rng": wrong_rngs,
    "executor or None": wrong_functions,
    "function or None": wrong_functions,
    "function": lambda good: [*wrong_functions(good), ("None", None, TypeError)],
}


class Function(NamedTuple):
    """A function by its name, the kind of each argument, good values, and what is wrong beyond the kind."""

    name: str
    kinds: dict  # argument -> a key of WRONG
    good: dict  # argument -> value
    shapes: dict = {}  # noqa: RUF012  # argument -> [(wrong shape, the argument that is named), ...]
    values: tuple = ()  # (argument, wrong value, error, the argument that is named)
    call: object = None  # where the arguments above are not the function's own


def cell_shapes(timesteps=True):
    """Wrong shapes of the arguments of run, or of step, and the argument that each refusal names."""
    name = "inputs" if timesteps else "input_t"
    if timesteps:
        shapes = [(T, D + 1), (T, D - 1), (T, H), (T, 1), (0, D), (D, T), (T,), (D,), (0, T, D), (T, D, 1)]
    else:
        shapes = [(D + 1,), (D - 1,), (1,), (0,), (H,), (D, 1), (0, D), (T, H)]
    return {
        name: [(shape, name) for shape in [(), *shapes]],
        "Wx": [
            *((shape, "Wx") for shape in [(), (H,), (H * D,), (1, H, D), (H, D, 1), (0, D), (H, 0)]),
            *((shape, "Wh") for shape in [(D, H), (H + 1, D), (1, D)]),
            *((shape, name) for shape in [(H, H), (H, D + 1), (H, 1)]),
        ],
        "Wh": [
            (shape, "Wh")
            for shape in [(), (H,), (H, D), (D, H), (H, 1), (H + 1, H + 1), (1, H, H), (H * H,), (0, 0)]
        ],
        "b": [(shape, "b") for shape in [(), (H, 1), (1, H), (H + 1,), (1,), (D,), (T, H), (0,)]],
        "hidden_state": [
            (shape, "hidden_state")
            for shape in [(), (T, H), (1, H), (2, H), (H, 1), (H + 1,), (1,), (D,), (0,), (0, H), (1, T, H)]
        ],
    }


STATES_SHAPES = [
    (shape, "hidden_states")
    for shape in [(), (H,), (H, T), (T - 1, H), (T + 1, H), (T, H - 1), (T, 1), (1, T, H), (T, H, 1), (0, H)]
]
CELL = {"Wx": "array", "Wh": "array", "b": "array"}
RUN = {"inputs": "array", **CELL, "hidden_state": "array or None"}


def good(kinds, **others):
    return {name: GOOD[name] for name in kinds if name in GOOD} | others


STATES = {"hidden_states": "states"}
SWEEP = {
    "hidden_sizes": "sizes",
    "gains": "numbers",
    "timesteps": "size",
    "input_size": "size",
    "scheme": "scheme",
    "threshold": "number",
    "draws": "size",
    "executor": "executor or None",
    "progress": "function or None",
}
MODEL = CELL | {"Wy": "array", "by": "array"}
TASK = {"inputs": "array", "targets": "array"}
TARGETS = [(shape, "targets") for shape in [(), (T + 1,), (T - 1,), (1,), (T, 1), (1, T), (T, K)]]
MODEL_SHAPES = {
    "Wy": [(shape, "Wy") for shape in [(), (H,), (H, K), (K, H + 1), (0, H), (1, K, H)]],
    "by": [(shape, "by") for shape in [(), (K, 1), (1, K), (K + 1,), (1,), (H,), (0,)]],
}
BAD_TARGETS = tuple(
    ("targets", broken(GOOD["targets"], value, -1), ValueError, "targets") for value in (-1, K, 0.5, 1e300)
)


def bad_models(named="model"):
    values = None, (1, 2), "model", (GOOD["Wx"], GOOD["Wh"], GOOD["b"])
    return [("model", value, TypeError, named) for value in values]


def with_model(function):
    """The same function with the arrays of its Model as arguments of their own."""

    def flat_function(Wx, Wh, b, Wy, by, model="from the arrays", **rest):
        return function(Model(Wx, Wh, b, Wy, by) if model == "from the arrays" else model, **rest)

    return flat_function


FUNCTIONS = [
    Function(
        "step",
        kinds := {"input_t": "array", "hidden_state": "array", **CELL},
        good(kinds),
        cell_shapes(timesteps=False),
    ),
    Function("run", RUN, good(RUN), cell_shapes()),
    Function(
        "pre_activations",
        kinds := RUN | STATES,
        good(kinds),
        cell_shapes() | {"hidden_states": STATES_SHAPES},
    ),
    Function(
        "backward",
        kinds := RUN | STATES | {"d_hidden_states": "array"},
        good(kinds),
        cell_shapes()
        | {
            "hidden_states": STATES_SHAPES,
            "d_hidden_states": [(shape, "d_hidden_states") for shape, _ in STATES_SHAPES],
        },
    ),
    *(
        Function(
            name,
            kinds := {**STATES, "Wh": "array"},
            good(kinds),
            {
                "hidden_states": [
                    *((shape, "hidden_states") for shape in [(), (H,), (1, T, H), (0, H), (T, 0)]),
                    *((shape, "Wh") for shape in [(H, T), (T, H - 1), (T, 1)]),
                ],
                "Wh": cell_shapes()["Wh"],
            },
        )
        for name in ("state_jacobians", "gradient_norms")
    ),
    Function(
        "slope",
        STATES,
        good(STATES),
        {
            "hidden_states": [
                (s, "hidden_states") for s in [(0,), (0, H), (T, 0), (2, 0, H), (0, 0), (0, 1, 2)]
            ]
        },
        tuple(
            ("hidden_states", value, error, "hidden_states")
            for array in (np.float64(0.5), GOOD["hidden_state"], GOOD["hidden_states"][None])
            for value, error in [
                (broken(array, 3, 0), ValueError),
                (broken(array, np.nan, 0), ValueError),
                (broken(array, -np.inf, 0), ValueError),
                (array.astype(complex), TypeError),
            ]
        ),
    ),
    Function(
        "saturated_fraction",
        STATES | {"threshold": "number"},
        good(STATES, threshold=0.99, axis=None),
        {"hidden_states": [((0,), "hidden_states"), ((T, 0), "hidden_states")]},
        (
            *(("threshold", value, ValueError, "threshold") for value in (1.01, 2, 1e9)),
            *(
                ("axis", value, TypeError, "axis")
                for value in (True, 0.0, "0", (0, 1), [0], np.array(0), len)
            ),
            *(("axis", value, ValueError, "axis") for value in (2, -3, 10**30, -(10**30), np.int8(2))),
        ),
    ),
    Function(
        "init_parameters",
        {"input_size": "size", "hidden_size": "size", "scheme": "scheme", "gain": "number", "rng": "rng"},
        {
            "input_size": D,
            "hidden_size": H,
            "scheme": "uniform",
            "gain": 1.0,
            "rng": np.random.default_rng(0),
        },
        values=(
            ("hidden_size", 10**6, MemoryError, "hidden_size"),
            ("hidden_size", 10**30, MemoryError, "hidden_size"),
            ("input_size", 10**15, MemoryError, "hidden_size"),
        ),
    ),
    Function(
        "sweep",
        SWEEP,
        {
            "hidden_sizes": [2, 3],
            "gains": [0.5, 1.0],
            "timesteps": 3,
            "input_size": 2,
            "scheme": "uniform",
            "threshold": 0.99,
            "draws": 1,
            "seed": 0,
            "executor": None,
            "progress": None,
        },
        values=(
            ("hidden_sizes", [2, 10**6], MemoryError, "hidden_size"),
            ("timesteps", 10**15, MemoryError, "timesteps"),
            ("input_size", 10**15, MemoryError, "hidden_size"),
            ("threshold", 1.5, ValueError, "threshold"),
            *(("seed", value, TypeError, "seed") for value in (None, 0.0, "0", True, [0])),
            ("seed", -1, ValueError, "seed"),
        ),
    ),
    Function(
        "one_hot",
        {"text": "text", "characters": "text or None"},
        {"text": "aba", "characters": "ab"},
        values=(
            ("characters", "abca", ValueError, "characters"),
            ("characters", "a", ValueError, "text"),
            ("text", "abx", ValueError, "text"),
        ),
    ),
    Function(
        "steady_state",
        {"input_size": "size", "hidden_size": "size", "gain": "number"},
        {"input_size": D, "hidden_size": H, "gain": 1.0},
    ),
    *(
        Function(
            name,
            {"gain": "number", "input_variance": "number"},
            {"gain": 1.5, "input_variance": 0.5},
            values=(("gain", 1e9, ValueError, "gain"), ("input_variance", 1e9, ValueError, "input_variance")),
        )
        for name in ("stationary_variance", "lyapunov_exponent")
    ),
    Function("critical_gain", {"input_variance": "number"}, {"input_variance": 0.5}),
    Function(
        "gaussian_mean",
        {"function": "function"},
        {"function": np.cos},
        values=(
            ("function", lambda z: None, TypeError, "function(z)"),
            ("function", lambda z: "text", TypeError, "function(z)"),
            ("function", lambda z: z + 1j, TypeError, "function(z)"),
            ("function", lambda z: z[1:], ValueError, "function(z)"),
            ("function", lambda z: 1.0, ValueError, "function(z)"),
            ("function", lambda z: z * np.nan, ValueError, "function(z)"),
        ),
    ),
    *(
        Function(
            name,
            MODEL | kinds,
            good(MODEL | kinds),
            MODEL_SHAPES
            | ({"inputs": cell_shapes()["inputs"], "targets": TARGETS} if "inputs" in kinds else {}),
            (*bad_models(named), *(BAD_TARGETS if "inputs" in kinds else ())),
            with_model(getattr(training, name)),
        )
        for name, named, kinds in [
            ("clip_by_global_norm", "gradients", {"limit": "number"}),
            ("loss_and_gradients", "model", TASK),
            ("fit", "model", TASK | {"updates": "size", "learning_rate": "number", "clip": "number"}),
        ]
    ),
    Function(
        "recite",
        MODEL | {"first": "text", "length": "size"},
        good(MODEL, Wx=np.zeros((H, K)), first="ab", length=4, characters="abc"),
        MODEL_SHAPES,
        (
            *bad_models(),
            *(("characters", value, TypeError, "characters") for value in (None, 3, b"abc", ["a", "b", "c"])),
            *(("characters", value, ValueError, "characters") for value in ("ab", "abcd", "abcc", "aba")),
            ("characters", "", ValueError, "first"),
            ("first", "x", ValueError, "first"),
            ("length", 1, ValueError, "length"),
            ("Wx", np.zeros((H, D)), ValueError, "characters"),
        ),
        with_model(training.recite),
    ),
    Function(
        "save_model",
        MODEL,
        good(MODEL),
        MODEL_SHAPES,
        bad_models(),
        with_model(lambda model: training.save_model(os.devnull, model)),
    ),
    Function(
        "init_model",
        {
            "input_size": "size",
            "hidden_size": "size",
            "output_size": "size",
            "scheme": "scheme",
            "gain": "number",
            "rng": "rng",
        },
        {
            "input_size": D,
            "hidden_size": H,
            "output_size": K,
            "scheme": "uniform",
            "gain": 1.0,
            "rng": np.random.default_rng(0),
        },
        values=(
            ("hidden_size", 10**6, MemoryError, "hidden_size"),
            ("output_size", 10**15, MemoryError, "output_size"),
        ),
    ),
    Function(
        "adding_problem",
        {"timesteps": "size", "batch": "size", "rng": "rng"},
        {"timesteps": T, "batch": 2, "rng": np.random.default_rng(0)},
        values=(
            ("timesteps", 1, ValueError, "timesteps"),
            ("timesteps", 10**15, MemoryError, "batch"),
            ("batch", 10**15, MemoryError, "batch"),
        ),
    ),
    Function(
        "next_character_task", {"text": "text"}, {"text": "aba"}, values=(("text", "a", ValueError, "text"),)
    ),
]


def bad_inputs(function):
    """Yield argument, label, wrong value, error, the argument that the refusal names."""
    for argument, kind in function.kinds.items():
        for label, value, error in WRONG[kind](function.good[argument]):
            yield argument, label, value, error, argument
    for argument, shapes in function.shapes.items():
        for shape, named in shapes:
            yield argument, f"shape {shape}", np.zeros(shape), ValueError, named
    for n, (argument, value, error, named) in enumerate(function.values):
        yield argument, f"value {n}", value, error, named


BY_NAME = {function.name: function for function in FUNCTIONS}
REFUSAL = r"{name} must \S[^\n]*\S; got [^\n]*\S[.?]"
TOO_LARGE = r"{name}=\d+, [a-z_=\d, ]+ must fit into 1,073,741,824 bytes \(1 GiB\); got [\d,]{{13,}} bytes\."
NUMPYS_OWN = re.compile(
    r"broadcast|ufunc|core dim|operand|gufunc|aligned|inhomogeneous|setting an array|matmul|cannot cast|"
    r"not supported|convert|could not|ambiguous|iterat|Traceback|<lambda>",
    re.IGNORECASE,
)


def call(function, arguments):
    """Call it with these arguments instead of the good ones."""
    return (function.call or getattr(rnn_core, function.name))(**(function.good | arguments))


def complaint(function, arguments, error, named):
    """What is wrong with the refusal, which must be of that very type and in the house's words; or None."""
    try:
        call(function, arguments)
    except Exception as refusal:
        caught = refusal
    else:
        return "not refused"
    message = str(caught)
    pattern = TOO_LARGE if error is MemoryError else REFUSAL
    if type(caught) is not error:
        return f"{type(caught).__name__} instead of {error.__name__}: {message}"
    if not re.fullmatch(pattern.format(name=re.escape(named)), message) or len(message) > 400:
        return f"does not say what {named} must be and what it got: {message}"
    if NUMPYS_OWN.search(message):
        return f"NumPy's words: {message}"
    return None


def message_of(name, arguments, error, named):
    """The message of a refusal in the house's words."""
    assert complaint(BY_NAME[name], arguments, error, named) is None
    with pytest.raises(error) as caught:
        call(BY_NAME[name], arguments)
    return str(caught.value)


def frozen(arguments):
    """The bytes and layout of every array among the arguments."""
    return {
        name: (value.tobytes(), value.shape, value.strides, value.dtype, value.flags.writeable)
        for name, value in arguments.items()
        if isinstance(value, np.ndarray) and value.dtype != object
    }


@pytest.mark.parametrize("name", BY_NAME)
def test_bad_input_is_refused_by_name_and_changes_nothing(name):
    function = BY_NAME[name]

    def answer():  # of a good call
        found = call(function, {"rng": np.random.default_rng(5)} if "rng" in function.good else {})
        return repr(list(found) if name == "fit" else found)

    expected, complaints = answer(), []
    for argument, label, value, error, named in bad_inputs(function):
        arguments = function.good | {argument: value}
        before = frozen(arguments)
        if said := complaint(function, {argument: value}, error, named):
            complaints.append(f"{argument}, {label}: {said}")
        if frozen(arguments) != before:
            complaints.append(f"{argument}, {label}: an argument has changed")
    assert not complaints, "\n".join(complaints)
    assert answer() == expected


def test_a_refused_initialization_draws_nothing():
    function = BY_NAME["init_parameters"]
    state = function.good["rng"].bit_generator.state
    for argument, _, value, error, named in bad_inputs(function):
        assert complaint(function, {argument: value}, error, named) is None
    assert function.good["rng"].bit_generator.state == state


def counts():
    """How many bad inputs each function is tried with."""
    return {function.name: len(list(bad_inputs(function))) for function in FUNCTIONS}


@pytest.mark.parametrize("name", BY_NAME)
def test_there_are_enough_bad_inputs(name):
    kinds = set(BY_NAME[name].kinds.values())
    enough = 60 if kinds & {"array", "array or None", "states"} else 20 if kinds & {"size", "number"} else 10
    assert counts()[name] >= enough


def test_every_public_function_is_in_the_table():
    elsewhere = {
        "compare": "answers everything, see test_exercises",
        "zen_of_python": "takes nothing",
        "load_model": "takes a file, see test_training",
    }
    public = {name for name in rnn_core.__all__ if type(getattr(rnn_core, name)) is type(call)}
    assert public - set(elsewhere) == set(BY_NAME)


# What a student meets most often, word for word: argument of backward, its wrong shape, the expectation.
WORDS = [
    ("Wh", (8, 4), "(8, 8) to match Wx of shape (8, 4) (hidden_size=8)"),
    ("b", (8, 1), "(8,) to match Wx of shape (8, 4) (hidden_size=8)"),
    ("inputs", (4, 10), "(..., timesteps, 4) to match Wx of shape (8, 4) (input_size=4)"),
    (
        "hidden_state",
        (10, 8),
        "(8,) to match inputs of shape (10, 4) and Wx of shape (8, 4): one state, not one for each timestep",
    ),
    ("hidden_states", (9, 8), "(10, 8) to match inputs of shape (10, 4) and b of shape (8,)"),
    ("d_hidden_states", (8,), "(10, 8) to match hidden_states of shape (10, 8)"),
]


@pytest.mark.parametrize(("argument", "shape", "expectation"), WORDS)
def test_a_wrong_shape_word_for_word(argument, shape, expectation):
    message = message_of("backward", {argument: np.zeros(shape)}, ValueError, argument)
    assert message == f"{argument} must have shape {expectation}; got {shape}."


# Words beyond shapes: a function, one of its arguments, what came, the whole refusal.
OTHER_WORDS = [
    ("run", "b", np.ma.masked_array(GOOD["b"]), "b must be a plain array; got a MaskedArray."),
    (
        "run",
        "b",
        [[1], [2, 3]],
        "b must be rectangular, every row as long as the first; got [[1], [2, 3]] (list).",
    ),
    ("run", "Wx", np.zeros(4), "Wx must have shape (hidden_size, input_size); got (4,)."),
    (
        "step",
        "input_t",
        np.zeros(3),
        "input_t must have shape (..., 4) to match Wx of shape (8, 4) (input_size=4); got (3,).",
    ),
    (
        "run",
        "hidden_state",
        np.zeros(9),
        "hidden_state must have shape (..., 8) to match Wx of shape (8, 4) (hidden_size=8); got (9,).",
    ),
    (
        "state_jacobians",
        "hidden_states",
        np.zeros(8),
        "hidden_states must have shape (timesteps, hidden_size); got (8,).",
    ),
    (
        "state_jacobians",
        "Wh",
        np.eye(3),
        "Wh must have shape (8, 8) to match hidden_states of shape (10, 8); got (3, 3).",
    ),
    ("sweep", "gains", np.eye(2), "gains must have shape (entries,); got (2, 2)."),
    ("sweep", "gains", 2.5, "gains must be a list of numbers; got float."),
    ("sweep", "gains", (), "gains must have at least one entry; got none."),
    ("sweep", "executor", 3, "executor must be a concurrent.futures.Executor; got int."),
    ("sweep", "progress", 3, "progress must be a function of (done, total); got int."),
    (
        "saturated_fraction",
        "axis",
        2,
        "axis must be an axis of hidden_states of shape (10, 8); got 2.",
    ),
    (
        "loss_and_gradients",
        "targets",
        np.zeros(9),
        "targets must have shape (10,), one for each timestep of inputs; got (9,).",
    ),
    ("loss_and_gradients", "Wx", np.zeros(4), "Wx must have shape (hidden_size, input_size); got (4,)."),
    (
        "loss_and_gradients",
        "Wh",
        np.eye(3),
        "Wh must have shape (8, 8) to match Wx of shape (8, 4) (hidden_size=8); got (3, 3).",
    ),
    (
        "loss_and_gradients",
        "b",
        np.zeros(3),
        "b must have shape (8,) to match Wx of shape (8, 4) (hidden_size=8); got (3,).",
    ),
    (
        "loss_and_gradients",
        "Wy",
        np.eye(3),
        "Wy must have shape (output_size, 8) to match Wx of shape (8, 4) (hidden_size=8); got (3, 3).",
    ),
    (
        "loss_and_gradients",
        "by",
        np.zeros(4),
        "by must have shape (3,) to match Wy of shape (3, 8) (output_size=3); got (4,).",
    ),
    ("slope", "hidden_states", [], "hidden_states must have shape (...,); got (0,)."),
    ("run", "b", None, "b must be an array of real numbers; got None."),
    ("run", "b", BadArray(), "b must be an array of real numbers; got BadArray (RuntimeError)."),
    (
        "run",
        "b",
        GOOD["b"].astype(np.float16),
        "b must hold real numbers (float64, float32, integers or booleans); got dtype float16.",
    ),
    (
        "slope",
        "hidden_states",
        [0.5, -1.25],
        "hidden_states must lie between -1 and 1, as tanh does; got a value of size 1.25."
        " Are these pre-activations?",
    ),
    (
        "gaussian_mean",
        "function",
        lambda z: z[1:],
        "function(z) must have shape (4001,), that of z; got (4000,).",
    ),
    ("steady_state", "input_size", "4", "input_size must be a whole number (int); got '4' (str)."),
    ("steady_state", "gain", np.ones(2), "gain must be a real number; got an array of shape (2,)."),
    ("steady_state", "gain", 10**400, "gain must be finite and at least 0; got inf."),
    ("steady_state", "gain", -(10**400), "gain must be finite and at least 0; got -inf."),
    ("steady_state", "gain", -1, "gain must be finite and at least 0; got -1.0."),
    ("saturated_fraction", "threshold", 2, "threshold must be between 0 and 1; got 2.0."),
    (
        "init_parameters",
        "rng",
        0,
        "rng must be a Generator such as np.random.default_rng(0); got 0 (int).",
    ),
    *(
        (
            "init_parameters",
            "scheme",
            value,
            "scheme must be one of 'uniform', 'pytorch_uniform', 'glorot_uniform', 'gaussian', 'orthogonal',"
            f" 'identity'; got {came}",
        )
        for value, came in [(1.5, "1.5 (float)."), ("", "'' (str). Did you mean 'uniform'?")]
    ),
]


@pytest.mark.parametrize(("name", "argument", "value", "message"), OTHER_WORDS)
def test_other_refusals_word_for_word(name, argument, value, message):
    with pytest.raises((TypeError, ValueError)) as caught:
        call(BY_NAME[name], {argument: value})
    assert str(caught.value) == message


def test_where_the_nan_is():
    inputs = GOOD["inputs"].copy()
    inputs[3, 1] = np.nan
    message = message_of("run", {"inputs": inputs}, ValueError, "inputs")
    assert message == "inputs must be finite; got nan at index (3, 1)."


def test_the_nearest_scheme_is_suggested():
    for typo, meant in [("unifrom", "uniform"), ("Orthogonal", "orthogonal"), ("pytorch", "pytorch_uniform")]:
        message = message_of("init_parameters", {"scheme": typo}, ValueError, "scheme")
        assert message.endswith(f"Did you mean {meant!r}?")


@pytest.mark.parametrize("name", ["run", "pre_activations", "backward"])
@pytest.mark.parametrize("shape", [(3, H), (2, T, H), (1, H), (2, 1, H), (2, H + 1)])
def test_a_batch_of_states_that_does_not_fit_the_batch_of_inputs(name, shape):
    function = BY_NAME[name]
    batch = {
        argument: np.stack([function.good[argument]] * 2)
        for argument in ("inputs", "hidden_states", "d_hidden_states")
        if argument in function.good
    }
    call(function, batch | {"hidden_state": np.zeros((2, H))})
    bad = batch | {"hidden_state": np.zeros(shape)}
    assert complaint(function, bad, ValueError, "hidden_state") is None
    if shape[-1] == H:
        expectation = "(8,) or (2, 8) to match inputs of shape (2, 10, 4) and Wx of shape (8, 4): one state"
        assert expectation in message_of(name, bad, ValueError, "hidden_state")


@pytest.mark.parametrize(
    ("name", "arguments"),
    [("init_parameters", {"hidden_size": 10**6}), ("sweep", {"hidden_sizes": [4, 10**6]})],
)
def test_a_million_hidden_units_are_refused_within_10_ms(name, arguments):
    needed = 8 * 10**6 * (10**6 + 1 + (D if name == "init_parameters" else 2))
    took = []
    for _ in range(5):
        start = time.perf_counter()
        with pytest.raises(MemoryError, match=rf"hidden_size=1000000, .*; got {needed:,} bytes\.$"):
            call(BY_NAME[name], arguments)
        took.append(time.perf_counter() - start)
    assert min(took) < 0.010


def test_results_beyond_a_gibibyte_are_refused():
    bad = {"hidden_states": np.zeros((257, 2**10), np.float32), "Wh": np.zeros((2**10, 2**10), np.float32)}
    message = message_of("state_jacobians", bad, MemoryError, "timesteps")
    assert message.startswith("timesteps=257, hidden_size=1024, rows=1024 ")
    assert message.endswith(f" got {257 * 2**20 * 4:,} bytes.")
    bad = {"text": "".join(map(chr, range(2**14))), "characters": None}
    assert complaint(BY_NAME["one_hot"], bad, MemoryError, "timesteps") is None


def test_many_gains_are_refused_like_many_units(monkeypatch):
    monkeypatch.setattr(rnn_core.validation, "MEMORY_LIMIT", 62 * 2 * 8)
    assert rnn_core.sweep([2], [1.0] * 62, timesteps=1, input_size=1).shape == (1, 62)
    with pytest.raises(MemoryError, match=r"^hidden_size=2, gains=63 must .*; got 1,008 bytes\.$"):
        rnn_core.sweep([2], [1.0] * 63, timesteps=1, input_size=1)


# What is fine: the same numbers in another dress give the same answer.
DRESSES = {
    "read-only": lambda a: a[...],
    "Fortran": np.asfortranarray,
    "strided": lambda a: np.repeat(a, 2, axis=-1)[..., ::2],
    "backwards": lambda a: np.ascontiguousarray(a[..., ::-1])[..., ::-1],
    "list": np.ndarray.tolist,
    "tuple": lambda a: tuple(a.tolist()),
    "big-endian": lambda a: a.astype(a.dtype.newbyteorder(">")),
    "unaligned": lambda a: np.frombuffer(b"?" + a.tobytes(), a.dtype, offset=1).reshape(a.shape),
    "memory map": lambda a: a.view(np.memmap),
}


def flat(answer):
    """Every number of an answer, in one array."""
    answers = answer if isinstance(answer, tuple) else (answer,)
    return np.concatenate([flat(a) if isinstance(a, tuple) else np.ravel(a) for a in answers])


@pytest.mark.parametrize("dress", DRESSES)
@pytest.mark.parametrize("name", [f.name for f in FUNCTIONS if {"Wx", "Wh", "hidden_states"} & set(f.kinds)])
def test_the_same_numbers_in_another_dress(name, dress):
    function = BY_NAME[name]
    arrays = {name: value for name, value in function.good.items() if isinstance(value, np.ndarray)}
    dressed = {name: DRESSES[dress](value) for name, value in arrays.items()}
    if dress == "read-only":
        for value in dressed.values():
            value.flags.writeable = False
    found, expected = call(function, dressed), call(function, {})
    if name == "fit":
        found, expected = next(found), next(expected)
    if name in ("recite", "save_model"):  # a text, or nothing
        assert found == expected
        return
    np.testing.assert_allclose(flat(found), flat(expected), rtol=1e-12, atol=1e-14)


def test_integers_and_booleans_are_numbers():
    integers = {"inputs": np.ones((3, 2)), "Wx": np.eye(2), "Wh": np.zeros((2, 2)), "b": np.ones(2)}
    expected = rnn_core.run(**integers)
    for dtype in (np.int8, np.uint64, np.int32, bool):
        found = rnn_core.run(**{name: array.astype(dtype) for name, array in integers.items()})
        np.testing.assert_array_equal(found, expected)


def test_sizes_of_numpys_integer_types_are_fine():
    for four, eight in [(np.int64(4), np.int8(8)), (np.uint8(4), np.uint64(8))]:
        found = rnn_core.init_parameters(four, eight, rng=np.random.default_rng(0))
        expected = rnn_core.init_parameters(4, 8, rng=np.random.default_rng(0))
        np.testing.assert_array_equal(flat(found), flat(expected))


@pytest.mark.parametrize("size", [1e160, 1e300, np.finfo(float).max, 3e38])
def test_large_finite_numbers_are_not_mistaken_for_infinity(size):
    dtype = np.float32 if size < 1e100 else np.float64
    found = rnn_core.run(np.full((3, 1), size, dtype), *(np.full(s, 0.5, dtype) for s in ((1, 1), (1, 1), 1)))
    np.testing.assert_array_equal(found, 1)


if __name__ == "__main__":
    for name, count in counts().items():
        print(f"{name:22} {count:4} bad inputs")
    print(f"{'all':22} {sum(counts().values()):4}")
