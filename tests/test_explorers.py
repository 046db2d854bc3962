"""Every slider panel, driven as the browser drives it: by the state of its controls, in
this process.
"""

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
from plain_panels import CELL, LETTERS, PLAIN
from traitlets import TraitError

import rnn_lessons
from rnn_lessons import panel as panels

PANELS = rnn_lessons.find("*_explorer")
TYPED = ("Then", "The Zen", "not", "é", "")  # the last two the cell can't read


@pytest.fixture(autouse=True)
def no_pyplot_figure():
    yield
    assert plt.get_fignums() == [], "a panel's figure is its own, not pyplot's"


def open_panel(name):
    return PANELS[name](*((CELL, LETTERS) if name == "recite_explorer" else ()))


@pytest.fixture(scope="module", params=PANELS)
def name(request):
    return request.param


@pytest.fixture(scope="module")
def opened(name):
    """One panel for all tests of its name: opening it is what takes the time."""
    return open_panel(name)


@pytest.fixture
def panel(opened):
    opened.reset.click()
    return opened


def look(panel):
    return panel.image.value, panel.digest.value


def positions(control):
    """What the browser can send: texts, or a slider's every name, or its first and last
    number.
    """
    if hasattr(control, "options"):
        return [{"index": index} for index in range(len(control.options))]
    return [
        {"value": end}
        for end in ((control.min, control.max) if hasattr(control, "min") else TYPED)
    ]


def holds(panel):
    """What grows where an event leaves something behind."""
    figure = next(iter(panel.artists.values())).get_figure(root=True)
    children = [len(ax.get_children()) for ax in figure.axes]
    return figure, figure.axes, children, len(registry._instances)


def test_every_array_is_what_a_plain_computation_finds(name, panel):
    assert name in PLAIN, (
        f"{name} needs a plain computation in plain_panels.py, with three settings"
    )
    compute, settings = PLAIN[name]
    start = {key: control.value for key, control in panel.controls.items()}
    for setting in settings:
        values = start | setting
        for key, value in values.items():
            panel.controls[key].value = value
        expected, digest = compute(**values)
        assert repr(panel) == digest
        assert panel.shown.keys() == expected.keys()
        for key, array in panel.shown.items():
            rtol = 1e-4 if name in ("chaos_explorer", "rounds_explorer") else 1e-7
            close = {"rtol": rtol, "atol": 0 if key == "measured" else 1e-9}
            np.testing.assert_allclose(array, expected[key], err_msg=key, **close)
        stands_where_it_says(panel)


def stands_where_it_says(panel):
    """Images fill their axes, and a tick's number is its place."""
    for image in (
        artist for artist in panel.artists.values() if isinstance(artist, AxesImage)
    ):
        left, right, bottom, top = image.get_extent()
        rows, columns = image.get_array().shape
        assert (left, right) == (0.5, columns + 0.5)
        assert bottom - top == pytest.approx(rows)
        assert image.axes.get_xlim() == (left, right)
        assert image.axes.get_ylim()[0] >= bottom
    for label in panel.labels:
        text, places = label.get_text(), label.get_position()
        assert not text.isdigit() or int(text) in places, (
            "a tick stands at another number"
        )


def test_every_control_moves_picture_and_digest_and_reset_brings_both_back(
    panel, monkeypatch
):
    """And each event draws one picture, and leaves nothing behind."""
    assert 1 <= len(panel.controls) <= 6
    start, at_start = look(panel), holds(panel)
    render, pictures = panel._render, []
    monkeypatch.setattr(panel, "_render", lambda: pictures.append(1) or render())
    for key, control in panel.controls.items():
        assert control.description == key
        seen = []
        for position in positions(control):
            pictures.clear()
            control.set_state(position)
            moved = panel.changed.value != "nothing is changed"
            # an event that names the present position is none
            assert len(pictures) == moved
            assert (key in panel.changed.value) == moved
            seen.append(look(panel))
            panel.reset.click()
            assert look(panel) == start, f"Reset after {key} {position}"
        for before, after in zip(start, zip(*seen, strict=True), strict=True):
            assert set(after) != {before}, (
                f"{key} never changes the picture, or the digest"
            )
    assert holds(panel) == at_start


