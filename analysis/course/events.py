"""The days of each patient as discrete events: complications, steps of weaning, return, escalation, death."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...engine.irregular.rhythm import patient_key
from ..numbers.cells import Floats
from .kernels import compiled
from .state import AT_INSERTION, BACK, DEATH, EVENTS, FOR_GOOD, KINDS, NEXT_TRY, NOTHING, STATE, Bedside, Events, Rules
from .steps import decided, gain_of, inserted, lived, measured, recovered_by


def happened(
    seed: int,
    bedside: Bedside,
    rules: Rules,
    daily: Floats,
    bleeding: NDArray[np.float32],
    fatality: Floats,
    rival: Floats | None,
    supported: bool = True,
) -> Events:
    """Simulate the days of some patients.

    Within an interval hazards are constant, and the next event comes after an exponential waiting time: exact, whatever
    the interval. Decisions are made at its beginning, on measured values. Every draw is a hash of seed, place,
    stream and interval, so that courses that differ in a rule are paired.

    Parameters
    ----------
    seed : int
    bedside : Bedside
    rules : Rules
    daily : array, (kind, interval)
        Hazards per day of the average patient.
    bleeding : array, (patient, interval)
        What the aPTT multiplies the hazard of bleeding by.
    fatality : array, (kind)
        Share of those who suffer a complication that dies of it.
    rival : array, (kind), optional
        What the stronger device multiplies the hazards by; None where there is none.
    supported : bool
        Whether there is a balloon at all.
    """
    patients = len(bedside.places)
    out = Events(
        np.full((patients, EVENTS), np.inf, np.float32),
        np.zeros(patients, np.float32),
        np.zeros(patients, np.int16),
        np.zeros(patients, np.int16),
        np.zeros(patients, np.int8),
    )
    factors = np.ones((bedside.base.shape[1], KINDS))
    if rival is not None:
        factors[-1] = rival
    _happened(seed, *bedside, rules, daily, bleeding, fatality, factors, rival is not None, supported, *out)
    return out


def gains(seed: int, index: NDArray[np.int64], rules: Rules) -> Floats:
    """Final gain of contractility of each patient, as the events have it."""
    found = np.empty(len(index))
    _gains(seed, index, rules, found)
    return found


@compiled
def _gains(seed, index, rules, found):  # type: ignore[no-untyped-def]
    for row in range(len(index)):
        found[row] = gain_of(patient_key(seed, index[row]), rules)


@compiled
def _happened(  # type: ignore[no-untyped-def]
    seed,
    index,
    base,
    slope,
    bend,
    odds,
    relative,
    injured,
    rules,
    daily,
    bleeding,
    fatality,
    rival,
    has_rival,
    supported,
    times,
    support,
    failures,
    returns,
    cause,
):
    top = base.shape[1] - 1
    last = top - 1 if has_rival else top
    hazard, now, mind, out = np.empty(KINDS), np.empty(4), np.empty(8), np.empty(2)
    for row in range(len(index)):
        key = patient_key(seed, index[row])
        gain = gain_of(key, rules)
        first, per, square = base[row], slope[row], bend[row]
        mind[:], out[:] = 0.0, 0.0
        mind[NEXT_TRY] = rules.earliest
        mind[STATE], mind[FOR_GOOD] = (1.0, 0.0) if supported else (0.0, 1.0)
        injury = fatality[AT_INSERTION]
        dies = supported and inserted(mind, times, row, key, injured[row], 1.0, 0.0, injury)
        for step in range(daily.shape[1]):
            begin = step * rules.interval
            recovered = recovered_by(begin, gain, rules)
            if step > 0 and mind[FOR_GOOD] == 0.0:
                state = int(mind[STATE])
                seen = 0 if has_rival and state == top else state
                well = measured(now, first, per, square, seen, recovered, key, step, rules)
                choice = decided(mind, now, well, begin, last, top, has_rival, times, row, rules)
                failures[row] += 1 if state > 1 and mind[STATE] == 1.0 and choice == NOTHING else 0
                returns[row] += 1 if choice == BACK else 0
                if choice != NOTHING:
                    factor = rival[int(mind[STATE]), AT_INSERTION]
                    dies = inserted(mind, times, row, key, injured[row], factor, begin, injury)
            if dies:
                times[row, DEATH], out[1] = begin, 2 + AT_INSERTION
                break
            for kind in range(KINDS):
                hazard[kind] = daily[kind, step] * relative[row, kind]
            lived(
                mind,
                begin,
                step,
                key,
                first,
                per,
                square,
                recovered,
                odds[row],
                hazard,
                bleeding[row, step],
                rival,
                fatality,
                times,
                row,
                rules,
                out,
            )
            if out[1] > 0.0:
                break
        support[row], cause[row] = out[0], int(out[1])
