"""The book: sphinx-build -W --keep-going -c docs notebooks build/book

The notebooks as they are stored, none of them executed, on pages that need no network
and no server.
"""

import re
import shutil
import sys
from pathlib import Path

import nbformat
from myst_nb.core.render import NbElementRenderer

sys.path.insert(0, str(Path(__file__).parent))
import lessons

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
}
html_context = {"default_mode": "auto"}  # light or dark as the reader's system is
html_static_path = ["book.css", str(lessons.MATHJAX_FILE)]
html_css_files = ["book.css"]
mathjax_path = lessons.MATHJAX_FILE.name
mathjax3_config = lessons.MATHJAX
html_extra_path = ["live.html"]
html_copy_source = False
html_show_search_summary = (
    False  # a summary is fetched, which no browser does from a file
)

CONTENTS = """
```{toctree}
:caption: Lessons
:hidden:
:glob:
:numbered: 1
[0-9]*
```
```{toctree}
:caption: Answers
:hidden:
:glob:
solutions/*
```
```{toctree}
:hidden:
TEACHER
Index <genindex>
```
"""
LIVE = '\n\n<iframe src="live.html" title="The cell, live" loading="lazy"></iframe>'
GLOSSARY = re.compile(r"^#+ Glossary$.*?(?=^#|\Z)", re.MULTILINE | re.DOTALL)
TERM = re.compile(r"^\| *\*{0,2}(?!term|Term)(\w[^|*`]*?)\*{0,2} *\|", re.MULTILINE)


def terms():
    """The first column of the table under the heading Glossary on the course page."""
    page = (lessons.NOTEBOOKS / "README.md").read_text(encoding="utf-8")
    return [term for part in GLOSSARY.findall(page) for term in TERM.findall(part)]


def prepare(app, docname, source):
    """The course page gets its contents, a panel its picture, each term an entry in the
    index.
    """
    page = lessons.relink(source[0], lessons.NOTEBOOKS)
    if docname == "TEACHER":
        source[0] = page
        return
    if docname == root_doc:
        page = GLOSSARY.sub(lambda part: TERM.sub(r"| {index}`!\1` |", part[0]), page)
        source[0] = page + CONTENTS
        return
    notebook = lessons.read(source[0], (lessons.NOTEBOOKS / docname).parent)
    for term in terms():  # where a lesson explains it, it stands in italics
        italics = re.compile(rf"(?<!\*)\*({re.escape(term)})\*(?!\*)", re.IGNORECASE)
        for cell in notebook.cells:
            if cell.cell_type == "markdown" and italics.search(cell.source):
                cell.source = italics.sub(
                    rf"*{{index}}`\1 <{term}>`*", cell.source, count=1
                )
                break
    for cell in notebook.cells:
        if cell.metadata.get("live"):
            cell.source += LIVE
    source[0] = nbformat.writes(notebook)


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


def setup(app):
    NbElementRenderer.render_image = describe
    app.connect("source-read", prepare)
    app.connect("build-finished", front_page)
