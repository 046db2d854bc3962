"""What holds for every cell, tried on cells of Hypothesis's choice; the profiles stand
in conftest.py.
"""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from plain_loop import random_cell

import rnn_core
from rnn_core import backward, pre_activations, run, state_jacobians, step

TOLERANCE = {"rtol": 0, "atol": 1e-12}


@st.composite
def cells(
    draw,
    longest=20,
    largest=8,
    scales=(1e-3, 1.0, 30.0),
    batches=((), (1,), (3,), (2, 2)),
):
    """inputs, Wx, Wh, b, initial_state; a chaotic Wh only for up to 8 timesteps.

    Chaos doubles the last digit again and again: beyond 8 timesteps the largest
    singular value is at most 1.
    """
    sizes = draw(
        st.tuples(
            st.integers(1, longest), st.integers(1, largest), st.integers(1, largest)
        )
    )
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    inputs, Wx, Wh, b, initial_state = random_cell(
        rng,
        *sizes,
        draw(st.sampled_from(batches)),
        draw(st.sampled_from(["none", "shared", "own"])),
    )
    if sizes[0] > 8:
        Wh = Wh / max(1, np.linalg.norm(Wh, 2))
    return draw(st.sampled_from(scales)) * inputs, Wx, Wh, b, initial_state


def start(inputs, b, initial_state):
    """The initial state with the batch axes of inputs."""
    return np.broadcast_to(
        0.0 if initial_state is None else initial_state, (*inputs.shape[:-2], len(b))
    )


@given(cells(), st.data())
def test_splitting_a_run_and_carrying_the_state_changes_nothing(cell, data):
    inputs, *weights, initial_state = cell
    if (timesteps := inputs.shape[-2]) == 1:
        inputs, timesteps = np.repeat(inputs, 2, axis=-2), 2
    cut = data.draw(st.integers(1, timesteps - 1))
    first = run(inputs[..., :cut, :], *weights, initial_state)
    second = run(inputs[..., cut:, :], *weights, first[..., -1, :])
    whole = run(inputs, *weights, initial_state)
    np.testing.assert_allclose(
        np.concatenate([first, second], axis=-2), whole, **TOLERANCE
    )


@given(cells())
def test_a_run_is_its_steps(cell):
    inputs, *weights, initial_state = cell
    state = start(inputs, weights[-1], initial_state)
    for t, expected in enumerate(np.moveaxis(run(*cell), -2, 0)):
        state = step(inputs[..., t, :], state, *weights)
        np.testing.assert_allclose(state, expected, **TOLERANCE)


@given(cells())
def test_hidden_states_are_tanh_of_the_pre_activations(cell):
    inputs, *weights, initial_state = cell
    hidden_states = run(*cell)
    seen = pre_activations(inputs, hidden_states, *weights, initial_state)
    np.testing.assert_allclose(np.tanh(seen), hidden_states, **TOLERANCE)


@given(cells(batches=((1,), (3,), (2, 2))))
def test_a_batch_is_the_loop(cell):
    inputs, Wx, Wh, b, initial_state = cell
    together, states = run(*cell), start(inputs, b, initial_state)
    gradients = backward(together, inputs, together, Wx, Wh, b, initial_state)
    total = [np.zeros_like(weight) for weight in (Wx, Wh, b)]
    for sequence in np.ndindex(inputs.shape[:-2]):
        alone = run(inputs[sequence], Wx, Wh, b, states[sequence])
        np.testing.assert_allclose(together[sequence], alone, **TOLERANCE)
        own = backward(alone, inputs[sequence], alone, Wx, Wh, b, states[sequence])
        np.testing.assert_allclose(
            gradients.inputs[sequence], own.inputs, rtol=1e-9, atol=1e-9
        )
        total = [sum(pair) for pair in zip(total, own, strict=False)]
    for summed, found in zip(total, gradients, strict=False):
        np.testing.assert_allclose(found, summed, rtol=1e-9, atol=1e-9)


