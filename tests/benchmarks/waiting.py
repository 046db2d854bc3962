"""Everything else that a person waits for: `python -m tests.benchmarks.waiting`.

Importing rnn_core over NumPy, each lesson from kernel start to its last cell, the
training until the Zen is recited beside PyTorch, key press to picture in JupyterLab,
and the README's test command after installation.
"""

import re
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

import numpy as np

from rnn_core import fit, init_model, next_character_task, zen_of_python

ROOT = Path(__file__).parents[2]


def imports(rounds=15):
    """Milliseconds of `import rnn_core` over `import numpy`, a process each, in
    processor time.
    """
    program = (
        "import time, numpy; t = time.process_time();"
        " import rnn_core; print(time.process_time() - t)"
    )
    command = [sys.executable, "-c", program]
    times = [
        float(subprocess.run(command, capture_output=True, check=True).stdout)
        for _ in range(rounds)
    ]
    return 1000 * median(times[1:])


def lessons():
    """Yield (name, seconds) of each lesson, from kernel start to its last cell."""
    import nbformat
    from nbclient import NotebookClient

    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        notebook = nbformat.read(path, 4)
        started = time.perf_counter()
        NotebookClient(
            notebook, timeout=120, resources={"metadata": {"path": str(path.parent)}}
        ).execute()
        yield path.stem, time.perf_counter() - started


RECIPE = {"learning_rate": 5e-3, "clip": 0.1}


def train_rnn_core(seed):
    inputs, targets, characters = next_character_task(zen_of_python())
    sizes = len(characters), 128, len(characters)
    model = init_model(*sizes, scheme="keras", rng=np.random.default_rng(seed))
    for done, update in enumerate(
        fit(model, inputs, targets, updates=200, **RECIPE), 1
    ):
        if update.accuracy == 1:
            return done
    return None


def train_pytorch(seed):
    """The same cell, start, optimizer and clipping, by nn.RNN."""
    import torch

    inputs, targets, characters = next_character_task(zen_of_python())
    size = len(characters)
    start = init_model(size, 128, size, scheme="keras", rng=np.random.default_rng(seed))
    rnn, readout = (
        torch.nn.RNN(size, 128, dtype=torch.float64),
        torch.nn.Linear(128, size, dtype=torch.float64),
    )
    with torch.no_grad():
        rnn.bias_hh_l0.zero_().requires_grad_(False)
        weights = [
            rnn.weight_ih_l0,
            rnn.weight_hh_l0,
            rnn.bias_ih_l0,
            readout.weight,
            readout.bias,
        ]
        for weight, array in zip(weights, start, strict=True):
            weight.copy_(torch.from_numpy(array))
    optimizer = torch.optim.Adam(weights, lr=RECIPE["learning_rate"], betas=(0.9, 0.99))
    x, y = torch.from_numpy(inputs), torch.from_numpy(targets)
    for done in range(200):
        optimizer.zero_grad()
        logits = readout(rnn(x)[0])
        if (logits.argmax(1) == y).all():
            return done
        torch.nn.functional.cross_entropy(logits, y).backward()
        torch.nn.utils.clip_grad_norm_(weights, RECIPE["clip"])
        optimizer.step()
    return None


def trainings(seeds=5):
    """Name -> seconds and updates of each seed, in random order."""
    found = {"rnn_core": [], "PyTorch": []}
    for seed in range(seeds):
        for name in np.random.default_rng(seed).permutation(list(found)):
            started = time.perf_counter()
            updates = {"rnn_core": train_rnn_core, "PyTorch": train_pytorch}[name](seed)
            found[name].append((time.perf_counter() - started, updates))
    return found


def key_presses():
    """Yield (lesson, milliseconds): the medians that the browser tests print."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "tests/browser/test_browser.py",
        "-m",
        "browser",
        "-n",
        "0",
        "-s",
    ]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True).stdout
    yield from re.findall(r"(\d\d_\w+)\.ipynb: (\d+) ms from key press", said)


def test_command():
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "pytest"], cwd=ROOT, capture_output=True, text=True
    )
    return time.perf_counter() - started, done.stdout.strip().splitlines()[-1]


def main():
    print(f"\nimport rnn_core: {imports():.1f} ms over NumPy")
    print("\na lesson, from kernel start to its last cell:")
    for name, seconds in lessons():
        print(f"{name:34}{seconds:6.1f} s")
    try:
        found = trainings()
    except ImportError as error:
        print(f"missing: training against PyTorch ({error})")
    else:
        print("\nuntil the Zen is recited:   median s   updates of each seed")
        for name, runs in found.items():
            updates = ", ".join(str(u) for _, u in runs)
            print(f"{name:25}{median(s for s, _ in runs):10.2f}   {updates}")
    print("\nkey press to new picture in JupyterLab (median):")
    for name, milliseconds in key_presses():
        print(f"{name:34}{milliseconds:>6} ms")
    seconds, closing = test_command()
    print(f"\nthe test command, installed: {seconds:.0f} s ({closing})")


if __name__ == "__main__":
    main()
