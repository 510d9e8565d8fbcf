"""Many patients, paired over arms: xr.Dataset in, xr.Dataset out."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from numbers import Real
from typing import Any

import numpy as np
import xarray as xr

from .compilation import fingerprint
from .periodic import Solution, solve
from .quantity import InputError, Quantity, check_name, check_range
from .tables import OUTCOMES, PARAMETERS, WHOLE, Findings, Status

__all__ = ["check_arms", "fingerprint", "parameter_matrix", "simulate", "status_attributes"]

NAMES = tuple(PARAMETERS)
PLACE = {name: place for place, name in enumerate(NAMES)}
DEFAULTS = np.array([quantity.default for quantity in PARAMETERS.values()])
SWITCHES = ("balloon_volume", "impella_speed", "ecmo_flow")
"""A device whose switch is 0 is off."""
SETTINGS = {
    "balloon_volume": ("balloon_", "assist_", "inflation_", "deflation_", "trigger_"),
    "impella_speed": ("impella_",),
    "ecmo_flow": ("ecmo_",),
}
"""The settings that belong to a switch, by how their names begin."""
GAS_SETTINGS = ("balloon_line_resistance", "balloon_drive_pressure", "balloon_vacuum_pressure", "balloon_valve_time")
RESULT_NAMES = tuple(OUTCOMES)
PRECISIONS = ("float64", "float32")
REGULATIONS = ("open-loop",)
CHUNK = 16384
"""Patients one thread takes at a time: enough for full lanes, little enough for flat memory."""


def simulate(
    patients: xr.Dataset,
    arms: Mapping[str, Mapping[str, float]],
    *,
    reference: str | None = None,
    bounds: Mapping[str, tuple[float, float]] | None = None,
    regulation: str = "open-loop",
    precision: str = "float64",
    tolerance: float = 5e-4,
    threads: int | None = None,
    guide: Any = None,
) -> xr.Dataset:
    """Bring every patient to the periodic state of every arm.

    Parameters
    ----------
    patients : xr.Dataset
        One variable per parameter, along ``patient`` or without a dimension; what is absent has its default.
    arms : mapping of str to mapping of str to float
        Arm -> parameters it overrides.
    reference : str, optional
        The arm others are compared with; the first by default. Kept as an attribute.
    bounds : mapping of str to (low, high), optional
        Outcomes of the unsupported baseline that a patient must show; others keep their baseline and the status
        ``outside_cohort``.
    regulation : {"open-loop"}
    precision : {"float64", "float32"}
        Of the integration, and of the outcomes returned.
    tolerance : float
        Of the estimated relative error of the periodic state's outcomes.
    threads : int, optional
        Default: the cores this process may use.
    guide : None
        Its place: first guesses and Jacobians regressed on the parameters are not offered yet.

    Returns
    -------
    xr.Dataset
        ``status`` and ``findings`` (patient, arm), the parameters, and the outcomes (patient, arm).

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
    check_arms(arms)
    reference = next(iter(arms)) if reference is None else reference
    check_name("reference", reference, arms)
    for name in bounds or {}:
        check_name("bounds", name, RESULT_NAMES)
    matrix = parameter_matrix(patients)
    count = matrix.shape[0]
    workers = max(1, len(os.sched_getaffinity(0)) if threads is None else threads)
    size = min(CHUNK, max(256, -(-count // workers)))
    pieces = [matrix[begin : begin + size] for begin in range(0, count, size)]

    def work(piece: np.ndarray) -> list[Solution]:
        return [solution for _, solution in run_arms(piece, arms, bounds or {}, precision, tolerance)[1:]]

    with ThreadPoolExecutor(workers) as pool:
        done = list(pool.map(work, pieces))
    solutions = [
        Solution(*(np.concatenate(part) for part in zip(*arm, strict=True))) for arm in zip(*done, strict=True)
    ]
    return assemble(patients, arms, reference, solutions, precision, tolerance, regulation)


def run_arms(
    matrix: np.ndarray,
    arms: Mapping[str, Mapping[str, float]],
    bounds: Mapping[str, tuple[float, float]],
    precision: str,
    tolerance: float,
) -> list[tuple[np.ndarray, Solution]]:
    """Solve one chunk of patients, first without support, then in every arm: parameters and solution of each."""
    bare = matrix.copy()
    for name in SWITCHES:
        bare[:, PLACE[name]] = 0.0
    bare = without_idle_devices(bare)
    baseline = solve(bare, None, None, precision=precision, tolerance=tolerance)
    inside = baseline.status == Status.OK
    for name, (low, high) in bounds.items():
        value = baseline.outcomes[:, RESULT_NAMES.index(name)]
        inside &= (value >= low) & (value <= high)
    baseline.status[(baseline.status == Status.OK) & ~inside] = Status.OUTSIDE_COHORT
    known = [(bare, baseline)]
    for overrides in arms.values():
        own = matrix.copy()
        for name, setting in overrides.items():
            own[:, PLACE[name]] = setting
        own = without_idle_devices(own)
        known.append((own, solve_arm(own, known, baseline, inside, precision, tolerance)))
    return known


def solve_arm(
    own: np.ndarray,
    known: list[tuple[np.ndarray, Solution]],
    baseline: Solution,
    inside: np.ndarray,
    precision: str,
    tolerance: float,
) -> Solution:
    """Solve one arm; a patient whose parameters equal an earlier arm's takes that arm's outcome."""
    result = Solution(*(np.full_like(part, np.nan if part.dtype.kind == "f" else 0) for part in baseline))
    todo = np.ones(len(own), bool)
    for other, solution in known:
        same = todo & (own == other).all(axis=1)
        for part, source in zip(result, solution, strict=True):
            part[same] = source[same]
        todo &= ~same
    result.status[todo] = np.where(
        baseline.status[todo] == Status.OUTSIDE_COHORT, Status.OUTSIDE_COHORT, Status.REFERENCE_FAILED
    )
    rows = np.flatnonzero(todo & inside)
    if rows.size:
        solved = solve(
            own[rows], baseline.states[rows], baseline.learned[rows], precision=precision, tolerance=tolerance
        )
        for part, source in zip(result, solved, strict=True):
            part[rows] = source
    return result


def without_idle_devices(matrix: np.ndarray) -> np.ndarray:
    """Settings of a device that is off do not matter: they fold to those of no device."""
    for switch, beginnings in SETTINGS.items():
        off = matrix[:, PLACE[switch]] == 0.0
        for name in NAMES:
            if name.startswith(beginnings):
                matrix[off, PLACE[name]] = DEFAULTS[PLACE[name]]
    ramps = matrix[:, PLACE["balloon_drive"]] == 0.0
    for name in GAS_SETTINGS:
        matrix[ramps, PLACE[name]] = DEFAULTS[PLACE[name]]
    return matrix


def check_arms(arms: Mapping[str, Mapping[str, float]]) -> None:
    """Refuse arms that are none, or that override what is no parameter or with a value outside its physical range."""
    if not arms:
        raise InputError("arms: none given; at least one is needed, as {'off': {}}")
    for arm, overrides in arms.items():
        for name, value in overrides.items():
            check_name(f"arms.{arm}", name, NAMES)
            check_value(f"arms.{arm}", name, value)


def check_value(where: str, name: str, value: Any) -> None:
    """Refuse what is no finite number in the parameter's physical range."""
    if isinstance(value, bool) or not isinstance(value, Real) or not math.isfinite(value):
        raise InputError(f"{where}: {name} = {value!r} is not a finite number")
    check_range(where, name, float(value), PARAMETERS[name])
    if name in WHOLE and float(value) not in WHOLE[name]:
        raise InputError(f"{where}: {name} = {value!r}; allowed: {', '.join(f'{each:g}' for each in WHOLE[name])}")


def parameter_matrix(patients: xr.Dataset) -> np.ndarray:
    """Parameters of every patient as rows, in the order of the table, checked.

    Returns
    -------
    array, (patients, len(PARAMETERS)), float64
    """
    if "patient" not in patients.dims:
        raise InputError("patients: the dataset has no dimension 'patient'")
    count = patients.sizes["patient"]
    if count == 0:
        raise InputError("patients: there are none")
    matrix = np.tile(DEFAULTS, (count, 1))
    for name, variable in patients.data_vars.items():
        if name == "index":
            continue
        check_name("patients", str(name), NAMES)
        if variable.dims not in ((), ("patient",)):
            raise InputError(f"patients: {name} has dimensions {variable.dims}; ('patient',) or none are allowed")
        if variable.dtype.kind not in "fiub":
            raise InputError(f"patients: {name} holds {variable.dtype}, not numbers")
        column = np.asarray(variable.values, float)
        matrix[:, PLACE[str(name)]] = column
        low, high = PARAMETERS[str(name)].physical
        bad = np.flatnonzero(~((column >= low) & (column <= high)))
        if bad.size:
            value = float(np.atleast_1d(column)[bad[0]])
            check_value(f"patient {bad[0]}", str(name), value)
    for name, allowed in WHOLE.items():
        if not np.isin(matrix[:, PLACE[name]], allowed).all():
            raise InputError(f"patients: {name} holds values other than {', '.join(f'{each:g}' for each in allowed)}")
    return matrix


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
