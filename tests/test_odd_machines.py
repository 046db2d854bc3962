"""The series where nothing is as usual: elsewhere, under odd names, without a home,
twice in one kernel.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parents[1]
LESSONS = sorted((ROOT / "notebooks").glob("*.ipynb"))
PEAK_MEMORY = 400  # MB in each kernel
STATUS = Path("/proc/self/status")

# What a machine without a locale looks like to Python: no help from PEP 538 and PEP
# 540.
ASCII = {"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
NOWHERE = {
    "HOME": "/dev/null/home",
    "MPLCONFIGDIR": "/dev/null/matplotlib",
}  # not even root can write there


@pytest.mark.slow
@pytest.mark.skipif(
    sys.platform == "win32", reason="Windows has neither LC_ALL nor /dev/null"
)
def test_lessons_pass_under_an_odd_path_in_an_ascii_locale_without_a_home(tmp_path):
    """Part I, compared by nbval, from another working directory; in one process, since
    xdist cannot pass such a path on.
    """
    folder = tmp_path / "수업 자료 2026"
    (folder / "notebooks").mkdir(parents=True)
    for lesson in LESSONS[:3]:
        shutil.copy(lesson, folder / "notebooks")
    for name in ("conftest.py", "pyproject.toml"):
        shutil.copy(ROOT / name, folder)
    options = ["-q", "-n", "0", "-p", "no:cacheprovider", "--rootdir", folder]
    done = subprocess.run(
        [
            *[sys.executable, "-m", "pytest", *options],
            *["-c", folder / "pyproject.toml", folder / "notebooks"],
        ],
        cwd="/",
        env=os.environ | ASCII | NOWHERE,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    cells = sum(
        cell.cell_type == "code"
        for path in (folder / "notebooks").glob("*.ipynb")
        for cell in nbformat.read(path, 4).cells
    )
    assert f"{cells} passed" in done.stdout.splitlines()[-1]


@pytest.mark.slow
@pytest.mark.skipif(
    not STATUS.exists(), reason="only Linux tells a process its own peak memory"
)
@pytest.mark.parametrize("path", LESSONS[1:3], ids=lambda path: path.stem)
def test_a_notebook_runs_twice_in_one_kernel_in_little_memory(path):
    notebook = nbformat.read(path, 4)
    # not getrusage: a child's ru_maxrss starts at its parent's, and this one has
    # PyTorch loaded
    report = nbformat.v4.new_code_cell(
        f"print(open('{STATUS}').read().split('VmHWM:')[1].split()[0])"
    )
    client = NotebookClient(
        notebook, timeout=120, resources={"metadata": {"path": str(path.parent)}}
    )
    notebook.cells.append(report)
    with client.setup_kernel():
        for _ in range(2):
            for number, cell in enumerate(notebook.cells):
                client.execute_cell(cell, number)
    peak = int(report.outputs[0].text) / 1024
    print(f"{path.stem}: peak {peak:.0f} MB")
    assert 0 < peak < PEAK_MEMORY
