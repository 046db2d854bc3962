"""Where training starts and ends: the stored tables are what their command makes."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from plain_loop import plain_run

from rnn_core import init_model, run
from rnn_lessons import trainability
from rnn_lessons.trainability import (
    EXPERIMENTS,
    Task,
    Training,
    exponent_of,
    latch_batch,
    main,
    measure,
    rule_text,
    shares,
    stored,
    tasks_of,
    train,
    train_along,
)

TRAININGS = [name for name in EXPERIMENTS if name not in ("along", "held")]


def row_of(experiment, gain, seed, **more):
    """One task of a stored table, and its row."""
    wanted = {"gain": gain, "seed": seed} | more
    for task, row in zip(tasks_of(experiment), stored(experiment), strict=True):
        if all(getattr(task, key) == value for key, value in wanted.items()):
            return task, row
    raise LookupError(f"{experiment} has no {wanted}")


@pytest.mark.parametrize("experiment", TRAININGS)
def test_each_stored_table_holds_every_training_of_its_experiment(experiment):
    rows = stored(experiment)
    assert rows.dtype.names == Training._fields
    for task, row in zip(tasks_of(experiment), rows, strict=True):
        assert task == Task(*row.tolist()[: len(Task._fields)])
        assert row["updates"] == row["budget"] or row["learnt"]


@pytest.mark.parametrize(
    ("experiment", "gain", "seed", "more"),
    [
        ("latch_weak_noise", 1, 0, {}),
        ("latch", 1.2, 5, {}),
        ("rule", 1, 0, {"reach": 5}),
        pytest.param("zen_strong", 1.75, 0, {}, marks=pytest.mark.slow),
        pytest.param("zen", 1, 1, {}, marks=pytest.mark.slow),
        pytest.param("zen", 0, 0, {}, marks=pytest.mark.slow),
        pytest.param("zen_pytorch", 1, 0, {}, marks=pytest.mark.slow),
    ],
)
def test_a_stored_row_is_made_again(experiment, gain, seed, more):
    """Machines differ in last digits, so that a training may end an update later."""
    task, row = row_of(experiment, gain, seed, **more)
    made = train(task)
    assert made.learnt == row["learnt"]
    assert abs(made.updates - row["updates"]) <= 3
    assert made.before == pytest.approx(row["before"], abs=1e-4)
    assert made.after == pytest.approx(row["after"], abs=0.02)


def test_the_exponent_is_that_of_the_product_of_all_jacobians():
    rng = np.random.default_rng(0)
    model = init_model(2, 6, 2, scheme="orthogonal", gain=1.1, rng=rng)
    inputs, _ = latch_batch(rng, batch=3, timesteps=20)
    found = []
    for states in plain_run(inputs, *model[:3]):
        product = np.eye(6)
        for state in states:
            product = np.diag(1 - state**2) @ model.Wh @ product
        length = np.linalg.norm(product @ np.ones(6)) / np.sqrt(6)
        found.append(np.log(length) / len(states))
    assert exponent_of(model, inputs) == pytest.approx(np.mean(found), rel=1e-10)


def test_latch_batch():
    inputs, targets = latch_batch(np.random.default_rng(0), noise=0.2, batch=500)
    assert inputs.shape == (500, 100, 2)
    np.testing.assert_array_equal(inputs[:, 0, 0], 2 * targets[:, -1] - 1)
    assert not inputs[:, 1:, 0].any()
    assert inputs[..., 1].std() == pytest.approx(0.2, rel=0.02)
    assert (targets[:, :-1] == -100).all()
    assert targets[:, -1].mean() == pytest.approx(0.5, abs=0.1)


@pytest.mark.parametrize("reach", [5, 20, 60])
def test_what_a_rule_text_asks_for(reach):
    """Each target that the character `reach` before does not tell follows always."""
    inputs, targets = rule_text(reach, 855, np.random.default_rng(0))
    read = inputs.argmax(axis=1)
    assert len(read) == len(targets) == 855
    block = reach + 1
    asked = np.flatnonzero(targets != -100)
    answers = asked[asked % block == reach - 1]
    assert (targets[answers] == read[answers - reach + 1]).all()
    assert len(set(targets[answers])) > 1
    others = asked[asked % block != reach - 1]
    for place in range(reach - 1):
        assert len(set(targets[others[others % block == place]])) == 1
    assert (np.flatnonzero(targets == -100) % block == reach).all()


def test_shares():
    kind = [("gain", float), ("before", float), ("updates", int), ("learnt", int)]
    rows = np.array([(1, -0.2, 40, 1), (1, -0.4, 90, 1), (2, 0.1, 99, 0)], dtype=kind)
    exponents, share = shares(rows, 50)
    np.testing.assert_allclose(exponents, [-0.3, 0.1])
    np.testing.assert_allclose(share, [0.5, 0])


@pytest.fixture
def few(monkeypatch):
    """Two experiments that take no time."""
    tasks = [
        Task("latch", "orthogonal", 4, 1.0, seed, 3, noise=0.2) for seed in range(3)
    ]
    along = [Task("zen", "keras", 4, 1.0, 0, 2)]
    small = {"latch": lambda: iter(tasks), "along": lambda: iter(along)}
    monkeypatch.setattr(trainability, "EXPERIMENTS", small)


def test_any_executor_measures_the_same(few, tmp_path):
    seen = []
    alone = measure("latch", tmp_path, progress=lambda *numbers: seen.append(numbers))
    assert seen == [(1, 3), (2, 3), (3, 3)]
    with ThreadPoolExecutor(2) as executor:
        assert measure("latch", tmp_path / "other", executor) == alone
    both = [folder / "latch.csv" for folder in (tmp_path, tmp_path / "other")]
    assert both[0].read_text() == both[1].read_text()


def test_the_command_stores_what_is_asked_for(few, tmp_path, monkeypatch, capsys):
    command = ["trainability", "along", "--workers", "1", "--folder", str(tmp_path)]
    monkeypatch.setattr("sys.argv", command)
    monkeypatch.setattr(trainability, "ProcessPoolExecutor", ThreadPoolExecutor)
    monkeypatch.setattr(trainability, "DATA", tmp_path)
    main()
    assert "1/1" in capsys.readouterr().err
    rows = stored("along")
    assert rows.dtype.names == trainability.Along._fields
    assert [path.name for path in tmp_path.iterdir()] == ["along.csv"]


def test_a_training_that_goes_on():
    """A text of one letter is known at once: five times one update."""
    task = Task("rule", "keras", 8, 1.0, 0, 400, learning_rate=0.02, reach=5)
    rows = train_along(task, times=2)
    assert rows[0].update == 0
    recited = rows[-1].recited
    first = next(row for row in rows if row.update == recited)
    assert first.accuracy == 1
    assert 2 * recited - 10 < rows[-1].update <= 2 * recited


@pytest.mark.slow
def test_what_lesson_08_says_of_the_zen_on_other_seeds():
    """Chaos delays and does not prevent; the ends lie in one band."""
    made = {
        (gain, seed): train(Task("zen", "orthogonal", 128, gain, seed, 1500))
        for gain in (0, 1, 1.75)
        for seed in (101, 102)
    }
    assert all(training.learnt for training in made.values())
    assert all(-0.1 < training.after < -0.01 for training in made.values())
    for seed in (101, 102):
        assert made[1, seed].updates < made[0, seed].updates < made[1.75, seed].updates


@pytest.mark.slow
def test_what_lesson_08_says_of_the_latch_on_other_seeds():
    def learnt(gain, noise):
        tasks = [
            Task("latch", "orthogonal", 16, gain, seed, 600, noise=noise)
            for seed in range(101, 105)
        ]
        return sum(train(task).learnt for task in tasks)

    assert learnt(0.5, 1.0) == 0
    assert learnt(1.2, 1.0) >= 2
    assert learnt(3, 1.0) <= 1
    assert learnt(1.1, 0.2) == 4


def test_the_stored_exponents_are_those_of_the_runs():
    """The table's first column of numbers, found again by the plain loop."""
    task, row = row_of("zen", 0.5, 3)
    inputs, _, start = trainability.draw_text(task)
    states = run(inputs, *start[:3])
    vector = np.ones(128) / np.sqrt(128)
    total = 0.0
    for state in states:
        vector = (1 - state**2) * (start.Wh @ vector)
        total += np.log(np.linalg.norm(vector))
        vector /= np.linalg.norm(vector)
    assert total / len(states) == pytest.approx(row["before"], abs=1e-5)
