"""What nbval cannot see: complaints about a stored notebook, one sentence each.

python tools/gate.py      all notebooks: a line of measures each, then the complaints

It reads tags, ids and outputs, and no word of the prose, so it serves every language.
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
# What a cell is for. Tags of nbval and nbclient, which switch checks off, are no roles.
ROLES = {"predict", "hide-output", "exercise", "panel", "summary", "listing"}
SLIDE_TYPES = {"slide", "subslide", "fragment", "skip", "notes", "-"}
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"

LINK = re.compile(r"\]\(([^)\s]+)\)")
CHECK = re.compile(r"check\(\s*\"(\d\d\.\d)\"")
YEAR = re.compile(r"\b(?:19|20)\d\d\b")
NUMBER = re.compile(r"(?<![\w.])-?\d+\.\d+(?:e-?\d+)?|\b\d{3,}\b|\b\d+e-?\d+\b")
CHOICE = re.compile(r"^\s*(?:[-*]|[A-D][.)]).*$", re.MULTILINE)
ELSEWHERE = re.compile(r"^.*\]\(https?://.*(?:\n  .*)*$", re.MULTILINE)
WRITE_HERE = re.compile(r"…\s*$", re.MULTILINE)


def all_notebooks(folder=NOTEBOOKS):
    """Lessons first, then solutions."""
    return [*sorted(folder.glob("*.ipynb")), *sorted(folder.glob("solutions/*.ipynb"))]


def read(path):
    """The notebook as stored: nothing repaired, nothing upgraded."""
    stored = json.loads(path.read_text(encoding="utf-8"))
    return rejoin_lines(nbformat.from_dict(stored))


def complaints(path):
    """All complaints about one notebook; it is a lesson unless its folder says not."""
    notebook = read(path)
    found = list(malformed(notebook))
    if found:
        return found
    kind = solution if is_solution(path) else lesson
    for check in (execution, outputs, metadata, code, figures, kind, numbers):
        found += check(notebook)
    for check in (ids, exercises, links):
        found += check(notebook, path)
    return found


def is_solution(path):
    return path.parent.name == "solutions"


def code_cells(notebook):
    """(number, cell) of each code cell; cells are counted from 1, as a reader would."""
    return [(n, c) for n, c in enumerate(notebook.cells, 1) if c.cell_type == "code"]


def tags(cell):
    return cell.metadata.get("tags", [])


def length(cell):
    """Lines of code; the blank ones that the formatter adds do not count."""
    return sum(bool(line.strip()) for line in cell.source.splitlines())


def images(cell):
    """Where in a cell's outputs the stored figures are; a panel's picture is none."""
    return [
        place
        for place, output in enumerate(cell.get("outputs", []))
        if output.output_type == "display_data"
        and any(mime.startswith("image/") for mime in output.data)
    ]


def printed(cell):
    """All that a cell has printed."""
    outputs = cell.get("outputs", [])
    return "".join(out.text for out in outputs if out.get("name") == "stdout")


def shown(cell):
    """All text in a cell's outputs: printed, a panel's digest, alternative texts."""
    text = printed(cell)
    for out in cell.get("outputs", []):
        text += (
            f" {out.get('data', {}).get('text/plain', '')} {out.get('metadata', '')}"
        )
    return text


def malformed(notebook):
    version = notebook.nbformat, notebook.nbformat_minor
    if version != (4, 5):
        yield f"expected notebook format 4.5; got {version[0]}.{version[1]}"
    for error in iter_validate(notebook):
        yield f"not a valid notebook: {error.message}"
    if not code_cells(notebook):
        yield "no code cells"
    for n, cell in code_cells(notebook):
        try:
            ast.parse(TransformerManager().transform_cell(cell.source))
        except SyntaxError as error:
            yield f"cell {n} is not Python: {error.msg}"


def ids(notebook, path):
    """A cell's id is its name, <idea>-NN, given once."""
    idea = path.stem[3:].replace("_", "-") + "-solution" * is_solution(path)
    given = [cell.get("id") for cell in notebook.cells]
    for cell_id in sorted(set(given)):
        if given.count(cell_id) > 1:
            yield f"cell id {cell_id} is used {given.count(cell_id)} times"
        if not re.fullmatch(rf"{idea}-\d\d+", cell_id):
            yield f"cell id {cell_id} is no name; expected {idea}-NN"


