"""Every public function refuses bad input by the argument's name, what was expected and
what came.

One name means one thing in the whole module, so GOOD and WRONG below go by the
argument's name alone; public functions and their arguments are found by inspection.
"""

import inspect
import re

import numpy as np
import pytest

import rnn_core
from rnn_core import Model

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
    def __array__(self, dtype=None, copy=None):
        raise RuntimeError("no array today")


def wrong_arrays(name, good, function):
    complex_too = function in ("run", "step")
    for value in (
        "text",
        {"a": 1},
        object(),
        len,
        BadArray(),
        np.ma.masked_array(good),
        (row for row in good),
    ):
        yield value, TypeError
    for dtype in (
        "complex64",
        "float16",
        "object",
        "M8[s]",
        *(() if complex_too else ("complex128",)),
    ):
        yield np.zeros(good.shape, "i8").astype(dtype), TypeError
    yield [[1.0, 2.0], [3.0]], ValueError
    for value in (np.nan, np.inf, -np.inf, 1e200):
        yield broken(good, value), ValueError
    yield broken(good, np.nan).astype(np.float32), ValueError
    yield np.full(good.shape, 1e25, np.float32), ValueError
    yield np.zeros(0), ValueError
    yield np.zeros((*good.shape[:-1], 0)), ValueError
    if function not in ("slope", "saturated_fraction", "growth_along") and (
        name,
        function,
    ) != (
        "hidden_states",
        "memory_curve",
    ):
        yield np.zeros((*good.shape[:-1], good.shape[-1] + 1)), ValueError
        yield np.zeros(()), ValueError
    if name not in ("initial_state",):
        yield None, TypeError
    if name == "hidden_states" and function not in (
        "memory_curve",
        "backward_leaky",
    ):  # the first takes states with noise too, the second what a large start has left
        for value in (1.0000001, -2):
            yield broken(good, value), ValueError
    if name == "targets":
        for value in (-1, K, 0.5):
            yield broken(good, value), ValueError


def wrong_sizes(name, good, function):
    for value in (None, "4", True, 2.0, np.float64(4), np.nan, [4], np.array(4), 4j):
        yield value, TypeError
    for value in (
        -1,
        -(10**30),
        np.int8(-1),
        *(() if name in ("seed", "washout") else (0,)),
    ):
        yield value, ValueError


def wrong_numbers(name, good, function):
    for value in (
        "1",
        True,
        1j,
        [1.0],
        np.array(1.0),
        *(() if name in ("clip", "tolerance") else (None,)),
    ):
        yield value, TypeError
    for value in (-1e-9, np.float32(-1), np.nan, np.inf, -np.inf, 10**400):
        yield value, ValueError
    if name in ("threshold", "beta2", "leak"):
        yield 1.01, ValueError


def wrong_lists(name, good, function):
    wrong = wrong_sizes if name == "hidden_sizes" else wrong_numbers
    for value in (None, 4, "4", {4}, (n for n in good)):
        yield value, TypeError
    for value in ([], np.zeros(0), np.ones((2, 2))):
        yield value, ValueError
    for value, error in wrong("entry", good[0], function):
        yield [*good, value], error


def wrong_texts(name, good, function):
    for value in (
        4,
        b"aba",
        ["a"],
        np.array("aba"),
        *(() if name == "characters" else (None,)),
    ):
        yield value, TypeError
    if name != "characters":
        yield "", ValueError


def wrong_tuples(name, good, function):
    for value in (None, "model", (1, 2), list(good)):
        yield value, TypeError


def wrong_others(name, good, function):
    for value in (3, "unifrom", [good], object()):
        yield value, ValueError if (name, value) == ("scheme", "unifrom") else TypeError


def bad_inputs(function):
    """Yield argument, wrong value, error."""
    for argument, good in good_call(function).items():
        if argument in FREE:
            continue
        wrong = wrong_others
        if isinstance(good, np.ndarray):
            wrong = wrong_arrays
        elif isinstance(good, Model):
            wrong = wrong_tuples
        elif isinstance(good, str) and argument != "scheme":
            wrong = wrong_texts
        elif isinstance(good, list):
            wrong = wrong_lists
        elif isinstance(good, float):
            wrong = wrong_numbers
        elif isinstance(good, int):
            wrong = wrong_sizes
        for value, error in wrong(argument, good, function):
            yield argument, value, error


NUMPYS_OWN = re.compile(
    r"broadcast|ufunc|core dim|operand|aligned|inhomogeneous|setting an array|matmul|cannot cast|not supported"
    r"|convert|ambiguous|iterat|Traceback",
    re.IGNORECASE,
)


