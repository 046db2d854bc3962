"""import rnn_core is numpy-only and quick."""

import subprocess
import sys


def python(*arguments):
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, check=True
    )


def test_neither_matplotlib_nor_ipywidgets_is_loaded():
    program = "import sys, rnn_core; print(*sys.modules)"
    loaded = {name.partition(".")[0] for name in python("-c", program).stdout.split()}
    assert {"rnn_core", "numpy"} <= loaded
    assert not loaded & {"matplotlib", "ipywidgets", "IPython", "PIL", "torch", "dask"}
