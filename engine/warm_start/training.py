"""A warm start: regressions on training patients of a population, so that its patients need few beats.

The training patients are brought to their periodic states without one. A regression of these on what is known of a
patient beforehand gives the others their start, one of the beat map's Jacobian their steps, and the mean sensitivity
of the outcomes says when a patient is done. A warm start depends on nobody who is simulated with it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

import numpy as np
import xarray as xr

from ..arms import Solver, run_arms
from ..compile.decorators import fingerprint
from ..errors import InputError, check_name
from ..inputs import PLACE, check_arms, parameter_matrix
from ..integration.lanes import INNER
from ..irregular.follow import is_irregular
from ..names.outcomes import JUDGED, Status
from ..names.regulation import REGULATIONS, Mode
from ..periodic.acceptance import FLOOR
from ..periodic.broyden import MOST_BEATS
from ..periodic.prediction import Regressions
from ..periodic.solution import BEATS_AT, ERROR_AT, Solution, part_of
from ..periodic.solve import images, solve
from .kinds import ANY, DILATED, EXHAUSTED, PERFUSED, STENOSIS, Kind, kinds
from .regression import LEAST_TRAINING_PATIENTS, by_flow, observe, states_anew

TRAINING_PATIENTS = 1024
"""Those of a run of some 100,000. Measured in ami-cs: 8,192 more, who show nothing but where their periodic states lie,
make it 3.31 beats an arm instead of 3.65, for 1.4 seconds of a core, which 250,000 patients save."""
TRAINING_TOLERANCE = {"float64": 2e-5, "float32": 1e-4}
"""Tolerance of the training patients' own periodic states."""
STATES_TOLERANCE = 5e-4
"""Tolerance of the states of those who show nothing else."""
DIFFERENCE = {"float64": 1e-3, "float32": 4e-3}
"""Step of the finite differences, in units of each state's size."""
TRIAL_TOLERANCE = 5e-4
"""Tolerance at which regressions are tried on their own training patients."""
COVERAGE = 0.97
STANDARD_ERRORS = 1.5
"""Share of the training patients whose estimated error must then be at least the true one; and standard errors of that
share, by as many patients as were tried, that are added to it, because others are covered less often than those that
regressions were made on. Measured over 2,048 patients of scai-d, Impella and ECMO: with none 93.8 and 94.9 %, with
1.5 95.4 and 96.5; in ami-cs for 3 % more beats."""


class WarmStart(NamedTuple):
    """What was learned of a population in some arms.

    Attributes
    ----------
    arms : dict of str to dict of str to float
        The arms, and what they override.
    regulation, precision : str
        As of `simulate`.
    fingerprint : str
        Of the engine that made it.
    regressions : dict
        Kind of patients in an arm -> regressions. Where training patients showed nothing there is none.
    """

    arms: dict[str, dict[str, float]]
    regulation: str
    precision: str
    fingerprint: str
    regressions: dict[Kind, Regressions]

    def __repr__(self) -> str:
        """Say what it is of, not each of its numbers."""
        return (
            f"WarmStart of the arms {', '.join(self.arms)}, {self.regulation}, {self.precision}: "
            f"{len(self.regressions):,} regressions, of the engine {self.fingerprint[:12]}"
        )

    def matching(
        self, arms: Mapping[str, Mapping[str, float]], regulation: str, precision: str
    ) -> dict[Kind, Regressions]:
        """Give what was learned, where it is of these arms.

        Raises
        ------
        InputError
            Where it was made for something else.
        """
        for name, own, asked in (
            ("engine", self.fingerprint, fingerprint()),
            ("regulation", self.regulation, regulation),
            ("precision", self.precision, precision),
        ):
            if own != asked:
                raise InputError(f"warm_start: made for the {name} {own!r}; {asked!r} is asked for")
        for arm, overrides in arms.items():
            check_name("warm_start: arms", arm, self.arms)
            if dict(overrides) != self.arms[arm]:
                raise InputError(f"warm_start: made for arms.{arm} = {self.arms[arm]}; {dict(overrides)} is asked for")
        return self.regressions


def make_warm_start(
    training: xr.Dataset,
    arms: Mapping[str, Mapping[str, float]],
    *,
    reference: str | None = None,
    regulation: str = "open-loop",
    precision: str = "float64",
    threads: int = 1,
) -> WarmStart:
    """Send training patients through all arms and learn from them.

    Parameters
    ----------
    training : xr.Dataset
        Patients drawn as those that will start from it. Those after the first `TRAINING_PATIENTS` show nothing but
        where their periodic states lie, and count where they are as many again.
    arms, reference, regulation, precision
        As of `simulate`.
    threads : int
        Has no influence on the warm start.

    Raises
    ------
    InputError
        As `simulate`.
    """
    check_name("precision", precision, TRAINING_TOLERANCE)
    check_name("regulation", regulation, REGULATIONS)
    check_arms(arms)
    matrix = parameter_matrix(training)
    irregular = is_irregular(matrix)
    for overrides in arms.values():
        own = matrix.copy()
        for name, setting in overrides.items():
            own[:, PLACE[name]] = setting
        irregular |= is_irregular(own)
    regular = np.flatnonzero(~irregular)
    first, more = regular[:TRAINING_PATIENTS], regular[TRAINING_PATIENTS:]
    regressions: dict[Kind, Regressions] = {}
    if first.size >= LEAST_TRAINING_PATIENTS:
        solver = TrainingSolver(precision, TRAINING_TOLERANCE[precision], regressions, threads)
        run_arms(matrix[first], arms, {}, solver, regulation, reference)
        if more.size >= TRAINING_PATIENTS:
            others = StatesSolver(precision, STATES_TOLERANCE, regressions, threads)
            run_arms(matrix[more], arms, {}, others, regulation, reference)
        solver.calibrate()
    kept = {arm: {name: float(value) for name, value in overrides.items()} for arm, overrides in arms.items()}
    return WarmStart(kept, regulation, precision, fingerprint(), regressions)


