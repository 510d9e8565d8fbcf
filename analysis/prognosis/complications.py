"""What days of support cost: the hazard of each kind of complication per patient and day, and its incidence."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ..numbers.cells import Floats
from .constants import BALLOON, KINDS, Hazard, Prognosis
from .risk_factors import RiskFactors, relative_hazard

HIGHEST_APTT = 70.0
"""Upper end (s) of the range of the activated partial thromboplastin time, above which bleeding rises."""


def relative_hazards(factors: RiskFactors, constants: Prognosis, device: str = BALLOON) -> dict[str, Floats]:
    """Hazard of each kind relative to that of the average patient under a balloon, by kind, each of one per patient."""
    times = constants.device(device)
    return {
        kind: relative_hazard(constants.hazard(kind), factors, constants.risk_factors) * getattr(times, kind)
        for kind in KINDS
    }


def flow_factor(hazard: Hazard, supported: ArrayLike, without: ArrayLike) -> Floats:
    """What the flow to the leg that a device takes multiplies a hazard by: 1 where it takes none.

    It is not relative to an average patient yet. In those with arterial disease part of that disease's factor is lost
    flow: whoever uses both divides this one by its mean among them, and by that among the others, so that each group
    keeps its published hazard.

    Parameters
    ----------
    hazard : Hazard
        Constants of the kind.
    supported, without : array
        Flow to the leg with the device and without it, in one unit.
    """
    lost = np.maximum(1.0 - np.asarray(supported, np.float64) / np.asarray(without, np.float64), 0.0)
    return np.asarray(hazard.per_10_points_of_flow_lost ** (10.0 * lost))


def bleeding_factor(hazard: Hazard, aptt: ArrayLike) -> Floats:
    """What an activated partial thromboplastin time (s) above the range multiplies a hazard by."""
    above = np.maximum(np.asarray(aptt, np.float64) - HIGHEST_APTT, 0.0) / 10.0
    return np.asarray(hazard.per_10_s_above_range**above)


def hazard_on_day(hazard: Hazard, day: ArrayLike, relative: ArrayLike, aptt: ArrayLike | None = None) -> Floats:
    """Hazard per day (1/day) at a time of support, without what the insertion brings.

    Parameters
    ----------
    hazard : Hazard
        Constants of the kind.
    day : array
        Days since the insertion.
    relative : array
        From :func:`relative_hazards`.
    aptt : array, optional
        Activated partial thromboplastin time (s); within the range where it is not given.
    """
    found = hazard.per_day * np.asarray(relative, np.float64) * _rise(hazard, np.asarray(day, np.float64))
    if aptt is not None:
        found = found * bleeding_factor(hazard, aptt)
    return np.asarray(found)


def cumulative_hazard(hazard: Hazard, days: ArrayLike, relative: ArrayLike) -> Floats:
    """Integral of the hazard over the days of support, with what the insertion brings."""
    days, relative = np.asarray(days, np.float64), np.asarray(relative, np.float64)
    exposure = days + np.maximum(days - hazard.rises_after_day, 0.0) ** 2 / (2.0 * hazard.doubles_in_days)
    return np.asarray(relative * (hazard.per_day * exposure - np.log1p(-hazard.at_insertion) * (days > 0)))


def incidence(hazard: Hazard, days: ArrayLike, relative: ArrayLike) -> Floats:
    """Probability to have had a complication of a kind after some days of support, whoever survives them."""
    return np.asarray(-np.expm1(-cumulative_hazard(hazard, days, relative)))


def fatal(days: ArrayLike, factors: RiskFactors, constants: Prognosis, device: str = BALLOON) -> Floats:
    """Probability to die of a complication of some days of support, the kinds independently of each other."""
    survives = np.ones(factors.age.shape)
    for kind, relative in relative_hazards(factors, constants, device).items():
        hazard = constants.hazard(kind)
        survives = survives * (1.0 - hazard.fatality * incidence(hazard, days, relative))
    return np.asarray(1.0 - survives)


def _rise(hazard: Hazard, day: Floats) -> Floats:
    return np.asarray(1.0 + np.maximum(day - hazard.rises_after_day, 0.0) / hazard.doubles_in_days)
