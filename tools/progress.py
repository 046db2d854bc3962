"""Who has solved what: python tools/progress.py FOLDER

FOLDER holds the notebooks that were handed in, in a folder for each student or with the
student's name as file name. What `check` had printed when a notebook was saved is read
and put in a table for each lesson. Nothing is executed, so a table is as honest as the
students are.
"""

import re
import sys
from pathlib import Path

import nbformat

from rnn_lessons.workspace import source

CHECK = re.compile(r"\bcheck\(\s*[\"'](\d\d\.\d+)[\"']")
SAID = re.compile(r"^['\"]?(right|not yet|not attempted)\b", re.MULTILINE)
WORDS = ["not found", "not attempted", "not yet", "right"]  # from bad to good


def verdicts(notebook):
    """Exercise -> what stands under it, the best of it where it is checked twice."""
    found = {}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            said = SAID.findall(printed(cell))
            for place, exercise in enumerate(CHECK.findall(cell.source)):
                word = said[place] if place < len(said) else unsaid(cell)
                found[exercise] = better(word, found.get(exercise))
    return found


def printed(cell):
    """What the cell has printed, and the value of its last line."""
    parts = []
    for output in cell.outputs:
        parts.append(output.get("text", ""))
        parts.append(output.get("data", {}).get("text/plain", ""))
    return "\n".join(parts)


def unsaid(cell):
    """A cell that stopped with an error was attempted; one that was not run was not."""
    stopped = any(output.output_type == "error" for output in cell.outputs)
    return "not yet" if stopped else "not attempted"


def better(*words):
    return max(filter(None, words), key=WORDS.index)


def read(path):
    return nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)


def collect(folder):
    """Student -> exercise -> word; a complaint about each file that is no notebook."""
    students = {}
    complaints = []
    for path in sorted(folder.rglob("*")):
        place = path.relative_to(folder)
        if path.is_dir() or any(part.startswith((".", "_")) for part in place.parts):
            continue
        student = place.parts[0] if len(place.parts) > 1 else path.stem
        found = students.setdefault(student, {})
        try:
            for exercise, word in verdicts(read(path)).items():
                found[exercise] = better(word, found.get(exercise))
        except Exception as error:  # whatever a student may hand in
            reason = str(error).splitlines() or [type(error).__name__]
            complaints.append(f"{place.as_posix()} is no notebook: {reason[0][:60]}")
    return students, complaints


def exercises(students):
    """All exercises of the lessons that occur, also one that nobody has handed in."""
    lessons = {name[:2] for found in students.values() for name in found}
    names = {name for found in students.values() for name in found}
    for path in (source() / "notebooks").glob("[0-9]*.ipynb"):
        if path.name[:2] in lessons:
            names |= set(verdicts(read(path)))
    return sorted(names)


def tables(students):
    """The lines of a table for each lesson that occurs."""
    names = exercises(students)
    for lesson in sorted({name[:2] for name in names}) or [""]:
        yield from table(students, [name for name in names if name[:2] == lesson])
        yield ""


def table(students, columns):
    """The lines of one table, with a last one that counts."""
    rows = [["student", *columns]]
    for student, found in sorted(students.items()):
        rows.append([student, *(found.get(name, "not found") for name in columns)])
    right = [
        sum(row[place + 1] == "right" for row in rows) for place in range(len(columns))
    ]
    rows.append(["right", *(f"{count} of {len(students)}" for count in right)])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (text.ljust(width) for text, width in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()


def main(arguments):
    if len(arguments) != 1 or not Path(arguments[0]).is_dir():
        print("progress.py needs one folder with notebooks", file=sys.stderr)
        return 2
    students, complaints = collect(Path(arguments[0]))
    if not students:
        print(f"{arguments[0]} holds no file")
        return 0
    for line in [*tables(students), *complaints]:
        print(line)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
