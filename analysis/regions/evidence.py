"""What stands behind a rule: counts of held-out patients, a test that it is no chance, and whether it comes again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.stats import hypergeom

from ..response.classify import Response
from .counts import Boxes, Counts
from .prim import Sample, inside, limited, worth_telling

SIGNIFICANT = 0.05
"""Chance, over all rules tried, that one is told though the class is no more frequent in it than among all."""


class Counted(NamedTuple):
    """Held-out patients of a rule.

    Attributes
    ----------
    patients, members : int
        Who meet it, and of them those of the class.
    added_patients, added_members : int
        Likewise of those who meet none of the rules told before it.
    p_value : float
        Chance of as many members among those added had the rule been drawn blindly, times the number of rules tried.
    """

    patients: int
    members: int
    added_patients: int
    added_members: int
    p_value: float


class Refitted(NamedTuple):
    """A rule, and the rules like it that were found in bootstrap samples.

    Attributes
    ----------
    limits : np.ndarray
        (measurement, side, 3): lower and upper limit, and its 10th and 90th percentile in the refits in which the rule
        came again; NaN where there is none.
    frequency : float
        Share of the refits in which a rule on the same sides of the same numbers was found.
    overlap : float
        Patients in common with the nearest rule of a refit, over those in either; the median over the refits.
    """

    limits: np.ndarray
    frequency: float
    overlap: float


def stood(counts: Counts, which: Response, number: int) -> dict[int, Counted]:
    """Count the boxes that say something of the held-out patients whom they add to those told before.

    Where the class is nowhere more frequent, the first to be told is a mistake, and before it none was told: the
    chance of any is then at most ``SIGNIFICANT``.
    """
    told: dict[int, Counted] = {}
    everybody, members = counts.compared(counts.every), counts.of(which, counts.every)
    taken = ~counts.every
    for place in range(number):
        within = counts.rows(place)
        new = within & ~taken
        added, hits = counts.compared(new), counts.of(which, new)
        p_value = min(1.0, number * float(hypergeom.sf(hits - 1, everybody, members, added)))
        if p_value > SIGNIFICANT or not worth_telling(added, hits, members / everybody):
            continue
        taken |= within
        told[place] = Counted(counts.compared(within), counts.of(which, within), added, hits, p_value)
    return told


def refitted(found: Boxes, box: np.ndarray, sample: Sample, refits: Sequence[Sequence[np.ndarray]]) -> Refitted:
    """Tell the limits of a box, how often it came again in the refits, and how many of its patients."""
    sizes = found.sizes
    own, sides = inside(sample.codes, box, sizes), limited(box, sizes)
    alike, overlaps = [], []
    for boxes in refits:
        near = [(_overlap(own, inside(sample.codes, each, sizes)), each) for each in boxes]
        overlaps.append(max((overlap for overlap, _ in near), default=0.0))
        same = [(overlap, each) for overlap, each in near if limited(each, sizes) == sides]
        if same:
            alike.append(max(same, key=lambda pair: pair[0])[1])
    limits = np.full((len(found.axes), 2, 3), np.nan)
    for variable, side in sides:
        axis = found.axes[variable]
        limits[variable, side, 0] = axis.limit(int(box[variable, side]), side)
        if alike:
            values = [axis.limit(int(each[variable, side]), side) for each in alike]
            limits[variable, side, 1:] = np.quantile(values, [0.1, 0.9], method="nearest")
    overlap = float(np.median(overlaps)) if overlaps else float("nan")
    return Refitted(limits, len(alike) / max(len(refits), 1), overlap)


def _overlap(first: np.ndarray, second: np.ndarray) -> float:
    return float((first & second).sum() / max((first | second).sum(), 1))
