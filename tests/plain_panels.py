"""What every panel shows, worked out by hand: a plain loop for each, and three settings
to try it at.
"""

import numpy as np
from plain_loop import plain_run

from rnn_core import init_model

LETTERS = " THZehnot"
CELL = init_model(
    len(LETTERS),
    32,
    len(LETTERS),
    scheme="gaussian",
    gain=1.5,
    rng=np.random.default_rng(0),
)
PLAIN = {}  # panel -> how a plain computation finds what it shows, and three settings


def plain(*settings):
    """Register a panel's (arrays, digest) and settings; what a setting leaves out is as
    at the start.
    """
    return lambda function: PLAIN.update({function.__name__: (function, settings)})


def drawn_by_hand(timesteps, input_size, hidden_size, scheme, gain, seed):
    """inputs, Wx, Wh, b in the order of the classic listing."""
    rng = np.random.default_rng(seed)
    x, h = (hidden_size, input_size), (hidden_size, hidden_size)
    inputs = rng.random((timesteps, input_size))
    if scheme == "uniform":
        Wx, Wh, b = rng.random(x), rng.random(h), rng.random(hidden_size)
    elif scheme == "pytorch":
        Wx, Wh, b, second = (
            (2 * rng.random(n) - 1) / np.sqrt(hidden_size) for n in (x, h, x[0], x[0])
        )
        b = b + second
    else:
        assert scheme == "gaussian"
        Wx, Wh, b = (
            rng.normal(size=x) / np.sqrt(x[1]),
            rng.normal(size=h) / np.sqrt(h[1]),
            np.zeros(x[0]),
        )
    return inputs, Wx, gain * Wh, b


@plain(
    {},
    {"timesteps": 3, "input_size": 2, "hidden_size": 5},
    {"timesteps": 12, "hidden_size": 1},
)
def shapes_explorer(timesteps, input_size, hidden_size):
    T, D, H = timesteps, input_size, hidden_size
    # where each begins, with room for 8 inputs and 12 units; its rows and columns
    arrays = {0: (T, D), 10: (H, 1), 24: (H, D), 34: (D, 1), 42: (H, H)}
    arrays |= {56: (H, 1), 64: (H, 1)}
    boxes, edges, unit = [], [], []
    for left, (rows, columns) in arrays.items():
        boxes.append(box(left, rows, columns))
        edges += [[(left, y), (left + columns, y)] for y in range(1, rows)]
        edges += [[(left + x, 0), (left + x, rows)] for x in range(1, columns)]
        if left in (10, 24, 42, 64):
            unit.append(box(left, 1, columns))
    count = sum((H * D, H * H, H))
    digest = (
        f"inputs ({T}, {D}), Wx ({H}, {D}), Wh ({H}, {H}), b ({H},): {count} parameters"
    )
    return {"arrays": boxes, "unit_1": unit, "edges": edges}, digest


def box(left, rows, columns):
    corners = [(0, 0), (columns, 0), (columns, rows), (0, rows), (0, 0)]
    return [(left + x, y) for x, y in corners]


@plain(
    {"timestep": 3},
    {"timestep": 1, "scheme": "gaussian", "seed": 7},
    {"timestep": 10, "scheme": "pytorch"},
)
def step_explorer(timestep, scheme, seed):
    inputs, Wx, Wh, b = drawn_by_hand(10, 4, 8, scheme, 1, seed)
    states = plain_run(inputs, Wx, Wh, b)
    before = states[timestep - 2] if timestep > 1 else np.zeros(8)
    rows = [np.dot(Wx, inputs[timestep - 1]), np.dot(Wh, before), b]
    rows += [sum(rows), states[timestep - 1]]
    x, h, bias, total, tanh = (np.sum(row) / 8 for row in rows)
    frame = [[timestep - 0.5, 0], [timestep + 0.5, 1]]
    arrays = {"hidden_states": states.T, "frame": frame, "terms": np.transpose(rows)}
    return arrays, (
        f"timestep {timestep}: mean over units: {x:.2f} from the input + {h:.2f} from"
        f" the state + {bias:.2f} bias = {total:.2f}; mean of tanh {tanh:.4f}"
    )


