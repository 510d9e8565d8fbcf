"""How many beats a patient takes to its periodic state, and how many steps a beat, by population and arm."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..engine.tables import Status
from ..sweeps.simulate import sample, simulate

OPEN_LOOP: dict[str, dict[str, Any]] = {
    "off": {},
    "iabp": {"balloon_volume": 40},
    "impella": {"impella": "CP", "impella_level": 8},
    "ecmo": {"ecmo_flow": 4},
}
REGULATED = {mode: {"off": {}, "iabp": {"balloon_volume": 40}} for mode in ("map-held", "baroreflex")}
HEAD = ["cohort", "arm", "regulation", "median", "99 %", "worst", "failed, %"]


def beats(cohorts: Sequence[str], patients: int) -> list[list[object]]:
    """Rows of the beats to convergence: cohort, arm, regulation, median, 99 %, worst, failures."""
    rows = []
    for cohort in cohorts:
        candidates = sample(cohort, patients, seed=0)
        for mode, arms in {"open-loop": OPEN_LOOP, **REGULATED}.items():
            result = simulate(candidates, arms, regulation=mode, threads=1)
            for arm in arms:
                if mode == "open-loop" or arm != "off":
                    rows.append([cohort, arm, mode, *_row(result.sel(arm=arm))])
    return rows


def _row(result: Any) -> list[object]:
    failed = 100.0 * float((result.status.values != Status.OK).mean())
    return [*_tail(result.beats_to_converge.values), failed]


def _tail(values: np.ndarray) -> list[object]:
    known = values[np.isfinite(values)]
    if not known.size:
        return [None, None, None]
    return [float(np.median(known)), float(np.quantile(known, 0.99)), float(known.max())]


def steps(cohorts: Sequence[str], patients: int) -> list[list[object]]:
    """Rows of the steps a beat: cohort, median, 99 %, worst."""
    from ..engine.inputs import parameter_matrix
    from ..engine.periodic import plan

    return [
        [cohort, *_tail(plan(parameter_matrix(sample(cohort, patients, seed=0)), 0)[0].astype(float))]
        for cohort in cohorts
    ]
