"""What is read of a patient in an arm: an outcome, a parameter, or a number that a clinic derives from them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

Array = NDArray[Any]

DECIMALS = {"mmHg": 1, "mL": 1, "L/min": 2, "%": 1, "points": 1, "times": 1, "1/min": 1, "W": 2, "1": 1, "L/min/m2": 2}
"""Most decimals that a number bears, by unit; a resistance in dyn s cm-5 is rounded to tens."""

ARTERIAL_SATURATION = 0.97
HAEMOGLOBIN = 130.0
"""g/L."""
HUEFNER = 1.36
"""mL of oxygen per g of haemoglobin."""
OXYGEN_UPTAKE = 125.0
"""mL/min per m2 of body surface [M], held whatever the output."""


def mixed_venous_saturation(side: xr.Dataset) -> Array:
    """Mixed venous saturation in per cent by Fick: S_v = S_a - VO2/(CO*Hb*1.36), not below 0 [M]."""
    uptake = OXYGEN_UPTAKE * side["body_surface_area"].values
    carried = side["cardiac_output"].values * HAEMOGLOBIN * HUEFNER
    return np.asarray(100.0 * np.maximum(ARTERIAL_SATURATION - uptake / carried, 0.0))


def ejection_fraction_percent(side: xr.Dataset) -> Array:
    """Ejection fraction in per cent."""
    return np.asarray(100.0 * side["ejection_fraction"].values)


def systemic_resistance_dyn(side: xr.Dataset) -> Array:
    """Systemic vascular resistance in dyn s cm-5."""
    return np.asarray(1333.0 * side["systemic_vascular_resistance"].values)


DERIVED: Mapping[str, Callable[[xr.Dataset], Array]] = {
    "mixed_venous_saturation": mixed_venous_saturation,
    "ejection_fraction_percent": ejection_fraction_percent,
    "systemic_resistance_dyn": systemic_resistance_dyn,
}


def quantity(dataset: xr.Dataset, name: str, arm: str) -> Array:
    """Read a quantity of every patient in an arm.

    Parameters
    ----------
    dataset : xr.Dataset
        As from ``simulate``.
    name : str
        An outcome, a parameter, or a key of ``DERIVED``.
    arm : str

    Returns
    -------
    array, (patient,), float64
    """
    side = dataset.sel(arm=arm)
    values = DERIVED[name](side) if name in DERIVED else side[name].values
    return np.broadcast_to(np.asarray(values, np.float64), dataset.sizes["patient"])
