"""Mutation testing: `python tests/mutation.py` changes rnn_core in some 2,000 places, one at a time.

mutmut makes each change and runs the module tests, which must fail; its settings stand in pyproject.toml.
Prints for each module how many changes were noticed. Fails if one survived that mutation_survivors.md does
not list, if one that it lists did not, or if more than 5 % did. Needs mutmut 3.8; 20 minutes on two cores.
"""

import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[1]

SURVIVORS = Path(__file__).with_name("mutation_survivors.md")  # with the reasons


def mutmut(*arguments, **options):
    command = [sys.executable, "-m", "mutmut", *arguments]
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
    return subprocess.run(command, cwd=ROOT, env=environment, check=True, text=True, **options).stdout


def verdicts():
    """Yield (mutant, verdict); a mutant is called rnn_core.module.x_function__mutmut_number."""
    for line in mutmut("results", "--all", "true", stdout=subprocess.PIPE).splitlines():
        if line.strip().startswith("rnn_core."):
            mutant, _, verdict = line.strip().partition(": ")
            yield mutant, verdict


def changed_code(mutant):
    """The lines that a mutant has instead of the original's, in one line."""
    lines = mutmut("show", mutant, stdout=subprocess.PIPE).splitlines()
    return " ".join(line[1:].strip() for line in lines if line.startswith("+") and not line.startswith("+++"))


def main():
    shutil.rmtree(ROOT / "mutants", ignore_errors=True)  # mutmut would keep verdicts of older tests
    mutmut("run")
    counts, survived = {}, set()
    for mutant, verdict in verdicts():
        module = mutant.split(".")[1]
        verdict = verdict if verdict in ("killed", "timeout") else "survived"
        counts.setdefault(module, Counter())[verdict] += 1
        if verdict == "survived":
            survived.add((module, changed_code(mutant)))

    counts["all"] = sum(counts.values(), Counter())
    print(f"{'module':16}{'mutants':>9}{'killed':>9}{'timeout':>9}{'survived':>9}{'noticed':>9}")
    for module, count in counts.items():
        total = count.total()
        row = (total, count["killed"], count["timeout"], count["survived"])
        print(f"{module:16}" + "".join(f"{n:9}" for n in row) + f"{1 - count['survived'] / total:9.1%}")

    lines = SURVIVORS.read_text(encoding="utf-8").splitlines()
    listed = {tuple(line[2:-1].split(": `", 1)) for line in lines if line.startswith("- ")}
    for module, code in sorted(survived - listed):
        print(f"survived without a reason: {module}: {code}")
    for module, code in sorted(listed - survived):
        print(f"listed, but did not survive: {module}: {code}")
    return survived != listed or counts["all"]["survived"] > 0.05 * counts["all"].total()


if __name__ == "__main__":
    sys.exit(main())
