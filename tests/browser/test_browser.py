"""JupyterLab in a real Chromium: run all cells, move all sliders by keyboard and mouse.

A lesson as a learner has it, one whose panel needs what its cells have trained, and the
panels of all others in one notebook, since a lesson's own cells take their time.
"""

import json
import statistics
import time
from pathlib import Path
from urllib.request import Request, urlopen

import nbformat
import pytest

from conftest import quiet_page

pytestmark = pytest.mark.browser


def panels_of_lessons():
    """(lesson, its panel's call) of each lesson that has one."""
    for path in sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb")):
        for cell in nbformat.read(path, 4).cells:
            if "panel" in cell.metadata.get("tags", []):
                yield path.name, cell.source


CALLS = dict(panels_of_lessons())
WHOLE = [
    name
    for name, call in CALLS.items()
    if not call.endswith("_explorer()") or name.startswith("03")
]
ALONE = [name for name in CALLS if name not in WHOLE]
PANEL = ".jp-OutputArea-output .widget-vbox:has(> img.widget-image)"

STATE = """() => {
    const panel = window.jupyterapp.shell.currentWidget;
    const kernel = panel?.sessionContext?.session?.kernel;
    if (!panel?.content?.model || !kernel) return null;
    const code = [...panel.content.model.cells].filter(cell => cell.type === "code");
    const outputs = code.flatMap(cell => cell.outputs.toJSON());
    return {
        path: panel.context.path,
        idle: kernel.status === "idle",
        counts: code.filter(cell => cell.sharedModel.source.trim()).map(cell => cell.executionCount),
        errors: outputs.filter(o => o.output_type === "error" || o.name === "stderr"),
    };
}"""


