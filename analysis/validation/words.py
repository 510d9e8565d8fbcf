"""Numbers and verdicts as text, rounded to what is meaningful."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from .quantities import DECIMALS
from .records import Verdict


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


def simulated(row: Mapping[str, Any]) -> str:
    """Write median and range of an effect."""
    unit = row["unit"]
    sign = row["measure"] in ("change", "relative", "split") and not (row["beside"] and row["compared"] == "ratio")
    low, median, high = (number(row[name], unit, sign) for name in ("simulated_low", "simulated", "simulated_high"))
    return f"{median} {unit}" + ("" if math.isnan(row["simulated_low"]) else f" ({low} to {high})")


def band(row: Mapping[str, Any]) -> str:
    """Write what would have been of the right size; empty where that is not scored."""
    scored = row["scored"] and not math.isnan(row["band_low"])
    return f"{row['band_low']:g} to {row['band_high']:g}: {row['band']}" if scored else ""


def level(row: Mapping[str, Any]) -> str:
    """Write a median of the baseline, marked where it is off target, and the target."""
    mark = "!" if row["target_verdict"] is Verdict.MISSED else ""
    target = "" if math.isnan(row["target"]) else f" ({row['target']:g})"
    where = " at the arm" if row["at_arm"] else ""
    return number(row["baseline_median"], row["measurement_unit"]) + mark + where + target


def span(row: Mapping[str, Any]) -> str:
    """Write the range of a baseline and its share of the window, marked where that is too little."""
    low, high = (number(row[name], row["measurement_unit"]) for name in ("baseline_low", "baseline_high"))
    known = 0.0 if math.isnan(row["span"]) else row["span"]
    return f"{low} to {high}, {share(known, row['span_verdict'])}"


def share(value: float, enough: Verdict) -> str:
    """Write a share in per cent, marked where it is not enough."""
    return f"{100 * value:.0f} %" + ("!" if enough is Verdict.MISSED else "")


def verdict(each: Verdict) -> str:
    """Write a verdict: right, missed, or a dash where there is none."""
    return "-" if each is Verdict.NOT_SCORED else each.name.lower()
