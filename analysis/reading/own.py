"""What patients of the user's own bring along beside parameters: numbers that maps have for axes, and groups."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import xarray as xr

from ...engine import PARAMETERS, InputError
from ...sweeps.design.weighting import WEIGHT
from ...sweeps.user_patients.columns import is_computed

MEANT = ("patient", "index", "cohort", WEIGHT)
"""Variables of patients that are no parameters and have a meaning of their own."""

NUMBERS, GROUPS = "fiub", "bOUT"
"""Kinds of data that can be an axis, and that name groups: texts, and whether or not."""

MOST_GROUPS = 10


def own_columns(dataset: xr.Dataset, kinds: str) -> list[str]:
    """Names of the patients' own columns of some kinds of data, as of numpy."""
    return [
        str(name)
        for name, column in dataset.variables.items()
        if column.dims == ("patient",)
        and column.dtype.kind in kinds
        and name not in (*PARAMETERS, *MEANT)
        and not is_computed(str(name))
    ]


def groups_of(
    where: str, name: str, column: xr.DataArray
) -> tuple[tuple[str, ...], Callable[[xr.Dataset], np.ndarray]]:
    """Find the groups in a column of a sample.

    Parameters
    ----------
    where, name : str
        Of the column, for errors and for blocks of the data set.
    column : xr.DataArray
        Of the patients compared in the sample.

    Returns
    -------
    tuple of str
        The groups in order.
    callable
        From a block to the place of each patient's group; -1 where it has none.

    Raises
    ------
    InputError
        Where there are fewer than two, or more than make a picture.
    """
    values = _comparable(column.values)
    known = np.unique(values[values != ""])
    if len(known) < 2:
        raise InputError(f"{where}: {name} is {known[0] if len(known) else 'missing'} in every patient compared")
    if len(known) > MOST_GROUPS:
        raise InputError(f"{where}: {name} has {len(known)} values; at most {MOST_GROUPS} make groups")

    def of(block: xr.Dataset) -> np.ndarray:
        own = _comparable(block[name].values)
        place = np.minimum(np.searchsorted(known, own), len(known) - 1)
        return np.where(known[place] == own, place, -1).astype(np.float64)

    return tuple(str(each) for each in known), of


def _comparable(values: np.ndarray) -> np.ndarray:
    """Texts of one type, with "" where there is none."""
    return np.array(["" if each is None or each != each else str(each) for each in values.tolist()], dtype=np.str_)
