"""The handout on paper."""

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.browser
@pytest.mark.parametrize(("name", "sheets"), [("handout", 2), ("handout_key", 1)])
def test_it_prints_on_that_many_sheets(browser, name, sheets):
    page = browser.new_page()
    page.goto((DOCS / f"{name}.html").as_uri())
    printed = page.pdf(prefer_css_page_size=True, print_background=True)
    page.close()
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == sheets
