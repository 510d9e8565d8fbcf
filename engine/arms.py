"""A patient in several arms: the unsupported state first, every other arm from there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from .cohort_bounds import Bounds, inside
from .errors import InputError
from .inputs import PLACE, same_rows, without_idle
from .integration.lanes import SYMPATHETIC, VAGAL
from .irregular.follow import is_irregular
from .irregular.paired import Follower
from .names.conditions import DEVICES
from .names.outcomes import LATE_PRESSURE, LATE_WORK, OUTCOMES, Findings, Status
from .names.regulation import MODES, OPEN_LOOP, Mode
from .names.state import Learned
from .periodic.prediction import Regressions
from .periodic.reflex_stability import find_oscillations
from .periodic.second_states import find_second_states
from .periodic.solution import ERROR_AT, Solution
from .periodic.solve import from_scratch, solve
from .warm_start.kinds import Kind, kinds

UNSUPPORTED = ""
"""What a solver is told in place of an arm's name for the unsupported state."""
DRIVES_LEARNED = [Learned._fields.index("sympathetic"), Learned._fields.index("vagal")]
FOUND_MISTIMED = np.uint16(Findings.MISTIMED)
PERFUSION = Learned._fields.index("perfusion")
INHERITED_BY_ISCHAEMIA = 2.0
"""Times its estimated error, which counts in the arms where the flow without support decides contraction: thickening
magnifies it, the more the less flow there is."""
HELD_PRESSURE = Learned._fields.index("arterial_pressure")
END_DIASTOLIC_PRESSURE = list(OUTCOMES).index("end_diastolic_aortic_pressure")
STROKE_WORK = list(OUTCOMES).index("stroke_work")
REFERENCE_PRESSURE = list(OUTCOMES).index("mean_arterial_pressure")
"""The pressure that drugs hold, in what an arm takes over; and that of the reference arm, in its outcomes."""


@dataclass
class Solver:
    """How the patients of an arm are brought to their periodic states.

    Attributes
    ----------
    precision : str
    tolerance : float
    regressions : dict
        Kind of patients in an arm -> regressions; empty for none.
    """

    precision: str
    tolerance: float
    regressions: dict[Kind, Regressions] = field(default_factory=dict)

    def __call__(
        self,
        arm: str,
        parameters: np.ndarray,
        start: np.ndarray | None,
        learned: np.ndarray | None,
        mode: Mode,
        inherited: float | np.ndarray = 0.0,
    ) -> Solution:
        """Solve; who starts from nothing starts from a crude guess. Arrays as of `periodic.solve`."""
        if start is None or learned is None:
            start, learned = from_scratch(parameters, mode.regulation)
        return self.solved(arm, parameters, start, learned, mode, inherited)

    def solved(
        self,
        arm: str,
        parameters: np.ndarray,
        start: np.ndarray,
        learned: np.ndarray,
        mode: Mode,
        inherited: float | np.ndarray = 0.0,
    ) -> Solution:
        """Solve to the mode's share of the tolerance, in which the inherited errors count."""
        wanted = np.broadcast_to(mode.tolerance_share * self.tolerance - inherited, len(parameters))
        predicted = []
        if self.regressions:
            of_kinds = kinds(self.regressions, arm, mode.name, parameters, start, learned)
            predicted = [
                (jobs, self.regressions[kind], self.regressions[kind].caution[near.astype(np.intp)])
                for kind, jobs, near in of_kinds
                if kind in self.regressions
            ]
        solution = solve(
            parameters, start, learned, precision=self.precision, tolerance=wanted, regulation=mode.regulation,
            predicted=predicted,
        )  # fmt: skip
        solution.outcomes[:, ERROR_AT] += inherited
        return solution


def run_arms(
    matrix: np.ndarray,
    arms: Mapping[str, Mapping[str, float]],
    bounds: Bounds,
    solver: Solver,
    regulation: str = "open-loop",
    reference: str | None = None,
    follower: Follower | None = None,
) -> list[tuple[np.ndarray, Solution]]:
    """Bring patients, first without support, then in every arm, to an end: parameters and solution of each.

    Without a follower, or with a regulation, irregular patients are refused.
    """
    mode = MODES[regulation]
    bare = matrix.copy()
    for name in DEVICES:
        bare[:, PLACE[name]] = 0.0
    bare = without_idle(bare, regulation)
    baseline = solver(UNSUPPORTED, bare, None, None, mode.unsupported())
    baseline.states[:, [SYMPATHETIC, VAGAL]] = baseline.learned[:, DRIVES_LEARNED]
    if follower is not None:
        follower.baseline(bare, baseline)
    sound = baseline.status == Status.OK
    member = sound & inside(bare, baseline.outcomes, bounds)
    baseline.status[sound & ~member] = Status.OUTSIDE_COHORT
    reference = next(iter(arms)) if reference is None else reference
    order = [reference, *(arm for arm in arms if arm != reference)]
    known = [(bare, baseline)]
    for arm in order:
        own = matrix.copy()
        for name, setting in arms[arm].items():
            own[:, PLACE[name]] = setting
        own = without_idle(own, regulation)
        regulated, learned = np.ones(len(own), bool), baseline.learned
        if mode.regulation.moves_factor:
            regulated, learned = held_pressure(own, learned, None if arm == reference else known[1][1])
        refuse_irregular(own, arm, mode, follower)
        solution = solve_arm(arm, own, known, member, learned, mode, regulated, solver)
        if follower is not None:
            follower.arm(arm, own, solution, member)
        known.append((own, solution))
    for own, solution in known[2:]:
        find_late_deflation(own, solution, known[1][1])
    return [known[0], *(known[1 + order.index(arm)] for arm in arms)]


