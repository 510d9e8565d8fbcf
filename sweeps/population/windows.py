"""Windows: the bounds that a patient of a cohort must show before support, on outcomes, their ratios, parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf

import numpy as np
from numpy.typing import NDArray

from ...engine import OUTCOMES, PARAMETERS, InputError, check_name
from .distributions import Array
from .laws import Source
from .tables import Number, Table, place, shown_key

Window = dict[str, tuple[float | None, float | None]]
"""Outcome, ratio ``a/b`` of two outcomes, or parameter -> lowest and highest value, None where there is none."""

Bounds = dict[str, tuple[float, float]] | dict[str, tuple[Array, Array]]
"""As the engine takes them: infinite where there is none; arrays where patients differ in them."""


class Bound(Table):
    """One entry of a window."""

    low: Number | None = None
    high: Number | None = None
    source: Source | None = None


def read(where: str, table: Mapping[str, Bound]) -> Window:
    """Check a window.

    Raises
    ------
    InputError
        For a name that is not known, an entry without a bound, or bounds that leave nothing.
    """
    return {key: _limits(f"{where}.{place('window', key)}", key, bound) for key, bound in table.items()}


def _limits(where: str, key: str, bound: Bound) -> tuple[float | None, float | None]:
    if "/" in key:
        for name in key.split("/", 1):
            check_name(where, shown_key(name), OUTCOMES)
    else:
        check_name(where, shown_key(key), [*OUTCOMES, *PARAMETERS])
    if bound.low is None and bound.high is None:
        raise InputError(f"{where}: low, high, or both are needed")
    if bound.low is not None and bound.high is not None and not bound.low < bound.high:
        raise InputError(f"{where}: low = {bound.low:g} must be below high = {bound.high:g}")
    return bound.low, bound.high


def open_ended(window: Window) -> dict[str, tuple[float, float]]:
    """Give a window with infinite bounds where it has none."""
    return {key: (_or(low, -inf), _or(high, inf)) for key, (low, high) in window.items()}


def bounds(windows: Sequence[Window], codes: NDArray[np.uint8]) -> dict[str, tuple[Array, Array]]:
    """Lay the windows of several cohorts into one.

    Parameters
    ----------
    windows : sequence of Window
        One per cohort.
    codes : array of int
        Place of each patient's window among them.

    Returns
    -------
    dict of str to tuple of array
        Arrays of one value per patient; where a patient's own cohort has no such bound, it is infinite.
    """
    result: dict[str, tuple[Array, Array]] = {}
    for key in dict.fromkeys(key for window in windows for key in window):
        limits = [open_ended(window).get(key, (-inf, inf)) for window in windows]
        lows, highs = np.array(limits).T
        result[key] = lows[codes], highs[codes]
    return result


def in_words(key: str, low: float | None, high: float | None) -> str:
    """Say one entry of a window, with units."""
    if low is None:
        limits = f"below {high:g}"
    elif high is None:
        limits = f"above {low:g}"
    else:
        limits = f"{low:g} to {high:g}"
    return f"{key} {limits} {_units(key)}".rstrip()


def _units(key: str) -> str:
    units = [(OUTCOMES | PARAMETERS)[name].units for name in key.split("/", 1)]
    if len(units) == 2:
        return "" if units[0] == units[1] else f"{units[0]} per {units[1]}"
    return "" if units[0] == "1" else units[0]


def _or(limit: float | None, otherwise: float) -> float:
    return otherwise if limit is None else limit
