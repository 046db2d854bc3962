"""The table of what was handed in: read from the stored outputs, nothing executed."""

import nbformat
import progress
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

PROMPT = 'print(check("{}", attempt))'


def cell(exercise, *said, error=False):
    outputs = [new_output("stream", name="stdout", text=line + "\n") for line in said]
    if error:
        outputs.append(new_output("error", ename="NameError", evalue="x"))
    return new_code_cell(PROMPT.format(exercise), outputs=outputs)


def hand_in(path, *cells):
    path.parent.mkdir(parents=True, exist_ok=True)
    notebook = new_notebook(cells=[new_markdown_cell("# A lesson"), *cells])
    nbformat.write(notebook, path)


@pytest.fixture
def folder(tmp_path):
    hand_in(
        tmp_path / "kim" / "01_initialization.ipynb",
        cell("01.1", "right: 420352"),
        cell("01.2", "not yet: expected shape (3, 2), got (2, 3)"),
        cell("01.3", "not attempted yet"),
    )
    hand_in(
        tmp_path / "kim" / "01_initialization_2.ipynb",
        cell("01.1", "not attempted yet"),
        cell("01.2", "my own print", "right: on all 3 inputs that were tried"),
    )
    hand_in(tmp_path / "이서연.ipynb", cell("01.1"), cell("01.2", error=True))
    (tmp_path / "park").mkdir()
    (tmp_path / "park" / "answers.ipynb").write_bytes(b"%PDF-1.7 \xff")
    (tmp_path / "park" / "notes.txt").write_text("I had no time.", encoding="utf-8")
    hidden = tmp_path / "park" / ".ipynb_checkpoints" / "01_initialization.ipynb"
    hand_in(hidden, cell("01.1", "right: 420352"))
    return tmp_path


def words(line):
    return [part.strip() for part in line.split("  ") if part.strip()]


def test_a_row_for_each_student_and_a_column_for_each_exercise(folder, capsys):
    assert progress.main([str(folder)]) == 0
    said = [
        [part.strip() for part in words(line)]
        for line in capsys.readouterr().out.splitlines()
    ]
    assert said[:5] == [
        ["student", "01.1", "01.2", "01.3"],
        ["kim", "right", "right", "not attempted"],
        ["park", "not found", "not found", "not found"],
        ["이서연", "not attempted", "not yet", "not found"],
        ["right", "1 of 3", "1 of 3", "0 of 3"],
    ]


def test_each_lesson_has_a_table(folder, capsys):
    hand_in(folder / "kim" / "03_saturation.ipynb", cell("03.1", "right: 5.5"))
    progress.main([str(folder)])
    first, second, _ = capsys.readouterr().out.split("\n\n")
    assert words(first.splitlines()[0]) == ["student", "01.1", "01.2", "01.3"]
    assert "03.1" in words(second.splitlines()[0])
    assert words(second.splitlines()[1])[:2] == ["kim", "right"]


def test_what_is_no_notebook_is_a_line(folder, capsys):
    progress.main([str(folder)])
    last = capsys.readouterr().out.splitlines()[6:]
    assert [line.partition(" is no notebook: ")[0] for line in last] == [
        "park/answers.ipynb",
        "park/notes.txt",
    ]


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", "null", '{"cells": [1]}', '{"nbformat": 9}', "{" * 9999]
)
def test_broken_json_is_a_line_too(tmp_path, capsys, text):
    (tmp_path / "kim.ipynb").write_text(text, encoding="utf-8")
    hand_in(tmp_path / "lee.ipynb", cell("01.1", "right: 420352"))
    assert progress.main([str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "kim.ipynb is no notebook: " in said or "kim      not found" in said
    assert "lee      right" in said


def test_nothing_is_executed(tmp_path, capsys):
    trap = tmp_path / "executed"
    source = f'open({str(trap)!r}, "w")\nprint(check("01.1", attempt))'
    hand_in(tmp_path / "kim.ipynb", new_code_cell(source))
    assert progress.main([str(tmp_path)]) == 0
    assert not trap.exists()


def test_a_value_that_was_not_printed_counts(tmp_path):
    shown = new_output("execute_result", {"text/plain": "'right: 5.5'"})
    last = new_code_cell("check('03.1', 5.5)", outputs=[shown])
    assert progress.verdicts(new_notebook(cells=[last])) == {"03.1": "right"}


def test_two_checks_in_a_cell_are_told_apart(tmp_path):
    source = PROMPT.format("02.1") + "\n" + PROMPT.format("02.2")
    text = "not yet: 3 is too small\nright: on all 2 inputs that were tried\n"
    shown = new_output("stream", name="stdout", text=text)
    both = new_notebook(cells=[new_code_cell(source, outputs=[shown])])
    assert progress.verdicts(both) == {"02.1": "not yet", "02.2": "right"}


def test_no_folder_and_an_empty_one(tmp_path, capsys):
    assert progress.main([]) == 2
    assert progress.main([str(tmp_path / "nowhere")]) == 2
    assert progress.main([str(tmp_path)]) == 0
    assert capsys.readouterr().out.endswith("holds no file\n")
