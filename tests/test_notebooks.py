"""The gate for what nbval cannot see, and the proof that the gate can shut."""

import copy

import gate
import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output


@pytest.mark.parametrize(
    "path",
    gate.all_notebooks(),
    ids=lambda path: f"{path.parent.name}/{path.name}",
)
def test_stored_notebook(path):
    assert gate.complaints(path) == []


def test_there_are_lessons():
    assert len(list(gate.NOTEBOOKS.glob("*.ipynb"))) >= 3


# A lesson and its solutions, as small as the gate lets them be; each fault below is
# made in a copy.

PNG = new_output(
    "display_data",
    {"image/png": "iVBORw0KGgo=\n", "text/plain": "<Figure size 640x480 with 1 Axes>"},
    metadata={"image/png": {"alt": "seven numbers"}},
)
PANEL = new_output(
    "execute_result", {"text/plain": "slider panel; run the cell to move it"}
)


def prints(text):
    return new_output("stream", name="stdout", text=text)


def question(text):
    return [
        new_markdown_cell(f"## {text}"),
        new_markdown_cell(
            "**Before you run the next cell:** how many?\n\n*Your prediction:*"
        ),
        new_code_cell("print(rng.integers(9))", outputs=[prints("3\n")]),
        new_markdown_cell("Three, as the cell printed."),
    ]


def exercise(number, answer, said):
    return new_code_cell(
        f'print(check("01.{number}", {answer}))', outputs=[prints(said + "\n")]
    )


def number(notebook):
    """Give cells the counts, ids and slide types that a refreshed notebook has."""
    for n, cell in enumerate(notebook.cells, 1):
        cell.id = f"cell-{n}"
        cell.metadata.slideshow = {"slide_type": "slide"}
    for count, (_, cell) in enumerate(gate.code_cells(notebook), 1):
        cell.execution_count = count
        for output in cell.outputs:
            if output.output_type == "execute_result":
                output.execution_count = count
    return notebook


METADATA = {
    "kernelspec": {"name": "python3", "display_name": "Python 3"},
    "language_info": {"name": "python"},
}
IMPORTS = new_code_cell("import numpy as np\n\nfrom rnn_core import check")

LESSON = number(
    new_notebook(
        metadata=METADATA,
        cells=[
            new_markdown_cell(
                "# Count to seven\n\nYou will count. Ten minutes. Next: [sum](02_sum.ipynb)"
            ),
            IMPORTS,
            new_code_cell("rng = np.random.default_rng(0)"),
            *question("How many are there?"),
            new_code_cell(
                "plot_numbers()\nprint('digest')",
                outputs=[PNG, prints("seven numbers\n")],
            ),
            new_code_cell("numbers_explorer()", outputs=[PANEL]),
            *question("Are there more?"),
            *question("Who counts?"),
            new_markdown_cell("## Your turn\n\n[Solutions](solutions/01_count.ipynb)"),
            *[exercise(n, "...", "not attempted yet") for n in (1, 2, 3)],
            new_markdown_cell("## Summary\n\n- One.\n- Two."),
            new_markdown_cell("## Further reading\n\n- Peano (1889)."),
        ],
    )
)

