"""Cells over the axes of a sweep, and quantiles within groups of patients with their intervals."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ...engine.quantity import InputError
from ..intervals import ranks
from ..measures import Measure
from ..origin import stored_spec

Floats = NDArray[np.float64]
Places = NDArray[np.int64]

PER_CELL = 80
"""Patients aimed at in an average cell."""

FEWEST_CELLS, MOST_CELLS = 5, 40
"""Cells along an axis, where their number is not given."""

FEWEST = 10
"""Patients below which a cell is marked instead of painted."""

DISTINCT = 10
"""Values up to which an axis is taken as discrete."""


class Quantile(NamedTuple):
    """A quantile in each of several groups, and its 95 % interval; NaN where a group is too small to have one."""

    value: Floats
    low: Floats
    high: Floats


def cells_along(patients: int, given: int | None, where: str) -> int:
    """Cells along each of two axes: as given, or by the number of patients.

    Raises
    ------
    InputError
        For a number that makes no map.
    """
    if given is not None and not 1 <= given <= 500:
        raise InputError(f"{where}: {given} bins are not possible; 1 to 500 are")
    return given or int(min(max(math.sqrt(patients / PER_CELL), FEWEST_CELLS), MOST_CELLS))


def edges_of(dataset: xr.Dataset, axis: Measure, values: Floats, cells: int, where: str) -> Floats:
    """Edges of cells: around each value of a discrete axis, over the range that was sampled, or over 98 % of values.

    Raises
    ------
    InputError
        Where the axis has one value only, or none that is finite.
    """
    finite = values[np.isfinite(values)]
    distinct = np.unique(finite)
    if len(distinct) < 2:
        raise InputError(
            f"{where}: {axis.name} is {distinct[0]:g} in every patient compared"
            if len(distinct)
            else f"{where}: {axis.name} has no finite value among the patients compared"
        )
    if len(distinct) <= DISTINCT < len(finite):
        middle = (distinct[1:] + distinct[:-1]) / 2
        return np.array([2 * distinct[0] - middle[0], *middle, 2 * distinct[-1] - middle[-1]])
    low, high = swept(dataset, axis.name) or np.quantile(finite, [0.01, 0.99])
    if not low < high:
        low, high = distinct[0], distinct[-1]
    return np.linspace(low, high, cells + 1)


def swept(dataset: xr.Dataset, name: str) -> tuple[float, float] | None:
    """Range over which a sweep drew a parameter; None where it did not say one."""
    law = (stored_spec(dataset).get("vary") or {}).get(name)
    return (float(law["low"]), float(law["high"])) if isinstance(law, dict) and {"low", "high"} <= law.keys() else None


def cell_of(values: Floats, edges: Floats) -> Places:
    """Index of the cell of each value, -1 outside of all; the last edge belongs to the last cell."""
    place = np.searchsorted(edges, values, side="right") - 1
    place[values == edges[-1]] = len(edges) - 2
    place[~((values >= edges[0]) & (values <= edges[-1]))] = -1
    return np.asarray(place, dtype=np.int64)


def together(row: Places, column: Places, columns: int) -> Places:
    """One index for a cell of two axes, -1 where either is outside."""
    return np.where((row >= 0) & (column >= 0), row * columns + column, -1)


def quantiles(group: Places, values: Floats, groups: int, share: float) -> Quantile:
    """Quantile of the values in each group, with the interval between two order statistics.

    Patients of the group -1, and values that are not finite, are left out.
    """
    kept = (group >= 0) & np.isfinite(values)
    own, number = group[kept], values[kept]
    ordered = number[np.lexsort((number, own))]
    size = np.bincount(own, minlength=groups)
    begin = np.cumsum(size) - size
    low, high = ranks(size, share)
    known = (low >= 1) & (high <= size)

    def at(rank: Floats, there: NDArray[np.bool_]) -> Floats:
        out = np.full(groups, np.nan)
        out[there] = ordered[(begin + rank)[there].astype(np.int64)]
        return out

    rank, some = share * np.maximum(size - 1, 0), size > 0
    below, above = at(np.floor(rank), some), at(np.ceil(rank), some)
    return Quantile(below + (rank - np.floor(rank)) * (above - below), at(low - 1, known), at(high - 1, known))


def bounds_of(edges: Floats) -> Floats:
    """Lower and upper edge of each cell, as xarray keeps them."""
    return np.stack([edges[:-1], edges[1:]], axis=1)


def axis_coordinate(axis: Measure, edges: Floats) -> tuple[str, Floats, dict[str, str]]:
    """Centres of the cells as a coordinate, with the words for its label."""
    attrs = {"long_name": axis.label, "units": axis.units, "title": axis.title, "bounds": f"{axis.name}_bounds"}
    return axis.name, (edges[1:] + edges[:-1]) / 2, attrs
