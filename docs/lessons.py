"""What the book and the slides share: the notebooks as they are stored, with a picture where a panel stands."""

import base64
import re
from pathlib import Path

import nbformat

from rnn_core import explorers

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
LIVE = {"saturation_explorer"}  # the panels that docs/live.html shows too
PANEL = re.compile(r"(\w+_explorer)\((.*)\)$")


def read(text):
    """The notebook in text; a panel that needs no arguments gets the picture that it opens with.

    Nothing of the notebook is executed. A cell with a panel of LIVE has the entry "live" in its metadata.
    """
    notebook = nbformat.reads(text, as_version=4)
    for cell in notebook.cells:
        panel = cell.cell_type == "code" and PANEL.match(cell.source.splitlines()[-1])
        if panel:
            cell.metadata["live"] = panel[1] in LIVE
            if not panel[2] and not any("image/png" in out.get("data", {}) for out in cell.outputs):
                cell.outputs = picture(getattr(explorers, panel[1])())
    return notebook


def picture(panel):
    """A panel as a figure is stored: its picture with the digest as alternative text, the digest printed."""
    image = {"image/png": base64.b64encode(panel.image.value).decode()}
    about = {"alt": repr(panel), "width": panel.image.layout.width or "100%"}
    return [
        nbformat.v4.new_output("display_data", image, metadata={"image/png": about}),
        nbformat.v4.new_output("stream", name="stdout", text=f"{panel!r}\n"),
    ]
