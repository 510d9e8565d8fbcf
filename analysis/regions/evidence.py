"""What stands behind a rule: shares of held-out patients, a test that it is no chance, and whether it comes again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import hypergeom

from ..numbers.intervals import wilson
from ..response.classify import Response
from .counts import Boxes, Counts
from .prim import Sample, inside, limited, worth_telling
from .rules import Axis

SIGNIFICANT = 0.05
"""Chance, over all rules tried, that one is told though the class is no more frequent in it than among all."""


@dataclass(frozen=True)
class Condition:
    """A limit or two on one number.

    Attributes
    ----------
    name, units : str
        The number, and the units of its limits as clinicians use them.
    low, high : float or None
        A patient meets it at ``low`` or above, and below ``high``.
    low_again, high_again : tuple of float or None
        10th and 90th percentile of the limits in the refits in which the rule came again.
    words : str
        The condition as people say it.
    """

    name: str
    units: str
    low: float | None
    high: float | None
    low_again: tuple[float, float] | None
    high_again: tuple[float, float] | None
    words: str


@dataclass(frozen=True)
class Share:
    """A share of held-out patients, ``count`` of ``of``, with Wilson's 95 % interval; NaN of nobody."""

    count: int
    of: int
    share: float
    low: float
    high: float


@dataclass(frozen=True)
class Region:
    """A rule, and what became of the held-out patients who meet it.

    Attributes
    ----------
    conditions : tuple of Condition
        All of them hold.
    density : Share
        Of the class, among those who meet the rule.
    coverage : Share
        Of those who meet the rule, among the class.
    size : Share
        Of those who meet the rule, among all compared.
    added : Share
        Of the class, among those who meet this rule and none told before it.
    p_value : float
        Chance of as many among those added had the rule been drawn blindly, times the number of rules tried.
    again : float
        Share of the refits in which a rule on the same sides of the same numbers was found.
    overlap : float
        Patients in common with the nearest rule of a refit, over those in either; the median over the refits.
    moved : dict of str to float
        Share of the class among those who meet the rule, by what else the class might mean.
    """

    conditions: tuple[Condition, ...]
    density: Share
    coverage: Share
    size: Share
    added: Share
    p_value: float
    again: float
    overlap: float
    moved: dict[str, float]

    @property
    def words(self) -> str:
        """The rule in words."""
        return " and ".join(each.words for each in self.conditions)


def stood(counts: Counts, which: Response, number: int) -> dict[int, dict[str, Any]]:
    """Shares of the boxes that say something of the held-out patients whom they add to those told before.

    Where the class is nowhere more frequent, the first to be told is a mistake, and before it none was told: the
    chance of any is then at most ``SIGNIFICANT``.
    """
    told: dict[int, dict[str, Any]] = {}
    everybody, members = counts.compared(counts.every), counts.of(which, counts.every)
    taken = ~counts.every
    for place in range(number):
        within = counts.rows(place)
        new = within & ~taken
        size, added, hits = counts.compared(within), counts.compared(new), counts.of(which, new)
        p_value = min(1.0, number * float(hypergeom.sf(hits - 1, everybody, members, added)))
        if p_value > SIGNIFICANT or not worth_telling(added, hits, members / everybody):
            continue
        taken |= within
        told[place] = {
            "density": share_of(counts.of(which, within), size),
            "coverage": share_of(counts.of(which, within), members),
            "size": share_of(size, everybody),
            "added": share_of(hits, added),
            "p_value": p_value,
        }
    return told


def share_of(number: int, of: int) -> Share:
    """Share of some patients, with its interval."""
    low, high = (float(end) for end in wilson(np.array(number), np.array(of)))
    return Share(number, of, number / of if of else float("nan"), low, high)


def came_again(found: Boxes, box: np.ndarray, sample: Sample, again: list[list[np.ndarray]]) -> dict[str, Any]:
    """Conditions of a box, how often it came again in the refits, and how many of its patients."""
    sizes = found.sizes
    limits, own = set(limited(box, sizes)), inside(sample.codes, box, sizes)
    alike, overlaps = [], []
    for boxes_again in again:
        near = [(_overlap(own, inside(sample.codes, each, sizes)), each) for each in boxes_again]
        overlaps.append(max((overlap for overlap, _ in near), default=0.0))
        same = [(overlap, each) for overlap, each in near if set(limited(each, sizes)) == limits]
        if same:
            alike.append(max(same, key=lambda pair: pair[0])[1])
    conditions = tuple(_condition(found.axes[variable], variable, box, limits, alike) for variable in _in_order(limits))
    overlap = float(np.median(overlaps)) if overlaps else float("nan")
    return {"conditions": conditions, "again": len(alike) / max(len(again), 1), "overlap": overlap}


def _in_order(limits: set[tuple[int, int]]) -> list[int]:
    return sorted({variable for variable, _ in limits})


def _condition(
    axis: Axis, variable: int, box: np.ndarray, limits: set[tuple[int, int]], alike: list[np.ndarray]
) -> Condition:
    """Put the limits of a box to one number into words, beside those of the boxes like it in the refits."""

    def limit(side: int) -> tuple[float | None, tuple[float, float] | None]:
        if (variable, side) not in limits:
            return None, None
        values = [axis.limit(int(each[variable, side]), side) for each in alike]
        ends = np.quantile(values, [0.1, 0.9], method="nearest") if values else None
        return axis.limit(int(box[variable, side]), side), None if ends is None else (float(ends[0]), float(ends[1]))

    (low, low_again), (high, high_again) = limit(0), limit(1)
    return Condition(axis.measure.name, axis.units, low, high, low_again, high_again, axis.words(low, high))


def _overlap(first: np.ndarray, second: np.ndarray) -> float:
    return float((first & second).sum() / max((first | second).sum(), 1))


def percent(share: Share) -> str:
    """Write a share with its interval."""
    if share.share != share.share:
        return "-"
    return f"{100 * share.share:.1f} % ({100 * share.low:.1f}-{100 * share.high:.1f})"