OTHER_CELL = {
    "timesteps": 12,
    "input_size": 2,
    "hidden_size": 5,
    "gain": 0.5,
    "seed": 7,
}


@plain(
    {},
    OTHER_CELL | {"scheme": "gaussian"},
    {"timesteps": 60, "hidden_size": 40, "scheme": "pytorch"},
)
def saturation_explorer(timesteps, input_size, hidden_size, gain, scheme, seed):
    states = plain_run(
        *drawn_by_hand(timesteps, input_size, hidden_size, scheme, gain, seed)
    )
    slopes = np.zeros_like(states)
    for t, unit in np.ndindex(states.shape):
        # the derivative of tanh, of this timestep
        slopes[t, unit] = 1 / np.cosh(np.arctanh(states[t, unit])) ** 2
    z = np.arctanh(states[-1])
    dots = np.column_stack([np.minimum(np.maximum(z, -8), 8), states[-1]])
    share = np.mean([abs(h) > 0.99 for h in states.ravel()])
    arrays = {"hidden_states": states.T, "slope": slopes.T, "dots": dots}
    return arrays, (
        f"{100 * share:.0f} % of the states are saturated; at the last timestep the"
        f" mean pre-activation is {z.mean():.2f}"
    )


@plain(
    {},
    {"timesteps": 5, "gain": 0.25, "seed": 7},
    {"timesteps": 40, "gain": 3.0, "scheme": "gaussian"},
)
def gradient_explorer(timesteps, gain, scheme, seed):
    inputs, Wx, Wh, b = drawn_by_hand(timesteps, 4, 8, scheme, gain, seed)
    product, measured = np.eye(8), [1.0]
    for h in plain_run(inputs, Wx, Wh, b)[::-1]:
        product = product @ np.diag(1 - h**2) @ Wh
        measured.append(np.sqrt(np.linalg.eigvalsh(product @ product.T).max()))
    bound = np.sqrt(np.linalg.eigvalsh(Wh.T @ Wh).max())
    radius = np.abs(np.linalg.eigvals(Wh.T)).max()
    grown = np.linalg.norm(np.linalg.matrix_power(Wh / radius, 200)) ** (1 / 200)
    assert abs(grown - 1) < 0.02  # Gelfand's formula
    back = np.arange(timesteps + 1)
    curves = {"measured": measured, "bound": bound**back, "rule": radius**back}
    sizes = f"largest singular value {bound:.2f}, spectral radius {radius:.2f}"
    power = round(np.log10(measured[-1]))
    digest = f"gradient norm {timesteps} steps back: 1e{power}; {sizes}"
    return {
        name: np.column_stack([range(timesteps + 1), curve])
        for name, curve in curves.items()
    }, digest


@plain(
    {}, {"gain": 0.5, "seed": 7}, {"gain": 2.0}
)  # more chaos tells one rounding from another
def chaos_explorer(gain, seed):
    rng = np.random.default_rng(seed)
    Wx, Wh = (
        rng.normal(size=(200, 1)),
        gain * rng.normal(size=(200, 200)) / np.sqrt(200),
    )
    before = plain_run(np.zeros((20, 1)), Wx, Wh, np.zeros(200), rng.normal(size=200))
    starts = before[-1], before[-1] + 1e-6 * rng.normal(size=200)
    one, other = (
        np.vstack([s, plain_run(np.zeros((60, 1)), Wx, Wh, np.zeros(200), s)])
        for s in starts
    )
    apart = np.sqrt(np.mean((one - other) ** 2, axis=1))
    u, weights = np.polynomial.hermite_e.hermegauss(150)
    weights, q = weights / weights.sum(), 1.0
    for _ in range(2000):
        q = gain**2 * weights @ np.tanh(np.sqrt(q) * u) ** 2
    exponent = np.log(gain**2 * weights @ np.cosh(np.sqrt(q) * u) ** -4.0) / 2
    arrays = {
        "hidden_states": np.vstack([before, one[1:]])[:, :40].T,
        "exponent": [[gain, exponent]],
    }
    arrays["measured"] = np.column_stack([range(61), apart])
    arrays["predicted"] = np.column_stack(
        [range(61), apart[0] * np.exp(exponent * np.arange(61))]
    )
    first, last, end = (
        round(np.log10(size)) for size in (*apart[[0, -1]], arrays["predicted"][-1, 1])
    )
    digest = f"distance over 60 timesteps: gain {gain:.2f}: 1e{first} to 1e{last},"
    digest += f" predicted 1e{end}"
    rms = np.sqrt(np.mean(one[1:] ** 2))
    return (
        arrays,
        f"{digest}; predicted exponent {exponent:.3f}; RMS of the states {rms:.2f}",
    )


