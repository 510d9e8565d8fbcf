"""What is known of jobs when they are done, and how a lane writes it out."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from ..compile.decorators import function
from ..compile.layout import LANES, row_access
from ..integration.lanes import (
    FACTOR,
    INNER,
    LV,
    OUTER,
    chamber_volume,
    copy_samples,
    load_body,
    load_coefficients,
    load_timing,
    room_for,
    store_learned,
)
from ..laws.baroreflex import LEAST_FACTOR, MOST_FACTOR, mean_drives
from ..laws.coronary import effective_tone, perfusion
from ..measure.end_systole import PLACES
from ..measure.pattern import measure
from ..names.outcomes import Extras, Findings, Means, Outcomes, Samples, Status
from ..names.state import Learned

STATUS_NOT_RUN = int(Status.NOT_RUN)
STATUS_OK = int(Status.OK)
STATUS_NOT_CONVERGED = int(Status.NOT_CONVERGED)
STATUS_NON_PHYSICAL = int(Status.NON_PHYSICAL)
FOUND_OUT_OF_REACH = int(Findings.TARGET_OUT_OF_REACH)
RESULTS = len(Outcomes._fields)
BEATS_AT = Outcomes._fields.index("beats_to_converge")
ERROR_AT = Outcomes._fields.index("convergence_error")
MEAN_ARTERIAL_PRESSURE = Outcomes._fields.index("mean_arterial_pressure")
ROOT_PRESSURE = Samples._fields.index("root_pressure")

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
        np.zeros(jobs, np.uint16),
        states.copy(),
        np.zeros((jobs, len(Learned._fields))),
    )


def part_of(solution: Solution, rows: np.ndarray) -> Solution:
    """Give some rows of a solution, in that order."""
    return Solution(*(each[rows] for each in solution))


@function
def measure_lane(lanes, lane, trace, row):  # type: ignore[no-untyped-def]
    """Measure a lane's pattern into ``row``; give its status, findings and closure."""
    steps = lanes.steps[lane]
    signals, shut = room_for(lanes, steps)
    copy_samples(trace, lane, steps, signals)
    own = load_body(lanes.body[lane])
    outcomes, status, findings, closure = measure(
        signals,
        shut,
        lanes.systole[PLACES:, lane],
        load_means(lanes.means[:, lane]),
        load_extras(lanes.extras[:, lane]),
        load_coefficients(lanes.coefficients[lane]),
        load_timing(lanes.timing[lane]),
        own,
        effective_tone(lanes.x[INNER, lane], own.dilated),
        effective_tone(lanes.x[OUTER, lane], own.dilated),
    )
    store_outcomes(row, outcomes)
    return status, findings, closure


@function
def write_out(lanes, lane, row, error, status, findings, learned, solution):  # type: ignore[no-untyped-def]
    """Write what was measured of a lane, its state, and what its patient's arms take over, to its job."""
    job = lanes.job[lane]
    row[BEATS_AT] = lanes.beats[lane]
    row[ERROR_AT] = error
    solution.status[job] = status
    solution.findings[job] = findings
    store_learned(solution.learned[job], learned)
    for i in range(lanes.x.shape[0]):
        solution.states[job, i] = lanes.x[i, lane]
    if status == STATUS_OK:
        for which in range(RESULTS):
            solution.outcomes[job, which] = row[which]


@function
def write_pattern(lanes, lane, row, error, status, findings, closure, solution, regulation):  # type: ignore[no-untyped-def]
    """Write out a lane whose periodic pattern was measured."""
    sympathetic, vagal = 0.0, 0.0
    if regulation.notes_drives:
        timing = load_timing(lanes.timing[lane])
        steps = lanes.steps[lane]
        pressure = room_for(lanes, steps)[0][ROOT_PRESSURE]
        sympathetic, vagal = mean_drives(pressure, timing.period * timing.beats / steps, lanes.felt[:steps])
    if regulation.moves_factor and not LEAST_FACTOR < lanes.x[FACTOR, lane] < MOST_FACTOR:
        findings |= FOUND_OUT_OF_REACH
    learned = Learned(
        closure, chamber_volume(lanes.x, lane), row[MEAN_ARTERIAL_PRESSURE], sympathetic, vagal,
        perfusion(lanes.x[INNER, lane]), lanes.x[LV, lane],
    )  # fmt: skip
    write_out(lanes, lane, row, error, status, findings, learned, solution)


@function
def write_images(lanes, trace, solution):  # type: ignore[no-untyped-def]
    """Write every lane's image and outcomes to its job; not a number where the pattern went astray.

    Returns how many lanes were in use.
    """
    job, g = lanes.job, lanes.g
    done = 0
    for lane in range(LANES):
        if job[lane] >= 0:
            total = 0.0
            for i in range(g.shape[0]):
                solution.states[job[lane], i] = g[i, lane]
                total += abs(g[i, lane])
            if total < math.inf:
                measure_lane(lanes, lane, trace, solution.outcomes[job[lane]])
            job[lane] = -1
            done += 1
    return done


@function
def write_held(lanes, patterns, solution):  # type: ignore[no-untyped-def]
    """After a pattern, go on from its image but for the inner layer's tone, or write it out after so many patterns.

    Returns how many lanes are done.
    """
    x, g, job, beats = lanes.x, lanes.g, lanes.job, lanes.beats
    done = 0
    for lane in range(LANES):
        if job[lane] < 0:
            continue
        beats[lane] += 1
        if beats[lane] < patterns:
            for i in range(g.shape[0]):
                x[i, lane] = x[i, lane] if i == INNER else g[i, lane]
        else:
            for i in range(g.shape[0]):
                solution.states[job[lane], i] = g[i, lane]
            job[lane] = -1
            done += 1
    return done
