"""What arms are set to, and which of them differ in one setting alone."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
import xarray as xr

from ...engine import DEVICES, PARAMETERS


def settings(dataset: xr.Dataset, arm: str, also: Collection[str] = ()) -> dict[str, float]:
    """Parameters that arms set, the switches of devices and some others, in one arm; NaN where they vary over patients.

    Parameters
    ----------
    dataset : xr.Dataset
        Result of ``open_store`` or ``simulate``.
    arm : str
    also : collection of str
        Parameters that are told whether arms set them or not.
    """
    out = {}
    for name in PARAMETERS:
        if name in also or name in DEVICES or (name in dataset and "arm" in dataset[name].dims):
            column = dataset[name] if name in dataset else xr.DataArray(PARAMETERS[name].default)
            column = column.sel(arm=arm) if "arm" in column.dims else column
            out[name] = float("nan") if column.dims else float(column)
    return out


def alike(one: Mapping[str, float], other: Mapping[str, float], but: Collection[str]) -> bool:
    """Whether two arms have the same in all but some settings, or leave it to the patient."""
    return all(
        one[name] == other[name] or (np.isnan(one[name]) and np.isnan(other[name])) for name in one if name not in but
    )
