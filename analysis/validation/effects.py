"""Published effects of the balloon beside simulated ones, judged on direction and on size apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..words.numbers import quantiles
from .populations import Population
from .quantities import DECIMALS, Array
from .records import Verdict
from .table import Row, Study


@dataclass(frozen=True)
class Effect:
    """A row of the table answered.

    Attributes
    ----------
    median, low, high : float
        Of the patients: the median and the 5 and 95 % quantiles; the latter are None where the row has one number
        for the whole population.
    patients : int
        Compared.
    direction, size : Verdict
        Whether they are right.
    """

    source: str
    row: Row
    recipe: str
    median: float
    low: float | None
    high: float | None
    patients: int
    direction: Verdict
    size: Verdict

    @property
    def reason(self) -> str:
        """Why a row is missed; empty where it is not."""
        if Verdict.MISSED not in (self.direction, self.size):
            return ""
        return self.row.miss or "No reason is known."


def effect(study: Study, row: Row, populations: Mapping[str, Population]) -> Effect:
    """Answer one row from the simulated populations."""
    recipe = row.recipe or study.recipe
    values = measured(row, populations[recipe])
    low, median, high = quantiles(values)
    ends: tuple[float | None, float | None] = (low, high)
    if row.beside is not None:
        _, other, _ = quantiles(measured(row, populations[row.beside]))
        median = median - other if row.compared == "difference" else median / other
    elif row.measure == "share-below":
        median = 100.0 * float(np.count_nonzero(values > -float(row.limit or 0.0))) / max(len(values), 1)
    if row.beside is not None or row.measure == "share-below":
        ends = (None, None)
    return Effect(
        source=study.source,
        row=row,
        recipe=recipe,
        median=median,
        low=ends[0],
        high=ends[1],
        patients=len(values),
        direction=Verdict.of(_direction(row, median)),
        size=Verdict.of(_size(row, median)),
    )


def measured(row: Row, population: Population) -> Array:
    """Compute a row's quantity for every patient whose numbers hold."""
    if row.measure == "level":
        return population.values(row.of, row.arm)[population.holds(row.arm)]
    holds = population.holds(row.arm, row.reference)
    with_support = population.values(row.of, row.arm)[holds]
    without = population.values(row.minus or row.of, row.reference)[holds]
    change = with_support - without
    return 100.0 * change / np.abs(without) if row.measure == "relative" else change


def _direction(row: Row, median: float) -> bool | None:
    if not row.scored or row.direction == "none":
        return None
    if row.direction == "unchanged":
        return _within(row, median)
    change = median - (1.0 if row.beside is not None and row.compared == "ratio" else 0.0)
    least = 0.5 * 10.0 ** -DECIMALS[row.unit]  # what is shown as nothing has no direction
    return change > least if row.direction == "up" else change < -least


def _size(row: Row, median: float) -> bool | None:
    return _within(row, median) if row.scored and row.direction != "unchanged" else None


def _within(row: Row, median: float) -> bool | None:
    if row.low is None or row.high is None:
        return None
    return bool(row.low <= median <= row.high)
