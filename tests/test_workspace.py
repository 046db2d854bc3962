"""A learner's own copy: the stored cells without the answers, never over any work."""

import os
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest
from jupyterlab.labapp import LabApp
from nbconvert.filters import markdown2html

from rnn_lessons import workspace

ROOT = Path(__file__).parents[1]
STORED = sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))
LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A fresh copy of everything, to be looked at only."""
    folder = tmp_path_factory.mktemp("수업 자료") / "my_lessons"
    workspace.write(folder)
    return folder


def read(path):
    return nbformat.read(path, as_version=4)


class Links(HTMLParser):
    """What a page leads to, and what a link can lead to in it."""

    def __init__(self, text):
        super().__init__()
        self.targets = []
        self.places = {""}
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        self.targets += [values[name] for name in ("href", "src") if values.get(name)]
        self.places.add(values.get("id"))


def page_of(path):
    """The page as HTML, as nbconvert's own Markdown reader makes it."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        prose = [c.source for c in read(path).cells if c.cell_type == "markdown"]
        return "\n".join(markdown2html(part) for part in prose)
    return markdown2html(text) if path.suffix == ".md" else text


@pytest.mark.parametrize("stored", STORED, ids=lambda path: path.stem)
def test_a_copy_has_the_stored_cells_and_no_answers(stored, copy):
    ours = read(stored)
    theirs = read(copy / stored.name)
    nbformat.validate(theirs)
    assert len(theirs.cells) == len(ours.cells)
    for before, after in zip(ours.cells, theirs.cells, strict=True):
        assert (after.id, after.cell_type) == (before.id, before.cell_type)
        assert after.metadata == before.metadata
        if before.cell_type == "code":
            assert after.source == before.source
            assert after.execution_count is None
            assert "panel" in before.metadata.get("tags", []) or after.outputs == []
        else:
            assert LINK.sub(r"\1", after.source) == LINK.sub(r"\1", before.source)


@pytest.mark.parametrize("stored", STORED, ids=lambda path: path.stem)
def test_a_panel_keeps_its_picture_and_no_widget(stored, copy):
    pairs = zip(read(stored).cells, read(copy / stored.name).cells, strict=True)
    for before, after in pairs:
        if "panel" in before.metadata.get("tags", []):
            kept = [output.data for output in after.outputs if "data" in output]
            assert any("image/png" in data for data in kept)
            assert not any(WIDGET_VIEW in data for data in kept)


def test_a_saved_panel_loses_its_widget():
    notebook = nbformat.v4.new_notebook()
    data = {
        "image/png": "aGk=",
        "text/plain": "a panel",
        WIDGET_VIEW: {"model_id": "1"},
    }
    shown = nbformat.v4.new_output("execute_result", data, execution_count=3)
    about = {"tags": ["panel"]}
    cell = nbformat.v4.new_code_cell("panel()", outputs=[shown], metadata=about)
    notebook.cells = [cell, nbformat.v4.new_code_cell("1", outputs=[shown])]
    panel, other = workspace.without_answers(notebook).cells
    assert set(panel.outputs[0].data) == {"image/png", "text/plain"}
    assert panel.outputs[0].execution_count is None
    assert other.outputs == []


def test_solutions_are_as_stored(copy):
    for path in sorted((ROOT / "notebooks" / "solutions").glob("*.ipynb")):
        ours = [c for c in read(path).cells if c.cell_type == "code"]
        theirs = [
            c
            for c in read(copy / "solutions" / path.name).cells
            if c.cell_type == "code"
        ]
        assert theirs == ours


@pytest.mark.parametrize("solutions", [True, False])
def test_no_link_is_dead_and_no_answer_of_the_teacher_s_is_there(tmp_path, solutions):
    workspace.write(tmp_path, solutions=solutions)
    pages = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(pages) == len(STORED) * (2 if solutions else 1) + 3
    assert not [path for path in pages if "TEACHER" in path.name]
    for page in pages:
        for target in Links(page_of(page)).targets:
            if re.match(r"https?:|data:|#", target):
                continue
            name = target.partition("#")[0]
            assert (page.parent / name).is_file(), f"{page.name}: {target}"


def test_links_lead_where_they_led(copy):
    lesson = page_of(copy / STORED[1].name)
    targets = Links(lesson).targets
    assert STORED[0].name in targets
    assert STORED[2].name in targets
    answers = Links(page_of(copy / "solutions" / STORED[1].name)).targets
    assert f"../{STORED[1].name}" in answers


def test_nothing_is_ever_overwritten(tmp_path):
    written, left = workspace.write(tmp_path)
    assert left == []
    work = [tmp_path / STORED[2].name, tmp_path / "README.md"]
    for path in work:
        path.write_text("my own work", encoding="utf-8")
    (tmp_path / STORED[0].name).unlink()
    again, left = workspace.write(tmp_path)
    assert again == [tmp_path / STORED[0].name]
    assert sorted(left) == sorted(set(written) - set(again))
    assert [path.read_text(encoding="utf-8") for path in work] == 2 * ["my own work"]