class Shown(NamedTuple):
    """What training patients of an arm started from and came to."""

    arm: str
    mode: Mode
    parameters: np.ndarray
    start: np.ndarray
    learned: np.ndarray
    solution: Solution


@dataclass
class ThreadedSolver(Solver):
    """A solver that does what is done row by row in so many threads."""

    threads: int = 1

    def side_by_side(self, work: Callable[..., Solution], *rows: np.ndarray) -> Solution:
        """Do it of as many parts of the rows as there are threads."""
        size = max(1, -(-len(rows[0]) // self.threads))
        parts = [[each[begin : begin + size] for each in rows] for begin in range(0, len(rows[0]), size)]
        with ThreadPoolExecutor(self.threads) as pool:
            done = list(pool.map(lambda part: work(*part), parts))
        return Solution(*(np.concatenate(each) for each in zip(*done, strict=True)))


@dataclass
class TrainingSolver(ThreadedSolver):
    """A solver that learns from whom it solves."""

    shown: list[Shown] = field(default_factory=list)

    def solved(
        self,
        arm: str,
        parameters: np.ndarray,
        start: np.ndarray,
        learned: np.ndarray,
        mode: Mode,
        inherited: float | np.ndarray = 0.0,
    ) -> Solution:
        """Solve without a warm start, all to the same tolerance, and learn of each kind of patients."""
        alone = partial(solve, precision=self.precision, regulation=mode.regulation)
        solution = self.side_by_side(partial(alone, tolerance=self.tolerance), parameters, start, learned)
        one_pattern = partial(self.side_by_side, partial(images, precision=self.precision, regulation=mode.regulation))
        stenosed = parameters[:, STENOSIS] > 0.0
        for kind in (False, True):
            rows = np.flatnonzero(stenosed == kind)
            given = (parameters[rows], start[rows], learned[rows], part_of(solution, rows))
            training = observe(*given, DIFFERENCE[self.precision], one_pattern)
            if training is not None:
                found = {Kind(arm, mode.name, kind, flow): each for flow, each in by_flow(training).items()}
                self.regressions |= found
        self.shown.append(Shown(arm, mode, parameters, start, learned, solution))
        return solution

    def calibrate(self) -> None:
        """Try the regressions on their own training patients, and correct the errors that they estimate."""
        for arm, mode, *given, solution in self.shown:
            parameters, start, learned = given
            for key, rows, near in kinds(self.regressions, arm, mode.name, parameters, start, learned):
                own = self.regressions.get(key)
                if own is not None:
                    try_out = partial(self.try_out, own, mode)
                    tried = self.side_by_side(try_out, parameters[rows], start[rows], learned[rows])
                    known = part_of(solution, rows)
                    far = underestimated(part_of(tried, ~near), part_of(known, ~near))
                    nearer = underestimated(part_of(tried, near), part_of(known, near))
                    self.regressions[key] = own._replace(caution=np.array([far, max(far, nearer)]))

    def try_out(self, regressions: Regressions, mode: Mode, *rows: np.ndarray) -> Solution:
        """Solve with regressions."""
        everyone = np.arange(len(rows[0]))
        return solve(
            *rows, precision=self.precision, tolerance=TRIAL_TOLERANCE, regulation=mode.regulation,
            predicted=[(everyone, regressions, 1.0)],
        )  # fmt: skip


@dataclass
class StatesSolver(ThreadedSolver):
    """A solver with a warm start that learns from whom it solves where periodic states lie, and nothing else."""

    def solved(
        self,
        arm: str,
        parameters: np.ndarray,
        start: np.ndarray,
        learned: np.ndarray,
        mode: Mode,
        inherited: float | np.ndarray = 0.0,
    ) -> Solution:
        """Solve, and regress the states of each kind of patients anew."""
        warm = super().solved
        solution = self.side_by_side(
            lambda own, begin, taken: warm(arm, own, begin, taken, mode), parameters, start, learned
        )
        exhausted = solution.states[:, INNER] <= DILATED
        stenosed = parameters[:, STENOSIS] > 0.0
        for key, regressions in self.regressions.items():
            if (key.arm, key.mode) == (arm, mode.name):
                of_flow = {ANY: True, PERFUSED: ~exhausted, EXHAUSTED: exhausted}[key.flow]
                rows = np.flatnonzero((solution.status == Status.OK) & (stenosed == key.stenosed) & of_flow)
                given = (parameters[rows], start[rows], learned[rows], solution.states[rows])
                self.regressions[key] = states_anew(regressions, *given)
        return solution


def underestimated(tried: Solution, truth: Solution) -> float:
    """Factor by which the errors estimated with a warm start fall short of the true ones, and 1 where they do not."""
    both = (tried.status == Status.OK) & (truth.status == Status.OK)
    both &= tried.outcomes[:, BEATS_AT] <= MOST_BEATS
    if not both.any():
        return 1.0
    found, exact = tried.outcomes[both], truth.outcomes[both]
    apart = np.abs(found - exact)[:, :JUDGED] / np.maximum(np.abs(exact[:, :JUDGED]), FLOOR)
    # the training patients' own errors are not counted in the estimates
    true = apart.max(axis=1) - exact[:, ERROR_AT]
    share = COVERAGE + STANDARD_ERRORS * math.sqrt(COVERAGE * (1.0 - COVERAGE) / len(true))
    return max(1.0, float(np.quantile(true / found[:, ERROR_AT], min(share, 1.0))))