def wait_for(page, condition, what, seconds=60):
    """Poll JupyterLab's state, a dict, until condition(state)."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        state = page.evaluate(STATE)
        if state and condition(state):
            return state
        page.wait_for_timeout(50)
    raise AssertionError(f"waited {seconds} s for {what}; the state is {state}")


def command(page, name, arguments=None):
    page.evaluate(
        "([name, args]) => window.jupyterapp.commands.execute(name, args)",
        [name, arguments or {}],
    )


def end_sessions(address, token):
    """Shut down the kernels that an earlier test or attempt has left, through the
    server's own interface.
    """
    headers = {"Authorization": f"token {token}"}
    with urlopen(Request(f"{address}/api/sessions", headers=headers)) as answer:
        sessions = json.load(answer)
    for session in sessions:
        urlopen(
            Request(
                f"{address}/api/sessions/{session['id']}",
                headers=headers,
                method="DELETE",
            )
        ).close()


def run_notebook(page, lab, name):
    """Open the notebook in a fresh session and run all of it."""
    address, token, _ = lab
    page.goto("about:blank")
    end_sessions(address, token)
    page.goto(f"{address}/lab/workspaces/w{time.monotonic_ns()}/tree/{name}?reset")
    page.wait_for_function("window.jupyterapp !== undefined")
    wait_for(
        page, lambda state: state["path"] == name and state["idle"], "an idle kernel"
    )
    page.wait_for_timeout(1000)
    command(page, "notebook:clear-all-cell-outputs")
    command(page, "notebook:run-all-cells")

    def over(state):
        return state["idle"] and (all(state["counts"]) or state["errors"])

    return wait_for(page, over, "all cells to run", 60)


def open_notebook(page, lab, name):
    try:
        state = run_notebook(page, lab, name)
    except (
        AssertionError
    ) as error:  # Run All is sometimes lost while JupyterLab still loads
        print(f"second attempt: {error}")
        state = run_notebook(page, lab, name)
    assert state["errors"] == []
    assert state["counts"] == list(range(1, len(state["counts"]) + 1))


def close_notebook(page):
    page.evaluate(
        "() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()"
    )


def look(panel):
    """(picture, digest): the picture's bytes in hexadecimal, from where the browser has
    them.
    """
    return panel.evaluate("""async panel => {
        const image = panel.querySelector(":scope > img.widget-image");
        const bytes = new Uint8Array(await (await fetch(image.src)).arrayBuffer());
        const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
        const hex = Array.from(hash, byte => byte.toString(16).padStart(2, "0")).join("");
        return [hex, panel.querySelector(":scope > .widget-html .widget-html-content").innerText];
    }""")


def settled(page, panel):
    """What the panel shows once the kernel is idle and 200 ms brought nothing new."""
    wait_for(page, lambda state: state["idle"], "an idle kernel")
    shown = look(panel)
    while True:
        page.wait_for_timeout(200)
        again = look(panel)
        if again == shown:
            return shown
        shown = again


def back_at(page, panel, start, seconds=10):
    """Whether the panel shows what it showed at the start, once it has got there."""
    until = time.monotonic() + seconds
    while look(panel) != start and time.monotonic() < until:
        page.wait_for_timeout(20)
    return look(panel) == start


def drive_slider(page, row):
    """Move it by keyboard and by mouse; yield after each move."""
    from playwright.sync_api import (
        expect,  # the test command collects this file without Playwright
    )

    handle, readout, base = (
        row.locator(f".{c}") for c in ("noUi-handle", "widget-readout", "noUi-base")
    )

    def moved(from_):
        expect(readout).not_to_have_text(from_)
        return readout.inner_text()

    start = readout.inner_text()
    handle.focus()
    page.keyboard.press("Home")
    lowest = readout.inner_text()
    yield "Home"
    page.keyboard.press("ArrowRight")
    second = moved(lowest)
    yield "ArrowRight"
    page.keyboard.press("ArrowLeft")
    assert moved(second) == lowest
    page.keyboard.press("End")
    highest = moved(lowest)
    assert start in (lowest, highest) or len({start, lowest, highest}) == 3
    yield "End"
    box = base.bounding_box()
    width = box["width"]
    page.mouse.click(box["x"] + 0.3 * width, box["y"] + box["height"] / 2)
    clicked = moved(highest)
    yield "click"
    page.wait_for_timeout(
        400
    )  # noUiSlider lets the handle glide for 300 ms to where it was clicked
    box = handle.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(
        x + 0.55 * width, y, steps=8
    )  # further than half, where there are but two positions
    page.mouse.up()
    moved(clicked)
    yield "drag"


def drive_names(page, row):
    """Press each button, the last one by keyboard; yield after each."""
    *buttons, last = row.get_by_role("button").all()
    for button in buttons:
        button.click()
        yield button.inner_text()
    last.focus()
    page.keyboard.press("Space")
    yield last.inner_text()


def driver(row):
    """How a person moves the control in that row."""
    if row.locator(".noUi-handle").count():
        return drive_slider
    if row.locator(".widget-toggle-buttons").count():
        return drive_names
    return drive_text


def drive_text(page, row):
    """Type over all of it, then add to it; yield after each."""
    row.locator("input").focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("The c")
    yield "The c"
    page.keyboard.type("ell")
    yield "The cell"
    page.keyboard.press("Control+A")
    page.keyboard.press("Delete")
    yield "nothing"


def measure_latency(page, panel, presses=20):
    """Milliseconds from each key press on the first slider to the new picture in the
    page; the median.
    """
    panel.evaluate("""panel => {
        window.latencies = [];
        let pressed = null;
        panel.addEventListener("keydown", () => { pressed = performance.now(); }, true);
        panel.querySelector(":scope > img.widget-image").addEventListener("load", () => {
            if (pressed !== null) window.latencies.push(performance.now() - pressed);
            pressed = null;
        });
    }""")
    panel.locator(".noUi-handle").first.focus()
    for number in range(1, presses + 1):
        page.keyboard.press("ArrowRight" if number % 2 else "ArrowLeft")
        page.wait_for_function(
            "number => window.latencies.length >= number", arg=number
        )
    return statistics.median(page.evaluate("window.latencies"))


def labels_fit(panel):
    """The texts that are cut off, and how many rows overlap others."""
    return panel.evaluate("""panel => {
        const cut = [...panel.querySelectorAll(".widget-label, .widget-readout, button")]
            .filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.innerText);
        const boxes = [...panel.querySelectorAll(":scope > .panel-controls > *")]
            .map(e => e.getBoundingClientRect());
        const overlap = boxes.filter((a, i) => boxes.some((b, j) => i < j
            && a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1));
        return {cut, overlap: overlap.length};
    }""")


@pytest.fixture(scope="module")
def panels(browser, lab):
    """A page with the panels of ALONE, one below the other."""
    cells = [
        nbformat.v4.new_code_cell(
            f"from rnn_lessons.{Path(name).stem[3:]} import *\n{CALLS[name]}"
        )
        for name in ALONE
    ]
    _, _, folder = lab
    kernel = nbformat.read(folder / ALONE[0], 4).metadata
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=kernel)
    nbformat.write(notebook, folder / "panels.ipynb")
    with quiet_page(browser, lab) as page:
        open_notebook(page, lab, "panels.ipynb")
        assert page.locator(PANEL).count() == len(ALONE)
        yield page
        close_notebook(page)


@pytest.mark.parametrize("name", WHOLE)
def test_a_lesson_and_its_panel(name, page, lab, screenshots):
    open_notebook(page, lab, name)
    assert page.locator(PANEL).count() == 1
    drive_panel(page, page.locator(PANEL), name, screenshots)
    close_notebook(page)


@pytest.mark.parametrize("name", ALONE)
def test_a_panel(name, panels, screenshots):
    panel = panels.locator(PANEL).nth(ALONE.index(name))
    drive_panel(panels, panel, name, screenshots)


def drive_panel(page, panel, name, screenshots):
    """Move every control: it changes picture and digest, and Reset brings both back."""
    panel.scroll_into_view_if_needed()
    start = settled(page, panel)
    panel.screenshot(path=screenshots / f"{Path(name).stem}.png")
    page.screenshot(path=screenshots / f"{Path(name).stem}_page.png")
    assert labels_fit(panel) == {"cut": [], "overlap": 0}
    assert panel.get_by_role("img", name=start[1], exact=True).count() == 1
    rows = panel.locator(":scope > .panel-controls > *")
    assert rows.count() > 0
    for row in rows.all():
        label = row.locator(".widget-label").first.inner_text()
        drive = driver(row)
        seen = [settled(page, panel) for _ in drive(page, row)]
        pictures, digests = (set(each) for each in zip(*seen, strict=True))
        assert pictures - {start[0]}, f"{label} never changes the picture"
        assert digests - {start[1]}, f"{label} never changes the digest"
        panel.locator(".panel-reset").click()
        assert back_at(page, panel, start), f"Reset after {label}"
    latency = measure_latency(page, panel)
    print(f"{name}: {latency:.0f} ms from key press to picture")


def test_panel_on_a_dark_theme(page, lab, screenshots):
    """Texts stand out by the 4.5 to 1 that WCAG 2 asks for; the picture keeps its white
    ground.
    """
    open_notebook(page, lab, "03_saturation.ipynb")
    command(page, "apputils:change-theme", {"theme": "JupyterLab Dark"})
    page.wait_for_function("document.body.dataset.jpThemeName === 'JupyterLab Dark'")
    panel = page.locator(PANEL)
    panel.scroll_into_view_if_needed()
    settled(page, panel)
    panel.screenshot(path=screenshots / "dark.png")
    ratios, corner = panel.evaluate("""panel => {
        const channels = color => color.match(/[\\d.]+/g).slice(0, 3).map(Number);
        const luminance = color => {
            const [r, g, b] = channels(color).map(v => v / 255)
                .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
            return 0.2126 * r + 0.7152 * g + 0.0722 * b;
        };
        const ground = luminance(getComputedStyle(panel.closest(".jp-Notebook")).backgroundColor);
        const texts = [...panel.querySelectorAll(".widget-label, .widget-readout, .widget-html-content")];
        const ratios = texts.filter(e => e.innerText.trim()).map(e => {
            const [low, high] = [ground, luminance(getComputedStyle(e).color)].sort((a, b) => a - b);
            return (high + 0.05) / (low + 0.05);
        });
        const image = panel.querySelector("img.widget-image");
        const canvas = document.createElement("canvas");
        canvas.getContext("2d").drawImage(image, 0, 0);
        return [ratios, [...canvas.getContext("2d").getImageData(0, 0, 1, 1).data]];
    }""")
    assert len(ratios) > 6
    assert min(ratios) >= 4.5
    assert corner == [255, 255, 255, 255]
    close_notebook(page)
