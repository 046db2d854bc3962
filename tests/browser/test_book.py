"""The book, built by CONTRIBUTING's command and opened from a file, with the network
blocked.
"""

import os
import re
import shlex
import subprocess
import sys
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import nbformat
import pytest
from pages import fonts_of, open_file, overflows, quiet_session, serious_findings

from rnn_lessons import translation

pytestmark = pytest.mark.browser
ROOT = Path(__file__).parents[2]
OWN_PAGES = {"live.html", "handout.html", "handout_key.html"}  # not of the theme
LESSONS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def build(start, folder):
    """Run the line of CONTRIBUTING that begins like that, folder in place of build/; it
    must be quiet.
    """
    lines = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    [line] = re.findall(rf"`({re.escape(start)}[^`]*)`", lines)
    tool, *arguments = shlex.split(line.replace("build/", f"{folder}/"))
    tool = ["-m", "sphinx"] if tool == "sphinx-build" else []
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, *tool, *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0 and not done.stderr, done.stderr
    return folder


@pytest.fixture(scope="session")
def book(tmp_path_factory):
    folder = tmp_path_factory.mktemp("build")
    build("sphinx-build -EW --keep-going -d build/doctrees-ko ", folder)
    build("sphinx-build -EW --keep-going -d build/doctrees ", folder)
    return folder / "book"


class Page(HTMLParser):
    """The links and the anchors of a page."""

    def __init__(self, path):
        super().__init__()
        self.links, self.anchors = set(), set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.anchors.add(attributes.get("id"))
        for key in ("href", "src"):
            if attributes.get(key) and not attributes[key].startswith("data:"):
                self.links.add(attributes[key])


def broken_links(folder):
    """Every link that leads to no file, to no place in it, or out of the folder."""
    pages = {
        path: Page(path)
        for path in folder.rglob("*.html")
        if "_static" not in path.parts
    }
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme in ("http", "https", "mailto"):
                continue
            target = (
                (path.parent / unquote(parts.path)).resolve() if parts.path else path
            )
            inside = target.is_file() and target.is_relative_to(folder.resolve())
            if not inside or (
                parts.fragment
                and target in pages
                and target.name != "live.html"  # there it is a state of the page
                and parts.fragment not in pages[target].anchors
            ):
                yield f"{path.relative_to(folder)}: {link}"


def test_every_link_leads_somewhere(book):
    assert list(broken_links(book)) == []


def test_every_lesson_and_its_answers_are_there_after_the_course_page(book):
    order = re.findall(
        r'toctree-l1[^>]*><a[^>]* href="([^"#]+)"',
        (book / "index.html").read_text("utf-8"),
    )
    lessons = [path.with_suffix(".html").name for path in LESSONS]
    assert order == [
        *lessons,
        *(f"solutions/{name}" for name in lessons),
        "TEACHER.html",
        "genindex.html",
    ]
    names = re.findall(
        r'toctree-l1[^>]*><a[^>]* href="\d[^"#]+">([^<]+)<',
        (book / "index.html").read_text("utf-8"),
    )
    assert len(names) == len(lessons)
    for name, path in zip(names, LESSONS, strict=True):  # 03 Saturation: ...
        assert re.match(rf"{path.name[:2]} \w[^:]*: \w", name), name


