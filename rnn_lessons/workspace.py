"""rnn-lessons: a learner's own copy of the lessons, and JupyterLab on it.

The stored lessons are for reading, testing and the web: their outputs stand under
every question. In a learner's copy the answers are taken out.
"""

import argparse
import os
import re
import sys
from importlib.util import find_spec
from pathlib import Path

import rnn_core
from rnn_lessons.translation import languages, translate, translate_page

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
LINK = re.compile(r"!?\[([^\]]*)\]\(([^)#\s]+)(#[^)\s]*)?\)")  # [name](target#part)
THREADS = (
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OMP_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",  # Apple's Accelerate
)


def source():
    """The folder that holds notebooks, translations and docs.

    In a wheel it is this package, in a checkout the folder around it.
    """
    package = Path(__file__).resolve().parent
    return package if (package / "notebooks").is_dir() else package.parent


def copies(solutions=True):
    """Where each page of a copy comes from, and its place in the copy.

    The teacher's kit, which has every answer, is never among them.

    Parameters
    ----------
    solutions : bool, whether the solutions belong to the copy

    Returns
    -------
    dict : path below `source()` -> path below the learner's folder
    """
    notebooks = source() / "notebooks"
    found = sorted(notebooks.glob("[0-9]*.ipynb"))
    if solutions:
        found += sorted(notebooks.glob("solutions/*.ipynb"))
    found.append(notebooks / "README.md")  # the course page
    places = {path: path.relative_to(notebooks) for path in found}
    for page in ("live.html", "handout.html"):
        places[source() / "docs" / page] = Path(page)
    return places


def relink(text, page, places):
    """The Markdown of a page with its links as they must be in the copy.

    A link to what the copy does not hold is only named; one to the web stays.
    """

    def lead(link):
        name, target, part = link[1], link[2], link[3] or ""
        if ":" in target:
            return link[0]
        path = Path(os.path.normpath(page.parent / target))
        if path not in places:
            return name
        there = os.path.relpath(places[path], places[page].parent)
        opening = link[0].partition("(")[0]
        return f"{opening}({Path(there).as_posix()}{part})"

    return LINK.sub(lead, text)


def without_answers(notebook):
    """The notebook without outputs and counts; of a panel the picture stays."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.execution_count = None
            panel = "panel" in cell.metadata.get("tags", [])
            cell.outputs = cell.outputs if panel else []
            for output in cell.outputs:
                output.get("data", {}).pop(WIDGET_VIEW, None)
                if "execution_count" in output:
                    output.execution_count = None
    return notebook


def content(page, places, language):
    """The text of a page as it stands in the copy."""
    if page.suffix == ".html":
        other = source() / "translations" / language / page.name
        page = other if other.is_file() else page
        return page.read_text(encoding="utf-8")
    text = page.read_text(encoding="utf-8")
    if page.suffix == ".md":
        return relink(translate_page(text, page.stem, language), page, places)
    import nbformat  # comes with Jupyter; a kernel alone need not have it

    notebook = nbformat.reads(text, as_version=4)
    if page.parent.name != "solutions":
        notebook = without_answers(notebook)
    name = places[page].with_suffix("").as_posix()
    notebook = translate(notebook, name, language)
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = relink(cell.source, page, places)
    return nbformat.writes(notebook) + "\n"


def write_new(path, text):
    """Whether path was free and has been written; what exists is a learner's work."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        return False
    except OSError:  # a full disk: half a lesson would be taken for a learner's work
        path.unlink(missing_ok=True)
        raise
    return True


def free(path):
    """The path itself, or the first of path_2, path_3, ... that does not exist."""
    number = 1
    fresh = path
    while fresh.exists():
        number += 1
        fresh = path.with_stem(f"{path.stem}_{number}")
    return fresh


def write(folder, *, language="en", solutions=True, again=None):
    """Write what is missing of a learner's copy; nothing that exists is touched.

    Parameters
    ----------
    folder : Path, made if it is missing
    language : str, "en" or the name of a folder of translations
    solutions : bool, whether to write the solutions too
    again : str or None, the number of a lesson: then only a fresh copy of it is
        written, beside the one that is there

    Returns
    -------
    tuple : the paths that were written, those that were there and left alone

    Raises
    ------
    ValueError : folder is a file or holds the stored lessons, or no such lesson
    OSError : the folder cannot be written to
    """
    if folder.is_file():
        raise ValueError(f"{folder} is a file; name a folder.")
    if folder.resolve() == source() / "notebooks":
        raise ValueError(f"{folder} holds the stored lessons; name another folder.")
    places = copies(solutions)
    written = []
    left = []
    if again is not None:
        page = lesson(again, places)
        fresh = free(folder / places[page])
        write_new(fresh, content(page, places, language))
        return [fresh], []
    for page, place in places.items():
        path = folder / place
        new = not path.exists() and write_new(path, content(page, places, language))
        (written if new else left).append(path)
    return written, left


