"""The periodic state: the fixed point of the beat map, and the jobs that share a kernel.

A lane that is done makes room for the next patient.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..compile.decorators import compiled
from ..compile.layout import LANES, allocate
from ..integration.ssprk import integrate
from ..names.outcomes import Status
from ..names.parameters import Parameters
from ..names.regulation import UNREGULATED, Regulation
from ..patient.drive import master_curves
from ..patient.initial_guess import survey
from ..patient.optional_laws import COMBINATIONS
from . import anderson, broyden
from .acceptance import SCALE, decide
from .beat_map import FIELDS, MACHINE_FIELDS, PLAIN_FIELDS, Lanes, begin_pattern, buffers, end_pattern, enter, make_room
from .predicted import finish, note_images
from .prediction import Regressions, no_regressions, predictions, prepare
from .regulation import next_regulation, regulate
from .solution import BEATS_AT, Solution, unsolved

CURVES = master_curves()
MOST_BEATS = 150
ROOM_FOR_PERIOD = 1.25
"""Steps in a pattern whose period the reflex may change are those of a longer period. Measured: it grows by a fifth at
most with a balloon, by a third with the strongest pump."""
RATIO_AT = Parameters._fields.index("assist_ratio")
RATE_AT = Parameters._fields.index("heart_rate")
ACCELERATED, PREDICTED, SINGLE_PATTERN = range(3)
"""How jobs are brought on: by Anderson's acceleration; by regressions; or by one pattern only, whose image is noted."""


@compiled
def converge(  # type: ignore[no-untyped-def]
    s,
    acceleration,
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
    way,
    regressions,
    ahead,
    b,
):
    """Bring jobs that share their number of steps to their periodic states.

    Parameters
    ----------
    s : Lanes
        Allocated for this number of steps.
    acceleration : Acceleration
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
    tolerance : array, (jobs,)
    most_beats : int
        Patterns after which a job has not converged.
    solution : Solution
        Receives outcomes, codes, the state at which the measured pattern began, and what arms take over from it.
    physics : Physics
        The optional laws in use.
    regulation : Regulation
    way : int
        `UNGUIDED`, `GUIDED` or `TRIED`.
    regressions : Regressions
    ahead : Prospects
    b : Search
        Allocated for the regressions.
    """
    regulated = regulation.moves_drives or regulation.moves_factor
    waiting = 0
    running = 0
    while True:
        for lane in range(LANES):
            if s.job[lane] < 0 and waiting < order.size:
                job = order[waiting]
                enter(lane, job, parameters, start, learned, steps, s, work, grid, curves)
                if way == ACCELERATED:
                    make_room(lane, s, grid)
                    anderson.begin(acceleration, lane)
                elif way == PREDICTED:
                    if waiting % LANES == 0:
                        prepare(regressions, order, waiting, parameters, start, learned, ahead)
                    broyden.place(lane, waiting % LANES, regressions.fields, ahead, b, s.x)
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
        if way == ACCELERATED:
            anderson.remember(s.x, s.g, SCALE, acceleration)
            anderson.extrapolate(s.g, SCALE, acceleration)
            running -= decide(s, acceleration, trace, start, steps, tolerance, most_beats, solution, regulation)
        elif way == PREDICTED:
            broyden.advance(regressions, s.x, s.g, s.beats, b)
            running -= finish(s, trace, steps, tolerance, b, regressions.fields, solution, regulation)
        else:
            running -= note_images(s, trace, steps, solution)


