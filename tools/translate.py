"""The course in another language, and what of it is no longer in step with the English.

python tools/translate.py ko                      builds build/ko/notebooks/
python tools/translate.py ko --check [--strict]   names what is missing, stale, wrong
python tools/translate.py ko --show saturation-04    English and translation of a cell
python tools/translate.py ko --accept saturation-04  it fits the new English as it is
python tools/translate.py ko --new 03_saturation  what is to be translated, to be filled

MISSING    a cell of prose without an entry        ORPHANED  an entry without its cell
SHAPE      other numbers, code, links, formulas, tags than the English has
RENDER     Markdown that shows its own marks       WORDS     what texts.toml forbids
STALE      the English has changed, or there is no text yet; refused by --strict alone
"""

import argparse
import ast
import difflib
import json
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from markdown_it import MarkdownIt

from rnn_lessons import translation

ROOT = Path(__file__).resolve().parents[1]
MARKDOWN = MarkdownIt("commonmark").enable("table").disable("text_join")
CODE_OR_FORMULA = re.compile(
    r"(?P<code>^```.*?^```|`[^`]+`)|\$\$.+?\$\$|\$(?!\s)[^$]+?(?<!\s)\$",
    re.MULTILINE | re.DOTALL,
)
NUMBER = re.compile(r"(?<![A-Za-z0-9_.])\d+(?:,\d{3})*(?:\.\d+)?(?:e-?\d+)?")
LEFT_OVER = re.compile(r"\*+|__|`+|~~|\]\([^)]*\)?|\$|<!--")
STYLE = re.compile(r"<(style|script)\b.*?</\1>", re.DOTALL)
TAG = re.compile(r"</?([A-Za-z][A-Za-z0-9]*)\b[^>]*>")


class Page(NamedTuple):
    """An English page and where its translation is."""

    name: str  # as --new takes it
    english: Path
    written: Path
    split: object  # text of the English file -> name -> Part


class Part(NamedTuple):
    """A cell or a section of the English."""

    text: str
    is_code: bool = False
    tags: tuple = ()


def pages(language, root=ROOT):
    """Every page that can be translated, lessons first."""
    written = root / "translations" / language
    notebooks = root / "notebooks"
    lessons = [
        *sorted(notebooks.glob("[0-9]*.ipynb")),
        *sorted(notebooks.glob("solutions/[0-9]*.ipynb")),
    ]
    for path in lessons:
        name = path.relative_to(notebooks).with_suffix("").as_posix()
        yield Page(name, path, written / f"{name}.md", cells)
    for path in sorted(notebooks.glob("*.md")):
        name = path.stem
        yield Page(name, path, written / path.name, sections_of(name))
    front = root / f"README.{language}.md"
    yield Page("FRONT", root / "README.md", front, sections_of("FRONT"))
    for path in sorted((root / "docs").glob("handout*.html")):
        yield Page(path.stem, path, written / path.name, whole(path.stem))


def cells(text):
    """The cells of a stored notebook."""
    found = {}
    for cell in json.loads(text)["cells"]:
        tags = tuple(cell["metadata"].get("tags", []))
        is_code = cell["cell_type"] == "code"
        found[cell["id"]] = Part("".join(cell["source"]), is_code, tags)
    return found


def sections_of(name):
    """The sections of a page of Markdown."""

    def split(text):
        found = translation.sections(text, name)
        return {part: Part(section) for part, section in found.items()}

    return split


def whole(name):
    """A page of HTML is translated in one piece."""
    return lambda text: {name: Part(text)}


# What differs from the English


class Finding(NamedTuple):
    """One thing that is not in step."""

    verdict: str
    name: str
    why: str


def check(page, language):
    """What is not in step on one page whose translation has been begun."""
    english = page.split(page.english.read_text(encoding="utf-8"))
    try:
        entries = translation.read_entries(page.written)
    except ValueError as error:
        yield Finding("ORPHANED", page.name, str(error))
        return
    for name, part in english.items():
        if name not in entries and not part.is_code:
            yield Finding("MISSING", name, "the English has it, the translation not")
    for name, entry in entries.items():
        part = english.get(name)
        if part is None and entry.fingerprint != "own":
            yield Finding("ORPHANED", name, "the English has no cell of this name")
        elif entry.is_open:
            yield Finding("STALE", name, "there is no text yet")
        elif part and part.is_code:
            yield from check_code(name, part, entry)
        else:
            yield from check_prose(name, part, entry, language)


