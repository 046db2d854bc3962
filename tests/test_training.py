"""training against complex steps of a plain loss, Adam as its paper writes it, and the
text itself.
"""

import collections
import math
from typing import NamedTuple

import numpy as np
import pytest
from plain_loop import complex_step, plain_run, random_cell, relative_error

from rnn_core import (
    Model,
    adam,
    adding_problem,
    clip_by_global_norm,
    fit,
    init_model,
    init_parameters,
    loss_and_gradients,
    next_character_task,
    recite,
    run,
    saturated_fraction,
    zen_of_python,
)

RECIPE = {
    "learning_rate": 5e-3,
    "clip": 0.1,
}  # any learning rate from 2e-3 to 1e-2 does
ZEN = zen_of_python()


def random_task(rng, timesteps=5, input_size=3, hidden_size=4, output_size=3, batch=()):
    inputs, Wx, Wh, b, _ = random_cell(rng, timesteps, input_size, hidden_size, batch)
    model = Model(
        Wx,
        Wh,
        b,
        rng.normal(size=(output_size, hidden_size)),
        rng.normal(size=output_size),
    )
    return model, inputs, rng.integers(0, output_size, (*batch, timesteps))


def plain_loss(model, inputs, targets):
    """Mean of -ln softmax at the target, one target after the other; complex numbers
    are welcome.
    """
    hidden_states = plain_run(inputs, model.Wx, model.Wh, model.b)
    total = 0
    for place in np.ndindex(targets.shape):
        logits = np.dot(model.Wy, hidden_states[place]) + model.by
        total = total + np.log(np.sum(np.exp(logits))) - logits[targets[place]]
    return total / targets.size


@pytest.mark.parametrize("batch", [(), (1,), (3,), (2, 3)])
@pytest.mark.parametrize("timesteps", [1, 2, 6])
@pytest.mark.parametrize("seed", range(5))
def test_gradients_are_the_complex_step_derivative(batch, timesteps, seed):
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 6, 2)
    model, inputs, targets = random_task(
        rng, timesteps, *sizes, output_size=rng.integers(2, 6), batch=batch
    )
    loss, gradients, _ = loss_and_gradients(model, inputs, targets)
    assert loss == pytest.approx(plain_loss(model, inputs, targets), rel=1e-13)
    for name, found in gradients._asdict().items():
        expected = complex_step(
            lambda array, name=name: plain_loss(
                model._replace(**{name: array}), inputs, targets
            ),
            getattr(model, name),
        )
        if not expected.any():  # a single timestep says nothing about Wh
            assert (name, timesteps) == ("Wh", 1)
            assert not found.any()
        else:
            assert relative_error(found, expected) < 1e-12


def test_a_readout_that_knows_nothing():
    model, inputs, _ = random_task(np.random.default_rng(0), timesteps=4, output_size=5)
    model = model._replace(Wy=np.zeros((5, 4)), by=np.zeros(5))
    loss, gradients, accuracy = loss_and_gradients(model, inputs, [0, 1, 0, 4])
    assert loss == pytest.approx(math.log(5), rel=1e-15)
    np.testing.assert_allclose(
        gradients.by, [1 / 5 - 2 / 4, 1 / 5 - 1 / 4, 1 / 5, 1 / 5, 1 / 5 - 1 / 4]
    )
    assert accuracy == 0.5  # of equal logits the first one counts as largest


@pytest.mark.parametrize(("target", "loss"), [(0, 0.0), (1, 5000.0)])
def test_logits_beyond_the_range_of_exp(target, loss):
    model = Model(
        np.zeros((1, 1)),
        np.zeros((1, 1)),
        np.zeros(1),
        np.zeros((2, 1)),
        np.array([5000.0, 0.0]),
    )
    found, gradients, accuracy = loss_and_gradients(model, [[1.0]], [target])
    assert (found, accuracy) == (loss, 1 - target)
    np.testing.assert_array_equal(gradients.by, [target, -target])


def test_logits_of_one_timestep_far_below_those_of_another():
    model = Model(
        np.ones((1, 1)),
        np.zeros((1, 1)),
        np.zeros(1),
        np.full((2, 1), 5000.0),
        np.zeros(2),
    )
    loss, gradients, _ = loss_and_gradients(
        model, [[20.0], [-20.0]], [0, 1]
    )  # 5000 twice, then -5000 twice
    assert loss == pytest.approx(math.log(2), rel=1e-15)
    np.testing.assert_array_equal(gradients.by, [0, 0])