def plan(parameters: np.ndarray, regulation: Regulation = UNREGULATED) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Steps in a pattern, code of the physics and initial guess of every row of ``parameters``."""
    surveyed = parameters.copy()
    if regulation.moves_drives:
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
    tolerance: float | np.ndarray,
    most_beats: int = MOST_BEATS,
    regulation: Regulation = UNREGULATED,
    regressions: Regressions | None = None,
) -> Solution:
    """Periodic states of many jobs.

    Parameters
    ----------
    parameters : array, (jobs, len(Parameters._fields)), float64
    start : array, (jobs, FIELDS), or None
        States to start from; None starts from a crude guess.
    learned : array, (jobs, len(Learned._fields)), or None
        What arms take over from the unsupported state.
    precision : {"float64", "float32"}
        Of the integration; the beat map's fixed point is sought in float64.
    tolerance : float or array, (jobs,)
        Of the estimated relative error of the outcomes.
    most_beats : int
        Patterns after which a job has not converged.
    regulation : Regulation
        What is regulated starts from an unsupported state, and from what was learned of it.
    regressions : Regressions, optional
        What training patients of the same arm showed. Jobs that they lead astray are begun again without.
    """
    steps, codes, guesses = plan(parameters, regulation)
    start = guesses if start is None else start
    solution = unsolved(start)
    learned = np.zeros_like(solution.learned) if learned is None else learned
    jobs = Jobs(parameters, start, learned, steps, codes, precision, regulation)
    everyone = np.arange(len(parameters))
    if regressions is None:
        bring(jobs, everyone, solution, ACCELERATED, no_regressions(), tolerance, most_beats)
        return solution
    bring(jobs, everyone, solution, PREDICTED, regressions, tolerance, most_beats)
    astray = np.flatnonzero(solution.status == Status.NOT_RUN)
    spent = solution.outcomes[astray, BEATS_AT]
    solution.outcomes[astray] = np.nan
    bring(jobs, astray, solution, ACCELERATED, regressions, tolerance, most_beats)
    solution.outcomes[astray, BEATS_AT] += spent
    return solution


def images(
    parameters: np.ndarray, states: np.ndarray, learned: np.ndarray, *, precision: str, regulation: Regulation
) -> Solution:
    """One pattern of every job from its given state: ``states`` of what is returned are the images.

    Parameters
    ----------
    parameters, states, learned : array
        As for `solve`; of blood under the balloon that is there.
    precision : {"float64", "float32"}
    regulation : Regulation
    """
    steps, codes, _ = plan(parameters, regulation)
    solution = unsolved(states)
    jobs = Jobs(parameters, states, learned, steps, codes, precision, regulation)
    bring(jobs, np.arange(len(parameters)), solution, SINGLE_PATTERN, no_regressions(), 1.0, 1)
    return solution


class Jobs(NamedTuple):
    """Patients in one arm, as `solve` has them, with the steps in their patterns and the codes of their physics."""

    parameters: np.ndarray
    start: np.ndarray
    learned: np.ndarray
    steps: np.ndarray
    codes: np.ndarray
    precision: str
    regulation: Regulation


def bring(
    jobs: Jobs,
    which: np.ndarray,
    solution: Solution,
    way: int,
    regressions: Regressions,
    tolerance: float | np.ndarray,
    most_beats: int,
) -> None:
    """Bring some jobs to their end in one of the ways, grouped by physics, number of steps and the beats these make."""
    alike = np.stack([jobs.codes, jobs.steps, jobs.parameters[:, RATIO_AT].astype(np.int64)])[:, which]
    kinds = np.ravel_multi_index(tuple(alike), tuple(alike.max(axis=1, initial=0) + 1))
    regulated = jobs.regulation.moves_drives or jobs.regulation.moves_factor
    tolerances = np.full(len(jobs.parameters), tolerance)
    for kind in np.unique(kinds):
        members = which[kinds == kind]
        code, count = int(jobs.codes[members[0]]), int(jobs.steps[members[0]])
        work, grid, trace = buffers(count, jobs.precision)
        physics = COMBINATIONS[code]
        fields = FIELDS if regulated else MACHINE_FIELDS if physics.machines else PLAIN_FIELDS
        # what is sought may belong to a machine that others of the population have
        fields = max(fields, 1 + int(regressions.fields.max(initial=-1)))
        converge(
            allocate(Lanes, fields=fields, steps=count), allocate(anderson.Acceleration, fields=fields),
            work, grid, trace, CURVES, members, jobs.parameters, jobs.start,
            jobs.learned, count, tolerances, most_beats, solution, physics, jobs.regulation, way, regressions,
            predictions(regressions), broyden.search(regressions),
        )  # fmt: skip
