"""Counts over every patient of a store, and a sample of its numbers: what all sections of a report draw on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ...engine import OUTCOMES, PARAMETERS, Findings, Status
from ..reading.origin import cohorts_of, drawn_from
from ..reading.stream import Weights, fold, sample
from ..response.classify import Response, judge
from ..response.comparison import Comparison

K = TypeVar("K")

SAMPLED = 50_000
"""Patients at most of whom quantiles are taken: the median of a spread is then known to .5 % of its ranks."""


@dataclass
class RunCounts:
    """Patients by status and by finding.

    Attributes
    ----------
    arms : list of str
        Names, in the order of the store.
    status : dict of str to dict of Status to int
        By arm; those that occur.
    findings : dict of str to dict of Findings to int
        By arm, among the patients whose status is ok; those that occur.
    first : dict of Status to int
        Lowest index of a patient with that status in any arm.
    """

    arms: list[str]
    status: dict[str, dict[Status, int]]
    findings: dict[str, dict[Findings, int]]
    first: dict[Status, int]

    def ok(self, arm: str) -> int:
        """Patients with a result in an arm."""
        return self.status[arm].get(Status.OK, 0)

    def done(self, arm: str) -> int:
        """Patients whose run in an arm has ended, well or not."""
        return sum(self.status[arm].values()) - self.status[arm].get(Status.NOT_RUN, 0)

    @property
    def anybody(self) -> bool:
        """Whether there is a result at all."""
        return any(self.ok(arm) for arm in self.arms)


class _Lowest(int):
    """An index, of which the lowest counts."""

    def merge(self, other: int) -> _Lowest:
        return _Lowest(min(self, other))


def run_counts(dataset: xr.Dataset) -> RunCounts:
    """Count every patient of every arm by how the run ended."""
    arms = [str(name) for name in dataset["arm"].values]

    def counted(block: xr.Dataset, rows: slice) -> dict[str, dict[Any, Any]]:
        status = {arm: block["status"].sel(arm=arm).values for arm in arms}
        found = {arm: block["findings"].sel(arm=arm).values for arm in arms} if "findings" in block else {}
        held = {arm: bits[status[arm] == Status.OK] for arm, bits in found.items()}
        seen = {kind: np.any([codes == kind for codes in status.values()], axis=0) for kind in Status}
        return {
            "status": {arm: _occurring({kind: own == kind for kind in Status}) for arm, own in status.items()},
            "findings": {arm: _occurring({each: own & each != 0 for each in Findings}) for arm, own in held.items()},
            "first": {kind: _Lowest(rows.start + np.argmax(who)) for kind, who in seen.items() if who.any()},
        }

    names = ["status", *(["findings"] if "findings" in dataset else [])]
    found = fold(dataset, names, counted, answer="report", weights=Weights.EACH_ONCE)
    return RunCounts(arms, found["status"], {arm: found["findings"].get(arm, {}) for arm in arms}, found["first"])


def _occurring(who: Mapping[K, NDArray[np.bool_]]) -> dict[K, int]:
    """Count the patients of each kind, of those kinds that occur."""
    return {kind: int(mask.sum()) for kind, mask in who.items() if mask.any()}


def sampled_numbers(dataset: xr.Dataset) -> xr.Dataset:
    """Read the status, all parameters and all outcomes of a sample of the patients."""
    names = [name for name in (*PARAMETERS, *OUTCOMES, "status", "cohort", "difference_error") if name in dataset]
    return sample(dataset, names, SAMPLED, 4 * SAMPLED)


def by_cohort(dataset: xr.Dataset, comparison: Comparison) -> dict[str, dict[str, int]]:
    """Count the classes of each cohort of a mixture; empty where there is but one, or none is known of a patient."""
    names = cohorts_of(dataset)
    if len(names) < 2 or "cohort" not in dataset:
        return {}

    def counted(block: xr.Dataset, _: slice) -> dict[str, NDArray[np.int64]]:
        response = judge(block, comparison)[0]
        return {name: np.bincount(response[drawn_from(block, {name})], minlength=len(Response)) for name in names}

    totals = fold(dataset, comparison.reads(dataset), counted, answer="report", weights=Weights.EACH_ONCE)
    return {name: {kind.name.lower(): int(total[kind]) for kind in Response} for name, total in totals.items()}
