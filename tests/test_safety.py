"""Notebooks, package and documents run no more than they say: no pickle, eval, shell, network, JavaScript."""

import ast
import json
import re
from pathlib import Path

import notebook_gate
import pytest
from IPython.core.inputtransformer2 import TransformerManager

ROOT = Path(__file__).parents[1]
PACKAGE = sorted((ROOT / "rnn_core").rglob("*.py"))
DOCUMENTS = sorted(
    [
        *ROOT.glob("*.md"),
        *ROOT.glob("notebooks/**/*.md"),
        *ROOT.glob("binder/*"),
        *ROOT.glob(".github/**/*.yml"),
    ]
)

MODULES = {
    "pickle": {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"},
    "shell": {"subprocess", "pty", "shlex", "ctypes"},
    "network": {
        "socket",
        "ssl",
        "urllib",
        "http",
        "ftplib",
        "smtplib",
        "requests",
        "httpx",
        "aiohttp",
        "urllib3",
    },
}
NAMES = {
    "eval": {"eval"},
    "exec": {"exec"},
    "import by name": {"__import__", "import_module"},
    "shell": {"system", "popen", "getoutput", "run_line_magic", "run_cell_magic"},
    "network": {"loadtxt", "genfromtxt", "DataSource", "urlopen"},  # NumPy's own openers take addresses
    "JavaScript": {"Javascript", "display_javascript", "IFrame"},
}
SCRIPT = re.compile(r"<script|<iframe|javascript:|\son\w+\s*=\s*[\"']", re.IGNORECASE)
OPEN_SERVER = re.compile(
    r"(token|password)\s*=\s*(''|\"\"|None|$|(?=\s))|disable_check_xsrf|allow_origin|--no-token|allow_unauthenticated",
    re.IGNORECASE | re.MULTILINE,
)


def unsafe_code(source):
    """What this Python (or notebook cell) does that nothing here should do."""
    plain = TransformerManager().transform_cell(source)
    if plain.strip() != source.strip():
        yield "shell escape or magic"
    for node in ast.walk(ast.parse(plain)):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        for name in names:
            yield from (
                f"{kind}: {name}" for kind, modules in MODULES.items() if name.split(".")[0] in modules
            )
        if isinstance(node, ast.Call):
            names = [ast.unparse(node.func)]
        for name in names:
            yield from (f"{kind}: {name}" for kind, known in NAMES.items() if name.split(".")[-1] in known)
        if (
            isinstance(node, ast.keyword)
            and node.arg == "allow_pickle"
            and ast.unparse(node.value) != "False"
        ):
            yield "pickle: allow_pickle"
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and SCRIPT.search(node.value):
            yield "JavaScript in a string"


def unsafe_notebook(notebook):
    """What a stored notebook holds that nothing here should hold."""
    for n, cell in enumerate(notebook["cells"], 1):
        if cell["cell_type"] == "code":
            yield from (f"cell {n}: {what}" for what in unsafe_code("".join(cell["source"])))
        elif SCRIPT.search("".join(cell["source"])):
            yield f"cell {n}: JavaScript in the text"
        if re.search(r"!\[[^\]]*\]\(\w+://|<img[^>]+://", "".join(cell["source"])):
            yield f"cell {n}: network: a picture from elsewhere"
        for output in cell.get("outputs", []):
            for mime, data in output.get("data", {}).items():
                text = data if isinstance(data, str) else json.dumps(data)
                if mime in {"application/javascript", "text/javascript"} or SCRIPT.search(text):
                    yield f"cell {n}: JavaScript in an output ({mime})"


def open_server(text):
    """Places where a document turns off what keeps a Jupyter server private."""
    return [match.group().strip() for match in OPEN_SERVER.finditer(text)]


@pytest.mark.parametrize("path", PACKAGE, ids=lambda path: path.name)
def test_package(path):
    assert list(unsafe_code(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "path", notebook_gate.all_notebooks(), ids=lambda path: f"{path.parent.name}/{path.name}"
)
def test_notebook(path):
    assert list(unsafe_notebook(json.loads(path.read_text(encoding="utf-8")))) == []


def test_documents():
    found = {path.name: open_server(path.read_text(encoding="utf-8")) for path in DOCUMENTS if path.is_file()}
    assert "README.md" in found
    assert not any(found.values()), found


BAD_CODE = {
    "import pickle": "pickle: pickle",
    "from joblib import load": "pickle: joblib.load",
    "np.load('w.npz', allow_pickle=True)": "pickle: allow_pickle",
    "np.load('w.npz', allow_pickle=yes)": "pickle: allow_pickle",
    "eval('1')": "eval: eval",
    "exec('x = 1')": "exec: exec",
    "def f():\n    return __import__('os')": "import by name: __import__",
    "from importlib import import_module": "import by name: importlib.import_module",
    "import os\nos.system('ls')": "shell: os.system",
    "from os import system": "shell: os.system",
    "import subprocess as s": "shell: subprocess",
    "get_ipython().system('ls')": "shell: get_ipython().system",
    "!ls": "shell escape or magic",
    "files = !ls": "shell escape or magic",
    "%%bash\nls": "shell escape or magic",
    "%%javascript\nalert(1)": "shell escape or magic",
    "import urllib.request": "network: urllib.request",
    "from urllib.request import urlopen": "network: urllib.request.urlopen",
    "import requests": "network: requests",
    "import socket": "network: socket",
    "np.loadtxt('https://example.org/a')": "network: np.loadtxt",
    "from IPython.display import Javascript": "JavaScript: IPython.display.Javascript",
    "display(HTML('<script>alert(1)</script>'))": "JavaScript in a string",
    "x = '<b onclick=\"f()\">'": "JavaScript in a string",
}


@pytest.mark.parametrize("code", BAD_CODE)
def test_bad_code_is_seen(code):
    assert BAD_CODE[code] in list(unsafe_code(code))


@pytest.mark.parametrize(
    "code",
    ["model.evaluate(1)", "np.load('w.npz', allow_pickle=False)", "x != 1", "from .text import one_hot"],
)
def test_good_code_is_let_through(code):
    assert list(unsafe_code(code)) == []


BAD_CELLS = {
    "code": ({"cell_type": "code", "source": ["import pickle"]}, "cell 1: pickle: pickle"),
    "text": ({"cell_type": "markdown", "source": ["<script>"]}, "cell 1: JavaScript in the text"),
    "link": ({"cell_type": "markdown", "source": ["[x](javascript:f())"]}, "cell 1: JavaScript in the text"),
    "picture": (
        {"cell_type": "markdown", "source": ["![x](https://a.b/c.png)"]},
        "cell 1: network: a picture from elsewhere",
    ),
    "output": (
        {"cell_type": "code", "source": ["f()"], "outputs": [{"data": {"application/javascript": "f()"}}]},
        "cell 1: JavaScript in an output (application/javascript)",
    ),
    "html": (
        {"cell_type": "code", "source": ["f()"], "outputs": [{"data": {"text/html": "<img onerror='f()'>"}}]},
        "cell 1: JavaScript in an output (text/html)",
    ),
}


@pytest.mark.parametrize("name", BAD_CELLS)
def test_bad_cell_is_seen(name):
    cell, complaint = BAD_CELLS[name]
    assert list(unsafe_notebook({"cells": [cell]})) == [complaint]


@pytest.mark.parametrize(
    "text",
    [
        "jupyter lab --ServerApp.token=''",
        'jupyter lab --IdentityProvider.token=""',
        "jupyter lab --NotebookApp.token= --ip=0.0.0.0",
        "c.ServerApp.password = ''",
        "--ServerApp.disable_check_xsrf=True",
        "--ServerApp.allow_origin='*'",
    ],
)
def test_open_server_is_seen(text):
    assert open_server(text)


def test_private_server_is_let_through():
    assert open_server("Copy the address with ?token=3f2a from the terminal.") == []
