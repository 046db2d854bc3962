"""Make the stored outputs of PyTorch and Keras that tests and notebooks compare with.

    pip install numpy torch keras && KERAS_BACKEND=torch python
    tests/reference/make_references.py

One .npz file a case, sizes 10, 4, 8, every array plain (no pickle). All are float64 but
Keras's states: Keras 3.15 multiplies in float32 even where float64 is asked for, so
they agree to 1e-7 (compare at 1e-6).

uniform.npz        U[0, 1) for everything, as in the classic listing with seed 0;
                   initial state zero
centred.npz        weights from U(-1/sqrt(8), 1/sqrt(8)); initial state zero
initial_state.npz  the same weights; an initial state between -1 and 1
batch.npz          the same weights; 3 sequences, each with its own initial state

Keys and shapes (batch.npz has a leading axis of 3 where ... stands):

inputs (..., 10, 4), Wx (8, 4), Wh (8, 8), b (8,), initial_state (..., 8),
d_hidden_states, pytorch_hidden_states, keras_hidden_states (..., 10, 8)
pytorch_d_Wx, pytorch_d_Wh, pytorch_d_b, pytorch_d_inputs, pytorch_d_initial_state, each
of the shape of its argument: the gradients of the loss (d_hidden_states *
hidden_states).sum()

    reference = rnn_core.reference.stored("uniform")
    names = ("inputs", "Wx", "Wh", "b", "initial_state")
    hidden_states = run(*(reference[name] for name in names))
    expected = reference["pytorch_hidden_states"]
    np.testing.assert_allclose(hidden_states, expected, rtol=0, atol=1e-12)

gru.npz, lstm.npz  gated cells: the rows of Wx (3 or 4 times 8, 4), Wh and b in
                   PyTorch's order, its second bias 0; 3 sequences, each with its own
                   initial state, (3, 8); the LSTM's is (2, 3, 8), hidden state and
                   cell state; no Keras

draws.npz holds what fresh layers of DRAW_SIZES start from, under the libraries' own
names: pytorch_weight_ih_l0, pytorch_weight_hh_l0, pytorch_bias_ih_l0,
pytorch_bias_hh_l0, keras_kernel, keras_recurrent_kernel, keras_bias.

Neither the arrays nor the outputs come from rnn_core. The stored files: PyTorch 2.13.0,
Keras 3.15.1.
"""

from pathlib import Path

import keras
import numpy as np
import torch

TIMESTEPS, INPUT_SIZE, HIDDEN_SIZE = 10, 4, 8
DRAW_SIZES = 32, 64  # input_size, hidden_size
FOLDER = Path(__file__).parents[2] / "rnn_core" / "reference"


def cases():
    """Yield a name, and inputs, Wx, Wh, b, initial_state."""
    rng = np.random.default_rng(0)
    inputs = rng.random((TIMESTEPS, INPUT_SIZE))
    weights = (
        rng.random((HIDDEN_SIZE, INPUT_SIZE)),
        rng.random((HIDDEN_SIZE, HIDDEN_SIZE)),
        rng.random(HIDDEN_SIZE),
    )
    zeros = np.zeros(HIDDEN_SIZE)
    yield "uniform", inputs, *weights, zeros
    limit = 1 / np.sqrt(HIDDEN_SIZE)
    centred = [limit * (2 * w - 1) for w in weights]
    yield "centred", inputs, *centred, zeros
    yield "initial_state", inputs, *centred, rng.uniform(-1, 1, HIDDEN_SIZE)
    batch = rng.uniform(-1, 1, (3, TIMESTEPS, INPUT_SIZE))
    yield "batch", batch, *centred, rng.uniform(-1, 1, (3, HIDDEN_SIZE))


def pytorch(inputs, Wx, Wh, b, initial_state, d_hidden_states):
    """States of nn.RNN and the gradients of (d_hidden_states * hidden_states).sum()."""
    rnn = torch.nn.RNN(INPUT_SIZE, HIDDEN_SIZE, batch_first=True, dtype=torch.float64)
    with torch.no_grad():
        rnn.weight_ih_l0.copy_(torch.from_numpy(Wx))
        rnn.weight_hh_l0.copy_(torch.from_numpy(Wh))
        rnn.bias_ih_l0.copy_(torch.from_numpy(b))
        rnn.bias_hh_l0.zero_()
    x = torch.tensor(inputs, requires_grad=True)
    h0 = torch.tensor(
        initial_state[None], requires_grad=True
    )  # the leading axis counts layers
    output, _ = rnn(x, h0)
    (output * torch.from_numpy(d_hidden_states)).sum().backward()
    return {
        "pytorch_hidden_states": output.detach().numpy(),
        "pytorch_d_Wx": rnn.weight_ih_l0.grad.numpy(),
        "pytorch_d_Wh": rnn.weight_hh_l0.grad.numpy(),
        "pytorch_d_b": rnn.bias_ih_l0.grad.numpy(),
        "pytorch_d_inputs": x.grad.numpy(),
        "pytorch_d_initial_state": h0.grad.numpy()[0],
    }