def find_late_deflation(own: np.ndarray, solution: Solution, reference: Solution) -> None:
    """Add the finding to a solution of an arm in which a balloon raised what it should lower."""
    pressure, work = (solution.outcomes[:, place] for place in (END_DIASTOLIC_PRESSURE, STROKE_WORK))
    pressure_before, work_before = (
        reference.outcomes[:, place] for place in (END_DIASTOLIC_PRESSURE, STROKE_WORK)
    )  # fmt: skip
    late = (pressure > pressure_before + LATE_PRESSURE) | (work >= (1.0 + LATE_WORK) * work_before)
    late &= (own[:, PLACE["balloon_volume"]] > 0.0) & (solution.status == Status.OK)
    solution.findings[late] |= FOUND_MISTIMED


def refuse_irregular(own: np.ndarray, arm: str, mode: Mode, follower: Follower | None) -> None:
    """Refuse irregular patients in an arm where they cannot be followed."""
    if mode == OPEN_LOOP and follower is not None:
        return
    rows = np.flatnonzero(is_irregular(own))
    if rows.size:
        lack = "has no periodic pattern to show" if mode == OPEN_LOOP else f"is not offered with {mode.name!r}"
        raise InputError(f"arms.{arm}: the irregular rhythm of patient {rows[0]} {lack}; allowed: a regular rhythm")


def held_pressure(own: np.ndarray, learned: np.ndarray, reference: Solution | None) -> tuple[np.ndarray, np.ndarray]:
    """Whether drugs hold a pressure in each patient (bool), and what is learned, with that pressure in it.

    It is the patient's target, or else the reference arm's; the reference arm itself is then not regulated.
    """
    target = own[:, PLACE["pressure_target"]]
    others = np.full(len(own), np.nan) if reference is None else reference.outcomes[:, REFERENCE_PRESSURE]
    held = (target > 0.0) | (reference is not None)
    learned = learned.copy()
    learned[:, HELD_PRESSURE] = np.where(target > 0.0, target, others)
    return held, learned


def solve_arm(
    arm: str,
    own: np.ndarray,
    known: list[tuple[np.ndarray, Solution]],
    member: np.ndarray,
    learned: np.ndarray,
    mode: Mode,
    regulated: np.ndarray,
    solver: Solver,
) -> Solution:
    """Solve one arm; a patient whose parameters equal an earlier arm's takes that arm's outcome.

    ``known`` begins with the unsupported baseline, from which every arm starts. Where drugs hold a pressure the
    baseline is no arm; and where that pressure is not known, because the reference arm failed, there is no outcome.
    Who is not ``regulated`` (bool) is solved at open loop.
    """
    _, baseline = known[0]
    held = regulated & mode.regulation.moves_factor
    # not filled beforehand: memory that is touched for the first time costs more than what is copied there
    result = Solution(*(np.empty_like(part) for part in baseline))
    todo = np.ones(len(own), bool)
    for other, solution in known:
        same = todo & same_rows(own, other)
        if solution is baseline:
            same &= ~held
        copy_rows(solution, same, result)
        todo &= ~same
    solvable = member & ~(held & np.isnan(learned[:, HELD_PRESSURE])) & ~is_irregular(own)
    lost = np.flatnonzero(todo & ~solvable)
    for part in result:
        part[lost] = np.nan if part.dtype.kind == "f" else 0
    result.status[lost] = np.where(
        baseline.status[lost] == Status.OUTSIDE_COHORT, Status.OUTSIDE_COHORT, Status.REFERENCE_FAILED
    )
    todo &= solvable
    for own_mode, patients in ((mode, todo & regulated), (OPEN_LOOP, todo & ~regulated)):
        if not patients.any():
            continue
        rows = slice(None) if patients.all() else np.flatnonzero(patients)
        # what ischaemia makes of a heart is told by its flow without support
        ischaemic = (own[rows, PLACE["territory_at_risk"]] > 0.0) & (learned[rows, PERFUSION] < 1.0)
        inherited = np.where(ischaemic, INHERITED_BY_ISCHAEMIA, own_mode.inherited_share)
        inherited = inherited * baseline.outcomes[rows, ERROR_AT]
        if own_mode.regulation.moves_factor and len(known) > 1:
            taken_over = np.where(own[rows, PLACE["pressure_target"]] == 0.0, known[1][1].outcomes[rows, ERROR_AT], 0.0)
            inherited = np.fmax(inherited, own_mode.inherited_share * taken_over)
        solved = solver(arm, own[rows], baseline.states[rows], learned[rows], own_mode, inherited)
        if own_mode.regulation.moves_drives:
            find_oscillations(own[rows], learned[rows], solved)
        find_second_states(own[rows], learned[rows], solved, own_mode.regulation, solver.precision, solver.tolerance)
        if patients.all():
            return solved
        for part, source in zip(result, solved, strict=True):
            part[rows] = source
    return result


def copy_rows(source: Solution, rows: np.ndarray, result: Solution) -> None:
    """Copy some rows (bool) of a solution into another."""
    chosen = slice(None) if rows.all() else np.flatnonzero(rows)
    for part, whole in zip(result, source, strict=True):
        part[chosen] = whole[chosen]