def test_float32_stays_float32():
    model, inputs, targets = random_task(np.random.default_rng(0))
    model, inputs = (
        Model(*(array.astype(np.float32) for array in model)),
        inputs.astype(np.float32),
    )
    (update,) = fit(model, inputs, targets, updates=1, learning_rate=0.1, clip=1.0)
    _, gradients, _ = loss_and_gradients(model, inputs, targets)
    assert {array.dtype for array in (*gradients, *update.model)} == {
        np.dtype(np.float32)
    }


def test_init_model():
    model = init_model(
        4, 8, 300, scheme="gaussian", gain=1.5, rng=np.random.default_rng(7)
    )
    cell = init_parameters(
        4, 8, scheme="gaussian", gain=1.5, rng=np.random.default_rng(7)
    )
    for found, expected in zip(model, cell, strict=False):
        np.testing.assert_array_equal(found, expected)
    limit = math.sqrt(6 / 308)
    assert model.Wy.shape == (300, 8)
    assert limit * 0.99 < np.abs(model.Wy).max() <= limit
    assert abs(model.Wy.mean()) < 4 * limit / math.sqrt(3 * model.Wy.size)
    np.testing.assert_array_equal(model.by, np.zeros(300))


def test_next_character_task():
    inputs, targets, characters = next_character_task(ZEN)
    assert inputs.shape == (855, 45)
    assert characters == "".join(sorted(set(ZEN)))
    assert "".join(characters[row.argmax()] for row in inputs) == ZEN[:-1]
    assert "".join(characters[target] for target in targets) == ZEN[1:]
    np.testing.assert_array_equal(inputs.sum(axis=1), 1)


def test_the_shortest_text_that_can_be_learnt():
    inputs, targets, characters = next_character_task("ba")
    assert (inputs.tolist(), targets.tolist(), characters) == ([[0, 1]], [0], "ab")


def test_clipping():
    gradients = Model(
        [[1.0]], [[-2.0]], [4.0], [[-10.0], [0.0]], [20.0, 0.0]
    )  # 1 + 4 + 16 + 100 + 400 = 521
    norm = math.sqrt(521)
    for limit, scale in [
        (0.0, 0.0),
        (1.0, 1 / norm),
        (norm / 2, 0.5),
        (norm, 1.0),
        (100.0, 1.0),
    ]:
        clipped, found = clip_by_global_norm(gradients, limit)
        assert found == pytest.approx(norm, rel=1e-15)
        for array, gradient in zip(clipped, gradients, strict=True):
            np.testing.assert_allclose(array, scale * np.array(gradient), rtol=1e-15)
    nothing = Model(*(np.zeros_like(gradient) for gradient in gradients))
    assert clip_by_global_norm(nothing, 0.0)[1] == 0


def test_clipping_shares_no_memory():
    gradients, _, _ = random_task(np.random.default_rng(0))
    clipped, _ = clip_by_global_norm(gradients, 1e9)
    assert not any(map(np.shares_memory, clipped, gradients))


def adam_of_the_paper(model, inputs, targets, updates, alpha, clip, beta2):
    """Algorithm 1 of Kingma and Ba, a number at a time, on gradients clipped by hand."""
    theta = np.concatenate([array.ravel() for array in model])
    m, v = [0.0] * len(theta), [0.0] * len(theta)
    for t in range(1, updates + 1):
        splits = np.cumsum([array.size for array in model])[:-1]
        parts = zip(np.split(theta, splits), model, strict=True)
        at = Model(*(part.reshape(array.shape) for part, array in parts))
        g = np.concatenate(
            [array.ravel() for array in loss_and_gradients(at, inputs, targets)[1]]
        )
        g = g * min(1, clip / math.sqrt((g * g).sum()))
        for i in range(len(theta)):
            m[i] = 0.9 * m[i] + 0.1 * g[i]
            v[i] = beta2 * v[i] + (1 - beta2) * g[i] * g[i]
            m_hat, v_hat = m[i] / (1 - 0.9**t), v[i] / (1 - beta2**t)
            theta[i] -= alpha * m_hat / (math.sqrt(v_hat) + 1e-8)
    return theta


