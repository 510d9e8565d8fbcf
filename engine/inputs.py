"""What comes in: patients as rows of parameters, and arms; checked, and with devices that are off folded away."""

from __future__ import annotations

import math
from collections.abc import Mapping
from numbers import Real
from typing import Any

import numpy as np
import xarray as xr

from .quantity import InputError, check_name, check_range
from .reflex import BAROREFLEX, MAP_HELD
from .tables import DEVICES, PARAMETERS, WHOLE

NAMES = tuple(PARAMETERS)
PLACE = {name: place for place, name in enumerate(NAMES)}
DEFAULTS = np.array([quantity.default for quantity in PARAMETERS.values()])
GAS_SETTINGS = ("balloon_line_resistance", "balloon_drive_pressure", "balloon_vacuum_pressure", "balloon_valve_time")
REGULATED_BY = {"baroreflex_gain": BAROREFLEX, "pressure_target": MAP_HELD}
"""The settings that act in one mode of regulation only."""


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


def without_idle(matrix: np.ndarray, regulation: int) -> np.ndarray:
    """Settings of a device that is off, or of a regulation that is not, do not matter: they become the default."""
    for switch, beginnings in DEVICES.items():
        off = matrix[:, PLACE[switch]] == 0.0
        for name in NAMES:
            if name.startswith(beginnings):
                matrix[off, PLACE[name]] = DEFAULTS[PLACE[name]]
    ramps = matrix[:, PLACE["balloon_drive"]] == 0.0
    for name in GAS_SETTINGS:
        matrix[ramps, PLACE[name]] = DEFAULTS[PLACE[name]]
    for name, mode in REGULATED_BY.items():
        if regulation != mode:
            matrix[:, PLACE[name]] = DEFAULTS[PLACE[name]]
    return matrix
