"""What a user would pick instead: each peer turns one cell into functions without
arguments, to be timed.

Each takes (inputs, Wx, Wh, b, d_hidden_states) and returns {"forward": ..., "training":
...}; training is forward and backward. A peer that lacks one of them, or does not do
this batch or dtype, leaves it out.
"""

import os

import numpy as np

from rnn_core import backward, run


def rnn_core(inputs, Wx, Wh, b, d_hidden_states):
    def training():
        return backward(d_hidden_states, inputs, run(inputs, Wx, Wh, b), Wx, Wh, b)

    return {"forward": lambda: run(inputs, Wx, Wh, b), "training": training}


def classic_loop(inputs, Wx, Wh, b, d_hidden_states):
    """The classic listing as lesson 01 shows it: a list of lists that grows.

    Of a batch, which it does not know, it collects arrays.
    """

    def forward():
        hidden_state_t = np.zeros((*inputs.shape[:-2], len(b)), b.dtype)
        total_hidden_states = []
        for t in range(inputs.shape[-2]):
            if inputs.ndim == 2:
                output_t = np.tanh(
                    np.dot(Wx, inputs[t]) + np.dot(Wh, hidden_state_t) + b
                )
                total_hidden_states.append(list(output_t))
            else:
                output_t = np.tanh(
                    np.dot(inputs[:, t], Wx.T) + np.dot(hidden_state_t, Wh.T) + b
                )
                total_hidden_states.append(output_t)
            hidden_state_t = output_t
        return np.stack(total_hidden_states, axis=inputs.ndim - 2)

    return {"forward": forward}


def call_floor(inputs, Wx, Wh, b, d_hidden_states):
    """Not a peer: NumPy's own price of one product and one tanh a step, with nothing
    else.
    """
    batched = inputs.ndim == 3
    hidden_state = np.tanh(np.broadcast_to(b, (*inputs.shape[:-2], len(b))))
    out, Wh_T = np.empty_like(hidden_state), np.ascontiguousarray(Wh.T)

    def forward():
        for _ in range(inputs.shape[-2]):
            if batched:
                np.dot(hidden_state, Wh_T, out=out)
            else:
                np.dot(Wh, hidden_state, out=out)
            np.tanh(out, out=hidden_state)
        return hidden_state

    return {"forward": forward}


def pytorch(inputs, Wx, Wh, b, d_hidden_states):
    import torch

    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    x, d = torch.from_numpy(inputs), torch.from_numpy(d_hidden_states)
    rnn = torch.nn.RNN(x.shape[-1], len(b), batch_first=True, dtype=x.dtype)
    with torch.no_grad():
        rnn.weight_ih_l0.copy_(torch.from_numpy(Wx))
        rnn.weight_hh_l0.copy_(torch.from_numpy(Wh))
        rnn.bias_ih_l0.copy_(torch.from_numpy(b))
        rnn.bias_hh_l0.zero_()
    x_with_gradient = x.clone().requires_grad_()

    def forward():
        with torch.no_grad():
            return rnn(x)[0]

    def training():
        rnn.zero_grad()
        x_with_gradient.grad = None
        rnn(x_with_gradient)[0].backward(d)

    return {"forward": forward, "training": training}


def jax(inputs, Wx, Wh, b, d_hidden_states):
    import jax
    from jax import numpy as jnp

    jax.config.update("jax_enable_x64", True)

    def states(x, Wx_T, Wh_T, b):
        def step(state, from_input):
            state = jnp.tanh(from_input + state @ Wh_T)
            return state, state

        from_input = (x @ Wx_T + b).swapaxes(0, 1)  # (timesteps, rows, hidden_size)
        return jax.lax.scan(step, jnp.zeros_like(from_input[0]), from_input)[
            1
        ].swapaxes(0, 1)

    # Rows of a batch and transposed weights, as JAX's libraries keep them: its quickest
    # form here.
    x, d = (
        jnp.asarray(a if a.ndim == 3 else a[None]) for a in (inputs, d_hidden_states)
    )
    return _jitted(
        jax, states, [x, jnp.asarray(Wx.T), jnp.asarray(Wh.T), jnp.asarray(b)], d
    )


