"""How many beats a patient takes to its periodic state, and how many steps a beat, by population and arm."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import xarray as xr

from ..engine import OUTCOMES, Status
from ..sweeps.simulate import sample, simulate, warm_start
from .accuracy import COMPARED

OPEN_LOOP: dict[str, dict[str, Any]] = {
    "off": {},
    "iabp": {"balloon_volume": 40},
    "impella": {"impella": "CP", "impella_level": 8},
    "ecmo": {"ecmo_flow": 4},
}
REGULATED = {mode: {"off": {}, "iabp": {"balloon_volume": 40}} for mode in ("map-held", "baroreflex")}
HEAD = ["cohort", "arm", "regulation", "mean", "99 %", "worst", "mean without", "failed, %", "covered, %"]
EXACT = 1e-6


def beats(cohorts: Sequence[str], patients: int) -> list[list[object]]:
    """Rows of the beats to convergence.

    Returns
    -------
    list
        Cohort, arm and regulation; mean, 99 % and worst with a warm start, mean without; failures with it; and the
        share of patients whose estimated error is at least the true one, against a tolerance of ``EXACT``.
    """
    rows: list[list[object]] = []
    for cohort in cohorts:
        candidates = sample(cohort, patients, seed=0)
        for mode, arms in {"open-loop": OPEN_LOOP, **REGULATED}.items():
            run = partial(simulate, candidates, arms, regulation=mode)
            warm_started, plain, exact = (
                run(warm_start=warm_start(cohort, arms, regulation=mode)),
                run(),
                run(tolerance=EXACT),
            )
            covered = warm_started.convergence_error >= worst_error(warm_started, exact)
            known = (warm_started.status == Status.OK) & (exact.status == Status.OK)
            for arm in arms:
                if mode != "open-loop" and arm == "off":
                    continue
                taken = warm_started.beats_to_converge.sel(arm=arm).values
                failed = float((warm_started.status.sel(arm=arm) != Status.OK).mean())
                share = float(covered.sel(arm=arm).where(known.sel(arm=arm)).mean())
                without = float(plain.beats_to_converge.sel(arm=arm).mean())
                tail = [float(np.nanmean(taken)), *_tail(taken)[1:]]
                rows.append([cohort, arm, mode, *tail, without, 100.0 * failed, 100.0 * share])
    return rows


def worst_error(found: xr.Dataset, truth: xr.Dataset) -> xr.DataArray:
    """Worst error of the outcomes of each run, relative to the outcome's size or its floor."""
    errors = [
        np.abs(found[name].values - truth[name].values) / np.maximum(np.abs(truth[name].values), OUTCOMES[name].floor)
        for name in COMPARED
    ]
    return found["status"].copy(data=np.max(errors, axis=0))


def _tail(values: np.ndarray) -> list[object]:
    known = values[np.isfinite(values)]
    if not known.size:
        return [None, None, None]
    return [float(np.median(known)), float(np.quantile(known, 0.99)), float(known.max())]


def steps(cohorts: Sequence[str], patients: int) -> list[list[object]]:
    """Rows of the steps a beat: cohort, median, 99 %, worst."""
    from ..engine.inputs import parameter_matrix
    from ..engine.periodic.solve import plan

    return [
        [cohort, *_tail(plan(parameter_matrix(sample(cohort, patients, seed=0)))[0].astype(float))]
        for cohort in cohorts
    ]
