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
    index : array, (patient)
        Places in the store.
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

    index: NDArray[np.int64]
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
    the interval. Decisions are made at its beginning, on measured values. Every draw is a hash of the seed, the place of
    the patient, the stream and the interval, so that courses that differ in a rule are paired.

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
    patients = len(bedside.index)
    out = Events(
        np.full((patients, EVENTS), np.inf, np.float32),
        np.zeros(patients, np.float32),
        np.zeros(patients, np.int16),
        np.zeros(patients, np.int16),
        np.zeros(patients, np.int8),
    )
    factors = np.ones(KINDS) if rival is None else rival
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


@inlined
def fatal_insertion(times, row, key, number, injured, factor, day, fatality):  # type: ignore[no-untyped-def]
    """Put a device in; whether the patient dies of an injury."""
    if uniform(key, INSERTION, 2 * number) >= 1.0 - (1.0 - injured) ** factor:
        return False
    times[row, VASCULAR] = min(times[row, VASCULAR], day)
    return uniform(key, INSERTION, 2 * number + 1) < fatality


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
    log_odds,
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
    off, full, top = 0, 1, base.shape[1] - 1
    last = top - 1 if has_rival else top
    hazards, now = np.empty(KINDS + 1), np.empty(4)
    for row in range(len(index)):
        key = key_of(seed, index[row])
        gain = gain_of(key, rules)
        state = full if supported else off
        for_good, insertions = not supported, 1
        next_try, anticoagulated, removed = rules.earliest, 0.0, 0.0
        if supported and fatal_insertion(times, row, key, 0, injured[row], 1.0, 0.0, fatality[AT_INSERTION]):
            times[row, DEATH], cause[row] = 0.0, 2 + AT_INSERTION
            continue
        for step in range(daily.shape[1]):
            begin = step * rules.interval
            end = begin + rules.interval
            recovered = recovered_by(begin, gain, rules)
            if step > 0 and not for_good:
                seen = off if has_rival and state == top else state
                for each in range(3):
                    now[each] = outcome(base[row, seen, each], slope[row, seen, each], bend[row, seen, each], recovered)
                now[INDEX] *= 1.0 + rules.output_error * normal(key, OUTPUT, step)
                now[MEAN] += rules.pressure_error * normal(key, PRESSURE, step)
                now[FILLING] += rules.pressure_error * normal(key, WEDGE, step)
                well = (
                    now[INDEX] >= rules.cardiac_index
                    and now[MEAN] >= rules.mean_arterial_pressure
                    and now[FILLING] <= rules.wedge_pressure
                )
                leave = False
                if state == off:
                    if begin - removed > rules.within:
                        for_good = True
                    elif now[INDEX] < rules.return_index or now[MEAN] < rules.return_pressure:
                        state, next_try = full, begin + rules.wait
                        returns[row] += 1
                        times[row, RETURN], times[row, OFF] = min(times[row, RETURN], begin), np.inf
                        insertions += 1
                        if fatal_insertion(
                            times, row, key, insertions, injured[row], 1.0, begin, fatality[AT_INSERTION]
                        ):
                            times[row, DEATH], cause[row] = begin, 2 + AT_INSERTION
                            break
                elif begin >= rules.longest:
                    leave = True
                elif has_rival and state == top:
                    leave = begin >= next_try and well
                elif (
                    has_rival
                    and state == full
                    and begin >= rules.escalate_after
                    and (now[INDEX] < rules.escalation_index or now[MEAN] < rules.escalation_pressure)
                ):
                    state, times[row, ESCALATION] = top, min(times[row, ESCALATION], begin)
                    next_try = begin + rules.wait
                    insertions += 1
                    if fatal_insertion(
                        times, row, key, insertions, injured[row], rival[AT_INSERTION], begin, fatality[AT_INSERTION]
                    ):
                        times[row, DEATH], cause[row] = begin, 2 + AT_INSERTION
                        break
                elif state == full:
                    if begin >= next_try and well:
                        leave = last == full
                        state = state if leave else state + 1
                elif well:
                    leave = state == last
                    state = state if leave else state + 1
                else:
                    state, next_try = full, begin + rules.wait
                    failures[row] += 1
                    times[row, FAILURE] = min(times[row, FAILURE], begin)
                if leave:
                    state, removed = off, begin
                    times[row, OFF], times[row, WEANED] = begin, min(times[row, WEANED], begin)
            day, died = begin, False
            risk = share_of_risk(begin, end, rules) / rules.interval
            without = outcome(base[row, off, POWER], slope[row, off, POWER], bend[row, off, POWER], recovered)
            for number in range(PER_INTERVAL):
                power = without
                if state != off:
                    power = outcome(
                        base[row, state, POWER], slope[row, state, POWER], bend[row, state, POWER], recovered
                    )
                hazards[KINDS] = risk * heart_hazard(log_odds[row], without, power, rules)
                total = hazards[KINDS]
                for kind in range(KINDS):
                    open_ = state != off and times[row, LIMB + kind] == np.inf
                    hazards[kind] = daily[kind, step] * relative[row, kind] if open_ else 0.0
                    if has_rival and state == top:
                        hazards[kind] *= rival[kind]
                    if LIMB + kind == BLEEDING and day >= anticoagulated:
                        hazards[kind] *= bleeding[row, step]
                    total += hazards[kind]
                counter = step * PER_INTERVAL + number
                wait = -np.log(uniform(key, EVENT, counter)) / total if total > 0.0 else np.inf
                moved = min(wait, end - day)
                if state != off:
                    support[row] += moved
                day += moved
                if day >= end:
                    break
                place, left = 0, uniform(key, CAUSE, 2 * counter) * total
                while place < KINDS and left >= hazards[place]:
                    left -= hazards[place]
                    place += 1
                if place == KINDS or uniform(key, CAUSE, 2 * counter + 1) < fatality[place]:
                    times[row, DEATH], died = day, True
                    cause[row] = 1 if place == KINDS else 2 + place
                if place < KINDS:
                    times[row, LIMB + place] = day
                    if LIMB + place == BLEEDING:
                        anticoagulated = day + rules.pause
                    if LIMB + place == LIMB and not died:
                        state, for_good, times[row, OFF] = off, True, day
                if died:
                    break
            if died:
                break
