"""The test command on each Python, with the oldest and the newest versions that
requirements.txt admits.

nox                                            all six
nox -s "tests-3.13(versions='oldest')"          one of them
"""

import nox

nox.options.default_venv_backend = "uv"
nox.options.reuse_existing_virtualenvs = True
RESOLUTION = {"oldest": "lowest-direct", "newest": "highest"}


@nox.session(python=["3.11", "3.12", "3.13"])
@nox.parametrize("versions", list(RESOLUTION))
def tests(session, versions):
    """Install, say what was installed, run the test command."""
    session.install(
        "--upgrade", "--resolution", RESOLUTION[versions], "-r", "requirements.txt"
    )
    session.run("uv", "pip", "list", "--quiet", external=True)
    session.run("pytest", *session.posargs)
