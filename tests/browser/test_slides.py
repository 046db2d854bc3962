"""The decks, made by CONTRIBUTING's command and opened from a file, with the network
blocked.
"""

from pathlib import Path

import nbformat
import pytest
from pages import open_file, serious_findings
from test_book import LESSONS, ROOT, THIN, broken_links, build

pytestmark = pytest.mark.browser
DECKS = [*LESSONS, *(path.parent / "solutions" / path.name for path in LESSONS)]


@pytest.fixture(scope="session")
def slides(tmp_path_factory):
    return build("python docs/slides.py", tmp_path_factory.mktemp("build")) / "slides"


# Goes through the deck click by click; a line for each slide.
WALK = """() => {
    const seen = [], size = element => parseFloat(getComputedStyle(element).fontSize);
    for (let clicks = 0, before = null; clicks < 999; clicks++) {
        const section = Reveal.getCurrentSlide(), slide = section.querySelector(".slide");
        const shown = [...slide.children].filter(b => !b.matches(".fragment:not(.visible)"));
        if (section !== before) seen.push({text: slide.innerText, opens: shown.map(b => b.className),
            notes: section.querySelector(".notes").textContent.trim(),
            type: size(slide),
            smallest: Math.min(...[...slide.querySelectorAll("pre")].map(size)),
            pictures: [...slide.querySelectorAll("img")].map(i => [i.clientWidth, i.clientHeight]),
            blocks: [...slide.children].map(b => [b.classList[1], b.matches(".fragment")]),
            // a formula's hidden copy for screen readers takes no room
            over: [slide, ...slide.querySelectorAll("*:not(mjx-assistive-mml *)")].filter(e =>
                e.getBoundingClientRect().bottom > 720.5 || e.getBoundingClientRect().right > 1280.5
                || e.matches(".slide, pre, .block") && e.scrollWidth > e.clientWidth + 1)
                .map(e => `${e.tagName} ${e.className} ${e.scrollWidth}x${e.scrollHeight}`)});
        before = section;
        if (Reveal.isLastSlide() && !Reveal.availableFragments().next) return seen;
        Reveal.next();
    }
}"""
ALL_AT_ONCE = """() => {
    for (const section of document.querySelectorAll("section")) {
        section.hidden = false;
        section.removeAttribute("aria-hidden");
    }
    document.head.append(document.createElement("style"));
    document.head.lastChild.textContent = `section, .fragment, .slides { position: static !important;
        display: block !important; visibility: visible !important; opacity: 1 !important }`;
}"""


@pytest.mark.parametrize(
    "lesson", DECKS, ids=lambda path: f"{path.parent.name}/{path.stem}"
)
def test_deck(browser, slides, lesson):
    deck = slides / lesson.relative_to(ROOT / "notebooks").with_suffix(".html")
    notebook = nbformat.read(lesson, 4)
    with open_file(browser, deck, height=720) as page:
        page.wait_for_function("window.Reveal && Reveal.isReady()")
        walk = page.evaluate(WALK)
        assert page.locator("mjx-merror").count() == 0
        code = page.locator(".code pre").all_text_contents()
        alts = page.evaluate("[...document.images].map(i => i.alt)")
        page.evaluate(ALL_AT_ONCE)
        page.evaluate(THIN)
        assert serious_findings(page) == []

    for number, slide in enumerate(walk, 1):
        where = f"slide {number}: {slide['text'][:60]!r}"
        assert slide["over"] == [], where
        assert "not attempted yet" not in slide["text"], where
        assert slide["type"] >= 24 and slide["smallest"] >= 15, where
        assert all(
            width > 600 or height >= 300 for width, height in slide["pictures"]
        ), where
        assert (
            slide["pictures"]
            or len(slide["text"].split()) >= 8
            or "printed" in dict(slide["blocks"])
        ), where
        assert all(later for _, later in slide["blocks"][1:]), (
            f"{where}: what follows needs a click"
        )
        assert lesson.parent.name == "solutions" or "Ask." in slide["notes"], where

    # Nothing is lost, nothing changes places, whatever was cut.
    stored = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    assert "".join("".join(code).split()) == "".join("".join(stored).split())
    assert all(alt.strip() for alt in alts)
    pictures = sum(
        "image/png" in o.get("data", {})
        for c in notebook.cells
        for o in c.get("outputs", [])
    )
    assert len(alts) >= pictures


def test_list_of_decks(browser, slides):
    with open_file(browser, slides / "index.html", width=390) as page:
        assert serious_findings(page) == []
        assert page.locator("li").count() == len(LESSONS)
    assert list(broken_links(slides)) == []


def test_space_goes_on_and_s_opens_the_speakers_view(browser, slides):
    with open_file(
        browser, slides / Path(LESSONS[0].name).with_suffix(".html"), height=720
    ) as page:
        page.wait_for_function("window.Reveal && Reveal.isReady()")
        for _ in range(4):
            page.keyboard.press("Space")
        assert page.evaluate("Reveal.getProgress()") > 0
        with page.context.expect_page() as opened:
            page.keyboard.press("s")
        opened.value.get_by_text("Usual wrong answers").wait_for()
