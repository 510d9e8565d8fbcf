"""The map of a number instead of a class: its mean, its median or another quantile, cell by cell."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import xarray as xr

from ...engine import InputError
from ..numbers.intervals import effective, mean_reach, ranks
from ..reading.measures import Measure
from ..reading.stream import Weights, fold
from ..response.classify import CLASSES, compared_in
from ..response.comparison import Comparison, nobody
from .axes import Plan
from .response_map import Sums, described, judged

MOST_BINS = 1024
"""Bins of the histogram in each cell, of equal shares of the sample, so that they are narrow where many are.

Of 131,072 patients in 1,600 cells, medians were off by .004 of half their interval (at most .03); exact medians of a
tenth of the patients by one whole half (at most 9).
"""

MOST_COUNTS = 1 << 23
"""Counts in all histograms together: 64 MB. From 8,192 cells on there are fewer bins."""


class Estimate(NamedTuple):
    """A number of each cell with its 95 % interval, and a bound on the error of the number itself."""

    value: np.ndarray
    low: np.ndarray
    high: np.ndarray
    error: np.ndarray


def number_by_cell(
    dataset: xr.Dataset,
    comparison: Comparison,
    planned: Plan,
    number: Measure,
    quantile: float | None,
    fewest: int,
) -> xr.Dataset:
    """Take a quantile or, with None, the mean of a number of the patients compared, streaming.

    The mean is exact. A quantile is read from a histogram of each cell, whose bins hold equally many patients of a
    sample of the store; equal values that fill a bin have one to themselves. The bin that holds the quantile is
    certain, and its width is stated as ``value_error``.

    Returns
    -------
    xr.Dataset
        As of :func:`~counterpulse.analysis.maps.map.map` with a value.
    """
    sample = number.of(planned.block)[planned.compared]
    sample = sample[np.isfinite(sample)]
    if not sample.size:
        raise InputError(f"map: {number.name} has no finite value among the patients compared")
    names = [*comparison.reads(dataset), *planned.needs, *number.needs]
    if quantile is None:
        middle = float(sample.mean())
        sums = fold(
            dataset,
            names,
            lambda block, _: _moments(block, comparison, planned, number, middle),
            answer="map",
            weights=Weights.TAKEN,
        )
        found = _mean(sums, middle)
    else:
        grid = _grid(sample, min(MOST_BINS, MOST_COUNTS // int(np.prod(planned.shape))))
        sums = _histograms(dataset, names, comparison, planned, number, grid)
        found = _quantile(sums, grid, quantile)
    if not sums["totals"][list(CLASSES)].any():
        raise nobody("map")
    return _described(dataset, comparison, planned, number, sums, found, quantile, fewest)


def _numbers(
    block: xr.Dataset, comparison: Comparison, planned: Plan, number: Measure
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None, Sums]:
    """Cell, number and weight of the patients on the map who have one, and the sums that every map of numbers wants."""
    response, _, weights, sums = judged(block, comparison)
    place, values = planned.place(block), number.of(block)
    inside = (place >= 0) & compared_in(response)
    kept = inside & np.isfinite(values)
    sums["without"] = np.array([inside.sum() - kept.sum()])
    place = place[kept]
    weights = None if weights is None else weights[kept]
    cells = int(np.prod(planned.shape))
    sums["patients"] = np.bincount(place, minlength=cells)
    if weights is not None:
        sums["weight"] = np.bincount(place, weights, minlength=cells)
        sums["squares"] = np.bincount(place, weights**2, minlength=cells)
    return place, values[kept], weights, sums


def _sizes(sums: Sums) -> tuple[np.ndarray, np.ndarray]:
    """Sum of the weights, and effective number of patients, of every cell."""
    if "weight" not in sums:
        return sums["patients"], sums["patients"]
    return sums["weight"], effective(sums["weight"], sums["squares"])


def _moments(block: xr.Dataset, comparison: Comparison, planned: Plan, number: Measure, middle: float) -> Sums:
    """First and second moments about the sample's mean, which keeps the difference of large sums small."""
    place, values, weights, sums = _numbers(block, comparison, planned, number)
    away, cells = values - middle, int(np.prod(planned.shape))
    scaled = away if weights is None else weights * away
    sums["first"] = np.bincount(place, scaled, minlength=cells)
    sums["second"] = np.bincount(place, scaled * away, minlength=cells)
    return sums


def _mean(sums: Sums, middle: float) -> Estimate:
    weight, size = _sizes(sums)
    whole = np.where(weight > 0, weight, np.nan)
    shift = sums["first"] / whole
    reach = mean_reach(np.maximum(sums["second"] / whole - shift**2, 0.0), size)
    value = middle + shift
    return Estimate(value, value - reach, value + reach, np.where(np.isfinite(value), 0.0, np.nan))


def _grid(sample: np.ndarray, number: int) -> np.ndarray:
    """Edges of the histograms: quantiles of a sample, with a bin of its own for a value that fills one or more."""
    edges = np.quantile(sample, np.linspace(0, 1, number + 1), method="inverted_cdf")
    filled = edges[1:][np.diff(edges) == 0]
    return np.unique([*edges, *filled, *np.nextafter(filled, np.inf)])


