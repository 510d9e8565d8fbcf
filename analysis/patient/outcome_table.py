"""The table of outcomes on the page of a patient: two arms, the difference and per cent, by groups."""

from __future__ import annotations

import math
from typing import Any

import xarray as xr
from matplotlib.axes import Axes

from ..figures.sheet import narrow, page_width, points
from ..figures.style import INK, fitted
from ..response.pairs import RELATIVE

Group = tuple[str, tuple[tuple[str, str], ...]]

LEFT: tuple[Group, ...] = (
    (
        "Aortic pressure (mmHg)",
        (
            ("systolic_pressure", "systolic"),
            ("mean_arterial_pressure", "mean"),
            ("augmented_diastolic_pressure", "highest in diastole"),
            ("end_diastolic_aortic_pressure", "end-diastolic"),
        ),
    ),
    (
        "Filling pressure (mmHg)",
        (
            ("wedge_pressure", "wedge"),
            ("central_venous_pressure", "central venous"),
            ("lv_end_diastolic_pressure", "LV end-diastolic"),
        ),
    ),
    (
        "Left ventricle",
        (
            ("lv_peak_pressure", "peak pressure (mmHg)"),
            ("lv_end_diastolic_volume", "largest volume (mL)"),
            ("ejection_fraction", "ejection fraction (%)"),
        ),
    ),
)
RIGHT: tuple[Group, ...] = (
    (
        "Flow (L/min)",
        (
            ("cardiac_output", "cardiac output"),
            ("coronary_flow", "coronary"),
            ("endocardial_flow", "inner coronary layer"),
            ("limb_flow", "legs"),
        ),
    ),
    (
        "Work and load",
        (
            ("cardiac_power_output", "cardiac power (W)"),
            ("stroke_work", "stroke work (mmHg·mL)"),
            ("pressure_volume_area", "PV area (mmHg·mL)"),
            ("effective_arterial_elastance", "Ea (mmHg/mL)"),
        ),
    ),
    (
        "Supply over demand",
        (("sevr", "DPTI/SPTI"), ("endocardial_reserve", "inner layer's reserve")),
    ),
)
"""Outcomes in the two halves of the table, by groups."""
OPTIONAL: tuple[tuple[str, str, float], ...] = (
    ("mitral_regurgitant_volume", "mitral regurgitation (mL)", 0.0),
    ("aortic_regurgitant_volume", "aortic regurgitation (mL)", 0.0),
    ("shunt_ratio", "Qp/Qs", 1.0),
    ("device_flow", "pump (L/min)", 0.0),
)
"""Outcomes of the left half where either arm has another value than this, which is no lesion and no pump."""

COLUMNS = (0.0, 0.56, 0.71, 0.86, 1.0)
"""Where the label begins and the numbers end, in widths of a half."""


def draw_table(axes: Axes, patient: xr.Dataset, arm: str, reference: str) -> None:
    """Draw the table of one patient's outcomes in the reference and in an arm; where both are the same, of that."""
    axes.axis("off")
    axes.set(xlim=(0, 1), ylim=(0, 1))
    own = tuple(
        (name, label)
        for name, label, neutral in OPTIONAL
        if any(abs(float(patient[name].sel(arm=side)) - neutral) > 1e-6 for side in (reference, arm))
    )
    halves = ((*LEFT, ("Leaks, shunt and pump", own)) if own else LEFT, RIGHT)
    rows = 1 + max(sum(1 + len(names) for _, names in groups) for groups in halves)
    if narrow():
        whole = halves[0] + halves[1]
        rows = 1 + sum(1 + len(names) for _, names in whole)
        _half(axes, 0.0, 1.0, rows, whole, patient, arm, reference)
        return
    for left, groups in zip((0.0, 0.52), halves, strict=True):
        _half(axes, left, 0.48, rows, groups, patient, arm, reference)


def _half(
    axes: Axes,
    left: float,
    width: float,
    rows: int,
    groups: tuple[Group, ...],
    patient: xr.Dataset,
    arm: str,
    reference: str,
) -> None:
    places = [left + width * column for column in COLUMNS]
    height = 1.0 / (rows + 0.4)

    def write(row: float, cells: list[str], **look: Any) -> None:
        for place, cell in zip(places, cells, strict=False):
            side = "left" if place == left else "right"
            axes.text(place, 1 - (row + 0.5) * height, cell, ha=side, va="center", fontsize=points(8), **look)

    def rule(row: float, thickness: float) -> None:
        axes.plot([left, left + width], [1 - row * height] * 2, color=INK, linewidth=thickness, clip_on=False)

    rule(0.0, 0.8)
    # beside an arm drawn alone there is all the room of the labels
    room = page_width() * width * (COLUMNS[1] if arm == reference else COLUMNS[2] - COLUMNS[1]) - 0.1
    names = [fitted(name, room, 8, weight="bold") for name in dict.fromkeys((reference, arm))]
    write(0, ["", *names, *(("change", "%") if len(names) > 1 else ())], weight="bold")
    rule(1.05, 0.5)
    row = 1.2
    for title, outcomes in groups:
        write(row, [title], style="italic")
        row += 1
        for name, label in outcomes:
            write(row, [f"  {label}", *row_of(patient, name, arm, reference)[: 1 if arm == reference else 4]])
            row += 1
    rule(row + 0.1, 0.8)


def row_of(patient: xr.Dataset, name: str, arm: str, reference: str) -> list[str]:
    """Both arms, difference and per cent of one outcome, as text; a dash where an arm has no number."""
    scale = 100.0 if name == "ejection_fraction" else 1.0
    before, after = (scale * float(patient[name].sel(arm=side)) for side in (reference, arm))
    size = min((abs(value) for value in (before, after) if math.isfinite(value)), default=0.0)
    places = 0 if size >= 100 else 1 if size >= 10 else 2 if size >= 0.995 else 3
    share = 100 * (after - before) / abs(before) if name in RELATIVE and before else math.nan
    return [
        _number(before, places),
        _number(after, places),
        _number(after - before, places, sign=True),
        _number(share, 1 if abs(share) < 9.95 else 0, sign=True),
    ]


def _number(value: float, places: int, sign: bool = False) -> str:
    if not math.isfinite(value):
        return "\N{EN DASH}"
    # adding zero turns a rounded -0.0 into 0.0
    value = round(value, places) + 0.0
    text = f"{value:+,.{places}f}" if sign and value else f"{value:,.{places}f}"
    return text.replace("-", "\N{MINUS SIGN}")
