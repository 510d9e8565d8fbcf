"""The periodic state: the fixed point of the beat map, by Anderson's acceleration, and when it is reached.

A lane that is done makes room for the next patient.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from . import anderson
from .beat_map import (
    FACTOR,
    FIELDS,
    INNER,
    MACHINE_FIELDS,
    OUTER,
    PLAIN_FIELDS,
    RESULTS,
    SETTLING,
    begin_pattern,
    buffers,
    chamber_volume,
    end_pattern,
    enter,
    forget,
    gather,
    lanes,
    load_body,
    load_learned,
    load_row,
    load_timing,
    restart,
    store_learned,
)
from .compilation import compiled, function
from .convergence import BEATS_AT, ERROR_AT, GATE, LEAST_DIFFERENCES, estimated_error
from .drive import master_curves
from .integrate import integrate
from .lanes import LANES, row_access
from .outcomes import measure
from .physics import COMBINATIONS
from .reflex import BAROREFLEX, LEARNING, LEAST_FACTOR, MAP_HELD, MOST_FACTOR, OPEN_LOOP, mean_drives
from .regulation import next_regulation, regulate
from .starts import survey
from .tables import HELD, STATE, Extras, Findings, Learned, Means, Outcomes, Parameters, Status

SCALE = np.array(
    [100.0 if q.units == "mL/s" else q.default for q in (*STATE.values(), *HELD.values())]
    + [40.0, 100.0, 1.0, 3.0, 1.0]
)
"""Size of each state, by which residuals are judged."""
CURVES = master_curves()
ASTRAY = 1e6
"""Squared residual, in units of each state's scale, past which (or at NaN) a lane is begun again, once."""
WORSE = 16.0
"""Growth of the squared residual at which the history is dropped and a plain beat taken."""
MOST_BEATS = 150
REGULATED_SAFETY = 1.5
"""On the estimated error of what is regulated. Measured at 5e-4 over three cohorts, at 1:1 and 1:2, in both modes: the
estimate is at least the true error in 97 % or more of the failing, 94 % of the healthy; with 1 in 93 % and 85 %."""
ROOM_FOR_PERIOD = 1.25
"""Steps in a pattern whose period the reflex may change are those of a longer period. Measured: it grows by a fifth at
most with a balloon, by a third with the strongest pump."""
RATIO_AT = Parameters._fields.index("assist_ratio")
STATUS_OK = int(Status.OK)
STATUS_NOT_CONVERGED = int(Status.NOT_CONVERGED)
STATUS_NON_PHYSICAL = int(Status.NON_PHYSICAL)
FOUND_OUT_OF_REACH = int(Findings.TARGET_OUT_OF_REACH)
RATE_AT = Parameters._fields.index("heart_rate")

load_means, _ = row_access(Means)
load_extras, _ = row_access(Extras)
_, store_outcomes = row_access(Outcomes)


class Solution(NamedTuple):
    """What is known of many jobs (a patient in an arm each): one row a job."""

    outcomes: np.ndarray
    status: np.ndarray
    findings: np.ndarray
    states: np.ndarray
    learned: np.ndarray


def unsolved(states: np.ndarray) -> Solution:
    """Give the solution of jobs of which nothing is known but the states (jobs, FIELDS) they start from."""
    jobs = len(states)
    return Solution(
        np.full((jobs, RESULTS), np.nan),
        np.zeros(jobs, np.uint8),
        np.zeros(jobs, np.uint8),
        states.copy(),
        np.zeros((jobs, len(Learned._fields))),
    )


@function
def take_outcomes(s, lane, trace, steps, step_ratio, tolerance, solution, regulation):  # type: ignore[no-untyped-def]
    """Measure a lane's pattern; write it out, and say so, where its estimated error is within the tolerance."""
    gather(s, trace, lane, steps)
    outcomes, status, findings, closure = measure(
        s.signals,
        load_means(s.means[:, lane]),
        load_extras(s.extras[:, lane]),
        load_row(s.coefficients[lane]),
        load_timing(s.timing[lane]),
        load_body(s.body[lane]),
        s.x[INNER, lane],
        s.x[OUTER, lane],
        load_learned(s.learned[lane]).closure,
    )
    row = np.empty(RESULTS)
    store_outcomes(row, outcomes)
    compared = s.measured[lane]
    error = estimated_error(s, lane, row, step_ratio)
    if regulation in (BAROREFLEX, MAP_HELD):
        error *= REGULATED_SAFETY
    if compared < LEAST_DIFFERENCES or not error <= tolerance:
        return False
    job = s.job[lane]
    row[BEATS_AT] = s.beats[lane]
    row[ERROR_AT] = error
    solution.status[job] = status
    solution.findings[job] = findings
    sympathetic, vagal = 0.0, 0.0
    if regulation == LEARNING:
        sympathetic, vagal = mean_drives(s.signals[0], s.timing[lane, 0] * s.timing[lane, 1] / steps, s.felt)
    if regulation == MAP_HELD and not LEAST_FACTOR < s.x[FACTOR, lane] < MOST_FACTOR:
        solution.findings[job] |= FOUND_OUT_OF_REACH
    arterial = outcomes.mean_arterial_pressure
    store_learned(solution.learned[job], Learned(closure, chamber_volume(s.x, lane), arterial, sympathetic, vagal))
    for i in range(s.x.shape[0]):
        solution.states[job, i] = s.x[i, lane]
    if status == STATUS_OK:
        solution.outcomes[job] = row
    return True


