"""The gate for what nbval cannot see, and the proof that the gate can shut."""

import copy

import gate
import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output


def name(path):
    return f"{path.parent.name}/{path.name}"


@pytest.mark.parametrize("path", gate.all_notebooks(), ids=name)
def test_stored_notebook(path):
    assert gate.complaints(path) == []


def test_numbers_of_the_course_page_and_the_teachers_kit_are_computed_in_a_lesson():
    assert list(gate.page_complaints()) == []


def test_there_are_lessons():
    assert len(list(gate.NOTEBOOKS.glob("*.ipynb"))) >= 3


# A lesson and its solutions, as small as the gate lets them be; each fault below is
# made in a copy.

IMAGE = "iVBORw0KGgo=\n"
ALT = {"image/png": {"alt": "seven numbers"}}
FIGURE = new_output("display_data", {"image/png": IMAGE}, metadata=ALT)
PANEL = new_output(
    "execute_result", {"text/plain": "seven of 9", "image/png": IMAGE}, metadata=ALT
)
METADATA = {
    "kernelspec": {"name": "python3", "display_name": "Python 3"},
    "language_info": {"name": "python"},
}


def prints(text):
    return new_output("stream", name="stdout", text=text)


def code(source, *outputs, tag=None):
    cell = new_code_cell(source, outputs=list(outputs))
    cell.metadata.tags = [tag] if tag else []
    return cell


def prose(source, tag=None):
    cell = new_markdown_cell(source)
    cell.metadata.tags = [tag] if tag else []
    return cell


def exercises(answer, said, tag=None):
    return [
        code(f'print(check("01.{n}", {answer}))', prints(said), tag=tag)
        for n in (1, 2, 3)
    ]


def number(notebook, idea):
    """Give cells the counts, ids and slide types that a refreshed notebook has."""
    for n, cell in enumerate(notebook.cells, 1):
        cell.id = f"{idea}-{n:02d}"
        cell.metadata.slideshow = {"slide_type": "slide"}
    for count, (_, cell) in enumerate(gate.code_cells(notebook), 1):
        cell.execution_count = count
        for output in cell.outputs:
            if output.output_type == "execute_result":
                output.execution_count = count
    return notebook


QUESTION = "How many?\n\n- A: 2.5\n- B: 3.5\n\n*Your prediction:* …"
LESSON = number(
    new_notebook(
        metadata=METADATA,
        cells=[
            prose("# Count to seven\n\nNext: [sum](02_sum.ipynb)"),
            code("import numpy as np"),
            prose(QUESTION, tag="predict"),
            code("print(2 + 5)", prints("7\n"), tag="hide-output"),
            prose("Seven, as the cell printed."),
            code("plot_numbers()\nshow()", FIGURE, prints("seven numbers\n")),
            code("numbers_explorer()", PANEL, tag="panel"),
            *exercises("...", "not attempted yet\n", tag="exercise"),
            prose("## Summary\n\n- One.\n- Two.", tag="summary"),
            prose("## Further reading\n\n- [Peano](https://a.b/2.5), section 2.5."),
        ],
    ),
    "count",
)
TITLE, IMPORT, ASK, RUN, EXPLAIN, PLOT, OPEN, EXERCISE = range(8)
SUMMARY = -2

SOLUTION = number(
    new_notebook(
        metadata=METADATA,
        cells=[
            prose("# Solutions: count to seven\n\n[The lesson](../01_count.ipynb)"),
            code("import numpy as np"),
            *exercises("7", "right: 7\n"),
        ],
    ),
    "count-solution",
)


def store(folder, lesson=LESSON, solution=SOLUTION):
    """Write lesson and solution with a second lesson to link to; return both paths."""
    (folder / "solutions").mkdir()
    (folder / "02_sum.ipynb").write_text("{}", encoding="utf-8")
    paths = folder / "01_count.ipynb", folder / "solutions" / "01_count.ipynb"
    for path, notebook in zip(paths, (lesson, solution), strict=True):
        path.write_text(nbformat.v4.writes(notebook), encoding="utf-8")
    return paths


