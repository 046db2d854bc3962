"""Every slider panel, driven as the browser drives it: by the state of its controls, in this process."""

import gc
import io
import logging
import weakref

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest
from ipywidgets.widgets import widget as registry
from matplotlib.image import AxesImage
from plain_loop import plain_run
from traitlets import TraitError

from rnn_core import explorers, init_model

PANELS = sorted(name for name in vars(explorers) if name.endswith("_explorer"))
LETTERS = " THZehnot"
CELL = init_model(len(LETTERS), 32, len(LETTERS), scheme="gaussian", gain=1.5, rng=np.random.default_rng(0))
TYPED = ("Then", "The Zen", "not", "é", "")  # the last two the cell can't read
PLAIN = {}  # panel -> how a plain computation finds what it shows, and three settings


def plain(*settings):
    """Register a panel's (arrays, digest) and settings; what a setting leaves out is as at the start."""
    return lambda function: PLAIN.update({function.__name__: (function, settings)})


def drawn_by_hand(timesteps, input_size, hidden_size, scheme, gain, seed):
    """inputs, Wx, Wh, b in the order of the classic listing."""
    rng = np.random.default_rng(seed)
    x, h = (hidden_size, input_size), (hidden_size, hidden_size)
    inputs = rng.random((timesteps, input_size))
    if scheme == "uniform":
        Wx, Wh, b = rng.random(x), rng.random(h), rng.random(hidden_size)
    elif scheme == "pytorch":
        Wx, Wh, b, second = ((2 * rng.random(n) - 1) / np.sqrt(hidden_size) for n in (x, h, x[0], x[0]))
        b = b + second
    else:
        assert scheme == "gaussian"
        Wx, Wh, b = rng.normal(size=x) / np.sqrt(x[1]), rng.normal(size=h) / np.sqrt(h[1]), np.zeros(x[0])
    return inputs, Wx, gain * Wh, b


@plain({}, {"timesteps": 3, "input_size": 2, "hidden_size": 5}, {"timesteps": 16, "hidden_size": 1})
def shapes_explorer(timesteps, input_size, hidden_size):
    T, D, H = timesteps, input_size, hidden_size
    left, boxes, edges = 0, [], []
    for rows, columns, room in ((T, D, 12), (H, D, 12), (H, H, 12), (H, 1, 5), (H, 1, 5)):
        corners = [(0, 0), (columns, 0), (columns, rows), (0, rows), (0, 0)]
        boxes.append([(left + x, y) for x, y in corners])
        edges += [[(left, y), (left + columns, y)] for y in range(1, rows)]
        edges += [[(left + x, 0), (left + x, rows)] for x in range(1, columns)]
        left += room + 2
    count = sum((H * D, H * H, H))
    digest = f"inputs ({T}, {D}), Wx ({H}, {D}), Wh ({H}, {H}), b ({H},): {count} parameters"
    return {"arrays": boxes, "edges": edges}, digest


@plain(
    {"timestep": 3}, {"timestep": 1, "scheme": "gaussian", "seed": 7}, {"timestep": 10, "scheme": "pytorch"}
)
def step_explorer(timestep, scheme, seed):
    inputs, Wx, Wh, b = drawn_by_hand(10, 4, 8, scheme, 1, seed)
    states = plain_run(inputs, Wx, Wh, b)
    before = states[timestep - 2] if timestep > 1 else np.zeros(8)
    rows = [np.dot(Wx, inputs[timestep - 1]), np.dot(Wh, before), b]
    rows += [sum(rows), states[timestep - 1]]
    names = "Wx @ input_t", "Wh @ hidden_state", "b", "pre-activation", "tanh"
    each = ", ".join(f"{name} {np.sum(row) / 8:.2f}" for name, row in zip(names, rows, strict=True))
    frame = [[timestep - 0.5, 0], [timestep + 0.5, 1]]
    arrays = {"hidden_states": states.T, "frame": frame, "terms": rows[:4], "tanh": rows[4:]}
    return arrays, f"timestep {timestep}: mean over units: {each}"


OTHER_CELL = {"timesteps": 12, "input_size": 2, "hidden_size": 5, "gain": 0.5, "seed": 7}


