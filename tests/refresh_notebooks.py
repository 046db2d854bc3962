"""Execute notebooks in place, each from a fresh kernel, and store them in one stable form.

python tests/refresh_notebooks.py [files]        every notebook and solution when no file is named
"""

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).parents[1]
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def execute(notebook, folder):
    """Run all cells in a fresh kernel started in folder; raise if one fails or writes to stderr."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.execution_count = None
    NotebookClient(
        notebook,
        timeout=120,
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
        store_widget_state=False,
        record_timing=False,
    ).execute()
    for number, cell in enumerate(notebook.cells):
        for output in cell.get("outputs", []):
            if output.get("name") == "stderr":
                raise RuntimeError(f"cell {number} writes to stderr: {output.text.strip()}")


def tidy(notebook):
    """Keep what a reader sees and nothing that differs from run to run."""
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    notebook.metadata = nbformat.from_dict(METADATA)
    for cell in notebook.cells:
        cell.metadata = nbformat.from_dict(
            {key: value for key, value in cell.metadata.items() if key in ("slideshow", "tags")}
        )
        if cell.cell_type == "code":
            cell.outputs = merge_streams(cell.outputs)
            for output in cell.outputs:
                # A widget needs a live kernel; without it the text/plain beside it is shown.
                output.get("data", {}).pop(WIDGET_VIEW, None)


def merge_streams(outputs):
    """How many messages one print arrives in is chance; what they say is not."""
    merged = []
    for output in outputs:
        if merged and "name" in output and merged[-1].get("name") == output.name:
            merged[-1].text += output.text
        else:
            merged.append(output)
    return merged


def refresh(path):
    """Execute the notebook at path and say whether the file changed."""
    before = path.read_text(encoding="utf-8")
    notebook = nbformat.reads(before, as_version=4)
    execute(notebook, path.parent)
    tidy(notebook)
    nbformat.validate(notebook)
    after = nbformat.writes(notebook) + "\n"
    if after != before:
        path.write_text(after, encoding="utf-8", newline="\n")
    return after != before


def main(names):
    notebooks = ROOT / "notebooks"
    paths = [Path(name).resolve() for name in names] or sorted(
        [*notebooks.glob("*.ipynb"), *notebooks.glob("solutions/*.ipynb")]
    )
    failed = []
    for path in paths:
        try:
            print(f"{path}: {'changed' if refresh(path) else 'unchanged'}", flush=True)
        except Exception as error:  # the others are still refreshed; this file stays as it was
            failed.append(path)
            print(f"{path}: FAILED\n{error}", file=sys.stderr, flush=True)
    return len(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
