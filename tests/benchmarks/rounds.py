"""What rounds cost on this machine: `python -m tests.benchmarks.rounds`.

The loop against Jacobi and Newton rounds, on the cells of lesson 10, and the linear
recurrence by doubling against its own loop. On few cores the loop wins nearly always;
the lesson computes work and depth instead.
"""

import argparse

import numpy as np

from rnn_core import (
    init_parameters,
    jacobi_rounds,
    linear_recurrence,
    newton_rounds,
    run,
    state_jacobians,
)

from .measure import alternate

TIMESTEPS = 200
# scheme, gain, hidden_size; the listing's inputs are U[0, 1), the others' N(0, 0.3^2)
CELLS = {
    "the listing": ("uniform", 1.0, 8),
    "gaussian, gain 0.5": ("gaussian", 0.5, 32),
    "gaussian, gain 1": ("gaussian", 1.0, 32),
    "gaussian, gain 3": ("gaussian", 3.0, 32),
    "orthogonal": ("orthogonal", 1.0, 32),
}


def cell(name):
    """inputs, Wx, Wh, b."""
    scheme, gain, hidden_size = CELLS[name]
    rng = np.random.default_rng(0)
    inputs = (
        rng.random((TIMESTEPS, 4))
        if scheme == "uniform"
        else 0.3 * rng.normal(size=(TIMESTEPS, 4))
    )
    return inputs, *init_parameters(4, hidden_size, scheme=scheme, gain=gain, rng=rng)


def rounds(name, seconds):
    """{method: seconds}, and {method: rounds}."""
    arrays = cell(name)
    methods = {"Jacobi": jacobi_rounds, "Newton": newton_rounds}
    counts = {
        method: len(list(function(*arrays))) for method, function in methods.items()
    }
    states = run(*arrays)[
        :60
    ]  # beyond, chaos makes another trajectory of the last digit
    for method, function in methods.items():
        *_, found = function(*arrays)
        np.testing.assert_allclose(
            found[:60], states, rtol=0, atol=1e-4, err_msg=method
        )
    jobs = {"run": lambda: run(*arrays)}
    jobs |= {
        m: lambda function=function: list(function(*arrays))
        for m, function in methods.items()
    }
    return alternate(jobs, seconds), counts


def recurrence(name, seconds):
    """{method: seconds} for the recurrence of one Newton round."""
    arrays = cell(name)
    J = state_jacobians(run(*arrays), arrays[2])
    r = np.random.default_rng(0).normal(size=J.shape[:2])

    def in_order():
        x, x_t = np.empty_like(r), np.zeros(r.shape[1])
        for t in range(len(r)):
            x[t] = x_t = J[t] @ x_t + r[t]
        return x

    np.testing.assert_allclose(linear_recurrence(J, r), in_order(), rtol=0, atol=1e-9)
    return alternate(
        {"in order": in_order, "doubling": lambda: linear_recurrence(J, r)}, seconds
    )


def main():
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.rounds", description=__doc__
    )
    parser.add_argument(
        "--seconds", type=float, default=1, help="for each comparison (1)"
    )
    seconds = parser.parse_args().seconds
    print(f"\n{TIMESTEPS} timesteps: microseconds, rounds, and times that of run")
    for name in CELLS:
        times, counts = rounds(name, seconds)
        print(f"{name:20}run {1e6 * times['run']:5.0f} us", end="")
        for method, count in counts.items():
            took = times[method]
            ratio = took / times["run"]
            print(
                f"   {method} {1e6 * took:7.0f} us, {count:3} rounds, {ratio:6.1f}",
                end="",
            )
        print(flush=True)
    times = recurrence("orthogonal", seconds)
    print(
        f"linear recurrence, 32 units: in order {1e6 * times['in order']:.0f} us, ",
        end="",
    )
    print(f"doubling {1e6 * times['doubling']:.0f} us")


if __name__ == "__main__":
    main()