@pytest.mark.parametrize(
    ("clip", "beta2"), [(0.1, 0.99), (0.5, 0.5), (1e9, 0.999), (1e9, 0.0)]
)
def test_fit_is_adam(clip, beta2):
    task = random_task(np.random.default_rng(1))
    *_, update = fit(*task, updates=5, learning_rate=0.05, clip=clip, beta2=beta2)
    expected = adam_of_the_paper(*task, 5, 0.05, clip, beta2)
    found = np.concatenate([array.ravel() for array in update.model])
    np.testing.assert_allclose(found, expected, rtol=1e-10)


def test_beta2_is_099_unless_said():
    task = random_task(np.random.default_rng(1))
    *_, update = fit(*task, updates=3, learning_rate=0.05, clip=1.0)
    *_, same = fit(*task, updates=3, learning_rate=0.05, clip=1.0, beta2=0.99)
    np.testing.assert_array_equal(update.model.Wh, same.model.Wh)


def test_an_update_speaks_of_its_own_model():
    model, inputs, targets = random_task(np.random.default_rng(2))
    for update in fit(model, inputs, targets, updates=4, learning_rate=0.1, clip=0.01):
        loss, gradients, accuracy = loss_and_gradients(update.model, inputs, targets)
        norm = math.sqrt(sum((gradient**2).sum() for gradient in gradients))
        assert (update.loss, update.accuracy) == (loss, accuracy)
        assert update.gradient_norm == pytest.approx(norm, rel=1e-12)


def test_fit_can_be_left_and_taken_up_again():
    task = random_task(np.random.default_rng(3))
    settings = {"learning_rate": 0.1, "clip": 1.0}
    whole = list(fit(*task, updates=6, **settings))
    assert len(whole) == 6
    updates = fit(*task, updates=6, **settings)
    parted = [
        next(updates) for _ in range(2)
    ]  # interrupted here: what was yielded is learnt
    np.testing.assert_array_equal(
        parted[-1].model.Wh, list(fit(*task, updates=2, **settings))[-1].model.Wh
    )
    parted += updates
    for one, other in zip(whole, parted, strict=True):
        assert one.loss == other.loss
        np.testing.assert_array_equal(one.model.Wh, other.model.Wh)


def test_fit_leaves_the_model_of_the_caller_alone():
    model, inputs, targets = random_task(np.random.default_rng(4))
    before = [array.copy() for array in (*model, inputs, targets)]
    updates = list(fit(model, inputs, targets, updates=3, learning_rate=0.1, clip=1.0))
    for array, copy in zip((*model, inputs, targets), before, strict=True):
        np.testing.assert_array_equal(array, copy)
    models = [model, *(update.model for update in updates)]
    for i, one in enumerate(models):
        assert not any(
            np.shares_memory(a, b)
            for other in models[:i]
            for a, b in zip(one, other, strict=True)
        )


SWAP = Model(
    np.eye(2), np.zeros((2, 2)), np.zeros(2), np.eye(2)[::-1], np.zeros(2)
)  # answers b to a, a to b
# Remembers a weaker trace of the character before: the first one heard wins.
FIRST = Model(np.eye(2), 3 * np.eye(2), np.zeros(2), np.eye(2), np.zeros(2))


def test_recite():
    assert recite(SWAP, "a", 5, "ab") == "ababa"
    assert recite(SWAP, "aab", 5, "ab") == "aabab"
    assert recite(SWAP, "ba", 2, "ab") == "ba"
    assert recite(FIRST, "abb", 6, "ab") == "abb" + "".join(
        by_plain_loop(FIRST, "abb", 3, "ab")
    )


def by_plain_loop(model, text, more, characters):
    """The next characters, each time from the whole text so far."""
    for _ in range(more):
        inputs = np.array(
            [[float(c == character) for c in characters] for character in text]
        )
        logits = (
            model.Wy @ plain_run(inputs, model.Wx, model.Wh, model.b)[-1] + model.by
        )
        text += characters[int(np.argmax(logits))]
        yield text[-1]


@pytest.mark.parametrize("seed", range(5))
def test_recite_carries_its_state(seed):
    model = init_model(
        4, 16, 4, scheme="gaussian", gain=1.5, rng=np.random.default_rng(seed)
    )
    expected = "cab" + "".join(by_plain_loop(model, "cab", 20, "abcd"))
    assert recite(model, "cab", 23, "abcd") == expected
    assert len(set(expected)) > 1


