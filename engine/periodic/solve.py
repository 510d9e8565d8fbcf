"""The periodic state: the fixed point of the beat map, and the jobs that share a kernel.

A lane that is done makes room for the next patient.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from ..compile.decorators import compiled, function
from ..compile.layout import LANES, allocate
from ..integration.lanes import FIELDS, PLAIN_FIELDS, Buffers, Jobs, Lanes, buffers, carry_on
from ..names.outcomes import Status
from ..names.parameters import Parameters
from ..names.regulation import UNREGULATED, Regulation
from ..names.state import Learned
from ..patient.drive import master_curves
from ..patient.initial_guess import survey
from ..patient.optional_laws import COMBINATIONS, Physics
from . import anderson, broyden
from .acceptance import SCALE, decide
from .beat_map import begin_pattern, end_pattern, enter, make_room
from .prediction import Predictions, Regressions, no_regressions, predict, predictions
from .regulation import next_regulation, regulate
from .solution import BEATS_AT, Solution, unsolved, write_held, write_images

CURVES = master_curves()
MOST_BEATS = 300
"""Of 1,000 patients in scai-e, 4.5 % need more under 5 L/min of ECMO, .3 % under 3.5; after 150 beats 9.1 and 1.1 %."""
ROOM_FOR_PERIOD = 1.25
"""Steps in a pattern whose period the reflex may change are those of a longer period. Measured: it grows by a fifth at
most with a balloon, by a third with the strongest pump."""
RATIO_AT = Parameters._fields.index("assist_ratio")
RATE_AT = Parameters._fields.index("heart_rate")
ACCELERATED, PREDICTED, SINGLE_PATTERN, HELD = range(4)
"""How jobs are brought on: by Anderson's acceleration; by regressions; by one pattern only, whose image is noted; or by
some patterns with the tone of the inner layer held."""


class Search(NamedTuple):
    """How jobs of the same physics are brought to their periodic states.

    Attributes
    ----------
    lanes : Lanes
    buffers : Buffers
        Of the precision wanted.
    curves : array
        Master curves of activation.
    jobs : Jobs
    order : array of int
        The jobs to run, by the number of their steps.
    tolerance : array, (jobs,)
    caution : array, (jobs,)
        Factor on the errors that regressions estimate.
    most_beats : int
        Patterns after which a job has not converged, or is done.
    regulation : Regulation
    method : int
        `ACCELERATED`, `PREDICTED`, `SINGLE_PATTERN` or `HELD`.
    acceleration : Acceleration
    regressions : Regressions
    predictions : Predictions
    broyden : Broyden
    solution : Solution
        Receives outcomes, codes, the state at which the measured pattern began, and what arms take over from it.
    """

    lanes: Lanes
    buffers: Buffers
    curves: np.ndarray
    jobs: Jobs
    order: np.ndarray
    tolerance: np.ndarray
    caution: np.ndarray
    most_beats: int
    regulation: Regulation
    method: int
    acceleration: anderson.Acceleration
    regressions: Regressions
    predictions: Predictions
    broyden: broyden.Broyden
    solution: Solution


@function
def enter_search(search, entered):  # type: ignore[no-untyped-def]
    """Put the next patients into free lanes, at their start or where their regressions predict the periodic state."""
    lanes, buffers, jobs, order, curves = search.lanes, search.buffers, search.jobs, search.order, search.curves
    regressions, predictions, work = search.regressions, search.predictions, search.broyden
    method, acceleration = search.method, search.acceleration
    held, x, fields = lanes.job, lanes.x, regressions.fields
    before = entered
    for lane in range(LANES):
        if held[lane] >= 0 or entered == order.size:
            continue
        enter(lane, order[entered], jobs, lanes, buffers, curves)
        if method == ACCELERATED:
            make_room(lane, lanes, buffers.tables)
            anderson.begin(acceleration, lane)
        elif method == PREDICTED:
            if entered % LANES == 0:
                # those who wait among the predictions begin before others take their places
                broyden.begin(fields, predictions, work, x)
                predict(regressions, order, entered, jobs, predictions)
            work.waited[lane] = entered % LANES
        entered += 1
    if method == PREDICTED:
        broyden.begin(fields, predictions, work, x)
    return entered - before


@function
def begin_patterns(search):  # type: ignore[no-untyped-def]
    """Begin the next pattern of every lane, as regulation has it."""
    lanes, buffers, parameters = search.lanes, search.buffers, search.jobs.parameters
    if search.regulation.moves_drives or search.regulation.moves_factor:
        for lane in range(LANES):
            if lanes.job[lane] >= 0:
                own = parameters[lanes.job[lane]]
                regulate(lane, own, lanes, buffers, search.curves)
    begin_pattern(lanes, buffers)


@function
def end_patterns(search):  # type: ignore[no-untyped-def]
    """Find every lane's next state, or write it out; say how many are done."""
    lanes, trace, regulation = search.lanes, search.buffers.trace, search.regulation
    end_pattern(lanes, trace)
    if regulation.moves_drives or regulation.moves_factor:
        for lane in range(LANES):
            if lanes.job[lane] >= 0:
                next_regulation(lane, regulation, trace, lanes)
    if search.method == ACCELERATED:
        anderson.remember(lanes.x, lanes.g, SCALE, search.acceleration)
        anderson.extrapolate(lanes.g, SCALE, search.acceleration)
        return decide(
            lanes, search.acceleration, trace, search.jobs.start, search.tolerance, search.most_beats,
            search.solution, regulation,
        )  # fmt: skip
    if search.method == PREDICTED:
        broyden.advance(search.regressions, lanes.x, lanes.g, lanes.beats, search.broyden)
        fields = search.regressions.fields
        return broyden.decide(
            lanes, trace, search.tolerance, search.caution, search.broyden, fields, search.solution, regulation
        )
    if search.method == HELD:
        return write_held(lanes, search.most_beats, search.solution)
    return write_images(lanes, trace, search.solution)


