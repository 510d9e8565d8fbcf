"""What each day of support is expected to give and to cost, by patient: no draw, but hazards added up."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..numbers.cells import Floats
from ..prognosis.constants import KINDS
from ..prognosis.mortality import CAUSAL_SHARES
from .bedside import power_by_day, risk_by_day
from .nomograms import INTERVAL
from .request import Request
from .state import AT_INSERTION, BLEEDING, LIMB, Bedside

PER_DAY = round(24 / INTERVAL)
CERTAIN = 1.0 - 1e-12
"""Probability of an injury at most, so that its hazard is finite."""


def shares_of(request: Request) -> tuple[float, ...]:
    """Causal shares that stand side by side: 1, 1/2 and 0, and that which was asked for."""
    return tuple(sorted({*CAUSAL_SHARES, request.rules.causal_share}, reverse=True))


class Benefit(NamedTuple):
    """Of some patients, for each causal share of the association of power with death.

    Attributes
    ----------
    by_power, net : array, (share, patient, day + 1)
        Change of the probability to be alive at the end of the course by support until the day: by cardiac power alone,
        and with the complications.
    dearer : array, (share, patient, day)
        Whether the day costs more than it gives; the first with the insertion.
    best : array, (share, patient)
        Days of support with the greatest benefit; 0: none.
    fatal : array, (patient, day + 1)
        Hazard of a fatal complication with support until the day.
    """

    by_power: Floats
    net: Floats
    dearer: NDArray[np.bool_]
    best: NDArray[np.int64]
    fatal: Floats


def benefit_of(bedside: Bedside, daily: Floats, bleeding: NDArray[np.float32], request: Request) -> Benefit:
    """Add up the hazards of some patients with support until each day and without it after.

    The logarithm of survival is less by each day's hazards; a day gives what cardiac power under support takes off the
    hazard of death, and costs the fatal complications of that day. Recovery goes on with support or without.

    Parameters
    ----------
    bedside : Bedside
        Arms: the reference and full support are the first two.
    daily : array, (kind, interval)
        Hazards of the average patient.
    bleeding : array, (patient, interval)
        What the aPTT multiplies that of bleeding by.
    request : Request
    """
    days: Floats = np.arange(request.days, dtype=np.float64) + 0.5
    without, supported = (power_by_day(bedside, arm, days, request) for arm in (0, 1))
    risk, odds, slope = risk_by_day(days, request), bedside.log_odds[:, None], request.rules.slope
    alone = risk * np.logaddexp(0.0, odds + slope * without)
    fatal = hazard_until(bedside, daily, bleeding, request.days, fatalities(request))
    begin, end = np.zeros((len(without), 1)), alone.sum(axis=1, keepdims=True)
    by_power, net, dearer, best = [], [], [], []
    for share in shares_of(request):
        held = risk * np.logaddexp(0.0, odds + slope * (without + share * (supported - without)))
        given = np.concatenate([begin, np.cumsum(alone - held, axis=1)], axis=1)
        by_power.append(np.exp(given - end) - np.exp(-end))
        net.append(np.exp(given - fatal - end) - np.exp(-end))
        dearer.append(np.diff(given - fatal, axis=1) < 0)
        best.append(np.argmax(given - fatal, axis=1))
    return Benefit(np.stack(by_power), np.stack(net), np.stack(dearer), np.stack(best), fatal)


def hazard_until(bedside: Bedside, daily: Floats, bleeding: NDArray[np.float32], days: int, counted: Floats) -> Floats:
    """Hazard of complications with support until each day, (patient, day + 1); 0 without any.

    Parameters
    ----------
    bedside, daily, bleeding
        As in :func:`benefit_of`.
    days : int
    counted : array, (kind)
        Share of each kind that counts: that which is fatal, or ones for any complication.
    """
    begin, each_day = np.zeros((len(bedside.places), 1)), np.zeros((len(bedside.places), days))
    for kind in range(len(KINDS)):
        hazard = hazard_of(kind, bedside, daily[kind], bleeding)
        each_day += counted[kind] * hazard.reshape(len(hazard), -1, PER_DAY).mean(axis=2)
    insertion = -np.log1p(-counted[AT_INSERTION] * np.minimum(bedside.injured, CERTAIN))
    return np.concatenate([begin, np.cumsum(each_day, axis=1) + insertion[:, None]], axis=1)


def hazard_of(kind: int, bedside: Bedside, average: Floats, bleeding: NDArray[np.float32]) -> Floats:
    """Hazard of one kind of complication in each interval, (patient, interval), by that of the average patient."""
    hazard = bedside.relative[:, kind, None] * average
    return np.asarray(hazard * bleeding if LIMB + kind == BLEEDING else hazard)


def fatalities(request: Request) -> Floats:
    """Share of those who suffer each kind of complication that dies of it."""
    return np.array([request.prognosis.hazard(kind).fatality for kind in KINDS])