@plain({}, OTHER_CELL | {"scheme": "gaussian"}, {"timesteps": 60, "hidden_size": 40, "scheme": "pytorch"})
def saturation_explorer(timesteps, input_size, hidden_size, gain, scheme, seed):
    states = plain_run(*drawn_by_hand(timesteps, input_size, hidden_size, scheme, gain, seed))
    slopes, fractions, since = np.zeros_like(states), [], timesteps + 1
    for t, unit in np.ndindex(states.shape):
        slopes[t, unit] = (
            1 / np.cosh(np.arctanh(states[t, unit])) ** 2
        )  # the derivative of tanh, of this timestep
    for state in states:
        fractions.append(sum(abs(h) > 0.99 for h in state) / hidden_size)
    while since > 1 and fractions[since - 2] == 1:
        since -= 1
    when = f", all of it from timestep {since} on" if since <= timesteps else ""
    digest = f"{100 * np.mean(fractions):.0f} % of |h| above 0.99{when}"
    line = np.column_stack([range(1, timesteps + 1), fractions])
    arrays = {"hidden_states": states.T, "slope": slopes.T, "saturated_fraction": line}
    return arrays, f"hidden states of {hidden_size} units over {timesteps} timesteps: {digest}"


@plain({}, {"timesteps": 5, "gain": 0.25, "seed": 7}, {"timesteps": 40, "gain": 3.0, "scheme": "gaussian"})
def gradient_explorer(timesteps, gain, scheme, seed):
    inputs, Wx, Wh, b = drawn_by_hand(timesteps, 4, 8, scheme, gain, seed)
    product, measured = np.eye(8), [1.0]
    for h in plain_run(inputs, Wx, Wh, b)[::-1]:
        product = product @ np.diag(1 - h**2) @ Wh
        measured.append(np.sqrt(np.linalg.eigvalsh(product @ product.T).max()))
    bound = np.sqrt(np.linalg.eigvalsh(Wh.T @ Wh).max())
    radius = np.abs(np.linalg.eigvals(Wh.T)).max()
    assert np.linalg.norm(np.linalg.matrix_power(Wh / radius, 200)) ** (1 / 200) == pytest.approx(
        1, abs=0.02
    )  # Gelfand
    back = np.arange(timesteps + 1)
    curves = {"measured": measured, "bound": bound**back, "rule": radius**back}
    sizes = f"largest singular value {bound:.2f}, spectral radius {radius:.2f}"
    digest = f"gradient norm {timesteps} steps back: 1e{round(np.log10(measured[-1]))}; {sizes}"
    return {name: np.column_stack([range(timesteps + 1), curve]) for name, curve in curves.items()}, digest


@plain({}, {"gain": 0.5, "seed": 7}, {"gain": 2.0})  # more chaos tells one rounding from another
def chaos_explorer(gain, seed):
    rng = np.random.default_rng(seed)
    Wx, Wh = rng.normal(size=(200, 1)), gain * rng.normal(size=(200, 200)) / np.sqrt(200)
    before = plain_run(np.zeros((20, 1)), Wx, Wh, np.zeros(200), rng.normal(size=200))
    starts = before[-1], before[-1] + 1e-6 * rng.normal(size=200)
    one, other = (np.vstack([s, plain_run(np.zeros((60, 1)), Wx, Wh, np.zeros(200), s)]) for s in starts)
    apart = np.sqrt(np.mean((one - other) ** 2, axis=1))
    u, weights = np.polynomial.hermite_e.hermegauss(150)
    weights, q = weights / weights.sum(), 1.0
    for _ in range(2000):
        q = gain**2 * weights @ np.tanh(np.sqrt(q) * u) ** 2
    exponent = np.log(gain**2 * weights @ np.cosh(np.sqrt(q) * u) ** -4.0) / 2
    arrays = {"hidden_states": np.vstack([before, one[1:]])[:, :40].T, "exponent": [[gain, exponent]]}
    arrays["measured"] = np.column_stack([range(61), apart])
    arrays["predicted"] = np.column_stack([range(61), apart[0] * np.exp(exponent * np.arange(61))])
    first, last, end = (round(np.log10(size)) for size in (*apart[[0, -1]], arrays["predicted"][-1, 1]))
    digest = f"distance over 60 timesteps: gain {gain:.2f}: 1e{first} to 1e{last}, predicted 1e{end}"
    rms = np.sqrt(np.mean(one[1:] ** 2))
    return arrays, f"{digest}; predicted exponent {exponent:.3f}; RMS of the states {rms:.2f}"


@plain({"length": 40}, {"first": "The Zen", "length": 30}, {"first": "not", "length": 10})
def recite_explorer(first, length):
    text = first
    while len(text) <= length:  # one more than is shown: each next letter from the whole text so far
        inputs = np.array([[float(letter == known) for known in LETTERS] for letter in text])
        states = plain_run(inputs, CELL.Wx, CELL.Wh, CELL.b)
        text += LETTERS[int(np.argmax(np.dot(CELL.Wy, states[-1]) + CELL.by))]
    line = [[len(first) + 0.5, 0], [len(first) + 0.5, 1]]
    return {"hidden_states": states.T, "line": line}, f"{first!r} is continued by {text[len(first) : -1]!r}"


