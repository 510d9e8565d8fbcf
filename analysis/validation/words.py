"""Numbers and verdicts as text, rounded to what is meaningful."""

from __future__ import annotations

import math

from .baselines import Level
from .effects import Effect
from .quantities import DECIMALS


def number(value: float, unit: str, sign: bool = False) -> str:
    """Write a number with two significant digits or more, and no more decimals than its unit bears."""
    if not math.isfinite(value):
        return "-"
    most = DECIMALS.get(unit, -1)
    needed = most if value == 0 else 1 - math.floor(math.log10(abs(value)))
    decimals = min(most, max(needed, 0))
    rounded = round(value, decimals)
    text = f"{abs(rounded):.{max(decimals, 0)}f}"
    return ("-" if rounded < 0 else "+" if sign and rounded > 0 else "") + text


def simulated(effect: Effect) -> str:
    """Write median and range of an effect."""
    row = effect.row
    sign = row.measure in ("change", "relative") and not (row.beside and row.compared == "ratio")
    median = f"{number(effect.median, row.unit, sign)} {row.unit}"
    if effect.low is None or effect.high is None:
        return median
    return f"{median} ({number(effect.low, row.unit, sign)} to {number(effect.high, row.unit, sign)})"


def band(effect: Effect) -> str:
    """Write what would have been of the right size; empty where that is not scored."""
    row = effect.row
    return f"{row.low:g} to {row.high:g}: {row.band}" if row.scored and row.low is not None else ""


def level(each: Level) -> str:
    """Write a median of the baseline, marked where it is off target, and the target."""
    mark = "!" if each.right is False else ""
    target = "" if each.target is None else f" ({each.target:g})"
    return number(each.median, each.unit) + mark + target


def span(each: Level) -> str:
    """Write the range of a baseline and its share of the window, marked where that is too little."""
    ends = f"{number(each.low, each.unit)} to {number(each.high, each.unit)}"
    return f"{ends}, {share(each.span or 0.0, each.spanning is not False)}"


def share(value: float, enough: bool) -> str:
    """Write a share in per cent, marked where it is not enough."""
    return f"{100 * value:.0f} %" + ("" if enough else "!")


def verdict(right: bool | None) -> str:
    """Write a verdict: right, missed, or a dash where there is none."""
    return "-" if right is None else "right" if right else "missed"
