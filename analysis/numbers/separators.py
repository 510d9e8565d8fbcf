"""What tells the patients of a class from the others: one number of a patient and a threshold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ...engine import OUTCOMES
from ..reading.measures import Measure, spelt

LEAST_AUC = 0.6
"""Area under the ROC curve below which a single axis is not worth a sentence."""

FEWEST = 50
"""Patients of a class, and of the others, below which nothing is said to separate them."""


@dataclass(frozen=True)
class Separator:
    """How well one number of a patient tells those of a class from the other patients compared.

    Attributes
    ----------
    name, label, units : str
        As in :class:`~counterpulse.analysis.reading.measures.Measure`.
    baseline : bool
        Whether it is measured at the baseline; else it is a parameter.
    auc : float
        Area under the ROC curve, at least .5.
    above : bool
        Whether the class lies above the threshold.
    threshold : float
        Where sensitivity and specificity add up to most (Youden's index).
    share_above, share_below : float
        Share of the class among the patients on either side.
    """

    name: str
    label: str
    units: str
    baseline: bool
    auc: float
    above: bool
    threshold: float
    share_above: float
    share_below: float


def ranked(values: Mapping[Measure, np.ndarray], member: np.ndarray) -> list[Separator]:
    """Judge the axes for one class; none where too few patients are in it or out of it to tell."""
    if not 0.01 <= member.mean() <= 0.99 or min(member.sum(), (~member).sum()) < FEWEST:
        return []
    return [each for axis, value in values.items() if (each := separator(axis, value, member)) is not None]


def separator(axis: Measure, values: np.ndarray, member: np.ndarray) -> Separator | None:
    """Judge one axis; None where it has one value only, or one that is not finite.

    The area under the ROC curve is that of its trapezoids, in which equal values count half; the threshold is a value
    of the sample.
    """
    if not np.isfinite(values).all() or values.min() == values.max():
        return None
    inside, outside = int(member.sum()), int((~member).sum())
    order = np.argsort(values, kind="stable")
    ordered, hits = values[order], np.cumsum(member[order])
    last = np.flatnonzero(np.append(ordered[1:] != ordered[:-1], True))  # a threshold lies after equal values
    below, others = (np.append(0.0, count) for count in (hits[last] / inside, (last + 1 - hits[last]) / outside))
    area = float(np.trapezoid(1 - below, others))
    last, lead = last[:-1], (below - others)[1:-1]
    cut = int(last[np.argmin(lead) if area >= 0.5 else np.argmax(lead)])
    return Separator(
        name=axis.name,
        label=axis.label,
        units=axis.units,
        baseline=axis.name in OUTCOMES,
        auc=float(max(area, 1 - area)),
        above=bool(area >= 0.5),
        threshold=float((ordered[cut] + ordered[cut + 1]) / 2),
        share_above=float((inside - hits[cut]) / (len(values) - cut - 1)),
        share_below=float(hits[cut] / (cut + 1)),
    )


def best(separators: tuple[Separator, ...]) -> list[Separator]:
    """The best parameter and the best baseline measurement, where they are worth a sentence."""
    chosen = [next((each for each in separators if each.baseline is kind), None) for kind in (False, True)]
    return sorted((each for each in chosen if each and each.auc >= LEAST_AUC), key=lambda each: -each.auc)


def in_words(each: Separator, verb: str) -> str:
    """Say on which side of its threshold patients are of the class more often."""
    units = f" {spelt(each.units)}" if spelt(each.units) else ""
    sides = [("above", each.share_above), ("below", each.share_below)]
    (first, most), (_, least) = sides if each.above else sides[::-1]
    return (
        f"{verb.capitalize()} more often with {each.label} {first} {each.threshold:.3g}{units}: "
        f"{100 * most:.0f} % there, {100 * least:.0f} % on the other side (AUC {each.auc:.2f})."
    )