def check_code(name, part, entry):
    same = translation.same_program(part.text, translation.code_of(entry.text))
    if entry.fingerprint != translation.fingerprint(part.text):
        yield Finding("STALE", name, "the English cell has changed")
    elif not same:
        yield Finding("SHAPE", name, "the code differs in more than comments")


def check_prose(name, part, entry, language):
    found = shape(entry.text)
    allowed = Counter()
    if part:
        english = shape(part.text)
        allowed = english["marks"]
        if entry.fingerprint != translation.fingerprint(part.text):
            yield Finding("STALE", name, "the English has changed")
        else:
            for why in differences(english, found, language):
                yield Finding("SHAPE", name, why)
    for mark in found["marks"] - allowed:
        yield Finding("RENDER", name, f"the reader sees {mark}")
    for why in forbidden(found["text"], language):
        yield Finding("WORDS", name, why)


def shape(text):
    """What must be alike in both languages, whatever the words are."""
    formulas = []

    def keep(found):
        if found["code"]:
            return found[0]
        formulas.append(re.sub(r"\\text\{[^}]*\}|\s", "", found[0]))
        return f"@@{len(formulas) - 1}@@"  # what JupyterLab puts in its place

    text = STYLE.sub("", text)
    tokens = MARKDOWN.parse(CODE_OR_FORMULA.sub(keep, text))
    flat = [part for token in tokens for part in (token.children or [token])]

    def of(*kinds):
        return [token for token in flat if token.type in kinds]

    html = " ".join(token.content for token in of("html_block", "html_inline"))
    seen = [as_seen(token.children) for token in tokens if token.children]
    seen += TAG.sub("\n", html).splitlines()
    numbers = [found.replace(",", "") for found in NUMBER.findall("\n".join(seen))]
    links = [token.attrs["href"] for token in of("link_open")]
    links += re.findall(r'href="([^"]*)"', html)
    blocks = of("fence", "code_block")
    return {
        "numbers": Counter(filter(is_measured, numbers)),
        "small numbers": Counter({n for n in numbers if not is_measured(n)}),
        "code": Counter({token.content for token in of("code_inline")}),
        "code blocks": Counter(without_comments(token.content) for token in blocks),
        "links": Counter(link.partition("#")[0] for link in links),
        "pictures": Counter(token.attrs["src"] for token in of("image")),
        "formulas": Counter(formulas),
        "tags": Counter(tag.lower() for tag in TAG.findall(html)),
        "headings": Counter(
            token.tag for token in tokens if token.type == "heading_open"
        ),
        "list items": Counter(t.type for t in tokens if t.type == "list_item_open"),
        "table rows": Counter(t.type for t in tokens if t.type == "tr_open"),
        "marks": Counter(mark for text in seen for mark in LEFT_OVER.findall(text)),
        "text": seen,
    }


def as_seen(parts):
    """A paragraph as its reader sees it, a sign in place of code, breaks, formulas."""
    kinds = {
        "softbreak": "\n",
        "hardbreak": "\n",
        "strong_open": "",
        "strong_close": "",
    }
    kinds |= {"em_open": "", "em_close": "", "link_open": "", "link_close": ""}
    kinds |= {"html_inline": ""}
    kept = [
        part.content if part.type == "text" else kinds.get(part.type, "\ufffc")
        for part in parts
    ]
    return re.sub(r"@@\d+@@", "\ufffc", "".join(kept))


def is_measured(number):
    """Whether it must stand in both texts: a word may stand for a small whole one."""
    return (
        not number.isdigit() or len(number) > 2 or (number[0], len(number)) == ("0", 2)
    )


def without_comments(code):
    try:
        return ast.unparse(ast.parse(code))
    except SyntaxError:
        return re.sub(r"(^|\s)#.*", "", code).strip()


def differences(english, other, language):
    """In which numbers, code, links, formulas and marks two texts differ."""
    for kind in english:
        if kind in ("marks", "text"):
            continue
        here, there = (as_counter(text[kind], language) for text in (english, other))
        lacks = list((here - there).elements())
        adds = list((there - here).elements()) if kind != "small numbers" else []
        if lacks or adds:
            said = [f"lacks {' '.join(short(lacks))}"] if lacks else []
            said += [f"adds {' '.join(short(adds))}"] if adds else []
            yield f"{kind}: the translation {' and '.join(said)}"