@function
def decide(s, trace, start, steps, tolerance, most_beats, solution, regulation):  # type: ignore[no-untyped-def]
    """Decide on every lane after a pattern: whether it is done, and if not, from which state it goes on.

    Returns how many are done.
    """
    # Taking a field of a tuple of arrays counts a reference: here once a pattern, not once a lane and use.
    x, g, residual, step, job, beats, settles = s.x, s.g, s.residual, s.step, s.job, s.beats, s.settling
    last_step, least_residual, history = s.last_step, s.least_residual, s.history
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
                restart(s, lane, start[job[lane]])
                continue
            solution.status[job[lane]] = STATUS_NON_PHYSICAL
            job[lane] = -1
            done += 1
            continue
        near = beats[lane] > settles[lane] and move < GATE * tolerance
        step_ratio = move / last_step[lane]
        if near and take_outcomes(s, lane, trace, steps, step_ratio, tolerance, solution, regulation):
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
            forget(s, lane)
        history[lane] = 0.0 if settling else 1.0
        for i in range(x.shape[0]):
            x[i, lane] = g[i, lane] if settling or worse else step[i, lane]
    return done


@compiled
def converge(  # type: ignore[no-untyped-def]
    s,
    work,
    grid,
    trace,
    curves,
    order,
    parameters,
    start,
    learned,
    steps,
    tolerance,
    most_beats,
    solution,
    physics,
    regulation,
):
    """Bring jobs that share their number of steps to their periodic states.

    Parameters
    ----------
    s : Lanes
        Allocated by `lanes` for this number of steps.
    work, grid, trace : array
        Buffers of `integrate`, of the precision wanted.
    curves : array
        Master curves of activation.
    order : array of int
        The jobs to run: rows of what follows.
    parameters : array, (jobs, len(Parameters._fields))
    start : array, (jobs, FIELDS)
        States to start from.
    learned : array, (jobs, len(Learned._fields))
        What arms take over from the unsupported state.
    steps : int
        Steps in the pattern.
    tolerance : float
    most_beats : int
        Patterns after which a job has not converged.
    solution : Solution
        Receives outcomes, codes, the state at which the measured pattern began, and what arms take over from it.
    physics : Physics
        The optional laws in use.
    regulation : int
        One of `reflex`'s modes.
    """
    regulated = regulation in (BAROREFLEX, MAP_HELD)
    waiting = 0
    running = 0
    while True:
        for lane in range(LANES):
            if s.job[lane] < 0 and waiting < order.size:
                enter(lane, order[waiting], parameters, start, learned, steps, s, work, grid, curves)
                waiting += 1
                running += 1
        if running == 0:
            break
        for lane in range(LANES if regulated else 0):
            if s.job[lane] >= 0:
                regulate(lane, parameters[s.job[lane]], steps, s, work, grid, curves)
        begin_pattern(s, work)
        integrate(work, grid, trace, steps, physics)
        end_pattern(s, work, trace, steps)
        for lane in range(LANES if regulated else 0):
            if s.job[lane] >= 0:
                next_regulation(lane, regulation, trace, steps, s)
        anderson.remember(s.x, s.g, SCALE, s.history, s.residual, s.image, s.dr, s.dg)
        anderson.extrapolate(s.g, s.residual, SCALE, s.dr, s.dg, s.gram, s.gamma, s.step)
        running -= decide(s, trace, start, steps, tolerance, most_beats, solution, regulation)


def plan(parameters: np.ndarray, regulation: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Steps in a pattern, code of the physics and first guess of every row of ``parameters``."""
    surveyed = parameters.copy()
    if regulation == BAROREFLEX:
        surveyed[:, RATE_AT] /= ROOM_FOR_PERIOD
    steps, codes = np.empty((2, len(parameters)), np.int64)
    guesses = np.empty((len(parameters), FIELDS))
    survey(surveyed, steps, codes, guesses)
    return steps, codes, guesses


def solve(
    parameters: np.ndarray,
    start: np.ndarray | None,
    learned: np.ndarray | None,
    *,
    precision: str,
    tolerance: float,
    most_beats: int = MOST_BEATS,
    regulation: int = OPEN_LOOP,
) -> Solution:
    """Periodic states of many jobs, grouped by their physics, their number of steps and the beats these make.

    Parameters
    ----------
    parameters : array, (jobs, len(Parameters._fields)), float64
    start : array, (jobs, FIELDS), or None
        States to start from; None starts from a crude guess.
    learned : array, (jobs, len(Learned._fields)), or None
        What arms take over from the unsupported state.
    precision : {"float64", "float32"}
        Of the integration; the beat map's fixed point is sought in float64.
    tolerance : float
        Of the estimated relative error of the outcomes.
    most_beats : int
        Patterns after which a job has not converged.
    regulation : int
        One of `reflex`'s modes; what is regulated starts from an unsupported state, and from what was learned of it.
    """
    steps, codes, guesses = plan(parameters, regulation)
    start = guesses if start is None else start
    solution = unsolved(start)
    learned = np.zeros_like(solution.learned) if learned is None else learned
    alike = np.stack([codes, steps, parameters[:, RATIO_AT].astype(np.int64)], axis=1)
    regulated = regulation in (BAROREFLEX, MAP_HELD)
    for group in np.unique(alike, axis=0):
        code, count, _ = group.tolist()
        work, grid, trace = buffers(count, precision)
        physics = COMBINATIONS[code]
        fields = FIELDS if regulated else MACHINE_FIELDS if physics.machines else PLAIN_FIELDS
        converge(
            lanes(count, fields), work, grid, trace, CURVES,
            np.flatnonzero((alike == group).all(axis=1)), parameters, start, learned, count, tolerance, most_beats,
            solution, physics, regulation,
        )  # fmt: skip
    return solution