@compiled
def converge(search, physics):  # type: ignore[no-untyped-def]
    """Bring the jobs of a search to their periodic states, with the optional laws of ``physics``."""
    carry_on(search, physics, enter_search, begin_patterns, end_patterns)


def plan(parameters: np.ndarray, regulation: Regulation = UNREGULATED) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Steps in a pattern, code of the physics and initial guess of every row of ``parameters``."""
    surveyed = parameters
    if regulation.moves_drives:
        surveyed = parameters.copy()
        surveyed[:, RATE_AT] /= ROOM_FOR_PERIOD
    steps, codes = np.empty((2, len(parameters)), np.int64)
    guesses = np.empty((len(parameters), FIELDS))
    survey(surveyed, steps, codes, guesses)
    return steps, codes, guesses


def from_scratch(parameters: np.ndarray, regulation: Regulation) -> tuple[np.ndarray, np.ndarray]:
    """Crude guesses of the states of patients of whom nothing is known, and what was learned: nothing."""
    _, _, guesses = plan(parameters, regulation)
    return guesses, np.zeros((len(parameters), len(Learned._fields)))


def solve(
    parameters: np.ndarray,
    start: np.ndarray | None,
    learned: np.ndarray | None,
    *,
    precision: str,
    tolerance: float | np.ndarray,
    most_beats: int = MOST_BEATS,
    regulation: Regulation = UNREGULATED,
    predicted: Iterable[tuple[np.ndarray, Regressions, float | np.ndarray]] = (),
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
    predicted : iterable of array of int, Regressions, and float or array
        Jobs, what training patients of their kind and arm showed, and the factors on their estimated errors. Those
        that it leads astray are begun again without, as the others are begun.
    """
    steps, codes, guesses = plan(parameters, regulation)
    start = guesses if start is None else start
    solution = unsolved(start)
    learned = np.zeros_like(solution.learned) if learned is None else learned
    arm = Arm(Jobs(parameters, start, learned, steps), codes, precision, regulation)
    cautions = np.ones(len(parameters))
    for jobs, regressions, caution in predicted:
        cautions[jobs] = caution
        run_jobs(arm, jobs, solution, PREDICTED, regressions, tolerance, most_beats, cautions)
    left = np.flatnonzero(solution.status == Status.NOT_RUN)
    spent = np.nan_to_num(solution.outcomes[left, BEATS_AT])
    solution.outcomes[left] = np.nan
    run_jobs(arm, left, solution, ACCELERATED, no_regressions(), tolerance, most_beats)
    solution.outcomes[left, BEATS_AT] += spent
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
    return _after(parameters, states, learned, SINGLE_PATTERN, 1, precision, regulation)