def as_counter(found, language):
    """Without what names the language: --language ko, my_lessons_ko, README.ko.md."""
    names = re.compile(rf" --language {language}\b|[_.]{language}\b")
    return Counter({names.sub("", key): n for key, n in found.items()})


def short(found):
    return [text if len(text) < 50 else f"{text[:45]} ..." for text in found]


def forbidden(lines, language):
    """What texts.toml says of words, and a particle after a parenthesis or a number.

    A word in ‘ ’ is quoted: there a reader may meet what others call it.
    """
    lines = [re.sub("‘[^’]*’", "‘’", line) for line in lines]
    for pattern, advice in translation.languages()[language].get("words", {}).items():
        for line in lines:
            for found in re.finditer(pattern, line):
                yield f"{found[0]}: {advice}"
    if language == "ko":
        for line in lines:
            yield from wrong_particles(line)


# A particle follows the sound before it: (after a consonant, after a vowel).
PARTICLES = [("은", "는"), ("을", "를"), ("과", "와"), ("이", "가"), ("으로", "로")]
SOUNDS = dict(zip("0123456789%", "영일이삼사오육칠팔구트", strict=True))
BEFORE_PARTICLE = re.compile(
    r"([가-힣])\([^()]*\)(은|는|을|를|과|와|이|가|으로|로)(?![가-힣])"
    r"|([0-9%])(은|는|을|를|과|와|이|가|으로|로)(?![가-힣])"
)


def wrong_particles(line):
    """Particles that do not follow the Korean word or the number before them."""
    for found in BEFORE_PARTICLE.finditer(line):
        before = found[1] or SOUNDS[found[3]]
        particle = found[2] or found[4]
        final = (ord(before) - ord("가")) % 28  # 0: it ends in a vowel; 8: in ㄹ
        for after_consonant, after_vowel in PARTICLES:
            if particle not in (after_consonant, after_vowel):
                continue
            vowel = final == 0 or (after_vowel == "로" and final == 8)
            right = after_vowel if vowel else after_consonant
            if particle != right:
                yield f"{found[0]}: the particle must be {right}"


# What a person calls


def check_all(language, strict=False, root=ROOT):
    """Print what is not in step; 1 if that must not be, otherwise 0."""
    refused, begun, waiting = 0, 0, []
    for page in pages(language, root):
        if not page.written.exists():
            waiting.append(page.name)
            continue
        begun += 1
        where = lines_of(page.written)
        for finding in check(page, language):
            line = where.get(finding.name, 1)
            place = f"{page.written.relative_to(root)}:{line}"
            print(f"{finding.verdict} {finding.name} ({place}): {finding.why}")
            refused += strict or finding.verdict != "STALE"
    for path in strangers(language, root):
        print(f"ORPHANED {path.relative_to(root)}: there is no such English page")
        refused += 1
    print(f"{language}: {begun} pages, {refused} findings that must be mended")
    if waiting:
        print(f"not yet translated: {', '.join(waiting)}")
    return min(refused, 1)


def strangers(language, root=ROOT):
    """Files of the translation that no English page has."""
    known = {page.written for page in pages(language, root)}
    files = (root / "translations" / language).rglob("*.[mh][dt]*")
    return sorted({*files} - known)


def lines_of(path):
    """The line on which each entry of a translation begins."""
    text = path.read_text(encoding="utf-8")
    markers = translation.MARKER.finditer(text)
    return {found[1]: text.count("\n", 0, found.start()) + 1 for found in markers}


def find(language, name, root=ROOT):
    """The page and the English of a cell or section."""
    for page in pages(language, root):
        part = page.split(page.english.read_text(encoding="utf-8")).get(name)
        if part:
            return page, part
    raise SystemExit(f"no cell and no section has the name {name}")


def show(language, name, root=ROOT):
    """Print the English and the translation of a cell, and what has changed."""
    page, part = find(language, name, root)
    entry = translation.read_entries(page.written).get(name)
    print(f"--- {page.english.relative_to(root)}\n{part.text}\n")
    print(f"--- {page.written.relative_to(root)}")
    print(entry.text if entry else "(there is no entry)")
    if entry and entry.fingerprint != translation.fingerprint(part.text):
        print("\n--- what has changed in the English since it was translated")
        print(changed(page, name, entry.fingerprint, part.text, root))


