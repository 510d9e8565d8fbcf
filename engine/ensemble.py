"""Many patients, paired over arms: xr.Dataset in, xr.Dataset out."""

from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import xarray as xr

from .beat_map import SYMPATHETIC, VAGAL
from .compilation import fingerprint
from .inputs import PLACE, check_arms, parameter_matrix, without_idle
from .irregular import MOST_BEATS, is_irregular
from .oscillation import find_oscillations
from .pairing import Follower, may_be_irregular, series_keys
from .periodic import Solution, solve
from .quantity import InputError, Quantity, check_name
from .reflex import BAROREFLEX, LEARNING, MAP_HELD, OPEN_LOOP
from .selection import Bounds, check_bounds, inside, slice_of
from .tables import DEVICES, OUTCOMES, PARAMETERS, REGULATIONS, Findings, Learned, Status

__all__ = ["fingerprint", "simulate", "status_attributes"]

PRECISIONS = ("float64", "float32")
DRIVES_LEARNED = [Learned._fields.index("sympathetic"), Learned._fields.index("vagal")]
TARGET_AT = Learned._fields.index("arterial_pressure")
PRESSURE_AT = list(OUTCOMES).index("mean_arterial_pressure")
"""The pressure that drugs hold, in what an arm takes over; and that of the reference arm, in its outcomes."""
CHUNK = 16384
"""Patients one thread takes at a time: enough for full lanes, little enough for flat memory."""


