"""The live page: its mathematics against rnn_core, its draws, its controls by keyboard,
mouse and touch.
"""

import re
import runpy
from contextlib import redirect_stdout
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from pages import open_file, overflows, serious_findings

from rnn_core import (
    SCHEMES,
    backward,
    init_parameters,
    pre_activations,
    run,
    saturated_fraction,
    slope,
)
from rnn_core import steady_state as predicted_state

in_browser = pytest.mark.browser
PAGE = Path(__file__).parents[2] / "docs" / "live.html"
CELLS = ["listing", "fewer", "centred", "edge", "chaos"]
NAMES = ["timesteps", "input_size", "hidden_size", "gain", "scheme", "seed"]


def settings(page):
    return [page.locator(f"#{name}").input_value() for name in NAMES]


def reading(page):
    """Unit, timestep, pre-activation, state, slope and gradient, as they stand beside
    the play button.
    """
    return [
        text.replace("−", "-") for text in page.locator("#reading dd").all_inner_texts()
    ]


def wait_for_text(page, selector, text):
    page.locator(f"{selector}:text-is('{text}')").wait_for()


def shown(page):
    """What the page shows: the numbers, the digest and each picture."""
    page.wait_for_timeout(300)  # the digest waits until the sliders rest
    pictures = page.evaluate(
        "[...document.querySelectorAll('canvas')].map(canvas => canvas.toDataURL())"
    )
    return [page.inner_text("#digest"), *reading(page), *settings(page), *pictures]


def listing():
    """The listing as its lesson draws it: inputs, Wx, Wh, b."""
    rng = np.random.default_rng(1)
    return rng.random((10, 4)), rng.random((8, 4)), rng.random((8, 8)), rng.random(8)


# ---------------------------------------------------------------- the file


def test_the_embedded_numbers_are_up_to_date():
    text = PAGE.read_text(encoding="utf-8")
    assert (
        runpy.run_path(str(PAGE.with_name("embed_listing.py")))["embed"](text) == text
    )


def test_one_small_file_that_asks_for_nothing():
    text = PAGE.read_text(encoding="utf-8")
    assert len(text.encode()) <= 100_000
    assert not re.search(r"https?:|\bsrc=|<link|@import|fetch\(|XMLHttp|url\(", text)
    assert "default-src 'none'" in text  # the browser itself refuses what would slip in


def test_all_texts_stand_in_the_table():
    words = []

    class Body(HTMLParser):
        inside = None

        def handle_starttag(self, tag, attributes):
            self.inside = tag
            words.extend(
                value
                for name, value in attributes
                if name in ("aria-label", "title", "alt")
            )

        def handle_data(self, data):
            if self.inside not in ("style", "script", "title"):
                words.extend(re.findall(r"[^\W\d_]+", data))

    Body().feed(PAGE.read_text(encoding="utf-8"))
    assert words == []


# ---------------------------------------------------------------- the mathematics


def cells():
    """50 cells of random shapes, all schemes; beyond 20 timesteps no chaos, which
    amplifies a last digit.
    """
    rng = np.random.default_rng(0)
    names = list(SCHEMES)
    for number in range(50):
        timesteps, input_size, hidden_size = (
            int(n) for n in rng.integers((1, 1, 1), (61, 65, 129))
        )
        if number < 4:
            timesteps, input_size, hidden_size = [
                (1, 1, 1),
                (60, 64, 128),
                (60, 1, 1),
                (1, 64, 128),
            ][number]
        gain = rng.uniform(0, 3 if timesteps <= 20 else 1)
        inputs = rng.normal(size=(timesteps, input_size))
        weights = init_parameters(
            input_size, hidden_size, scheme=names[number % 6], gain=gain, rng=rng
        )
        yield inputs, *weights


