"""run, backward and the "pytorch" scheme against PyTorch itself, where it is installed.

.ci/run sets RNN_REQUIRE_TORCH=1, and then it must be.
"""

import os

import numpy as np
import pytest
from plain_loop import random_cell, relative_error

from rnn_core import backward, init_parameters, run
from rnn_lessons.check import check

try:
    import torch
except ImportError:
    if os.environ.get("RNN_REQUIRE_TORCH") == "1":
        raise
    pytest.skip(
        "PyTorch is not installed (pip install torch==2.13.0)", allow_module_level=True
    )


def torch_states_and_gradients(d_hidden_states, inputs, Wx, Wh, b, initial_state):
    """Of nn.RNN over a batch, its second bias zero."""
    rnn = torch.nn.RNN(*Wx.shape[::-1], batch_first=True, dtype=torch.float64)
    with torch.no_grad():
        rnn.weight_ih_l0.copy_(torch.from_numpy(Wx))
        rnn.weight_hh_l0.copy_(torch.from_numpy(Wh))
        rnn.bias_ih_l0.copy_(torch.from_numpy(b))
        rnn.bias_hh_l0.zero_()
    x, h0 = (
        torch.tensor(inputs, requires_grad=True),
        torch.tensor(initial_state, requires_grad=True),
    )
    output, _ = rnn(x, h0[None])
    output.backward(torch.from_numpy(d_hidden_states))
    weights = (rnn.weight_ih_l0, rnn.weight_hh_l0, rnn.bias_ih_l0)
    return [
        output.detach().numpy(),
        *(array.grad.numpy() for array in (*weights, x, h0)),
    ]


@pytest.mark.parametrize("seed", range(200))
def test_states_and_gradients_agree(seed):
    rng = np.random.default_rng(seed)
    timesteps, input_size, hidden_size, batch = (
        int(n) for n in rng.integers(1, [13, 9, 17, 5])
    )
    # at gain 1 and at most 12 timesteps no cell amplifies the last digit by more than
    # about 10
    cell = inputs, *weights, initial_state = random_cell(
        rng, timesteps, input_size, hidden_size, (batch,), "own", gain=1.0
    )
    hidden_states = run(*cell)
    d_hidden_states = rng.normal(size=hidden_states.shape)
    gradients = backward(
        d_hidden_states, inputs, hidden_states, *weights, initial_state
    )
    for found, expected in zip(
        [hidden_states, *gradients[:5]],
        torch_states_and_gradients(d_hidden_states, *cell),
        strict=True,
    ):
        assert relative_error(found, expected) < 1e-12


def test_what_nn_rnn_starts_from():
    """The same distribution: equal bounds, and variances within five standard errors, b
    being two biases.
    """
    torch.manual_seed(0)
    layer = {
        name: array.detach().numpy()
        for name, array in torch.nn.RNN(50, 400).named_parameters()
    }
    drawn = init_parameters(50, 400, scheme="pytorch", rng=np.random.default_rng(0))
    b = layer["bias_ih_l0"] + layer["bias_hh_l0"]
    for ours, theirs in zip(
        drawn, (layer["weight_ih_l0"], layer["weight_hh_l0"], b), strict=True
    ):
        assert ours.shape == theirs.shape
        assert np.abs(ours).max() == pytest.approx(np.abs(theirs).max(), rel=0.1)
        assert ours.var() == pytest.approx(theirs.var(), rel=7 / np.sqrt(ours.size))


def rnn_and_batch():
    """PyTorch's layer as it comes, float32, and a batch of three sequences."""
    rng = np.random.default_rng(0)
    torch.manual_seed(0)
    inputs = torch.tensor(rng.normal(size=(3, 20, 4)), dtype=torch.float32)
    return torch.nn.RNN(4, 8), inputs


def weights_of(rnn):
    return rnn.weight_ih_l0, rnn.weight_hh_l0, rnn.bias_ih_l0 + rnn.bias_hh_l0


def test_weights_that_want_gradients_are_refused_in_pytorchs_own_words():
    rnn, inputs = rnn_and_batch()
    with pytest.raises(TypeError, match=r"^Wx must be .* got Parameter .*\.detach\(\)"):
        run(inputs, *weights_of(rnn))
    with pytest.raises(TypeError, match=r"^Wx must be .* got Tensor .*BFloat16"):
        run(inputs, *(weight.detach().bfloat16() for weight in weights_of(rnn)))
    said = check("07.1", torch.ones(3, requires_grad=True))
    assert said.startswith("not yet: expected numbers of shape") and "detach()" in said


def test_detached_weights_give_pytorchs_states_and_time_first_must_be_exchanged():
    rnn, inputs = rnn_and_batch()
    weights = [weight.detach() for weight in weights_of(rnn)]
    with torch.no_grad():
        time_first, h_n = rnn(inputs.swapaxes(0, 1))
    ours = run(inputs, *weights)
    np.testing.assert_allclose(ours.swapaxes(0, 1), time_first, rtol=0, atol=1e-6)
    # No check can see it: the shapes fit, and the numbers are others.
    exchanged = run(inputs.swapaxes(0, 1), *weights)
    assert exchanged.shape == time_first.shape
    assert np.abs(exchanged - time_first.numpy()).max() > 0.1

    with pytest.raises(
        ValueError, match=r"h_0 has one more axis, .*: give h_0\[0\]; got"
    ):
        run(inputs, *weights, h_n)
    with torch.no_grad():
        later, _ = rnn(inputs.swapaxes(0, 1), h_n)
    carried = run(inputs, *weights, h_n[0])
    np.testing.assert_allclose(carried.swapaxes(0, 1), later, rtol=0, atol=1e-6)
