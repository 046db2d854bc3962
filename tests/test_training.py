"""training against complex steps of a plain loss, Adam as its paper writes it, and the
text itself.
"""

import collections
import math
import tracemalloc
import unicodedata
from typing import NamedTuple

import numpy as np
import pytest
from plain_loop import complex_step, plain_run, random_cell, relative_error

from rnn_core import (
    Model,
    Parameters,
    adam,
    adding_problem,
    clip_by_global_norm,
    fit,
    init_model,
    init_parameters,
    loss_and_gradients,
    next_character_task,
    one_hot,
    recite,
    run,
    saturated_fraction,
    zen_of_python,
)
from rnn_core.training import numbers_held
from rnn_lessons.training import ladder, load_reciter, recite_demo, train_reciter

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
    """Algorithm 1 of Kingma and Ba, a number at a time, on clipped gradients."""
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


def test_the_stored_reciter_is_what_its_command_makes(capsys):
    made = train_reciter()
    for name, array in load_reciter()._asdict().items():
        np.testing.assert_allclose(array, getattr(made, name), rtol=0, atol=1e-4)
    recite_demo(length=len(ZEN), pause=0)
    assert capsys.readouterr().out.startswith(ZEN + "\n[")


def test_a_target_of_minus_100_has_no_loss():
    rng = np.random.default_rng(0)
    names = [random_task(rng, timesteps)[1:] for timesteps in (2, 5, 3)]
    model = random_task(rng)[0]
    inputs = rng.normal(size=(3, 5, 3))  # what stands after a name does not matter
    targets = np.full((3, 5), -100)
    for row, (its_inputs, its_targets) in enumerate(names):
        inputs[row, : len(its_inputs)] = its_inputs
        targets[row, : len(its_targets)] = its_targets
    loss, gradients, accuracy = loss_and_gradients(model, inputs, targets)
    parts = [(len(t), *loss_and_gradients(model, x, t)) for x, t in names]
    assert loss == pytest.approx(sum(n * part for n, part, _, _ in parts) / 10)
    assert accuracy == pytest.approx(sum(n * right for n, _, _, right in parts) / 10)
    for name, found in gradients._asdict().items():
        expected = sum(n * getattr(part, name) for n, _, part, _ in parts) / 10
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-14)


def test_pytorch_ignores_the_same_targets():
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(1)
    model, inputs, targets = random_task(rng, batch=(4,))
    targets[1, 2:] = -100
    targets[3, 0] = -100
    logits = plain_run(inputs, *model[:3]) @ model.Wy.T + model.by
    flat = torch.tensor(logits).reshape(-1, 3), torch.tensor(targets).reshape(-1)
    expected = torch.nn.functional.cross_entropy(*flat).item()
    assert loss_and_gradients(model, inputs, targets)[0] == pytest.approx(expected)


@pytest.mark.parametrize("batch", [(), (3,)])
def test_the_initial_state_is_where_a_window_starts(batch):
    """Two windows, the second from where the first ended: the losses of the whole."""
    rng = np.random.default_rng(2)
    model, inputs, targets = random_task(rng, timesteps=8, batch=batch)
    states = run(inputs, *model[:3])
    whole, *_ = loss_and_gradients(model, inputs, targets)
    start = states[..., 4, :]
    first, *_ = loss_and_gradients(model, inputs[..., :5, :], targets[..., :5])
    late = inputs[..., 5:, :], targets[..., 5:]
    second, cut, _ = loss_and_gradients(model, *late, start)
    assert (5 * first + 3 * second) / 8 == pytest.approx(whole, rel=1e-12)

    def loss_of(Wh):  # the start stays as it is: no gradient crosses the border
        shifted = model._replace(Wh=Wh)
        hidden_states = plain_run(late[0], *shifted[:3], start)
        total = 0
        for place in np.ndindex(late[1].shape):
            logits = model.Wy @ hidden_states[place] + model.by
            total = total + np.log(np.exp(logits).sum()) - logits[late[1][place]]
        return total / late[1].size

    assert relative_error(cut.Wh, complex_step(loss_of, model.Wh)) < 1e-12


def test_what_is_certain_has_a_loss_of_0_and_not_of_minus_0():
    inputs, targets, _ = next_character_task("aaaa")
    model = init_model(1, 4, 1, scheme="keras", rng=np.random.default_rng(0))
    loss, _, accuracy = loss_and_gradients(model, inputs, targets)
    assert (str(loss), accuracy) == ("0.0", 1.0)


def test_adam_refuses_what_it_has_not_returned():
    small = Parameters([[1.0]], [[1.0]], [1.0])
    large = init_parameters(3, 2, scheme="keras", rng=np.random.default_rng(0))
    _, state = adam(small, small, learning_rate=0.1)
    with pytest.raises(ValueError, match=r"^state must be of parameters of the shapes"):
        adam(large, large, state, learning_rate=0.1)
    with pytest.raises(TypeError, match=r"^state must be None or what adam has"):
        adam(small, small, "abc", learning_rate=0.1)