def lesson(number, places):
    """The stored lesson of that number, such as "03" or "3"."""
    lessons = {
        place.name[:2]: path
        for path, place in places.items()
        if place.suffix == ".ipynb" and place.parent == Path()
    }
    if number.zfill(2) not in lessons:
        numbers = ", ".join(lessons)
        raise ValueError(f"--again must be one of {numbers}; got {number!r}.")
    return lessons[number.zfill(2)]


def report(folder, written, left):
    """Say what was written, and name what was left alone."""
    if not written:
        print(f"{folder}: all {len(left)} pages were there and were left as they were")
        return
    only = written[0].name if len(written) == 1 else f"{len(written)} pages"
    print(f"{folder}: wrote {only}")
    if left:
        names = ", ".join(path.relative_to(folder).as_posix() for path in left)
        print(f"{folder}: left as they were: {names}")


def start_lab(folder, first, arguments):
    """Run JupyterLab in this process with folder as its root, until it is stopped."""
    from jupyterlab.labapp import LabApp

    # Kernels inherit this: the threads of two kernels would wait for one another.
    for name in THREADS:
        os.environ.setdefault(name, "1")
    checkout = Path(rnn_core.__file__).resolve().parents[1]
    if source() == checkout:  # not installed, perhaps; kernels start in folder
        put_first("PYTHONPATH", checkout)
    # JupyterLab's settings that are ours: it asks nothing and fetches no news.
    put_first("JUPYTER_CONFIG_PATH", Path(__file__).with_name("data"))
    ours = [
        f"--ServerApp.root_dir={folder.resolve()}",
        f"--LabApp.default_url=/lab/tree/{first}",
    ]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        ours.append("--allow-root")
    LabApp.launch_instance([*ours, *arguments])


def put_first(name, folder):
    """Put folder before the others in an environment variable that lists folders."""
    folders = [str(folder), os.environ.get(name, "")]
    os.environ[name] = os.pathsep.join(filter(None, folders))


def parser():
    """The options of rnn-lessons."""
    options = argparse.ArgumentParser(
        prog="rnn-lessons",
        usage="%(prog)s [FOLDER] [options] [-- arguments of jupyter lab]",
        description="Write your own copy of the lessons and open it in JupyterLab."
        " What is there already is never overwritten.",
    )
    options.add_argument(
        "folder",
        nargs="?",
        type=Path,
        metavar="FOLDER",
        help="where to write (my_lessons; my_lessons_ko for --language ko)",
    )
    options.add_argument("--language", choices=list(languages()), default="en")
    options.add_argument(
        "--again", metavar="03", help="write a fresh copy of this lesson beside the old"
    )
    options.add_argument(
        "--no-lab", action="store_true", help="write the copy and start nothing"
    )
    options.add_argument(
        "--no-solutions", action="store_true", help="leave the solutions out"
    )
    return options


def main(arguments=None):
    """What the command rnn-lessons does; returns its exit status."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    jupyter = []
    if "--" in arguments:
        place = arguments.index("--")
        jupyter = arguments[place + 1 :]
        arguments = arguments[:place]
    asked = parser().parse_args(arguments)
    for needed in ["nbformat"] if asked.no_lab else ["nbformat", "jupyterlab"]:
        if find_spec(needed) is None:
            extra = 'pip install "rnn-with-numpy[notebooks]"'
            print(f"rnn-lessons needs {needed}: {extra}", file=sys.stderr)
            return 2
    suffix = "" if asked.language == "en" else f"_{asked.language}"
    folder = asked.folder or Path(f"my_lessons{suffix}")
    try:
        written, left = write(
            folder,
            language=asked.language,
            solutions=not asked.no_solutions,
            again=asked.again,
        )
    except (OSError, ValueError) as error:
        print(f"rnn-lessons: {said(error, folder)}", file=sys.stderr)
        return 2
    report(folder, written, left)
    if asked.no_lab:
        return 0
    first = written[0] if asked.again else folder / min(copies(False).values())
    start_lab(folder, first.relative_to(folder).as_posix(), jupyter)
    return 0


def said(error, folder):
    """One line that says what to do about the error."""
    if isinstance(error, OSError):
        return f"cannot write to {folder}: {error.strerror or error}."
    return str(error)
