"""A translation in step with the English: each verdict can fall, on a made lesson."""

import copy
import shutil
import subprocess

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from rnn_lessons import translation, workspace

tool = pytest.importorskip("translate", reason="it needs markdown-it-py")

LANGUAGES = sorted({*translation.languages()} - {"en"})

ENGLISH = """## What is left of 0.9999?

A change of 0.001 in `Wh` is lost, see [02](02_memory_cell.ipynb): $h = \\tanh z$.

<details><summary>Why?</summary>

| lesson | state |
|---|---|
| 03 | 5.5 |

</details>"""
KOREAN = """## 0.9999에서 무엇이 남을까?

`Wh`를 0.001 바꾸어도 **은닉 상태**(hidden state)는 그대로입니다.
[02](02_memory_cell.ipynb#단계)를 보세요: $h = \\tanh z$.

<details><summary>왜 그럴까요?</summary>

| 과 | 상태 |
|---|---|
| 03 | 5.5 |

</details>"""
CODE = "x = 1  # the hidden state\n\nprint(x)"
COMMENTED = "```python\nx = 1  # 은닉 상태\n\nprint(x)\n```"


def marked(name, english, text):
    return f"<!-- {name} {translation.fingerprint(english)} -->\n{text}\n\n"


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A course of one lesson and one page, both translated."""
    printed = new_output("stream", name="stdout", text="1\n")
    cells = [
        new_markdown_cell("# Saturation", id="saturation-01"),
        new_code_cell(CODE, id="saturation-02", outputs=[printed], execution_count=1),
        new_markdown_cell(ENGLISH, id="saturation-03"),
    ]
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "translations/ko").mkdir(parents=True)
    lesson = tmp_path / "notebooks/03_saturation.ipynb"
    lesson.write_text(nbformat.writes(new_notebook(cells=cells)), encoding="utf-8")
    written = marked("saturation-01", "# Saturation", "# 포화")
    written += marked("saturation-02", CODE, COMMENTED)
    written += marked("saturation-03", ENGLISH, KOREAN)
    (tmp_path / "translations/ko/03_saturation.md").write_text(written, "utf-8")
    page = "# The course\n\nTen lessons.\n\n## Terms\n\nA *gate*.\n"
    (tmp_path / "notebooks/README.md").write_text(page, encoding="utf-8")
    written = marked("README-the-course", "# The course\n\nTen lessons.", "# 강의")
    written += "<!-- README-phrases own -->\n## 출력에 나오는 영어\n\n"
    written += marked("README-terms", "## Terms\n\nA *gate*.", "## 용어\n\n*게이트*")
    (tmp_path / "translations/ko/README.md").write_text(written, encoding="utf-8")
    (tmp_path / "README.md").write_text("# RNN\n", encoding="utf-8")
    shutil.copy(translation.folder() / "texts.toml", tmp_path / "translations")
    monkeypatch.setattr(translation, "folder", lambda: tmp_path / "translations")
    return tmp_path


def change(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def findings(root, capsys, strict=False):
    """The exit status, and VERDICT and name of each line that names one."""
    status = tool.check_all("ko", strict, root)
    lines = capsys.readouterr().out.splitlines()
    return status, [tuple(line.split()[:2]) for line in lines if line[:4].isupper()]


def test_what_is_in_step_is_not_complained_of(root, capsys):
    assert findings(root, capsys, strict=True) == (0, [])


KO, PAGE = "translations/ko/03_saturation.md", "translations/ko/README.md"
EN = "notebooks/03_saturation.ipynb"
THIRD = "saturation-03"
FAULTS = {
    "an entry is missing": (KO, "saturation-03 ", "saturation-99 ", "MISSING"),
    "its cell is gone": (KO, "saturation-03 ", "saturation-99 ", "ORPHANED"),
    "a number": (KO, "0.001", "0.01", "SHAPE"),
    "a number less": (KO, "0.9999에서", "여기에서", "SHAPE"),
    "a lesson's number": (KO, "| 03 |", "| 3 |", "SHAPE"),
    "code": (KO, "`Wh`를", "`Wx`를", "SHAPE"),
    "a link": (KO, "02_memory_cell.ipynb", "01_initialization.ipynb", "SHAPE"),
    "a formula": (KO, "tanh z", "tanh x", "SHAPE"),
    "a fold": (KO, "</details>", "", "SHAPE"),
    "a heading": (KO, "## 0.9999", "0.9999", "SHAPE"),
    "a row of a table": (KO, "| 03 |", "| | |\n| 03 |", "SHAPE"),
    "another program": (KO, "x = 1  #", "x = 2  #", "SHAPE"),
    "bold and parenthesis": (
        KO,
        "상태**(hidden state)",
        "상태(hidden state)**",
        "RENDER",
    ),
    "bold and code": (KO, "`Wh`를", "**`Wh`**를", "RENDER"),
    "bold and percent": (KO, "그대로", "**그대로 %**로", "RENDER"),
    "an open link": (KO, "ipynb#단계)를", "ipynb#단계 를", "RENDER"),
    "a lone backtick": (KO, "왜 그럴", "왜` 그럴", "RENDER"),
    "a comment left": (KO, "왜 그럴", "<!-- why -->\n왜 그럴", "RENDER"),
    "another word": (KO, "은닉 상태**(", "히든 스테이트**(", "WORDS"),
    "another style": (KO, "그대로입니다.", "그대로이다.", "WORDS"),
    "two particles": (KO, "state)는", "state)은(는)", "WORDS"),
    "the parenthesis's particle": (KO, "state)는", "state)은", "WORDS"),
    "the number's particle": (KO, "0.001 바", "0.001를 바", "WORDS"),
    "an English word": (EN, "is lost", "is gone", "STALE"),
    "an English number": (EN, "0.001", "0.002", "STALE"),
    "no text yet": (KO, KOREAN, f"<!--\n{ENGLISH}\n-->", "STALE"),
    "English code": (EN, "x = 1", "x = 3", "STALE"),
    "an English section": ("notebooks/README.md", "Ten", "Nine", "STALE"),
    "an English heading": ("notebooks/README.md", "## Terms", "## Words", "MISSING"),
    "a page's entry twice": (PAGE, "README-terms", "README-the-course", "ORPHANED"),
    "text before the first": (
        PAGE,
        "<!-- README-the",
        "x\n<!-- README-the",
        "ORPHANED",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_verdict_can_fall(root, capsys, fault):
    path, old, new, verdict = FAULTS[fault]
    change(root / path, old, new)
    status, found = findings(root, capsys)
    assert verdict in [said for said, _ in found]
    assert status == (verdict != "STALE")
    assert findings(root, capsys, strict=True)[0] == 1


def test_a_changed_english_word_names_the_korean_cell(root, capsys):
    change(root / EN, "is lost", "is gone")
    tool.check_all("ko", root=root)
    line = capsys.readouterr().out.splitlines()[0]
    number = (root / KO).read_text(encoding="utf-8").split(THIRD)[0].count("\n") + 1
    assert line.startswith(f"STALE {THIRD} ({KO}:{number})")


def test_broken_lines_and_a_small_number_written_as_a_word_are_no_change(root, capsys):
    change(root / EN, "is lost, see", "is lost,\\nsee")
    change(root / KO, "그대로입니다", "4번 그대로입니다")
    assert findings(root, capsys, strict=True) == (0, [])


def test_a_quoted_word_may_be_another_s(root, capsys):
    change(root / KO, "그대로입니다", "‘히든 스테이트’라고도 합니다")
    assert findings(root, capsys, strict=True) == (0, [])


def test_a_file_without_an_english_page_is_orphaned(root, capsys):
    (root / "translations/ko/11_else.md").write_text("", encoding="utf-8")
    status, [(verdict, path)] = findings(root, capsys)
    assert (status, verdict) == (1, "ORPHANED")
    assert path == "translations/ko/11_else.md:"


def test_a_page_of_html_is_one_piece(root, capsys):
    page = "<!doctype html>\n<style>p * { top: 0 }</style>\n<p>104 numbers</p>\n"
    (root / "docs").mkdir()
    (root / "docs/handout.html").write_text(page, encoding="utf-8")
    korean = page.replace("104 numbers", "수 104개")
    path = root / "translations/ko/handout.html"
    path.write_text(marked("handout", page, korean), encoding="utf-8")
    assert findings(root, capsys, strict=True) == (0, [])
    change(path, "104", "105")
    assert findings(root, capsys) == (1, [("SHAPE", "handout")])
    change(root / "docs/handout.html", "numbers", "weights")
    assert findings(root, capsys) == (0, [("STALE", "handout")])
    tool.build("ko", root)
    assert "수 105개" in (root / "build/ko/docs/handout.html").read_text("utf-8")


def test_a_page_without_a_file_is_declared_as_waiting(root, capsys):
    assert tool.check_all("ko", root=root) == 0
    assert "not yet translated: FRONT" in capsys.readouterr().out


# What a reader gets


def built(root):
    assert tool.build("ko", root) == 0
    return nbformat.read(root / "build/ko/notebooks/03_saturation.ipynb", 4)


def test_prose_and_comments_are_korean_and_all_the_rest_is_the_same(root):
    english = nbformat.read(root / EN, 4)
    korean = built(root)
    assert korean.cells[0].source == "# 포화"
    assert korean.cells[2].source == KOREAN
    assert korean.cells[1].source == "x = 1  # 은닉 상태\n\nprint(x)"
    for one, other in zip(english.cells, korean.cells, strict=True):
        one.source = other.source = ""
    assert english == korean


def test_a_stale_cell_says_so_and_stale_code_stays_english(root):
    change(root / EN, "is lost", "is gone")
    change(root / EN, "x = 1", "x = 3")
    korean = built(root)
    note = translation.languages()["ko"]["stale"]
    assert korean.cells[2].source == f"{KOREAN}\n\n*{note}*"
    assert korean.cells[1].source.startswith("x = 3  # the hidden state")


def test_a_cell_and_a_lesson_without_text_are_english_and_say_so(root):
    says = translation.languages()["ko"]
    change(root / KO, KOREAN, "")
    assert built(root).cells[2].source == f"{ENGLISH}\n\n*{says['open']}*"
    (root / KO).unlink()
    cells = built(root).cells
    assert cells[0].source == f"# Saturation\n\n*{says['untranslated']}*\n"
    assert cells[2].source == ENGLISH


def test_a_page_has_its_sections_and_those_of_its_own(root):
    tool.build("ko", root)
    page = (root / "build/ko/notebooks/README.md").read_text(encoding="utf-8")
    assert page == "# 강의\n\n## 출력에 나오는 영어\n\n## 용어\n\n*게이트*\n"


def test_sections_are_named_after_headings_outside_of_code():
    text = "x\n# A b\n```\n# no\n```\n## C\n1\n### C\n2"
    assert translation.sections(text, "P") == {
        "P-start": "x",
        "P-a-b": "# A b\n```\n# no\n```",
        "P-c": "## C\n1",
        "P-c-2": "### C\n2",
    }


# What a translator calls


def test_new_writes_what_is_missing_where_it_belongs_and_nothing_else(root, capsys):
    before = (root / KO).read_text(encoding="utf-8")
    entry = before.index("<!-- saturation-03")
    (root / KO).write_text(before[:entry], encoding="utf-8")
    tool.begin("ko", "03_saturation", root)
    after = (root / KO).read_text(encoding="utf-8")
    assert after.startswith(before[:entry].rstrip())
    assert f"<!--\n{ENGLISH}\n-->" in after
    assert findings(root, capsys)[1] == [("STALE", THIRD)]
    (root / KO).unlink()
    tool.begin("ko", "03_saturation", root)
    assert list(translation.read_entries(root / KO)) == ["saturation-01", THIRD]
    tool.begin("ko", "saturation-02", root)  # code, only when it is asked for
    names = ["saturation-01", "saturation-02", THIRD]
    assert list(translation.read_entries(root / KO)) == names


def test_accept_renews_one_fingerprint(root, capsys):
    change(root / EN, "is lost", "is gone")
    tool.accept("ko", THIRD, root)
    assert findings(root, capsys, strict=True) == (0, [])
    change(root / KO, KOREAN, "")
    with pytest.raises(SystemExit, match="no text yet"):
        tool.accept("ko", THIRD, root)
    with pytest.raises(SystemExit, match="saturation-77"):
        tool.accept("ko", "saturation-77", root)


def test_show_says_which_words_have_changed(root, capsys):
    def git(*arguments):
        who = ["-c", "user.name=a", "-c", "user.email=a@b"]
        subprocess.run(["git", *who, *arguments], cwd=root, check=True)

    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "x")
    change(root / EN, "is lost", "is gone")
    tool.show("ko", THIRD, root)
    said = capsys.readouterr().out
    assert ENGLISH.replace("lost", "gone") in said and KOREAN in said
    assert said.endswith("- lost,\n+ gone,\n")


# The stored translations


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_stored_translation_is_in_step(language, capsys):
    assert tool.check_all(language) == 0, capsys.readouterr().out


@pytest.mark.parametrize("language", LANGUAGES)
def test_programs_and_outputs_are_the_english_ones(language):
    for page in tool.pages(language):
        if page.english.suffix != ".ipynb":
            continue
        english = nbformat.read(page.english, 4)
        other = translation.translate(copy.deepcopy(english), page.name, language)
        for one, two in zip(english.cells, other.cells, strict=True):
            if one.cell_type == "code":
                assert translation.same_program(one.source, two.source), one.id
            one.source = two.source = ""
        assert english == other


def test_every_language_has_all_words_of_the_machinery():
    texts = translation.languages()
    for language in LANGUAGES:
        assert set(texts[language]) - {"words"} == set(texts["en"])


def test_a_learner_s_copy_is_in_the_language(tmp_path, monkeypatch):
    texts = translation.folder() / "texts.toml"
    (tmp_path / "ko").mkdir()
    shutil.copy(texts, tmp_path)
    stored = translation.folder().parent / "notebooks/03_saturation.ipynb"
    first = nbformat.read(stored, 4).cells[0].source
    korean = "# 포화\n\n[02](02_memory_cell.ipynb) [기여](../CONTRIBUTING.md)"
    entry = marked("saturation-01", first, korean)
    (tmp_path / "ko/03_saturation.md").write_text(entry, encoding="utf-8")
    monkeypatch.setattr(translation, "folder", lambda: tmp_path)
    workspace.write(tmp_path / "수업", language="ko")
    copy = nbformat.read(tmp_path / "수업/03_saturation.ipynb", 4)
    assert copy.cells[0].source == "# 포화\n\n[02](02_memory_cell.ipynb) 기여"
    note = translation.languages()["ko"]["untranslated"]
    other = nbformat.read(tmp_path / "수업/02_memory_cell.ipynb", 4)
    assert f"*{note}*" in other.cells[0].source
    assert note in (tmp_path / "수업/README.md").read_text(encoding="utf-8")
