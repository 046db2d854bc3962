"""What a caller gets who gives no value: the lessons' numbers rest on these defaults.

Adam's beta2 = 0.999 instead of 0.99 once passed every other test.
"""

import inspect

import pytest

import rnn_core
from rnn_core import edge_of_chaos, optimizer, training, validation

DEFAULTS = {
    "adam": {"state": None, "beta2": 0.99},
    "backward": {"initial_state": None},
    "backward_gru": {"initial_state": None},
    "backward_leaky": {"initial_state": None},
    "backward_lstm": {"initial_state": None},
    "critical_gain": {"input_variance": 0.0},
    "fit": {"beta2": 0.99},
    "init_model": {"gain": 1.0},
    "init_parameters": {"gain": 1.0},
    "jacobi_rounds": {"initial_state": None, "tolerance": None},
    "loss_and_gradients": {"initial_state": None},
    "lyapunov_exponent": {"input_variance": 0.0},
    "memory_curve": {"washout": 200},
    "newton_rounds": {"initial_state": None, "tolerance": None},
    "one_hot": {"characters": None},
    "pre_activations": {"initial_state": None},
    "predict_over_gain": {"input_variance": 0.0},
    "run": {"initial_state": None},
    "run_gru": {"initial_state": None},
    "run_leaky": {"initial_state": None},
    "run_lstm": {"initial_state": None},
    "saturated_fraction": {"threshold": 0.99, "axis": None},
    "stationary_variance": {"input_variance": 0.0},
    "steady_state": {"gain": 1.0},
    "sweep": {
        "scheme": "uniform",
        "threshold": 0.99,
        "draws": 20,
        "seed": 0,
        "executor": None,
        "progress": None,
    },
}
CONSTANTS = {
    (optimizer, "BETA1"): 0.9,
    (training, "IGNORED"): -100,  # PyTorch's ignore_index
    (validation, "MEMORY_LIMIT"): 1024**3,
    (edge_of_chaos, "TOLERANCE"): 1e-12,
    (edge_of_chaos, "LARGEST_GAIN"): 30,
    (edge_of_chaos, "LARGEST_VARIANCE"): 1000,
}
FUNCTIONS = {
    name: function
    for name, function in vars(rnn_core).items()
    if inspect.isfunction(function)
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_defaults(name):
    found = {
        parameter.name: parameter.default
        for parameter in inspect.signature(FUNCTIONS[name]).parameters.values()
        if parameter.default is not parameter.empty
    }
    assert found == DEFAULTS.get(name, {})
    types = {key: type(value) for key, value in found.items()}
    assert types == {key: type(value) for key, value in DEFAULTS.get(name, {}).items()}


def test_every_line_of_the_table_is_a_function():
    assert DEFAULTS.keys() <= FUNCTIONS.keys()


@pytest.mark.parametrize(("module", "name"), CONSTANTS)
def test_constants(module, name):
    assert getattr(module, name) == CONSTANTS[module, name]
