"""What is in a store: its dimensions, variables with units, specification, size, and the ranges of its outcomes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from ...engine import OUTCOMES, Status
from .origin import stored_spec
from .stream import sample


def inspect(dataset: xr.Dataset, path: Path) -> dict[str, Any]:
    """Describe a store.

    Parameters
    ----------
    dataset : xr.Dataset
        Result of ``open_store``.
    path : Path
        Folder of the store.

    Returns
    -------
    dict
        ``dimensions``, ``bytes`` and ``files`` on the disk, ``attributes``, ``spec``, ``variables`` (dimensions, type,
        units, long_name, value where there is but one), ``ranges`` (outcome to arm to lowest, median and highest value
        among the ``patients_looked_at`` that are ok) .
    """
    files = [Path(folder, name) for folder, _, names in os.walk(path) for name in names]
    looked_at, ranges = _ranges(dataset)
    return {
        "store": str(path),
        "dimensions": {str(name): size for name, size in dataset.sizes.items()},
        "bytes": sum(file.stat().st_size for file in files if file.exists()),
        "files": len(files),
        "attributes": {str(name): value for name, value in dataset.attrs.items() if name != "spec"},
        "spec": stored_spec(dataset),
        "variables": {str(name): _variable(variable) for name, variable in dataset.variables.items()},
        "patients_looked_at": looked_at,
        "ranges": ranges,
    }


def _variable(variable: xr.Variable) -> dict[str, Any]:
    flags = "flags" if {"flag_values", "flag_masks"} & set(variable.attrs) else ""
    about = {
        "dimensions": [str(name) for name in variable.dims],
        "type": str(variable.dtype),
        "units": variable.attrs.get("units", flags),
        "long_name": variable.attrs.get("long_name", ""),
    }
    return about | ({"value": variable.values.item()} if variable.ndim == 0 else {})


def _ranges(dataset: xr.Dataset) -> tuple[int, dict[str, dict[str, list[float]]]]:
    names = [name for name in OUTCOMES if name in dataset]
    block = sample(dataset, ["status", *names])
    arms = [str(arm) for arm in block["arm"].values]
    ranges: dict[str, dict[str, list[float]]] = {name: {} for name in names}
    for arm in arms:
        one = block.sel(arm=arm)
        ok = one["status"].values == Status.OK
        for name in names:
            values = one[name].values[ok]
            if values.size:
                ranges[name][arm] = [float(value) for value in np.quantile(values, [0, 0.5, 1])]
    return block.sizes["patient"], ranges