def gated_cases():
    """Yield a name, PyTorch's layer, and the arrays of a gated cell."""
    for name, layer, gates in ("gru", torch.nn.GRU, 3), ("lstm", torch.nn.LSTM, 4):
        rng = np.random.default_rng(gates)
        rows = gates * HIDDEN_SIZE
        shapes = (
            (3, TIMESTEPS, INPUT_SIZE),
            (rows, INPUT_SIZE),
            (rows, HIDDEN_SIZE),
            (rows,),
        )
        arrays = [rng.uniform(-1, 1, shape) for shape in shapes]
        start = rng.uniform(
            -1, 1, (3, HIDDEN_SIZE) if gates == 3 else (2, 3, HIDDEN_SIZE)
        )
        yield name, layer, *arrays, start


def gated_pytorch(layer, inputs, Wx, Wh, b, initial_state, d_hidden_states):
    """States of nn.GRU or nn.LSTM and the gradients of (d_hidden_states *
    hidden_states).sum().
    """
    rnn = layer(INPUT_SIZE, HIDDEN_SIZE, batch_first=True, dtype=torch.float64)
    weights = {"Wx": rnn.weight_ih_l0, "Wh": rnn.weight_hh_l0, "b": rnn.bias_ih_l0}
    with torch.no_grad():
        rnn.bias_hh_l0.zero_()
        for weight, array in zip(weights.values(), (Wx, Wh, b), strict=True):
            weight.copy_(torch.from_numpy(array))
    tensors = {
        "inputs": torch.tensor(inputs),
        "initial_state": torch.tensor(initial_state),
    }
    x, start = (tensor.requires_grad_() for tensor in tensors.values())
    output, _ = rnn(
        x, start[None] if start.ndim == 2 else (start[0][None], start[1][None])
    )
    (output * torch.from_numpy(d_hidden_states)).sum().backward()
    gradients = {
        f"pytorch_d_{name}": t.grad.numpy() for name, t in (weights | tensors).items()
    }
    return {"pytorch_hidden_states": output.detach().numpy()} | gradients


def keras_states(inputs, Wx, Wh, b, initial_state):
    """States of SimpleRNN, which always wants a batch axis."""
    layer = keras.layers.SimpleRNN(HIDDEN_SIZE, return_sequences=True, dtype="float32")
    batch = inputs.reshape(-1, TIMESTEPS, INPUT_SIZE)
    layer.build(batch.shape)
    layer.set_weights([Wx.T, Wh.T, b])
    initial = keras.ops.convert_to_tensor(
        initial_state.reshape(-1, HIDDEN_SIZE), dtype="float32"
    )
    output = layer(
        keras.ops.convert_to_tensor(batch, dtype="float32"), initial_state=initial
    )
    return keras.ops.convert_to_numpy(output).reshape(*inputs.shape[:-1], HIDDEN_SIZE)


def draws():
    """What nn.RNN and SimpleRNN start from."""
    torch.manual_seed(0)
    keras.utils.set_random_seed(0)
    input_size, hidden_size = DRAW_SIZES
    rnn = torch.nn.RNN(input_size, hidden_size)
    layer = keras.layers.SimpleRNN(hidden_size)
    layer.build((1, TIMESTEPS, input_size))
    found = {
        f"pytorch_{name}": value.detach().numpy()
        for name, value in rnn.named_parameters()
    }
    return found | {
        f"keras_{w.name}": keras.ops.convert_to_numpy(w) for w in layer.weights
    }


def main():
    torch.set_num_threads(1)
    np.savez(FOLDER / "draws", **draws())
    names = "inputs", "Wx", "Wh", "b", "initial_state"
    for case, layer, *arrays in gated_cases():
        d_hidden_states = np.random.default_rng(1).uniform(
            -1, 1, (3, TIMESTEPS, HIDDEN_SIZE)
        )
        found = gated_pytorch(layer, *arrays, d_hidden_states)
        given = dict(zip(names, arrays, strict=True)) | {
            "d_hidden_states": d_hidden_states
        }
        np.savez(FOLDER / case, **given, **found)
    for case, *arrays in cases():
        shape = (*arrays[0].shape[:-1], HIDDEN_SIZE)
        d_hidden_states = np.random.default_rng(1).uniform(-1, 1, shape)
        outputs = pytorch(*arrays, d_hidden_states)
        outputs["keras_hidden_states"] = keras_states(*arrays)
        np.savez(
            FOLDER / case,
            **dict(zip(names, arrays, strict=True)),
            d_hidden_states=d_hidden_states,
            **outputs,
        )
        difference = np.abs(
            outputs["keras_hidden_states"] - outputs["pytorch_hidden_states"]
        ).max()
        print(
            f"{case}: PyTorch {torch.__version__} and Keras {keras.__version__}"
            f" differ by {difference:.1e}"
        )


if __name__ == "__main__":
    main()