def test_a_fresh_copy_of_one_lesson_stands_beside_the_old(tmp_path, capsys):
    workspace.write(tmp_path)
    mine = tmp_path / STORED[2].name
    stored = mine.read_text(encoding="utf-8")
    mine.write_text("my own work", encoding="utf-8")
    for number, name in (("03", "_2"), ("3", "_3")):
        assert workspace.main([str(tmp_path), "--no-lab", "--again", number]) == 0
        fresh = mine.with_stem(mine.stem + name)
        assert capsys.readouterr().out.endswith(f"wrote {fresh.name}\n")
        assert fresh.read_text(encoding="utf-8") == stored
    assert mine.read_text(encoding="utf-8") == "my own work"


def test_an_unknown_lesson_or_language_is_refused(tmp_path, capsys):
    assert workspace.main([str(tmp_path), "--no-lab", "--again", "33"]) == 2
    assert capsys.readouterr().err.startswith("rnn-lessons: --again must be one of 01,")
    with pytest.raises(SystemExit, match="2"):
        workspace.main([str(tmp_path), "--no-lab", "--language", "xx"])
    assert list(tmp_path.iterdir()) == []


def unwritable(folder):
    """A folder in which nothing can be made; not even root writes below /proc."""
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        return Path("/proc")
    folder.chmod(0o500)
    return folder


@pytest.mark.skipif(os.name == "nt", reason="no read-only folders there")
def test_a_read_only_folder_is_one_line(tmp_path, capsys):
    folder = unwritable(tmp_path) / "my_lessons"
    assert workspace.main([str(folder), "--no-lab"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert re.fullmatch(r"rnn-lessons: cannot write to .*my_lessons: .*\.\n", said.err)


def test_a_file_is_one_line(tmp_path, capsys):
    file = tmp_path / "lessons.txt"
    file.write_text("a file", encoding="utf-8")
    for folder in (file, file / "below"):
        assert workspace.main([str(folder), "--no-lab"]) == 2
        said = capsys.readouterr().err
        assert said.startswith("rnn-lessons: ")
        assert said.count("\n") == 1
    assert file.read_text(encoding="utf-8") == "a file"


def test_the_stored_lessons_are_no_place_for_a_copy(capsys):
    assert workspace.main([str(ROOT / "notebooks"), "--no-lab"]) == 2
    assert "holds the stored lessons" in capsys.readouterr().err


@pytest.mark.skipif(os.name == "nt", reason="no limit on the size of files there")
def test_a_full_disk_leaves_no_half_lesson(tmp_path):
    code = (
        "import resource, sys; from rnn_lessons.workspace import main;"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (2**13, 2**13));"
        "sys.exit(main([sys.argv[1], '--no-lab']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True
    )
    assert done.returncode == 2
    assert done.stderr.startswith("rnn-lessons: cannot write to")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_wheel_has_its_lessons_inside_and_a_checkout_around(tmp_path, monkeypatch):
    assert workspace.source() == ROOT
    package = tmp_path / "rnn_lessons"
    package.mkdir()
    monkeypatch.setattr(workspace, "__file__", str(package / "workspace.py"))
    assert workspace.source() == tmp_path
    shutil.copytree(ROOT / "notebooks", package / "notebooks")
    assert workspace.source() == package


@pytest.fixture
def started(monkeypatch):
    """JupyterLab's arguments and environment, when it would have been started."""
    seen = {}
    for name in (*workspace.THREADS, "PYTHONPATH", "JUPYTER_CONFIG_PATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os, "environ", dict(os.environ))

    def launch(arguments):
        seen.update(arguments=arguments, environment=dict(os.environ))

    monkeypatch.setattr(LabApp, "launch_instance", launch)
    return seen


@pytest.mark.parametrize("root", [True, False])
def test_jupyterlab_starts_in_the_copy(tmp_path, monkeypatch, started, root):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "geteuid", lambda: 0 if root else 1000, raising=False)
    assert workspace.main(["--", "--port", "9321"]) == 0
    arguments = started["arguments"]
    assert f"--ServerApp.root_dir={tmp_path / 'my_lessons'}" in arguments
    assert f"--LabApp.default_url=/lab/tree/{STORED[0].name}" in arguments
    assert arguments[-2:] == ["--port", "9321"]
    assert ("--allow-root" in arguments) == root
    assert not [a for a in arguments if "token" in a or "password" in a]
    assert all(started["environment"][name] == "1" for name in workspace.THREADS)
    assert started["environment"]["PYTHONPATH"] == str(ROOT)
    settings = Path(started["environment"]["JUPYTER_CONFIG_PATH"]) / "labconfig"
    assert "announcements" in (settings / "page_config.json").read_text("utf-8")


def test_a_fresh_copy_is_what_opens(tmp_path, started):
    workspace.main([str(tmp_path), "--no-lab"])
    assert not started
    workspace.main([str(tmp_path), "--again", "02"])
    opened = STORED[1].with_stem(STORED[1].stem + "_2").name
    assert f"--LabApp.default_url=/lab/tree/{opened}" in started["arguments"]


@pytest.mark.parametrize("name", ["jupyterlab", "nbformat"])
def test_without_jupyter_it_names_the_extra(tmp_path, monkeypatch, capsys, name):
    monkeypatch.setattr(
        workspace, "find_spec", lambda needed: None if needed == name else "there"
    )
    assert workspace.main([str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"rnn-lessons needs {name}: pip install")
    assert "[notebooks]" in said
    assert list(tmp_path.iterdir()) == []
