"""Faults made in copies of notebooks, module and configuration: each is caught by the test command.

The cheapest of its checks that sees a fault must catch it: the gate, nbval, or a module's own test file.
"""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import nbformat
import notebook_gate
import pytest

ROOT = Path(__file__).parents[1]
LESSON = "01_initialization.ipynb"


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A copy of all that the checks read."""
    folder = tmp_path_factory.mktemp("copy")
    copy_to(folder)
    return folder


def copy_to(folder):
    for name in ("rnn_core", "notebooks", "tests"):
        ignore = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints", "browser", "benchmarks")
        shutil.copytree(ROOT / name, folder / name, ignore=ignore)
    shutil.copy(ROOT / "pyproject.toml", folder)


def pytest_on(folder, *arguments):
    """Run the test command's pytest in a copy, on the copied rnn_core; return what it said."""
    command = [sys.executable, "-m", "pytest", "-q", "-rfE", "-p", "no:cacheprovider", "--color=no"]
    environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    for name in [name for name in environment if name.startswith("PYTEST_")]:  # of the pytest that runs this
        del environment[name]
    done = subprocess.run(
        [*command, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode in (0, 1), done.stdout + done.stderr  # passed or failed, but not: could not run
    return done.stdout


def store(notebook, path):
    path.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8")


def edit_source(notebook, pattern, replacement):
    """Replace in the first code cell where the pattern occurs; return which code cell it is, from 0."""
    for place, (_, cell) in enumerate(notebook_gate.code_cells(notebook)):
        cell.source, changes = re.subn(pattern, replacement, cell.source)
        if changes:
            return place
    raise LookupError(pattern)


def edit_output(notebook, pattern, replacement):
    """Replace in the first stored text where the pattern occurs; return the code cell, from 0."""
    for place, (_, cell) in enumerate(notebook_gate.code_cells(notebook)):
        for output in cell.outputs:
            if "text" in output:
                output.text, changes = re.subn(pattern, replacement, output.text, count=1)
                if changes:
                    return place
    raise LookupError(pattern)


# Caught by the gate.


def clear(notebook):
    for _, cell in notebook_gate.code_cells(notebook):
        cell.outputs, cell.execution_count = [], None


def reorder(notebook):
    first, second = (notebook.cells.index(cell) for _, cell in notebook_gate.code_cells(notebook)[4:6])
    notebook.cells[first], notebook.cells[second] = notebook.cells[second], notebook.cells[first]


def remove(notebook):
    notebook.cells.remove(notebook_gate.code_cells(notebook)[5][1])


def store_stderr(notebook):
    stderr = nbformat.v4.new_output("stream", name="stderr", text="RuntimeWarning: overflow\n")
    notebook_gate.code_cells(notebook)[3][1].outputs.append(stderr)


def tag(notebook):
    notebook_gate.code_cells(notebook)[3][1].metadata.tags = ["nbval-ignore-output"]


def comment(notebook):
    notebook_gate.code_cells(notebook)[3][1].source += "\n# NBVAL_SKIP"


def drop_digest(notebook):
    cell = next(cell for _, cell in notebook_gate.code_cells(notebook) if notebook_gate.images(cell))
    cell.outputs = cell.outputs[:1]


GATE_FAULTS = {
    "cleared outputs": (clear, "is not executed"),
    "reordered cells": (reorder, "has execution count 6; expected 5"),
    "removed cell": (remove, "has execution count 7; expected 6"),
    "stored stderr": (store_stderr, "stores stderr"),
    "ignore tag": (tag, "has tags: nbval-ignore-output"),
    "skip comment": (comment, "switches nbval off"),
    "figure without digest": (drop_digest, "without a printed digest"),
}


def test_the_gate_passes_the_copy(copy):
    assert notebook_gate.complaints(copy / "notebooks" / LESSON) == []


@pytest.mark.parametrize("name", GATE_FAULTS)
def test_the_gate_catches(copy, name):
    fault, complaint = GATE_FAULTS[name]
    path = copy / "notebooks" / LESSON
    before = path.read_text(encoding="utf-8")
    notebook = nbformat.reads(before, as_version=4)
    fault(notebook)
    store(notebook, path)
    found = notebook_gate.complaints(path)
    path.write_text(before, encoding="utf-8")
    assert complaint in "\n".join(found)


# Caught by nbval, in one run. Faults that stay in their cell share a copy; the others have one each.


def clear_one(notebook):
    notebook_gate.code_cells(notebook)[3][1].outputs = []
    return 3


def remove_and_renumber(notebook):
    notebook.cells.remove(notebook_gate.code_cells(notebook)[1][1])
    for count, (_, cell) in enumerate(notebook_gate.code_cells(notebook), 1):
        cell.execution_count = count


CELL_FAULTS = {
    "edited number": lambda nb: edit_output(nb, "= 104", "= 105"),
    "plot data altered": lambda nb: edit_source(
        nb, r"(_shapes\(timesteps, input_size), hidden_size", r"\1, 9"
    ),
    "one output cleared": clear_one,
    "raising cell": lambda nb: edit_source(nb, "assert ", "assert not "),
}
NOTEBOOK_FAULTS = {
    "changed_seed": (LESSON, lambda nb: edit_source(nb, r"default_rng\(\d+\)", "default_rng(123)")),
    "cell_removed_and_renumbered": (LESSON, remove_and_renumber),
    "stale_solution": (f"solutions/{LESSON}", lambda nb: edit_source(nb, r"compare\(\w+,", "compare(0,")),
}


@pytest.fixture(scope="module")
def nbval_failures(copy):
    """Faults by name, and which cells of which notebook failed."""
    places, paths = {}, []

    def faulty(name, original, fault):
        path = copy / "notebooks" / original
        notebook = nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)
        fault(notebook)
        paths.append(path.with_name(f"{name}.ipynb"))
        store(notebook, paths[-1])

    faulty(
        "cells", LESSON, lambda nb: places.update({name: fault(nb) for name, fault in CELL_FAULTS.items()})
    )
    for name, (original, fault) in NOTEBOOK_FAULTS.items():
        faulty(name, original, fault)
    said = pytest_on(copy, "-n0", *map(str, paths))
    for path in paths:
        path.unlink()
    failed = {path.stem: set() for path in paths}
    for stem, cell in re.findall(r"^FAILED \S*?(\w+)\.ipynb::Cell (\d+)", said, re.MULTILINE):
        failed[stem].add(int(cell))
    return places, failed


def test_nbval_passes_the_cells_without_a_fault(nbval_failures):
    places, failed = nbval_failures
    assert failed["cells"] <= set(places.values())


@pytest.mark.parametrize("name", CELL_FAULTS)
def test_nbval_catches_in_the_cell(nbval_failures, name):
    places, failed = nbval_failures
    assert list(places.values()).count(places[name]) == 1
    assert places[name] in failed["cells"]


@pytest.mark.parametrize("name", NOTEBOOK_FAULTS)
def test_nbval_catches(nbval_failures, name):
    _, failed = nbval_failures
    assert failed[name]


# Caught by a module's test file, without nbval and xdist: pytest starts in half the time.

ALONE = ["-o", "addopts=", "-p", "no:nbval", "-p", "no:xdist", "-x"]
CELL_TESTS = "tests/test_memory_cell.py"
EVERY_CONTROL = "test_every_control_moves_picture_and_digest_and_reset_brings_both_back[shapes_explorer]"
PANEL_TESTS = f"tests/test_explorers.py::{EVERY_CONTROL}"

MODULE_FAULTS = {
    "sign flipped": (CELL_TESTS, "memory_cell", r"\+ b\)", "- b)"),
    "Wh transposed": (CELL_TESTS, "memory_cell", r"\bWh\.T\b", "Wh"),
    "raising slider callback": (
        PANEL_TESTS,
        "explorers",
        r"def _update\(self, _=None\):\n",
        "def _update(self, _=None):\n        if _ is not None:\n            raise RuntimeError('seeded')\n",
    ),
}


@pytest.mark.parametrize("name", MODULE_FAULTS)
def test_a_module_test_catches(tmp_path, name):
    tests, module, pattern, replacement = MODULE_FAULTS[name]
    copy_to(tmp_path)
    path = tmp_path / "rnn_core" / f"{module}.py"
    source, changes = re.subn(pattern, replacement, path.read_text(encoding="utf-8"))
    assert changes
    path.write_text(source, encoding="utf-8")
    said = pytest_on(tmp_path, *ALONE, tests)
    assert re.search(rf"^FAILED tests/test_{module}\.py", said, re.MULTILINE), said


def test_module_tests_pass_on_the_copy(copy):
    said = pytest_on(copy, *ALONE, CELL_TESTS, PANEL_TESTS)
    assert " passed" in said
    assert "FAILED" not in said


# The configuration of the tests themselves.


def weakened(configuration):
    """What keeps pytest from running everything, strictly."""
    options = configuration["tool"]["pytest"]["ini_options"]
    added = options["addopts"]
    if options.get("strict") is not True:
        yield "strict mode is off"
    if options["filterwarnings"][:1] != ["error"] or "ignore" in options["filterwarnings"]:
        yield "warnings are not errors"
    for needed in ("--nbval", "--doctest-modules"):
        if needed not in added:
            yield f"{needed} is missing"
    for place in ("tests", "rnn_core", "notebooks"):
        if place not in options["testpaths"]:
            yield f"{place} is not tested"
    for option in added:
        if re.match(
            r"--(nbval-lax|nbval-sanitize|sanitize|ignore|deselect|doctest-ignore|continue|no-)|-k|-p", option
        ):
            yield f"{option} hides tests"
    if [option for place, option in enumerate(added) if added[place - 1] == "-m"] != [
        "not slow and not browser and not storm"
    ]:
        yield "more is deselected than what .ci/run makes up for"


def set_option(key, value):
    return lambda options: options.update({key: value})


CONFIGURATION_FAULTS = {
    "nbval off": (lambda options: options["addopts"].remove("--nbval"), "--nbval is missing"),
    "nbval lax": (lambda options: options["addopts"].append("--nbval-lax"), "--nbval-lax hides tests"),
    "outputs rewritten": (
        lambda options: options["addopts"].append("--nbval-sanitize-with=x"),
        "hides tests",
    ),
    "notebook ignored": (lambda options: options["addopts"].append("--ignore=notebooks/x"), "hides tests"),
    "notebooks not searched": (set_option("testpaths", ["tests", "rnn_core"]), "notebooks is not tested"),
    "warnings let through": (set_option("filterwarnings", ["error", "ignore"]), "warnings are not errors"),
    "strict off": (set_option("strict", False), "strict mode is off"),
    "more deselected": (lambda options: options["addopts"].extend(["-m", "not torch"]), "more is deselected"),
}


def configuration():
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_the_configuration_is_strict():
    assert list(weakened(configuration())) == []


@pytest.mark.parametrize("name", CONFIGURATION_FAULTS)
def test_a_weaker_configuration_is_caught(name):
    fault, complaint = CONFIGURATION_FAULTS[name]
    changed = configuration()
    fault(changed["tool"]["pytest"]["ini_options"])
    assert complaint in "\n".join(weakened(changed))