def answer(name):
    arguments = good_call(name)
    if "rng" in arguments:
        arguments["rng"] = np.random.default_rng(5)
    found = FUNCTIONS[name](**arguments)
    return repr(list(found) if inspect.isgenerator(found) else found)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_bad_input_is_refused_by_name_and_changes_nothing(name):
    expected, complaints = answer(name), []
    for argument, value, error in bad_inputs(name):
        before = (
            value.tobytes()
            if isinstance(value, np.ndarray) and value.dtype != object
            else None
        )
        try:
            FUNCTIONS[name](**good_call(name) | {argument: value})
            complaints.append(f"{argument}={value!r}: not refused")
        except Exception as refusal:
            said = str(refusal)
            # a wrong shape of Wx shows in what must match it
            named = rf"({argument}|Wh|b|by|inputs|input_t|hidden_states|targets|characters)[\w.]*"
            if type(refusal) is not error:
                complaints.append(
                    f"{argument}={value!r}: {type(refusal).__name__}: {said}"
                )
            elif not re.fullmatch(
                rf"{named} must \S[^\n]*; got [^\n]*\S[.?]", said
            ) or NUMPYS_OWN.search(said):
                complaints.append(f"{argument}={value!r}: {said}")
        assert before is None or value.tobytes() == before
    assert not complaints, "\n".join(complaints)
    assert answer(name) == expected


# what a student meets most often, word for word: function, argument, value, the refusal
WORDS = [
    ("run", "Wh", np.zeros((8, 4)), "Wh must have shape (8, 8) to match Wx of shape (8, 4) (hidden_size=8); got (8, 4)."),
    ("run", "b", np.zeros((8, 1)), "b must have shape (8,) to match Wx of shape (8, 4) (hidden_size=8); got (8, 1)."),
    ("run", "Wx", np.zeros(4), "Wx must have shape (hidden_size, input_size); got (4,)."),
    ("run", "inputs", np.zeros((4, 10)), "inputs must have shape (..., timesteps, 4) to match Wx of shape (8, 4) (input_size=4); got (4, 10)."),
    ("run", "initial_state", np.zeros((10, 8)), "initial_state must have shape (8,) to match Wh of shape (8, 8) (hidden_size=8): one state, not one for each timestep; got (10, 8)."),
    ("step", "input_t", np.zeros(3), "input_t must have shape (..., 4) to match Wx of shape (8, 4) (input_size=4); got (3,)."),
    ("run", "b", np.ma.masked_array(GOOD["b"]), "b must be a plain array; got a MaskedArray."),
    ("run", "b", [[1], [2, 3]], "b must be rectangular, every row as long as the first; got [[1], [2, 3]] (list)."),
    ("run", "b", broken(GOOD["b"], np.nan), "b must be finite; got nan at index (7,)."),
    ("run", "b", np.full(8, 1e200), "b must be small enough that its products stay finite; got a value of size 1e+200 in float64."),
    ("backward", "hidden_states", np.zeros((9, 8)), "hidden_states must have shape (10, 8) to match inputs of shape (10, 4) and Wh of shape (8, 8); got (9, 8)."),
    ("backward", "d_hidden_states", np.zeros(8), "d_hidden_states must have shape (10, 8) to match hidden_states of shape (10, 8); got (8,)."),
    ("slope", "hidden_states", [0.5, -1.25], "hidden_states must lie between -1 and 1, as tanh does; got a value of size 1.25. Are these pre-activations?"),
    ("state_jacobians", "hidden_states", np.zeros(8), "hidden_states must have shape (timesteps, hidden_size); got (8,)."),
    ("state_jacobians", "Wh", np.eye(3), "Wh must have shape (8, 8) to match hidden_states of shape (10, 8); got (3, 3)."),
    ("sweep", "gains", np.eye(2), "gains must have shape (entries,); got (2, 2)."),
    ("sweep", "gains", 2.5, "gains must be a list of numbers; got float."),
    ("sweep", "executor", 3, "executor must be a concurrent.futures.Executor; got int."),
    ("sweep", "progress", 3, "progress must be a function of (done, total); got int."),
    ("run", "b", BadArray(), "b must be an array of real numbers; got BadArray (RuntimeError: no array today)."),
    ("steady_state", "gain", np.ones(2), "gain must be a real number; got an array of shape (2,)."),
    ("steady_state", "gain", 10**400, "gain must be finite and at least 0; got inf."),
    ("steady_state", "gain", -(10**400), "gain must be finite and at least 0; got -inf."),
    ("saturated_fraction", "threshold", 2, "threshold must be between 0 and 1; got 2.0."),
    ("init_parameters", "scheme", 1.5, "scheme must be one of 'uniform', 'pytorch', 'keras', 'gaussian', 'orthogonal', 'identity'; got 1.5 (float)."),
    ("run", "initial_state", np.zeros(9), "initial_state must have shape (..., 8) to match Wh of shape (8, 8) (hidden_size=8); got (9,)."),
    ("clip_by_global_norm", "gradients", [1.0], "gradients must be a named tuple of arrays; got list."),
    ("saturated_fraction", "axis", 2, "axis must be an axis of hidden_states of shape (10, 8); got 2."),
    ("saturated_fraction", "axis", 0.0, "axis must be a whole number (int); got 0.0 (float)."),
    ("init_parameters", "scheme", "glorot", "scheme must be one of 'uniform', 'pytorch', 'keras', 'gaussian', 'orthogonal', 'identity'; got 'glorot' (str). Did you mean 'keras'?"),
    ("init_parameters", "rng", 0, "rng must be a Generator such as np.random.default_rng(0); got 0 (int)."),
    ("loss_and_gradients", "targets", np.zeros(9), "targets must have shape (10,), one for each timestep of inputs; got (9,)."),
    ("adam", "gradients", MODEL._replace(b=np.zeros(9)), "gradients must have the shapes of parameters, [(8, 4), (8, 8), (8,), (3, 8), (3,)]; got [(8, 4), (8, 8), (9,), (3, 8), (3,)]."),
    ("jacobi_rounds", "inputs", np.zeros((2, 10, 4)), "inputs must have shape (timesteps, input_size); got (2, 10, 4)."),
    ("newton_rounds", "tolerance", -1.0, "tolerance must be finite and at least 0; got -1.0."),
    ("linear_recurrence", "J", np.zeros((10, 8, 4)), "J must hold square matrices, (timesteps, size, size); got (10, 8, 4)."),
    ("linear_recurrence", "r", np.zeros((9, 8)), "r must have shape (10, 8) to match J of shape (10, 8, 8); got (9, 8)."),
    ("recite", "characters", "abc", "characters must be as many as the model has inputs (2) and logits (2); got 3."),
    ("next_character_task", "text", "a", "text must have at least two characters; got 'a'."),
    ("memory_curve", "delays", 5, "delays must be at most washout + 1 = 4; got 5."),
    ("memory_curve", "signal", np.zeros((30, 1)), "signal must have shape (30,) to match hidden_states of shape (30, 3); got (30, 1)."),
    ("adding_problem", "timesteps", 1, "timesteps must be at least 2; got 1."),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "argument", "value", "message"), WORDS, ids=range(len(WORDS))
)
def test_refusals_word_for_word(name, argument, value, message):
    with pytest.raises((TypeError, ValueError)) as caught:
        FUNCTIONS[name](**good_call(name) | {argument: value})
    assert str(caught.value) == message


