"""What nbval cannot see: complaints about a stored notebook, one sentence each.

python tests/notebook_gate.py      all notebooks: a line of measures each, then the complaints
"""

import ast
import json
import re
import statistics
import sys
from pathlib import Path

import nbformat
from IPython.core.inputtransformer2 import TransformerManager
from nbformat.v4.rwbase import rejoin_lines
from nbformat.validator import iter_validate

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
LAST_SECTIONS = ["Your turn", "Summary", "Further reading"]
SLIDE_TYPES = {"slide", "subslide", "fragment", "skip", "notes", "-"}
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"

LINK = re.compile(r"\]\(([^)\s]+)\)")
PREDICT = re.compile(r"\*\*(predict|before\s+you\s+run)", re.IGNORECASE)
WRITE_HERE = re.compile(r"your (prediction|answer|guess)", re.IGNORECASE)
CHECK = re.compile(r"check\(\s*\"(\d\d\.\d)\"")
YEAR = re.compile(r"\b(?:19|20)\d\d\b")
NUMBER = re.compile(r"(?<![\w.])-?\d+\.\d+(?:e-?\d+)?|\b\d{3,}\b|\b\d+e-?\d+\b")
LONG_LESSONS = ("04", "05", "07", "08")  # up to 55 cells


def all_notebooks(folder=NOTEBOOKS):
    """Lessons first, then solutions."""
    return [*sorted(folder.glob("*.ipynb")), *sorted(folder.glob("solutions/*.ipynb"))]


def read(path):
    """The notebook as stored: nothing repaired, nothing upgraded."""
    return rejoin_lines(nbformat.from_dict(json.loads(path.read_text(encoding="utf-8"))))


def complaints(path):
    """All complaints about one notebook; it is a lesson unless its folder is called solutions."""
    notebook = read(path)
    found = list(malformed(notebook))
    if not found:
        checks = [execution, outputs, metadata, code, figures]
        checks += [solution] if path.parent.name == "solutions" else [lesson, numbers]
        for check in checks:
            found += check(notebook)
        found += [*size(notebook, path), *exercises(notebook, path), *links(notebook, path)]
    return found


def code_cells(notebook):
    """(number, cell) of each code cell; cells are counted from 1, as a reader would."""
    return [(n, cell) for n, cell in enumerate(notebook.cells, 1) if cell.cell_type == "code"]


def length(cell):
    """Lines of code; the blank ones that the formatter adds do not count."""
    return sum(bool(line.strip()) for line in cell.source.splitlines())


def images(cell):
    """Where in a cell's outputs the stored pictures are."""
    return [
        place
        for place, output in enumerate(cell.get("outputs", []))
        if any(mime.startswith("image/") for mime in output.get("data", {}))
    ]


def printed(cell):
    """All that a cell has printed."""
    return "".join(out.text for out in cell.get("outputs", []) if out.get("name") == "stdout")


def malformed(notebook):
    if (notebook.nbformat, notebook.nbformat_minor) != (4, 5):
        yield f"expected notebook format 4.5; got {notebook.nbformat}.{notebook.nbformat_minor}"
    for error in iter_validate(notebook):
        yield f"not a valid notebook: {error.message}"
    if not code_cells(notebook):
        yield "no code cells"
    ids = [cell.get("id") for cell in notebook.cells]
    for cell_id in sorted({i for i in ids if i is not None and ids.count(i) > 1}):
        yield f"cell id {cell_id} is used {ids.count(cell_id)} times"
    for n, cell in code_cells(notebook):
        try:
            ast.parse(TransformerManager().transform_cell(cell.source))
        except SyntaxError as error:
            yield f"cell {n} is not Python: {error.msg}"


def execution(notebook):
    for count, (n, cell) in enumerate(code_cells(notebook), 1):
        if cell.execution_count is None:
            yield f"cell {n} is not executed"
        elif cell.execution_count != count:
            yield f"cell {n} has execution count {cell.execution_count}; expected {count}"
        if not cell.source.strip():
            yield f"cell {n} is empty"
    if not any(cell.outputs for _, cell in code_cells(notebook)):
        yield "no output is stored"


def outputs(notebook):
    for n, cell in code_cells(notebook):
        for out in cell.outputs:
            if out.output_type == "error":
                yield f"cell {n} stores an error: {out.ename}"
            if out.get("name") == "stderr":
                yield f"cell {n} stores stderr"
            data = out.get("data", {})
            if WIDGET_VIEW in data:
                yield f"cell {n} stores the id of a widget that lives no longer"
            if re.search(r"\bat 0x[0-9a-f]+", str(data.get("text/plain", "")) + out.get("text", "")):
                yield f"cell {n} stores a memory address"
            if out.output_type == "execute_result" and not opens_panel(cell):
                yield f"cell {n} stores a bare value ({data.get('text/plain', '')[:40]}); print it rounded"
        if opens_panel(cell) and not any(out.output_type == "execute_result" for out in cell.outputs):
            yield f"cell {n} opens a panel but stores no text for it"


