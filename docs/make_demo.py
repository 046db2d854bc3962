"""python docs/make_demo.py: record docs/demo.gif from the live page.

The listing gives way to a centred cell, which grows; its gain slides to the edge of
chaos and beyond.
"""

import io
import shutil
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

PAGE = Path(__file__).with_name("live.html")
DEMO = Path(__file__).with_name("demo.gif")
WIDTH, HEIGHT = 1280, 805  # a window that shows all pictures beside the sliders
SHORT, LONG = 160, 2400  # milliseconds


def scenes(page):
    """Act on the page as a hand would; yield after each act how long its picture stays."""
    page.click("#cell-listing")
    yield LONG
    page.click("#cell-centred")
    yield LONG
    for units in (16, 32, 64, 128):
        page.fill("#hidden_size", str(units))
        yield SHORT
    for timesteps in (20, 40, 60):
        page.fill("#timesteps", str(timesteps))
        yield SHORT
    for gain in range(100, 161, 10):
        page.fill("#gain", str(gain / 100))
        yield SHORT
    page.click("#cell-edge")  # where the slider stands already: the button says so
    yield LONG
    for gain in range(180, 300, 20):
        page.fill("#gain", str(gain / 100))
        yield SHORT
    page.click("#cell-chaos")
    yield LONG


def record(path):
    chromium = next(
        filter(
            None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))
        )
    )
    frames, durations = [], []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(
            viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light"
        )
        page.goto(PAGE.as_uri())
        for duration in scenes(page):
            page.mouse.move(2, 2)  # away from the buttons
            frames.append(
                Image.open(io.BytesIO(page.screenshot(animations="disabled"))).convert(
                    "RGB"
                )
            )
            durations.append(duration)
        browser.close()
    # One palette for all frames: what does not change between two of them costs
    # nothing.
    sample = Image.new("RGB", (WIDTH, HEIGHT * 3))
    for number, frame in enumerate((frames[0], frames[1], frames[-1])):
        sample.paste(frame, (0, number * HEIGHT))
    palette = sample.quantize(256, dither=Image.Dither.NONE)
    frames = [
        frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames
    ]
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