class _Histogram:
    """Values of every cell between the edges of bins, below the first, and from the last on; made when first merged.

    A piece of a store is far smaller than the histograms of all cells: it keeps the bins of its patients instead.
    """

    def __init__(self, size: int, bins: np.ndarray, weights: np.ndarray | None) -> None:
        self._size, self._bins, self._weights = size, bins, weights
        self._counts: np.ndarray | None = None

    @property
    def counts(self) -> np.ndarray:
        """Patients, or the sums of their weights, by bin."""
        if self._counts is None:
            self._counts = np.zeros(self._size, dtype=np.int64 if self._weights is None else np.float64)
            self._add_to(self._counts)
        return self._counts

    def merge(self, other: _Histogram) -> _Histogram:
        """Take the patients of another piece in."""
        other._add_to(self.counts)
        return self

    def _add_to(self, counts: np.ndarray) -> None:
        np.add.at(counts, self._bins, 1 if self._weights is None else self._weights)


class _Ends(NamedTuple):
    """Lowest and highest value."""

    low: float
    high: float

    def merge(self, other: _Ends) -> _Ends:
        """Take the ends of another piece in."""
        return _Ends(min(self.low, other.low), max(self.high, other.high))


def _histograms(
    dataset: xr.Dataset, names: list[str], comparison: Comparison, planned: Plan, number: Measure, grid: np.ndarray
) -> Sums:
    """Count the values of every cell by the bins of a grid, and note the extremes."""
    width = len(grid) + 1
    size = int(np.prod(planned.shape)) * width

    def counted(block: xr.Dataset, _: slice) -> dict[str, Any]:
        place, values, weights, sums = _numbers(block, comparison, planned, number)
        bins = place * width + np.searchsorted(grid, values, side="right")
        ends = _Ends(float(values.min(initial=np.inf)), float(values.max(initial=-np.inf)))
        return {**sums, "histogram": _Histogram(size, bins, weights), "ends": ends}

    found = fold(dataset, names, counted, answer="map", weights=Weights.TAKEN)
    return found | {"histogram": found["histogram"].counts.reshape(-1, width), "ends": np.array(found["ends"])}


def _quantile(sums: Sums, grid: np.ndarray, quantile: float) -> Estimate:
    """Read quantile and interval from the histograms: the bins are certain, between their edges it is interpolated."""
    lowest, highest = sums["ends"] if np.isfinite(sums["ends"]).all() else grid[[0, -1]]  # where nobody is on the map
    below, above = np.append(lowest, grid), np.append(grid, highest)
    above = np.where(above <= np.nextafter(below, np.inf), below, above)  # a bin of one value alone
    reached = np.cumsum(sums["histogram"], axis=1)
    weight, size = _sizes(sums)
    first, last = ranks(size, quantile)

    def bin_of(level: np.ndarray) -> np.ndarray:
        # a share of a sum that came out a rounding error too large must not pass into the next bin
        return np.asarray(np.argmax(reached >= (level * (1 - 1e-12))[:, None], axis=1))

    here = np.arange(len(weight))
    wanted = quantile * weight
    place = bin_of(wanted)
    before = np.where(place > 0, reached[here, place - 1], 0)
    inside = np.maximum(reached[here, place] - before, np.finfo(float).tiny)
    value = below[place] + np.clip((wanted - before) / inside, 0, 1) * (above[place] - below[place])
    nobody = weight <= 0
    each = weight / np.where(nobody, 1, np.floor(size).clip(1))
    low = np.where(first >= 1, below[bin_of(first * each)], np.nan)
    high = np.where(last <= np.floor(size), above[bin_of(last * each)], np.nan)
    error = above[place] - below[place]
    return Estimate(*(np.where(nobody, np.nan, part) for part in (value, low, high, error)))


def _described(
    dataset: xr.Dataset,
    comparison: Comparison,
    planned: Plan,
    number: Measure,
    sums: Sums,
    found: Estimate,
    quantile: float | None,
    fewest: int,
) -> xr.Dataset:
    dims = tuple(axis.name for axis in planned.axes)
    patients, size = sums["patients"], _sizes(sums)[1]
    statistic = "mean" if quantile is None else "median" if quantile == 0.5 else f"{quantile:g} quantile"
    units = {"units": number.units}
    variables = {
        "patients": (patients, {"long_name": "patients compared", "units": "1"}),
        "value": (found.value, {"long_name": f"{statistic} of the {number.label}", **units}),
        "value_low": (found.low, {"long_name": "lower end of the 95 % interval", **units}),
        "value_high": (found.high, {"long_name": "upper end of the 95 % interval", **units}),
        "value_error": (found.error, {"long_name": "bound on the error of the histogram", **units}),
        "thin": ((patients > 0) & (size < fewest), {"long_name": f"fewer than {fewest} patients"}),
    }
    if "weight" in sums:
        variables["effective"] = (size, {"long_name": "effective number of patients", "units": "1"})
    out = xr.Dataset(
        {name: (dims, values.reshape(planned.shape), attrs) for name, (values, attrs) in variables.items()}
    )
    out = described(out, dataset, comparison, planned.axes, sums, fewest)
    without = int(sums["without"][0])
    return out.assign_attrs(
        value_name=number.name,
        value_title=number.title,
        statistic=statistic,
        without_value=without,
        off_the_map=out.attrs["off_the_map"] - without,
    )
