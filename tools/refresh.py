"""Execute notebooks in place, each from a fresh kernel, and store them in one form.

python tools/refresh.py [files]      every notebook and solution when none is named
"""

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).parents[1]
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
METADATA = {
    "kernelspec": {
        "display_name": "Python 3",
        "language": "python",
        "name": "python3",
    },
    # Without the extension nbconvert writes a script as .txt.
    "language_info": {"file_extension": ".py", "name": "python"},
}


def execute(notebook, folder):
    """Run all cells in a fresh kernel started in folder; raise if one complains."""
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
                text = output.text.strip()
                raise RuntimeError(f"cell {number} writes to stderr: {text}")


def tidy(notebook):
    """Keep what a reader sees and nothing that differs from run to run."""
    notebook.nbformat = 4
    notebook.nbformat_minor = 5
    notebook.metadata = nbformat.from_dict(METADATA)
    for cell in notebook.cells:
        kept = {k: v for k, v in cell.metadata.items() if k in ("slideshow", "tags")}
        cell.metadata = nbformat.from_dict(kept)
        if cell.cell_type == "code":
            cell.outputs = merge_streams(cell.outputs)
            for output in cell.outputs:
                # A widget needs a live kernel; its picture and text are what stays.
                output.get("data", {}).pop(WIDGET_VIEW, None)
            cell.outputs = [out for out in cell.outputs if shows_something(out)]


def merge_streams(outputs):
    """How many messages one print arrives in is chance; what they say is not.

    nbclient's own coalesce_streams also merges across a picture, and so parts the
    picture from the line that is printed under it.
    """
    merged = []
    for output in outputs:
        if merged and "name" in output and merged[-1].get("name") == output.name:
            merged[-1].text += output.text
        else:
            merged.append(output)
    return merged


def shows_something(output):
    """A progress bar, displayed by its widget alone, leaves nothing."""
    return output.output_type != "display_data" or bool(output.data)


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
    everything = [*notebooks.glob("*.ipynb"), *notebooks.glob("solutions/*.ipynb")]
    failed = []
    for path in [Path(name).resolve() for name in names] or sorted(everything):
        try:
            said = "changed" if refresh(path) else "unchanged"
            print(f"{path}: {said}", flush=True)
        except Exception as error:  # the others are still refreshed
            failed.append(path)
            print(f"{path}: FAILED\n{error}", file=sys.stderr, flush=True)
    return len(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
