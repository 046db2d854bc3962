"""Speed against what a user would pick instead, on this machine:

    pip install -e ".[benchmarks]" && python -m tests.benchmarks --chart
    docs/benchmark.png

All peers run in one process, in turn, and the median counts. Each number of threads has
a process of its own, tied to as many cores, because not every peer can change its mind
about threads.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

QUICK = ["tiny", "small", "medium"]
PARTS = ["gates", "rounds", "live", "waiting"]


def main():
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks", description="Measure the speed."
    )
    parser.add_argument(
        "--quick", action="store_true", help=f"float64, one thread, {', '.join(QUICK)}"
    )
    parser.add_argument(
        "--sizes", help="names of sizes, such as tiny,wide; all by default"
    )
    parser.add_argument(
        "--seconds", type=float, help="for each comparison (3; 1 with --quick)"
    )
    parser.add_argument(
        "--chart", type=Path, help="save the picture for the README to this file"
    )
    parser.add_argument("--threads", help="numbers of threads (1,2; 1 with --quick)")
    parser.add_argument(
        "--busy",
        action="store_true",
        help="count the processor's time, since other work runs on this machine",
    )
    parser.add_argument(
        "--cells", action="store_true", help="nothing but the cells against the peers"
    )
    parser.add_argument(
        "--worker", type=int, help=argparse.SUPPRESS
    )  # the process for one of them
    parser.add_argument("--results", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        options.results.write_text(json.dumps(measure(options)), "utf-8")
        return

    results = []
    with tempfile.TemporaryDirectory() as folder:
        for threads in map(
            int, (options.threads or ("1" if options.quick else "1,2")).split(",")
        ):
            path = Path(folder) / "results.json"
            number = dict.fromkeys(
                ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"],
                str(threads),
            )
            command = [
                *(sys.executable, "-m", "tests.benchmarks", *sys.argv[1:]),
                *("--worker", str(threads), "--results", path),
            ]
            clock = "processor" if options.busy else "wall"
            more = {"MPLBACKEND": "agg", "RNN_BENCHMARK_CLOCK": clock}
            subprocess.run(command, env=os.environ | number | more, check=True)
            results += json.loads(path.read_text("utf-8"))
    if not (options.quick or options.cells):
        one = os.environ | dict.fromkeys(
            ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"], "1"
        )
        for part in PARTS:  # each can be run alone, too
            subprocess.run(
                [sys.executable, "-m", f"tests.benchmarks.{part}"], env=one, check=True
            )
    if options.chart:
        from .chart import save_chart

        save_chart(results, options.chart)
        print(f"saved {options.chart}")


def measure(options):
    """Print the tables for one number of threads, and return the rows."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: options.worker])
    from . import (
        # only now, because libraries count their threads when they are imported
        measure,
    )

    print(f"\n{measure.processor()}")
    seconds = options.seconds or (1 if options.quick else 3)
    sizes = (
        options.sizes.split(",")
        if options.sizes
        else QUICK
        if options.quick
        else list(measure.SIZES)
    )
    load = os.getloadavg()[0]
    machine = f"{platform.machine()}, {os.cpu_count()} cores, load {load:.1f}"
    threads = f"{options.worker} thread{'s' * (options.worker > 1)}"
    print(f"\n{machine}; {threads}; Python {platform.python_version()}")
    rows, missing = [], {}
    for dtype in ["float64"] if options.quick else ["float64", "float32"]:
        gflops, gbytes = measure.limits(dtype, seconds)
        print(
            f"\n{dtype}: limits {gflops:.0f} GFLOP/s, {gbytes:.1f} GB/s;"
            " time, and its ratio to each peer's:"
        )
        for size in sizes:
            found, absent = measure.against_peers(size, dtype, seconds)
            missing |= absent
            for job, times in found.items():
                print(f"{size:8}{job:9}{_time(times['rnn_core']):>9}", end="")
                for peer, time in times.items():
                    if peer != "rnn_core":
                        print(f"  {peer} {times['rnn_core'] / time:.2f}", end="")
                if job == "forward":
                    part = measure.parts(size, dtype, seconds / 3)
                    rest = part["run"] - part["product"] - part["tanh"]
                    for name, spent in (*part.items(), ("rest", rest)):
                        if name != "run":
                            print(f"  | {name} {_time(spent)}", end="")
                    done, read = measure.rates(size, dtype, times["rnn_core"])
                    print(f"  | {done / gflops:.0%} of GFLOP/s", end="")
                    print(f", {read / gbytes:.0%} of GB/s", end="")
                print(flush=True)
                rows.append(
                    {
                        "threads": options.worker,
                        "dtype": dtype,
                        "size": size,
                        "job": job,
                        "times": times,
                    }
                )
    for peer, reason in missing.items():
        print(f"missing: {peer} ({reason})")
    if options.worker == 1 and not options.cells:
        found = measure.sweeps(seconds)
        ratio = found["triple loop"] / found["sweep"]
        print(f"\nsweep, 20 x 20 x 20 networks: {_time(found['sweep'])}; ", end="")
        print(f"a network at a time {_time(found['triple loop'])}, ", end="")
        print(f"{ratio:.1f} times as long")
        print("\none slider event in the kernel:   median      p95")
        for panel, times in measure.sliders(60 if options.quick else 240).items():
            middle, high = measure.summary(times)
            print(f"{panel:30}{middle:7.1f} ms{high:6.1f} ms")
    return rows


def _time(seconds):
    digits = f"{seconds * 1e6:.0f} us" if seconds < 1e-3 else f"{seconds * 1e3:.1f} ms"
    return digits if seconds < 1 else f"{seconds:.2f} s"


if __name__ == "__main__":
    main()