def held_patterns(
    parameters: np.ndarray,
    states: np.ndarray,
    learned: np.ndarray,
    patterns: int,
    *,
    precision: str,
    regulation: Regulation,
) -> np.ndarray:
    """States (jobs, FIELDS) after some patterns in which the tone of the inner layer stays what it is.

    The last pattern moves it; where patterns go astray it is not a number. What else is given is as of `images`.
    """
    return _after(parameters, states, learned, HELD, patterns, precision, regulation).states


def _after(
    parameters: np.ndarray,
    states: np.ndarray,
    learned: np.ndarray,
    method: int,
    patterns: int,
    precision: str,
    regulation: Regulation,
) -> Solution:
    """Carry every job from its given state through some patterns by a method that seeks nothing."""
    steps, codes, _ = plan(parameters, regulation)
    solution = unsolved(states)
    arm = Arm(Jobs(parameters, states, learned, steps), codes, precision, regulation)
    run_jobs(arm, np.arange(len(parameters)), solution, method, no_regressions(), 1.0, patterns)
    return solution


class Arm(NamedTuple):
    """Jobs as `solve` has them, with the codes of their physics."""

    jobs: Jobs
    codes: np.ndarray
    precision: str
    regulation: Regulation


def alike(jobs: Jobs, codes: np.ndarray, which: np.ndarray) -> Iterator[tuple[np.ndarray, int, Physics]]:
    """Some of the jobs, by physics and beats in a pattern, fewest steps first; with the most steps and the physics."""
    beats = jobs.parameters[which, RATIO_AT].astype(np.int64)
    kinds = codes[which] * (1 + beats.max(initial=0)) + beats
    for kind in np.unique(kinds):
        members = which[kinds == kind]
        members = members[np.argsort(jobs.steps[members], kind="stable")]
        yield members, int(jobs.steps[members[-1]]), COMBINATIONS[codes[members[0]]]


def run_jobs(
    arm: Arm,
    which: np.ndarray,
    solution: Solution,
    method: int,
    regressions: Regressions,
    tolerance: float | np.ndarray,
    most_beats: int,
    caution: float | np.ndarray = 1.0,
) -> None:
    """Bring some jobs of an arm to their end by one of the methods; ``caution`` as ``tolerance``, a job each or one."""
    regulated = arm.regulation.moves_drives or arm.regulation.moves_factor
    tolerances, cautions = np.full(len(arm.codes), tolerance), np.full(len(arm.codes), caution)
    predicted = predictions(regressions)
    for members, steps, physics in alike(arm.jobs, arm.codes, which):
        fields = FIELDS if regulated else PLAIN_FIELDS + len(physics.gas) + len(physics.pumps)
        # what is sought may belong to a machine that others of the population have
        fields = max(fields, 1 + int(regressions.fields.max(initial=-1)))
        # what the method does not use has no size: to clear it takes a third of the time that all work arrays take
        acceleration = allocate(anderson.Acceleration, fields=fields if method == ACCELERATED else 0)
        search = Search(
            allocate(Lanes, fields=fields, samples=steps), buffers(steps, arm.precision), CURVES, arm.jobs, members,
            tolerances, cautions, most_beats, arm.regulation, method, acceleration, regressions, predicted,
            broyden.searches(regressions), solution,
        )  # fmt: skip
        converge(search, physics)
