"""Mutation testing: `python tools/mutation.py` changes rnn_core in some 3,000 places,
one at a time.

mutmut makes each change and runs the module tests, which must fail; its settings stand
in pyproject.toml. Prints for each module how many changes were noticed and what
survived, as a list to read: most of what does only makes the code slower. Fails if
fewer than 95 % were noticed. Needs mutmut 3.8, and patience.
"""

import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[1]


def mutmut(*arguments, **options):
    command = [sys.executable, "-m", "mutmut", *arguments]
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
    return subprocess.run(
        command, cwd=ROOT, env=environment, check=True, text=True, **options
    ).stdout


def main():
    shutil.rmtree(
        ROOT / "mutants", ignore_errors=True
    )  # mutmut would keep verdicts of older tests
    mutmut("run")
    counts, survivors = {}, []
    for line in mutmut("results", "--all", "true", stdout=subprocess.PIPE).splitlines():
        if line.strip().startswith("rnn_core."):
            mutant, _, verdict = line.strip().partition(": ")
            noticed = verdict in ("killed", "timeout")
            counts.setdefault(mutant.split(".")[1], Counter())[noticed] += 1
            survivors += [] if noticed else [mutant]
    for mutant in survivors:
        shown = mutmut("show", mutant, stdout=subprocess.PIPE).splitlines()
        changed = [
            line[1:].strip()
            for line in shown
            if line.startswith("+") and not line.startswith("+++")
        ]
        print(f"survived: {mutant.split('.')[1]}: {' '.join(changed)}")
    counts["all"] = sum(counts.values(), Counter())
    for module, count in counts.items():
        print(
            f"{module:16}{count.total():6} mutants,"
            f" {count[True] / count.total():.1%} noticed"
        )
    return counts["all"][True] < 0.95 * counts["all"].total()


if __name__ == "__main__":
    sys.exit(main())
