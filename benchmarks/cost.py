"""What accuracy costs, and what many patients and arms cost: CPU time against error, numbers and arms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any
from unittest.mock import patch

import numpy as np
import xarray as xr

from ..engine.compile.layout import LANES
from ..engine.patient.optional_laws import COMBINATIONS, GAS
from ..engine.periodic import solve as periodic
from ..sweeps.simulate import sample, simulate
from .beats import worst_error
from .kernel import RIGHT_HAND_SIDES, in_lanes
from .speed import BALLOON, BEATS, BURSTS, COHORT, PRECISIONS
from .timing import Task, interleaved, least, seconds

ARMS: dict[str, dict[str, Any]] = {
    "off": {},
    "iabp": {"balloon_volume": BALLOON},
    "half": {"balloon_volume": BALLOON, "assist_ratio": 2},
    "impella": {"impella": "CP", "impella_level": 8},
    "ecmo": {"ecmo_flow": 4},
    "ecmo-iabp": {"ecmo_flow": 4, "balloon_volume": BALLOON},
}
PAIR = {name: ARMS[name] for name in ("off", "iabp")}
TOLERANCES = (1e-2, 3e-3, 1e-3, 5e-4, 1e-4, 1e-5)
STEPS = (0.5, 1.0, 2.0, 4.0)
FINEST = 1e-6
FINE_STEPS = 8.0
PATIENTS = (100, 300, 1_000, 3_000, 10_000, 30_000, 100_000)
ERROR_HEAD = ["CPU ms/pair", "median error", "99 %", "worst"]


def _simulated(patients: xr.Dataset, tolerance: float, factor: float) -> xr.Dataset:
    """Simulate pairs with that many times the steps the engine plans."""
    plan: Callable[..., Any] = periodic.plan

    def finer(*arguments: Any) -> Any:
        steps, *rest = plan(*arguments)
        return ((factor * steps).astype(np.int64), *rest)

    with patch.object(periodic, "plan", finer):
        return simulate(patients, PAIR, tolerance=tolerance, threads=1)


def _rows(
    patients: xr.Dataset, truth: xr.Dataset, settings: Sequence[tuple[float, float]], rounds: int
) -> list[list[object]]:
    works = [partial(_simulated, patients, *setting) for setting in settings]
    errors = [worst_error(work(), truth).values for work in works]
    rows: list[list[object]] = []
    for error, spent in zip(errors, _side_by_side(works, rounds), strict=True):
        known = error[np.isfinite(error)]
        tail = [float(np.median(known)), float(np.quantile(known, 0.99)), float(known.max())]
        rows.append([1e3 * spent / patients.sizes["patient"], *tail])
    return rows


def _side_by_side(works: Sequence[Callable[[], object]], rounds: int) -> list[float]:
    """Least CPU time of each of several, interleaved."""
    times = interleaved({str(place): Task([work], bursts=1) for place, work in enumerate(works)}, rounds)
    return [least(each) for each in times.values()]


def of_tolerance(patients: int, rounds: int) -> list[list[object]]:
    """Rows: tolerance, CPU time a pair, and the error of the worst outcome against a tolerance of ``FINEST``."""
    candidates = sample(COHORT, patients, seed=0)
    truth = _simulated(candidates, FINEST, 1.0)
    rows = _rows(candidates, truth, [(tolerance, 1.0) for tolerance in TOLERANCES], rounds)
    return [[tolerance, *row] for tolerance, row in zip(TOLERANCES, rows, strict=True)]


def of_steps(patients: int, rounds: int) -> list[list[object]]:
    """Rows: times the planned steps, CPU time a pair, and the error of the worst outcome against ``FINE_STEPS``."""
    candidates = sample(COHORT, patients, seed=0)
    truth = _simulated(candidates, FINEST, FINE_STEPS)
    rows = _rows(candidates, truth, [(FINEST, factor) for factor in STEPS], rounds)
    return [[factor, *row] for factor, row in zip(STEPS, rows, strict=True)]


def of_patients(numbers: Sequence[int] = PATIENTS) -> list[list[object]]:
    """Rows: patients, CPU time a pair, pairs a CPU-second."""
    rows: list[list[object]] = []
    for number in numbers:
        candidates = sample(COHORT, number, seed=0)
        rounds = max(1, min(5, 3_000 // number))
        spent = min(seconds(partial(simulate, candidates, PAIR, threads=1)) for _ in range(rounds))
        rows.append([number, 1e3 * spent / number, number / spent])
    return rows


def of_arms(patients: int, rounds: int) -> list[list[object]]:
    """Rows: arms, the last of them, CPU time a patient with all of them."""
    candidates = sample(COHORT, patients, seed=0)
    chosen = [dict(list(ARMS.items())[:count]) for count in range(1, len(ARMS) + 1)]
    spent = _side_by_side([partial(simulate, candidates, arms, threads=1) for arms in chosen], rounds)
    return [[len(arms), list(arms)[-1], 1e3 * each / patients] for arms, each in zip(chosen, spent, strict=True)]


def of_laws(rounds: int) -> list[list[object]]:
    """Rows: optional laws; by precision, the time of a right-hand side with them (ns), and over that without."""
    kinds = {"none": 0, "lesions": 1, "gas": 2 * GAS, "lesions and gas": 2 * GAS + 1}
    amount = BEATS * LANES * RIGHT_HAND_SIDES
    tasks = {
        f"{name} {precision}": Task([in_lanes(precision, BEATS, COMBINATIONS[code])], bursts=BURSTS)
        for name, code in kinds.items()
        for precision in PRECISIONS
    }
    spent = {name: 1e9 * least(times) / amount for name, times in interleaved(tasks, rounds).items()}
    return [
        [
            name,
            *(
                spent[f"{name} {precision}"] / scale
                for precision in PRECISIONS
                for scale in (1.0, spent[f"none {precision}"])
            ),
        ]
        for name in kinds
    ]
