"""Patients whose rhythm is irregular: beat after beat, until means over many beats are known well enough."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..compile.decorators import compiled, function
from ..compile.layout import LANES, row_access
from ..integration.ssprk import STATES, integrate
from ..measure.pattern import judgement
from ..names.outcomes import Outcomes, Status
from ..names.parameters import RHYTHM, TRIGGER, Parameters
from ..names.state import Learned
from ..patient.clock import Timing
from ..patient.initial_guess import survey
from ..patient.optional_laws import COMBINATIONS
from ..periodic.beat_map import DEMAND, FIELDS, INNER, OUTER, RESULTS, buffers
from ..periodic.solution import BEATS_AT, ERROR_AT, Solution, unsolved
from ..periodic.solve import CURVES
from .batch_means import BATCHES, LEAST_BATCHES, judge, overall, parts, put
from .beats import BURN_IN, CLOSURE_AT, add_beat, begin_beat, course, enter, gather, load_body, lost
from .rhythm import BLOCK

FINER = 1.25
"""Steps over those of a regular beat of the mean duration."""
MOST_BEATS = 3000
PLACES = Parameters._fields.index
STATUS_OK = int(Status.OK)
STATUS_NOT_CONVERGED = int(Status.NOT_CONVERGED)
STATUS_NON_PHYSICAL = int(Status.NON_PHYSICAL)
STATUS_NO_DIASTOLE = int(Status.NO_DIASTOLE)
PRESSURE_AT = Learned._fields.index("arterial_pressure")
MAP_AT = Outcomes._fields.index("mean_arterial_pressure")
VOLUME_AT = Timing._fields.index("balloon_volume")

load_outcomes, _ = row_access(Outcomes)


class Scatter(NamedTuple):
    """How well the means of irregular patients are known: one row a job.

    Attributes
    ----------
    cells : array of int
        Blocks of beats averaged over; 0 for a regular patient.
    deviation : array, (jobs, RESULTS)
        Standard error of every outcome.
    batches : array, (jobs, BATCHES, RESULTS), float32
        Outcomes batch by batch over the beats that the unsupported run averaged over; NaN where there is no batch.
    """

    cells: np.ndarray
    deviation: np.ndarray
    batches: np.ndarray


@function
def lane_done(s, lane, work, tolerance, most_beats, common, solution, scatter):  # type: ignore[no-untyped-def]
    """Decide on one lane after a beat: whether it has failed, or its means are known well enough."""
    job = s.job[lane]
    s.beats[lane] += 1
    counted = s.beats[lane] - BURN_IN
    if lost(s, lane, work):
        solution.status[job] = STATUS_NON_PHYSICAL
        return True
    if counted <= 0 or counted % BLOCK != 0:
        return False
    full = put(s.batches[lane], s.filled[lane], s.length[lane], s.cell[lane])
    s.cell[lane] = 0.0
    count = s.filled[lane, 0]
    cells = counted // BLOCK
    if full and count >= LEAST_BATCHES:
        own = load_body(s.body[lane])
        error = judge(s.batches[lane], count, own, s.row, s.deviation, s.each)
        if cells == common[job]:
            keep_batches(s, count, job, scatter)
        if error <= tolerance and cells >= common[job]:
            if common[job] == 0:
                keep_batches(s, count, job, scatter)
            scatter.cells[job] = cells
            scatter.deviation[job] = s.deviation
            finish(s, lane, work, error, solution)
            return True
    if s.beats[lane] + BLOCK > most_beats:
        solution.status[job] = STATUS_NOT_CONVERGED
        return True
    return False


@function
def keep_batches(s, count, job, scatter):  # type: ignore[no-untyped-def]
    """Keep the outcomes batch by batch, for differences to other arms."""
    for batch in range(count):
        for which in range(RESULTS):
            scatter.batches[job, batch, which] = s.each[batch, which]


@function
def finish(s, lane, work, error, solution):  # type: ignore[no-untyped-def]
    """Write out a lane's outcomes, its last state, and what arms take over from it."""
    job = s.job[lane]
    t, m, extras, inner, outer, _ = parts(overall(s.batches[lane], s.filled[lane, 0]))
    status, findings = judgement(load_outcomes(s.row), t, m, extras, s.timing[lane, VOLUME_AT] > 0.0, inner, outer)
    if t.no_diastole > 0.5 and t.ejected > 0.0 and status == STATUS_OK:
        status = STATUS_NO_DIASTOLE
    solution.status[job] = status
    solution.findings[job] = findings
    solution.learned[job] = s.learned[lane]
    solution.learned[job, CLOSURE_AT] = t.closure
    solution.learned[job, PRESSURE_AT] = s.row[MAP_AT]
    for i in range(STATES):
        solution.states[job, i] = work[i * LANES + lane]
    solution.states[job, INNER], solution.states[job, OUTER] = s.held[lane, 0], s.held[lane, 1]
    solution.states[job, DEMAND] = s.held[lane, 2]
    if status == STATUS_OK:
        s.row[BEATS_AT] = s.beats[lane]
        s.row[ERROR_AT] = error
        for which in range(RESULTS):
            solution.outcomes[job, which] = s.row[which]