def test_a_good_lesson_passes(tmp_path):
    lesson, solution = store(tmp_path)
    assert gate.complaints(lesson) == []
    assert gate.complaints(solution) == []


def edit(place, **changes):
    return lambda nb: nb.cells[place].update(changes)


def output(place, *outputs):
    kept = [nbformat.from_dict(out) for out in outputs]
    return edit(place, outputs=kept)


def append(place, text):
    return lambda nb: nb.cells[place].update(source=nb.cells[place].source + text)


def tag(place, *names):
    return lambda nb: nb.cells[place].metadata.update(tags=list(names))


def replace(place, old, new):
    def fault(nb):
        assert old in nb.cells[place].source
        nb.cells[place].source = nb.cells[place].source.replace(old, new)

    return fault


def clear(nb):
    for _, cell in gate.code_cells(nb):
        cell.outputs = []
        cell.execution_count = None


def swap(nb):
    nb.cells[RUN], nb.cells[PLOT] = nb.cells[PLOT], nb.cells[RUN]


def answer_tag_lost(nb):
    nb.cells[RUN].metadata.tags = []


STDERR = new_output("stream", name="stderr", text="warning")
SCALAR = {"text/plain": "np.float64(0.5)"}
FAULTS = {
    "cleared": (clear, "cell 4 is not executed"),
    "nothing stored": (
        lambda nb: [cell.update(outputs=[]) for _, cell in gate.code_cells(nb)],
        "no output is stored",
    ),
    "reordered": (swap, "cell 4 has execution count 3, not 2"),
    "empty cell": (edit(RUN, source=""), "cell 4 is empty"),
    "no code": (lambda nb: nb.update(cells=nb.cells[:1]), "no code cells"),
    "syntax": (edit(RUN, source="print(", outputs=[]), "cell 4 is not Python"),
    "stderr": (output(RUN, STDERR), "cell 4 stores stderr"),
    "error": (
        output(RUN, new_output("error", ename="ValueError", evalue="")),
        "cell 4 stores an error: ValueError",
    ),
    "bare scalar": (
        output(RUN, new_output("execute_result", SCALAR, execution_count=2)),
        "cell 4 stores a bare value (np.float64(0.5))",
    ),
    "address": (output(RUN, prints("<o at 0x7f00>")), "cell 4 stores a memory address"),
    "True": (output(RUN, prints("more than 3: True")), "cell 4 answers with True"),
    "widget state": (
        lambda nb: nb.metadata.update(widgets={}),
        "notebook metadata hold kernelspec, language_info, widgets",
    ),
    "widget id": (
        lambda nb: nb.cells[OPEN].outputs[0].data.update({gate.WIDGET_VIEW: {}}),
        "cell 7 stores the id of a widget",
    ),
    "panel without picture": (
        lambda nb: nb.cells[OPEN].outputs[0].data.pop("image/png"),
        "cell 7 opens a panel but stores no picture",
    ),
    "panel without tag": (tag(OPEN), "cell 7: the tag panel"),
    "figure without words": (
        lambda nb: nb.cells[PLOT].outputs[0].update(metadata={}),
        "cell 6 stores a picture without alternative text",
    ),
    "figure without a line": (output(PLOT, FIGURE), "cell 6 prints another line"),
    "figure with another line": (
        output(PLOT, FIGURE, prints("eight\n")),
        "cell 6 prints another line under a picture than: seven numbers",
    ),
    "prose nobody computed": (append(EXPLAIN, " It is 3.14."), "cell 5 says 3.14"),
    "question nobody computed": (replace(ASK, "How", "Of 3.14, how"), "cell 3 says"),
    "another check": (replace(EXERCISE, "01.1", "01.2"), "check() is called for 01.2"),
    "check of another lesson": (replace(EXERCISE, "01.1", "02.1"), "called for 01.2"),
    "exercise without tag": (tag(EXERCISE), "count-08: the tag exercise"),
    "old format": (lambda nb: nb.update(nbformat_minor=4), "expected notebook format"),
    "no id": (lambda nb: nb.cells[RUN].pop("id"), "'id' is a required property"),
    "id twice": (edit(RUN, id="count-01"), "cell id count-01 is used 2 times"),
    "id of chance": (edit(RUN, id="a1b2c3d4"), "cell id a1b2c3d4 is no name"),
    "no slide type": (
        lambda nb: nb.cells[RUN].metadata.pop("slideshow"),
        "cell 4 has no slide type",
    ),
    "timestamps": (
        lambda nb: nb.cells[RUN].metadata.update(execution={}),
        "metadata that a reader does not need: execution",
    ),
    "nbval's tag": (
        tag(RUN, "hide-output", "nbval-ignore-output"),
        "cell 4 has a tag that is no role: nbval-ignore-output",
    ),
    "nbval's comment": (append(RUN, "\n# NBVAL_SKIP"), "a comment that switches nbval"),
    "magic": (append(RUN, "\n%matplotlib inline"), "cell 4 has a magic"),
    "shell": (append(RUN, "\n!ls"), "cell 4 has a magic or a shell escape"),
    "sys.path": (append(IMPORT, "\nsys.path.append('..')"), "cell 2 uses sys.path"),
    "late import": (
        append(RUN, "\ndef f():\n    from math import pi"),
        "cell 4: all imports stand in the first code cell",
    ),
    "no imports": (edit(IMPORT, source="x = 1"), "cell 2: all imports stand"),
    "no title": (replace(TITLE, "# ", ""), "expected one # title"),
    "two titles": (append(EXPLAIN, "\n# Again"), "expected one # title"),
    "no summary": (tag(SUMMARY), "expected one cell with the tag summary"),
    "no prediction": (tag(ASK), "no prediction is asked for"),
    "no place to write": (replace(ASK, "…", ""), "cell 3 asks for a prediction but"),
    "answer in sight": (answer_tag_lost, "the answer to cell 3 has no tag hide-output"),
    "dead link": (append(EXPLAIN, " [x](03_x.ipynb)"), "link to 03_x.ipynb leads"),
    "no link on": (replace(TITLE, "02_sum", "01_count"), "no link to the neighbour"),
}
SOLUTION_FAULTS = {
    "no title": (replace(TITLE, "# ", ""), "expected one # title"),
    "wrong answer": (output(2, prints("not yet: 7")), 'an answer is told "not yet"'),
    "an answer is missing": (output(2), "2 answers are called right; expected 3"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_the_gate_shuts(tmp_path, fault):
    make, complaint = FAULTS[fault]
    notebook = copy.deepcopy(LESSON)
    make(notebook)
    path, _ = store(tmp_path, lesson=notebook)
    assert complaint in "\n".join(gate.complaints(path))


@pytest.mark.parametrize("fault", SOLUTION_FAULTS)
def test_the_gate_shuts_for_solutions(tmp_path, fault):
    make, complaint = SOLUTION_FAULTS[fault]
    notebook = copy.deepcopy(SOLUTION)
    make(notebook)
    _, path = store(tmp_path, solution=notebook)
    assert complaint in "\n".join(gate.complaints(path))


def test_lesson_and_solutions_belong_together(tmp_path):
    lesson, solution = store(tmp_path)
    moved = solution.rename(solution.with_name("09_other.ipynb"))
    assert "solutions/01_count.ipynb does not exist" in gate.complaints(lesson)
    assert any("09_other.ipynb" in line for line in gate.complaints(moved))


def test_a_number_on_a_page_that_no_lesson_computes_is_found(tmp_path):
    store(tmp_path)
    (tmp_path / "02_sum.ipynb").unlink()
    (tmp_path / "README.md").write_text("It takes 20 minutes, and is 3.14.", "utf-8")
    found = list(gate.page_complaints(tmp_path))
    assert found == ["README.md says 3.14, which no lesson computes"]
