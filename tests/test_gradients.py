"""backward and state_jacobians against complex steps of the plain loop, PyTorch, and
two theorems.
"""

import itertools

import numpy as np
import pytest
from plain_loop import (
    CASES,
    NAMES,
    complex_step,
    plain_run,
    random_cell,
    relative_error,
)

from rnn_core import backward, gradient_curves, gradient_norms, run, state_jacobians
from rnn_core.reference import stored

# 4 x 3 x 3 x 2 = 72 shapes, sizes drawn at random
SHAPES = list(
    itertools.product(
        [(), (1,), (3,), (2, 3)],
        ["none", "shared", "own"],
        [1, 2, 5],
        ["seed 0", "seed 1"],
    )
)


@pytest.mark.parametrize(("batch", "state", "timesteps", "seed"), SHAPES)
def test_backward_is_the_complex_step_derivative(batch, state, timesteps, seed):
    rng = np.random.default_rng(SHAPES.index((batch, state, timesteps, seed)))
    input_size, hidden_size = rng.integers(1, 5), rng.integers(1, 6)
    cell = inputs, Wx, Wh, b, initial_state = random_cell(
        rng, timesteps, input_size, hidden_size, batch, state
    )
    hidden_states = run(*cell)
    d_hidden_states = rng.normal(size=hidden_states.shape)
    gradients = backward(
        d_hidden_states, inputs, hidden_states, Wx, Wh, b, initial_state
    )

    arguments = dict(zip(NAMES, cell, strict=True))
    if initial_state is None:
        arguments["initial_state"] = np.zeros((*batch, hidden_size))
    for name in NAMES:
        found = getattr(gradients, name)

        def loss(array, name=name):
            return (d_hidden_states * plain_run(**(arguments | {name: array}))).sum()

        expected = complex_step(loss, arguments[name])
        if (
            not expected.any()
        ):  # a single timestep without an initial state says nothing about Wh
            assert (name, timesteps, state) == ("Wh", 1, "none") and not found.any()
        else:
            assert relative_error(found, expected) < 1e-12, name


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("name", NAMES)
def test_backward_agrees_with_what_pytorch_stored(case, name):
    arrays = stored(case)
    inputs, *rest = (arrays[name] for name in NAMES)
    gradients = backward(arrays["d_hidden_states"], inputs, run(inputs, *rest), *rest)
    # h near 1 is known to 1e-16, and so its slope, here about 6e-5, to 1e-12 of its
    # size only
    tolerance = 1e-11 if case == "uniform" else 1e-14
    assert (
        relative_error(getattr(gradients, name), arrays[f"pytorch_d_{name}"])
        < tolerance
    )


@pytest.mark.parametrize("batch", [(), (2,), (2, 3)])
def test_the_whole_derivative_by_each_state_is_the_complex_step_of_the_rest_of_the_run(
    batch,
):
    cell = inputs, Wx, Wh, b, _ = random_cell(np.random.default_rng(5), 4, 2, 3, batch)
    hidden_states = run(*cell)
    direct = np.random.default_rng(6).normal(size=hidden_states.shape)
    found = backward(direct, inputs, hidden_states, Wx, Wh, b).hidden_states
    for t in range(4):

        def rest_of_the_loss(state, t=t):
            loss = (direct[..., t, :] * state).sum()
            if t < 3:
                loss += (
                    direct[..., t + 1 :, :]
                    * plain_run(inputs[..., t + 1 :, :], Wx, Wh, b, state)
                ).sum()
            return loss

        expected = complex_step(rest_of_the_loss, hidden_states[..., t, :])
        assert relative_error(found[..., t, :], expected) < 1e-12


def test_gradient_curves_by_hand():
    """Slopes of 1 and Wh = [[0, 2], [0.5, 0]]: singular values 2 and 0.5, eigenvalues 1
    and -1.
    """
    measured, bound, rule = gradient_curves(np.zeros((3, 2)), [[0, 2], [0.5, 0]])
    np.testing.assert_allclose(measured, [1, 2, 1, 2])  # its square is the identity
    np.testing.assert_allclose(bound, [1, 2, 4, 8])
    np.testing.assert_allclose(rule, [1, 1, 1, 1])


def test_a_gradient_beyond_all_numbers_is_refused_by_name():
    with pytest.raises(
        OverflowError,
        match=r"^the gradient must stay finite; it overflows within 400 timesteps",
    ):
        backward(
            np.ones((400, 1)),
            np.zeros((400, 1)),
            np.zeros((400, 1)),
            [[0]],
            [[10]],
            [0],
        )


def test_one_timestep_by_hand():
    # d tanh(z) = 1 - 0.5^2 = 0.75; times Wx = 2, input = 3, Wh = 5, initial_state =
    # 0.1; the state's own is 1
    found = backward([[1]], [[3]], [[0.5]], [[2]], [[5]], [0], [0.1])
    np.testing.assert_allclose(
        [g.item() for g in found], [2.25, 0.075, 0.75, 1.5, 3.75, 1], rtol=1e-15
    )