def train(seed, scheme="keras", updates=150):
    inputs, targets, characters = next_character_task(ZEN)
    rng = np.random.default_rng(seed)
    model = init_model(len(characters), 128, len(characters), scheme=scheme, rng=rng)
    done = 0
    for update in fit(model, inputs, targets, updates=updates, **RECIPE):
        done += 1
        if update.accuracy == 1:
            break
    return update, done, characters


def test_the_cell_learns_the_zen_of_python_by_heart():
    update, done, characters = train(seed=0)
    assert update.accuracy == 1
    assert done < 100
    assert update.loss < 0.5
    assert recite(update.model, ZEN[0], len(ZEN), characters) == ZEN
    assert recite(update.model, ZEN[:100], len(ZEN), characters) == ZEN


def test_uniform_learns_only_how_often_each_character_occurs():
    """All states but the first are stuck at 1: one distribution for 854 targets, their
    entropy the bound.
    """
    update, done, _ = train(seed=0, scheme="uniform", updates=100)
    inputs, targets, _ = next_character_task(ZEN)
    counts = np.array(list(collections.Counter(targets.tolist()).values()))
    entropy = -(counts / 855 * np.log(counts / 855)).sum()
    assert done == 100
    assert round(entropy, 3) == 3.106
    assert abs(update.loss - entropy) < 0.01
    later = np.array(list(collections.Counter(targets[1:].tolist()).values()))
    bound = -(
        later / 855 * np.log(later / 854)
    ).sum()  # the first target, its state being another, costs nothing
    assert bound - 1e-4 < update.loss < bound + 0.002
    assert saturated_fraction(run(inputs, *update.model[:3])) > 0.998


@pytest.mark.slow
def test_nine_of_ten_seeds_learn_it():
    recited = [
        recite(u.model, ZEN[0], len(ZEN), characters) == ZEN
        for u, _, characters in map(train, range(10))
    ]
    assert sum(recited) >= 9


def test_without_clipping_the_gradient_is_taken_as_it_is():
    model, inputs, targets = random_task(np.random.default_rng(0))
    free, unclipped = (
        list(fit(model, inputs, targets, updates=3, learning_rate=0.1, clip=c))
        for c in (None, 1e9)
    )
    np.testing.assert_array_equal(free[-1].model.Wh, unclipped[-1].model.Wh)


def test_adam_takes_any_named_tuple_and_leaves_it_alone():
    class Pair(NamedTuple):
        left: np.ndarray
        right: np.ndarray

    w, g = (
        Pair(np.ones(2), np.zeros((1, 1))),
        Pair(np.array([2.0, -0.5]), np.ones((1, 1))),
    )
    updated, state = adam(w, g, learning_rate=0.1)
    again, _ = adam(
        updated, g, state, learning_rate=0.1
    )  # a constant gradient: again a step of 0.1
    np.testing.assert_allclose(updated.left, [0.9, 1.1], rtol=1e-6)
    np.testing.assert_allclose(again.right, [[-0.2]], rtol=1e-6)
    assert type(again) is Pair and w.left.tolist() == [1, 1]


@pytest.mark.parametrize("timesteps", [2, 3, 10, 51])
def test_adding_problem(timesteps):
    inputs, targets = adding_problem(timesteps, 500, rng=np.random.default_rng(0))
    assert inputs.shape == (500, timesteps, 2)
    half = timesteps // 2
    for sequence, target in zip(inputs, targets, strict=True):
        first, second = np.flatnonzero(sequence[:, 1])
        assert first < half <= second
        assert target == sequence[first, 0] + sequence[second, 0]
    np.testing.assert_array_equal(
        np.unique(inputs[..., 1]), [0, 1] if timesteps > 2 else [1]
    )
    assert 0 <= inputs[..., 0].min() < 0.05 < 0.95 < inputs[..., 0].max() < 1
    assert inputs[..., 1].any(axis=0).all()  # every timestep gets its turn


def test_always_answering_1_has_an_error_of_a_sixth():
    """For s = u + v, (s - 1)^2 has mean 1/6 and variance 1/15 - 1/36: four standard
    errors are 0.0018.
    """
    _, targets = adding_problem(2, 200_000, rng=np.random.default_rng(0))
    assert abs(np.mean((targets - 1) ** 2) - 1 / 6) < 0.0018 < abs(0.1767 - 1 / 6)
