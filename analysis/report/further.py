"""Where to go on from a store: one patient, a trial, days of support, as far as it has the arms for them."""

from __future__ import annotations

import xarray as xr

from ...sweeps.design.weighting import WEIGHT
from ..course.arms import has_arms
from ..response.membership import unsupported_arm


def further(dataset: xr.Dataset, store: str) -> list[str]:
    """Command lines that a store has what they need for.

    Parameters
    ----------
    dataset : xr.Dataset
    store : str
        As it is written on a command line.
    """
    if unsupported_arm(dataset) is None:
        return []
    lines = [f"counterpulse match {store} MAP=62 CO=3.1 PCWP=26"]
    if WEIGHT not in dataset.variables:
        lines.append(f"counterpulse trial {store} TRIAL.toml")
    if has_arms(dataset):
        lines.append(f"counterpulse course {store} COURSE.toml")
    return lines
