"""The days of each patient as discrete events: complications, steps of weaning, return, escalation, death."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..numbers.cells import Floats
from .kernels import CAUSE, EVENT, INSERTION, OUTPUT, PRESSURE, RECOVERY, WEDGE, compiled, inlined, normal, uniform
from .kernels import patient_key as key_of

INDEX, MEAN, FILLING, POWER = range(4)
"""Places of the outcomes that decide: cardiac index, mean arterial and wedge pressure, cardiac power output."""

DEATH, WEANED, OFF, RETURN, ESCALATION, FAILURE, LIMB, BLEEDING, INFECTION, VASCULAR, STROKE = range(11)
"""Columns of the times of events: death; first removal by weaning; last end of support, but by death; first return,
escalation, and failed step of weaning; and the first complication of each kind, in the order of ``KINDS``."""

EVENTS = 11
KINDS = 5
AT_INSERTION = VASCULAR - LIMB
HORIZON = 30.0
"""Days over which the odds of death were published."""

PER_INTERVAL = 16
"""Events of a patient in an interval at most: five complications and a death, with room."""


class Rules(NamedTuple):
    """What decides, in days, and in the units of course.toml."""

    interval: float
    cardiac_index: float
    mean_arterial_pressure: float
    wedge_pressure: float
    earliest: float
    wait: float
    longest: float
    output_error: float
    pressure_error: float
    within: float
    return_index: float
    return_pressure: float
    escalate_after: float
    escalation_index: float
    escalation_pressure: float
    readings: float
    pause: float
    slope: float
    causal_share: float
    time_constant: float
    recovery_days: float
    gain: float
    spread: float
    most: float


class Bedside(NamedTuple):
    """What is known of some patients.

    Attributes
    ----------
    places : array, (patient)
        Indices in the store.
    base : array, (patient, arm, 4)
        Outcomes that decide, on the first day; arms are the reference, the steps of weaning from full support down,
        and the stronger device where there is one.
    slope, bend : array, (patient, arm, 4)
        How the logarithm of each follows that of contractility, and its square.
    log_odds : array, (patient)
        Of death in 30 days, but for cardiac power.
    relative : array, (patient, kind)
        Hazards over that of the average patient.
    injured : array, (patient)
        Probability of vascular injury at an insertion.
    """

    places: NDArray[np.int64]
    base: NDArray[np.float32]
    slope: NDArray[np.float32]
    bend: NDArray[np.float32]
    log_odds: Floats
    relative: Floats
    injured: Floats


class Events(NamedTuple):
    """What happened.

    Attributes
    ----------
    times : array, (patient, event)
        Days from the insertion, infinite where it did not happen.
    support : array, (patient)
        Days on a device.
    failures, returns : array, (patient)
        Failed steps of weaning, and returns to support.
    cause : array, (patient)
        Of death: 0 none, 1 the heart, 2 and more a complication, in the order of ``KINDS``.
    """

    times: NDArray[np.float32]
    support: NDArray[np.float32]
    failures: NDArray[np.int16]
    returns: NDArray[np.int16]
    cause: NDArray[np.int8]


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


@inlined
def outcome(base, slope, bend, recovered):  # type: ignore[no-untyped-def]
    """An outcome when the logarithm of contractility has risen so far."""
    return base * np.exp((slope + bend * recovered) * recovered)


@inlined
def recovered_by(day, gain, rules):  # type: ignore[no-untyped-def]
    """Logarithm of contractility over that of the first day."""
    return np.log1p(gain * -np.expm1(-day / rules.recovery_days))


@inlined
def share_of_risk(begin, end, rules):  # type: ignore[no-untyped-def]
    """Share of the 30 days' risk of death that falls into a time."""
    decay = -1.0 / rules.time_constant
    return (np.exp(decay * begin) - np.exp(decay * end)) / -np.expm1(decay * HORIZON)


@inlined
def heart_hazard(log_odds, without, power, rules):  # type: ignore[no-untyped-def]
    """Cumulative hazard of 30 days: -log(1 - p), p of these odds; of what a device adds the causal share counts."""
    odds = log_odds + rules.slope * (without + rules.causal_share * (power - without))
    return np.log1p(np.exp(odds)) if odds < 30.0 else odds


STATE, FOR_GOOD, INSERTIONS, NEXT_TRY, REMOVED, ANTICOAGULATED, LOW, STARTED = range(8)
"""What the loop remembers of a patient: the arm, whether support has ended for good, devices put in, when weaning may
be tried again, when the last device went out, until when heparin is stopped, low readings in a row, and
when support began or returned."""


@inlined
def inserted(mind, times, row, key, injured, factor, day, fatality):  # type: ignore[no-untyped-def]
    """Put a device in; whether the patient dies of an injury."""
    number = int(mind[INSERTIONS])
    mind[INSERTIONS] += 1.0
    if uniform(key, INSERTION, 2 * number) >= 1.0 - (1.0 - injured) ** factor:
        return False
    times[row, VASCULAR] = min(times[row, VASCULAR], day)
    return uniform(key, INSERTION, 2 * number + 1) < fatality


@inlined
def measured(now, base, slope, bend, arm, recovered, key, step, rules):  # type: ignore[no-untyped-def]
    """Read index and pressures with their errors; whether they allow the next step down."""
    for each in range(3):
        now[each] = outcome(base[arm, each], slope[arm, each], bend[arm, each], recovered)
    now[INDEX] *= 1.0 + rules.output_error * normal(key, OUTPUT, step)
    now[MEAN] += rules.pressure_error * normal(key, PRESSURE, step)
    now[FILLING] += rules.pressure_error * normal(key, WEDGE, step)
    return (
        now[INDEX] >= rules.cardiac_index
        and now[MEAN] >= rules.mean_arterial_pressure
        and now[FILLING] <= rules.wedge_pressure
    )