@given(cells())
def test_each_gradient_has_the_shape_of_its_argument(cell):
    inputs, Wx, Wh, b, initial_state = cell
    hidden_states = run(*cell)
    assert hidden_states.shape == (*inputs.shape[:-1], len(b))
    gradients = backward(hidden_states, inputs, hidden_states, Wx, Wh, b, initial_state)
    without_state = (*inputs.shape[:-2], len(b))
    expected = [a.shape for a in (Wx, Wh, b, inputs)]
    assert [g.shape for g in gradients[:4]] == expected
    assert gradients.initial_state.shape == (
        without_state if initial_state is None else initial_state.shape
    )


@given(cells(), st.randoms(use_true_random=False))
def test_permuting_the_hidden_units_permutes_the_states(cell, random):
    inputs, Wx, Wh, b, initial_state = cell
    order = random.sample(range(len(b)), len(b))
    state = None if initial_state is None else initial_state[..., order]
    permuted = run(inputs, Wx[order], Wh[order][:, order], b[order], state)
    np.testing.assert_allclose(permuted, run(*cell)[..., order], **TOLERANCE)


@given(cells())
def test_zero_weights_give_tanh_of_b(cell):
    inputs, Wx, Wh, b, initial_state = cell
    hidden_states = run(inputs, 0 * Wx, 0 * Wh, b, initial_state)
    np.testing.assert_allclose(
        hidden_states, np.broadcast_to(np.tanh(b), hidden_states.shape), rtol=1e-15
    )


@given(cells(), st.data())
def test_no_state_knows_the_future(cell, data):
    inputs, *rest = cell
    now = data.draw(st.integers(0, inputs.shape[-2] - 1))
    changed = inputs.copy()
    changed[..., now, :] += 1
    before, after = run(inputs, *rest), run(changed, *rest)
    np.testing.assert_array_equal(after[..., :now, :], before[..., :now, :])

    d_hidden_states = np.zeros_like(before)
    d_hidden_states[..., now, :] = 1
    d_inputs = backward(d_hidden_states, inputs, before, *rest).inputs
    assert not d_inputs[..., now + 1 :, :].any()


@given(cells())
def test_odd_symmetry_without_bias(cell):
    inputs, Wx, Wh, b, initial_state = cell
    opposite = None if initial_state is None else -initial_state
    positive, negative = (
        run(inputs, Wx, Wh, 0 * b, initial_state),
        run(-inputs, Wx, Wh, 0 * b, opposite),
    )
    np.testing.assert_allclose(negative, -positive, **TOLERANCE)


@given(cells(scales=(1.0, 1e3, 1e12)), st.sampled_from([np.float32, np.float64]))
def test_no_state_is_beyond_1(cell, dtype):
    inputs, *rest = (None if a is None else a.astype(dtype) for a in cell)
    assert np.abs(run(inputs, *rest)).max() <= 1


@given(cells(batches=((),)))
def test_jacobians_are_bounded_by_wh(cell):
    _, _, Wh, _, _ = cell
    hidden_states = run(*cell)
    assert (np.abs(state_jacobians(hidden_states, Wh)) <= np.abs(Wh)).all()
    largest = np.linalg.norm(Wh, 2)
    bounds = largest ** np.arange(
        len(hidden_states), -1.0, -1
    )  # Pascanu, Mikolov and Bengio (2013)
    assert (rnn_core.gradient_norms(hidden_states, Wh) <= bounds * (1 + 1e-12)).all()


def global_random_state():
    """Of np.random's own functions, which nothing here may call."""
    _, key, position, *_ = np.random.get_state()  # noqa: NPY002
    return key.tobytes(), position


@given(
    st.sampled_from(list(rnn_core.SCHEMES)),
    st.integers(1, 8),
    st.integers(1, 8),
    st.integers(0, 2**32),
)
def test_the_rng_is_the_only_source_of_randomness(
    scheme, input_size, hidden_size, seed
):
    before = global_random_state()
    first, second = (
        rnn_core.init_parameters(
            input_size, hidden_size, scheme=scheme, rng=np.random.default_rng(seed)
        )
        for _ in range(2)
    )
    assert global_random_state() == before
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other)
        assert not np.shares_memory(one, other)
