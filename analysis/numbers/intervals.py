"""95 % intervals of what is shown: of a share, of a quantile, of a mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import xarray as xr

LEVEL = 0.95
"""Confidence of every interval."""

Z95 = 1.959964
"""Standard deviations to either side of the middle of a normal law that hold so much of it."""


class Number(NamedTuple):
    """A number and its 95 % interval."""

    value: float
    low: float
    high: float


def wilson(count: np.ndarray, total: np.ndarray, z: float = Z95) -> tuple[np.ndarray, np.ndarray]:
    """Wilson's score interval of a share (Wilson 1927, J Am Stat Assoc 22:209); NaN where there is nobody."""
    size = np.where(total > 0, total, np.nan)
    share = count / size
    middle = (share + z**2 / (2 * size)) / (1 + z**2 / size)
    reach = z / (1 + z**2 / size) * np.sqrt(share * (1 - share) / size + z**2 / (4 * size**2))
    return np.clip(middle - reach, 0, 1), np.clip(middle + reach, 0, 1)


def share_of(count: float, total: float) -> Number:
    """Share with Wilson's interval; of nobody 0, and no interval: NaN."""
    low, high = wilson(np.asarray(count), np.asarray(total))
    return Number(float(count / max(total, 1)), float(low), float(high))


ENDS = ("", "_low", "_high")
"""Ends of the names of the variables that hold a number and its interval, in the order of `Number`."""

PARTS = {
    "": "",
    "_low": ", lower end of the 95 % interval",
    "_high": ", upper end of the 95 % interval",
    "_first_quartile": ", first quartile",
    "_third_quartile": ", third quartile",
}
"""What an answer may hold of a number, each in a variable of its own."""


def with_interval(
    name: str, dims: str | Sequence[str], numbers: Sequence[Number], long_name: str, units: str = "1"
) -> dict[str, tuple[Any, ...]]:
    """Make the variables of a data set that hold some numbers: ``name``, and the ends ``name_low``, ``name_high``."""
    values = np.array(numbers, dtype=np.float64).reshape(-1, len(Number._fields))
    return {
        f"{name}{end}": (dims, values[:, place], {"long_name": f"{long_name}{PARTS[end]}", "units": units})
        for place, end in enumerate(ENDS)
    }


def shares_with_intervals(
    name: str, dims: str | Sequence[str], count: np.ndarray, total: np.ndarray
) -> dict[str, tuple[Any, ...]]:
    """Make the variables of some shares: ``name``, and the ends of Wilson's interval; of nobody 0, and no interval."""
    values = (count / np.maximum(total, 1), *wilson(count, total))
    return {f"{name}{end}": (dims, each) for end, each in zip(ENDS, values, strict=True)}


def described(found: xr.Dataset, meanings: Mapping[str, tuple[str, str]]) -> xr.Dataset:
    """Say of the variables of an answer what they are.

    Parameters
    ----------
    found : xr.Dataset
    meanings : mapping
        Name of a number to its long name and its unit, which hold for its interval and its quartiles too; without a
        unit where that stands in a coordinate.
    """
    for name, (long_name, units) in meanings.items():
        for part, text in PARTS.items():
            if f"{name}{part}" in found:
                attrs = {"long_name": f"{long_name}{text}"} | ({"units": units} if units else {})
                found[f"{name}{part}"].attrs.update(attrs)
    return found


def number_of(one: xr.Dataset, name: str) -> Number:
    """Read a number and its interval from the variables of :func:`with_interval`, of one place of their dimensions."""
    return Number(*(float(one[f"{name}{end}"]) for end in ENDS))


def effective(weights: np.ndarray, squares: np.ndarray) -> np.ndarray:
    """Effective size of a weighted sample (Kish 1965): the square of the sum of the weights over the sum of squares.

    Parameters
    ----------
    weights, squares : np.ndarray
        Sums of the weights and of their squares.
    """
    return np.asarray(np.divide(weights**2, squares, out=np.zeros(weights.shape), where=squares > 0))


def ranks(size: np.ndarray, quantile: float) -> tuple[np.ndarray, np.ndarray]:
    """Order statistics, counted from 1, that enclose a quantile whatever the distribution (Conover 1999, section 3.2).

    How many of ``size`` values lie below the quantile is binomial. A rank of 0 or of more than ``size`` says that the
    interval is open there.
    """
    tail = (1 - LEVEL) / 2
    whole = np.maximum(np.floor(size), 0).astype(np.int64)
    return _binomial(tail, whole, quantile), _binomial(1 - tail, whole, quantile) + 1


def _binomial(level: float, count: np.ndarray, share: float) -> np.ndarray:
    """Quantile of the binomial distribution.

    scipy.stats has it too, and takes .8 s to import, which the summary of every run would wait for.
    """
    from scipy.special import bdtr, bdtrik

    above = np.ceil(bdtrik(level, count, share))
    below = np.maximum(above - 1, 0)
    # the inverse may be off by its rounding; of no values none lie below
    found = np.where(bdtr(below, count, share) >= level, below, above)
    return np.where(count > 0, found, 0.0)


def mean_reach(variance: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Half of Student's interval of a mean; NaN for fewer than two values.

    Parameters
    ----------
    variance : np.ndarray
        Mean square about the mean: the sum over the (effective) number of values, not over one less.
    size : np.ndarray
        Number of values; of a weighted sample the effective one.
    """
    from scipy.special import stdtrit

    free = np.where(size > 1, size - 1, np.nan)
    return np.asarray(stdtrit(free, (1 + LEVEL) / 2) * np.sqrt(variance / free))
