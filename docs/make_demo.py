"""python docs/make_demo.py: record docs/demo.gif from the live page.

A changed letter is forgotten; then a pointer drags the gain, and the difference between
two copies of a cell dies, stays, or floods the picture.
"""

import io
import shutil
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

PAGE = Path(__file__).with_name("live.html")
DEMO = Path(__file__).with_name("demo.gif")
WIDTH, HEIGHT = 1100, 660
SHORT, LONG = 130, 2200  # milliseconds
BROWSERS = ("chromium", "chromium-browser", "google-chrome")

POINTER = """() => {
    const shape = "M2 1v17l4-4 3 7 3-1-3-7h6z";
    const path = `<path d="${shape}" fill="black" stroke="white" stroke-width="1.5"/>`;
    const place = "position: fixed; z-index: 9; width: 27px; height: 36px";
    const shown = `id="pointer" viewBox="0 0 18 24" style="${place}"`;
    document.body.insertAdjacentHTML("beforeend", `<svg ${shown}>${path}</svg>`);
}"""
MOVE = """([x, y]) => {
    const style = document.getElementById("pointer").style;
    style.left = `${x - 3}px`;
    style.top = `${y - 2}px`;
}"""


def centre(page, selector):
    box = page.locator(selector).bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def forget_a_letter(page):
    """Chapter 2: the question, and the difference timestep by timestep."""
    page.goto(f"{PAGE.as_uri()}#chapter=2")
    page.evaluate(POINTER)
    page.evaluate(MOVE, centre(page, "#option-A"))
    yield LONG
    page.click("#option-A")
    page.evaluate("scrollTo(0, 0)")
    for timestep in range(10):
        page.evaluate("step => { walk(-60); walk(step); }", timestep)
        yield 2 * SHORT
    yield LONG


def drag_the_gain(page):
    """Chapter 4: from a gain at which a millionth dies to one at which it floods."""
    page.goto("about:blank")
    page.goto(f"{PAGE.as_uri()}#chapter=4")
    page.click("#option-B")
    page.evaluate("scrollTo(0, 0)")
    page.evaluate(POINTER)
    slider = page.locator("#gain").bounding_box()
    thumb = 16
    stops = {70: LONG, 160: LONG, 300: LONG}
    way = [*range(70, 300, 10), 300, *range(280, 160, -20), 160]
    for gain in way:
        along = thumb / 2 + (slider["width"] - thumb) * gain / 300
        page.fill("#gain", str(gain / 100))
        middle = slider["y"] + slider["height"] / 2
        page.evaluate(MOVE, [slider["x"] + along, middle])
        yield stops.get(gain, SHORT)


def record(path):
    chromium = next(filter(None, map(shutil.which, BROWSERS)))
    frames, durations = [], []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(
            viewport={"width": WIDTH, "height": HEIGHT},
            color_scheme="light",
            reduced_motion="reduce",
        )
        for scene in (forget_a_letter, drag_the_gain):
            for duration in scene(page):
                page.mouse.move(2, 2)  # away from the buttons
                picture = page.screenshot(animations="disabled")
                frames.append(Image.open(io.BytesIO(picture)).convert("RGB"))
                durations.append(duration)
        browser.close()
    # One palette for all frames: what does not change from one to the next is free.
    sample = Image.new("RGB", (WIDTH, HEIGHT * 3))
    for number, frame in enumerate((frames[9], frames[14], frames[-8])):
        sample.paste(frame, (0, number * HEIGHT))
    palette = sample.quantize(128, dither=Image.Dither.NONE)
    frames = [f.quantize(palette=palette, dither=Image.Dither.NONE) for f in frames]
    frames[0].save(
        path,
        save_all=True,
        append_images=frames[1:],
        duration=durations,
        loop=0,
        optimize=False,
    )


if __name__ == "__main__":
    record(DEMO)
    print(f"{DEMO}: {DEMO.stat().st_size / 1e6:.2f} MB")