@in_browser
def test_run_slope_and_gradient_sizes_against_rnn_core(browser):
    close = {"rtol": 1e-12, "atol": 1e-12}
    with open_file(browser, PAGE) as page:
        for inputs, Wx, Wh, b in cells():
            found = page.evaluate(
                """([inputs, Wx, Wh, b]) => {
                    const states = cell.run(inputs, Wx, Wh, b);
                    return [states, cell.slope(states), cell.gradientSizes(states, Wh)];
                }""",
                [array.tolist() for array in (inputs, Wx, Wh, b)],
            )
            states = run(inputs, Wx, Wh, b)
            d_states = np.zeros_like(states)
            d_states[-1] = 1  # the derivative of the last state's sum
            by_each_state = backward(d_states, inputs, states, Wx, Wh, b).hidden_states
            np.testing.assert_allclose(found[0], states, **close)
            np.testing.assert_allclose(found[1], slope(states), **close)
            np.testing.assert_allclose(
                found[2], np.linalg.norm(by_each_state, axis=-1), **close
            )


@in_browser
def test_gradient_sizes_far_below_one_are_no_zeros(browser):
    with open_file(browser, PAGE) as page:
        sizes = page.evaluate("cell.gradientSizes([[0], [0], [0]], [[1e-140]])")
    np.testing.assert_allclose(sizes, [1e-280, 1e-140, 1], rtol=1e-12)


@in_browser
def test_steady_state_against_rnn_core(browser):
    cases = [(4, 8, 1.0), (1, 1, 0.0), (64, 128, 3.0), (1, 2, 0.5), (1, 1, 3.0)]
    with open_file(browser, PAGE) as page:
        found = [
            page.evaluate("([i, h, g]) => cell.steadyState(i, h, g)", list(case))
            for case in cases
        ]
    np.testing.assert_allclose(
        found, [predicted_state(*case) for case in cases], rtol=1e-11
    )


def draw(page, scheme, timesteps=60, inputSize=64, hiddenSize=128, gain=1.0, seed=1):
    sizes = {"timesteps": timesteps, "inputSize": inputSize, "hiddenSize": hiddenSize}
    arrays = page.evaluate(
        "([scheme, options]) => cell.draw(scheme, options)",
        [scheme, {**sizes, "gain": gain, "seed": seed}],
    )
    return [np.array(arrays[name]) for name in ("inputs", "Wx", "Wh", "b")]


def assert_spread(values, variance, limit=None):
    """Mean 0 within 5 standard errors, this variance within 7 % or so, nothing beyond
    the limit.
    """
    values = np.ravel(values)
    assert abs(values.mean()) < 5 * np.sqrt(variance / values.size)
    assert abs(values.var() / variance - 1) < 5 * np.sqrt(2 / values.size)
    if limit is not None:
        assert 0.99 * limit < np.abs(values).max() <= limit


@in_browser
@pytest.mark.parametrize("scheme", SCHEMES)
def test_draws(browser, scheme):
    with open_file(browser, PAGE) as page:
        draws = [draw(page, scheme, seed=seed) for seed in range(4)]
        inputs, Wx, Wh, b = (np.stack(arrays) for arrays in zip(*draws, strict=True))
        assert [array.shape for array in draws[0]] == [
            (60, 64),
            (128, 64),
            (128, 128),
            (128,),
        ]
        assert inputs.min() >= 0 and inputs.max() < 1
        assert_spread(inputs - 0.5, 1 / 12, 0.5)
        if scheme == "uniform":
            for array in (Wx, Wh, b):
                assert array.min() >= 0 and array.max() < 1
                assert_spread(array - 0.5, 1 / 12)
        elif scheme == "pytorch":
            a = 1 / np.sqrt(128)
            assert_spread(Wx, a**2 / 3, a)
            assert_spread(Wh, a**2 / 3, a)
            assert_spread(b, 2 * a**2 / 3)
            assert a < np.abs(b).max() <= 2 * a  # a sum of two biases
        elif scheme == "keras":
            a = np.sqrt(6 / (64 + 128))
            assert_spread(Wx, a**2 / 3, a)
        elif scheme == "gaussian":
            assert_spread(Wx, 1 / 64)
            assert_spread(Wh, 1 / 128)
            assert abs(np.mean(np.abs(Wh) < 1 / np.sqrt(128)) - 0.6827) < 0.01
        elif scheme == "identity":
            assert_spread(Wx, 0.01**2)
            np.testing.assert_array_equal(Wh, np.broadcast_to(np.eye(128), Wh.shape))
        if scheme not in ("uniform", "pytorch"):
            assert not b.any()
        for one, other in ((0, 1), (2, 3)):  # another seed, another cell
            assert not np.allclose(Wx[one], Wx[other])
        again, stronger = (
            draw(page, scheme, seed=2),
            draw(page, scheme, seed=2, gain=1.5),
        )
        for name, before, same, scaled in zip(
            ("inputs", "Wx", "Wh", "b"), draws[2], again, stronger, strict=True
        ):
            np.testing.assert_array_equal(before, same)
            np.testing.assert_allclose(
                scaled, before * (1.5 if name == "Wh" else 1), rtol=1e-15
            )
        longer, shorter = (
            draw(page, scheme, timesteps=9),
            draw(page, scheme, timesteps=4),
        )
        np.testing.assert_array_equal(
            longer[0][:4], shorter[0]
        )  # more timesteps change nothing before


