"""The lessons in another language: its prose, and all the rest as it is stored.

translations/ko/03_saturation.md holds, for each cell of prose, a marker with the cell's
name and a fingerprint of the English that it translates, and then the text:

    <!-- saturation-04 1f3a9c02 -->
    ## 0.9999는 어디서 나올까?

A cell of code may have an entry too, a fenced block in which only comments differ. A
page such as README.md is translated section by section; a section is named after the
page and its English heading (`README-the-symbols`). "own" instead of a fingerprint
marks a section that only this language has. tools/translate.py checks all of it.
"""

import ast
import copy
import hashlib
import re
import tomllib
from pathlib import Path
from typing import NamedTuple

MARKER = re.compile(r"^<!-- ([\w-]+) ([0-9a-f]{8}|own) -->[ \t]*$", re.MULTILINE)
FENCE = re.compile(r"\A```python\n(.*?)\n?```\s*\Z", re.DOTALL)
HEADING = re.compile(r"^(#{1,3}) +(.*)")


class Entry(NamedTuple):
    """What a translation has for one cell or one section."""

    fingerprint: str  # of the English that it translates, or "own"
    text: str

    @property
    def is_open(self):
        """Whether nobody has translated it: there is nothing, or the English in a
        comment, where tools/translate.py --new has put it.
        """
        return not self.text or self.text.startswith("<!--")


def folder():
    """The folder of translations: in a wheel beside this file, else in the checkout."""
    package = Path(__file__).resolve().parent
    inside = package / "translations"
    return inside if inside.is_dir() else package.parent / "translations"


def languages():
    """Name -> the words of each language, English among them."""
    return tomllib.loads((folder() / "texts.toml").read_text(encoding="utf-8"))


def fingerprint(english):
    """Eight digits that change with each word, and not with where lines are broken."""
    return hashlib.sha256(" ".join(english.split()).encode()).hexdigest()[:8]


def read_entries(path):
    """Name -> Entry, in the order of the file; none where there is no file."""
    if not path.is_file():
        return {}
    before, *parts = MARKER.split(path.read_text(encoding="utf-8"))
    if before.strip():
        raise ValueError(f"{path} must begin with a marker; got {before.strip()[:40]}")
    found = {}
    for name, mark, text in zip(parts[::3], parts[1::3], parts[2::3], strict=True):
        if name in found:
            raise ValueError(f"{path} must have one entry for {name}; got two.")
        found[name] = Entry(mark, text.strip())
    return found


def translate(notebook, stem, language):
    """The notebook with its prose in that language; cells, outputs, links stay.

    A cell whose English has changed since it was translated says so. A lesson without
    a translation stays English and says so once, under its title.

    Parameters
    ----------
    notebook : the English notebook, as nbformat reads it; it is left as it is
    stem : str, its file's name, such as "03_saturation" or "solutions/03_saturation"
    language : str, such as "ko"; "en" changes nothing

    Returns
    -------
    notebook : another one, with the same ids
    """
    notebook = copy.deepcopy(notebook)
    if language == "en":
        return notebook
    says = languages()[language]
    entries = read_entries(folder() / language / f"{stem}.md")
    if all(entry.is_open for entry in entries.values()):
        first = notebook.cells[0]
        first.source = _below_title(first.source, says["untranslated"])
        return notebook
    for cell in notebook.cells:
        entry = entries.get(cell.id)
        if cell.cell_type == "code":
            cell.source = _with_comments(cell.source, entry)
        elif cell.cell_type == "markdown":
            cell.source = _prose(cell.source, entry, says)
    return notebook


def translate_page(text, name, language):
    """The same for a page of Markdown, such as the course page.

    Parameters
    ----------
    text : str, the English page
    name : str, its file's name without its ending, such as "README"
    language : str, such as "ko"; "en" changes nothing

    Returns
    -------
    str : the page, its sections in the order in which the translation has them
    """
    if language == "en":
        return text
    says = languages()[language]
    entries = read_entries(folder() / language / f"{name}.md")
    if all(entry.is_open for entry in entries.values()):
        return _below_title(text, says["untranslated"])
    english = sections(text, name)
    parts = [
        entry.text if entry.fingerprint == "own" else _prose(english[part], entry, says)
        for part, entry in entries.items()
        if entry.fingerprint == "own" or part in english
    ]
    return "\n\n".join(parts) + "\n"


def sections(text, name):
    """Name -> text of each section of a page, from a heading to the one after it."""
    found = {}
    fenced = False
    section = f"{name}-start"
    for line in text.splitlines():
        fenced ^= line.lstrip().startswith("```")
        heading = None if fenced else HEADING.match(line)
        if heading:
            section = "-".join([name, *re.findall(r"\w+", heading[2].lower())])
            twins = [part for part in found if re.fullmatch(rf"{section}(-\d+)?", part)]
            section += f"-{len(twins) + 1}" if twins else ""
        found.setdefault(section, []).append(line)
    joined = {part: "\n".join(lines).strip() for part, lines in found.items()}
    return {part: text for part, text in joined.items() if text}


def same_program(one, other):
    """Whether two pieces of code differ in comments and layout at most."""
    try:
        return ast.dump(ast.parse(one)) == ast.dump(ast.parse(other))
    except SyntaxError:
        return False


def code_of(text):
    """The code in an entry for a cell of code, without the fence around it."""
    fenced = FENCE.match(text)
    return fenced[1] if fenced else text


def _prose(english, entry, says):
    if entry is None or entry.is_open:
        return f"{english}\n\n*{says['open']}*"
    if entry.fingerprint != fingerprint(english):
        return f"{entry.text}\n\n*{says['stale']}*"
    return entry.text


def _with_comments(english, entry):
    """Never another program: one that is out of date stays as the English has it."""
    if entry is None or entry.is_open:
        return english
    code = code_of(entry.text)
    return code if same_program(code, english) else english


def _below_title(text, note):
    title, _, rest = text.partition("\n")
    return f"{title}\n\n*{note}*\n{rest}"
