"""memory_curve against least squares worked out another way, and against what must
hold.
"""

import numpy as np
import pytest

from rnn_core import init_parameters, memory_curve, run, validation
from rnn_lessons.memory import Setting, drive, load_survey, measure, plan, survey

DELAYS, WASHOUT = 12, 20


def cell(
    scheme="gaussian", hidden_size=10, gain=0.9, strength=0.5, timesteps=600, seed=0
):
    """The states of a cell, and the signal that it was given."""
    rng = np.random.default_rng(seed)
    signal = rng.uniform(-1, 1, timesteps)
    parameters = init_parameters(1, hidden_size, scheme=scheme, gain=gain, rng=rng)
    return run(strength * signal[:, None], *parameters), signal


def curve_by_gram_schmidt(states, signal, delays, washout):
    """No lstsq: orthonormal columns of the fitted half, one at a time, each carried
    over to the second half.

    The targets are collected one timestep at a time, and constants are removed by hand.
    """
    times = range(washout, len(signal))
    half = len(times) // 2
    mean = states[washout : washout + half].mean(axis=0)
    fitted, held_out = (
        states[washout : washout + half] - mean,
        states[washout + half :] - mean,
    )
    bases, carried = [], []
    for column, other in zip(fitted.T, held_out.T, strict=True):
        for _ in range(2):  # twice is enough
            for base, image in zip(bases, carried, strict=True):
                share = base @ column
                column, other = column - share * base, other - share * image
        bases.append(column / np.linalg.norm(column))
        carried.append(other / np.linalg.norm(column))
    found = []
    for k in range(delays):
        target = np.array([signal[t - k] for t in times])
        centred, rest = (
            target[:half] - target[:half].mean(),
            target[half:] - target[:half].mean(),
        )
        read = sum(
            (base @ centred) * image for base, image in zip(bases, carried, strict=True)
        )
        found.append(max(0.0, 1 - np.sum((rest - read) ** 2) / np.sum(rest**2)))
    return np.array(found)


@pytest.mark.parametrize(
    "timesteps", [600, 601]
)  # in an odd number the second half is the longer
@pytest.mark.parametrize("scheme", ["pytorch", "keras", "gaussian", "orthogonal"])
def test_it_is_least_squares_on_held_out_timesteps(scheme, timesteps):
    states, signal = cell(scheme, timesteps=timesteps)
    expected = curve_by_gram_schmidt(states, signal, DELAYS, WASHOUT)
    assert expected[0] > 0.9 and expected[-1] < 0.5
    np.testing.assert_allclose(
        memory_curve(states, signal, DELAYS, washout=WASHOUT),
        expected,
        rtol=1e-8,
        atol=1e-10,
    )


def test_a_shift_register_holds_each_of_its_inputs_and_no_other():
    signal = np.random.default_rng(0).normal(size=2000)
    register = np.column_stack([np.roll(signal, k) for k in range(6)])
    np.testing.assert_allclose(
        memory_curve(register, signal, 9), 6 * [1] + 3 * [0], atol=1e-12
    )


@pytest.mark.parametrize(
    "scheme", ["pytorch", "keras", "gaussian", "orthogonal", "identity"]
)
@pytest.mark.parametrize("hidden_size", [1, 5, 20])
def test_the_capacity_is_at_most_hidden_size(scheme, hidden_size):
    """In the mean over draws of the signal it is; 2,000 held-out timesteps add little
    by chance.
    """
    states, signal = cell(scheme, hidden_size, gain=0.95, strength=0.1, timesteps=4200)
    found = memory_curve(states, signal, 100)
    assert ((found >= 0) & (found <= 1)).all()
    assert found.sum() < hidden_size + 0.5


def test_the_orthogonal_cell_nearly_reaches_the_bound():
    states, signal = cell("orthogonal", 25, gain=0.95, strength=0.1, timesteps=4200)
    assert memory_curve(states, signal, 100)[1:].sum() > 0.9 * 25


def test_units_without_a_word_of_the_signal_hold_nothing():
    rng = np.random.default_rng(0)
    noise, signal = rng.normal(size=(600, 20)), rng.normal(size=600)
    assert (
        memory_curve(noise, signal, 50).sum() < 0.5
    )  # on the data of the fit it would be 50 * 20 / 200
    assert memory_curve(np.ones((600, 20)), signal, 50).sum() == pytest.approx(
        0, abs=1e-10
    )


def test_units_may_be_scaled_shifted_mixed_and_doubled():
    """A linear readout of these is one of the states."""
    states, signal = cell("gaussian", 6)
    other = 3 + states @ np.random.default_rng(1).normal(size=(6, 6))
    expected = memory_curve(states, signal, 8)
    for same in (other, np.hstack([states, states])):
        np.testing.assert_allclose(
            memory_curve(same, signal, 8), expected, rtol=1e-8, atol=1e-10
        )
    np.testing.assert_allclose(
        memory_curve(states, 5 - 2 * signal, 8), expected, rtol=1e-8, atol=1e-10
    )


def test_the_washout_is_not_looked_at_and_arguments_stay_as_they_are():
    states, signal = cell()
    expected = memory_curve(states, signal, 3, washout=50)
    kept = states.copy(), signal.copy()
    assert (memory_curve(states, signal, 3, washout=50) == expected).all()
    assert (states == kept[0]).all() and (signal == kept[1]).all()
    states[:50], signal[:48] = (
        7,
        -7,
    )  # signal[48] is what the first timestep is asked for at delay 2
    np.testing.assert_array_equal(memory_curve(states, signal, 3, washout=50), expected)


