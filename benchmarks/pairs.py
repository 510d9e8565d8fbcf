"""How many converged pairs (with and without a balloon) a CPU-second of one core yields, and what the lanes give.

``python benchmarks/pairs.py [--patients N] [--rounds N]``. The obvious kernel has the same equations and steps, with
the patient outside and time inside. All is measured interleaved in one process on one thread; the best round counts.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numba
import numpy as np

from counterpulse.engine import integrate
from counterpulse.engine.beat_map import PLAIN_FIELDS, begin_pattern, buffers, enter, lanes
from counterpulse.engine.inputs import PLACE, parameter_matrix
from counterpulse.engine.integrate import MACHINES, MEANS, ROWS, STATES
from counterpulse.engine.lanes import LANES
from counterpulse.engine.periodic import CURVES, Solution, solve
from counterpulse.engine.physics import COMBINATIONS
from counterpulse.engine.single import pattern, prepare
from counterpulse.sweeps.simulate import sample

STEPS = 160
PLAIN = COMBINATIONS[0]
PRECISIONS = ("float64", "float32")


def seconds(work: Callable[[], object]) -> float:
    """CPU time of this thread."""
    begin = time.thread_time()
    work()
    return time.thread_time() - begin


def pairs(matrix: np.ndarray, supported: np.ndarray, precision: str) -> tuple[Solution, Solution]:
    off = solve(matrix, None, None, precision=precision, tolerance=5e-4)
    good = np.flatnonzero(off.status == 1)
    return off, solve(supported[good], off.states[good], off.learned[good], precision=precision, tolerance=5e-4)


def obvious(matrix: np.ndarray, off: Solution, beats: int) -> Callable[[], None]:
    """One patient, beat after beat."""
    _, grid, _ = buffers(STEPS, "float64")
    state, tones = off.states[0, :STATES].copy(), off.states[0, STATES : STATES + 2].copy()
    machine = np.zeros(MACHINES)
    prepare(matrix[0], 0.3, grid, CURVES, STEPS)

    def work() -> None:
        for _ in range(beats):
            pattern(
                state, machine, tones, matrix[0], 0.0, np.ones(3), grid, STEPS, np.empty((0, 0)), np.empty(MEANS), PLAIN
            )  # fmt: skip

    return work


def in_lanes(matrix: np.ndarray, off: Solution, precision: str, beats: int) -> Callable[[], None]:
    """LANES patients, beat after beat."""

    @numba.njit(nogil=True)
    def carry(work, grid, trace, count):  # type: ignore[no-untyped-def]
        for _ in range(count):
            integrate.integrate(work, grid, trace, STEPS, PLAIN)

    s = lanes(STEPS, PLAIN_FIELDS)
    work, grid, trace = buffers(STEPS, precision)
    for lane in range(LANES):
        enter(lane, lane, matrix, off.states, off.closures, STEPS, s, work, grid, CURVES)
    begin_pattern(s, work)
    assert work.size == ROWS * LANES
    return lambda: carry(work, grid, trace, beats)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--patients", type=int, default=4096)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    matrix = parameter_matrix(sample("ami-cs", options.patients, seed=0))
    supported = matrix.copy()
    supported[:, PLACE["balloon_volume"]] = 40.0
    off, _ = pairs(matrix[:LANES], supported[:LANES], "float64")
    beats = 20
    work: dict[str, Callable[[], object]] = {"obvious": obvious(matrix, off, beats)}
    solved: dict[str, tuple[Solution, Solution]] = {}
    for precision in PRECISIONS:
        work[f"lanes {precision}"] = in_lanes(matrix, off, precision, beats)
        solved[precision] = pairs(matrix, supported, precision)
        work[f"pairs {precision}"] = lambda precision=precision: pairs(matrix, supported, precision)  # type: ignore[misc]
    for task in work.values():
        task()
    best = dict.fromkeys(work, float("inf"))
    for _ in range(options.rounds):
        for name, task in work.items():
            best[name] = min(best[name], seconds(task))
    alone = beats / best["obvious"]
    print(
        f"ami-cs, arms off and 40 mL balloon, {options.patients} patients, best of {options.rounds} rounds, one thread"
    )
    print(f"{'':10} {'pairs/CPU-s':>12} {'beats/pair':>11} {'beats/CPU-s':>12} {'lanes/obvious':>14} {'converged':>10}")
    print(f"{'obvious':10} {'':>12} {'':>11} {alone:12.0f} {1.0:14.1f}")
    for precision in PRECISIONS:
        first, second = solved[precision]
        converged = np.count_nonzero(second.status == 1)
        count = np.nanmean(first.outcomes[:, -2]) + np.nanmean(second.outcomes[:, -2])
        rate = LANES * beats / best[f"lanes {precision}"]
        print(
            f"{precision:10} {converged / best[f'pairs {precision}']:12.0f} {count:11.1f} {rate:12.0f}"
            f" {rate / alone:14.1f} {converged / options.patients:10.4f}"
        )


if __name__ == "__main__":
    main()
