"""Patients whose rhythm is irregular: beat after beat, until means over many beats are known well enough."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..compile.decorators import compiled, function
from ..compile.layout import LANES, allocate, row_access
from ..integration.lanes import (
    MACHINE_FIELDS,
    Buffers,
    Jobs,
    Lanes,
    buffers,
    carry_on,
    load_body,
    load_learned,
    load_timing,
    write_states,
)
from ..measure.pattern import judgement
from ..names.conditions import RHYTHM, TRIGGER
from ..names.outcomes import Outcomes, Status
from ..names.parameters import Parameters
from ..names.state import Learned
from ..periodic.beat_map import end_systoles
from ..periodic.solution import (
    MEAN_ARTERIAL_PRESSURE,
    RESULTS,
    STATUS_NON_PHYSICAL,
    STATUS_NOT_CONVERGED,
    STATUS_OK,
    Solution,
    unsolved,
    write_out,
)
from ..periodic.solve import CURVES, alike, plan
from .batch_means import BATCHES, LEAST_BATCHES, judge, overall, parts, put
from .beats import AROUND, BURN_IN, Series, add_beat, begin_beat, enter, gather, lost
from .rhythm import BLOCK

FINER = 1.25
"""Steps over those of a regular beat of the mean duration."""
MOST_BEATS = 3000
PLACES = Parameters._fields.index
STATUS_NO_DIASTOLE = int(Status.NO_DIASTOLE)

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


class Averaging(NamedTuple):
    """How jobs of the same physics are followed.

    Attributes
    ----------
    lanes : Lanes
    series : Series
    buffers : Buffers
        Of the precision wanted.
    curves : array
        Master curves of activation.
    jobs : Jobs
    order : array of int
        The jobs to run, by the number of their steps.
    seed : int
    indices : array of int, (jobs,)
        With the seed, the key of a patient's random numbers.
    common : array of int, (jobs,)
        Blocks of beats that the same patient's unsupported run averaged over, or 0: at least as many are taken.
    tolerance : float
        Of twice the standard error.
    most_beats : int
    solution : Solution
    scatter : Scatter
    """

    lanes: Lanes
    series: Series
    buffers: Buffers
    curves: np.ndarray
    jobs: Jobs
    order: np.ndarray
    seed: int
    indices: np.ndarray
    common: np.ndarray
    tolerance: float
    most_beats: int
    solution: Solution
    scatter: Scatter


@function
def enter_series(averaging, entered):  # type: ignore[no-untyped-def]
    """Put the next patients into free lanes."""
    order, lanes = averaging.order, averaging.lanes
    before = entered
    for lane in range(LANES):
        if lanes.job[lane] < 0 and entered < order.size:
            enter(
                lane, order[entered], averaging.jobs, averaging.seed, averaging.indices, lanes,
                averaging.series, averaging.buffers.work,
            )  # fmt: skip
            entered += 1
    return entered - before


@function
def begin_beats(averaging):  # type: ignore[no-untyped-def]
    """Begin the next beat of every lane."""
    lanes, work = averaging.lanes, averaging.buffers.work
    for lane in range(LANES):
        if lanes.job[lane] >= 0:
            begin_beat(lane, lanes, averaging.series, work, averaging.buffers.grid, averaging.curves)
    write_states(lanes, work)


@function
def end_beats(averaging):  # type: ignore[no-untyped-def]
    """Measure every lane's beat; say how many lanes are done."""
    lanes, series = averaging.lanes, averaging.series
    end_systoles(lanes, averaging.buffers.trace, 1)
    done = 0
    for lane in range(LANES):
        if lanes.job[lane] >= 0:
            gather(lane, lanes, series, averaging.buffers.trace)
            add_beat(lane, lanes, series)
            if lane_done(lane, lanes, series, averaging):
                lanes.job[lane] = -1
                done += 1
    return done


