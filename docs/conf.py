"""The book: sphinx-build -W --keep-going -c docs notebooks build/book

The notebooks as they are stored, none of them executed, on pages that need no network
and no server. With -D language=ko and the folder build/book/ko, the same pages in that
language; the pages of the one built last lead to the other.
"""

import re
import shutil
import sys
from pathlib import Path

import nbformat
from myst_nb.core.render import NbElementRenderer
from sphinx.search import SearchLanguage

sys.path.insert(0, str(Path(__file__).parent))
import lessons

from rnn_lessons import translation

project = html_title = "RNN with NumPy"
language = "en"
html_copyright = html_show_copyright = False
extensions = ["myst_nb"]
root_doc = "README"  # the course page
exclude_patterns = ["**/.ipynb_checkpoints"]
myst_enable_extensions = ["dollarmath"]
nb_execution_mode = "off"

html_theme = "sphinx_book_theme"
html_theme_options = {
    "use_download_button": False,
    "show_toc_level": 2,
    "footer_content_items": [],
    "article_header_end": ["other-languages.html", "article-header-buttons.html"],
}
templates_path = ["templates"]
html_context = {"default_mode": "auto"}  # light or dark as the reader's system is
html_static_path = ["book.css", "book.js", str(lessons.MATHJAX_FILE)]
html_css_files = ["book.css"]
html_js_files = ["book.js"]
mathjax_path = lessons.MATHJAX_FILE.name
mathjax3_config = lessons.MATHJAX
html_extra_path = ["live.html", "handout.html", "handout_key.html"]
html_copy_source = False
html_show_search_summary = (
    False  # a summary is fetched, which no browser does from a file
)

CONTENTS = """
```{{toctree}}
:caption: {lessons}
:hidden:
:glob:
[0-9]*
```
```{{toctree}}
:caption: {answers}
:hidden:
:glob:
solutions/*
```
```{{toctree}}
:hidden:
TEACHER
{index} <genindex>
```
"""
LIVE = '\n\n<iframe src="{}" title="{}" loading="lazy"></iframe>'
TERM = re.compile(r"^\| *\*{0,2}(\w[^|*`]*?)\*{0,2} *\|", re.MULTILINE)


def words(key):
    """What the course page may say for it: it is English until it is translated."""
    return {says[key] for says in translation.languages().values()}


def glossary(page):
    """The table under the heading Glossary on the course page."""
    heading = rf"^#+ (?:{'|'.join(words('glossary'))})$"
    found = re.split(heading, page, maxsplit=1, flags=re.MULTILINE)[1:]
    return "".join(
        re.split(r"^#", part, maxsplit=1, flags=re.MULTILINE)[0] for part in found
    )


def terms(table):
    """Its first column."""
    return [term for term in TERM.findall(table) if term not in words("term")]


def prepare(app, docname, source):
    """The course page gets its contents, a panel its picture, each term an entry in the
    index.
    """
    language = app.config.language
    says = translation.languages()[language]
    page = lessons.page("README", language)
    table = glossary(page)
    if docname == "TEACHER":
        kit = lessons.page("TEACHER", language)
        source[0] = lessons.relink(kit, lessons.NOTEBOOKS)
        return
    if docname == root_doc:
        marked = TERM.sub(
            lambda row: (
                row[0] if row[1] == says["term"] else f"| {{index}}`!{row[1]}` |"
            ),
            table,
        )
        page = lessons.relink(page.replace(table, marked), lessons.NOTEBOOKS)
        source[0] = page + CONTENTS.format(**says)
        return
    notebook = lessons.read(lessons.NOTEBOOKS / f"{docname}.ipynb", language)
    for term in terms(table):  # where a lesson explains it, it stands in italics
        italics = re.compile(rf"(?<!\*)\*({re.escape(term)})\*(?!\*)", re.IGNORECASE)
        for cell in notebook.cells:
            if cell.cell_type == "markdown" and italics.search(cell.source):
                # no stars: before a Korean particle Markdown would leave them
                entry = rf"<em>{{index}}`\1 <{term}>`</em>"
                cell.source = italics.sub(entry, cell.source, count=1)
                break
    for cell in notebook.cells:
        if cell.metadata.get("live"):
            cell.source += LIVE.format(f"live.html#embed&lang={language}", says["live"])
    source[0] = nbformat.writes(notebook)


class KoreanSearch(SearchLanguage):
    """Finds a word whatever particle stands after it: 포화 in 포화는 and 포화를."""

    lang = "ko"

    def split(self, input):
        for word in super().split(input.lower()):
            yield word
            if "가" <= word[0] <= "힣":
                yield from (word[:length] for length in range(2, len(word)))


def translated_title(app, config):
    says = translation.languages()[config.language]
    config.project = config.html_title = says["title"]
    config.nb_code_prompt_show = says["show"]  # of a folded answer
    config.nb_code_prompt_hide = says["hide"]


def other_languages(app, pagename, template, context, doctree):
    """The same page in the languages whose book is there: a link for the reader, and
    one for search engines. A lesson that is not yet translated is marked as English.
    """
    language = app.config.language
    out = Path(app.outdir)
    book = out if language == "en" else out.parent
    to_book = "../" * (pagename.count("/") + (language != "en"))
    context["other_languages"] = [
        {
            "code": other,
            "name": says["name"],
            "href": f"{to_book}{'' if other == 'en' else other + '/'}{pagename}.html",
        }
        for other, says in translation.languages().items()
        if other != language and (other == "en" or (book / other).is_dir())
    ]
    context["metatags"] = context.get("metatags", "") + "".join(
        f'<link rel="alternate" hreflang="{other["code"]}" href="{other["href"]}">'
        for other in context["other_languages"]
    )
    written = translation.folder() / language / f"{pagename}.md"
    if language != "en" and doctree and not written.exists():
        context["body"] = f'<div lang="en">{context["body"]}</div>'


def describe(self, data, plain=NbElementRenderer.render_image):
    """A picture's alternative text from the output's metadata, where myst-nb reads
    width and height only.
    """
    images = plain(self, data)
    images[0]["alt"] = data.output_metadata.get(data.mime_type, {}).get("alt", "")
    return images


def front_page(app, exception):
    """The course page is what a folder opens with."""
    if not exception and app.builder.format == "html":
        shutil.copy(Path(app.outdir) / "README.html", Path(app.outdir) / "index.html")
        language = app.config.language
        for page in (translation.folder() / language).glob("*.html"):
            shutil.copy(page, app.outdir)  # the handout
        if language != "en":  # myst-nb leaves it in the English book's folder
            shutil.rmtree(Path(app.outdir).parent / "jupyter_execute")


def setup(app):
    NbElementRenderer.render_image = describe
    app.add_search_language(KoreanSearch)
    app.connect("config-inited", translated_title)
    app.connect("source-read", prepare)
    app.connect("html-page-context", other_languages)
    app.connect("build-finished", front_page)
