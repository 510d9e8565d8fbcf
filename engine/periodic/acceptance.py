"""The accelerated search without a warm start: when the outcomes of a pattern are those of the periodic state."""

from __future__ import annotations

import numpy as np

from ..compile.decorators import function, inlined
from ..compile.layout import LANES
from ..integration.lanes import INNER
from ..laws.coronary import LEAST_TONE
from ..names.outcomes import JUDGED, OUTCOMES
from ..names.state import PERIODIC_STATE, Learned
from ..patient.coefficients import Coefficients
from .anderson import MEMORY, PATIENCE, SETTLING, begin, forget
from .solution import RESULTS, STATUS_NON_PHYSICAL, STATUS_NOT_CONVERGED, measure_lane, write_pattern

PERFUSION_LEARNED = Learned._fields.index("perfusion")
ECMO_AT = Coefficients._fields.index("ecmo_flow")
SCALE = np.array([quantity.scale for quantity in PERIODIC_STATE.values()])
"""Size of each state, by which residuals are judged."""
FLOOR = np.array([quantity.floor for quantity in OUTCOMES.values()])[:JUDGED]
ASTRAY = 1e6
"""Squared residual, in units of each state's scale, past which (or at NaN) a lane is begun again, once."""
WORSE = 16.0
"""Growth of the squared residual at which the history is dropped and a plain beat taken."""
REGULATED_SAFETY = 1.5
"""On the estimated error of what is regulated. Measured at 5e-4 over three cohorts, at 1:1 and 1:2, in both modes: the
estimate is at least the true error in 97 % or more of the failing, 94 % of the healthy; with 1 in 93 % and 85 %."""
ISCHAEMIC_SAFETY, BYPASS_SAFETY = 2.0, 2.0
"""Likewise where ischaemia weakens the heart, which feeds back on its own flow, and where ECMO leaves so little to a
chamber that it fills slowly."""
ISCHAEMIC_SHARE = 0.35
"""Of the tolerance, to which the unsupported state of who lacks flow is solved: its flow decides contraction in the
arms."""
GATE = 12.0
"""Outcomes are taken once the next step is below this many tolerances."""
LEAST_DIFFERENCES = 2
"""Outcomes must have been compared with those of this many patterns before."""
SAFETY = 3.6
SLACK = 0.25
LUCK = 0.3
"""On the predicted change; share of the last change for what no difference has seen; share of the estimate one pattern
before, because a pattern is stopped at when its estimate happens to be small. Measured at 5e-4 over the twelve cohorts,
in both arms: the estimate is at least the true error in 95.4 % or more of each."""


@inlined
def larger(a, b):  # type: ignore[no-untyped-def]
    """The larger of two numbers; NaN where either is (max would drop it, and a failed patient would converge)."""
    return a if a >= b or a != a else b


@inlined
def tolerated(lanes, lane, tolerance):  # type: ignore[no-untyped-def]
    """Estimated error with which a lane's patient is done."""
    decisive = lanes.x[INNER, lane] < LEAST_TONE and lanes.learned[lane, PERFUSION_LEARNED] == 0.0
    return ISCHAEMIC_SHARE * tolerance[lanes.job[lane]] if decisive else tolerance[lanes.job[lane]]


@function
def estimated_error(acceleration, lane, row, step_ratio):  # type: ignore[no-untyped-def]
    """Push a pattern's outcomes into the lane's history and estimate their relative error.

    The acceleration's next step is a combination of the last differences of the state. The same combination of the
    differences they made to the outcomes is how far these are still to go.

    Parameters
    ----------
    acceleration : Acceleration
    lane : int
    row : array, (len(Outcomes._fields),)
    step_ratio : float
        Length of the state's next step over that of its last.
    """
    known = acceleration.measured[lane]
    changes, outcomes, gamma = acceleration.changes, acceleration.outcomes, acceleration.gamma
    for column in range(MEMORY - 1, 0, -1):
        for which in range(JUDGED):
            changes[lane, column, which] = changes[lane, column - 1, which]
    left = 0.0
    change = 0.0
    for which in range(JUDGED):
        difference = row[which] - outcomes[lane, which]
        changes[lane, 0, which] = difference if known > 0 else 0.0
        outcomes[lane, which] = row[which]
        to_come = 0.0
        for column in range(min(known, MEMORY)):
            to_come += gamma[column, lane] * changes[lane, column, which]
        size = max(abs(row[which]), FLOOR[which])
        left = larger(left, abs(to_come) / size)
        change = larger(change, abs(difference) / size)
    fresh = SAFETY * (left + SLACK * change * min(step_ratio, 1.0))
    error = larger(fresh, LUCK * acceleration.estimates[lane])
    acceleration.estimates[lane] = fresh
    acceleration.measured[lane] += 1
    return error


