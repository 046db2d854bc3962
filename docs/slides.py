"""A deck of every lesson in one folder that needs no network: python docs/slides.py
[folder]

Slides follow the notebooks' slide metadata, code and what it prints come one click
later each, and the teacher's questions of the kit are the speaker notes.
slides.js lays them out in the browser, where the size of the text is known: what does
not fit goes on on the next slide.
"""

import html
import json
import re
import shutil
import sys
from importlib.resources import files
from pathlib import Path

import lessons
from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

DOCS = Path(__file__).parent
CODE = HtmlFormatter(style="a11y-high-contrast-light", nowrap=True)
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="stylesheet" href="{root}reveal/reset.css">
<link rel="stylesheet" href="{root}reveal/reveal.css">
<link rel="stylesheet" href="{root}slides.css">
</head>
<body>
<main class="reveal"><div class="slides">
{slides}
</div></main>
<template id="notes">{notes}</template>
<script>MathJax = {mathjax};</script>
<script src="{root}tex-svg-full.js"></script>
<script src="{root}reveal/reveal.js"></script>
<script src="{root}reveal/notes.js"></script>
<script src="{root}slides.js"></script>
</body>
</html>
"""
INDEX = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>RNN with NumPy: the slides</title>
<link rel="stylesheet" href="slides.css">
</head>
<body class="index">
<main>
<h1>RNN with NumPy: the slides</h1>
<ol>
{rows}
</ol>
<p>Space goes on, Shift and Space goes back. S opens the speaker's view with the questions to ask, Esc the
overview, F the full screen. The <a href="live.html">live page</a> has the cell with its sliders.</p>
</main>
</body>
</html>
"""


def formula(text, options):
    return html.escape(rf"\[{text}\]" if options["display_mode"] else rf"\({text}\)")


MARKDOWN = (
    MarkdownIt("commonmark").enable("table").use(dollarmath_plugin, renderer=formula)
)


def prose(text):
    """Markdown as HTML; a link to a notebook leads to its deck, one to the course page
    to the list.
    """
    page = MARKDOWN.render(text)
    page = re.sub(r'href="([^":]*)\.ipynb"', r'href="\1.html"', page)
    return page.replace("README.md", "index.html")


def block(kind, inner, start="-"):
    return f'<div class="block {kind}" data-start="{start}">{inner}</div>'


def pre(lines, text):
    """Lines in a type small enough for the longest of them: slides.css divides by its
    length, 110 at most.
    """
    return f'<pre style="--longest: {min(110, max(map(len, text.splitlines())))}">{lines}</pre>'


def blocks(cell):
    """The parts of a slide that a cell gives: its text or code, then each of its
    outputs.
    """
    start = cell.metadata.get("slideshow", {}).get("slide_type", "-")
    if start == "skip":
        return
    if cell.cell_type == "markdown":
        yield block("prose", prose(cell.source), start)
        return
    yield block(
        "code",
        pre(highlight(cell.source, PythonLexer(), CODE).rstrip(), cell.source),
        start,
    )
    picture = ""
    for output in cell.outputs:
        data = output.get("data", {})
        text = (output.get("text") or data.get("text/plain", "")).rstrip()
        if picture:  # the digest is printed right after it
            yield block(
                "picture",
                f"<figure>{picture}<figcaption>{html.escape(text)}</figcaption></figure>",
            )
            picture = ""
        elif "image/png" in data:
            alt = html.escape(output.metadata.get("image/png", {}).get("alt", ""))
            picture = f'<img alt="{alt}" src="data:image/png;base64,{"".join(data["image/png"].split())}">'
        elif text:
            yield block("printed", pre(html.escape(text), text))


def deck(path, notes):
    """The title of a notebook, and its deck as a page."""
    notebook = lessons.read(path.read_text(encoding="utf-8"), path.parent)
    title = re.search(r"^# (.*)", notebook.cells[0].source)[1]
    slides = "\n".join(part for cell in notebook.cells for part in blocks(cell))
    root = "../" if path.parent.name == "solutions" else ""
    mathjax = json.dumps(lessons.MATHJAX)
    return title, PAGE.format(
        mathjax=mathjax, title=title, root=root, slides=slides, notes=notes
    )


def speaker_notes(number):
    """What the teacher's kit has on that lesson."""
    page = (lessons.NOTEBOOKS / "TEACHER.md").read_text(encoding="utf-8")
    found = re.search(rf"^### {number} .*?(?=^##|\Z)", page, re.MULTILINE | re.DOTALL)
    return prose(found[0]) if found else ""


def main(folder):
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "solutions").mkdir(parents=True)
    (folder / "reveal").mkdir()
    reveal = files("sphinx_revealjs") / "_static/revealjs"
    for name in (
        "dist/reset.css",
        "dist/reveal.css",
        "dist/reveal.js",
        "plugin/notes/notes.js",
    ):
        shutil.copy(reveal / name, folder / "reveal")
    shutil.copy(lessons.MATHJAX_FILE, folder)
    for name in ("slides.js", "live.html"):
        shutil.copy(DOCS / name, folder)
    style = (DOCS / "slides.css").read_text(encoding="utf-8") + CODE.get_style_defs(
        ".code"
    )
    (folder / "slides.css").write_text(style, encoding="utf-8")
    rows = []
    for path in sorted(lessons.NOTEBOOKS.glob("[0-9]*.ipynb")):
        page = path.with_suffix(".html").name
        title, lesson = deck(path, speaker_notes(path.name[:2]))
        _, answers = deck(path.parent / "solutions" / path.name, notes="")
        (folder / page).write_text(lesson, encoding="utf-8")
        (folder / "solutions" / page).write_text(answers, encoding="utf-8")
        rows.append(
            f'<li><a href="{page}">{title}</a> (<a href="solutions/{page}">answers</a>)</li>'
        )
    (folder / "index.html").write_text(
        INDEX.format(rows="\n".join(rows)), encoding="utf-8"
    )
    print(f"{len(rows)} decks: open {folder / 'index.html'}")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "build/slides"))
