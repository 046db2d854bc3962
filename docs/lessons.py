"""What the book and the slides share: the notebooks as they are stored, with a picture
where a panel is.
"""

import base64
import re
from importlib.resources import files
from pathlib import Path

import nbformat

import rnn_lessons
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
LINK = re.compile(r"(?<!!)\[([^\]]*)\]\(([^)#\s]+)(#[^)\s]*|)\)")
PANEL = re.compile(r"(\w+_explorer)\((.*)\)$")
LIVE = {"saturation_explorer"}  # what docs/live.html shows too
WRITE_HERE = re.compile(r"^\*[^*\n]+\*[ …]*…[ \t]*$", re.MULTILINE)


def read(path, language="en"):
    """The notebook at path in that language, nothing of it executed; a panel without
    arguments gets the picture it opens with.

    Under each panel a sentence says where its sliders move; in the metadata of that
    cell stands `live`. The places to write a prediction are left out, since nobody can
    write there, and so are progress bars.
    """
    folder = path.parent
    stem = path.relative_to(NOTEBOOKS).with_suffix("").as_posix()
    notebook = translation.translate(nbformat.read(path, 4), stem, language)
    says = translation.languages()[language]
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = relink(WRITE_HERE.sub("", cell.source).strip(), folder)
        else:
            cell.outputs = [output for output in cell.outputs if not is_widget(output)]
    for place, cell in reversed([*enumerate(notebook.cells, 1)]):
        panel = cell.cell_type == "code" and PANEL.match(cell.source.splitlines()[-1])
        if panel:
            if not panel[2] and not any(
                "image/png" in out.get("data", {}) for out in cell.outputs
            ):
                cell.outputs = picture(rnn_lessons.find(panel[1])[panel[1]]())
            live = panel[1] in LIVE
            about = {"live": live, "slideshow": {"slide_type": "fragment"}}
            sentence = says["still"].format(says["elsewhere"] if live else "")
            notebook.cells.insert(
                place, nbformat.v4.new_markdown_cell(f"*{sentence}*", metadata=about)
            )
    return notebook


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


def is_widget(output):
    """Whether it shows nothing but the name of a widget."""
    return output.output_type == "display_data" and set(output.data) == {"text/plain"}


def picture(panel):
    """A panel as a figure is stored: its picture with the digest as alternative text,
    the digest printed.
    """
    image = {"image/png": base64.b64encode(panel.image.value).decode()}
    about = {"alt": repr(panel), "width": panel.image.layout.width or "100%"}
    return [
        nbformat.v4.new_output("display_data", image, metadata={"image/png": about}),
        nbformat.v4.new_output("stream", name="stdout", text=f"{panel!r}\n"),
    ]
