"""import rnn_core is numpy-only and quick."""

import subprocess
import sys


def python(*arguments):
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=True)


def test_neither_matplotlib_nor_ipywidgets_is_loaded():
    program = "import sys, rnn_core; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    loaded = set(python("-c", program).stdout.split())
    assert {"rnn_core", "numpy"} <= loaded
    assert not loaded & {"matplotlib", "ipywidgets", "IPython", "PIL", "torch", "dask"}


def test_it_takes_numpy_plus_20_ms():
    """In processor time, which other programs leave alone; a process each, the best of seven."""
    program = (
        "import time, numpy; start = time.process_time(); import rnn_core;print(time.process_time() - start)"
    )
    python("-c", program)  # compiles, the first time
    assert min(float(python("-c", program).stdout) for _ in range(7)) < 0.020


def test_public_names():
    program = "import rnn_core; print(*[n for n in rnn_core.__all__ if not hasattr(rnn_core, n)], sep='')"
    assert python("-c", program).stdout == "\n"
