"""How fast: the figures that are recorded, each measured beside the reference kernel in the same run."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial
from inspect import signature
from typing import Any, NamedTuple

import numpy as np
import xarray as xr

from ..engine import InputError, Status
from ..engine.compile.layout import LANES
from ..sweeps.simulate import sample
from . import yardsticks
from .timing import Task, interleaved, least

# what needs the engine's inside is imported where it is used: `compare` runs this file on revisions that have another
PRECISIONS = ("float64", "float32")
COHORT = "ami-cs"
BALLOON, TOLERANCE = 40.0, 5e-4
ARMS = {"off": {}, "iabp": {"balloon_volume": BALLOON}}
TRAINING_PATIENTS = 9216
"""Of the warm start of a run of a million, with which pairs are simulated."""
CONVERGED = 1e-3
"""A pair counts where both arms' estimated error is below this."""
BEATS, BURSTS = 2, 20
"""Of a burst of a kernel, and bursts in a round. A burst is shorter than a turn on a busy core, which costs caches."""
REFERENCE_ROUNDS, PEAK_ROUNDS = 1000, 1000


class Figure(NamedTuple):
    """One measured figure.

    Attributes
    ----------
    value : float
        In its unit, from the least time of all rounds.
    unit : str
    ratio : float
        What is done in the time of one burst of the reference kernel: more is faster.
    """

    value: float
    unit: str
    ratio: float


def reference_task() -> Task:
    """Make a burst of the reference kernel."""
    work = np.ones(2 * yardsticks.FIELDS * yardsticks.LANES)
    return Task([lambda: yardsticks.reference(work, REFERENCE_ROUNDS)])


def _peak(precision: str, _: xr.Dataset) -> Task:
    work = np.ones(yardsticks.ELEMENTS, precision)
    factor, term = work.dtype.type(0.999), work.dtype.type(0.001)
    return Task(
        [lambda: yardsticks.multiply_add(work, factor, term, PEAK_ROUNDS)],
        2.0 * yardsticks.CHAIN * work.size * PEAK_ROUNDS,
    )


def _lanes(precision: str, _: xr.Dataset) -> Task:
    from .kernel import RIGHT_HAND_SIDES, in_lanes

    return Task([in_lanes(precision, BEATS)], BEATS * LANES * RIGHT_HAND_SIDES, BURSTS)


def _obvious(_: xr.Dataset) -> Task:
    from .kernel import RIGHT_HAND_SIDES, obvious

    return Task([obvious(BEATS)], BEATS * RIGHT_HAND_SIDES, BURSTS)


def _pairs(precision: str, patients: xr.Dataset) -> Task:
    from ..sweeps.simulate import simulate, warm_start

    own: dict[str, Any] = {"precision": precision, "tolerance": TOLERANCE, "threads": 1}
    # a revision may not know of it
    known = signature(warm_start).parameters
    many: dict[str, Any] = {"training_patients": TRAINING_PATIENTS} if "training_patients" in known else {}
    own["warm_start"] = warm_start(COHORT, ARMS, precision=precision, **many)

    def converged() -> int:
        found = simulate(patients, ARMS, **own)
        return int(((found.status == Status.OK) & (found.convergence_error < CONVERGED)).all("arm").sum())

    return Task([converged], converged(), bursts=1)


def _cold(precision: str, patients: xr.Dataset) -> Task:
    from ..engine.inputs import PLACE, parameter_matrix
    from ..engine.periodic.solve import plan, solve

    def converged(bare: np.ndarray, supported: np.ndarray) -> int:
        off = solve(bare, None, None, precision=precision, tolerance=TOLERANCE)
        on = solve(supported, off.states, off.learned, precision=precision, tolerance=TOLERANCE)
        return int(((off.status == Status.OK) & (on.status == Status.OK)).sum())

    bare = parameter_matrix(patients)
    supported = bare.copy()
    supported[:, PLACE["balloon_volume"]] = BALLOON
    # parted as the engine parts them, by their steps: shorter bursts, more of them undisturbed
    steps, *_ = plan(bare)
    groups = [(bare[steps == count], supported[steps == count]) for count in np.unique(steps)]
    return Task([partial(converged, *group) for group in groups], sum(converged(*group) for group in groups), bursts=1)


TASKS: dict[str, tuple[str, Callable[[xr.Dataset], Task]]] = {
    **{f"peak {precision}": ("GFLOP/s", partial(_peak, precision)) for precision in PRECISIONS},
    **{f"lanes {precision}": ("ns/right-hand side", partial(_lanes, precision)) for precision in PRECISIONS},
    "obvious float64": ("ns/right-hand side", _obvious),
    **{f"cold {precision}": ("pairs/CPU-s", partial(_cold, precision)) for precision in PRECISIONS},
    **{f"pairs {precision}": ("pairs/CPU-s", partial(_pairs, precision)) for precision in PRECISIONS},
}
"""Figure -> its unit, and what makes its task for these patients."""


def patients_of(count: int) -> xr.Dataset:
    """Draw the patients of every benchmark: infarct shock, seed 0, no window."""
    if count < 1:
        raise InputError(f"--patients: given {count}, 1 or more is needed")
    return sample(COHORT, count, seed=0)


def prepared(patients: xr.Dataset, kinds: Collection[str] = ()) -> dict[str, Task]:
    """Make the task of every figure, or of every figure of some kinds, after the reference kernel's."""
    chosen = {name: make for name, (_, make) in TASKS.items() if not kinds or name.split()[0] in kinds}
    return {"reference": reference_task(), **{name: make(patients) for name, make in chosen.items()}}


def in_unit(unit: str, per_second: float) -> float:
    """Express a rate in a figure's unit."""
    scale = {"GFLOP/s": 1e-9, "pairs/CPU-s": 1.0}
    return scale[unit] * per_second if unit in scale else 1e9 / per_second


def measure(tasks: dict[str, Task], rounds: int) -> dict[str, Figure]:
    """Measure every figure in one run of interleaved rounds."""
    if rounds < 1:
        raise InputError(f"--rounds: given {rounds}, 1 or more is needed")
    times = interleaved(tasks, rounds)
    burst = least(times["reference"])
    rates = {name: tasks[name].amount / least(times[name]) for name in TASKS if name in tasks}
    units = {name: TASKS[name][0] for name in rates}
    return {name: Figure(in_unit(unit, rates[name]), unit, rates[name] * burst) for name, unit in units.items()}


def listing(figures: dict[str, Figure]) -> tuple[list[str], list[list[object]]]:
    """Head and rows of a table of figures; the lane kernel also in operations, and as a share of the peak."""
    from .counting import flops

    count = flops()
    rows: list[list[object]] = []
    for name, (value, unit, ratio) in figures.items():
        kind, precision = name.split()
        rate = None if unit != "ns/right-hand side" else count / value
        peak = figures[f"peak {precision}"].value
        over = figures["obvious float64"].value / value if kind == "lanes" else None
        rows.append([name, value, unit, ratio, rate, None if rate is None else 100.0 * rate / peak, over])
    return ["figure", "value", "unit", "over reference", "GFLOP/s", "% of peak", "over obvious"], rows