NOTHING, BACK, UP = range(3)
"""What a decision comes to beside a step: support returns, or the patient is escalated; either puts a device in."""


@inlined
def decided(mind, now, well, begin, last, top, has_rival, times, row, rules):  # type: ignore[no-untyped-def]
    """Decide by what was measured: a step down, up again, off, back on, or to the stronger device."""
    state, leave = int(mind[STATE]), False
    stronger = has_rival and state == top
    if state == 0:
        if begin - mind[REMOVED] > rules.within:
            mind[FOR_GOOD] = 1.0
        elif now[INDEX] < rules.return_index or now[MEAN] < rules.return_pressure:
            mind[STATE], mind[NEXT_TRY], times[row, OFF] = 1.0, begin + rules.wait, np.inf
            times[row, RETURN], mind[STARTED] = min(times[row, RETURN], begin), begin
            return BACK
        return NOTHING
    if state == 1 and has_rival and begin >= rules.escalate_after:
        low = now[INDEX] < rules.escalation_index or now[MEAN] < rules.escalation_pressure
        mind[LOW] = mind[LOW] + 1.0 if low else 0.0
        if mind[LOW] >= rules.readings and begin - mind[STARTED] < rules.longest:
            mind[STATE], mind[NEXT_TRY], mind[LOW] = top, begin + rules.wait, 0.0
            times[row, ESCALATION] = min(times[row, ESCALATION], begin)
            return UP
    if begin - mind[STARTED] >= rules.longest:
        leave = True
    elif well:
        ready = begin >= mind[NEXT_TRY] or (state > 1 and not stronger)
        leave = ready and (stronger or state == last)
        mind[STATE] += 1.0 if ready and not leave else 0.0
    elif state > 1 and not stronger:
        mind[STATE], mind[NEXT_TRY] = 1.0, begin + rules.wait
        times[row, FAILURE] = min(times[row, FAILURE], begin)
    if leave:
        mind[STATE], mind[REMOVED] = 0.0, begin
        times[row, OFF], times[row, WEANED] = begin, min(times[row, WEANED], begin)
    return NOTHING


@inlined
def lived(  # type: ignore[no-untyped-def]
    mind,
    begin,
    step,
    key,
    base,
    slope,
    bend,
    recovered,
    odds,
    hazard,
    bleeding,
    rival,
    fatality,
    times,
    row,
    rules,
    out,
):
    """Live through an interval, event by event; ``out`` are days on a device and the cause of death, 0 for none."""
    end, day, kinds = begin + rules.interval, begin, len(hazard)
    risk = share_of_risk(begin, end, rules) / rules.interval
    without = outcome(base[0, POWER], slope[0, POWER], bend[0, POWER], recovered)
    for number in range(PER_INTERVAL):
        state = int(mind[STATE])
        power = outcome(base[state, POWER], slope[state, POWER], bend[state, POWER], recovered)
        total = heart = risk * heart_hazard(odds, without, power, rules)
        for kind in range(kinds):
            total += hazard_of(kind, mind, day, hazard, bleeding, rival, times, row)
        counter = step * PER_INTERVAL + number
        wait = -np.log(uniform(key, EVENT, counter)) / total if total > 0.0 else np.inf
        out[0] += min(wait, end - day) if state > 0 else 0.0
        day += wait
        if day >= end:
            return
        left = uniform(key, CAUSE, 2 * counter) * total - heart
        place = -1
        while left >= 0.0 and place < kinds - 1:
            place += 1
            left -= hazard_of(place, mind, day - wait, hazard, bleeding, rival, times, row)
        died = place < 0 or uniform(key, CAUSE, 2 * counter + 1) < fatality[place]
        if place >= 0:
            times[row, LIMB + place] = day
        if LIMB + place == BLEEDING:
            mind[ANTICOAGULATED] = day + rules.pause
        if died:
            times[row, DEATH], out[1] = day, 1.0 if place < 0 else 2.0 + place
            return
        if place == 0:
            mind[STATE], mind[FOR_GOOD], times[row, OFF] = 0.0, 1.0, day


@inlined
def hazard_of(kind, mind, day, hazard, bleeding, rival, times, row):  # type: ignore[no-untyped-def]
    """Hazard of the first complication of a kind, 1/day; ``rival`` are the factors of each arm."""
    state = int(mind[STATE])
    if state == 0 or times[row, LIMB + kind] < np.inf:
        return 0.0
    found = hazard[kind] * rival[state, kind]
    return found * bleeding if LIMB + kind == BLEEDING and day >= mind[ANTICOAGULATED] else found


def gains(seed: int, index: NDArray[np.int64], rules: Rules) -> Floats:
    """Final gain of contractility of each patient, as the events have it."""
    found = np.empty(len(index))
    _gains(seed, index, rules, found)
    return found


@inlined
def gain_of(key, rules):  # type: ignore[no-untyped-def]
    """Final gain of contractility of a patient: lognormal, bounded."""
    return min(rules.gain * np.exp(rules.spread * normal(key, RECOVERY, 0)), rules.most)


@compiled
def _gains(seed, index, rules, found):  # type: ignore[no-untyped-def]
    for row in range(len(index)):
        found[row] = gain_of(key_of(seed, index[row]), rules)


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
        key = key_of(seed, index[row])
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