def simulate(
    patients: xr.Dataset,
    arms: Mapping[str, Mapping[str, float]],
    *,
    reference: str | None = None,
    bounds: Bounds | None = None,
    regulation: str = "open-loop",
    precision: str = "float64",
    tolerance: float = 5e-4,
    threads: int | None = None,
    guide: Any = None,
    rhythm_tolerance: float = 1e-2,
    most_beats: int = MOST_BEATS,
) -> xr.Dataset:
    """Bring every patient to the periodic state of every arm; in irregular rhythm, to means over many beats.

    Parameters
    ----------
    patients : xr.Dataset
        One variable per parameter, along ``patient`` or without a dimension; what is absent has its default.
    arms : mapping of str to mapping of str to float
        Arm -> parameters it overrides.
    reference : str, optional
        The arm others are compared with; the first by default. Kept as an attribute.
    bounds : mapping of str to (low, high), optional
        What a patient must show without support: an outcome, a ratio of two outcomes ("a/b") or a parameter -> lowest
        and highest value, one for all or one a patient. Others keep their baseline and the status ``outside_cohort``.
    regulation : {"open-loop", "baroreflex", "map-held"}
        Nothing is regulated; each arm has the steady state of the baroreflex; or drugs change the systemic resistance
        until each arm has the mean arterial pressure of its patient's reference arm, or ``pressure_target``.
    precision : {"float64", "float32"}
        Of the integration, and of the outcomes returned.
    tolerance : float
        Of the estimated relative error of the periodic state's outcomes.
    threads : int, optional
        Default: the cores this process may use.
    guide : None
        Its place: first guesses and Jacobians regressed on the parameters are not offered yet.
    rhythm_tolerance : float
        In irregular rhythm, of twice the standard error of the means, the worst over the outcomes.
    most_beats : int
        Beats after which an irregular patient has not converged.

    Returns
    -------
    xr.Dataset
        ``status`` and ``findings`` (patient, arm), the parameters, and the outcomes (patient, arm). Where a patient
        may be irregular also ``difference_error``: of the difference to the reference arm, far below the sum of both
        errors because paired arms see the same beats. Random numbers are keyed by the attribute ``seed`` (default 0)
        and the variable ``index`` (default the position).

    Raises
    ------
    InputError
        For an unknown name, a value outside its physical range, or no arm.
    """
    check_name("precision", precision, PRECISIONS)
    check_name("regulation", regulation, REGULATIONS)
    if guide is not None:
        raise InputError("guide: not offered by this version; leave it out")
    if not 1e-8 < tolerance <= 0.1:
        raise InputError(f"tolerance: {tolerance!r} is outside 1e-8 to 0.1")
    if not 1e-4 <= rhythm_tolerance <= 0.1:
        raise InputError(f"rhythm_tolerance: {rhythm_tolerance!r} is outside 1e-4 to 0.1")
    if isinstance(most_beats, bool) or not isinstance(most_beats, int) or most_beats < 1:
        raise InputError(f"most_beats: {most_beats!r} is no integer of 1 or more")
    check_arms(arms)
    reference = next(iter(arms)) if reference is None else reference
    check_name("reference", reference, arms)
    bounds = bounds or {}
    check_bounds(bounds)
    matrix = parameter_matrix(patients)
    index, seed = series_keys(patients)
    count = matrix.shape[0]
    workers = max(1, len(os.sched_getaffinity(0)) if threads is None else threads)
    size = min(CHUNK, max(256, -(-count // workers)))

    def work(begin: int) -> tuple[list[Solution], np.ndarray]:
        own = slice_of(bounds, begin, begin + size)
        follower = Follower(index[begin : begin + size], seed, precision, rhythm_tolerance, most_beats)
        solved = run_arms(
            matrix[begin : begin + size], arms, own, precision, tolerance, regulation, reference, follower
        )
        return [solution for _, solution in solved[1:]], follower.difference_errors(list(arms), reference)

    with ThreadPoolExecutor(workers) as pool:
        done, errors = zip(*pool.map(work, range(0, count, size)), strict=True)
    solutions = [
        Solution(*(np.concatenate(part) for part in zip(*arm, strict=True))) for arm in zip(*done, strict=True)
    ]
    result = assemble(patients, arms, reference, solutions, precision, tolerance, regulation)
    if may_be_irregular(patients, arms):
        described = {"long_name": "relative error of the difference to the reference arm", "units": "1"}
        result["difference_error"] = ("patient", "arm"), np.concatenate(errors).astype(precision), described
        result.attrs |= {"rhythm_tolerance": rhythm_tolerance, "most_beats": most_beats}
    return result


def run_arms(
    matrix: np.ndarray,
    arms: Mapping[str, Mapping[str, float]],
    bounds: Bounds,
    precision: str,
    tolerance: float,
    regulation: str = "open-loop",
    reference: str | None = None,
    follower: Follower | None = None,
) -> list[tuple[np.ndarray, Solution]]:
    """Solve one chunk of patients, first without support, then in every arm: parameters and solution of each.

    Without a follower, or with a regulation, irregular patients are refused.
    """
    mode = REGULATIONS.index(regulation)
    bare = matrix.copy()
    for name in DEVICES:
        bare[:, PLACE[name]] = 0.0
    bare = without_idle(bare, mode)
    unregulated = LEARNING if mode == BAROREFLEX else OPEN_LOOP
    baseline = solve(bare, None, None, precision=precision, tolerance=tolerance, regulation=unregulated)
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
        own = without_idle(own, mode)
        modes, learned = np.full(len(own), mode), baseline.learned
        if mode == MAP_HELD:
            modes, learned = held_pressure(own, learned, None if arm == reference else known[1][1])
        refuse_irregular(own, arm, mode, follower)
        solution = solve_arm(own, known, member, learned, modes, precision, tolerance)
        if follower is not None:
            follower.arm(arm, own, solution, member)
        known.append((own, solution))
    return [known[0], *(known[1 + order.index(arm)] for arm in arms)]


def refuse_irregular(own: np.ndarray, arm: str, mode: int, follower: Follower | None) -> None:
    """Refuse irregular patients in an arm where they cannot be followed."""
    if mode == OPEN_LOOP and follower is not None:
        return
    rows = np.flatnonzero(is_irregular(own))
    if rows.size:
        lack = "has no periodic pattern to show" if mode == OPEN_LOOP else f"is not offered with {REGULATIONS[mode]!r}"
        raise InputError(f"arms.{arm}: the irregular rhythm of patient {rows[0]} {lack}; allowed: a regular rhythm")


def held_pressure(own: np.ndarray, learned: np.ndarray, reference: Solution | None) -> tuple[np.ndarray, np.ndarray]:
    """Mode of each patient where drugs hold a pressure, and what is learned, with that pressure in it.

    It is the patient's target, or else the reference arm's; the reference arm itself is then not regulated.
    """
    target = own[:, PLACE["pressure_target"]]
    others = np.full(len(own), np.nan) if reference is None else reference.outcomes[:, PRESSURE_AT]
    modes = np.where((target == 0.0) & (reference is None), OPEN_LOOP, MAP_HELD)
    learned = learned.copy()
    learned[:, TARGET_AT] = np.where(target > 0.0, target, others)
    return modes, learned


def solve_arm(
    own: np.ndarray,
    known: list[tuple[np.ndarray, Solution]],
    member: np.ndarray,
    learned: np.ndarray,
    modes: np.ndarray,
    precision: str,
    tolerance: float,
) -> Solution:
    """Solve one arm; a patient whose parameters equal an earlier arm's takes that arm's outcome.

    ``known`` begins with the unsupported baseline, from which every arm starts. Where drugs hold a pressure the
    baseline is no arm; and where that pressure is not known, because the reference arm failed, there is no outcome.
    """
    _, baseline = known[0]
    held = modes == MAP_HELD
    result = Solution(*(np.full_like(part, np.nan if part.dtype.kind == "f" else 0) for part in baseline))
    todo = np.ones(len(own), bool)
    for other, solution in known:
        same = todo & (own == other).all(axis=1)
        if solution is baseline:
            same &= ~held
        for part, source in zip(result, solution, strict=True):
            part[same] = source[same]
        todo &= ~same
    result.status[todo] = np.where(
        baseline.status[todo] == Status.OUTSIDE_COHORT, Status.OUTSIDE_COHORT, Status.REFERENCE_FAILED
    )
    todo &= member & ~(held & np.isnan(learned[:, TARGET_AT])) & ~is_irregular(own)
    for mode in np.unique(modes[todo]):
        rows = np.flatnonzero(todo & (modes == mode))
        solved = solve(
            own[rows],
            baseline.states[rows],
            learned[rows],
            precision=precision,
            tolerance=tolerance,
            regulation=int(mode),
        )
        if mode == BAROREFLEX:
            find_oscillations(own[rows], learned[rows], solved)
        for part, source in zip(result, solved, strict=True):
            part[rows] = source
    return result


def status_attributes() -> dict[str, Any]:
    """CF attributes of ``status``."""
    return {
        "long_name": "whether the numbers hold",
        "flag_values": np.array([int(member) for member in Status], np.uint8),
        "flag_meanings": " ".join(member.name.lower() for member in Status),
    }


def findings_attributes() -> dict[str, Any]:
    """CF attributes of ``findings``."""
    return {
        "long_name": "what was seen in a run that holds",
        "flag_masks": np.array([int(member) for member in Findings], np.uint8),
        "flag_meanings": " ".join(str(member.name).lower() for member in Findings),
    }


def quantity_attributes(quantity: Quantity) -> dict[str, str]:
    """long_name and units of a variable."""
    return {"long_name": quantity.long_name, "units": quantity.units}


def assemble(
    patients: xr.Dataset,
    arms: Mapping[str, Mapping[str, float]],
    reference: str,
    solutions: list[Solution],
    precision: str,
    tolerance: float,
    regulation: str,
) -> xr.Dataset:
    """Lay the solutions of all arms into one Dataset."""
    both = ("patient", "arm")
    data: dict[str, Any] = {
        "status": (both, np.stack([s.status for s in solutions], axis=1), status_attributes()),
        "findings": (both, np.stack([s.findings for s in solutions], axis=1), findings_attributes()),
    }
    overridden = {name for overrides in arms.values() for name in overrides}
    for name, quantity in PARAMETERS.items():
        own = patients[name] if name in patients else xr.DataArray(quantity.default)
        if name in overridden:
            columns = [
                np.broadcast_to(overrides.get(name, own.values), own.shape).astype(float) for overrides in arms.values()
            ]
            dims: tuple[str, ...] = (*map(str, own.dims), "arm")
            data[name] = (dims, np.stack(columns, axis=-1), quantity_attributes(quantity))
        else:
            data[name] = (own.dims, own.values.astype(float), quantity_attributes(quantity))
    outcomes = np.stack([s.outcomes for s in solutions], axis=1).astype(precision)
    for place, (name, quantity) in enumerate(OUTCOMES.items()):
        data[name] = (both, np.ascontiguousarray(outcomes[:, :, place]), quantity_attributes(quantity))
    if "index" in patients:
        data["index"] = patients["index"]
    names = np.array(list(arms), dtype=object)
    return xr.Dataset(
        data,
        coords={"arm": ("arm", names, {"long_name": "arm"})},
        attrs={
            **patients.attrs,
            "reference": reference,
            "regulation": regulation,
            "precision": precision,
            "tolerance": tolerance,
            "fingerprint": fingerprint(),
        },
    )