def execution(notebook):
    for count, (n, cell) in enumerate(code_cells(notebook), 1):
        if cell.execution_count is None:
            yield f"cell {n} is not executed"
        elif cell.execution_count != count:
            yield f"cell {n} has execution count {cell.execution_count}, not {count}"
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
            text = str(data.get("text/plain", "")) + out.get("text", "")
            if re.search(r"\bat 0x[0-9a-f]+", text):
                yield f"cell {n} stores a memory address"
            if out.output_type == "execute_result" and "panel" not in tags(cell):
                yield f"cell {n} stores a bare value ({text[:40]}); print it rounded"
        if re.search(r"(: |is )True\b", printed(cell)):
            yield f"cell {n} answers with True where a number can stand"
        if "panel" in tags(cell) and not any(map(has_picture, cell.outputs)):
            yield f"cell {n} opens a panel but stores no picture with a text"


def has_picture(output):
    """Whether a panel is stored as it opens: its picture and, as text, its digest."""
    return {"image/png", "text/plain"} <= set(output.get("data", {}))


def metadata(notebook):
    if set(notebook.metadata) != {"kernelspec", "language_info"}:
        found = ", ".join(sorted(notebook.metadata))
        yield f"notebook metadata hold {found}; expected kernelspec, language_info"
    for n, cell in enumerate(notebook.cells, 1):
        slide_type = cell.metadata.get("slideshow", {}).get("slide_type")
        if slide_type not in SLIDE_TYPES:
            yield f"cell {n} has no slide type"
        for tag in sorted(set(tags(cell)) - ROLES):
            yield f"cell {n} has a tag that is no role: {tag}"
        for key in sorted(set(cell.metadata) - {"slideshow", "tags"}):
            yield f"cell {n} has metadata that a reader does not need: {key}"


def code(notebook):
    for place, (n, cell) in enumerate(code_cells(notebook)):
        lines = cell.source.splitlines()
        if any(re.match(r"\s*#.*(NBVAL_|PYTEST_VALIDATE)", line) for line in lines):
            yield f"cell {n} has a comment that switches nbval off"
        plain = TransformerManager().transform_cell(cell.source)
        if plain.strip() != cell.source.strip():
            yield f"cell {n} has a magic or a shell escape"
        nodes = list(ast.walk(ast.parse(plain)))
        imports = any(isinstance(node, ast.Import | ast.ImportFrom) for node in nodes)
        if imports != (place == 0) and "listing" not in tags(cell):
            yield f"cell {n}: all imports stand in the first code cell"
        attributes = {ast.unparse(n) for n in nodes if isinstance(n, ast.Attribute)}
        if "sys.path" in attributes:
            yield f"cell {n} uses sys.path"
        opens_panel = re.match(r"\w+_explorer\(", lines[-1] if lines else "")
        if bool(opens_panel) != ("panel" in tags(cell)):
            yield f"cell {n}: the tag panel and a last line that opens one go together"


def figures(notebook):
    """Under each figure stands its digest, which is its alternative text too."""
    for n, cell in code_cells(notebook):
        for place in images(cell):
            below = cell.outputs[place + 1 : place + 2]
            digest = "".join(out.get("text", "") for out in below)
            alt = cell.outputs[place].metadata.get("image/png", {}).get("alt")
            if not alt:
                yield f"cell {n} stores a picture without alternative text"
            elif not digest.startswith(alt + "\n"):
                yield f"cell {n} prints another line under a picture than: {alt}"


def links(notebook, path):
    """Each relative link leads somewhere; a lesson links to both neighbours."""
    prose = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    targets = {link for text in prose for link in LINK.findall(text)}
    targets = {link.split("#")[0] for link in targets if "://" not in link} - {""}
    for link in sorted(targets):
        if not (path.parent / link).exists():
            yield f"link to {link} leads nowhere"
    if is_solution(path):
        if not (path.parents[1] / path.name).exists():
            yield f"solutions to a lesson that does not exist: {path.name}"
        return
    if not (path.parent / "solutions" / path.name).exists():
        yield f"solutions/{path.name} does not exist"
    lessons = sorted(lesson.name for lesson in path.parent.glob("*.ipynb"))
    place = lessons.index(path.name)
    neighbours = lessons[max(place - 1, 0) : place] + lessons[place + 1 : place + 2]
    for neighbour in neighbours:
        if neighbour not in targets:
            yield f"no link to the neighbour {neighbour}"


def titles(notebook):
    """The cells that have a title of the first level."""
    return [
        n
        for n, cell in enumerate(notebook.cells, 1)
        if cell.cell_type == "markdown" and re.search(r"^# ", cell.source, re.MULTILINE)
    ]