def metadata(notebook):
    if set(notebook.metadata) != {"kernelspec", "language_info"}:
        yield f"notebook metadata hold {sorted(notebook.metadata)}; expected kernelspec and language_info"
    if "widgets" in notebook.metadata:
        yield "widget state is stored"
    for n, cell in enumerate(notebook.cells, 1):
        if cell.metadata.get("slideshow", {}).get("slide_type") not in SLIDE_TYPES:
            yield f"cell {n} has no slide type"
        if cell.metadata.get("tags"):  # no tag is needed, and nbval's and nbclient's switch checks off
            yield f"cell {n} has tags: {', '.join(cell.metadata.tags)}"
        for key in sorted(set(cell.metadata) - {"slideshow", "tags"}):
            yield f"cell {n} has metadata that a reader does not need: {key}"


def code(notebook):
    for place, (n, cell) in enumerate(code_cells(notebook)):
        lines = cell.source.splitlines()
        if length(cell) > 20:
            yield f"cell {n} has {length(cell)} lines of code; at most 20"
        if any(re.match(r"\s*#.*(NBVAL_|PYTEST_VALIDATE)", line) for line in lines):
            yield f"cell {n} has a comment that switches nbval off"
        plain = TransformerManager().transform_cell(cell.source)
        if plain.strip() != cell.source.strip():
            yield f"cell {n} has a magic or a shell escape"
        nodes = list(ast.walk(ast.parse(plain)))
        has_import = any(isinstance(node, ast.Import | ast.ImportFrom) for node in nodes)
        if has_import and place > 0:
            yield f"cell {n} imports; all imports stand in the first code cell"
        if not has_import and place == 0:
            yield f"cell {n}, the first code cell, has no imports"
        if has_import and length(cell) > 10:
            yield f"cell {n} has {length(cell)} lines of imports; at most 10"
        if any(isinstance(node, ast.Attribute) and ast.unparse(node) == "sys.path" for node in nodes):
            yield f"cell {n} uses sys.path"


def figures(notebook):
    figure_seen = False
    for n, cell in code_cells(notebook):
        for place in images(cell):
            below = "".join(out.get("text", "") for out in cell.outputs[place + 1 : place + 2])
            if not below:
                yield f"cell {n} stores a picture without a printed digest under it"
            alt = cell.outputs[place].metadata.get("image/png", {}).get("alt")
            if not alt or not below.startswith(alt + "\n"):
                yield f"cell {n} stores a picture whose alternative text is not the digest under it: {alt}"
        if opens_panel(cell) and not figure_seen:
            yield f"cell {n} opens a panel before any static figure stands there"
        figure_seen = bool(images(cell)) or (figure_seen and not opens_panel(cell))


def opens_panel(cell):
    """Whether the cell's last line opens a slider panel."""
    return re.match(r"\w+_explorer\(", (cell.source.splitlines() or [""])[-1]) is not None


def links(notebook, path):
    """Each relative link leads somewhere; a lesson links to its neighbours and has its solutions."""
    targets = {
        link for cell in notebook.cells if cell.cell_type == "markdown" for link in LINK.findall(cell.source)
    }
    targets = {link.split("#")[0] for link in targets if "://" not in link} - {""}
    for link in sorted(targets):
        if not (path.parent / link).exists():
            yield f"link to {link} leads nowhere"
    if path.parent.name == "solutions":
        if not (path.parents[1] / path.name).exists():
            yield f"solutions to a lesson that does not exist: {path.name}"
        return
    if not (path.parent / "solutions" / path.name).exists():
        yield f"solutions/{path.name} does not exist"
    lessons = sorted(lesson.name for lesson in path.parent.glob("*.ipynb"))
    place = lessons.index(path.name)
    for where, neighbours in {
        "before": lessons[max(place - 1, 0) : place],
        "after": lessons[place + 1 : place + 2],
    }.items():
        for neighbour in neighbours:
            if neighbour not in targets:
                yield f"no link to the notebook {where}, {neighbour}"


def headings(notebook, level):
    """(cell number, text) of each heading of that level."""
    return [
        (n, line[level:].strip())
        for n, cell in enumerate(notebook.cells, 1)
        if cell.cell_type == "markdown"
        for line in cell.source.splitlines()
        if re.match("#" * level + r"\s", line)
    ]


def words(text):
    """Words of prose: headings, link-only lines and the targets of links do not count."""
    lines = [LINK.sub("]", line) for line in text.splitlines() if not line.startswith("#")]
    return sum(bool(re.search(r"\w", word)) for line in lines for word in line.split())


def introduction(notebook):
    """All prose before the first code cell or section."""
    cells = []
    for cell in notebook.cells:
        if cell.cell_type != "markdown" or cell.source.startswith("## "):
            break
        cells.append(cell.source)
    return "\n".join(cells)