@in_browser
def test_orthogonal_draws_prefer_no_direction(browser):
    with open_file(browser, PAGE) as page:
        for scheme in ("keras", "orthogonal"):
            for hidden_size in (1, 2, 8, 127, 128):
                Wh = draw(page, scheme, timesteps=1, hiddenSize=hidden_size, seed=3)[2]
                np.testing.assert_allclose(Wh @ Wh.T, np.eye(hidden_size), atol=1e-13)
        for input_size, hidden_size in ((64, 8), (8, 64), (5, 5), (1, 128), (64, 1)):
            Wx = draw(page, "orthogonal", 1, input_size, hidden_size)[1]
            assert Wx.shape == (hidden_size, input_size)
            gram = Wx @ Wx.T if hidden_size <= input_size else Wx.T @ Wx
            np.testing.assert_allclose(gram, np.eye(min(Wx.shape)), atol=1e-13)
        Wh = np.stack(
            [draw(page, "orthogonal", 1, 1, 4, seed=seed)[2] for seed in range(400)]
        )
    # Each entry has mean 0 and mean square 1/4, rotations and reflections come equally
    # often.
    assert np.abs(Wh.mean(axis=0)).max() < 4.5 * np.sqrt(1 / 4 / 400)
    assert np.abs((Wh**2).mean(axis=0) - 1 / 4).max() < 0.06
    assert abs(np.mean(np.linalg.det(Wh) > 0) - 0.5) < 0.12
    trace = np.trace(
        Wh, axis1=1, axis2=2
    )  # mean 0, variance 1 (Diaconis and Shahshahani 1994)
    assert abs(trace.mean()) < 0.2 and abs(trace.var() - 1) < 0.3


# ---------------------------------------------------------------- what the page shows


@in_browser
def test_it_opens_on_the_lessons_listing(browser):
    inputs, Wx, Wh, b = listing()
    states = run(inputs, Wx, Wh, b)
    z = pre_activations(inputs, states, Wx, Wh, b)
    with open_file(browser, PAGE) as page:
        assert settings(page) == ["10", "4", "8", "1", "uniform", "1"]
        assert (
            page.inner_text("#fraction") == f"{100 * saturated_fraction(states):.1f} %"
        )
        assert page.inner_text("#mean-z") == f"{z[2:].mean():.3f}"
        h = predicted_state(4, 8)
        assert page.inner_text("#steady-z") == f"{4 / 4 + 8 * h / 2 + 1 / 2:.3f}"
        assert page.inner_text("#steady-h") == f"{h:.5f}"
        page.locator("#states").focus()
        page.keyboard.press("Home")
        for t in range(10):
            for u in range(8):
                unit, timestep, pre, state, slope_, _ = reading(page)
                assert (unit, timestep) == (f"{u + 1} of 8", f"{t + 1} of 10")
                assert (pre, state) == (f"{z[t, u]:.8f}", f"{states[t, u]:.8f}")
                assert float(slope_) == pytest.approx(1 - states[t, u] ** 2, rel=0.05)
                page.keyboard.press("ArrowDown")
            for _ in range(8):
                page.keyboard.press("ArrowUp")
            page.keyboard.press("ArrowRight")


