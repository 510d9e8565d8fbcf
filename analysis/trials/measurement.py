"""What a bedside measurement reads: the true number with an error, shared by all that is calculated from it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

import numpy as np
import xarray as xr

from ...engine import OUTCOMES, PARAMETERS
from ..bedside.quantities import load
from ..numbers.cells import Floats
from ..prognosis.draws import normals

MADE_OF = {
    "cardiac_index": ("cardiac_output",),
    "forward_stroke_volume": ("cardiac_output",),
    "effective_arterial_elastance": ("cardiac_output",),
    "cardiac_power_output": ("cardiac_output", "mean_arterial_pressure"),
    "systemic_vascular_resistance": ("cardiac_output", "mean_arterial_pressure", "central_venous_pressure"),
}
"""What is calculated from other readings, and has their errors."""

EXACT = ("age", "female")
"""What is known of a patient. The table's error of the age is that of the aorta's wall, by which it is matched."""

KEPT = "position"
"""Variable of a block with the place of each patient in the store, the key of every draw."""


class Error(NamedTuple):
    """Standard deviation of an error: the larger of the first and of the second times the true value."""

    absolute: float = 0.0
    relative: float = 0.0

    @property
    def is_share(self) -> bool:
        """Whether it is a share of the number alone."""
        return self.relative > 0 and not self.absolute


@cache
def known_errors() -> Mapping[str, Error]:
    """Errors of the table of bedside quantities, by outcome or parameter."""
    rows = load().named.values()
    return {row.measures: Error(row.error, row.relative_error) for row in rows if row.measures not in EXACT}


def reading(block: xr.Dataset, name: str, seed: int, arm: str, errors: Mapping[str, Error]) -> Floats:
    """Read a quantity of every patient in an arm, with its error.

    Parameters
    ----------
    block : xr.Dataset
        In memory, with the quantity, what it is made of, and ``position``.
    name : str
        An outcome, or a parameter.
    seed : int
    arm : str
        Arm it is read in; each has errors of its own.
    errors : mapping
        From :func:`errors_of`.
    """
    true = _true(block, name, arm)
    if name in ("cardiac_output", "cardiac_index", "forward_stroke_volume"):
        return true * _factor(block, seed, arm, errors)
    if name == "effective_arterial_elastance":
        return true / _factor(block, seed, arm, errors)
    if name == "cardiac_power_output":
        pressure = _true(block, "mean_arterial_pressure", arm)
        read = reading(block, "mean_arterial_pressure", seed, arm, errors)
        return true * _factor(block, seed, arm, errors) * read / pressure
    if name == "systemic_vascular_resistance":
        parts = "mean_arterial_pressure", "central_venous_pressure"
        pressures = [reading(block, each, seed, arm, errors) for each in parts]
        plain = _true(block, parts[0], arm) - _true(block, parts[1], arm)
        return true * (pressures[0] - pressures[1]) / plain / _factor(block, seed, arm, errors)
    error = errors.get(name, Error())
    if error == Error():
        return true
    noise = normals(block[KEPT].values, seed, f"error of {name} in {arm}")
    if error.is_share:
        return true * np.exp(error.relative * noise)
    return true + np.maximum(error.absolute, error.relative * np.abs(true)) * noise


def needs(name: str) -> tuple[str, ...]:
    """Outcomes that a reading takes."""
    return (name, *MADE_OF.get(name, ()))


def errors_of(given: Mapping[str, float]) -> dict[str, Error]:
    """Give the error of each quantity: those of the table, and in place of them what a user gives."""
    known = known_errors()
    own = {name: Error(relative=size) if is_share(name) else Error(size) for name, size in given.items()}
    return {**known, **own}


def is_share(name: str) -> bool:
    """Whether the error of a quantity is given as a share of the number."""
    return known_errors().get(name, Error()).is_share


def _factor(block: xr.Dataset, seed: int, arm: str, errors: Mapping[str, Error]) -> Floats:
    """What thermodilution multiplies the output by: lognormal, so that no output is read below 0."""
    noise = normals(block[KEPT].values, seed, f"error of cardiac_output in {arm}")
    return np.exp(errors.get("cardiac_output", Error()).relative * noise)


def _true(block: xr.Dataset, name: str, arm: str) -> Floats:
    column = block[name]
    column = column.sel(arm=arm, drop=True) if "arm" in column.dims else column
    return np.broadcast_to(np.asarray(column.values, np.float64), (block.sizes["patient"],))


def measurable(dataset: xr.Dataset) -> list[str]:
    """Names of what can be read of the patients of a data set: outcomes, age and other parameters that vary."""
    varying = [name for name in PARAMETERS if name in dataset and "patient" in dataset[name].dims]
    return [*(name for name, each in OUTCOMES.items() if name in dataset and each.judged), *varying]
