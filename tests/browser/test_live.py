"""The live page: its mathematics against rnn_core, its story, its controls."""

import os
import re
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
    one_hot,
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
    """Unit, timestep, state, pre-activation, slope, gradient, difference of a cell."""
    return [
        text.replace("−", "-") for text in page.locator("#reading dd").all_inner_texts()
    ]


def wait_until(page, expression):
    """Playwright's own wait_for_function needs eval, which the page forbids."""
    for _ in range(400):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(50)
    pytest.fail(f"never came true: {expression}")


def wait_for_text(page, selector, text):
    page.locator(f"{selector}:text-is('{text}')").wait_for()


def shown(page):
    """What the page shows: the numbers, the digest and each picture."""
    page.wait_for_timeout(300)  # the digest waits until the sliders rest
    pictures = page.evaluate("""() => {
        const found = [...document.querySelectorAll("canvas")];
        return Object.fromEntries(found.map(canvas => [canvas.id, canvas.toDataURL()]));
    }""")
    return {
        "digest": page.inner_text("#digest"),
        "reading": reading(page),
        "settings": settings(page),
        **pictures,
    }


def listing():
    """The listing as its lesson draws it: inputs, Wx, Wh, b."""
    rng = np.random.default_rng(1)
    return rng.random((10, 4)), rng.random((8, 4)), rng.random((8, 8)), rng.random(8)


# ---------------------------------------------------------------- the file


def test_one_small_file_that_asks_for_nothing():
    text = PAGE.read_text(encoding="utf-8")
    assert len(text.encode()) <= 150_000
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
    """50 cells of random shapes, all schemes.

    Beyond 20 timesteps there is no chaos, which amplifies a last digit.
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


def numpys(scheme, timesteps, input_size, hidden_size, gain, seed):
    """What NumPy and rnn_core draw for the same settings."""
    inputs = np.random.default_rng([seed, 0]).random((timesteps, input_size))
    rng = np.random.default_rng([seed, 1])
    return inputs, *init_parameters(
        input_size, hidden_size, scheme=scheme, gain=gain, rng=rng
    )


@in_browser
@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_page_draws_what_numpy_draws(browser, scheme):
    sizes = [
        (1, 1, 1),
        (60, 64, 128),
        (3, 1, 128),
        (3, 64, 1),
        (7, 5, 5),
        (4, 8, 2),
        (4, 2, 8),
    ]
    with open_file(browser, PAGE) as page:
        for number, (timesteps, input_size, hidden_size) in enumerate(sizes):
            seed = 99 - number
            found = draw(page, scheme, timesteps, input_size, hidden_size, 1.5, seed)
            wanted = numpys(scheme, timesteps, input_size, hidden_size, 1.5, seed)
            for one, other in zip(found, wanted, strict=True):
                # QR and Gram-Schmidt end at the same Q but for the condition's digits
                np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-11)


@in_browser
def test_normal_numbers_far_out_are_numpys_too(browser):
    """One in thousands is from beyond the ziggurat's edge, by a path of its own."""
    with open_file(browser, PAGE) as page:
        found = page.evaluate("""() => {
            const { normal } = cell.defaultRng(5);
            return Array.from({ length: 100000 }, normal);
        }""")
    wanted = np.random.default_rng(5).normal(size=100000)
    assert np.abs(wanted).max() > 3.7
    np.testing.assert_allclose(found, wanted, rtol=1e-13)


@in_browser
def test_the_listings_own_draws(browser):
    with open_file(browser, PAGE) as page:
        found = page.evaluate(
            "Object.values(cell.drawListing()).map(array => [...array])"
        )
    for one, other in zip(found, listing(), strict=True):
        np.testing.assert_array_equal(one, other.ravel())


def second_copy(inputs, Wx, Wh, b, place):
    """The second copy by rnn_core, from the nudged state on or with another input."""
    t = place["t"]
    if "input" in place:
        changed = inputs.copy()
        changed[t] = place["input"]
        return run(changed, Wx, Wh, b)
    other = run(inputs, Wx, Wh, b)
    other[t, place["unit"]] += place["by"]
    if t + 1 < len(inputs):
        other[t + 1 :] = run(inputs[t + 1 :], Wx, Wh, b, initial_state=other[t])
    return other