@plain(
    {},
    {"gain": 0.5, "strength": 1.0, "hidden_size": 12},
    {"scheme": "pytorch", "hidden_size": 30},
)
def memory_explorer(gain, strength, scheme, hidden_size):
    inputs, _, Wh, b = drawn_by_hand(1120, 1, hidden_size, scheme, gain, 1)
    signal = np.array([2 * u - 1 for (u,) in inputs])
    Wx = strength * np.random.default_rng(2).normal(size=hidden_size)[:, None]
    states = plain_run(signal[:, None], Wx, Wh, b)
    features, found = np.array([[*state, 1] for state in states[120:]]), []
    q, r = np.linalg.qr(features[:500])
    for k in range(121):
        asked = np.array([signal[t - k] for t in range(120, 1120)])
        errors = asked - features @ np.linalg.solve(r, q.T @ asked[:500])
        found.append(
            max(
                0,
                1
                - sum(errors[500:] ** 2)
                / sum((asked[500:] - np.mean(asked[:500])) ** 2),
            )
        )
    reach, capacity = (
        next(k for k in range(121) if found[k] < 1 / 2) - 1,
        sum(found[1:]),
    )
    u = np.linspace(-9, 9, 401)
    weights, q, low, high = np.exp(-(u**2) / 2), 1.0, 0.5, 4.0
    while high - low > 1e-11:  # at the edge gain^2 E[slope^2] is 1
        edge = (low + high) / 2
        for _ in range(300):
            q = (
                edge**2 * np.average(np.tanh(np.sqrt(q) * u) ** 2, weights=weights)
                + strength**2 / 3
            )
        grows = (
            edge**2 * np.average(np.cosh(np.sqrt(q) * u) ** -4.0, weights=weights) > 1
        )
        low, high = (low, edge) if grows else (edge, high)
    arrays = {
        "curve": np.column_stack([range(121), found]),
        "capacity": [[gain, capacity]],
    }
    arrays |= {
        "bound": [[0, hidden_size], [1, hidden_size]],
        "critical_gain": [[edge, 0], [edge, 1]],
    }
    said = f'"{scheme}": at least 1/2 up to delay {reach}, capacity {capacity:.0f}'
    said += f" of at most {hidden_size}"
    return arrays, f'{said}; critical gain of "gaussian" {edge:.2f}'


@plain({}, {"bias": 4.6, "seed": 7}, {"bias": 8.0, "timesteps": 3})
def gates_explorer(bias, timesteps, seed):
    rng = np.random.default_rng(seed)
    inputs = rng.normal(size=(timesteps, 2))
    Wx = rng.normal(size=(64, 2)) / 2**0.5
    Wh = rng.normal(size=(64, 16)) / 4
    # a complex step by each input
    nudges = 1e-30j * np.eye(2 * timesteps).reshape(-1, timesteps, 2)
    nudged = inputs + nudges
    keep = np.exp(bias) / (1 + np.exp(bias))
    h, c, leaky, gates = 0, 0, 0, []
    for t in range(timesteps):
        z = nudged[:, t] @ Wx.T
        i, f, g, o = np.split(z + (h @ Wh.T if t else 0), 4, axis=1)
        gates.append(1 / (1 + np.exp(-f - bias)))
        c = gates[-1] * c + np.tanh(g) / (1 + np.exp(-i))
        h = np.tanh(c) / (1 + np.exp(-o))
        z = z[:, 32:48] + (leaky @ Wh[32:48].T if t else 0)
        leaky = keep * leaky + (1 - keep) * np.tanh(z)
    gates = np.array(gates)[:, 0].real
    steps = range(1, timesteps + 1)
    lines = {"predicted": [keep ** (timesteps - t) for t in steps]}
    for name, states in (("LSTM", h), ("leaky", leaky)):
        by_inputs = states.sum(axis=1).imag / 1e-30
        lines[name] = np.hypot(*by_inputs.reshape(-1, 2).T)
    first = [round(np.log10(lines[name][0])) for name in ("LSTM", "leaky")]
    high, higher = (100 * np.mean(gates > limit) for limit in (0.99, 0.995))
    digest = (
        f"forget gate of 16 units: median {np.median(gates):.2f};"
        f" {high:.0f} % above 0.99, {higher:.0f} % above 0.995;"
        " gradient of the last state by the input at timestep 1:"
        f" LSTM 1e{first[0]}, leaky cell 1e{first[1]}"
    )
    arrays = {name: np.column_stack([steps, line]) for name, line in lines.items()}
    return arrays | {"forget_gate": gates.T}, digest