@function
def lane_done(lane, lanes, series, averaging):  # type: ignore[no-untyped-def]
    """Decide on one lane after a beat: whether it has failed, or its means are known well enough."""
    solution, scatter, common = averaging.solution, averaging.scatter, averaging.common
    job = lanes.job[lane]
    lanes.beats[lane] += 1
    counted = lanes.beats[lane] - BURN_IN
    if lost(lane, lanes):
        solution.status[job] = STATUS_NON_PHYSICAL
        return True
    if counted <= 0 or counted % BLOCK != 0:
        return False
    full = put(series.batches[lane], series.filled[lane], series.length[lane], series.cell[lane])
    series.cell[lane] = 0.0
    count = series.filled[lane, 0]
    cells = counted // BLOCK
    if full and count >= LEAST_BATCHES:
        own = load_body(lanes.body[lane])
        error = judge(series.batches[lane], count, own, series.row, series.deviation, series.each)
        if cells == common[job]:
            keep_batches(series, count, job, scatter)
        if error <= averaging.tolerance and cells >= common[job]:
            if common[job] == 0:
                keep_batches(series, count, job, scatter)
            scatter.cells[job] = cells
            scatter.deviation[job] = series.deviation
            finish(lane, lanes, series, error, solution)
            return True
    if lanes.beats[lane] + BLOCK > averaging.most_beats:
        solution.status[job] = STATUS_NOT_CONVERGED
        return True
    return False


@function
def keep_batches(series, count, job, scatter):  # type: ignore[no-untyped-def]
    """Keep the outcomes batch by batch, for differences to other arms."""
    for batch in range(count):
        for which in range(RESULTS):
            scatter.batches[job, batch, which] = series.each[batch, which]


@function
def finish(lane, lanes, series, error, solution):  # type: ignore[no-untyped-def]
    """Write out a lane's outcomes, its last state, and what arms take over from it."""
    row = series.row
    t, m, extras, inner, outer, _ = parts(overall(series.batches[lane], series.filled[lane, 0]))
    supported = load_timing(lanes.timing[lane]).balloon_volume > 0.0
    status, findings = judgement(load_outcomes(row), t, m, extras, supported, inner, outer)
    if t.no_diastole > 0.5 and t.ejected > 0.0 and status == STATUS_OK:
        status = STATUS_NO_DIASTOLE
    taken = load_learned(lanes.learned[lane])
    learned = Learned(
        t.closure, taken.chamber_volume, row[MEAN_ARTERIAL_PRESSURE], taken.sympathetic, taken.vagal, taken.perfusion,
        taken.lv_volume,
    )  # fmt: skip
    write_out(lanes, lane, row, error, status, findings, learned, solution)


@compiled
def advance(averaging, physics):  # type: ignore[no-untyped-def]
    """Follow jobs with the optional laws of ``physics``."""
    carry_on(averaging, physics, enter_series, begin_beats, end_beats)


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
    """Means over many beats of irregular jobs.

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
    in_pattern, codes, _ = plan(parameters)
    supported = parameters[:, PLACES("balloon_volume")] > 0
    per_beat = in_pattern // np.where(supported, parameters[:, PLACES("assist_ratio")], 1.0).astype(np.int64)
    per_beat = 16 * np.ceil(FINER * per_beat / 16).astype(np.int64)
    solution = unsolved(start)
    scatter = no_scatter(len(parameters))
    jobs = Jobs(parameters, start, learned, per_beat)
    for members, steps, physics in alike(jobs, codes, np.arange(len(parameters))):
        series = allocate(Series, nodes=steps + 1)
        lanes = allocate(Lanes, fields=MACHINE_FIELDS, samples=2 * steps + AROUND)
        averaging = Averaging(
            lanes, series, buffers(steps, precision), CURVES, jobs, members, seed, index, common, tolerance,
            most_beats, solution, scatter,
        )  # fmt: skip
        advance(averaging, physics)
    return solution, scatter