SOLUTION = number(
    new_notebook(
        metadata=METADATA,
        cells=[
            new_markdown_cell(
                "# Solutions: count to seven\n\n[The lesson](../01_count.ipynb)"
            ),
            IMPORTS,
            *[exercise(n, "7", "right: 7") for n in (1, 2, 3)],
        ],
    )
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


# Cells by what they are for.
TITLE, IMPORT, SIZES, SECTION, ASK, RUN, FIGURE, EXPLORER, EXERCISE, SUMMARY = (
    0,
    1,
    2,
    3,
    4,
    5,
    7,
    8,
    18,
    21,
)


def clear(nb):
    for _, cell in gate.code_cells(nb):
        cell.outputs, cell.execution_count = [], None


def swap(nb):
    nb.cells[RUN], nb.cells[FIGURE] = nb.cells[FIGURE], nb.cells[RUN]


def edit(place, **changes):
    return lambda nb: nb.cells[place].update(changes)


def replace(place, old, new):
    def fault(nb):
        assert old in nb.cells[place].source
        nb.cells[place].source = nb.cells[place].source.replace(old, new)

    return fault


def append(place, code):
    return lambda nb: nb.cells[place].update(source=nb.cells[place].source + code)


def output(place, *outputs):
    return lambda nb: nb.cells[place].update(
        outputs=[nbformat.from_dict(out) for out in outputs]
    )


FAULTS = {
    "cleared": (clear, "cell 6 is not executed"),
    "one cell not executed": (
        edit(RUN, execution_count=None),
        "cell 6 is not executed",
    ),
    "nothing stored": (
        lambda nb: [cell.update(outputs=[]) for _, cell in gate.code_cells(nb)],
        "no output",
    ),
    "reordered": (swap, "cell 6 has execution count 4; expected 3"),
    "cell removed": (
        lambda nb: nb.cells.pop(RUN),
        "cell 7 has execution count 4; expected 3",
    ),
    "empty cell": (edit(RUN, source=""), "cell 6 is empty"),
    "no code": (lambda nb: nb.update(cells=nb.cells[:1]), "no code cells"),
    "syntax": (edit(RUN, source="print(", outputs=[]), "cell 6 is not Python"),
    "stderr": (
        output(RUN, new_output("stream", name="stderr", text="warning")),
        "cell 6 stores stderr",
    ),
    "error": (
        output(RUN, new_output("error", ename="ValueError", evalue="")),
        "cell 6 stores an error: ValueError",
    ),
    "bare scalar": (
        output(
            RUN,
            new_output(
                "execute_result", {"text/plain": "np.float64(0.5)"}, execution_count=3
            ),
        ),
        "bare value (np.float64(0.5))",
    ),
    "address": (
        output(RUN, prints("<object at 0x7f00>")),
        "cell 6 stores a memory address",
    ),
    "widget state": (
        lambda nb: nb.metadata.update(widgets={}),
        "widget state is stored",
    ),
    "widget id": (
        lambda nb: nb.cells[EXPLORER].outputs[0].data.update({gate.WIDGET_VIEW: {}}),
        "cell 9 stores the id of a widget",
    ),
    "panel without text": (
        edit(EXPLORER, outputs=[]),
        "cell 9 opens a panel but stores no text",
    ),
    "panel before figure": (
        edit(FIGURE, outputs=[prints("seven\n")]),
        "cell 9 opens a panel before any static figure",
    ),
    "second panel, one figure": (
        edit(
            10,
            cell_type="code",
            source="other_explorer()",
            outputs=[PANEL],
            execution_count=5,
        ),
        "cell 11 opens a panel before any static figure",
    ),
    "no digest": (
        output(FIGURE, PNG),
        "cell 8 stores a picture without a printed digest",
    ),
    "digest above": (
        output(FIGURE, prints("seven numbers\n"), PNG),
        "cell 8 stores a picture without a printed digest",
    ),
    "another digest": (
        output(FIGURE, PNG, prints("eight\n")),
        "alternative text is not the digest under it",
    ),
    "prose nobody computed": (
        append(6, " It is 3.14."),
        "cell 7 says 3.14, which no cell computes",
    ),
    "long imports": (
        append(IMPORT, "\nimport math" * 9),
        "cell 2 has 11 lines of imports; at most 10",
    ),
    "another check": (
        replace(EXERCISE, "01.1", "01.2"),
        "check() is called for 01.2, 01.2, 01.3",
    ),
    "kernel of one machine": (
        lambda nb: nb.metadata.update(vscode={}),
        "notebook metadata hold",
    ),
    "old format": (
        lambda nb: nb.update(nbformat_minor=4),
        "expected notebook format 4.5; got 4.4",
    ),
    "no id": (lambda nb: nb.cells[RUN].pop("id"), "'id' is a required property"),
    "id twice": (edit(RUN, id="cell-1"), "cell id cell-1 is used 2 times"),
    "no slide type": (
        lambda nb: nb.cells[RUN].metadata.pop("slideshow"),
        "cell 6 has no slide type",
    ),
    "timestamps": (
        lambda nb: nb.cells[RUN].metadata.update(execution={}),
        "metadata that a reader does not need: execution",
    ),
    **{
        f"tag {tag}": (
            lambda nb, tag=tag: nb.cells[RUN].metadata.update(tags=[tag]),
            f"cell 6 has tags: {tag}",
        )
        for tag in ("nbval-ignore-output", "skip-execution")
    },
    **{
        f"comment {word}": (
            append(RUN, f"\n# {word}"),
            "cell 6 has a comment that switches nbval off",
        )
        for word in ("NBVAL_SKIP", "PYTEST_VALIDATE_IGNORE_OUTPUT")
    },
    "magic": (
        append(RUN, "\n%matplotlib inline"),
        "cell 6 has a magic or a shell escape",
    ),
    "shell": (append(RUN, "\n!ls"), "cell 6 has a magic or a shell escape"),
    "sys.path": (
        append(IMPORT, "\nimport sys\nsys.path.append('..')"),
        "cell 2 uses sys.path",
    ),
    "late import": (append(RUN, "\nimport math"), "cell 6 imports"),
    "late import in a function": (
        append(RUN, "\ndef f():\n    from math import pi"),
        "cell 6 imports",
    ),
    "no imports": (
        edit(IMPORT, source="x = 1"),
        "cell 2, the first code cell, has no imports",
    ),
    "no rng": (edit(SIZES, source="timesteps = 10"), "makes no rng"),
    "long cell": (
        append(RUN, "\nx = 1" * 20),
        "cell 6 has 21 lines of code; at most 20",
    ),
    "long cells": (
        lambda nb: [
            cell.update(source=cell.source + "\nx" * 7)
            for _, cell in gate.code_cells(nb)
        ],
        "the median code cell has",
    ),
    "no title": (
        edit(TITLE, source="Count"),
        "expected one # title, in the first cell; got 0",
    ),
    "two titles": (
        edit(SECTION, source="# Why?"),
        "expected one # title, in the first cell; got 2",
    ),
    "long introduction": (append(TITLE, " word" * 80), "the introduction has"),
    "few cells": (
        lambda nb: nb.update(cells=nb.cells[:19]),
        "19 cells; expected 20 to 45",
    ),
    "many cells": (
        lambda nb: nb.cells.extend(new_markdown_cell("") for _ in range(23)),
        "46 cells; expected 20 to 45",
    ),
    "few sections": (
        edit(SECTION, source="Why?"),
        "2 sections before Your turn; expected 3 to 6",
    ),
    "many sections": (
        append(SECTION, "\n## Why?" * 4),
        "7 sections before Your turn; expected 3 to 6",
    ),
    "no question": (
        edit(SECTION, source="## Counting"),
        "section 'Counting' is not a question",
    ),
    "no summary": (edit(SUMMARY, source="Bye"), "expected the last sections to be"),
    "long summary": (append(SUMMARY, "\n- x" * 3), "the summary has 5 bullets"),
    "summary without bullets": (
        edit(SUMMARY, source="## Summary\n\nWell."),
        "the summary has 0 bullets",
    ),
    "no place to write": (
        replace(ASK, "*Your prediction:*", ""),
        "cell 5 asks for a prediction but leaves no place",
    ),
    "no prediction": (
        lambda nb: [
            cell.update(source=cell.source.replace("**Before", "Before"))
            for cell in nb.cells
        ],
        "no prediction is asked for",
    ),
    "two exercises": (
        edit(EXERCISE, source="print(1)", outputs=[prints("1\n")]),
        '2 exercises say "not attempted yet"',
    ),
    "dead link": (
        append(TITLE, " [x](03_x.ipynb)"),
        "link to 03_x.ipynb leads nowhere",
    ),
    "no link on": (
        replace(TITLE, "(02_sum.ipynb)", "(#next)"),
        "no link to the notebook after, 02_sum.ipynb",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_the_gate_shuts(name, tmp_path):
    fault, complaint = FAULTS[name]
    lesson = copy.deepcopy(LESSON)
    fault(lesson)
    path, _ = store(tmp_path, lesson=lesson)
    assert complaint in "\n".join(gate.complaints(path))


SOLUTION_FAULTS = {
    "stale": (
        output(3, prints("not yet: got 7, expected 8\n")),
        'an answer is told "not yet"',
    ),
    "two answers": (
        lambda nb: nb.cells.pop(),
        "2 answers are called right; expected 3",
    ),
    "no title": (edit(TITLE, source="Solutions"), "expected one # title"),
    "dead link": (
        replace(TITLE, "01_", "04_"),
        "link to ../04_count.ipynb leads nowhere",
    ),
    "cleared": (clear, "cell 2 is not executed"),
}


@pytest.mark.parametrize("name", SOLUTION_FAULTS)
def test_the_gate_shuts_on_solutions(name, tmp_path):
    fault, complaint = SOLUTION_FAULTS[name]
    solution = copy.deepcopy(SOLUTION)
    fault(solution)
    _, path = store(tmp_path, solution=solution)
    assert complaint in "\n".join(gate.complaints(path))


def test_lesson_and_solutions_need_each_other(tmp_path):
    lesson, solution = store(tmp_path)
    moved = solution.rename(solution.with_name("09_other.ipynb"))
    assert "solutions/01_count.ipynb does not exist" in gate.complaints(lesson)
    assert (
        "solutions to a lesson that does not exist: 09_other.ipynb"
        in gate.complaints(moved)
    )


def test_the_later_lesson_links_back(tmp_path):
    lesson, _ = store(tmp_path)
    later = lesson.replace(tmp_path / "03_count.ipynb")
    assert "no link to the notebook before, 02_sum.ipynb" not in gate.complaints(later)
    (tmp_path / "02b_sum.ipynb").write_text("{}", encoding="utf-8")
    assert "no link to the notebook before, 02b_sum.ipynb" in gate.complaints(later)