def keras(inputs, Wx, Wh, b, d_hidden_states):
    """Through its own methods, on JAX, which compiles them; its update is 0 times the
    gradient.
    """
    if b.dtype != np.float32:
        # Keras 3.15 multiplies in float32 even where float64 is asked for, which JAX
        # then refuses
        return {}
    keras, layer, x, d = _keras_layer(inputs, Wx, Wh, b, d_hidden_states)
    model = keras.Sequential([layer])
    model.compile(
        optimizer=keras.optimizers.SGD(0.0),
        loss=lambda d, states: keras.ops.sum(d * states),
    )
    return {
        "forward": lambda: model.predict_on_batch(x),
        "training": lambda: model.train_on_batch(x, d),
    }


def keras_in_jit(inputs, Wx, Wh, b, d_hidden_states):
    """The layer as a function of JAX's: Keras without its methods, as few will write
    it.
    """
    if b.dtype != np.float32:
        return {}
    _, layer, x, d = _keras_layer(inputs, Wx, Wh, b, d_hidden_states)
    import jax
    from jax import numpy as jnp

    def states(x, *weights):
        other = [variable.value for variable in layer.non_trainable_variables]
        return layer.stateless_call(weights, other, x)[0]

    cell = [jnp.asarray(x), *(variable.value for variable in layer.trainable_variables)]
    return _jitted(jax, states, cell, jnp.asarray(d))


def _keras_layer(inputs, Wx, Wh, b, d_hidden_states):
    os.environ.setdefault("KERAS_BACKEND", "jax")
    import keras

    layer = keras.layers.SimpleRNN(len(b), return_sequences=True)
    x, d = (
        array if array.ndim == 3 else array[None] for array in (inputs, d_hidden_states)
    )
    layer.build(x.shape)
    layer.set_weights([Wx.T, Wh.T, b])
    return keras, layer, x, d


def _jitted(jax, states, cell, d):
    forward = jax.jit(states)
    gradient = jax.jit(
        jax.grad(
            lambda *cell: (d * states(*cell)).sum(), argnums=tuple(range(len(cell)))
        )
    )
    return {
        "forward": lambda: forward(*cell).block_until_ready(),
        "training": lambda: jax.block_until_ready(gradient(*cell)),
    }


def onnx_runtime(inputs, Wx, Wh, b, d_hidden_states):
    import onnx
    import onnxruntime
    from onnx import TensorProto, helper, numpy_helper

    if b.dtype != np.float32:
        return {}  # its RNN knows no other
    x = np.ascontiguousarray(
        (inputs if inputs.ndim == 3 else inputs[None]).swapaxes(0, 1)
    )
    weights = {
        "W": Wx[None],
        "R": Wh[None],
        "B": np.concatenate([b, np.zeros_like(b)])[None],
    }
    graph = helper.make_graph(
        [helper.make_node("RNN", ["X", "W", "R", "B"], ["Y"], hidden_size=len(b))],
        "cell",
        [helper.make_tensor_value_info("X", TensorProto.FLOAT, x.shape)],
        [
            helper.make_tensor_value_info(
                "Y", TensorProto.FLOAT, (len(x), 1, x.shape[1], len(b))
            )
        ],
        [numpy_helper.from_array(array, name) for name, array in weights.items()],
    )
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 14)], ir_version=8
    )
    onnx.checker.check_model(model)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = int(os.environ["OMP_NUM_THREADS"])
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    return {"forward": lambda: session.run(None, {"X": x})[0][:, 0].swapaxes(0, 1)}


def reservoirpy(inputs, Wx, Wh, b, d_hidden_states):
    if inputs.ndim == 3 or b.dtype != np.float64:
        return {}  # one sequence at a time, and its states are float64 whatever goes in
    from reservoirpy.nodes import Reservoir

    node = Reservoir(lr=1.0, W=Wh, Win=Wx, bias=b, dtype=b.dtype.type)
    node.run(inputs)  # a node has no state to reset before its first run

    def forward():
        node.reset()
        return node.run(inputs)

    return {"forward": forward}


PEERS = {
    "rnn_core": rnn_core,
    "classic loop": classic_loop,
    "PyTorch": pytorch,
    "JAX": jax,
    "Keras": keras,
    "Keras in jit": keras_in_jit,
    "ONNX Runtime": onnx_runtime,
    "reservoirpy": reservoirpy,
    "call floor": call_floor,
}
