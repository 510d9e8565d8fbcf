"""What is counted of courses, block by block: sums that add up."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..numbers.cells import Floats
from ..prognosis.constants import KINDS
from .benefit import Benefit
from .competing_risks import tallied
from .heparin import HeparinCourse
from .nomograms import INTERVAL
from .state import BLEEDING, DEATH, ESCALATION, INFECTION, LIMB, OFF, STROKE, VASCULAR, Events

EVENTS = {
    "death": DEATH,
    "support_ended": OFF,
    "escalation": ESCALATION,
    "limb_ischaemia": LIMB,
    "severe_bleeding": BLEEDING,
    "infection": INFECTION,
    "vascular_injury": VASCULAR,
    "stroke": STROKE,
}
"""Events whose cumulative incidence is told; of all but death, death competes, and of all but these two the end of
support."""


def times(days: int) -> Floats:
    """Times at which events are counted, days: the insertion, and the end of every interval."""
    return np.arange(round(days * 24 / INTERVAL) + 1) * INTERVAL / 24


def of_events(found: Events, days: int) -> dict[str, Any]:
    """Count what happened in one course.

    Returns
    -------
    dict
        ``counts``, (event, 2, time) by whether the event or what competes with it came first, and ``leaving``,
        (event, time); sums over the patients of days of support, of who failed a step of weaning, returned or was
        weaned; and deaths by cause.
    """
    edges, counts, leaving = times(days), [], []
    death, off = found.times[:, DEATH], found.times[:, OFF]
    for place in EVENTS.values():
        own = found.times[:, place]
        rival = np.full_like(own, np.inf) if place == DEATH else death if place == OFF else np.minimum(death, off)
        # a complication that ends support or kills comes with its end, and is the event
        first, cause = np.minimum(own, rival), np.where(own <= rival, 1, 2) * np.isfinite(np.minimum(own, rival))
        events, censored = tallied(np.minimum(first, days), cause, edges, 2)
        counts.append(events)
        leaving.append(censored)
    return {
        "counts": np.stack(counts),
        "leaving": np.stack(leaving),
        "support": float(found.support.sum(dtype=np.float64)),
        "failed": int((found.failures > 0).sum()),
        "returned": int((found.returns > 0).sum()),
        "causes": np.bincount(found.cause, minlength=len(KINDS) + 2),
    }


def discordant(found: Events, asked: Events) -> NDArray[np.int64]:
    """Patients who die in this course and not in that asked for, and the other way round."""
    here, there = np.isfinite(found.times[:, DEATH]), np.isfinite(asked.times[:, DEATH])
    return np.array([(here & ~there).sum(), (there & ~here).sum()])


def of_heparin(found: HeparinCourse) -> dict[str, Any]:
    """Sum shares of time over the patients, by interval, and count when readings first were in range."""
    intervals = found.aptt.shape[1]
    first = np.where(np.isfinite(found.hours_to_range), found.hours_to_range / INTERVAL, intervals + 1).astype(np.int64)
    return {
        name: getattr(found, name).sum(axis=0, dtype=np.float64) for name in ("aptt", "below", "in_range", "excessive")
    } | {"first": np.bincount(first, minlength=intervals + 2)}


def of_benefit(found: Benefit, groups: NDArray[np.int64], number: int) -> dict[str, Any]:
    """Sum what support until each day gives, over the patients of each of some groups.

    Returns
    -------
    dict
        Sums over (group, share, day); ``best`` counts patients by the day.
    """

    def summed(values: NDArray[Any]) -> Floats:
        return np.stack([values[:, groups == each].sum(axis=1, dtype=np.float64) for each in range(number)])

    days = found.net.shape[2]
    counted = [[np.bincount(own[groups == each], minlength=days) for own in found.best] for each in range(number)]
    return {
        "by_power": summed(found.by_power),
        "net": summed(found.net),
        "dearer": summed(found.dearer),
        "best": np.array(counted),
    }


def moments(values: dict[str, Floats], chosen: NDArray[np.bool_]) -> Floats:
    """Sums of some measures, and of their squares, over those chosen and the others: (share, measure, side, power).

    Parameters
    ----------
    values : dict of str to array, (patient)
    chosen : array, (share, patient)
    """
    found = np.empty((len(chosen), len(values), 2, 2))
    for place, own in enumerate(values.values()):
        for power in (1, 2):
            raised = own**power
            found[:, place, 0, power - 1] = chosen @ raised
            found[:, place, 1, power - 1] = ~chosen @ raised
    return found
