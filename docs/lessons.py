"""What the book and the slides share: the notebooks as they are stored, with a picture where a panel is."""

import base64
import re
from importlib.resources import files
from pathlib import Path

import nbformat

from rnn_core import explorers

# MathJax in one file, as JupyterLab has it: text in formulas may hold \\_.
MATHJAX_FILE = files("sphinx-mathjax-offline") / "static/mathjax/tex-svg-full.js"
MATHJAX = {
    "tex": {"packages": {"[+]": ["textmacros"]}},
    "svg": {"fontCache": "none"},
    "options": {"enableMenu": False},
}
NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
PANEL = re.compile(r"(\w+_explorer)\((.*)\)$")
LIVE = {"saturation_explorer"}  # what docs/live.html shows too
STILL = "*The sliders move in the notebook{}.*"
WRITE_HERE = re.compile(r"^\*Your (prediction|answer|guess)\b[^*]*\*[ …]*$", re.MULTILINE)
ELSEWHERE = ', and <a href="live.html">on the live page</a> without Python'


def read(text):
    """The notebook in text, nothing of it executed; a panel without arguments gets the picture it opens with.

    Under each panel a sentence says where its sliders move; in the metadata of that cell stands `live`. The
    places to write a prediction are left out, since nobody can write there, and so are progress bars.
    """
    notebook = nbformat.reads(text, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = WRITE_HERE.sub("", cell.source).strip()
        else:
            cell.outputs = [output for output in cell.outputs if not is_widget(output)]
    for place, cell in reversed([*enumerate(notebook.cells, 1)]):
        panel = cell.cell_type == "code" and PANEL.match(cell.source.splitlines()[-1])
        if panel:
            if not panel[2] and not any("image/png" in out.get("data", {}) for out in cell.outputs):
                cell.outputs = picture(getattr(explorers, panel[1])())
            live = panel[1] in LIVE
            about = {"live": live, "slideshow": {"slide_type": "fragment"}}
            sentence = STILL.format(ELSEWHERE if live else "")
            notebook.cells.insert(place, nbformat.v4.new_markdown_cell(sentence, metadata=about))
    return notebook


def is_widget(output):
    """Whether it shows nothing but the name of a widget."""
    return output.output_type == "display_data" and set(output.data) == {"text/plain"}


def picture(panel):
    """A panel as a figure is stored: its picture with the digest as alternative text, the digest printed."""
    image = {"image/png": base64.b64encode(panel.image.value).decode()}
    about = {"alt": repr(panel), "width": panel.image.layout.width or "100%"}
    return [
        nbformat.v4.new_output("display_data", image, metadata={"image/png": about}),
        nbformat.v4.new_output("stream", name="stdout", text=f"{panel!r}\n"),
    ]
