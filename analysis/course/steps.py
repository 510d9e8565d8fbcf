"""What happens to one patient in an interval: a device goes in, a reading, a decision, events one by one."""

from __future__ import annotations

import numpy as np

from .kernels import CAUSE, EVENT, INSERTION, OUTPUT, PRESSURE, RECOVERY, WEDGE, inlined, normal, uniform
from .state import (
    ANTICOAGULATED,
    BACK,
    BLEEDING,
    DEATH,
    ESCALATION,
    FAILURE,
    FILLING,
    FOR_GOOD,
    HORIZON,
    INDEX,
    INSERTIONS,
    LIMB,
    LOW,
    MEAN,
    NEXT_TRY,
    NOTHING,
    OFF,
    PER_INTERVAL,
    POWER,
    REMOVED,
    RETURN,
    STARTED,
    STATE,
    UP,
    VASCULAR,
    WEANED,
)


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
def gain_of(key, rules):  # type: ignore[no-untyped-def]
    """Final gain of contractility of a patient: lognormal, bounded."""
    return min(rules.gain * np.exp(rules.spread * normal(key, RECOVERY, 0)), rules.most)


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