@pytest.mark.parametrize(
    ("first", "rest"), [*itertools.product([np.float32, np.float64], repeat=2)]
)
def test_float32_stays_float32_and_mixed_gives_float64(first, rest):
    inputs, Wx, Wh, b, initial_state = (
        a.astype(rest)
        for a in random_cell(np.random.default_rng(0), 3, 2, 4, (2,), "shared")
    )
    hidden_states = run(inputs, Wx, Wh, b, initial_state)
    found = backward(
        np.ones(hidden_states.shape, first),
        inputs,
        hidden_states,
        Wx,
        Wh,
        b,
        initial_state,
    )
    expected = np.result_type(first, rest)
    assert [gradient.dtype for gradient in found] == [expected] * 6
    assert state_jacobians(hidden_states[0].astype(first), Wh).dtype == expected
    assert gradient_norms(hidden_states[0].astype(first), Wh).dtype == expected


@pytest.mark.parametrize("seed", range(10))
def test_state_jacobians_are_complex_step_derivatives_of_one_step(seed):
    rng = np.random.default_rng(seed)
    inputs, Wx, Wh, b, _ = random_cell(rng, *rng.integers(1, 7, 3))
    hidden_states = run(inputs, Wx, Wh, b)
    jacobians = state_jacobians(hidden_states, Wh)
    before = np.vstack([np.zeros(len(b)), hidden_states[:-1]])
    for t, jacobian in enumerate(jacobians):

        def next_state(initial_state, t=t):
            return plain_run(inputs[t : t + 1], Wx, Wh, b, initial_state)[0]

        assert relative_error(jacobian, complex_step(next_state, before[t]).T) < 1e-12


@pytest.mark.parametrize("gain", [0.5, 1.0, 3.0])
def test_pascanus_bound(gain):
    """The norm of the product is at most sigma_1 to the power of timesteps, the slope
    being at most 1.
    """
    inputs, Wx, Wh, b, _ = random_cell(np.random.default_rng(0), 20, 4, 8, gain=gain)
    product = np.eye(8)
    sigma = np.linalg.norm(Wh, 2)
    for t, jacobian in enumerate(state_jacobians(run(inputs, Wx, Wh, b), Wh), start=1):
        assert np.linalg.norm(jacobian, 2) <= sigma * (1 + 1e-12)
        product = jacobian @ product
        assert np.linalg.norm(product, 2) <= sigma**t * (1 + 1e-12)


def test_the_shift_matrix_breaks_the_eigenvalue_rule():
    """Spectral radius 0, and yet a gradient grows to 2^19 before it vanishes, all at
    slope 1.
    """
    shift = 2 * np.eye(20, k=-1)
    assert not np.linalg.eigvals(shift).any()
    products = [np.eye(20)]
    for jacobian in state_jacobians(np.zeros((20, 20)), shift):
        products.append(jacobian @ products[-1])
    assert np.linalg.norm(products[19], 2) == 524288
    assert not products[20].any()
    np.testing.assert_array_equal(
        gradient_norms(np.zeros((20, 20)), shift), [0, *2.0 ** np.arange(19, -1, -1)]
    )


def test_the_gradient_of_the_initial_state_is_the_product_of_the_jacobians():
    inputs, Wx, Wh, b, initial_state = random_cell(
        np.random.default_rng(3), 6, 3, 5, state="shared"
    )
    hidden_states = run(inputs, Wx, Wh, b, initial_state)
    product = np.linalg.multi_dot(state_jacobians(hidden_states, Wh)[::-1])
    for unit in range(5):
        last = np.zeros((6, 5))
        last[-1, unit] = 1
        gradient = backward(last, inputs, hidden_states, Wx, Wh, b, initial_state)
        np.testing.assert_allclose(
            gradient.initial_state, product[unit], rtol=1e-12, atol=1e-15
        )


@pytest.mark.parametrize("timesteps", [1, 4])
def test_gradient_norms_are_singular_values_of_complex_step_derivatives(timesteps):
    inputs, Wx, Wh, b, initial_state = random_cell(
        np.random.default_rng(4), timesteps, 2, 5, state="own"
    )
    hidden_states = run(inputs, Wx, Wh, b, initial_state)
    found = gradient_norms(hidden_states, Wh)
    assert found.shape == (timesteps + 1,) and found[-1] == 1
    for t, start in enumerate([initial_state, *hidden_states[:-1]]):

        def last_state(state, t=t):
            return plain_run(inputs[t:], Wx, Wh, b, state)[-1]

        assert found[t] == pytest.approx(
            np.linalg.norm(complex_step(last_state, start), 2), rel=1e-12
        )
