"""What README, course page and kit say holds: links, code, commands, minutes."""

import json
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README, re.DOTALL)


def minutes(path):
    """How long a lesson says that it takes."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    text = "".join(cells[0]["source"])
    found = re.findall(r"(\d+) minutes", text)
    return int(found[0]) if found else 60 * len(re.findall("an hour", text))


def blocks(language):
    return [code for kind, code in BLOCKS if kind == language]


def test_every_link_leads_to_a_file():
    targets = re.findall(r"\]\(([^)#\s]+)", README)
    assert len(targets) > 10
    for target in targets:
        assert ":" in target or (ROOT / target).is_file(), target


def test_there_is_a_row_for_each_lesson():
    rows = re.findall(r"^\| \[(\d\d) .*?\]\(notebooks/(\S+?)\)", README, re.MULTILINE)
    stored = sorted(path.name for path in (ROOT / "notebooks").glob("[0-9]*.ipynb"))
    assert [name for _, name in rows] == stored
    assert [number for number, _ in rows] == [name[:2] for name in stored]


def test_the_example_prints_what_its_comment_says(capsys):
    example = next(code for code in blocks("python") if "print(" in code)
    exec(example, {})  # noqa: S102
    said = re.search(r"^print.*  # (.*)", example, re.MULTILINE)[1]
    assert capsys.readouterr().out.strip() == said


def test_the_line_of_run_is_the_one_that_is_shown():
    loop = next(code for code in blocks("python") if "for t in" in code)
    source = (ROOT / "rnn_core/memory_cell.py").read_text(encoding="utf-8")
    for line in loop.splitlines():
        assert line.partition("#")[0].strip() in source


@pytest.mark.parametrize("number", [0, 1])
def test_windows_has_the_same_commands(number):
    unix = [code.strip() for code in blocks("sh") if code.startswith("python3")][number]
    (both,) = blocks("bat")
    same = unix.replace("python3", "py").replace(".venv/bin/", ".venv\\Scripts\\")
    assert both.splitlines()[number] == same.replace('"', "")


LESSONS = sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))


@pytest.mark.parametrize("page", ["README.md", "TEACHER.md"])
def test_a_lesson_takes_as_long_as_it_says_itself(page):
    text = (ROOT / "notebooks" / page).read_text(encoding="utf-8")
    rows = re.findall(r"^\| \[?(\d\d) .*?\| (\d+) \|", text, re.MULTILINE)
    said = {number: int(found) for number, found in rows}
    assert {p.name[:2]: said[p.name[:2]] for p in LESSONS} == {
        p.name[:2]: minutes(p) for p in LESSONS
    }


def sections(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    prose = "\n".join("".join(cell["source"]) for cell in cells)
    return set(re.findall(r"^## (.*)", prose, re.MULTILINE))


def test_the_plan_of_one_lesson_names_sections_that_are_there():
    kit = (ROOT / "notebooks" / "TEACHER.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| \d+ to \d+ \| (\d\d), (.*?) \|", kit, re.MULTILINE)
    assert len(rows) >= 3
    for number, where in rows:
        (path,) = (path for path in LESSONS if path.name[:2] == number)
        assert set(re.findall(r"\*(.*?)\*", where)) <= sections(path)


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_the_kit_plans_each_lesson(path):
    kit = (ROOT / "notebooks" / "TEACHER.md").read_text(encoding="utf-8")
    part = kit.partition(f"### {path.name[:2]} ")[2].partition("\n##")[0]
    for name in ("Plan.", "Ask.", "Usual wrong answers."):
        assert f"**{name}**" in part
    plan = part.partition("**Ask.**")[0].replace("\n  ", " ")
    named = re.findall(r"(?<!\*)\*([^*]+\?)\*", plan)
    assert set(named) <= sections(path)


@pytest.mark.parametrize("page", ["README.md", "README.ko.md"])
def test_the_wheel_has_the_version_of_the_project(page):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wheel = f"%pip install rnn_with_numpy-{project['version']}-py3-none-any.whl"
    assert wheel in (ROOT / page).read_text(encoding="utf-8")
