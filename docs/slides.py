"""A deck of every lesson in one folder that needs no network: python docs/slides.py
[folder]

Slides follow the notebooks' slide metadata, code and what it prints come one click
later each, and the questions of the teacher's kit are the speaker notes.
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

from rnn_lessons import translation

DOCS = Path(__file__).parent
FOLD = re.compile(r"<details>.*?</details>", re.DOTALL)
QUESTION = re.compile(r"^(?=\*\*)", re.MULTILINE)
# A paragraph with nothing but links: to the neighbours, the course page, the answers.
LINK = r"\[[^\]]*\]\([^):]*\)"
ONLY_LINKS = re.compile(
    rf"(?![-|])[^\[\]]{{0,30}}{LINK}([^\[\]]{{0,30}}{LINK})*[^\[\]]{{0,12}}"
)
CODE = HtmlFormatter(style="a11y-high-contrast-light", nowrap=True)
PAGE = """<!doctype html>
<html lang="{language}">
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
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}: {slides}</title>
<link rel="stylesheet" href="{root}slides.css">
{alternates}
</head>
<body class="index">
<main>
<h1>{title}: {slides}</h1>
<ol>
{rows}
</ol>
<p>{keys}</p>
<p>{links}</p>
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


def block(kind, inner, start="-", role=""):
    about = f'data-start="{start}"' + (f' data-role="{role}"' if role else "")
    return f'<div class="block {kind}" {about}>{inner}</div>'


def pre(lines, text):
    """Lines in a type small enough for the longest: slides.css divides by that."""
    longest = min(110, max(map(len, text.splitlines())))
    return f'<pre style="--longest: {longest}">{lines}</pre>'


def blocks(cell, following=None):
    """The parts of a slide that a cell gives: its text or code, then its outputs.

    Of a picture the digest is the alternative text. A question begins a slide, and so
    does an exercise, whose code is in the following cell. What an exercise says before
    anybody has tried it is left out, and so are links to other pages, and folds, which
    are for those who read on alone.
    """
    tags = cell.metadata.get("tags", [])
    start = cell.metadata.get("slideshow", {}).get("slide_type", "-")
    if start == "skip":
        return
    if cell.cell_type == "markdown":
        paragraphs = FOLD.sub("", cell.source).strip().split("\n\n")
        told = [part for part in paragraphs if not ONLY_LINKS.fullmatch(part.strip())]
        text = "\n\n".join(told).strip()
        later = following.metadata.get("tags", []) if following else []
        if ("predict" in tags or "exercise" in later) and not text.startswith("#"):
            # First the reply to the last question, then, in bold, the next one.
            reply, *question = QUESTION.split(text, maxsplit=1)
            if reply.strip() and question:
                yield block("prose", prose(reply), start)
                text = question[0]
                start = "subslide"
        if text and "live" not in cell.metadata:
            yield block("prose", prose(text), start, "predict" * ("predict" in tags))
        return
    lines = highlight(cell.source, PythonLexer(), CODE).rstrip()
    yield block("code", pre(lines, cell.source), start)
    digest = None
    for output in cell.outputs if "exercise" not in tags else ():
        data = output.get("data", {})
        text = (output.get("text") or data.get("text/plain", "")).rstrip()
        if "image/png" in data:
            digest = output.metadata["image/png"]["alt"]
            source = "".join(data["image/png"].split())
            alt = html.escape(digest)
            image = f'<img alt="{alt}" src="data:image/png;base64,{source}">'
            yield block("picture", f"<figure>{image}</figure>")
        elif text and text != digest:
            if digest:
                text = text.removeprefix(digest).strip()
            yield block("printed", pre(html.escape(text), text))


def deck(path, notes, language="en"):
    """The title of a notebook, and its deck as a page."""
    notebook = lessons.read(path, language)
    title = re.search(r"^# (.*)", notebook.cells[0].source)[1]
    pairs = zip(notebook.cells, [*notebook.cells[1:], None], strict=True)
    slides = "\n".join(part for pair in pairs for part in blocks(*pair))
    return title, PAGE.format(
        language=language,
        mathjax=json.dumps(lessons.MATHJAX),
        title=title,
        root="../" * ((path.parent.name == "solutions") + (language != "en")),
        slides=slides,
        notes=notes,
    )


def speaker_notes(number, language="en"):
    """What the teacher's kit has on that lesson."""
    page = lessons.page("TEACHER", language)
    found = re.search(rf"^### {number} .*?(?=^##|\Z)", page, re.MULTILINE | re.DOTALL)
    return prose(found[0]) if found else ""


def index(rows, language):
    """The list of the decks, with a link to the list in each other language."""
    texts = translation.languages()
    says = texts[language]
    root = "" if language == "en" else "../"
    alternates = []
    links = []
    for other in texts:
        if other != language:
            there = root if other == "en" else f"{root}{other}/"
            where = f'hreflang="{other}" href="{there}index.html"'
            alternates.append(f'<link rel="alternate" {where}>')
            links.append(f'<a lang="{other}" {where}>{texts[other]["name"]}</a>')
    return INDEX.format(
        language=language,
        root=root,
        title=says["title"],
        slides=says["slides"],
        keys=says["keys"].strip(),
        alternates="\n".join(alternates),
        links=" ".join(links),
        rows="\n".join(rows),
    )


def decks(folder, language):
    """All decks of a language in its folder, and their list."""
    says = translation.languages()[language]
    (folder / "solutions").mkdir(parents=True)
    shutil.copy(DOCS / "live.html", folder)
    rows = []
    for path in sorted(lessons.NOTEBOOKS.glob("[0-9]*.ipynb")):
        page = path.with_suffix(".html").name
        title, lesson = deck(path, speaker_notes(path.name[:2], language), language)
        _, answers = deck(path.parent / "solutions" / path.name, "", language)
        (folder / page).write_text(lesson, encoding="utf-8")
        (folder / "solutions" / page).write_text(answers, encoding="utf-8")
        link = f'<a href="solutions/{page}">{says["answers"].lower()}</a>'
        rows.append(f'<li><a href="{page}">{title}</a> ({link})</li>')
    (folder / "index.html").write_text(index(rows, language), encoding="utf-8")
    print(f"{len(rows)} decks: open {folder / 'index.html'}")


def main(folder):
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "reveal").mkdir(parents=True)
    reveal = files("sphinx_revealjs") / "_static/revealjs"
    for name in (
        "dist/reset.css",
        "dist/reveal.css",
        "dist/reveal.js",
        "plugin/notes/notes.js",
    ):
        shutil.copy(reveal / name, folder / "reveal")
    shutil.copy(lessons.MATHJAX_FILE, folder)
    shutil.copy(DOCS / "slides.js", folder)
    style = (DOCS / "slides.css").read_text(encoding="utf-8") + CODE.get_style_defs(
        ".code"
    )
    (folder / "slides.css").write_text(style, encoding="utf-8")
    for language in translation.languages():
        decks(folder if language == "en" else folder / language, language)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "build/slides"))
