"""From sizes and a generator to the weights of a cell, by named schemes (lesson 01)."""

import difflib
import math
from typing import NamedTuple

import numpy as np

from .validation import check_memory, check_number, check_rng, check_size, shown


class Parameters(NamedTuple):
    """The weights of one memory cell."""

    Wx: np.ndarray  # (hidden_size, input_size)
    Wh: np.ndarray  # (hidden_size, hidden_size)
    b: np.ndarray  # (hidden_size,)


SCHEMES = {
    "uniform": "U[0, 1) for Wx, Wh and b: the classic classroom listing",
    "pytorch": "U(-a, a), a = 1/sqrt(hidden_size), for Wx, Wh and two biases whose sum"
    " is b: PyTorch's start",
    "keras": "Wx U(-a, a), a = sqrt(6 / (fan_in + fan_out)), orthogonal Wh, b = 0:"
    " Keras's start",
    "gaussian": "Wx and Wh N(0, 1/fan_in), b = 0: the one that lesson 05 can predict",
    "orthogonal": "orthogonal Wx and Wh, b = 0",
    "identity": "Wh = I, Wx N(0, 0.01^2), b = 0",
}

# How other libraries' names for a scheme begin.
ELSEWHERE = {"glorot": "keras", "xavier": "keras", "pytorch": "pytorch"}


def init_parameters(input_size, hidden_size, *, scheme, gain=1.0, rng):
    """Draw Wx, Wh and b, in this order.

    SCHEMES says what each scheme draws; fan_in and fan_out are the columns and rows of
    a matrix.

    Parameters
    ----------
    input_size, hidden_size : int, at least 1
    scheme : a name in SCHEMES
    gain : float, finite and at least 0; multiplies Wh once, in every scheme
    rng : np.random.Generator

    Returns
    -------
    Parameters : Wx (hidden_size, input_size), Wh (hidden_size, hidden_size), b
        (hidden_size,), all float64

    References
    ----------
    PyTorch's nn.RNN and Keras's SimpleRNN: the defaults of these layers, compared in
    the tests. Glorot and Bengio (2010), "Understanding the difficulty of training deep
    feedforward neural networks": the limit sqrt(6 / (fan_in + fan_out)), which they
    call normalized initialization. Saxe, McClelland and Ganguli (2013), "Exact
    solutions to the nonlinear dynamics of learning in deep linear neural networks":
    random orthogonal weights. Le, Jaitly and Hinton (2015), "A simple way to initialize
    recurrent networks of rectified linear units": the identity as Wh (there for ReLU,
    here for tanh; the 0.01 of Wx is our choice).

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> Wx, Wh, b = init_parameters(4, 8, scheme="uniform", rng=rng)
    >>> Wx.shape, Wh.shape, b.shape
    ((8, 4), (8, 8), (8,))
    """
    input_size = check_size(input_size, "input_size")
    hidden_size = check_size(hidden_size, "hidden_size")
    check_scheme(scheme)
    gain = check_number(gain, "gain", 0)
    check_rng(rng)
    check_cell_memory(input_size, hidden_size)

    x_shape = (hidden_size, input_size)
    h_shape = (hidden_size, hidden_size)
    b = np.zeros(hidden_size)
    if scheme == "uniform":
        Wx = rng.random(x_shape)
        Wh = rng.random(h_shape)
        b = rng.random(hidden_size)
    elif scheme == "pytorch":
        limit = 1 / math.sqrt(hidden_size)
        Wx = rng.uniform(-limit, limit, x_shape)
        Wh = rng.uniform(-limit, limit, h_shape)
        bias_ih = rng.uniform(-limit, limit, hidden_size)
        bias_hh = rng.uniform(-limit, limit, hidden_size)
        b = bias_ih + bias_hh
    elif scheme == "keras":
        limit = math.sqrt(6 / (input_size + hidden_size))
        Wx = rng.uniform(-limit, limit, x_shape)
        Wh = _orthogonal(h_shape, rng)
    elif scheme == "gaussian":
        Wx = rng.normal(0, 1 / math.sqrt(input_size), x_shape)
        Wh = rng.normal(0, 1 / math.sqrt(hidden_size), h_shape)
    elif scheme == "orthogonal":
        Wx = _orthogonal(x_shape, rng)
        Wh = _orthogonal(h_shape, rng)
    else:
        Wx = rng.normal(0, 0.01, x_shape)
        Wh = np.eye(hidden_size)
    return Parameters(Wx, gain * Wh, b)


def check_scheme(scheme):
    """Refuse what is no name in SCHEMES; suggest the one that is meant, if that can be
    told.
    """
    wanted = ", ".join(map(repr, SCHEMES))
    if not isinstance(scheme, str):
        raise TypeError(f"scheme must be one of {wanted}; got {shown(scheme)}.")
    if scheme in SCHEMES:
        return
    said = scheme.lower()
    meant = [ELSEWHERE[start] for start in ELSEWHERE if said.startswith(start)]
    # A longer name is no misspelling: "random_uniform" means something else.
    as_long = [ours for ours in SCHEMES if len(ours) >= len(said)]
    meant += difflib.get_close_matches(said, as_long, n=1, cutoff=0.7)
    hint = f" Did you mean {meant[0]!r}?" if meant else ""
    raise ValueError(f"scheme must be one of {wanted}; got {shown(scheme)}.{hint}")


def check_cell_memory(input_size, hidden_size):
    """Refuse sizes whose weights need more than MEMORY_LIMIT bytes."""
    check_memory(
        lambda input_size, hidden_size: hidden_size * (input_size + hidden_size + 1),
        input_size=input_size,
        hidden_size=hidden_size,
    )


def _orthogonal(shape, rng):
    """Orthonormal rows or columns, whichever are fewer, with no direction preferred."""
    q, r = np.linalg.qr(rng.normal(size=(max(shape), min(shape))))
    # qr fixes the signs by convention; undone, no orthogonal matrix is likelier.
    q *= np.sign(np.diag(r))
    return q if shape[0] >= shape[1] else q.T.copy()
