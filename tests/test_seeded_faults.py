"""A dozen faults made in copies of notebooks and module: the cheapest check that can
see one must catch it.

Faults that the gate sees stand in test_notebooks.py; mutation testing
(tests/mutation.py) makes 2,000 more.
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

ROOT = Path(__file__).parents[1]
LESSON = "01_initialization.ipynb"
# Without nbval and xdist pytest starts in half the time.
ALONE = ["-o", "addopts=", "-p", "no:nbval", "-p", "no:xdist", "-x"]


def copy_to(folder):
    """All that the checks read."""
    for name in ("rnn_core", "notebooks", "tests"):
        ignore = shutil.ignore_patterns(
            "__pycache__", ".ipynb_checkpoints", "browser", "benchmarks"
        )
        shutil.copytree(ROOT / name, folder / name, ignore=ignore)
    shutil.copy(ROOT / "pyproject.toml", folder)


def pytest_on(folder, *arguments):
    """Run the test command's pytest in a copy, on the copied rnn_core; return what it
    said.
    """
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-rfE",
        "-p",
        "no:cacheprovider",
        "--color=no",
    ]
    environment = {
        **os.environ,
        "PYTHONPATH": str(folder),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    for name in [
        name for name in environment if name.startswith("PYTEST_")
    ]:  # of the pytest that runs this
        del environment[name]
    done = subprocess.run(
        [*command, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode in (0, 1), (
        done.stdout + done.stderr
    )  # passed or failed, but not: could not run
    return done.stdout


# Caught by nbval. Faults that stay in their cell share a copy; the others have one
# each.


def edit_source(notebook, pattern, replacement):
    """Replace in the first code cell where the pattern occurs; return which code cell
    it is, from 0.
    """
    for place, (_, cell) in enumerate(gate.code_cells(notebook)):
        cell.source, changes = re.subn(pattern, replacement, cell.source)
        if changes:
            return place
    raise LookupError(pattern)


def edit_output(notebook, pattern, replacement):
    """Replace in the first stored text where the pattern occurs; return the code cell,
    from 0.
    """
    for place, (_, cell) in enumerate(gate.code_cells(notebook)):
        for output in cell.outputs:
            if "text" in output:
                output.text, changes = re.subn(
                    pattern, replacement, output.text, count=1
                )
                if changes:
                    return place
    raise LookupError(pattern)


def clear_one(notebook):
    gate.code_cells(notebook)[3][1].outputs = []
    return 3


def remove_and_renumber(notebook):
    notebook.cells.remove(gate.code_cells(notebook)[1][1])
    for count, (_, cell) in enumerate(gate.code_cells(notebook), 1):
        cell.execution_count = count


CELL_FAULTS = {
    "edited number": lambda nb: edit_output(nb, "= 104", "= 105"),
    "plot data altered": lambda nb: edit_source(
        nb, r"(plot_shapes\(timesteps, input_size), hidden_size", r"\1, 9"
    ),
    "one output cleared": clear_one,
    "raising cell": lambda nb: edit_source(nb, "assert ", "assert not "),
}
NOTEBOOK_FAULTS = {
    "changed_seed": (
        LESSON,
        lambda nb: edit_source(nb, r"default_rng\(\d+\)", "default_rng(123)"),
    ),
    "cell_removed_and_renumbered": (LESSON, remove_and_renumber),
    "stale_solution": (
        f"solutions/{LESSON}",
        lambda nb: edit_source(nb, r"(check\(\"01.1\"), \w+", r"\1, 0"),
    ),
}


@pytest.fixture(scope="module")
def nbval_failures(tmp_path_factory):
    """Where the cell faults are, and which cells of which notebook failed."""
    folder = tmp_path_factory.mktemp("copy")
    copy_to(folder)
    places, paths = {}, []

    def faulty(name, original, fault):
        path = folder / "notebooks" / original
        notebook = nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)
        fault(notebook)
        paths.append(path.with_name(f"{name}.ipynb"))
        paths[-1].write_text(nbformat.writes(notebook) + "\n", encoding="utf-8")

    faulty(
        "cells",
        LESSON,
        lambda nb: places.update({name: f(nb) for name, f in CELL_FAULTS.items()}),
    )
    for name, (original, fault) in NOTEBOOK_FAULTS.items():
        faulty(name, original, fault)
    said = pytest_on(folder, "-n0", *map(str, paths))
    failed = {path.stem: set() for path in paths}
    for stem, cell in re.findall(
        r"^FAILED \S*?(\w+)\.ipynb::Cell (\d+)", said, re.MULTILINE
    ):
        failed[stem].add(int(cell))
    return places, failed


def test_nbval_catches_each_fault_in_its_cell_and_no_other_cell_fails(nbval_failures):
    places, failed = nbval_failures
    assert len(set(places.values())) == len(places)
    assert failed["cells"] == set(places.values())


@pytest.mark.parametrize("name", NOTEBOOK_FAULTS)
def test_nbval_catches(nbval_failures, name):
    assert nbval_failures[1][name]


# Caught by a module's own test file.

ARRAYS = "tests/test_explorers.py -k every_array"
MODULE_FAULTS = {
    "sign flipped": ("tests/test_memory_cell.py", "memory_cell.py", r"\+ b\)", "- b)"),
    "Wh transposed": (
        "tests/test_memory_cell.py",
        "memory_cell.py",
        r"\bWh\.T\b",
        "Wh",
    ),
    "gradient without its slope": (
        "tests/test_gradients.py",
        "gradients.py",
        r"d_pre_t \*= d_state_t",
        "pass",
    ),
    "panel shows the slope of the timestep before": (
        ARRAYS,
        "explorers/saturation.py",
        r"slope\(hidden_states\)",
        "np.roll(slope(hidden_states), 1, axis=0)",
    ),
    "panel that raises": (
        ARRAYS,
        "explorers/panel.py",
        r"        if self\._paused:\n",
        "        if _ is not None:\n            raise RuntimeError('seeded')\n        if self._paused:\n",
    ),
}


@pytest.mark.parametrize("name", MODULE_FAULTS)
def test_a_module_test_catches(tmp_path, name):
    tests, module, pattern, replacement = MODULE_FAULTS[name]
    copy_to(tmp_path)
    path = tmp_path / "rnn_core" / module
    source, changes = re.subn(pattern, replacement, path.read_text(encoding="utf-8"))
    assert changes
    if "np." in replacement and "import numpy as np" not in source:
        source = source.replace('"""\n\n', '"""\n\nimport numpy as np\n', 1)
    path.write_text(source, encoding="utf-8")
    said = pytest_on(tmp_path, *ALONE, *tests.split())
    assert re.search(rf"^FAILED {tests.split()[0]}", said, re.MULTILINE), said