def test_fit_trains_on_what_it_was_given():
    """It is a generator: between two updates its caller may change the arrays."""
    inputs, targets, characters = next_character_task("hello, world")
    sizes = len(characters), 8, len(characters)
    model = init_model(*sizes, scheme="keras", rng=np.random.default_rng(0))
    settings = {"updates": 2, "learning_rate": 0.01, "clip": 1.0}
    expected = [update.loss for update in fit(model, inputs, targets, **settings)]
    found = []
    for update in fit(model, inputs, targets, **settings):
        found.append(update.loss)
        for array in (inputs, targets, *model):
            array[:] = 0
    assert found == expected


def test_a_text_of_megabytes_is_refused_by_name():
    inputs = np.zeros((400_000, 1))
    targets = np.zeros(len(inputs), int)
    model = init_model(1, 100, 1, scheme="keras", rng=np.random.default_rng(0))
    for attempt in (
        lambda: fit(model, inputs, targets, updates=1, learning_rate=0.1, clip=None),
        lambda: loss_and_gradients(model, inputs, targets),
    ):
        with pytest.raises(MemoryError, match=r"timesteps=400000, .* windows"):
            attempt()


def test_the_memory_that_is_asked_for_is_what_is_taken():
    for timesteps, sizes in ((4000, (45, 128, 45)), (20_000, (4, 16, 3))):
        model = init_model(*sizes, scheme="keras", rng=np.random.default_rng(0))
        inputs = np.zeros((timesteps, sizes[0]))
        targets = np.zeros(timesteps, int)
        loss_and_gradients(model, inputs[:10], targets[:10])  # what is made only once
        tracemalloc.start()
        loss_and_gradients(model, inputs, targets)
        _, taken = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert 0.9 < taken / (8 * numbers_held(timesteps, *sizes)) < 1.05


@pytest.mark.parametrize("learning_rate", [1e160, 1e308])
def test_weights_beyond_all_numbers_are_named(learning_rate):
    task = random_task(np.random.default_rng(0))
    with pytest.raises(OverflowError, match="the weights must stay finite"):
        list(fit(*task, updates=2, learning_rate=learning_rate, clip=1.0))


def test_a_beginning_in_another_unicode_form_is_told_so():
    characters = "\uac04\ub108"
    model = init_model(2, 4, 2, scheme="keras", rng=np.random.default_rng(0))
    assert recite(model, "\ub108", 1, characters) == "\ub108"
    decomposed = unicodedata.normalize("NFD", "\ub108")
    with pytest.raises(ValueError, match=r"unicodedata\.normalize"):
        recite(model, decomposed, 9, characters)
    with pytest.raises(ValueError, match=r"got 'x'\.$"):
        recite(model, "x", 9, characters)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [11, 12, 13])
def test_what_lesson_07_says_of_a_cell_that_recites(seed):
    """One wrong letter hardly changes its answer, many do; new text is not known."""
    update, _, characters = train(seed)
    inputs, targets, _ = next_character_task(ZEN)
    rng = np.random.default_rng(seed)

    def right(changed):
        states = run(changed, *update.model[:3])
        return (states @ update.model.Wy.T + update.model.by).argmax(axis=1) == targets

    wrong = []
    for place in range(1, len(inputs), 20):
        changed = inputs.copy()
        changed[place] = np.roll(changed[place], rng.integers(1, len(characters)))
        wrong.append(not right(changed)[place])
    assert np.mean(wrong) < 0.2
    random = np.eye(len(characters))[rng.integers(0, len(characters), len(inputs))]
    assert right(random).mean() < 0.15
    new, _ = one_hot("Fast code is better than slow code.", characters)
    task = new[:-1], new[1:].argmax(axis=1)
    loss, _, accuracy = loss_and_gradients(update.model, *task)
    assert accuracy < 0.5 and loss > 2.5


def test_the_ladder_is_the_mean_surprise_of_who_counts_the_text():
    """Each target's surprise, from counts of what followed the same context."""
    levels = ladder(ZEN)
    assert levels["knows nothing"] == pytest.approx(math.log(45))
    for known, name in enumerate(list(levels)[1:]):
        places = range(max(known, 1), len(ZEN))
        after = collections.defaultdict(collections.Counter)
        for t in places:
            after[ZEN[t - known : t]][ZEN[t]] += 1
        surprise = 0.0
        for t in places:
            counts = after[ZEN[t - known : t]]
            surprise -= math.log(counts[ZEN[t]] / counts.total()) / len(places)
        assert levels[name] == pytest.approx(surprise, rel=1e-12)
