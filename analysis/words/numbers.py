"""How numbers are written for people: counts, shares, amounts with units, ranges."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import xarray as xr

from ..numbers.intervals import number_of, wilson
from ..reading.measures import spelt
from .text import cell

LEVELS = (0.05, 0.5, 0.95)
"""Quantiles by which a spread over patients is told."""


def share_and_interval(count: float, total: float) -> tuple[str, str]:
    """Share in per cent, and Wilson's 95 % interval."""
    low, high = (float(end) for end in wilson(np.array(count), np.array(total)))
    return f"{100 * count / total:.1f} %", f"{100 * low:.1f} to {100 * high:.1f} %"


def share_in_per_cent(count: float, total: float) -> str:
    """Share in per cent with its interval in brackets; a dash of nobody."""
    if not total:
        return "-"
    share, interval = share_and_interval(count, total)
    return f"{share} ({interval})"


def in_per_cent(share: float | xr.DataArray) -> str:
    """Write a share in per cent without the sign; a dash for none."""
    return "-" if math.isnan(share) else f"{100 * float(share):.1f}"


def counted(count: int, total: int) -> str:
    """Write a count with its share in per cent; what is not all is never told as 100 %, nor what is there as 0."""
    if not count or not total:
        return f"{count:,}"
    share = 100 * count / total
    told = "<0.01" if share < 0.01 else ">99.9" if 99.9 < share < 100 else f"{share:.3g}"
    return f"{count:,} ({told} %)"


def amount(value: float, units: str = "") -> str:
    """Write a number with three significant digits and its unit; a dash for none."""
    if np.isnan(value):
        return "-"
    text = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return f"{text} {spelt(units)}".rstrip()


def spanned(value: float, low: float, high: float, written: Callable[[float], str], joint: str = " to ") -> str:
    """Write a number with the ends of its range in brackets; without those that are none, and a dash for no number."""
    if math.isnan(value):
        return "-"
    told = [written(value)] if math.isnan(low) or math.isnan(high) else [written(low), written(high)]
    return told[0] if len(told) == 1 else f"{written(value)} ({joint.join(told)})"


def share_of_answer(one: xr.Dataset, name: str) -> str:
    """Write a share of an answer in per cent without the sign, with its 95 % interval; a dash of nobody."""
    value, low, high = number_of(one, name)
    return "-" if math.isnan(low) else spanned(value, low, high, lambda part: f"{100 * part:.1f}", "-")


def quantiles(values: np.ndarray) -> tuple[float, float, float]:
    """5, 50 and 95 % quantiles of the finite values; NaN where there are none."""
    finite = values[np.isfinite(values)]
    low, middle, high = np.quantile(finite, LEVELS) if finite.size else (np.nan,) * 3
    return float(low), float(middle), float(high)


def median_and_range(values: np.ndarray, units: str = "") -> str:
    """Median, and in brackets the 5 and 95 % quantiles; a dash where there is no value."""
    low, middle, high = quantiles(values)
    return "-" if np.isnan(middle) else f"{amount(middle, units)} ({amount(low)} to {amount(high)})"


def written(value: object) -> str:
    """Text of a cell of a table."""
    return value if isinstance(value, str) else cell(value)
