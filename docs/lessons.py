"""What the book and the slides share: the notebooks as they are stored, with a picture
where a panel is.
"""

import re
from importlib.resources import files
from pathlib import Path

import nbformat

from rnn_lessons import translation

# MathJax in one file, as JupyterLab has it: text in formulas may hold \\_.
MATHJAX_FILE = files("sphinx-mathjax-offline") / "static/mathjax/tex-svg-full.js"
MATHJAX = {
    "tex": {"packages": {"[+]": ["textmacros"]}},
    "svg": {"fontCache": "none"},
    "options": {"enableMenu": False},
}
DOCS = Path(__file__).resolve().parent
NOTEBOOKS = DOCS.parent / "notebooks"
LINK = re.compile(r"(?<!!)\[([^\[\]]*)\]\(([^)#\s]+)(#[^)\s]*|)\)")
LIVE = re.compile(r"saturation_explorer\(")  # what docs/live.html shows too
WRITE_HERE = re.compile(r"^\*[^*\n]+\*[ …]*…[ \t]*$", re.MULTILINE)


def read(path, language="en"):
    """The notebook at path in that language, nothing of it executed, under one title.

    A panel is the picture it opened with, and under it a sentence says where it moves;
    in the metadata of that cell stands `live`. The places to write a prediction are
    left out, since nobody can write there.
    """
    stem = path.relative_to(NOTEBOOKS).with_suffix("").as_posix()
    notebook = translation.translate(nbformat.read(path, 4), stem, language)
    says = translation.languages()[language]
    cells = []
    for cell in notebook.cells:
        cells.append(cell)
        if cell.cell_type == "markdown":
            cell.source = relink(WRITE_HERE.sub("", cell.source).strip(), path.parent)
        elif "panel" in cell.metadata.get("tags", []):
            cell.outputs = picture(cell.outputs)
            live = bool(LIVE.search(cell.source))
            sentence = says["still"].format(says["elsewhere"] if live else "")
            about = {"live": live, "slideshow": {"slide_type": "fragment"}}
            cells.append(nbformat.v4.new_markdown_cell(f"*{sentence}*", metadata=about))
    notebook.cells = cells
    if name := idea(path, language):
        cells[0].source = cells[0].source.replace("# ", f"# {name}: ", 1)
    return notebook


def idea(path, language="en"):
    """The lesson's number and idea: the longest of the course page's links to it."""
    target = path.relative_to(NOTEBOOKS).as_posix()
    links = LINK.finditer(page("README", language))
    names = [link[1] for link in links if link[2] == target]
    return max(names, key=len, default="")


def page(name, language="en"):
    """A page beside the lessons, the course page README or the kit TEACHER."""
    text = (NOTEBOOKS / f"{name}.md").read_text(encoding="utf-8")
    return translation.translate_page(text, name, language)


def relink(text, folder):
    """The Markdown of a page in folder: a link to a page of docs finds it, one to a
    folder its first notebook.

    What lies outside of notebooks/ is no page, so it is only named.
    """

    def lead(link):
        name, target = link[1], link[2]
        path = (folder / target).resolve()
        if path.parent == DOCS and path.suffix == ".html":
            up = "../" * (folder != NOTEBOOKS)
            return f'<a href="{up}{path.name}{link[3]}">{name}</a>'
        if not path.is_relative_to(NOTEBOOKS) and ":" not in target:
            return name
        if path.is_dir():
            return f"[{name}]({target.rstrip('/')}/{min(path.glob('*.ipynb')).name})"
        return link[0]

    return LINK.sub(lead, text)


def picture(outputs):
    """A panel as a figure is stored: its picture, then its digest as a printed line."""
    [panel] = [output for output in outputs if "image/png" in output.get("data", {})]
    about = {"image/png": {**panel.metadata["image/png"], "width": "100%"}}
    image = {"image/png": panel.data["image/png"]}
    digest = panel.data["text/plain"]
    return [
        nbformat.v4.new_output("display_data", image, metadata=about),
        nbformat.v4.new_output("stream", name="stdout", text=f"{digest}\n"),
    ]
