"""Whoever is simulated, however they are given: what the engine is handed of them, and what passes through."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
import xarray as xr

from ...engine import PARAMETERS, InputError
from ..population.mixtures import flagged
from .columns import split_columns

COHORT = "cohort"
INDEX = "index"


class Patients(NamedTuple):
    """Patients taken apart.

    Attributes
    ----------
    given : xr.Dataset
        For the engine: parameters and ``index`` as variables, and the attributes.
    beside : xr.Dataset
        What the engine does not know: labels, identifiers, groups, the cohort.
    lost : tuple of str
        Parameters that every arm of an earlier result set, and whose own value that result does not tell.
    """

    given: xr.Dataset
    beside: xr.Dataset
    lost: tuple[str, ...] = ()

    def check_lost(self, arms: Mapping[str, Mapping[str, float]]) -> None:
        """Refuse arms that need a value of the patients' own which is lost."""
        for name in self.lost:
            if arm := next((arm for arm, overrides in arms.items() if name not in overrides), None):
                raise InputError(
                    f"patients: every arm of this result set {name}, and it does not tell the patients' own, which "
                    f"arms.{arm} needs; give it, as result.assign({name}=...)"
                )

    def joined(self, result: xr.Dataset, *, as_coordinates: bool = False) -> xr.Dataset:
        """Give a result what its patients have beside their parameters; groups as coordinates, where that is asked."""
        beside = self.beside
        levels = [name for name in PARAMETERS if name in beside.variables and name in result.variables]
        if any("arm" in result[name].dims for name in levels):
            # a grid along a parameter that the arms set is a grid no longer
            stacked = any("patient" in beside.xindexes.get_all_coords(name) for name in levels)
            beside = (beside.reset_index("patient") if stacked else beside).drop_vars(levels)
            levels = []
        if as_coordinates:
            beside = beside.set_coords(list(beside.data_vars))
        # each of these makes a Dataset of all variables anew, a millisecond or two
        joined = result.drop_vars(levels) if levels else result
        joined = joined.assign_coords(beside.coords) if beside.coords else joined
        joined = joined.assign({name: beside.variables[name] for name in beside.data_vars}) if beside else joined
        for name in levels:
            joined[name].attrs.update(result[name].attrs)
        return joined


def numbered(dataset: xr.Dataset) -> xr.Dataset:
    """Give patients without labels their position as coordinate, by which a part can be traced back.

    A range, which takes no memory however many patients there are.
    """
    if "patient" in dataset.coords or "patient" not in dataset.dims:
        return dataset
    position = pd.RangeIndex(dataset.sizes["patient"])
    return dataset.assign_coords(patient=("patient", position, {"long_name": "index of the patient", "units": "1"}))


def separated(patients: xr.Dataset) -> Patients:
    """Take apart a Dataset of patients: parameters and index, whatever they are in it, and all else.

    Raises
    ------
    InputError
        For a name that is refused, or a variable that is not one value per patient.
    """
    parameters, others = split_columns((name for name in patients.variables if name != INDEX), "patients")
    for name in others:
        if patients[name].dims not in ((), ("patient",)):
            dims = ", ".join(map(str, patients[name].dims))
            raise InputError(f"patients: {name} has the dimensions {dims}; 'patient' or none are allowed")
    variables = {name: patients.variables[name].to_base_variable() for name in parameters}
    if INDEX in patients.variables:
        variables[INDEX] = _whole(patients.variables[INDEX].to_base_variable())
    elif "patient" in patients.dims:
        variables[INDEX] = xr.Variable(("patient",), np.arange(patients.sizes["patient"]))
    # a level of a grid leaves it with the whole grid only
    plain = [name for name in variables if name in patients.variables and name not in patients.xindexes]
    beside = patients.drop_vars(plain).compute()
    if COHORT in beside.variables:
        beside[COHORT] = flagged(beside[COHORT].variable)
    return Patients(xr.Dataset(variables, attrs=patients.attrs), beside)


def _whole(index: xr.Variable) -> xr.Variable:
    """Give numbers that ``where`` of xarray has made floats of as they were."""
    if index.dtype.kind == "f" and (index.values == np.rint(index.values)).all():
        return index.astype(np.int64)
    return index