@in_browser
@pytest.mark.parametrize("density", [1, 1.5, 3])
def test_the_pictures_are_sharp_and_their_colours_are_the_states(browser, density):
    """At each density a pixel of the canvas for one of the screen; red is positive,
    blue negative.
    """
    with open_file(
        browser, PAGE, fragment="scheme=gaussian&seed=5", device_scale_factor=density
    ) as page:
        sizes = page.evaluate("""[...document.querySelectorAll("canvas")].map(canvas => {
            const { width, height } = canvas.getBoundingClientRect(), ratio = devicePixelRatio;
            return [canvas.width - width * ratio, canvas.height - height * ratio];
        })""")
        assert np.abs(sizes).max() < 1
        pixels, states = page.evaluate("""() => {
            const canvas = document.getElementById("states"), rem = 16 * devicePixelRatio, pixels = [];
            const all = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
            const width = canvas.width - 3.1 * rem, height = canvas.height - 1.6 * rem;
            for (let t = 0; t < 10; t++) for (let u = 0; u < 8; u++) {
                const x = 2.6 * rem + (t + 0.5) * width / 10, y = 0.25 * rem + (u + 0.5) * height / 8 + 4;
                const from = 4 * (Math.round(y) * canvas.width + Math.round(x));
                pixels.push([...all.slice(from, from + 3)]);
            }
            const sizes = {timesteps: 10, inputSize: 4, hiddenSize: 8, seed: 5};
            const { inputs, Wx, Wh, b } = cell.draw("gaussian", sizes);
            return [pixels, cell.run(inputs, Wx, Wh, b).flat()];
        }""")
    red_minus_blue = np.array(pixels)[:, 0] - np.array(pixels)[:, 2]
    clear = np.abs(states) > 0.1
    assert clear.sum() > 40
    np.testing.assert_array_equal(
        np.sign(red_minus_blue[clear]), np.sign(np.array(states)[clear])
    )


@in_browser
def test_named_cells(browser):
    with open_file(browser, PAGE) as page:
        seen = []
        for name in CELLS:
            page.click(f"#cell-{name}")
            assert page.get_attribute(f"#cell-{name}", "aria-pressed") == "true"
            assert page.locator("[aria-pressed=true]").count() == 1
            seen.append(shown(page))
        assert seen[3][7:13] == ["60", "4", "128", "1.6", "gaussian", "1"]
        assert len({tuple(each[13:15]) for each in seen}) == 5
        page.click("#cell-listing")
        assert shown(page) == seen[0]


@in_browser
def test_the_address_remembers(browser):
    with open_file(browser, PAGE) as page:
        assert "#" not in page.url
        page.fill("#hidden_size", "23")
        page.fill("#gain", "1.37")
        page.select_option("#scheme", "keras")
        page.fill("#seed", "7")
        before, fragment = shown(page), page.url.split("#")[1]
    with open_file(browser, PAGE, fragment=fragment) as page:
        assert shown(page) == before
        page.evaluate("location.hash = 'timesteps=1&input_size=1&hidden_size=1&gain=0'")
        page.wait_for_timeout(100)
        assert settings(page) == ["1", "1", "1", "0", "uniform", "1"]
        page.evaluate(
            "location.hash = 'timesteps=1e9&input_size=x&hidden_size=-4&gain=NaN&scheme=__proto__&seed='"
        )
        page.wait_for_timeout(100)
        assert settings(page) == ["60", "4", "1", "1", "uniform", "1"]