def test_single_precision_stays_single():
    states, signal = cell()
    single = memory_curve(states.astype(np.float32), signal.astype(np.float32), 5)
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, memory_curve(states, signal, 5), atol=1e-3)
    assert memory_curve(states.astype(np.float32), signal, 5).dtype == np.float64


STATES, SIGNAL = cell(hidden_size=3, timesteps=100)
CONSTANT = np.where(np.arange(100) < 55, SIGNAL, 0.25)


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        (
            {"hidden_states": STATES[0]},
            ValueError,
            "hidden_states must have shape (timesteps, hidden_size);",
        ),
        (
            {"hidden_states": STATES * np.nan},
            ValueError,
            "hidden_states must be finite;",
        ),
        (
            {"hidden_states": "states"},
            TypeError,
            "hidden_states must hold real numbers",
        ),
        (
            {"hidden_states": STATES + 0j},
            TypeError,
            "hidden_states must hold real numbers",
        ),
        (
            {"signal": SIGNAL[:-1]},
            ValueError,
            "signal must have shape (100,) to match hidden_states of",
        ),
        ({"signal": SIGNAL[:, None]}, ValueError, "signal must have shape (100,)"),
        (
            {"signal": None},
            TypeError,
            "signal must be an array of real numbers; got None.",
        ),
        (
            {"signal": np.full(100, 0.1)},
            ValueError,
            "signal must vary in the predicted half; got 0.1 throughout",
        ),
        (
            {"signal": CONSTANT},
            ValueError,
            "signal must vary in the predicted half; got 0.25 throughout",
        ),
        ({"delays": 0}, ValueError, "delays must be at least 1; got 0."),
        ({"delays": 2.0}, TypeError, "delays must be a whole number"),
        (
            {"delays": 12},
            ValueError,
            "delays must be at most washout + 1 = 11; got 12.",
        ),
        ({"washout": -1}, ValueError, "washout must be at least 0; got -1."),
        ({"washout": 93}, ValueError, "hidden_states must have at least 101 timesteps"),
    ],
)
def test_bad_input_is_refused_by_name(change, error, said):
    arguments = {
        "hidden_states": STATES,
        "signal": SIGNAL,
        "delays": 3,
        "washout": 10,
    } | change
    with pytest.raises(error) as refusal:
        memory_curve(**arguments)
    assert str(refusal.value).startswith(said) and "\n" not in str(refusal.value)


def test_the_fewest_timesteps_that_will_do():
    assert memory_curve(STATES, SIGNAL, 1, washout=92).shape == (1,)
    assert memory_curve(STATES, SIGNAL, 11, washout=10).shape == (11,)


def test_more_delays_than_memory_are_refused_before_anything_is_allocated(monkeypatch):
    monkeypatch.setattr(validation, "MEMORY_LIMIT", 8 * 1000)
    with pytest.raises(
        MemoryError, match="timesteps=90, hidden_size=3, delays=11 must"
    ):
        memory_curve(STATES, SIGNAL, 11, washout=10)


def test_the_stored_capacities_are_those_of_the_plan_and_can_be_measured_again():
    stored = load_survey()
    assert list(stored) == plan()
    again = [
        Setting("gaussian"),
        Setting("pytorch", noise=1e-2, seed=3),
        Setting("orthogonal", gain=0.95, strength=0.01, seed=5),
    ]
    calls = []
    found = survey(again, progress=lambda done, total: calls.append((done, total)))
    assert calls == [(1, 3), (2, 3), (3, 3)]
    for setting in again:
        assert found[setting] == pytest.approx(stored[setting], rel=0.01)


def test_delays_in_pieces_are_the_delays_at_once():
    setting = Setting("orthogonal", strength=0.01, timesteps=3000, delays=400, seed=9)
    states, signal = drive(setting)
    at_once = memory_curve(states, signal, 400, washout=400)[1:].sum()
    assert measure(setting) == pytest.approx(at_once, rel=1e-9)


def test_noise_takes_most_from_pytorch_and_a_rotation_keeps_most():
    """The headline of lesson 06, on other seeds, with one Wx for all."""
    kept = {}
    for scheme in ("pytorch", "gaussian", "orthogonal"):
        shares = []
        for seed in (1000, 1001, 1002):
            clean, noisy = (
                measure(Setting(scheme, noise=noise, seed=seed)) for noise in (0, 1e-2)
            )
            shares.append((noisy / clean, clean))
        kept[scheme] = np.mean(shares, axis=0)
    assert kept["pytorch"][0] < 0.85 < 0.95 < kept["gaussian"][0]
    assert kept["orthogonal"][0] > 0.95
    assert kept["orthogonal"][1] > 2 * kept["gaussian"][1]


@pytest.mark.slow
def test_a_rotation_that_forgets_nothing_shows_more_in_a_longer_run():
    capacities = [
        measure(Setting("orthogonal", 1.0, 0.001, 0.0, timesteps, delays, 1000))
        for timesteps, delays in ((4200, 200), (20_000, 1000))
    ]
    assert capacities[0] < 5 and capacities[1] > 30
    identity = Setting("identity", 1.0, 0.001, 0.0, 20_000, 1000, 1000)
    assert measure(identity) < 1.5
