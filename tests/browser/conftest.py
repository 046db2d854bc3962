"""One JupyterLab server, with settings of its own, and one headless Chromium for all
browser tests.
"""

import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CHROMIUM = (
    "--no-sandbox --disable-gpu --disable-background-networking"
    " --disable-component-update --disable-sync"
)


def missing(reason):
    """No browser: a reason to skip, but not where RNN_REQUIRE_BROWSER=1 says that there
    must be one.
    """
    if os.environ.get("RNN_REQUIRE_BROWSER") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def browser():
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing("playwright is not installed")
    names = (
        "chromium",
        "chromium-browser",
        "google-chrome",
        "google-chrome-stable",
        "chrome",
    )
    path = next(filter(None, map(shutil.which, names)), None)
    if path is None:
        missing("no Chromium on the PATH")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=path, args=[*CHROMIUM.split(), "--no-first-run"]
        )
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def lab(browser, tmp_path_factory):
    """The address, the token and the folder of a JupyterLab over a copy of the
    notebooks; no user settings matter.
    """
    home = tmp_path_factory.mktemp("lab")
    ignore = shutil.ignore_patterns(".ipynb_checkpoints")
    shutil.copytree(ROOT / "notebooks", home / "notebooks", ignore=ignore)
    settings = home / "config" / "labconfig"
    settings.mkdir(parents=True)
    news = {
        "disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}
    }
    (settings / "page_config.json").write_text(json.dumps(news), "utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token = secrets.token_hex(16)
    environment = {
        **{
            key: value
            for key, value in os.environ.items()
            if not key.startswith(("JUPYTER", "PYTEST"))
        },
        "HOME": str(home),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTER_TOKEN": token,
        "JUPYTER_PREFER_ENV_PATH": "1",
    }
    command = [
        sys.executable,
        "-m",
        "jupyterlab",
        "--no-browser",
        "--expose-app-in-browser",
    ]
    command += [
        f"--port={port}",
        "--ServerApp.port_retries=0",
        f"--ServerApp.root_dir={home / 'notebooks'}",
    ]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")
    address = f"http://127.0.0.1:{port}"
    log = home / "lab.log"
    with log.open("w", encoding="utf-8") as output:
        server = subprocess.Popen(
            command, env=environment, cwd=home, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        wait_for_server(f"{address}/api/status?token={token}", server, log)
        yield address, token, home / "notebooks"
    finally:
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def wait_for_server(url, server, log, seconds=90):
    until = time.monotonic() + seconds
    while time.monotonic() < until and server.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.3)
    pytest.fail(f"JupyterLab did not start:\n{log.read_text('utf-8')}")


# What JupyterLab itself writes to the console.
NOISE = ()


@contextmanager
def quiet_page(browser, lab):
    """A page in a session of its own. It may talk to the server alone, and the console
    must stay quiet.
    """
    address, token, _ = lab
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(30_000)
    elsewhere, errors = [], []

    def stop(route):
        elsewhere.append(route.request.url)
        route.abort()

    def note(url):
        if not re.match(r"(?:http|ws)://127\.0\.0\.1[:/]|blob:|data:", url):
            elsewhere.append(url)

    def note_console(message):
        if message.type == "error" and not any(
            re.search(noise, message.text) for noise in NOISE
        ):
            errors.append(f"{message.text} ({message.location})")

    context.route(re.compile(r"^\w+://(?!127\.0\.0\.1[:/])"), stop)
    page = context.new_page()
    page.on("request", lambda request: note(request.url))
    page.on("websocket", lambda socket: note(socket.url))
    page.on("console", note_console)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{address}/lab?token={token}")
    yield page
    context.close()
    assert not elsewhere, f"requests left the machine: {elsewhere}"
    assert not errors, f"console errors: {errors}"


@pytest.fixture
def page(browser, lab):
    with quiet_page(browser, lab) as page:
        yield page


@pytest.fixture(scope="session")
def screenshots(tmp_path_factory):
    """Where pictures of the panels go: RNN_SCREENSHOTS, or a temporary directory."""
    chosen = os.environ.get("RNN_SCREENSHOTS")
    directory = Path(chosen) if chosen else tmp_path_factory.mktemp("screenshots")
    directory.mkdir(parents=True, exist_ok=True)
    return directory
