"""What comes in: patients as rows of parameters, and arms; checked, and with devices that are off folded away."""

from __future__ import annotations

import math
from collections.abc import Mapping
from numbers import Real
from typing import Any, NamedTuple

import numpy as np
import xarray as xr

from .errors import InputError, check_name, check_range
from .names.conditions import REGULATION, SETTINGS, WHOLE, Conditions
from .names.parameters import PARAMETERS
from .names.regulation import MODES

NAMES = tuple(PARAMETERS)
PLACE = {name: place for place, name in enumerate(NAMES)}
DEFAULTS = np.array([quantity.default for quantity in PARAMETERS.values()])


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


class Given(NamedTuple):
    """What is given of patients: all that the kernel is handed of them, and all that a result may show as used.

    Attributes
    ----------
    matrix : array, (patients, len(PARAMETERS)), float64
        Parameters of every patient as rows, in the order of the table.
    along : frozenset of str
        Parameters given patient by patient; every other is the same in all of them.
    keys : array of int64, (patients,)
        Index of every patient: with the seed, what its random numbers hang on.
    seed : int
    """

    matrix: np.ndarray
    along: frozenset[str]
    keys: np.ndarray
    seed: int

    def own(self, name: str) -> np.ndarray:
        """Values of a parameter over the patients, or the one of all, without a dimension."""
        column = self.matrix[:, PLACE[name]]
        return column if name in self.along else column[0]


def given(patients: xr.Dataset) -> Given:
    """Read what is given of patients, checked.

    A parameter counts however a Dataset holds it: as a variable or as a coordinate, a level of a stacked grid among
    them, along ``patient`` or without a dimension. A Dataset without the dimension is one patient.

    Raises
    ------
    InputError
        For a variable that is no parameter (other coordinates are labels), other dimensions, what is no number or
        outside its physical range, no patients, or an index or seed that are no integers.
    """
    count = patients.sizes.get("patient", 1)
    if count == 0:
        raise InputError("patients: there are none")
    matrix = np.empty((count, len(DEFAULTS)))
    matrix[:] = DEFAULTS
    along = set()
    for name in patients.data_vars:
        if name != "index":
            check_name("patients", str(name), NAMES)
    for name, place in PLACE.items():
        if name not in patients.variables:
            continue
        variable = patients.variables[name]
        if variable.dims not in ((), ("patient",)):
            raise InputError(f"patients: {name} has dimensions {variable.dims}; ('patient',) or none are allowed")
        if variable.dtype.kind not in "fiub":
            raise InputError(f"patients: {name} holds {variable.dtype}, not numbers")
        if variable.dims:
            along.add(name)
        matrix[:, place] = variable.values
        low, high = PARAMETERS[name].physical
        bad = np.flatnonzero(~((matrix[:, place] >= low) & (matrix[:, place] <= high)))
        if bad.size:
            check_value(f"patient {bad[0]}", name, float(matrix[bad[0], place]))
    for name, allowed in WHOLE.items():
        if not np.isin(matrix[:, PLACE[name]], allowed).all():
            raise InputError(f"patients: {name} holds values other than {', '.join(f'{each:g}' for each in allowed)}")
    return Given(matrix, frozenset(along), *series_keys(patients, count))


def parameter_matrix(patients: xr.Dataset) -> np.ndarray:
    """Parameters of every patient as rows, in the order of the table: ``matrix`` of `given`."""
    return given(patients).matrix


def series_keys(patients: xr.Dataset, count: int) -> tuple[np.ndarray, int]:
    """Index of every patient, its position where none is given, and the seed."""
    seed = patients.attrs.get("seed", 0)
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or not 0 <= seed < 2**63:
        raise InputError(f"patients: the attribute seed is {seed!r}; an integer of 0 or more is needed")
    if "index" not in patients.variables:
        return np.arange(count, dtype=np.int64), int(seed)
    index = np.atleast_1d(patients.variables["index"].values)
    if index.shape != (count,) or index.dtype.kind not in "iu":
        raise InputError("patients: index holds no integer per patient")
    return index.astype(np.int64), int(seed)


def without_idle(matrix: np.ndarray, regulation: str) -> np.ndarray:
    """Settings of a device that is off, or of a regulation that is not, do not matter: they become the default."""
    idle: dict[tuple[tuple[str, tuple[float, float]], ...], slice | np.ndarray] = {}
    for name, conditions in SETTINGS.items():
        # a switch that became its default here is off by its own device's, which is among the conditions too
        alike = tuple(conditions.items())
        if alike not in idle:
            idle[alike] = idle_rows(matrix, conditions, regulation)
        matrix[idle[alike], PLACE[name]] = DEFAULTS[PLACE[name]]
    return matrix


def idle_rows(matrix: np.ndarray, conditions: Conditions, regulation: str) -> slice | np.ndarray:
    """Rows in which one of the conditions does not hold; a slice where all are such rows, which is written faster."""
    idle = np.zeros(len(matrix), bool)
    for switch, (low, high) in conditions.items():
        value = list(MODES).index(regulation) if switch == REGULATION else matrix[:, PLACE[switch]]
        idle |= np.less(value, low) | np.greater(value, high)
    return slice(None) if idle.all() else np.flatnonzero(idle)


def same_rows(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Whether the patients (rows) of two matrices of parameters are the same (bool), one by one.

    Arms mostly differ in the same parameter for everyone: where it differs for the first patient, it tells most rows
    apart alone. Measured in 8,192 patients, 15 us where an arm has a balloon, against 300.
    """
    apart = np.flatnonzero(one[0] != other[0])
    rows = slice(None) if not apart.size else np.flatnonzero(one[:, apart[0]] == other[:, apart[0]])
    same = np.zeros(len(one), bool)
    equal = one[rows] == other[rows]
    # a whole array of bytes is gone through faster than by short rows
    same[rows] = True if equal.all() else equal.all(axis=1)
    return same