@function
def take_outcomes(lanes, acceleration, lane, trace, step_ratio, tolerance, solution, regulation):  # type: ignore[no-untyped-def]
    """Measure a lane's pattern; write it out, and say so, where its estimated error is within the tolerance."""
    row = np.empty(RESULTS)
    status, findings, closure = measure_lane(lanes, lane, trace, row)
    compared = acceleration.measured[lane]
    error = estimated_error(acceleration, lane, row, step_ratio)
    if regulation.moves_drives or regulation.moves_factor:
        error *= REGULATED_SAFETY
    if lanes.x[INNER, lane] < LEAST_TONE:
        error *= ISCHAEMIC_SAFETY
    if lanes.coefficients[lane, ECMO_AT] > 0.0:
        error *= BYPASS_SAFETY
    if compared < LEAST_DIFFERENCES or not error <= tolerance:
        return False
    write_pattern(lanes, lane, row, error, status, findings, closure, solution, regulation)
    return True


@function
def decide(lanes, acceleration, trace, start, tolerance, most_beats, solution, regulation):  # type: ignore[no-untyped-def]
    """Decide on every lane after a pattern: whether it is done, and if not, from which state it goes on.

    Returns how many are done.
    """
    # Taking a field of a tuple of arrays counts a reference: here once a pattern, not once a lane and use.
    x, g, job, beats = lanes.x, lanes.g, lanes.job, lanes.beats
    residual, step, settles = acceleration.residual, acceleration.step, acceleration.settling
    last_step, least_residual, history = acceleration.last_step, acceleration.least_residual, acceleration.history
    done = 0
    for lane in range(LANES):
        if job[lane] < 0:
            continue
        beats[lane] += 1
        norm = 0.0
        move = 0.0
        for i in range(x.shape[0]):
            norm += residual[i, lane] ** 2
            move = max(move, abs(step[i, lane] - x[i, lane]) / SCALE[i])
        if not norm < ASTRAY:
            if settles[lane] == SETTLING:
                # begun again from where it started, with many plain beats first: acceleration led it astray
                begin(acceleration, lane, beats[lane] + PATIENCE)
                for i in range(x.shape[0]):
                    x[i, lane] = start[job[lane], i]
                continue
            solution.status[job[lane]] = STATUS_NON_PHYSICAL
            job[lane] = -1
            done += 1
            continue
        wanted = tolerated(lanes, lane, tolerance)
        near = beats[lane] > settles[lane] and move < GATE * wanted
        step_ratio = move / last_step[lane]
        if near and take_outcomes(lanes, acceleration, lane, trace, step_ratio, wanted, solution, regulation):
            job[lane] = -1
            done += 1
            continue
        if beats[lane] >= most_beats:
            solution.status[job[lane]] = STATUS_NOT_CONVERGED
            job[lane] = -1
            done += 1
            continue
        last_step[lane] = move
        settling = beats[lane] < settles[lane]
        worse = norm > WORSE * least_residual[lane]
        least_residual[lane] = norm if worse else min(norm, least_residual[lane])
        if settling or worse:
            forget(acceleration, lane)
        history[lane] = 0.0 if settling else 1.0
        for i in range(x.shape[0]):
            x[i, lane] = g[i, lane] if settling or worse else step[i, lane]
    return done
