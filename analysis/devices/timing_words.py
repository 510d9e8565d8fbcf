"""Timing in words."""

from __future__ import annotations

import xarray as xr

from ..numbers.intervals import number_of
from ..words.counted import who_was_compared
from ..words.numbers import share_of_answer, spanned
from ..words.parts import Part, Table, Text
from ..words.places import each_along
from . import timing_own_words
from .timing_best import STROKE_WORK_LIMIT

SHORT = ("output %", "demand %", "augment.", "systolic", "end-diast.", "wedge", "elastance", "work %")
"""Heads of the columns of what errors do, in the order of ``timing_errors.SHOWN``."""


def answered(answer: xr.Dataset) -> list[xr.Dataset]:
    """Groups that have a best timing, one by one."""
    return [one for one in each_along(answer, "group") if not one["why_not"].item()]


def group_name(one: xr.Dataset) -> str:
    """Name a group by its cohort and its heart rate."""
    cohort, rate = one["cohort_of_group"].item(), one["heart_rate_of_group"].item()
    return ", ".join(filter(None, (cohort, rate and f"{rate} /min"))) or "all"


def in_words(answer: xr.Dataset) -> list[Part]:
    """Say which timing is best, by group, and what errors do; or which deflation each patient would have."""
    if "deflation" in answer.dims:
        return timing_own_words.in_words(answer)
    about, groups = answer.attrs, answered(answer)
    parts: list[Part] = [Text([who_was_compared(about)])]
    if groups:
        told = f"Best timing for the {about['benefit']}, where at most {100 * about['harmed']:g} % are harmed (ms):"
        offsets = [head for name in ("inflation", "deflation") for head in (name, "(95 %)", "keeps 95 %")]
        rows = [_best(one, about["benefit"]) for one in groups]
        parts.append(Table(told, ["group", "patients", *offsets, "benefit"], rows))
    if chosen := [one for one in each_along(answer, "group") if bool(one["operator_deflation"].notnull())]:
        told = (
            f"Operator's deflation: lowest mean end-diastolic pressure with stroke work up by less than "
            f"{100 * STROKE_WORK_LIMIT:g} %, inflation as usual; and what that of all patients loses:"
        )
        head = ["group", "deflation ms", "(95 %)", "end-diastolic mmHg", "output %"]
        parts.append(Table(told, head, [_operator(one) for one in chosen]))
    silent = [one for one in each_along(answer, "group") if one["why_not"].item()]
    parts.append(Text([f"{one['group'].item()}: {one['why_not'].item()}." for one in silent]))
    if errors := _met(answer):
        told = "What errors do: means over their settings, and the share helped and harmed (%):"
        parts.append(
            Table(told, ["timing", "from", "patients", *SHORT, "helped", "harmed"], [_error(e) for e in errors])
        )
    return parts


def _met(answer: xr.Dataset) -> list[xr.Dataset]:
    """Right timing, and the errors that are met anywhere, one by one."""
    return [one for one in each_along(answer, "timing") if bool(one["met"].any())]


def _best(one: xr.Dataset, benefit: str) -> list[object]:
    row: list[object] = [group_name(one), int(one["group_patients"])]
    for name in ("inflation", "deflation"):
        value, low, high = (1000 * each for each in number_of(one, f"best_{name}"))
        begin, end = (f"{1000 * float(one[f'{name}_{side}']):.0f}" for side in ("from", "to"))
        below, above = ("<=" if one[f"{name}_from_open"] else ""), (">=" if one[f"{name}_to_open"] else "")
        row += [f"{value:.0f}", "-" if low != low else f"{low:.0f} to {high:.0f}", f"{below}{begin} to {above}{end}"]
    times, unit = (1, "mmHg") if benefit == "augmentation" else (100, "%")
    value, low, high = number_of(one, "best_benefit")
    return [*row, f"{spanned(value, low, high, lambda part: f'{times * part:.1f}', '-')} {unit}"]


def _operator(one: xr.Dataset) -> list[object]:
    value, low, high = (1000 * each for each in number_of(one, "operator_deflation"))
    pressure, output = (float(one[f"operator_{name}_lost"]) for name in ("pressure", "output"))
    lost = ["-", "-"] if pressure != pressure else [f"{pressure:.1f}", f"{100 * output:+.1f}"]
    return [group_name(one), f"{value:.0f}", "-" if low != low else f"{low:.0f} to {high:.0f}", *lost]


def _error(one: xr.Dataset) -> list[object]:
    begins, means = float(one["begins"]), one["effect_mean"]
    return [
        one["timing"].item(),
        "-" if begins != begins else f"{1000 * begins:.0f} ms",
        int(one["timing_patients"]),
        *(_signed(name, float(means.sel(effect=name))) for name in means["effect"].values.tolist()),
        *(share_of_answer(one.sel(response=name), "share") for name in ("helps", "harms")),
    ]


def _signed(name: str, value: float) -> str:
    return f"{100 * value:+.1f}" if "relative" in name else f"{value:+.2f}" if "elastance" in name else f"{value:+.1f}"
