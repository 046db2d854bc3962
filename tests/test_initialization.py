"""init_parameters against listings drawn by hand, and against what each scheme
promises.
"""

import math

import numpy as np
import pytest

from rnn_core import SCHEMES, init_parameters
from rnn_core.reference import stored


def draw(scheme, input_size=4, hidden_size=8, seed=0, **options):
    return init_parameters(
        input_size,
        hidden_size,
        scheme=scheme,
        rng=np.random.default_rng(seed),
        **options,
    )


def haar(rng, rows, columns):
    """Orthonormal columns by Gram-Schmidt of a Gaussian matrix: the rotation that no
    direction precedes.
    """
    gaussian = rng.normal(size=(rows, columns))
    q = np.zeros((rows, columns))
    for j in range(columns):
        rest = gaussian[:, j] - q @ (q.T @ gaussian[:, j])
        rest -= q @ (q.T @ rest)
        q[:, j] = rest / np.linalg.norm(rest)
    return q


# What a listing by hand draws, in the order Wx, Wh, b, for input_size d and hidden_size
# h > d.
LISTINGS = {
    "uniform": lambda rng, d, h: (
        rng.random((h, d)),
        rng.random((h, h)),
        rng.random(h),
    ),
    "pytorch": lambda rng, d, h: (
        *((2 * rng.random(shape) - 1) / math.sqrt(h) for shape in ((h, d), (h, h))),
        (2 * rng.random((2, h)) - 1).sum(axis=0) / math.sqrt(h),
    ),
    "keras": lambda rng, d, h: (
        (2 * rng.random((h, d)) - 1) * math.sqrt(6 / (h + d)),
        haar(rng, h, h),
        np.zeros(h),
    ),
    "gaussian": lambda rng, d, h: (
        rng.standard_normal((h, d)) / math.sqrt(d),
        rng.standard_normal((h, h)) / math.sqrt(h),
        np.zeros(h),
    ),
    "orthogonal": lambda rng, d, h: (haar(rng, h, d), haar(rng, h, h), np.zeros(h)),
    "identity": lambda rng, d, h: (
        rng.standard_normal((h, d)) / 100,
        np.eye(h),
        np.zeros(h),
    ),
}


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(("input_size", "hidden_size"), [(4, 8), (1, 1), (3, 5)])
def test_the_same_arrays_as_a_listing_by_hand(scheme, input_size, hidden_size):
    expected = LISTINGS[scheme](np.random.default_rng(7), input_size, hidden_size)
    for found, array in zip(
        draw(scheme, input_size, hidden_size, seed=7), expected, strict=True
    ):
        assert found.dtype == np.float64
        assert found.flags.c_contiguous and found.flags.owndata
        np.testing.assert_allclose(found, array, rtol=1e-12, atol=1e-13)


def test_the_classic_listing_to_the_last_bit():
    rng = np.random.default_rng(0)
    for shape, found in zip([(8, 4), (8, 8), (8,)], draw("uniform"), strict=True):
        np.testing.assert_array_equal(found, rng.random(shape))


def test_every_scheme_is_listed_with_one_line():
    assert SCHEMES.keys() == LISTINGS.keys()
    assert all(line and "\n" not in line for line in SCHEMES.values())


@pytest.mark.parametrize("scheme", ["keras", "orthogonal"])
@pytest.mark.parametrize(
    ("input_size", "hidden_size"), [(4, 8), (8, 4), (5, 5), (1, 3), (3, 1)]
)
def test_orthogonal(scheme, input_size, hidden_size):
    Wx, Wh, _ = draw(scheme, input_size, hidden_size)
    np.testing.assert_allclose(Wh @ Wh.T, np.eye(hidden_size), atol=1e-14)
    if scheme == "orthogonal":
        narrow = Wx if input_size <= hidden_size else Wx.T
        assert Wx.shape == (hidden_size, input_size)
        np.testing.assert_allclose(narrow.T @ narrow, np.eye(min(Wx.shape)), atol=1e-14)


def test_no_rotation_is_preferred():
    """Its diagonal is as often negative as positive; a bare qr makes it mostly
    negative.
    """
    diagonals = [np.diag(draw("orthogonal", 3, 3, seed).Wh) for seed in range(300)]
    assert abs(np.mean(np.sign(diagonals))) < 5 / math.sqrt(900)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("gain", [0, 0.5, 3, np.float32(2)])
def test_gain_multiplies_wh_once_and_nothing_else(scheme, gain):
    plain, scaled = draw(scheme), draw(scheme, gain=gain)
    np.testing.assert_array_equal(scaled.Wh, gain * plain.Wh)
    np.testing.assert_array_equal(scaled.Wx, plain.Wx)
    np.testing.assert_array_equal(scaled.b, plain.b)


def test_a_generator_moves_on():
    rng = np.random.default_rng(0)
    one, other = (init_parameters(4, 8, scheme="uniform", rng=rng) for _ in range(2))
    assert (one.Wh != other.Wh).any()


def test_the_schemes_named_after_libraries_draw_what_these_drew():
    """Bounds, variances and orthogonality of stored initial draws of nn.RNN and
    SimpleRNN.
    """
    drawn = stored("draws")
    hidden_size, input_size = drawn["pytorch_weight_ih_l0"].shape
    Wx, Wh, b = draw("pytorch", input_size, hidden_size)
    biases = drawn["pytorch_bias_ih_l0"], drawn["pytorch_bias_hh_l0"]
    pairs = [
        (Wx, drawn["pytorch_weight_ih_l0"]),
        (Wh, drawn["pytorch_weight_hh_l0"]),
        (b, sum(biases)),
    ]
    keras_Wx, keras_Wh, keras_b = draw("keras", input_size, hidden_size)
    pairs += [
        (keras_Wx, drawn["keras_kernel"].T),
        (keras_Wh, drawn["keras_recurrent_kernel"].T),
    ]
    for ours, theirs in pairs:
        assert ours.shape == theirs.shape
        assert np.abs(ours).max() == pytest.approx(np.abs(theirs).max(), rel=0.25)
        assert ours.var() == pytest.approx(theirs.var(), rel=6 / math.sqrt(ours.size))
    assert all(
        np.abs(bias).max() <= 1 / math.sqrt(hidden_size) for bias in biases
    )  # two, each like a weight
    for orthogonal in (keras_Wh, drawn["keras_recurrent_kernel"]):
        np.testing.assert_allclose(
            orthogonal @ orthogonal.T, np.eye(hidden_size), atol=1e-5
        )
    assert not keras_b.any() and not drawn["keras_bias"].any()