@in_browser
def test_copy_as_python(browser):
    with open_file(
        browser, PAGE, permissions=["clipboard-read", "clipboard-write"]
    ) as page:
        page.click("#python summary")
        for fragment in (
            "",
            "timesteps=7",
            "gain=2.5",
            "scheme=orthogonal&hidden_size=40&timesteps=30&seed=3",
        ):
            page.evaluate("fragment => { location.hash = fragment; }", fragment)
            page.wait_for_timeout(100)
            page.click("#copy")
            wait_for_text(page, "#copied", "Copied.")
            lines = page.evaluate("navigator.clipboard.readText()")
            with redirect_stdout(StringIO()) as printed:
                exec(lines, space := {})  # noqa: S102 -- what a reader would paste
            timesteps, input_size, hidden_size = (
                int(value) for value in settings(page)[:3]
            )
            assert space["hidden_states"].shape == (timesteps, hidden_size)
            assert space["inputs"].shape == (timesteps, input_size)
            if "scheme" in fragment:
                assert "another stream" in lines
            else:
                assert (
                    page.inner_text("#fraction")
                    == f"{100 * float(printed.getvalue()):.1f} %"
                )
                mean = space["hidden_states"][2:].mean()
                assert float(page.inner_text("#mean-h")) == pytest.approx(
                    mean, abs=1e-5
                )


# ---------------------------------------------------------------- by keyboard, mouse
# and touch


@in_browser
def test_by_keyboard_alone(browser):
    """Tab reaches every control once, each shows its focus, and each is moved by keys."""
    with open_file(browser, PAGE) as page:
        order = []
        for _ in range(40):
            page.keyboard.press("Tab")
            name, ring = page.evaluate("""() => {
                const e = document.activeElement, style = getComputedStyle(e);
                return [e.id || e.tagName, style.outlineStyle !== "none" && parseFloat(style.outlineWidth)];
            }""")
            if name in ("BODY", *order[:1]):
                break
            assert ring >= 2, f"{name} does not show its focus"
            order.append(name)
        buttons = ["first", "back", "play", "forward"]
        assert [name for name in order if name != "SUMMARY"] == [
            *(f"cell-{name}" for name in CELLS), *NAMES, *buttons, "states", "slopes"
        ]  # fmt: skip
        assert order.count("SUMMARY") == 2

        start = shown(page)
        for name in ("timesteps", "input_size", "hidden_size", "gain", "seed"):
            page.locator(f"#{name}").focus()
            page.keyboard.press("End")
            highest = shown(page)
            page.keyboard.press("Home")
            lowest = shown(page)
            assert page.input_value(f"#{name}") == page.get_attribute(f"#{name}", "min")
            assert len({highest[13], lowest[13], start[13]}) == 3, (
                f"{name} never changes the states' picture"
            )
            page.locator("#cell-listing").focus()
            page.keyboard.press("Enter")
            page.locator("#states").focus()
            page.keyboard.press("End")
            page.locator("body").evaluate("() => document.activeElement.blur()")
            assert shown(page) == start
        page.locator("#scheme").focus()
        page.keyboard.press("g")
        assert page.input_value("#scheme") == "gaussian"


@in_browser
def test_time_by_keyboard(browser):
    with open_file(browser, PAGE) as page:
        assert reading(page)[1] == "10 of 10"
        whole = shown(page)
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("ArrowLeft")
        assert reading(page)[1] == "8 of 10"
        assert shown(page)[13] != whole[13]  # what is not worked out yet is hidden
        page.keyboard.press("ArrowRight")
        assert reading(page)[1] == "9 of 10"
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowRight")
        assert shown(page) == whole
        page.keyboard.press("Space")
        assert reading(page)[1] == "1 of 10"
        assert page.inner_text("#play") == "Pause"
        wait_for_text(page, "#read-timestep", "3 of 10")
        page.keyboard.press("Space")
        page.wait_for_timeout(700)
        assert reading(page)[1] == "3 of 10"
        page.keyboard.press("Space")
        wait_for_text(page, "#read-timestep", "10 of 10")
        page.wait_for_timeout(500)
        assert page.inner_text("#play") == "Play"
        assert shown(page) == whole
        assert page.get_attribute("#digest", "aria-live") == "polite"
        page.locator("#slopes").focus()
        assert page.get_attribute("#reading", "aria-live") == "polite"


