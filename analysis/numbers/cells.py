"""Cells and groups that patients are cut into along an axis, and quantiles within them with their intervals."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ...engine import InputError
from ..reading.measures import Measure
from ..reading.origin import stored_spec
from .intervals import Number, ranks

Floats = NDArray[np.float64]
Places = NDArray[np.int64]

PER_CELL = 80
"""Patients aimed at in an average cell: the 95 % interval of a share is then at most 22 points wide."""

FEWEST_PER_CELL = 25
"""Patients in an average cell below which there are fewer cells than ``ENOUGH_CELLS`` along an axis."""

ENOUGH_CELLS, MOST_CELLS = 6, 40
"""Cells along an axis, where their number is not given: at most, and as many as ``FEWEST_PER_CELL`` allows."""

FEWEST_CELLS = 2
"""Cells along an axis of a map however few its patients are: one cell is no map."""

MOST_BINS = 2000
"""Cells along an axis at most, where their number is given."""

FEWEST = 10
"""Patients below which a cell is marked instead of painted."""

FEW = 100
"""Values below which an axis reaches from the lowest to the highest."""

DISTINCT = 10
"""Different values at most of an axis that has a cell or a group for each."""


class Quantile(NamedTuple):
    """A quantile in each of several groups, and its 95 % interval; NaN where a group is too small to have one."""

    value: Floats
    low: Floats
    high: Floats


def check_bins(bins: int | None, where: str) -> None:
    """Refuse a number of cells along an axis that makes no map."""
    if bins is not None and not 1 <= bins <= MOST_BINS:
        raise InputError(f"{where}: {bins} bins are not possible; 1 to {MOST_BINS} are")


def cells_along(patients: float, given: int | None, where: str, axes: int = 2, most: int = MOST_CELLS) -> int:
    """Cells along each of some axes: as given, or by the number of patients.

    So many that an average cell has ``PER_CELL`` patients, but at most ``most``; where that makes fewer than
    ``ENOUGH_CELLS`` along an axis, so many that it has ``FEWEST_PER_CELL``, and ``FEWEST_CELLS`` at least.
    """
    check_bins(given, where)
    fine, coarse = ((patients / each) ** (1 / axes) for each in (PER_CELL, FEWEST_PER_CELL))
    # the root of a whole number is not cut to the one below it
    return given or int(min(max(fine, min(coarse, ENOUGH_CELLS), FEWEST_CELLS) + 1e-9, most))


def finite(axis: Measure, values: Floats, where: str) -> Floats:
    """Take the finite ones of an axis's values in the patients compared.

    Raises
    ------
    InputError
        Where there is none, or all are the same.
    """
    values = values[np.isfinite(values)]
    if values.size == 0:
        raise InputError(f"{where}: {axis.name} has no finite value among the patients compared")
    if values.min() == values.max():
        raise InputError(f"{where}: {axis.name} is {values[0]:g} in every patient compared")
    return values


def few(values: Floats) -> Floats | None:
    """Values of a discrete axis, in order; None of another."""
    distinct = np.unique(values)
    return distinct if len(distinct) <= DISTINCT and len(values) > 10 * len(distinct) else None


def edges_of(dataset: xr.Dataset, axis: Measure, values: Floats, cells: int) -> Floats:
    """Edges of cells: around each value of a discrete axis, over the range that was sampled, or over 98 % of values.

    Of fewer than ``FEW`` values over all, whose extremes would be beyond any such range.

    ``values`` are finite, and not all the same.
    """
    distinct = few(values)
    if distinct is not None:
        middle = (distinct[1:] + distinct[:-1]) / 2
        return np.array([2 * distinct[0] - middle[0], *middle, 2 * distinct[-1] - middle[-1]])
    low, high = swept(dataset, axis.name) or np.quantile(values, [0.01, 0.99])
    if not low < high or (len(values) < FEW and swept(dataset, axis.name) is None):
        low, high = values.min(), values.max()
    return np.linspace(low, high, cells + 1)


def laid_out(
    dataset: xr.Dataset,
    axes: Sequence[Measure],
    block: xr.Dataset,
    compared: NDArray[np.bool_],
    bins: int | None,
    where: str,
    sampled: int | None = None,
) -> list[Floats]:
    """Edges of the cells along the axes of a map, by a sample of the patients and who of them is compared.

    ``sampled`` is the size of the sample, where ``block`` has lost some of it.

    Raises
    ------
    InputError
        For a number of cells that makes no map, or an axis along which nobody differs.
    """
    share = np.count_nonzero(compared) / (sampled or len(compared))
    number = cells_along(round(dataset.sizes["patient"] * share), bins, where)
    return [edges_of(dataset, axis, finite(axis, axis.of(block)[compared], where), number) for axis in axes]


def swept(dataset: xr.Dataset, name: str) -> tuple[float, float] | None:
    """Range over which a sweep drew a parameter; None where it did not say one."""
    spec = stored_spec(dataset)
    law = (spec.get("vary") or {}).get(name)
    if not isinstance(law, dict) or not {"low", "high"} <= law.keys():
        return None
    factor = (spec.get("scale") or {}).get(name, 1.0)
    return float(law["low"]) * factor, float(law["high"]) * factor


def cut(axis: Measure, values: Floats, number: int) -> tuple[Floats, tuple[str, ...]]:
    """Cut into the values of a discrete axis, or at quantiles that are rounded, so that the labels are exact.

    Returns
    -------
    array
        Cuts between the groups.
    tuple of str
        Names of the groups, one more than there are cuts; of a relative measure in per cent.
    """
    scale = 100 if axis.relative else 1
    distinct = few(values)
    if distinct is not None:
        return (distinct[1:] + distinct[:-1]) / 2, tuple(f"{scale * value:g}" for value in distinct)
    exact = np.unique(np.quantile(values, np.arange(1, number) / number))
    for digits in range(3, 18):
        cuts = np.unique([float(f"{scale * value:.{digits}g}") for value in exact])
        if len(cuts) == len(exact):
            break
    texts = [f"{each:.{digits}g}" for each in cuts]
    between = (f"{low} to {high}" for low, high in pairwise(texts))
    return cuts / scale, (f"below {texts[0]}", *between, f"{texts[-1]} or more")


def cell_of(values: Floats, edges: Floats) -> Places:
    """Index of the cell of each value, -1 outside of all; the last edge belongs to the last cell."""
    last = len(edges) - 2
    steps = np.diff(edges)
    if np.isfinite(steps).all() and np.allclose(steps, steps[0]):  # six times quicker than the search
        place = np.floor((values - edges[0]) * ((last + 1) / (edges[-1] - edges[0])))
    else:
        place = np.searchsorted(edges, values, side="right") - 1.0
    place[values == edges[-1]] = last
    return np.where((place >= 0) & (place <= last), place, -1).astype(np.int64)


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


def median(values: Floats) -> Number:
    """Median of the values that are finite, and its interval."""
    return Number(*(float(part[0]) for part in quantiles(np.zeros(len(values), np.int64), values, 1, 0.5)))


def bounds_of(edges: Floats) -> Floats:
    """Lower and upper edge of each cell, as xarray keeps them."""
    return np.stack([edges[:-1], edges[1:]], axis=1)


def with_axes(cells: xr.Dataset, axes: Sequence[Measure], edges: Sequence[Floats]) -> xr.Dataset:
    """Add the axes of a map: the centres of their cells, with the words for a label, and the edges of each cell."""
    for axis, own in zip(axes, edges, strict=True):
        attrs = {"long_name": axis.label, "units": axis.units, "title": axis.title, "bounds": f"{axis.name}_bounds"}
        cells = cells.assign_coords({axis.name: (axis.name, (own[1:] + own[:-1]) / 2, attrs)})
        cells[f"{axis.name}_bounds"] = ((axis.name, "bounds"), bounds_of(own))
    return cells