@compiled
def advance(  # type: ignore[no-untyped-def]
    s,
    work,
    grid,
    trace,
    curves,
    order,
    parameters,
    start,
    learned,
    seed,
    index,
    common,
    steps,
    tolerance,
    most_beats,
    solution,
    scatter,
    physics,
):
    """Follow jobs that share their number of steps.

    Parameters
    ----------
    s : Course
    work, grid, trace : array
        Buffers of `integrate`, of the precision wanted.
    curves : array
        Master curves of activation.
    order : array of int
        The jobs to run: rows of what follows.
    parameters : array, (jobs, len(Parameters._fields))
    start : array, (jobs, FIELDS)
    learned : array, (jobs, len(Learned._fields))
    seed : int
    index : array of int, (jobs,)
        With the seed, the key of a patient's random numbers.
    common : array of int, (jobs,)
        Blocks of beats that the same patient's unsupported run averaged over, or 0: at least as many are taken.
    steps : int
    tolerance : float
        Of twice the standard error.
    most_beats : int
    solution : Solution
    scatter : Scatter
    physics : Physics
    """
    waiting = 0
    running = 0
    while True:
        for lane in range(LANES):
            if s.job[lane] < 0 and waiting < order.size:
                enter(lane, order[waiting], parameters, start, learned, seed, index, s, work)
                waiting += 1
                running += 1
        if running == 0:
            break
        for lane in range(LANES):
            if s.job[lane] >= 0:
                begin_beat(s, lane, work, grid, steps, curves)
        integrate(work, grid, trace, steps, physics)
        for lane in range(LANES):
            if s.job[lane] >= 0:
                gather(s, trace, lane, steps)
                add_beat(s, lane, work, steps)
                if lane_done(s, lane, work, tolerance, most_beats, common, solution, scatter):
                    s.job[lane] = -1
                    running -= 1


def is_irregular(parameters: np.ndarray) -> np.ndarray:
    """Whether each job (a row of parameters) has beats that differ, by its rhythm or by the console that follows it."""
    rhythm, console = (parameters[:, [PLACES(name) for name in names]].any(axis=1) for names in (RHYTHM, TRIGGER))
    return rhythm | (console & (parameters[:, PLACES("balloon_volume")] > 0.0))


def no_scatter(jobs: int) -> Scatter:
    """Return what is known of jobs before they are followed."""
    return Scatter(
        np.zeros(jobs, np.int64), np.zeros((jobs, RESULTS)), np.full((jobs, BATCHES, RESULTS), np.nan, np.float32)
    )


def follow(
    parameters: np.ndarray,
    start: np.ndarray,
    learned: np.ndarray,
    index: np.ndarray,
    common: np.ndarray,
    *,
    seed: int,
    precision: str,
    tolerance: float,
    most_beats: int = MOST_BEATS,
) -> tuple[Solution, Scatter]:
    """Means over many beats of irregular jobs, grouped by the number of steps they ask for.

    Parameters
    ----------
    parameters : array, (jobs, len(Parameters._fields)), float64
    start : array, (jobs, FIELDS)
        States to start from, at an activation.
    learned : array, (jobs, len(Learned._fields))
        From the unsupported state; the closure is the console's interval.
    index : array, (jobs,), int64
        With ``seed``, the key of each patient's random numbers.
    common : array, (jobs,), int64
        Blocks of beats that the same patient's unsupported run averaged over, or 0.
    seed : int
    precision : {"float64", "float32"}
        Of the integration.
    tolerance : float
        Of twice the standard error by batch means, the worst over the outcomes.
    most_beats : int
        Beats after which a job has not converged.
    """
    jobs = parameters.shape[0]
    steps, codes = np.empty((2, jobs), np.int64)
    survey(parameters, steps, codes, np.empty((jobs, FIELDS)))
    supported = parameters[:, PLACES("balloon_volume")] > 0
    per_beat = steps // np.where(supported, parameters[:, PLACES("assist_ratio")], 1.0).astype(np.int64)
    steps = 16 * np.ceil(FINER * per_beat / 16).astype(np.int64)
    solution = unsolved(start)
    scatter = no_scatter(jobs)
    for code, count in np.unique(np.stack([codes, steps], axis=1), axis=0).tolist():
        work, grid, trace = buffers(count, precision)
        advance(
            course(count), work, grid, trace, CURVES, np.flatnonzero((steps == count) & (codes == code)), parameters,
            start, learned, seed, index, common, count, tolerance, most_beats, solution, scatter, COMBINATIONS[code],
        )  # fmt: skip
    return solution, scatter
