"""The handout on paper, in every language."""

import re
from pathlib import Path

import pytest

from rnn_lessons import translation

ROOT = Path(__file__).parents[2]


def handouts(name):
    yield "en", (ROOT / "docs" / f"{name}.html").read_text(encoding="utf-8")
    for path in sorted(ROOT.glob(f"translations/*/{name}.html")):
        yield path.parent.name, translation.read_entries(path)[name].text


@pytest.mark.browser
@pytest.mark.parametrize(("name", "sheets"), [("handout", 2), ("handout_key", 1)])
def test_it_prints_on_that_many_sheets(browser, name, sheets):
    for language, text in handouts(name):
        page = browser.new_page()
        page.set_content(text)
        assert page.get_attribute("html", "lang") == language
        printed = page.pdf(prefer_css_page_size=True, print_background=True)
        page.close()
        pages = len(re.findall(rb"/Type\s*/Page\b", printed))
        assert (language, pages) == (language, sheets)
