"""Patients to fit on and patients to count on: never the same, by the hash of a patient's position alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from ..reading.origin import stored_spec
from ..reading.stream import evenly_spaced, read, sampled_rows

INDEPENDENT = ("sobol", "random", "latin-hypercube", "file")
"""Designs of which a part says something that the other part does not know."""

READ = 1 << 18
"""Patients read at most to find those that something is fitted on."""


def fit_share(dataset: xr.Dataset, most: int) -> float:
    """Share of the patients to fit on: half of them, or what makes ``most`` of those that are read for it."""
    return min(0.5, most / max(min(dataset.sizes["patient"], READ), 1))


def drawn(dataset: xr.Dataset, names: Sequence[str], low: float, high: float) -> xr.Dataset:
    """Bring some variables of the patients whose hash lies between two shares into memory.

    Of a store beyond ``READ`` patients, slices spread evenly over it are read. Those of (0, share) and of
    (share, 1) have no patient in common.

    Parameters
    ----------
    dataset : xr.Dataset
        Result of ``open_store`` or ``simulate``.
    names : sequence of str
        Variables.
    low, high : float
        Shares, 0 to 1.
    """
    blocks = [
        read(dataset, names, part).isel(patient=between(part, low, high)) for part in evenly_spaced(dataset, READ)
    ]
    return xr.concat(blocks, "patient", data_vars="minimal", coords="minimal", compat="override")


def between(part: slice, low: float, high: float) -> np.ndarray:
    """Positions within a slice of the patients whose hash lies between two shares."""
    return np.setdiff1d(sampled_rows(part, high), sampled_rows(part, low), assume_unique=True)


def caveats(dataset: xr.Dataset) -> list[str]:
    """Say what a count on held-out patients of a store must not be taken for."""
    notes, missing = [], int(dataset.attrs.get("blocks_missing", 0))
    if missing:
        notes.append(f"The run is not finished: {missing:,} blocks are missing, and nothing is said of their patients.")
    design = str(stored_spec(dataset).get("design") or "sobol")
    if design not in INDEPENDENT:
        notes.append(f"Patients of a {design} design share values: held-out ones resemble those fitted on.")
    return notes