@in_browser
def test_by_mouse(browser):
    with open_file(browser, PAGE) as page:
        box = page.locator("#gain").bounding_box()
        middle = box["y"] + box["height"] / 2
        page.mouse.move(box["x"] + box["width"] / 3, middle)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * 0.9, middle, steps=10)
        page.mouse.up()
        assert float(page.input_value("#gain")) > 2.5
        picture = page.locator("#states").bounding_box()
        bottom = picture["y"] + picture["height"]
        page.mouse.move(picture["x"] + 44, picture["y"] + 8)
        assert reading(page)[:2] == ["1 of 8", "1 of 10"]
        page.mouse.move(picture["x"] + picture["width"] - 12, bottom - 26)
        assert reading(page)[:2] == ["8 of 8", "10 of 10"]
        page.mouse.click(picture["x"] + 44, bottom - 26)
        page.mouse.move(5, 5)
        assert reading(page)[:2] == ["8 of 8", "1 of 10"]
        page.click("#forward")
        page.click("#forward")
        page.click("#first")
        page.click("#forward")
        assert reading(page)[1] == "2 of 10"
        page.click("#play")
        wait_for_text(page, "#read-timestep", "4 of 10")
        page.click("#play")


@in_browser
def test_by_touch(browser):
    with open_file(
        browser, PAGE, width=390, height=844, has_touch=True, is_mobile=True
    ) as page:
        page.tap("#cell-edge")
        assert settings(page)[2] == "128"
        page.tap("#cell-centred")
        page.locator("#states").scroll_into_view_if_needed()
        box = page.locator("#states").bounding_box()
        page.touchscreen.tap(box["x"] + 44, box["y"] + 6)
        assert reading(page)[:2] == ["1 of 8", "1 of 10"]
        finger, y = page.context.new_cdp_session(page), box["y"] + 20
        for kind, x in (
            ("touchStart", 60),
            ("touchMove", 120),
            ("touchMove", 200),
            ("touchMove", box["width"]),
        ):
            finger.send(
                "Input.dispatchTouchEvent",
                {"type": kind, "touchPoints": [{"x": x, "y": y}]},
            )
        finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        assert reading(page)[1] == "10 of 10"
        page.locator("#scheme").scroll_into_view_if_needed()
        box = page.locator("#gain").bounding_box()
        page.touchscreen.tap(
            box["x"] + box["width"] * 0.8, box["y"] + box["height"] / 2
        )
        assert float(page.input_value("#gain")) > 2
        for target in page.locator(
            "button:visible, input:visible, select:visible, summary:visible"
        ).all():
            assert target.bounding_box()["height"] >= 24  # WCAG 2.5.8


# ---------------------------------------------------------------- for everybody


@in_browser
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(
    ("width", "height"), [(390, 844), (1024, 768), (1280, 800), (1920, 1080)]
)
def test_axe_and_widths(browser, screenshots, theme, width, height):
    with open_file(browser, PAGE, theme=theme, width=width, height=height) as page:
        for name in CELLS:
            page.click(f"#cell-{name}")
            page.wait_for_timeout(300)
            assert overflows(page) == []
            cut = """[...document.querySelectorAll(".card, .card *, button, figure")]
                .filter(e => e.scrollWidth > e.clientWidth + 1 && e.clientWidth && e.tagName !== "PRE")
                .map(e => e.outerHTML.slice(0, 90))"""
            assert page.evaluate(cut) == []
            page.screenshot(
                path=screenshots / f"live_{width}_{theme}_{name}.png", full_page=True
            )
        page.evaluate(
            "document.querySelectorAll('details').forEach(e => { e.open = true; })"
        )
        assert overflows(page) == []
        assert serious_findings(page) == []