def lesson(notebook):
    """A lesson has one title, a summary, and answers that wait for their question."""
    if titles(notebook) != [1]:
        yield "expected one # title, in the first cell"
    if sum("summary" in tags(cell) for cell in notebook.cells) != 1:
        yield "expected one cell with the tag summary"
    if not any("predict" in tags(cell) for cell in notebook.cells):
        yield "no prediction is asked for"
    for n, cell in enumerate(notebook.cells, 1):
        if "predict" not in tags(cell):
            continue
        if not WRITE_HERE.search(cell.source):
            yield f"cell {n} asks for a prediction but leaves no place (…) to write it"
        answer = next((c for c in notebook.cells[n:] if c.cell_type == "code"), None)
        if answer and not {"hide-output", "panel", "exercise"} & set(tags(answer)):
            yield f"the answer to cell {n} has no tag hide-output"


def exercises(notebook, path):
    """A lesson and its solutions have the same three, answered through one check."""
    cells = [cell for _, cell in code_cells(notebook)]
    found = {name for cell in cells for name in CHECK.findall(cell.source)}
    expected = {f"{path.name[:2]}.{n}" for n in (1, 2, 3)}
    if not expected <= found or {name[:2] for name in found} != {path.name[:2]}:
        came = ", ".join(sorted(found)) or "no exercise"
        yield f"check() is called for {came}; expected {', '.join(sorted(expected))}"
    if is_solution(path):
        return
    for cell in cells:
        if bool(CHECK.search(cell.source)) != ("exercise" in tags(cell)):
            yield f"{cell.id}: the tag exercise and a call of check() go together"


def solution(notebook):
    """Every answer is accepted by the comparison that the student's attempt gets."""
    if titles(notebook) != [1]:
        yield "expected one # title, in the first cell"
    said = [printed(cell) for _, cell in code_cells(notebook)]
    for phrase in ("not yet:", "not attempted yet"):
        if any(phrase in text for text in said):
            yield f'an answer is told "{phrase.rstrip(":")}"'
    if (count := sum(text.count("right: ") for text in said)) < 3:
        yield f"{count} answers are called right; expected 3"


def numbers(notebook):
    """Every number in prose is in the code or in an output of the same notebook."""
    computed = "".join(f" {c.source} {shown(c)}" for _, c in code_cells(notebook))
    for n, cell in enumerate(notebook.cells[1:], 2):
        if cell.cell_type == "markdown":
            is_question = "predict" in tags(cell)
            for number in stated(cell.source, is_question):
                if number not in computed:
                    yield f"cell {n} says {number}, which no cell computes"


def stated(prose, is_question=False):
    """Each decimal, power of ten and whole number from 100 on; years and links aside.

    The choices of a question are computed nowhere: all but one of them are wrong. What
    a line with a link to elsewhere says is said there.
    """
    if is_question:
        prose = CHOICE.sub("", prose)
    prose = ELSEWHERE.sub("", prose)
    return NUMBER.findall(YEAR.sub("", re.sub(r"\[[^\]]*\]\([^)]*\)", "", prose)))


def page_complaints(folder=NOTEBOOKS):
    """Numbers on the course page and in the teacher's kit that no lesson computes."""
    computed = ""
    for path in all_notebooks(folder):
        for _, cell in code_cells(read(path)):
            computed += f" {cell.source} {shown(cell)}"
    for page in sorted(folder.glob("*.md")):
        for number in stated(page.read_text(encoding="utf-8")):
            if number not in computed:
                yield f"{page.name} says {number}, which no lesson computes"


def measures(notebook):
    """One line for whoever writes: length and rhythm. Nothing is refused for it."""
    sizes = [length(cell) for _, cell in code_cells(notebook)]
    prose = [len(c.source.split()) for c in notebook.cells if c.cell_type == "markdown"]
    asked = sum("predict" in tags(cell) for cell in notebook.cells)
    return (
        f"{sum(prose)} words, {len(notebook.cells)} cells, {asked} predictions;"
        f" lines of code in a cell: median {statistics.median(sizes):g},"
        f" most {max(sizes)}"
    )


def main(names):
    paths = [Path(name).resolve() for name in names] or all_notebooks()
    count = 0
    for path in paths:
        print(f"{path.parent.name}/{path.name}: {measures(read(path))}")
        for line in complaints(path):
            print(f"  {line}")
            count += 1
    for line in [] if names else page_complaints():
        print(line)
        count += 1
    return count > 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
