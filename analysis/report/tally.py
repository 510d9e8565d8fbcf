"""Counts over every patient of a store, and a sample of its numbers: what all sections of a report draw on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import xarray as xr

from ...engine import OUTCOMES, PARAMETERS, Findings, Status
from ..reading.origin import cohorts_of, drawn_from
from ..reading.stream import read, row_slices, sample
from ..response.classify import CLASSES, Response, judge
from ..response.comparison import Comparison

SAMPLED = 50_000
"""Patients at most of whom quantiles are taken: the median of a spread is then known to .5 % of its ranks."""


@dataclass
class Tally:
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
    first: dict[Status, int] = field(default_factory=dict)

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


def tally(dataset: xr.Dataset) -> Tally:
    """Count every patient of every arm, piece by piece."""
    arms = [str(name) for name in dataset["arm"].values]
    counts = Tally(arms, {arm: {} for arm in arms}, {arm: {} for arm in arms})
    names = ["status", *(["findings"] if "findings" in dataset else [])]
    for part in row_slices(dataset):
        block = read(dataset, names, part).transpose("arm", ...)
        for arm, codes in zip(arms, block["status"].values, strict=True):
            _add(counts.status[arm], {kind: int((codes == kind).sum()) for kind in Status})
        for kind in {kind for arm in arms for kind in counts.status[arm]} - counts.first.keys():
            counts.first[kind] = part.start + int(np.argmax((block["status"].values == kind).any(axis=0)))
        if "findings" not in block:
            continue
        for arm, codes, bits in zip(arms, block["status"].values, block["findings"].values, strict=True):
            held = bits[codes == Status.OK]
            _add(counts.findings[arm], {each: int((held & each != 0).sum()) for each in Findings})
    return counts


def _add(total: dict[Any, int], more: dict[Any, int]) -> None:
    for kind, count in more.items():
        if count:
            total[kind] = total.get(kind, 0) + count


def numbers(dataset: xr.Dataset) -> xr.Dataset:
    """Read the status, all parameters and all outcomes of a sample of the patients."""
    names = [name for name in (*PARAMETERS, *OUTCOMES, "status", "cohort", "difference_error") if name in dataset]
    return sample(dataset, names, SAMPLED, 4 * SAMPLED)


def by_cohort(dataset: xr.Dataset, comparison: Comparison) -> dict[str, dict[str, int]]:
    """Count the classes of each cohort of a mixture; empty where there is but one, or none is known of a patient."""
    names = cohorts_of(dataset)
    if len(names) < 2 or "cohort" not in dataset:
        return {}
    totals = {name: np.zeros(len(Response), dtype=np.int64) for name in names}
    for part in row_slices(dataset):
        block = read(dataset, comparison.reads(dataset), part)
        response = judge(block, comparison)[0]
        for name, total in totals.items():
            total += np.bincount(response[drawn_from(block, {name})], minlength=len(Response))
    wanted = (*CLASSES, Response.FAILED_RUN, Response.NOT_COMPARED)
    return {name: {kind.name.lower(): int(total[kind]) for kind in wanted} for name, total in totals.items()}
