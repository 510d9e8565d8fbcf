"""What a bedside measurement reads: the true number with an error, shared by all that is calculated from it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr

from ...engine import OUTCOMES, PARAMETERS
from ..numbers.cells import Floats
from ..prognosis.draws import normals

ERRORS = {
    "cardiac_output": (0.15, "1", "[M] thermodilution, 10-15 %"),
    "mean_arterial_pressure": (3.0, "mmHg", "[M] arterial line"),
    "systolic_pressure": (5.0, "mmHg", "[M]"),
    "diastolic_pressure": (3.0, "mmHg", "[M]"),
    "wedge_pressure": (2.5, "mmHg", "[M] 2-3 mmHg"),
    "mean_pulmonary_pressure": (2.5, "mmHg", "[M] 2-3 mmHg"),
    "central_venous_pressure": (2.0, "mmHg", "[M]"),
    "lv_end_diastolic_pressure": (2.5, "mmHg", "[M]"),
    "pulse_pressure": (5.0, "mmHg", "[M]"),
    "ejection_fraction": (0.05, "1 absolute", "[M] echocardiography"),
    "mean_heart_rate": (2.0, "1/min", "[M]"),
    "pulmonary_artery_pulsatility_index": (0.15, "1", "[D] of the pressures it is made of"),
    "effective_arterial_elastance": (0.15, "1", "[D] of the stroke volume it is made of"),
}
"""Standard deviation of the error, its unit (``1`` is relative), and its source; what is not named is read exactly."""

RELATIVE = frozenset(name for name, (_, units, _) in ERRORS.items() if units == "1")
"""Quantities whose error is a share of the number itself."""

MADE_OF = {
    "cardiac_index": ("cardiac_output",),
    "cardiac_power_output": ("cardiac_output", "mean_arterial_pressure"),
    "systemic_vascular_resistance": ("cardiac_output", "mean_arterial_pressure", "central_venous_pressure"),
}
"""What is calculated from other readings, and has their errors."""

KEPT = "position"
"""Variable of a block with the place of each patient in the store, the key of every draw."""


def reading(block: xr.Dataset, name: str, seed: int, arm: str, errors: Mapping[str, float]) -> Floats:
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
    if name == "cardiac_index":
        return true * _factor(block, seed, arm, errors)
    if name == "cardiac_power_output":
        pressure = _true(block, "mean_arterial_pressure", arm)
        read = reading(block, "mean_arterial_pressure", seed, arm, errors)
        return true * _factor(block, seed, arm, errors) * read / pressure
    if name == "systemic_vascular_resistance":
        parts = "mean_arterial_pressure", "central_venous_pressure"
        pressures = [reading(block, each, seed, arm, errors) for each in parts]
        plain = _true(block, parts[0], arm) - _true(block, parts[1], arm)
        return true * (pressures[0] - pressures[1]) / plain / _factor(block, seed, arm, errors)
    if name == "cardiac_output":
        return true * _factor(block, seed, arm, errors)
    spread = errors.get(name, 0.0)
    if not spread:
        return true
    noise = normals(block[KEPT].values, seed, f"error of {name} in {arm}")
    return true * np.exp(spread * noise) if name in RELATIVE else true + spread * noise


def needs(name: str) -> tuple[str, ...]:
    """Outcomes that a reading takes."""
    return (name, *MADE_OF.get(name, ()))


def errors_of(given: Mapping[str, float]) -> dict[str, float]:
    """Give the standard deviation of the error of each quantity, the user's own before those of ``ERRORS``."""
    return {name: row[0] for name, row in ERRORS.items()} | dict(given)


def _factor(block: xr.Dataset, seed: int, arm: str, errors: Mapping[str, float]) -> Floats:
    """What thermodilution multiplies the output by: lognormal, so that no output is read below 0."""
    noise = normals(block[KEPT].values, seed, f"error of cardiac_output in {arm}")
    return np.exp(errors.get("cardiac_output", 0.0) * noise)


def _true(block: xr.Dataset, name: str, arm: str) -> Floats:
    column = block[name]
    column = column.sel(arm=arm, drop=True) if "arm" in column.dims else column
    return np.broadcast_to(np.asarray(column.values, np.float64), (block.sizes["patient"],))


def measurable(dataset: xr.Dataset) -> list[str]:
    """Names of what can be read of the patients of a data set: outcomes, age and other parameters that vary."""
    varying = [name for name in PARAMETERS if name in dataset and "patient" in dataset[name].dims]
    return [*(name for name in OUTCOMES if name in dataset), *varying]
