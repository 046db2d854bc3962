"""Faults made in copies of notebooks and panels: the check that can see one must.

Faults that the gate sees stand in test_notebooks.py; mutation testing
(tools/mutation.py) makes thousands in rnn_core.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import gate
import nbformat
import pytest

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[1]
LESSON = "notebooks/02_memory_cell.ipynb"


def copy_to(folder):
    """All that the checks read."""
    for name in ("rnn_core", "rnn_lessons", "notebooks", "tests", "tools"):
        ignore = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints", "browser")
        shutil.copytree(ROOT / name, folder / name, ignore=ignore)
    shutil.copy(ROOT / "pyproject.toml", folder)


def pytest_on(folder, *arguments):
    """Run pytest in a copy, on the copied packages; return what it said."""
    command = [sys.executable, "-m", "pytest", "-q", "-rfE", "--color=no"]
    command += ["-n0", "-p", "no:cacheprovider", *arguments]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
    environment |= {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True
    )
    # passed or failed, but not: could not run
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return done.stdout


def test_nbval_catches_an_edited_number_and_changed_code_each_in_its_cell(tmp_path):
    copy_to(tmp_path)
    path = tmp_path / LESSON
    notebook = nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)
    printing = [
        (place, cell.outputs[0])
        for place, (_, cell) in enumerate(gate.code_cells(notebook))
        if cell.outputs and re.search(r"\d\.\d", cell.outputs[0].get("text", ""))
    ]
    place, output = printing[0]
    output.text = re.sub(r"(\d)\.(\d)", r"\1.9\2", output.text, count=1)
    other, _ = printing[-1]
    _, cell = gate.code_cells(notebook)[other]
    cell.source += '\nprint("one line more")'
    path.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8")
    said = pytest_on(tmp_path, str(path))
    failed = re.findall(r"^FAILED \S*?\.ipynb::Cell (\d+)", said, re.MULTILINE)
    assert {int(cell) for cell in failed} == {place, other}


PANEL_FAULTS = {
    "the slope of the timestep before": (
        "saturation.py",
        r"slope\(hidden_states\)\)",
        "np.roll(slope(hidden_states), 1, axis=0))",
    ),
    "a callback that raises": (
        "panel.py",
        r"( +)if self\._paused:\n",
        r"\1assert _ is None\n\1if self._paused:\n",
    ),
}


@pytest.mark.parametrize("fault", PANEL_FAULTS)
def test_the_panels_test_catches(tmp_path, fault):
    module, pattern, replacement = PANEL_FAULTS[fault]
    copy_to(tmp_path)
    path = tmp_path / "rnn_lessons" / module
    text = path.read_text(encoding="utf-8")
    source, changes = re.subn(pattern, replacement, text)
    assert changes
    path.write_text(source, encoding="utf-8")
    tests, only = "tests/test_explorers.py", "every_array and saturation_explorer"
    said = pytest_on(tmp_path, "-o", "addopts=", "-x", tests, "-k", only)
    assert re.search(rf"^FAILED {tests}", said, re.MULTILINE), said
