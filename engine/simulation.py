"""Many patients, paired over arms: xr.Dataset in, xr.Dataset out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import xarray as xr

from .arms import Solver, run_arms
from .cohort_bounds import Bounds, check_bounds, slice_of
from .compile.decorators import fingerprint
from .cores import allowed_cores
from .errors import InputError, check_name
from .inputs import Given, check_arms, given
from .irregular.follow import MOST_BEATS
from .irregular.paired import Follower, may_be_irregular
from .names.outcomes import OUTCOMES, Findings, Status
from .names.parameters import PARAMETERS
from .names.quantity import Quantity
from .names.regulation import REGULATIONS
from .periodic.solution import Solution
from .warm_start.training import WarmStart

__all__ = ["fingerprint", "simulate", "status_attributes"]

PRECISIONS = ("float64", "float32")
CHUNK = 8192
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
    warm_start: WarmStart | None = None,
    rhythm_tolerance: float = 1e-2,
    most_beats: int = MOST_BEATS,
) -> xr.Dataset:
    """Bring every patient to the periodic state of every arm; in irregular rhythm, to means over many beats.

    Parameters
    ----------
    patients : xr.Dataset
        One variable or coordinate per parameter, along ``patient`` or without a dimension; what is absent has its
        default. Other coordinates are labels.
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
    warm_start : WarmStart, optional
        Of these arms: fewer beats to the periodic state, the same answer within the tolerance.
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
        and the variable ``index`` (default the position), which the result has too.

    Raises
    ------
    InputError
        For an unknown name, a value outside its physical range, or no arm.
    """
    check_name("precision", precision, PRECISIONS)
    check_name("regulation", regulation, REGULATIONS)
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
    if "patient" not in patients.dims:
        made = f".stack(patient={list(patients.dims)})" if patients.dims else ".expand_dims('patient')"
        raise InputError(f"patients: the dataset has no dimension 'patient'; {made} makes one")
    own = given(patients)
    count = len(own.matrix)
    solver = Solver(
        precision, tolerance, {} if warm_start is None else warm_start.matching(arms, regulation, precision)
    )
    workers = max(1, allowed_cores() if threads is None else threads)
    size = min(CHUNK, max(256, -(-count // workers)))
    irregular = may_be_irregular(own, arms)

    def work(begin: int) -> tuple[list[Solution], np.ndarray | None]:
        part = slice(begin, begin + size)
        follower = Follower(own.keys[part], own.seed, precision, rhythm_tolerance, most_beats)
        limits = slice_of(bounds, begin, begin + size)
        solved = run_arms(own.matrix[part], arms, limits, solver, regulation, reference, follower)
        errors = follower.difference_errors(list(arms), reference) if irregular else None
        return [solution for _, solution in solved[1:]], errors

    with ThreadPoolExecutor(workers) as pool:
        done, errors = zip(*pool.map(work, range(0, count, size)), strict=True)
    result = assemble(own, arms, done, precision)
    result.attrs |= patients.attrs | {
        "reference": reference,
        "regulation": regulation,
        "precision": precision,
        "tolerance": tolerance,
        "fingerprint": fingerprint(),
    }
    if irregular:
        described = {"long_name": "relative error of the difference to the reference arm", "units": "1"}
        result["difference_error"] = ("patient", "arm"), np.concatenate(errors).astype(precision), described
        result.attrs |= {"rhythm_tolerance": rhythm_tolerance, "most_beats": most_beats}
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
        "flag_masks": np.array([int(member) for member in Findings], np.uint16),
        "flag_meanings": " ".join(str(member.name).lower() for member in Findings),
    }


def quantity_attributes(quantity: Quantity) -> dict[str, str]:
    """long_name and units of a variable."""
    return {"long_name": quantity.long_name, "units": quantity.units}


def assemble(
    patients: Given, arms: Mapping[str, Mapping[str, float]], parts: Iterable[list[Solution]], precision: str
) -> xr.Dataset:
    """Lay what was handed in and the solutions of all arms, a list of them for each part, into one Dataset.

    Each outcome is a piece of one array: what was solved is copied once, whatever the arms and parts.
    """
    both = ("patient", "arm")
    shape = (len(patients.matrix), len(arms))
    status, findings = np.empty(shape, np.uint8), np.empty(shape, np.uint16)
    outcomes = np.empty((len(OUTCOMES), *shape), precision)
    begin = 0
    for part in parts:
        rows = slice(begin, begin + len(part[0].status))
        for arm, solution in enumerate(part):
            status[rows, arm], findings[rows, arm] = solution.status, solution.findings
            outcomes[:, rows, arm] = solution.outcomes.T
        begin = rows.stop
    data: dict[str, Any] = {
        "status": (both, status, status_attributes()),
        "findings": (both, findings, findings_attributes()),
    }
    overridden = {name for overrides in arms.values() for name in overrides}
    for name, quantity in PARAMETERS.items():
        own = patients.own(name)
        dims: tuple[str, ...] = ("patient",) if own.ndim else ()
        if name in overridden:
            columns = [np.broadcast_to(float(each[name]) if name in each else own, own.shape) for each in arms.values()]
            dims, own = (*dims, "arm"), np.stack(columns, axis=-1)
        data[name] = (dims, own.copy(), quantity_attributes(quantity))
    for (name, quantity), values in zip(OUTCOMES.items(), outcomes, strict=True):
        data[name] = (both, values, quantity_attributes(quantity))
    data["index"] = ("patient", patients.keys, {"long_name": "index in the design", "units": "1"})
    names = np.array(list(arms), dtype=object)
    return xr.Dataset(data, coords={"arm": ("arm", names, {"long_name": "arm"})})