def lesson(notebook):
    """The shape of a lesson, as a student meets it."""
    titles = headings(notebook, 1)
    if [n for n, _ in titles] != [1]:
        yield f"expected one # title, in the first cell; got {len(titles)}"
    if (count := words(introduction(notebook))) > 80:
        yield f"the introduction has {count} words; at most 80"
    sections = [text for _, text in headings(notebook, 2)]
    if sections[-3:] != LAST_SECTIONS:
        yield f"expected the last sections to be {', '.join(LAST_SECTIONS)}; got {', '.join(sections[-3:])}"
    questions = [text for text in sections if text not in LAST_SECTIONS]
    if not 3 <= len(questions) <= 6:
        yield f"{len(questions)} sections before Your turn; expected 3 to 6"
    for text in questions:
        if not text.endswith("?"):
            yield f"section {text!r} is not a question"
    bullets = re.findall(r"^[-*] ", section(notebook, "Summary"), re.MULTILINE)
    if not 1 <= len(bullets) <= 4:
        yield f"the summary has {len(bullets)} bullets; expected 1 to 4"

    code = [cell for _, cell in code_cells(notebook)]
    if (median := statistics.median(length(cell) for cell in code)) > 6:
        yield f"the median code cell has {median:g} lines; at most 6"
    if not any("np.random.default_rng(" in cell.source for cell in code[:2]):
        yield "the second code cell makes no rng = np.random.default_rng(...)"
    yield from predictions(notebook)
    if (count := sum(printed(cell).count("not attempted yet") for cell in code)) != 3:
        yield f'{count} exercises say "not attempted yet"; expected 3'


def size(notebook, path):
    """A lesson's number of cells."""
    most = 55 if path.name.startswith(LONG_LESSONS) else 45
    if path.parent.name != "solutions" and not 20 <= len(notebook.cells) <= most:
        yield f"{len(notebook.cells)} cells; expected 20 to {most}"


def exercises(notebook, path):
    """A lesson and its solutions have the same three, answered through the same check."""
    found = [name for _, cell in code_cells(notebook) for name in CHECK.findall(cell.source)]
    expected = [f"{path.name[:2]}.{n}" for n in (1, 2, 3)]
    if sorted(set(found)) != expected:
        yield f"check() is called for {', '.join(found) or 'no exercise'}; expected {', '.join(expected)}"


def numbers(notebook):
    """Every number in prose is in the code or in an output of the same lesson.

    That is each decimal, each power of ten and each whole number from 100 on; the options of a prediction,
    links, years and the papers aside.
    """
    computed = ""
    for _, cell in code_cells(notebook):
        computed += f" {cell.source} {printed(cell)}"
        computed += "".join(f" {out.get('data', {}).get('text/plain', '')}" for out in cell.outputs)
    for n, cell in enumerate(notebook.cells[1:], 2):
        if cell.cell_type != "markdown" or PREDICT.search(cell.source) or "## Further" in cell.source:
            continue
        prose = YEAR.sub("", LINK.sub("]", cell.source))
        for number in NUMBER.findall(prose):
            if number not in computed:
                yield f"cell {n} says {number}, which no cell computes"


def section(notebook, title):
    """All prose between a ## title and the next."""
    prose = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    parts = re.split(r"^## ", prose, flags=re.MULTILINE)
    return "".join(part for part in parts if part.startswith(title))


def predictions(notebook):
    """Under each prediction there is a place to write it down."""
    asked = [
        n
        for n, cell in enumerate(notebook.cells, 1)
        if cell.cell_type == "markdown" and PREDICT.search(cell.source)
    ]
    if not asked:
        yield "no prediction is asked for"
    for n in asked:
        here_and_next = [cell.source for cell in notebook.cells[n - 1 : n + 1]]
        if not any(WRITE_HERE.search(source) for source in here_and_next):
            yield f"cell {n} asks for a prediction but leaves no place to write it"


def solution(notebook):
    """Every answer is accepted by the comparison that the student's attempt gets."""
    if [n for n, _ in headings(notebook, 1)] != [1]:
        yield "expected one # title, in the first cell"
    said = [printed(cell) for _, cell in code_cells(notebook)]
    for phrase in ("not yet:", "not attempted yet"):
        if any(phrase in text for text in said):
            yield f'an answer is told "{phrase.rstrip(":")}"'
    if (count := sum(text.count("right: ") for text in said)) < 3:
        yield f"{count} answers are called right; expected 3"


def measures(notebook):
    """One line for whoever writes: length and rhythm."""
    sizes = [length(cell) for _, cell in code_cells(notebook)]
    prose = [words(cell.source) for cell in notebook.cells if cell.cell_type == "markdown"]
    return (
        f"{len(notebook.cells)} cells; code lines: median {statistics.median(sizes):g}, most {max(sizes)}; "
        f"words: median {statistics.median(prose):g}, most {max(prose)}, "
        f"{sum(prose) / sum(sizes):.1f} a line of code; "
        f"introduction {words(introduction(notebook))}"
    )


def main(names):
    paths = [Path(name).resolve() for name in names] or all_notebooks()
    found = {path: complaints(path) for path in paths}
    for path, lines in found.items():
        print(f"{path.parent.name}/{path.name}: {measures(read(path))}")
        for line in lines:
            print(f"  {line}")
    return sum(map(len, found.values())) > 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
