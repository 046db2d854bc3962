"""The live page's sliders: milliseconds from an input event to the painted picture, in
Chromium.
"""

import shutil
from pathlib import Path
from statistics import median, quantiles

PAGE = Path(__file__).parents[2] / "docs" / "live.html"
FRAME = 16.7  # milliseconds, at 60 pictures a second
LARGEST = "timesteps=60&input_size=64&hidden_size=128&gain=1.6&seed=1"

# An event as the slider sends it, in the first moment of a frame, where Chromium
# delivers those of a real hand. The clock stops at the first task after that frame is
# painted; reading a pixel of each canvas makes sure that what was drawn is there, not
# only recorded.
EVENTS = """async ([control, values]) => {
    const times = [];
    const channel = new MessageChannel();
    const element = document.getElementById(control);
    const canvases = [...document.querySelectorAll("canvas")]
        .map(canvas => canvas.getContext("2d"));
    for (const value of values) {
        times.push(await new Promise(done => requestAnimationFrame(() => {
            const started = performance.now();
            element.value = value;
            element.dispatchEvent(new Event("input", {bubbles: true}));
            for (const pen of canvases) pen.getImageData(0, 0, 1, 1);
            channel.port1.onmessage = () => done(performance.now() - started);
            channel.port2.postMessage(null);
        })));
    }
    return times;
}"""


def live_events(events, *, scheme="gaussian", width=1280, height=800, density=1):
    """{control: milliseconds of each event} at 60 timesteps and 128 units; a slider's
    warm-up is left out.
    """
    from playwright.sync_api import sync_playwright

    path = next(
        filter(
            None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))
        ),
        None,
    )
    if path is None:
        raise RuntimeError("no Chromium on the PATH")
    sliders = {
        "gain": lambda n: n % 300 / 100,
        "hidden_size": lambda n: 128 - n % 2,  # new weights each time
        "timesteps": lambda n: 60 - n % 2,
        "seed": lambda n: n % 100,
    }
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(
            viewport={"width": width, "height": height}, device_scale_factor=density
        )
        found = {}
        for name, value in sliders.items():
            page.goto("about:blank")
            page.goto(f"{PAGE.as_uri()}#{LARGEST}&scheme={scheme}")
            page.evaluate(EVENTS, [name, [value(n) for n in range(1, 31)]])
            found[name] = page.evaluate(
                EVENTS, [name, [value(n) for n in range(1, events + 1)]]
            )
        browser.close()
    return found


if __name__ == "__main__":
    for scheme in ("gaussian", "orthogonal"):
        for name, times in live_events(200, scheme=scheme).items():
            p95 = quantiles(times, n=20)[-1]
            middle = median(times)
            print(f"{scheme:10} {name:12} median {middle:5.1f} ms, ", end="")
            print(f"p95 {p95:5.1f} ms of {FRAME} ms")
