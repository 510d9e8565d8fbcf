"""Published effects of the balloon beside simulated ones, judged on direction and on size apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..response.comparison import THRESHOLDS
from ..response.definitions import DEFINITIONS
from ..response.pairs import Pair
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
    population = populations[recipe]
    values = measured(row, population)
    low, median, high = quantiles(values)
    ends: tuple[float | None, float | None] = (low, high)
    if row.beside is not None:
        other = _of_all(row, measured(row, populations[row.beside]))
        median = _of_all(row, values)
        median = median - other if row.compared == "difference" else median / other
    elif row.measure == "split":
        median = _split(row, values, population)
    else:
        median = _of_all(row, values)
    if row.beside is not None or row.measure not in ("change", "relative", "level"):
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


def _of_all(row: Row, values: Array) -> float:
    """One number of all patients: the median, or a share in per cent."""
    if row.measure == "share-below":
        return 100.0 * float(np.count_nonzero(values > -float(row.limit or 0.0))) / max(len(values), 1)
    if row.measure == "share-meeting":
        return 100.0 * float(values.mean()) if len(values) else np.nan
    return quantiles(values)[1]


def _split(row: Row, values: Array, population: Population) -> float:
    """Median before support of the share ``limit`` (per cent) in whom ``by`` gains most, less that of the others."""
    gain = measured(row.model_copy(update={"measure": "change", "of": row.by, "minus": None}), population)
    ordered = values[np.argsort(gain, kind="stable")]
    others = round(len(ordered) * (1.0 - float(row.limit or 50.0) / 100.0))
    return quantiles(ordered[others:])[1] - quantiles(ordered[:others])[1]


def measured(row: Row, population: Population) -> Array:
    """Compute a row's quantity for every patient whose numbers hold."""
    if row.measure == "share-meeting":
        helps = DEFINITIONS[row.of].helps
        met = [helps(Pair(part, row.arm, row.reference), THRESHOLDS).holds for part in population.parts]
        return np.asarray(np.concatenate(met)[population.holds(row.arm, row.reference)], np.float64)
    if row.measure == "split":
        return population.values(row.of, row.reference)[population.holds(row.arm, row.reference)]
    if row.measure == "level":
        return population.values(row.of, row.arm)[population.holds(row.arm)]
    holds = population.holds(row.arm, row.reference)
    with_support = population.values(row.of, row.arm)[holds]
    without = population.values(row.minus or row.of, row.reference)[holds]
    change = with_support - without
    if row.measure != "relative":
        return change
    return 100.0 * change / np.where(without == 0, np.nan, np.abs(without))


def _direction(row: Row, median: float) -> bool | None:
    if not row.scored or row.direction == "none":
        return None
    if row.direction == "unchanged":
        return _within(row, median)
    change = median - (1.0 if row.beside is not None and row.compared == "ratio" else 0.0)
    least = 0.5 * 10.0 ** -DECIMALS.get(row.unit, -1)  # what is shown as nothing has no direction
    return change > least if row.direction == "up" else change < -least


def _size(row: Row, median: float) -> bool | None:
    return _within(row, median) if row.scored and row.direction != "unchanged" else None


def _within(row: Row, median: float) -> bool | None:
    if row.low is None or row.high is None:
        return None
    return bool(row.low <= median <= row.high)