@pytest.fixture(autouse=True)
def no_pyplot_figure():
    yield
    assert plt.get_fignums() == [], "a panel's figure is its own, not pyplot's"


def open_panel(name):
    return getattr(explorers, name)(*((CELL, LETTERS) if name == "recite_explorer" else ()))


def look(panel):
    return panel.image.value, panel.digest.value


def positions(control):
    """What the browser can send: texts, or a slider's every name, or its first and last number."""
    if hasattr(control, "options"):
        return [{"index": index} for index in range(len(control.options))]
    return [{"value": end} for end in ((control.min, control.max) if hasattr(control, "min") else TYPED)]


def random_events(panel, number, seed):
    rng, controls = np.random.default_rng(seed), list(panel.controls.values())
    for _ in range(number):
        control = controls[rng.integers(len(controls))]
        choices = positions(control)
        state = choices[rng.integers(len(choices))]
        if hasattr(control, "step"):
            state = {
                "value": control.min
                + int(rng.integers(1e9)) % round((control.max - control.min) / control.step)
            }
        control.set_state(state)


@pytest.mark.parametrize("number", range(3))
@pytest.mark.parametrize("name", PANELS)
def test_every_array_is_what_a_plain_computation_finds(name, number):
    assert name in PLAIN, f"{name} needs a plain computation above, with three settings"
    compute, settings = PLAIN[name]
    panel = open_panel(name)
    values = {key: control.value for key, control in panel.controls.items()}
    for key, value in settings[number].items():
        panel.controls[key].value = value
    expected, digest = compute(**values | settings[number])
    assert repr(panel) == digest
    assert panel.shown.keys() == expected.keys()
    for key, array in panel.shown.items():
        rtol = 1e-4 if name == "chaos_explorer" else 1e-7
        np.testing.assert_allclose(
            array, expected[key], rtol=rtol, atol=1e-9 * (key != "measured"), err_msg=key
        )
    for image in (artist for artist in panel.artists.values() if isinstance(artist, AxesImage)):
        (left, right, bottom, top), (rows, columns) = image.get_extent(), image.get_array().shape
        assert (left, right, bottom - top) == (0.5, columns + 0.5, pytest.approx(rows))
        assert image.axes.get_xlim() == (left, right) and image.axes.get_ylim()[0] >= bottom
    for label in panel.labels:
        text, places = label.get_text(), label.get_position()
        assert not text.isdigit() or int(text) in places, "a tick stands at another number"


@pytest.mark.parametrize("name", PANELS)
def test_every_control_moves_picture_and_digest_and_reset_brings_both_back(name):
    panel = open_panel(name)
    assert 1 <= len(panel.controls) <= 6
    start = look(panel)
    for key, control in panel.controls.items():
        assert control.description == key
        seen = []
        for position in positions(control):
            control.set_state(position)
            seen.append(look(panel))
            assert (key in panel.changed.value) == (panel.changed.value != "as at the start")
            panel.reset.click()
            assert look(panel) == start, f"Reset after {key} {position}"
        for what, at_start, changed in zip(
            ("picture", "digest"), start, zip(*seen, strict=True), strict=True
        ):
            assert set(changed) != {at_start}, f"{key} never changes the {what}"


@pytest.mark.parametrize("name", PANELS)
def test_presets_set_what_they_say_and_all_else_to_the_start(name):
    panel = open_panel(name)
    start = {key: control.value for key, control in panel.controls.items()}
    for preset, button in panel.presets.items():
        for control in panel.controls.values():
            control.set_state(positions(control)[-1])
        button.click()
        differing = {
            key: control.value for key, control in panel.controls.items() if control.value != start[key]
        }
        assert {item.rsplit(" ", 1)[0] for item in button.tooltip.split(", ") if item} == differing.keys(), (
            preset
        )
    if name == "saturation_explorer":
        assert differing == {"timesteps": 60, "hidden_size": 128, "gain": 1.6, "scheme": "gaussian"}
        assert start == dict(timesteps=10, input_size=4, hidden_size=8, gain=1, scheme="uniform", seed=1)


