"""A page from a file, opened as by double click, with the network blocked; what
axe-core finds in it.
"""

import re
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

LOCAL = re.compile(r"(?:file|data|blob|about):")


@contextmanager
def open_file(browser, path, *, fragment="", **settings):
    """A page in a session of its own, on a file.

    fragment: what follows # in the address. settings: as for quiet_session.
    """
    with quiet_session(browser, **settings) as page:
        page.goto(Path(path).resolve().as_uri() + (f"#{fragment}" if fragment else ""))
        yield page


@contextmanager
def quiet_session(browser, *, width=1280, height=800, theme="light", **settings):
    """An empty page without a network; at the end nothing was requested and the console
    stayed quiet.

    browser: the fixture of conftest.py. theme: "light" or "dark". settings: for
    Playwright's new_context, such as has_touch=True or device_scale_factor=2.
    """
    viewport = {"width": width, "height": height}
    context = browser.new_context(viewport=viewport, color_scheme=theme, **settings)
    context.set_default_timeout(20_000)
    context.set_offline(True)
    requests, errors = [], []

    def note(url):
        if not LOCAL.match(url):
            requests.append(url)

    def note_console(message):
        if message.type in ("error", "warning"):
            errors.append(f"{message.text} ({message.location})")

    def note_failure(request):
        if request.failure != "net::ERR_ABORTED":  # a frame that is given up is none
            errors.append(f"failed: {request.url} ({request.failure})")

    page = context.new_page()
    page.on("request", lambda request: note(request.url))
    page.on("requestfailed", note_failure)
    page.on("websocket", lambda socket: note(socket.url))
    page.on("console", note_console)
    page.on("pageerror", lambda error: errors.append(str(error)))
    try:
        yield page
    finally:
        context.close()
    assert not requests, f"requests to the network: {requests}"
    assert not errors, f"errors in the console: {errors}"


def serious_findings(page):
    """What axe-core finds serious or critical: a line for each rule, with elements that
    break it.
    """
    page.evaluate(
        files("axe_playwright_python")
        .joinpath("axe.min.js")
        .read_text(encoding="utf-8")
    )
    # From a file, axe-core can neither load style sheets nor talk to a frame: it would
    # only complain.
    found = page.evaluate(
        "axe.run({resultTypes: ['violations'], preload: false, iframes: false})"
    )
    return [
        f"{finding['id']}: {[node['html'][:120] for node in finding['nodes'][:5]]}"
        for finding in found["violations"]
        if finding["impact"] in ("serious", "critical")
    ]


def overflows(page):
    """The elements that stick out of the page at the right, those that scroll by
    themselves aside.
    """
    return page.evaluate("""() => {
        const width = document.documentElement.clientWidth;
        const scrolls = e => e && (/auto|scroll|hidden/.test(getComputedStyle(e).overflowX)
            || scrolls(e.parentElement));
        return [...document.body.querySelectorAll("*")]
            .filter(e => e.getClientRects().length && e.getBoundingClientRect().right > width + 1)
            .filter(e => !scrolls(e.parentElement)).slice(0, 5).map(e => e.outerHTML.slice(0, 120));
    }""")


def fonts_of(page, selector):
    """The names of the fonts with which the browser draws the text of the elements
    that the selector finds.
    """
    session = page.context.new_cdp_session(page)
    session.send("DOM.enable")
    session.send("CSS.enable")
    root = session.send("DOM.getDocument")["root"]["nodeId"]
    wanted = {"nodeId": root, "selector": selector}
    fonts = set()
    for node in session.send("DOM.querySelectorAll", wanted)["nodeIds"]:
        found = session.send("CSS.getPlatformFontsForNode", {"nodeId": node})
        fonts |= {font["familyName"] for font in found["fonts"]}
    return fonts