@in_browser
def test_two_copies_against_rnn_core(browser):
    """First and last place, smallest and largest cell, a state and an input."""
    with open_file(browser, PAGE) as page:
        for inputs, Wx, Wh, b in list(cells())[:16]:
            timesteps, units = len(inputs), len(b)
            fresh = np.random.default_rng(1).random(inputs.shape[1]).tolist()
            places = [
                place
                for t in sorted({0, timesteps // 2, timesteps - 1})
                for place in (
                    {"t": t, "unit": units - 1, "by": 1e-6},
                    {"t": t, "input": fresh},
                )
            ]
            found = page.evaluate(
                "([places, ...arrays]) => places.map(p => cell.copy(...arrays, p))",
                [places, *(array.tolist() for array in (inputs, Wx, Wh, b))],
            )
            wanted = [second_copy(inputs, Wx, Wh, b, place) for place in places]
            np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-12)


@in_browser
def test_a_word_as_one_hot_rows(browser):
    with open_file(browser, PAGE) as page:
        for word in ("hellohello", "a", "Zen of Python \U0001f40d!"):
            found = page.evaluate(
                "word => [...cell.oneHot([...word], [...new Set(word)].sort())]",
                word,
            )
            np.testing.assert_array_equal(found, one_hot(word)[0].ravel())


# ---------------------------------------------------------------- the story

HELLO, CHANGED = one_hot("hellohello")[0], one_hot("eellohello")[0]


def number(text):
    """A number as the page writes it."""
    text = text.replace("\u00a0", " ").replace("−", "-").replace(" × 10", "e")
    return float(text.translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")))


def answer_of(page, option):
    """The answer's text, once an option was clicked and the pictures have played."""
    page.click(f"#option-{option}")
    text = page.inner_text("#answer").replace("\u00a0", " ")
    wait_until(page, "!playing")
    return text


def written(value):
    """A number of two or three digits as the page writes it."""
    if value == 0 or 1e-3 <= value < 1e4:
        return f"{float(f'{value:.3g}'):g}"
    digits, exponent = f"{value:.1e}".split("e")
    return f"{digits} × 10" + str(int(exponent)).translate(
        str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
    )


def largest(inputs, changed, parameters):
    return np.abs(run(inputs, *parameters) - run(changed, *parameters)).max(axis=-1)


def test_what_the_story_says_is_true_of_rnn_core():
    """Which option is right, and by how much, without the page."""
    _, *parameters = listing()
    states = run(HELLO, *parameters)
    assert states[2:].min() > 0.99 and saturated_fraction(states) == 0.9
    apart = largest(HELLO, CHANGED, parameters)
    assert apart[0] > 0.1 and apart[2] < 1e-5 and apart[-1] == 0
    fewer = largest(HELLO, CHANGED, numpys("uniform", 10, 4, 2, 1, 1)[1:])
    centred = largest(HELLO, CHANGED, numpys("gaussian", 10, 4, 8, 1, 1)[1:])
    assert 0 < fewer[-1] < 1e-6 and 0.01 < centred[-1] < 0.1
    ends = []
    for gain in (0.7, 1.6, 3):
        cell = numpys("gaussian", 60, 4, 128, gain, 1)
        other = second_copy(*cell, {"t": 0, "unit": 0, "by": 1e-6})
        ends.append(np.abs(other - run(*cell))[-1].max())
    assert ends[0] < 1e-14 and 1e-7 < ends[1] < 1e-5 and ends[2] > 1


@in_browser
def test_the_story(browser):
    """One picture and one question at first; answers with the numbers of rnn_core."""
    with open_file(browser, PAGE, reduced_motion="reduce") as page:

        def seen():
            ids = "list => list.map(e => e.id).sort()"
            return page.locator("canvas:visible").evaluate_all(ids)

        assert seen() == ["states"]
        assert (
            page.locator("#controls, #time, #equation, #tiles, #digest, #next")
            .locator("visible=true")
            .count()
            == 0
        )
        _, Wx, Wh, b = listing()
        states = run(HELLO, Wx, Wh, b)
        z = pre_activations(HELLO, states, Wx, Wh, b)[2:].mean()
        text = answer_of(page, "A")
        assert text.startswith("You said A; it is B.")
        assert f"between {states[2:].min():.5f} and {states.max():.6f}" in text
        assert f"finds {z:.2f}" in text and f"tanh({z:.2f}) is {np.tanh(z):.5f}" in text
        assert "Here 90.0 % of" in text
        assert seen() == ["states", "tanh"]
        page.click("#next")

        assert page.inner_text("#chapter-title") == "What is lost"
        assert seen() == ["copies", "states", "tanh"]
        assert page.inner_text("#read-difference") not in ("", "0")
        page.locator("#copies").focus()
        page.keyboard.press("End")
        assert (
            page.inner_text("#read-difference") == "?"
        )  # it would answer the question
        apart = largest(HELLO, CHANGED, (Wx, Wh, b))
        text = answer_of(page, "A")
        assert text.startswith("Yes, A.")
        assert f"At timestep 2 the largest difference is {written(apart[1])}" in text
        assert f"at timestep 3 it is {written(apart[2])}" in text and "it is 0" in text
        assert written(slope(states)[2:].mean()) in text
        assert "slopes" in seen()
        page.click("#next")

        fewer = largest(HELLO, CHANGED, numpys("uniform", 10, 4, 2, 1, 1)[1:])
        centred = largest(HELLO, CHANGED, numpys("gaussian", 10, 4, 8, 1, 1)[1:])
        assert written(fewer[-1]) in page.inner_text("#intro").replace("\u00a0", " ")
        text = answer_of(page, "C")
        assert (
            f"by {written(centred[-1])}; with 2 units it was {written(fewer[-1])}"
            in text
        )
        page.click("#next")

        cell = numpys("gaussian", 60, 4, 128, 1.6, 1)
        other = second_copy(*cell, {"t": 0, "unit": 0, "by": 1e-6})
        assert not page.locator("#gain").is_visible()
        text = answer_of(page, "B")
        end = np.abs(other - run(*cell))[-1].max()
        assert f"the largest difference is {written(end)}" in text
        assert f"multiplied by {written((end / 1e-6) ** (1 / 59))}" in text
        page.fill("#gain", "0.5")
        faint = number(page.inner_text("#copies-said").split(": ")[-1].rstrip("."))
        page.fill("#gain", "2.5")
        strong = number(page.inner_text("#copies-said").split(": ")[-1].rstrip("."))
        assert faint < 1e-15 and strong > 1e-3
        page.click("#next")

        text = answer_of(page, "C")
        inputs, *parameters = numpys("gaussian", 60, 4, 128, 3, 1)
        states = run(inputs, *parameters)
        d_states = np.zeros_like(states)
        d_states[-1] = 1
        sizes = np.linalg.norm(
            backward(d_states, inputs, states, *parameters).hidden_states, axis=-1
        )
        assert f"from {written(sizes[-1])} to {written(sizes[0])}: it explodes" in text
        assert "gradient" in seen() and "fractions" in seen()
        page.click("#next")

        assert page.inner_text("#chapter-title") == "What you have seen"
        for word in (
            "Saturation",
            "What is lost",
            "On one side of the edge",
            "On the other side",
        ):
            assert word in page.inner_text("#intro")
        page.click("#own-word")
        assert page.input_value("#word") == "hellohello"
        assert page.evaluate("document.activeElement.id") == "word"
        assert len(seen()) == 6


@in_browser
def test_the_story_by_keyboard_and_by_address(browser):
    with open_file(browser, PAGE) as page:
        for chapter in range(1, 6):
            page.locator("#option-A").focus()
            page.keyboard.press("Enter")
            assert page.inner_text("#answer")
            page.locator("#next").focus()
            page.keyboard.press("Enter")
            assert page.evaluate("document.activeElement.id") == "chapter-title"
            assert page.url.endswith(f"#chapter={chapter + 1}")
        page.click("#previous")
        assert "it is C" in page.inner_text("#answer")  # what was answered stays
    with open_file(browser, PAGE, fragment="chapter=4") as page:
        assert page.inner_text("#chapter-title") == "The edge"
    with open_file(browser, PAGE, fragment="chapter=-3") as page:
        assert page.inner_text("#chapter-title") == "A memory that reads a word"


# ---------------------------------------------------------------- what the page shows


@in_browser
def test_exploring_begins_with_the_listing(browser):
    inputs, Wx, Wh, b = listing()
    states = run(inputs, Wx, Wh, b)
    z = pre_activations(inputs, states, Wx, Wh, b)
    other = second_copy(inputs, Wx, Wh, b, {"t": 0, "unit": 0, "by": 1e-6})
    with open_file(browser, PAGE, fragment="explore") as page:
        assert settings(page) == ["10", "4", "8", "1", "uniform", "1"]
        assert (
            page.inner_text("#fraction").replace("\u00a0", " ")
            == f"{100 * saturated_fraction(states):.1f} %"
        )
        assert f"steady state {predicted_state(4, 8):.5f} predicted" in page.inner_text(
            "#fraction-said"
        )
        page.locator("#states").focus()
        page.keyboard.press("Home")
        for t in range(10):
            for u in range(8):
                unit, timestep, state, pre, slope_, _, difference = reading(page)
                assert (unit, timestep) == (f"{u + 1} of 8", f"{t + 1} of 10")
                assert (pre, state) == (f"{z[t, u]:.8f}", f"{states[t, u]:.8f}")
                assert number(slope_) == pytest.approx(1 - states[t, u] ** 2, rel=0.05)
                wanted = abs(other - states)[t, u]
                assert number(difference) == pytest.approx(wanted, rel=0.05, abs=3e-16)
                page.keyboard.press("ArrowDown")
            for _ in range(8):
                page.keyboard.press("ArrowUp")
            page.keyboard.press("ArrowRight")


@in_browser
@pytest.mark.parametrize("density", [1, 1.5, 3])
def test_the_pictures_are_sharp_and_their_colours_are_the_states(browser, density):
    """A pixel of the canvas for one of the screen; red is positive, blue negative."""
    with open_file(
        browser, PAGE, fragment="scheme=gaussian&seed=5", device_scale_factor=density
    ) as page:
        sizes = page.evaluate("""[...document.querySelectorAll("canvas")].map(e => {
            const { width, height } = e.getBoundingClientRect();
            const ratio = devicePixelRatio;
            return [e.width - width * ratio, e.height - height * ratio];
        })""")
        assert np.abs(sizes).max() < 1
        pixels, states = page.evaluate("""() => {
            const canvas = document.getElementById("states");
            const pen = canvas.getContext("2d");
            const rem = 16 * devicePixelRatio, pixels = [];
            const all = pen.getImageData(0, 0, canvas.width, canvas.height).data;
            const width = canvas.width - 3.1 * rem, height = canvas.height - 1.6 * rem;
            for (let t = 0; t < 10; t++) for (let u = 0; u < 8; u++) {
                const x = 2.6 * rem + (t + 0.5) * width / 10;
                const y = 0.25 * rem + (u + 0.5) * height / 8 + 4;
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
    with open_file(browser, PAGE, fragment="explore") as page:
        seen = []
        for name in CELLS:
            page.click(f"#cell-{name}")
            assert page.get_attribute(f"#cell-{name}", "aria-pressed") == "true"
            assert page.locator("#cells [aria-pressed=true]").count() == 1
            seen.append(shown(page))
        assert seen[3]["settings"] == ["60", "4", "128", "1.6", "gaussian", "1"]
        assert len({each["states"] for each in seen}) == 5
        assert len({each["copies"] for each in seen}) == 5
        page.click("#cell-listing")
        assert shown(page) == seen[0]


@in_browser
def test_the_address_remembers(browser):
    with open_file(browser, PAGE, fragment="explore") as page:
        page.fill("#hidden_size", "23")
        page.fill("#gain", "1.37")
        page.select_option("#scheme", "keras")
        page.fill("#seed", "7")
        page.fill("#word", "a b=c&d#\u00e9")
        page.locator("#letters button").nth(2).click()
        page.locator("#letters button").nth(2).click()
        page.locator("#states").focus()
        page.keyboard.press("End")
        page.locator("#states").evaluate("e => e.blur()")
        before, fragment = shown(page), page.url.split("#", 1)[1]
        assert page.inner_text("#letters button:nth-child(3)") != "b"
    with open_file(browser, PAGE, fragment=fragment) as page:
        assert shown(page) == before
        page.evaluate("location.hash = 'timesteps=1&input_size=1&hidden_size=1&gain=0'")
        page.wait_for_timeout(100)
        assert settings(page) == ["1", "1", "1", "0", "uniform", "1"]
        page.evaluate(
            "location.hash = 'timesteps=1e9&input_size=x&hidden_size=-4&gain=NaN'"
            " + '&scheme=__proto__&seed=&at=-1'"
        )
        page.wait_for_timeout(100)
        assert settings(page) == ["60", "4", "1", "1", "uniform", "1"]
        page.evaluate(
            "location.hash = 'nudge=input&at=99&letter=99&word=' + 'ab'.repeat(100)"
        )
        page.wait_for_timeout(100)
        assert settings(page)[:2] == ["60", "2"]


@in_browser
def test_the_same_in_python(browser):
    """The lines run with NumPy alone and print the page's own numbers."""
    with open_file(
        browser,
        PAGE,
        fragment="explore",
        permissions=["clipboard-read", "clipboard-write"],
    ) as page:
        page.click("#python summary")
        for fragment in (
            "explore",
            "timesteps=7",
            "gain=2.5&unit=8&at=10",
            "nudge=input&at=3",
            "word=hellohello&nudge=input&letter=3",
            'word=quote"and\\\\ é&scheme=pytorch&hidden_size=5&nudge=input&at=4&seed=2',
            "word=aaa&scheme=gaussian&nudge=input",
            "scheme=pytorch&hidden_size=12&seed=8",
            "scheme=keras&hidden_size=20&timesteps=30&seed=3",
            "scheme=gaussian&hidden_size=40&timesteps=20&gain=1.4&at=5&unit=7",
            "scheme=orthogonal&hidden_size=40&timesteps=30&seed=3",
            "scheme=orthogonal&hidden_size=3&input_size=9&seed=3",
            "scheme=identity&hidden_size=9",
        ):
            page.evaluate("fragment => { location.hash = fragment; }", fragment)
            page.wait_for_timeout(150)
            page.click("#copy")
            wait_for_text(page, "#copied", "Copied.")
            lines = page.evaluate("navigator.clipboard.readText()")
            assert re.findall(r"^(?:import|from) .*", lines, re.MULTILINE) == [
                "import numpy as np"
            ]
            with redirect_stdout(StringIO()) as printed:
                exec(lines, space := {})  # noqa: S102 -- what a reader would paste
            states, fraction, apart = page.evaluate(
                "[[...shown.h], shown.fraction, shown.largest.at(-1)]"
            )
            np.testing.assert_allclose(
                space["hidden_states"].ravel(), states, rtol=1e-11, atol=1e-11
            )
            *_, fraction_line, apart_line = printed.getvalue().splitlines()
            assert float(fraction_line) == pytest.approx(fraction)
            assert float(apart_line) == pytest.approx(apart, rel=1e-6, abs=1e-14)


@in_browser
def test_the_factor_of_a_difference(browser):
    with open_file(
        browser, PAGE, fragment="scheme=gaussian&timesteps=40&hidden_size=100&gain=1.2"
    ) as page:
        inputs, *parameters = numpys("gaussian", 40, 4, 100, 1.2, 1)
        other = second_copy(inputs, *parameters, {"t": 0, "unit": 0, "by": 1e-6})
        apart = np.abs(other - run(inputs, *parameters)).max(axis=-1)
        end = int(np.argmax(apart < 1e-13)) - 1 if (apart < 1e-13).any() else 39
        assert number(page.inner_text("#factor")[2:]) == pytest.approx(
            (apart[end] / 1e-6) ** (1 / end), abs=6e-4
        )


@in_browser
def test_your_own_word(browser):
    with open_file(browser, PAGE, fragment="explore") as page:
        page.fill("#word", "hellohello")
        assert settings(page)[:2] == ["10", "4"]
        assert (
            page.inner_text("#word-said")
            == "10 letters of 4 kinds: one-hot rows (10, 4)"
        )
        states = run(HELLO, *listing()[1:])
        np.testing.assert_allclose(
            page.evaluate("[...shown.h]"), states.ravel(), rtol=1e-12
        )
        page.locator("#letters button").nth(
            4
        ).click()  # o becomes e, the next of e, h, l, o
        assert "reads e instead of o at timestep 5" in page.inner_text("#copies-said")
        changed = one_hot("hellehello")[0]
        apart = largest(HELLO, changed, listing()[1:])
        np.testing.assert_allclose(
            page.evaluate("[...shown.largest]"), apart, atol=1e-15
        )
        page.locator("#letters button").nth(4).press("Enter")
        assert "reads h instead of o" in page.inner_text("#copies-said")
        page.fill("#timesteps", "12")
        assert page.input_value("#word") == ""
        assert not page.locator("#letters").is_visible()
        page.fill("#word", "zzz")
        assert "one kind of letter" in page.inner_text("#copies-said")
        page.fill("#word", "")
        assert settings(page)[0] == "3"


@in_browser
def test_the_second_copy_differs_where_one_taps(browser):
    with open_file(browser, PAGE, fragment="scheme=gaussian") as page:
        box = page.locator("#copies").bounding_box()
        page.mouse.click(box["x"] + box["width"] - 12, box["y"] + 6)
        assert "unit 1 is larger by 10⁻⁶ at timestep 10" in page.inner_text(
            "#copies-said"
        )
        page.click("#nudge-input")
        assert page.inner_text("#copies-said").startswith(
            "Copy B gets another input at timestep 10."
        )
        page.locator("#copies").focus()
        page.keyboard.press("Home")
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Enter")
        assert "another input at timestep 2." in page.inner_text("#copies-said")
        assert (
            page.evaluate("[...shown.largest].map(value => value > 0)")
            == [False] + [True] * 9
        )


@in_browser
def test_open_a_cell(browser):
    inputs, Wx, Wh, b = listing()
    states = run(inputs, Wx, Wh, b)
    with open_file(browser, PAGE, fragment="explore") as page:
        page.click("#open summary")
        page.locator("#states").focus()
        page.keyboard.press("ArrowDown")
        rows = [
            [cell.replace("−", "-") for cell in row.split("\t")]
            for row in page.inner_text("#sum tbody").split("\n")
        ]
        assert [float(row[3]) for row in rows[:4]] == pytest.approx(
            Wx[1] * inputs[9], abs=5e-5
        )
        assert [float(row[1]) for row in rows[5:13]] == pytest.approx(
            states[8], abs=5e-5
        )
        assert [float(row[2]) for row in rows[5:13]] == pytest.approx(Wh[1], abs=5e-5)
        assert float(rows[4][1]) == pytest.approx(Wx[1] @ inputs[9], abs=5e-5)
        assert float(rows[13][1]) == pytest.approx(Wh[1] @ states[8], abs=5e-5)
        assert float(rows[-1][1]) == pytest.approx(states[9, 1], abs=5e-9)
        page.click("#cell-edge")
        products = [
            row.split("\t") for row in page.inner_text("#sum tbody").split("\n")
        ]
        assert [row[0] for row in products if "more" in row[0]] == ["122 more"]
        page.keyboard.press("Tab")
        page.locator("#states").focus()
        page.keyboard.press("Home")
        assert "no state before timestep 1" in page.inner_text("#sum")


@in_browser
def test_languages_themes_and_frames(browser):
    with open_file(browser, PAGE, fragment="explore&theme=dark") as page:
        dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
        page.evaluate("location.hash = 'explore&theme=light'")
        page.wait_for_timeout(100)
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") != dark
        page.fill("#gain", "2")
        page.wait_for_timeout(300)
        assert "theme=light" in page.url
        assert page.locator("#language").is_visible()
        missing = page.evaluate("""() => {
            const keys = (table, path = "") => Object.entries(table).flatMap(
                ([key, value]) => value && typeof value === "object"
                    ? keys(value, `${path}${key}.`) : [`${path}${key}`]);
            const wanted = keys(TEXTS.en);
            return Object.entries(TEXTS).flatMap(([tag, table]) => {
                const found = keys(table);
                const without = (one, other) => one.filter(key => !other.includes(key));
                const differ = [...without(wanted, found), ...without(found, wanted)];
                return differ.map(key => `${tag}: ${key}`);
            });
        }""")
        assert missing == []
        assert page.get_attribute("html", "lang") == "en"
    with open_file(
        browser, PAGE, width=814, height=894, fragment="embed&theme=dark"
    ) as page:
        for selector in (
            "#cell-listing",
            "#cell-chaos",
            "#gain",
            "#states",
            "#copies",
            "#gradient",
        ):
            box = page.locator(selector).bounding_box()
            assert box["y"] + min(box["height"], 80) < 894, selector
        assert overflows(page) == []


@in_browser
def test_the_language_of_the_address_of_the_browser_and_of_the_reader(browser):
    with open_file(
        browser, PAGE, fragment="chapter=2&lang=ko", reduced_motion="reduce"
    ) as page:
        assert page.get_attribute("html", "lang") == "ko"
        answer_of(page, "A")
        assert page.inner_text("#next") == "다음"
        page.click("#next")
        assert "lang=ko" in page.url
        assert page.inner_text("#chapter-title") == "벗어나는 두 가지 길"
        page.select_option("#language", "en")
        page.wait_for_selector("html[lang=en]")
        assert page.inner_text("#chapter-title") == "Two ways out"
    for locale, language in (("ko-KR", "ko"), ("fr-FR", "en")):
        with open_file(browser, PAGE, locale=locale) as page:
            assert page.get_attribute("html", "lang") == language
    with open_file(browser, PAGE, locale="ko-KR", fragment="lang=en") as page:
        assert page.get_attribute("html", "lang") == "en"


FILLED = """() => {
    // each number of a text replaced by its name
    const named = name => new Proxy({}, { get: (_, key) =>
        key === Symbol.toPrimitive ? () => `<${name}>` : `<${name}.${String(key)}>` });
    const leaves = (table, path) => Object.entries(table).flatMap(([key, value]) =>
        typeof value === "object" ? leaves(value, `${path}${key}.`)
            : [[`${path}${key}`, value]]);
    return Object.fromEntries(Object.entries(TEXTS).map(([tag, table]) =>
        [tag, Object.fromEntries(leaves(table, "").map(([path, value]) =>
            [path, [].concat(typeof value === "function"
                ? value(...[...Array(value.length).keys()].map(named)) : value)]))]));
}"""


@in_browser
def test_every_language_says_the_same_numbers(browser):
    """Paragraph by paragraph: the numbers of the page, those in the text, the code."""
    marks = re.compile(r"<[\w.]+>|[−±]?\d+\.\d+|10[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+|`[^`]+`")
    with open_file(browser, PAGE) as page:
        texts = page.evaluate(FILLED)
    english = texts.pop("en")
    assert list(texts) == ["ko"]
    for table in texts.values():
        for path, paragraphs in english.items():
            assert len(table[path]) == len(paragraphs), path
            for ours, theirs in zip(paragraphs, table[path], strict=True):
                found = [sorted(marks.findall(text)) for text in (ours, theirs)]
                assert found[0] == found[1], path


@in_browser
def test_links_to_the_lessons_and_to_this_cell(browser):
    places = {
        "file:///home/a/rnn/docs/live.html": "../notebooks/03_saturation.ipynb",
        "file:///home/a/my_lessons/live.html": "03_saturation.ipynb",
        "file:///home/a/rnn/build/book/live.html": "03_saturation.html",
        "https://example.org/rnn/live.html": "03_saturation.html",
        "http://localhost:8888/files/live.html": "/lab/tree/03_saturation.ipynb",
        "http://localhost/u/a/files/b/live.html": "/u/a/lab/tree/b/03_saturation.ipynb",
    }
    with open_file(
        browser,
        PAGE,
        fragment="explore",
        permissions=["clipboard-read", "clipboard-write"],
    ) as page:
        for address, wanted in places.items():
            assert (
                page.evaluate("a => lessonAt('03_saturation', new URL(a))", address)
                == wanted
            )
        assert (
            page.evaluate("lessonAt('03_saturation', new URL('about:srcdoc'))") is None
        )
        page.locator(".help summary").click()
        links = page.locator("#all-lessons a").evaluate_all(
            "list => list.map(e => e.getAttribute('href'))"
        )
        assert len(links) == 5
        lessons = [
            path.name[:2]
            for path in (PAGE.parents[1] / "notebooks").glob("[0-9]*.ipynb")
        ]
        assert {link.split("/")[-1][:2] for link in links} <= set(lessons)
        page.fill("#gain", "2")
        page.click("#copy-link")  # a file's path is of no use to anybody else
        page.locator("#link-copied:text('Copied')").wait_for()
        assert page.evaluate("navigator.clipboard.readText()").startswith("#gain=2&")


# -------------------------------------------------------- by keyboard, mouse and touch


@in_browser
def test_by_keyboard_alone(browser):
    """Tab reaches every control once, each shows its focus and is moved by keys."""
    with open_file(browser, PAGE, fragment="explore") as page:
        order = []
        for _ in range(50):
            page.keyboard.press("Tab")
            name, ring = page.evaluate("""() => {
                const e = document.activeElement, style = getComputedStyle(e);
                const ring = style.outlineStyle === "none" ? "0" : style.outlineWidth;
                return [e.id || e.tagName, parseFloat(ring)];
            }""")
            if name in ("BODY", *order[:1]):
                break
            assert ring >= 2, f"{name} does not show its focus"
            order.append(name)
        controls = [
            "gain",
            "hidden_size",
            "timesteps",
            "input_size",
            "scheme",
            "seed",
            "word",
        ]
        buttons = ["first", "back", "play", "forward"]
        assert [name for name in order if name != "SUMMARY"] == [
            "mode-story", "mode-explore", "language",
            *(f"cell-{name}" for name in CELLS),
            *controls, "open-title", *buttons,
            "states", "copies", "nudge-state", "nudge-input", "slopes", "copy-link",
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
            pictures = {
                (each["states"], each["tanh"]) for each in (highest, lowest, start)
            }
            assert len(pictures) == 3, f"{name} never changes the pictures"
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
    with open_file(browser, PAGE, fragment="explore") as page:
        assert reading(page)[1] == "10 of 10"
        whole = shown(page)
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("ArrowLeft")
        assert reading(page)[1] == "8 of 10"
        earlier = shown(page)
        assert (
            earlier["states"] != whole["states"]
        )  # what is not worked out yet is hidden
        assert earlier["copies"] != whole["copies"]
        page.keyboard.press("ArrowRight")
        assert reading(page)[1] == "9 of 10"
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowRight")
        assert shown(page) == whole
        columns = """[...document.querySelectorAll("#reading dt")]
            .map(e => e.getBoundingClientRect().x)"""
        where = page.evaluate(columns)
        page.keyboard.press("Space")
        wait_until(page, "now >= 2")
        assert page.inner_text("#play") == "Pause"
        page.keyboard.press("Space")
        paused = reading(page)[1]
        assert paused not in ("1 of 10", "10 of 10")
        page.wait_for_timeout(700)
        assert reading(page)[1] == paused
        assert where == page.evaluate(columns)  # nothing shifts
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
    with open_file(browser, PAGE, fragment="explore") as page:
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
        there = re.compile(r"^([4-9]|10) of 10$")
        page.locator("#read-timestep").filter(has_text=there).wait_for()
        page.click("#play")


@in_browser
def test_by_touch(browser):
    phone = {"width": 390, "height": 844, "has_touch": True, "is_mobile": True}
    with open_file(browser, PAGE, fragment="explore", **phone) as page:
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
        for picture in (
            "#states",
            "#copies",
        ):  # what changes is in sight while a slider moves
            box = page.locator(picture).bounding_box()
            assert box["y"] >= 0 and box["y"] + box["height"] < 500
        box = page.locator("#gain").bounding_box()
        page.evaluate("y => scrollBy(0, y - 600)", box["y"])
        box = page.locator("#gain").bounding_box()
        page.touchscreen.tap(
            box["x"] + box["width"] * 0.8, box["y"] + box["height"] / 2
        )
        assert float(page.input_value("#gain")) > 2
        page.fill("#word", "hello")
        for target in page.locator(
            "button:visible, input:visible, select:visible, summary:visible"
        ).all():
            assert target.bounding_box()["height"] >= 24  # WCAG 2.5.8
    with open_file(browser, PAGE, **phone) as page:
        page.tap("#option-B")
        assert page.inner_text("#answer").startswith("Yes, B.")
        page.tap("#next")
        assert page.inner_text("#chapter-title") == "What is lost"


# ---------------------------------------------------------------- for everybody

CUT = """[...document.querySelectorAll(".card, .card *, button, figure")]
    .filter(e => e.scrollWidth > e.clientWidth + 1 && e.clientWidth)
    .filter(e => !/PRE|INPUT/.test(e.tagName))
    .map(e => e.outerHTML.slice(0, 90))"""


def walk(page, look):
    """Go through the whole page: every question, answer and cell, all that is folded."""
    for chapter in range(1, 6):
        look(f"question_{chapter}")
        answer_of(page, "A")
        look(f"answer_{chapter}")
        page.click("#next")
    look("summary")
    page.click("#next")
    for name in CELLS:
        page.click(f"#cell-{name}")
        look(name)
    page.fill("#word", "hellohello")
    page.evaluate(
        "document.querySelectorAll('details').forEach(e => { e.open = true; })"
    )
    look("word")


def fits(page, name, folder):
    """Nothing runs over or is cut; a picture of it, where somebody wants to look."""
    page.wait_for_timeout(200)
    assert (name, overflows(page)) == (name, [])
    assert (name, page.evaluate(CUT)) == (name, [])
    if "RNN_SCREENSHOTS" in os.environ:
        page.screenshot(path=folder / f"live_{name}.png", full_page=True)


@in_browser
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(
    ("width", "height"), [(390, 844), (1024, 768), (1280, 800), (1920, 1080)]
)
def test_axe_and_widths(browser, screenshots, theme, width, height):
    size = {"theme": theme, "width": width, "height": height}
    with open_file(browser, PAGE, reduced_motion="reduce", **size) as page:

        def look(name):
            fits(page, f"{width}_{theme}_{name}", screenshots)
            if width in (390, 1280) and name.startswith(("answer", "word")):
                assert (name, serious_findings(page)) == (name, [])

        walk(page, look)


@in_browser
@pytest.mark.parametrize("width", [390, 1280])
def test_korean_fits(browser, screenshots, width):
    with open_file(
        browser, PAGE, width=width, fragment="lang=ko", reduced_motion="reduce"
    ) as page:
        walk(page, lambda name: fits(page, f"ko_{width}_{name}", screenshots))
        assert serious_findings(page) == []


@in_browser
@pytest.mark.parametrize("fragment", ["chapter=1", "chapter=5", "explore"])
def test_text_at_twice_its_size(browser, screenshots, fragment):
    with open_file(browser, PAGE, fragment=fragment, reduced_motion="reduce") as page:
        page.add_style_tag(content="html { font-size: 200% !important; }")
        if fragment != "explore":
            answer_of(page, "A")
        page.wait_for_timeout(300)
        assert overflows(page) == []
        assert page.evaluate(CUT) == []
        page.screenshot(path=screenshots / f"live_200_{fragment}.png", full_page=True)


@in_browser
def test_forced_colours_keep_the_marks(browser, screenshots):
    with open_file(browser, PAGE, fragment="explore", forced_colors="active") as page:
        colours = """id => {
            const style = getComputedStyle(document.getElementById(id));
            return [style.backgroundColor, style.color];
        }"""
        assert page.evaluate(colours, "cell-listing") != page.evaluate(
            colours, "cell-chaos"
        )
        assert page.evaluate(colours, "play") != page.evaluate(colours, "first")
        page.screenshot(path=screenshots / "live_forced.png", full_page=True)