def test_a_term_of_the_glossary_is_in_the_index(book):
    index = unescape((book / "genindex.html").read_text(encoding="utf-8"))
    page = (ROOT / "notebooks" / "README.md").read_text(encoding="utf-8")
    glossary = re.search(r"^## Glossary$.*?(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)
    rows = re.findall(
        r"^\| *([^|]+?) *\|", glossary[0] if glossary else "", re.MULTILINE
    )[2:]
    assert [row for row in rows if row.strip("*`") not in index] == []


# One word of each kind of code on a page is enough for axe-core, which takes its time
# for each.
THIN = """() => {
    const seen = new Set();
    for (const word of document.querySelectorAll("pre span[class]")) {
        if (seen.has(word.className)) word.replaceWith(word.textContent);
        seen.add(word.className);
    }
}"""
PLACES = """() => ({
    dumb: [...document.images].filter(i => !i.alt.trim() || !i.naturalWidth).map(i => i.src.slice(-99)),
    alt: [...document.images].map(i => i.alt),
    formulas: document.querySelectorAll(".math").length,
    typeset: document.querySelectorAll(".math mjx-container svg").length,
    wrong: document.querySelectorAll("mjx-merror, [data-mjx-error]").length,
})"""


def digests(lesson):
    """The alternative text of every picture that a notebook stores."""
    for cell in nbformat.read(lesson, 4).cells:
        for output in cell.get("outputs", []):
            if "image/png" in output.get("data", {}):
                yield " ".join(output.metadata["image/png"]["alt"].split())


def is_english(path):
    """Whether it is a page of the Korean book that nobody has translated: looked at
    once, among the English ones.
    """
    _, korean, name = path.as_posix().rpartition("/book/ko/")
    written = translation.folder() / "ko" / name
    return korean and not written.with_suffix(".md").exists()


# axe-core takes its seconds, so where the same templates come again, in Korean, in the
# dark theme and in the solutions, it looks at a page of each kind: lessons with formulas,
# tables, folds and panels among them. All else is looked at on every page.
KINDS = {"index", "03_saturation", "08_trainability", "handout"}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_page_is_quiet_accessible_and_whole(browser, book, theme):
    with quiet_session(browser, theme=theme, reduced_motion="reduce") as page:
        for path in sorted(book.rglob("*.html")):
            if "_static" in path.parts or path.name == "live.html" or is_english(path):
                continue
            one_of_a_kind = path.stem in KINDS
            if theme == "dark" and not one_of_a_kind:
                continue
            page.set_viewport_size({"width": 1280, "height": 800})
            page.goto(path.as_uri())
            page.wait_for_function("!window.MathJax || MathJax.startup.promise")
            page.evaluate("window.MathJax && MathJax.startup.promise")
            found = page.evaluate(PLACES)
            name = str(path.relative_to(book))
            assert (name, found["dumb"], found["wrong"]) == (name, [], 0)
            assert (name, found["typeset"]) == (name, found["formulas"])
            if one_of_a_kind or not name.startswith(("ko/", "solutions/")):
                page.evaluate(THIN)
                assert (name, serious_findings(page)) == (name, [])
            if theme == "light":
                assert (name, overflows(page)) == (name, [])
                page.set_viewport_size({"width": 390, "height": 800})
                page.add_style_tag(
                    content="#pst-secondary-sidebar { display: none }"
                )  # waits beside the page
                assert (name, overflows(page)) == (name, [])
                notebook = ROOT / "notebooks" / Path(name).with_suffix(".ipynb")
                if notebook.exists():
                    assert not set(digests(notebook)) - set(found["alt"]), name


def test_where_a_panel_stands_there_is_its_picture_and_the_live_page(browser, book):
    with open_file(browser, book / "03_saturation.html") as page:
        picture = page.locator(
            "img[alt*='hidden states of 8 units over 10 timesteps']"
        ).last
        assert picture.bounding_box()["width"] > 500
        frame = page.frame_locator("iframe[src*='live.html']")
        page.locator("iframe").scroll_into_view_if_needed()
        assert frame.locator("h1").inner_text()


def test_the_menu_opens_by_a_tap_on_a_phone_and_folds_by_a_click(browser, book):
    path = book / "03_saturation.html"
    with open_file(browser, path, width=390, has_touch=True) as page:
        lesson = page.locator("#pst-primary-sidebar-modal a[href='04_gradients.html']")
        assert not lesson.is_visible()
        page.locator("button.primary-toggle").tap()
        lesson.wait_for(state="visible")
        page.keyboard.press("Escape")
        page.locator("button.secondary-toggle").tap()
        page.locator("#pst-secondary-sidebar-modal a").first.wait_for(state="visible")
    with open_file(browser, path, width=1280) as page:
        lesson = page.locator("#pst-primary-sidebar a[href='04_gradients.html']")
        assert lesson.is_visible()
        page.locator("button.primary-toggle").click()
        lesson.wait_for(state="hidden")


def test_a_lesson_has_one_name_everywhere(browser, book):
    with open_file(browser, book / "03_saturation.html") as page:
        heading = page.locator("h1").first.inner_text().strip("# \n")
        entry = page.locator(".bd-sidebar-primary li.current > a").first.inner_text()
    assert heading.startswith("03 Saturation: ") and entry == heading


def test_the_live_page_follows_the_theme(browser, book):
    with open_file(browser, book / "03_saturation.html", theme="dark") as page:
        frame = page.frame_locator("iframe[src*='live.html']")
        page.locator("iframe").scroll_into_view_if_needed()
        root = frame.locator(":root")
        page.wait_for_selector("iframe[src*='theme=dark']")
        assert root.evaluate("e => e.dataset.theme") == "dark"


def test_search_needs_no_server(browser, book):
    with open_file(browser, book / "index.html") as page:
        page.keyboard.press("Control+k")
        page.keyboard.type("saturated")
        page.keyboard.press("Enter")
        page.wait_for_selector("#search-results li a")
        assert "03_saturation.html" in page.locator("#search-results").inner_html()


def test_each_page_leads_to_the_same_page_in_the_other_language(browser, book):
    for korean in sorted((book / "ko").rglob("*.html")):
        english = book / korean.relative_to(book / "ko")
        assert english.exists()
        if "_static" in korean.parts or korean.name in OWN_PAGES:
            continue
        for here, there in ((english, korean), (korean, english)):
            text = here.read_text(encoding="utf-8")
            href = os.path.relpath(there, here.parent)
            if here.name != "index.html":  # a copy of README.html
                assert f'hreflang="{lang_of(there)}" href="{href}"' in text
            assert f'<html lang="{lang_of(here)}"' in text
    with open_file(browser, book / "03_saturation.html") as page:
        page.set_viewport_size({"width": 390, "height": 800})
        page.get_by_role("link", name="한국어").click()
        assert page.url.endswith("/book/ko/03_saturation.html")
        page.get_by_role("link", name="English").click()
        assert page.url.endswith("/book/03_saturation.html")


def lang_of(page):
    return "ko" if "/book/ko/" in page.as_posix() else "en"


def test_korean_has_a_font_and_is_found(browser, book):
    with open_file(browser, book / "ko" / "index.html") as page:
        assert page.title().endswith("NumPy로 배우는 RNN")
        captions = fonts_of(page, "nav .caption-text")
        assert captions and all("Nanum" in font for font in captions)
        page.keyboard.press("Control+k")
        page.keyboard.type("포화")
        page.keyboard.press("Enter")
        page.wait_for_selector("#search-results li a")
        assert "03_saturation.html" in page.locator("#search-results").inner_html()