def changed(page, name, mark, now, root=ROOT):
    """The words that came and went since the English had that fingerprint."""
    git = ["git", "-C", str(root)]
    stored = page.english.relative_to(root).as_posix()
    commits = output([*git, "log", "--format=%H", "--", stored]).split()
    for commit in commits:
        part = page.split(output([*git, "show", f"{commit}:{stored}"])).get(name)
        if part and translation.fingerprint(part.text) == mark:
            difference = difflib.ndiff(part.text.split(), now.split())
            return "\n".join(line for line in difference if line[0] in "-+")
    return "(the history of this checkout does not have that English)"


def output(command):
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    return done.stdout if done.returncode == 0 else "{}"


def accept(language, name, root=ROOT):
    """Renew one fingerprint: the translation fits the English as it is."""
    page, part = find(language, name, root)
    entries = translation.read_entries(page.written)
    if name not in entries or entries[name].is_open:
        raise SystemExit(f"{name} has no text yet that could be accepted")
    entries[name] = entries[name]._replace(
        fingerprint=translation.fingerprint(part.text)
    )
    write(page.written, entries)


def begin(language, name, root=ROOT):
    """Add what a page or a cell lacks: a marker, the English below it as a comment."""
    for page in pages(language, root):
        english = page.split(page.english.read_text(encoding="utf-8"))
        if name != page.name and name not in english:
            continue
        entries = translation.read_entries(page.written)
        added = {}
        for part_name, part in english.items():
            wanted = not part.is_code or "listing" in part.tags or part_name == name
            if part_name not in entries and wanted:
                added[part_name] = skeleton(part)
        write(page.written, in_order(entries, added, list(english)))
        print(f"{page.written.relative_to(root)}: {len(added)} to be translated")
        return
    raise SystemExit(f"no page and no cell has the name {name}")


def skeleton(part):
    english = part.text.replace("-->", "--&gt;")
    if part.is_code:
        english = f"```python\n{english}\n```"
    mark = translation.fingerprint(part.text)
    return translation.Entry(mark, f"<!--\n{english}\n-->")


def in_order(entries, added, names):
    """All entries, the new ones where the English has them."""
    ordered = dict(entries)
    for name in added:
        before = [other for other in names[: names.index(name)] if other in ordered]
        place = list(ordered).index(before[-1]) + 1 if before else 0
        items = list(ordered.items())
        ordered = dict([*items[:place], (name, added[name]), *items[place:]])
    return ordered


def write(path, entries):
    text = "\n".join(
        f"<!-- {name} {entry.fingerprint} -->\n{entry.text}\n"
        for name, entry in entries.items()
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")


def build(language, root=ROOT):
    """Write build/<language>/: notebooks, the pages beside them, the handout."""
    import nbformat  # takes longer to load than the whole check

    folder = root / "build" / language
    shutil.rmtree(folder, ignore_errors=True)
    waiting = []
    for page in pages(language, root):
        stored = page.english.read_text(encoding="utf-8")
        if not page.written.exists():
            waiting.append(page.name)
        if page.english.suffix == ".ipynb":
            notebook = nbformat.reads(stored, as_version=4)
            notebook = translation.translate(notebook, page.name, language)
            text = nbformat.writes(notebook) + "\n"
        elif page.name == "FRONT":  # README.ko.md is read as it is stored
            continue
        elif page.english.suffix == ".html":
            found = page.written if page.written.exists() else page.english
            text = found.read_text(encoding="utf-8")
        else:
            text = translation.translate_page(stored, page.name, language)
        path = folder / page.english.relative_to(root)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    print(f"open {(folder / 'notebooks').relative_to(root)}")
    if waiting:
        print(f"not yet translated: {', '.join(waiting)}")
    return 0


def main(arguments):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("language", choices=sorted({*translation.languages()} - {"en"}))
    parser.add_argument("--check", action="store_true")
    parser.add_argument(
        "--strict", action="store_true", help="--check refuses STALE too"
    )
    parser.add_argument("--show", metavar="CELL")
    parser.add_argument("--accept", metavar="CELL", nargs="+")
    parser.add_argument("--new", metavar="PAGE")
    chosen = parser.parse_args(arguments)
    if chosen.check:
        return check_all(chosen.language, chosen.strict)
    if chosen.show:
        show(chosen.language, chosen.show)
    elif chosen.new:
        begin(chosen.language, chosen.new)
    elif chosen.accept:
        for name in chosen.accept:
            accept(chosen.language, name)
    else:
        return build(chosen.language)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
