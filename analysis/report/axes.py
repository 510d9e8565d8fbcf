"""Which two numbers of a patient together say most about the class: the axes of the maps in a report."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
import xarray as xr

from ..reading.measures import Measure, measure, varied
from ..reading.stream import sample
from ..regions.rules import at_bedside
from ..response.classify import Response, compared_in, judge
from ..response.comparison import Comparison

RANKED = 50_000
"""Patients at most on whom the axes are ranked."""

FEWEST = 200
"""Patients compared below which no axes are chosen."""

PARTS, PER_CELL = 8, 50
"""Parts of equal size at most that an axis is cut into, so that an average cell of two has so many patients."""


class Axes(NamedTuple):
    """Two axes, and the share of the uncertainty about the class (its entropy) that they take away together."""

    x: Measure
    y: Measure
    told: float


class Ranked(NamedTuple):
    """Cut axes of the patients of a sample who were compared, and their classes."""

    parts: dict[Measure, np.ndarray]
    response: np.ndarray

    def best(self, axes: Sequence[Measure], response: np.ndarray | None = None) -> Axes | None:
        """Find the pair of axes that says most about the class; None where no pair says anything."""
        classes = self.response if response is None else response
        # all of them: two axes that say little alone can say most together
        pairs = [
            Axes(x, y, told)
            for x, y in combinations(axes, 2)
            if (told := _told(self.parts[x] * PARTS + self.parts[y], classes)) > 0
        ]
        return max(pairs, key=lambda pair: pair.told, default=None)


def ranked(dataset: xr.Dataset, comparison: Comparison) -> tuple[Ranked, list[Measure], list[Measure]] | None:
    """Read a sample, judge it, and cut every axis that can be drawn; None with too few patients compared.

    Returns
    -------
    tuple
        The cut axes, and which of them are parameters and which measurements at the baseline.
    """
    own = [name for name in varied(dataset) if "arm" not in dataset[name].dims]
    parameters = [measure(dataset, name, comparison) for name in own]
    measured = [measure(dataset, name, comparison) for name in at_bedside(dataset) if name not in varied(dataset)]
    names = [*comparison.reads(dataset), *(name for axis in (*parameters, *measured) for name in axis.needs)]
    block = sample(dataset, names, RANKED, 4 * RANKED)
    response = judge(block, comparison)[0]
    compared = compared_in(response)
    if compared.sum() < FEWEST:
        return None
    values = {axis: axis.of(block)[compared] for axis in (*parameters, *measured)}
    number = int(np.clip(np.sqrt(compared.sum() / PER_CELL), 2, PARTS))
    parts = {
        axis: _cut(value, number) for axis, value in values.items() if np.isfinite(value).all() and np.ptp(value) > 0
    }
    cut = Ranked(parts, response[compared])
    return cut, [axis for axis in parameters if axis in parts], [axis for axis in measured if axis in parts]


def _cut(values: np.ndarray, number: int) -> np.ndarray:
    """Which of a number of parts of equal size each value lies in."""
    return np.searchsorted(np.quantile(values, np.arange(1, number) / number), values, side="right")


def _told(cells: np.ndarray, classes: np.ndarray) -> float:
    """Share of the entropy of the classes that the cells take away (Theil's uncertainty coefficient).

    Less what cells that have nothing to do with the classes would seem to take away (Miller 1955); 0 where no more
    is left than three times that.
    """
    table = np.bincount(cells * len(Response) + classes, minlength=PARTS**2 * len(Response)).reshape(-1, len(Response))
    table = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
    total = table.sum()
    whole = _entropy(table.sum(axis=0))
    within = _entropy(table) - _entropy(table.sum(axis=1))
    bias = (table.shape[0] - 1) * (table.shape[1] - 1) / (2 * total)
    return float((whole - within - bias) / whole) if whole > 0 and whole - within > 4 * bias else 0.0


def _entropy(counts: np.ndarray) -> float:
    shares = counts[counts > 0] / counts.sum()
    return float(-(shares * np.log(shares)).sum())