@pytest.mark.parametrize("name", PANELS)
def test_the_blitted_picture_is_a_full_draw(name):
    """An artist that is not redrawn would differ; the frames, painted last in a full draw, may."""
    panel = open_panel(name)
    live = [*panel.artists.values(), *panel.labels]
    figure = live[0].get_figure(root=True)
    figure.set_layout_engine("none")  # a second layout would move the axes by fractions of a pixel
    for end in (None, 0, -1):
        for control in panel.controls.values() if end is not None else ():
            control.set_state(positions(control)[end])
        blitted = plt.imread(io.BytesIO(panel.image.value))[..., :3]
        for artist in live:
            artist.set_animated(False)
        figure.canvas.draw()
        full = np.asarray(figure.canvas.buffer_rgba())[..., :3] / 255
        for artist in live:
            artist.set_animated(True)
        differing = np.abs(blitted - full).max(axis=-1)[::-1] > 1 / 255  # (height, width), from the bottom
        for ax in figure.axes:
            (left, bottom), (right, top) = np.rint(ax.get_window_extent().get_points()).astype(int)
            outer = np.zeros_like(differing)
            outer[max(bottom - 4, 0) : top + 4, max(left - 4, 0) : right + 4] = True
            outer[bottom + 4 : top - 4, left + 4 : right - 4] = False
            differing[outer] = False
        assert not differing.any(), f"{np.argwhere(differing)[:5]}"


@pytest.mark.parametrize("name", PANELS)
def test_out_of_range_is_clamped(name):
    for control in open_panel(name).controls.values():
        if hasattr(control, "options"):
            with pytest.raises(TraitError):
                control.set_state({"index": len(control.options)})
        elif hasattr(control, "step"):
            for end, beyond in ((control.max, control.max + 10), (control.min, control.min - 10)):
                control.set_state({"value": beyond})
                assert control.value == end


# The test command storms the largest panel, .ci/run the others too.
@pytest.mark.parametrize(
    "name", [n if n == "saturation_explorer" else pytest.param(n, marks=pytest.mark.slow) for n in PANELS]
)
def test_a_thousand_events_leave_nothing_behind(name):
    panel = open_panel(name)
    render, start, pictures = panel._render, look(panel), []
    figure = next(iter(panel.artists.values())).get_figure(root=True)
    panel._render = lambda: pictures.append(1) or render()
    before = [figure, *figure.axes], [len(ax.get_children()) for ax in figure.axes], len(registry._instances)
    random_events(panel, 1_000, seed=1)
    after = [figure, *figure.axes], [len(ax.get_children()) for ax in figure.axes], len(registry._instances)
    assert after == before
    assert 500 < len(pictures) <= 1_000  # an event that names the present position is none
    panel.reset.click()
    assert look(panel) == start == look(open_panel(name))


@pytest.mark.parametrize("name", PANELS)
def test_rerunning_the_cell_closes_the_former_panel(name):
    panel = open_panel(name)
    widgets_open, former = len(registry._instances), []
    for _ in range(3):
        former.append(weakref.ref(panel))
        panel = open_panel(name)
        assert former[-1]().comm is None and panel.comm is not None
        assert len(registry._instances) == widgets_open, "a former panel's widgets stay in the kernel"
    gc.collect()
    assert all(panel() is None for panel in former)


@pytest.mark.parametrize("name", PANELS)
def test_a_raising_callback_surfaces(name, monkeypatch, caplog):
    panel = open_panel(name)
    monkeypatch.setattr(panel, "_show", lambda **values: 1 / 0)
    for control in panel.controls.values():
        with pytest.raises(ZeroDivisionError):
            control.set_state(next(p for p in positions(control) if p.items() - control.get_state().items()))
    with caplog.at_level(logging.WARNING):
        panel.reset.click()  # outside a kernel ipywidgets logs what a button raises
    assert "division by zero" in caplog.text


@pytest.mark.parametrize("text", ["", "é", "The quick", "<b>"])
def test_a_beginning_that_the_cell_cannot_read_is_named(text):
    panel = open_panel("recite_explorer")
    panel.controls["first"].value = text
    assert repr(panel) == f"first must be one or more of the characters {LETTERS!r}; got {text!r}."


def test_a_beginning_longer_than_length_is_only_read():
    panel = open_panel("recite_explorer")
    panel.controls["length"].value = 10
    panel.controls["first"].value = "The Zen " * 1000
    assert repr(panel) == "'The Zen Th' is continued by ''"


def test_live_curve_draws_all_values_so_far(monkeypatch):
    shown, pictures = [], []
    monkeypatch.setattr(explorers.training, "display", shown.append)
    draw = explorers.live_curve(100, 5, "loss")
    for values in ([4.0], [4.0, 3.0], [4.0, 3.0, 2.0], [4.0, 3.0]):
        draw(values)
        pictures.append(shown[0].value)
    assert pictures[1] == pictures[3] and len(set(pictures)) == 3
