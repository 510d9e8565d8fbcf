"""The patients of an earlier result, to be simulated again."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import xarray as xr

from ..engine import PARAMETERS, InputError, Status
from .user_patients.columns import is_computed

ARMS = "arms"
OWN = "own_parameters"
"""Attributes of a result: what its arms set, and the patients' own values of it where all have the same."""

OF_PATIENTS = ("cohort", "cohort_definitions", "cohort_shock", "seed", "design")
"""Attributes of a result that hold of its patients, whatever is done to them next."""

OF_SPEC = ("cohort", "vary", "scale", "response")
"""Likewise, parts of a sweep's specification."""


def described(arms: Mapping[str, Mapping[str, float]], given: xr.Dataset, lost: Collection[str] = ()) -> dict[str, str]:
    """Attributes by which the patients of a result are known again; ``lost`` is not known of them now."""
    names = {name for overrides in arms.values() for name in overrides}
    own = {
        name: float(given[name]) if name in given else PARAMETERS[name].default
        for name in PARAMETERS
        if name in names.difference(lost) and (name not in given or not given[name].ndim)
    }
    return {ARMS: json.dumps(arms), OWN: json.dumps(own)}


def as_patients(dataset: xr.Dataset) -> tuple[xr.Dataset, tuple[str, ...]]:
    """Take the patients out of an earlier result, of ``simulate`` or a store; what is none is as it was.

    Outcomes and all else that is computed are left out. A parameter that differs between the arms is the patient's
    own as it stands in an arm that does not set it. Where every arm set it, it is what the patients were given before:
    a result tells that where all had the same, and a sweep by its law. A parameter without the dimension ``arm``, as
    of one selected arm, is taken as it is shown.

    Parameters
    ----------
    dataset : xr.Dataset

    Returns
    -------
    xr.Dataset
        Parameters, ``index`` and what passes through.
    tuple of str
        Parameters whose own value is lost; they are left out.

    Raises
    ------
    InputError
        Where a patient has not been run yet.
    """
    if not _is_result(dataset):
        return dataset, ()
    if "status" in dataset and (not_run := np.argwhere((dataset["status"] == Status.NOT_RUN).values)).size:
        raise InputError(f"patients: patient {not_run[0][0]} of this result has not been run yet; run its sweep again")
    patients = dataset.drop_vars([name for name in dataset.variables if is_computed(str(name))])
    lost = []
    for name in PARAMETERS:
        if name in patients.variables and "arm" in patients[name].dims:
            own = _own(dataset, name)
            patients = patients.drop_vars(name) if own is None else patients.assign({name: own})
            lost += [name] if own is None else []
    kept = {name: value for name, value in dataset.attrs.items() if name in OF_PATIENTS}
    spec = attribute_table(dataset.attrs.get("spec"))
    if spec:
        kept["spec"] = json.dumps({name: value for name, value in spec.items() if name in OF_SPEC})
    return patients.drop_vars("arm", errors="ignore").drop_attrs(deep=False).assign_attrs(kept), tuple(lost)


def _is_result(dataset: xr.Dataset) -> bool:
    flags = "status" in dataset.variables and "flag_meanings" in dataset["status"].attrs
    return flags or not {"fingerprint", "engine_fingerprint"}.isdisjoint(dataset.attrs)


def _own(dataset: xr.Dataset, name: str) -> xr.DataArray | float | None:
    """The patients' own value of a parameter that differs between the arms of a result; None where it is lost."""
    spec = attribute_table(dataset.attrs.get("spec"))
    arms = attribute_table(dataset.attrs.get(ARMS)) or attribute_table(spec.get("arms"))
    column = dataset[name]
    for arm in column["arm"].values if "arm" in column.coords else ():
        if name not in arms.get(str(arm), {name}):
            return column.sel(arm=arm, drop=True)
    own = attribute_table(dataset.attrs.get(OWN))
    if name in own:
        return float(own[name])
    if spec.get("arms"):
        # scipy takes a while to import, which who only reads a store need not wait for
        from .spec.candidates import candidates
        from .spec.file import from_canonical

        first = candidates(from_canonical(spec), 0, 1)
        if name not in first:
            return PARAMETERS[name].default
        if not first[name].ndim:
            return float(first[name])
    return None


def attribute_table(stored: object) -> dict[str, Any]:
    """Read a table from an attribute, which a store keeps as JSON; empty where there is none."""
    if isinstance(stored, str):
        try:
            stored = json.loads(stored)
        except json.JSONDecodeError:
            return {}
    return dict(stored) if isinstance(stored, Mapping) else {}