@plain(
    {"length": 40}, {"first": "The Zen", "length": 30}, {"first": "not", "length": 10}
)
def recite_explorer(first, length):
    text = first
    while (
        len(text) <= length
    ):  # one more than is shown: each next letter from the whole text so far
        inputs = np.array(
            [[float(letter == known) for known in LETTERS] for letter in text]
        )
        states = plain_run(inputs, CELL.Wx, CELL.Wh, CELL.b)
        text += LETTERS[int(np.argmax(np.dot(CELL.Wy, states[-1]) + CELL.by))]
    line = [[len(first) + 0.5, 0], [len(first) + 0.5, 1]]
    return {
        "hidden_states": states.T,
        "line": line,
    }, f"{first!r} is continued by {text[len(first) : -1]!r}"


@plain(
    {}, {"gain": 1.0, "method": "newton", "seed": 7}, {"gain": 0.1, "scheme": "uniform"}
)
def rounds_explorer(gain, scheme, method, seed):
    rng = np.random.default_rng(seed)
    inputs = 0.3 * rng.normal(size=(60, 4))
    if scheme == "uniform":
        Wx, Wh, b = rng.random((32, 4)), gain * rng.random((32, 32)), rng.random(32)
    else:
        Wx, Wh, b = (
            rng.normal(size=(32, 4)) / 2,
            gain * rng.normal(size=(32, 32)) / np.sqrt(32),
            np.zeros(32),
        )
    rounds, guess = [], np.zeros((60, 32))
    while True:
        before = [np.zeros(32), *guess[:-1]]
        stepped = np.array(
            [np.tanh(Wx @ x + Wh @ h + b) for x, h in zip(inputs, before, strict=True)]
        )
        if rounds and np.abs(stepped - guess).max() <= 1e-10:
            break
        guess = stepped
        if (
            method == "newton"
        ):  # all timesteps in one system: 1 on the diagonal, -J_t below it
            system = np.eye(60 * 32).reshape(60, 32, 60, 32)
            for t in range(1, 60):
                system[t, :, t - 1] = -np.diag(1 - stepped[t] ** 2) @ Wh
            known = [
                h + system[t, :, t - 1] @ before[t] * (t > 0)
                for t, h in enumerate(stepped)
            ]
            guess = (
                np.linalg.solve(system.reshape(60 * 32, -1), np.ravel(known))
                .reshape(60, 32)
                .clip(-1, 1)
            )
        rounds.append(guess)
    errors, image, vector = (
        np.abs(np.array(rounds) - guess).max(axis=2),
        np.full((60, 60), np.nan),
        np.ones(32),
    )
    image[: len(rounds)] = np.log10(np.maximum(errors, 1e-13))
    for h in plain_run(inputs, Wx, Wh, b):
        vector = np.diag(1 - h**2) @ Wh @ vector
    exponent = np.log(np.linalg.norm(vector) / np.sqrt(32)) / 60
    sizes = [
        f"1e{round(np.log10(errors[k - 1].max()))} after round {k}"
        for k in (1, 5, 20)
        if k < len(rounds)
    ]
    digest = f"{method}: exponent {exponent:.2f}; {len(rounds)} rounds for 60 timesteps"
    digest += "; largest error "
    arrays = {
        "errors": image,
        "bound": [[0.5, 0.5], [60.5, 60.5]],
        "exponent": [[gain, max(exponent, -2.5)]],
    }
    return arrays, digest + ", ".join(sizes)