def test_a_batch_of_states_that_does_not_fit_the_batch_of_inputs():
    batch = good_call("run") | {"inputs": np.zeros((2, T, D))}
    rnn_core.run(**batch | {"initial_state": np.zeros((2, H))})
    expectation = r"\(8,\) or \(2, 8\) to match Wh of shape \(8, 8\) \(hidden_size=8\): one for each sequence"
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


TOO_LARGE = [  # function, arguments, what is named, bytes
    ("init_parameters", {"hidden_size": 10**9}, "hidden_size=1000000000", 8 * 10**9 * (10**9 + D + 1)),
    ("init_parameters", {"input_size": 10**5, "hidden_size": 10**4}, "input_size=100000, hidden_size=10000", None),
    ("init_model", {"output_size": 10**15}, "output_size=1000000000000000", None),
    ("sweep", {"hidden_sizes": [4, 10**6]}, "hidden_size=1000000", None),
    ("sweep", {"timesteps": 10**15}, "timesteps=1000000000000000", None),
    ("adding_problem", {"batch": 10**15}, "batch=1000000000000000", 8 * 2 * T * 10**15),
    ("adding_problem", {"batch": 10**5, "timesteps": 10**5}, "batch=100000, timesteps=100000, input_size=2", None),
    ("one_hot", {"text": "".join(map(chr, range(2**14))), "characters": None}, "timesteps=16384, input_size=16384", None),
]  # fmt: skip


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


def test_jacobians_beyond_a_gibibyte():
    states, Wh = (
        np.zeros((257, 2**10), np.float32),
        np.zeros((2**10, 2**10), np.float32),
    )
    with pytest.raises(
        MemoryError,
        match=rf"timesteps=257, hidden_size=1024 .* got {257 * 2**22:,} bytes",
    ):
        rnn_core.state_jacobians(states, Wh)


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


def test_complex_numbers_pass_where_the_complex_step_needs_them_and_stay():
    cell = {key: value for key, value in good_call("run").items()}
    for name in cell:
        stepped = cell | {name: cell[name] + 1e-30j}
        assert rnn_core.run(**stepped).dtype == np.complex128
        assert np.abs(rnn_core.run(**stepped).imag).max() > 0
    cell = good_call("step")
    assert np.abs(rnn_core.step(**cell | {"Wh": cell["Wh"] + 1e-30j}).imag).max() > 0
