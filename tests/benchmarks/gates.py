"""GRU and LSTM against PyTorch's and Keras's own, in one process, one thread:

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python -m tests.benchmarks.gates

Each peer takes (name, inputs, Wx, Wh, b, d_hidden_states), name "GRU" or "LSTM", and
returns {"forward": ..., "training": ...}, as in peers.py; training is forward and
backward.
"""

import os

import numpy as np

from rnn_core import backward_gru, backward_lstm, run_gru, run_lstm

from .measure import SIZES, alternate

NAMED = ["tiny", "small", "long", "medium"]
BLOCKS = {"GRU": 3, "LSTM": 4}


def rnn_core(name, inputs, Wx, Wh, b, d_hidden_states):
    run, backward = {"GRU": (run_gru, backward_gru), "LSTM": (run_lstm, backward_lstm)}[
        name
    ]

    def training():
        return backward(d_hidden_states, inputs, run(inputs, Wx, Wh, b), Wx, Wh, b)

    return {
        "forward": lambda: run(inputs, Wx, Wh, b).hidden_states,
        "training": training,
    }


def pytorch(name, inputs, Wx, Wh, b, d_hidden_states):
    import torch

    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    x, d = torch.from_numpy(inputs), torch.from_numpy(d_hidden_states)
    layer = getattr(torch.nn, name)(
        x.shape[-1], Wh.shape[1], batch_first=True, dtype=x.dtype
    )
    with torch.no_grad():
        layer.bias_hh_l0.zero_()
        for weight, array in (
            (layer.weight_ih_l0, Wx),
            (layer.weight_hh_l0, Wh),
            (layer.bias_ih_l0, b),
        ):
            weight.copy_(torch.from_numpy(array))
    x_with_gradient = x.clone().requires_grad_()

    def forward():
        with torch.no_grad():
            return layer(x)[0]

    def training():
        layer.zero_grad()
        x_with_gradient.grad = None
        layer(x_with_gradient)[0].backward(d)

    return {"forward": forward, "training": training}


def keras(name, inputs, Wx, Wh, b, d_hidden_states):
    """Through its own methods, on JAX, which compiles them; its update is 0 times the
    gradient.
    """
    if b.dtype != np.float32:
        # Keras 3.15 multiplies in float32 even where float64 is asked for, which JAX
        # then refuses
        return {}
    os.environ.setdefault("KERAS_BACKEND", "jax")
    import keras

    size = Wh.shape[1]
    if (
        name == "GRU"
    ):  # its blocks are update, reset, candidate, and it has a bias for the state too
        rows = np.r_[size : 2 * size, :size, 2 * size : 3 * size]
        Wx, Wh, b = Wx[rows], Wh[rows], np.stack([b[rows], np.zeros_like(b)])
    layer = getattr(keras.layers, name)(size, return_sequences=True)
    x, d = (
        array if array.ndim == 3 else array[None] for array in (inputs, d_hidden_states)
    )
    layer.build(x.shape)
    layer.set_weights([Wx.T, Wh.T, b])
    model = keras.Sequential([layer])
    model.compile(
        optimizer=keras.optimizers.SGD(0.0),
        loss=lambda d, states: keras.ops.sum(d * states),
    )
    return {
        "forward": lambda: model.predict_on_batch(x),
        "training": lambda: model.train_on_batch(x, d),
    }


PEERS = {"rnn_core": rnn_core, "PyTorch": pytorch, "Keras": keras}


def cell(name, size, dtype):
    """inputs, Wx, Wh, b, d_hidden_states; a batch of one has no batch axis."""
    timesteps, input_size, hidden_size, batch = SIZES[size]
    rng, rows = np.random.default_rng(0), () if batch == 1 else (batch,)
    Wx = rng.normal(size=(BLOCKS[name] * hidden_size, input_size)) / np.sqrt(input_size)
    Wh = rng.normal(size=(BLOCKS[name] * hidden_size, hidden_size)) / np.sqrt(
        hidden_size
    )
    inputs, d = (
        rng.random((*rows, timesteps, input_size)),
        rng.normal(size=(*rows, timesteps, hidden_size)),
    )
    return [array.astype(dtype) for array in (inputs, Wx, Wh, np.zeros(len(Wx)), d)]


def against_peers(name, size, dtype, seconds):
    """{"forward": {peer: seconds}, "training": ...}, and for each peer that can't be
    measured the reason.
    """
    arrays, jobs, missing = cell(name, size, dtype), {"forward": {}, "training": {}}, {}
    for peer, make in PEERS.items():
        try:
            for job, function in make(name, *arrays).items():
                jobs[job][peer] = function
        except ImportError as error:
            missing[peer] = str(error)
    states = jobs["forward"]["rnn_core"]()
    for peer, function in jobs[
        "forward"
    ].items():  # the others must have worked out the same
        found = np.asarray(function()).reshape(states.shape)
        np.testing.assert_allclose(
            found, states, rtol=0, atol=np.finfo(dtype).eps ** 0.5, err_msg=peer
        )
    return {
        job: alternate(functions, seconds) for job, functions in jobs.items()
    }, missing


def main(seconds=1.0):
    """Print for each cell, dtype, size and job our time, its ratio to each peer's."""
    for dtype in ("float64", "float32"):
        for name in BLOCKS:
            for size in NAMED:
                found, missing = against_peers(name, size, dtype, seconds)
                for job, times in found.items():
                    ratios = "  ".join(
                        f"{peer} {times['rnn_core'] / time:.2f}"
                        for peer, time in times.items()
                        if peer != "rnn_core"
                    )
                    ours = 1e3 * times["rnn_core"]
                    print(
                        f"{dtype} {name:5}{size:7}{job:9}{ours:9.2f} ms  {ratios}",
                        flush=True,
                    )
    for peer, reason in missing.items():
        print(f"missing: {peer} ({reason})")


if __name__ == "__main__":
    main()