def test_the_blitted_picture_is_a_full_draw(panel):
    """An artist that is not redrawn would differ; the frames, painted last in a full
    draw, may.
    """
    live = [*panel.artists.values(), *panel.labels]
    figure = live[0].get_figure(root=True)
    figure.set_layout_engine(
        "none"
    )  # a second layout would move the axes by fractions of a pixel
    for moved in (False, True):
        for control in panel.controls.values() if moved else ():
            control.set_state(positions(control)[-1])
        blitted = plt.imread(io.BytesIO(panel.image.value))[..., :3]
        for artist in live:
            artist.set_animated(False)
        figure.canvas.draw()
        full = np.asarray(figure.canvas.buffer_rgba())[..., :3] / 255
        for artist in live:
            artist.set_animated(True)
        differing = (
            np.abs(blitted - full).max(axis=-1)[::-1] > 1 / 255
        )  # (height, width), from the bottom
        for ax in figure.axes:
            (left, bottom), (right, top) = np.rint(
                ax.get_window_extent().get_points()
            ).astype(int)
            outer = np.zeros_like(differing)
            outer[max(bottom - 4, 0) : top + 4, max(left - 4, 0) : right + 4] = True
            outer[bottom + 4 : top - 4, left + 4 : right - 4] = False
            differing[outer] = False
        assert not differing.any(), f"{np.argwhere(differing)[:5]}"


def test_out_of_range_is_clamped(panel):
    for control in panel.controls.values():
        if hasattr(control, "options"):
            with pytest.raises(TraitError):
                control.set_state({"index": len(control.options)})
        elif hasattr(control, "step"):
            for end, beyond in (
                (control.max, control.max + 10),
                (control.min, control.min - 10),
            ):
                control.set_state({"value": beyond})
                assert control.value == end


def test_a_raising_callback_surfaces(panel, monkeypatch, caplog):
    monkeypatch.setattr(panel, "_show", lambda **values: 1 / 0)
    for control in panel.controls.values():
        with pytest.raises(ZeroDivisionError):
            control.set_state(
                next(
                    p
                    for p in positions(control)
                    if p.items() - control.get_state().items()
                )
            )
    with caplog.at_level(logging.WARNING):
        panel.reset.click()  # outside a kernel ipywidgets logs what a button raises
    assert "division by zero" in caplog.text


def test_rerunning_the_cell_closes_the_former_panel(name, panel):
    """The last of a panel: after it the one that they shared is closed."""
    as_opened = look(panel)
    widgets_open = len(registry._instances)
    fresh = open_panel(name)
    assert panel.comm is None and fresh.comm is not None
    assert len(registry._instances) == widgets_open, (
        "a former panel's widgets stay in the kernel"
    )
    assert look(fresh) == as_opened, "Reset does not lead to where the panel opens"
    former = weakref.ref(fresh)
    del fresh
    open_panel(name)
    gc.collect()
    assert former() is None


def test_the_saturation_panel_opens_on_the_listing_and_its_buttons_do_what_they_say():
    panel = open_panel("saturation_explorer")
    listing = dict(
        timesteps=10, input_size=4, hidden_size=8, gain=1, scheme="uniform", seed=1
    )
    edge = {"scheme": "gaussian", "hidden_size": 128, "timesteps": 60, "gain": 1.6}
    for preset, changed in {
        "edge": edge,
        "centred": {"scheme": "gaussian"},
        "listing": {},
    }.items():
        panel.controls["seed"].value = 7
        panel.presets[preset].click()
        assert {
            key: control.value for key, control in panel.controls.items()
        } == listing | changed
        assert all(
            f"{key} {value}" in panel.changed.value for key, value in changed.items()
        )


def test_a_beginning_that_the_cell_cannot_read_is_named_and_a_long_one_only_read():
    panel = open_panel("recite_explorer")
    panel.controls["length"].value = 10
    panel.controls["first"].value = ""
    assert repr(panel) == "first must have at least one character; got ''."
    for text, unknown in (("é", "é"), ("Thé", "é"), ("<b>", "<")):
        panel.controls["first"].value = text
        refusal = f"first must consist of the characters {LETTERS!r}; got {unknown!r}."
        assert repr(panel) == refusal
    panel.controls["first"].value = "The Zen " * 1000
    assert repr(panel) == "'The Zen Th' is continued by ''"


def test_live_curve_draws_all_values_so_far(monkeypatch):
    shown, pictures = [], []
    monkeypatch.setattr(panels, "display_live", shown.append)
    draw = panels.live_curve(100, 5, "loss")
    for values in ([4.0], [4.0, 3.0], [4.0, 3.0, 2.0], [4.0, 3.0]):
        draw(values)
        pictures.append(shown[0].value)
    assert pictures[1] == pictures[3] and len(set(pictures)) == 3
