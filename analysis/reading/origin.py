"""What a result says of itself: its specification, its reference arm, and the cohorts its patients were drawn from."""

from __future__ import annotations

from collections.abc import Collection
from functools import reduce
from operator import or_
from typing import Any

import numpy as np
import xarray as xr

from ...engine import InputError, check_name
from ...sweeps.earlier_results import attribute_table
from ...sweeps.population.definitions import BY_COHORT, HAEMODYNAMIC, OF_COHORTS

Array = Any
"""A numpy or a dask array: every formula of the classes is plain arithmetic and works on both, chunk by chunk."""


def stored_spec(dataset: xr.Dataset) -> dict[str, Any]:
    """Read the sweep's specification from the attributes of a data set; empty where there is none."""
    return attribute_table(dataset.attrs.get("spec"))


def reference_of(dataset: xr.Dataset) -> str:
    """Name of the arm that the others are compared with: the specification's, or the first."""
    named = stored_spec(dataset).get("reference") or dataset.attrs.get("reference")
    return str(named or dataset["arm"].values[0])


def compared_arms(dataset: xr.Dataset, reference: str | None = None) -> list[str]:
    """Names of the arms to compare with the reference (default the data set's own), ``iabp`` before all others.

    Raises
    ------
    InputError
        Where there is no arm but the reference.
    """
    reference = reference or reference_of(dataset)
    arms = [str(name) for name in dataset["arm"].values if str(name) != reference]
    if not arms:
        raise InputError(f"arm: this store has no arm but {reference}, which is the reference")
    return sorted(arms, key=lambda name: name != "iabp")


def cohorts_of(dataset: xr.Dataset) -> tuple[str, ...]:
    """Names of the cohorts the patients were drawn from; none where the data set does not say."""
    if "cohort" in dataset.variables:
        return tuple(str(dataset["cohort"].attrs.get("flag_meanings", "")).split())
    named = stored_spec(dataset).get("cohort") or dataset.attrs.get("cohort") or ()
    # A mixture without that variable is a table of shares, or a title that no definition is declared for.
    members = attribute_table(named) or attribute_table(dataset.attrs.get("cohort_definitions"))
    return (named,) if isinstance(named, str) and (named in members or not members) else tuple(members)


def cohort_title(dataset: xr.Dataset) -> str:
    """Name of the cohort, or the names and shares of a mixture; empty where the data set does not say."""
    return str(dataset.attrs.get("cohort") or stored_spec(dataset).get("cohort", ""))


def about_sweep(dataset: xr.Dataset) -> dict[str, str]:
    """Title, cohort and mode of regulation of the sweep that a data set is from; empty where it does not say."""
    spec = stored_spec(dataset)
    name, regulation = (str(spec.get(each, "")) for each in ("name", "regulation"))
    return {"name": name, "cohort": cohort_title(dataset), "regulation": regulation}


def drawn_from(dataset: xr.Dataset, cohorts: Collection[str]) -> Array:
    """Whether a patient was drawn from one of some cohorts: a bool, or one per patient of a mixture."""
    if "cohort" not in dataset.variables:
        return np.bool_(any(name in cohorts for name in cohorts_of(dataset)))
    column = dataset["cohort"]
    codes = np.atleast_1d(column.attrs.get("flag_values", []))
    own = [column.data == code for code, name in zip(codes, cohorts_of(dataset), strict=True) if name in cohorts]
    return reduce(or_, own, np.False_)


def declared_definitions(dataset: xr.Dataset) -> dict[str, str]:
    """Read what the cohorts of a data set declare as help, by cohort; one that declares nothing has haemodynamic.

    Raises
    ------
    InputError
        For a definition that is not known.
    """
    declared = attribute_table(dataset.attrs.get("cohort_definitions"))
    own = {name: str(declared.get(name, HAEMODYNAMIC)) for name in cohorts_of(dataset)}
    for name, definition in own.items():
        check_name(f"definition of the cohort {name}", definition, OF_COHORTS)
    return own


def shock_cohorts(dataset: xr.Dataset) -> tuple[str, ...]:
    """Names of the cohorts whose patients are in shock, as the data set says it of them.

    None where it does not say, or where it mixes some with others and does not tell whose patient is whose.
    """
    declared, names = attribute_table(dataset.attrs.get("cohort_shock")), cohorts_of(dataset)
    own = tuple(name for name in names if declared.get(name) is True)
    return own if "cohort" in dataset.variables or len(own) == len(names) else ()


def spec_of_patient(dataset: xr.Dataset, index: int) -> dict[str, Any]:
    """Read the specification as it holds for one patient: with the patient's own cohort and its definition of help."""
    spec, names = stored_spec(dataset), cohorts_of(dataset)
    if not spec or not names:
        return spec
    one = dataset.isel(patient=index)
    cohort = next((name for name in names if bool(drawn_from(one, {name}))), names[0])
    response = dict(spec.get("response") or {})
    if response.get("definition", BY_COHORT) == BY_COHORT:
        response["definition"] = declared_definitions(dataset)[cohort]
    return spec | {"cohort": cohort, "response": response}
