"""import rnn_core is numpy-only and quick."""

import re
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
    """By Python's own account of one process, where what rnn_core took includes what numpy took."""

    def extra():
        lines = python("-X", "importtime", "-c", "import rnn_core").stderr
        took = {name: int(us) for us, name in re.findall(r"\| +(\d+) \| +(numpy|rnn_core)\n", lines)}
        return (took["rnn_core"] - took["numpy"]) / 1000  # milliseconds

    extra()  # compiles, the first time
    assert min(extra() for _ in range(7)) < 20  # whatever else the machine does only adds to it


def test_public_names():
    program = "import rnn_core; print(*[n for n in rnn_core.__all__ if not hasattr(rnn_core, n)], sep='')"
    assert python("-c", program).stdout == "\n"
