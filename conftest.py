"""What every test and every notebook's kernel starts with."""

import os
import tempfile
from pathlib import Path

# Read by pytest itself; as modules with doctests they would collide, since all of them
# have one name.
collect_ignore_glob = ["*conftest.py"]

# Workers share the cores already: a second BLAS thread in each makes training ten times
# slower.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def _writable(folder):
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError:
        return False
    return True


# Jupyter, IPython and Matplotlib keep files below HOME, and complain on stderr where
# they can't.
if not _writable(Path(os.environ.get("HOME") or Path.home())):
    os.environ["HOME"] = tempfile.mkdtemp(prefix="rnn-home-")
if "MPLCONFIGDIR" in os.environ and not _writable(Path(os.environ["MPLCONFIGDIR"])):
    os.environ["MPLCONFIGDIR"] = tempfile.mkdtemp(prefix="rnn-matplotlib-")
