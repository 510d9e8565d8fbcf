"""Weaning in words."""

from __future__ import annotations

import xarray as xr

from ..response.pairs import DEMAND
from ..words.counted import many, who_was_not
from ..words.numbers import share_of_answer, spanned
from ..words.parts import Part, Table, Text

LABELS = {
    "cardiac_output": "gain of cardiac output",
    "mean_diastolic_pressure": "gain of mean diastolic pressure",
    "effective_arterial_elastance": "fall of arterial elastance",
    "wedge_pressure": "fall of wedge pressure",
    DEMAND: "fall of oxygen demand",
}
"""What an arm is to keep, in words."""


def points_of(answer: xr.Dataset) -> list[tuple[str, str, float]]:
    """Setting, arm and value of every point of the curves, from low to high."""
    points = []
    for curve in answer["curve"].values.tolist():
        values = answer["setting"].sel(curve=curve).dropna("arm")
        points += [(curve, arm, float(values.sel(arm=arm))) for arm in values.sortby(values)["arm"].values.tolist()]
    return points


def in_words(answer: xr.Dataset) -> list[Part]:
    """Say who was compared, and in a table for each group what each arm keeps of full support."""
    about = answer.attrs
    who = f"{about['compared']:,} of {many(about['candidates'], 'candidate')} compared in every arm"
    lost = ", ".join(who_was_not(about))
    parts: list[Part] = [
        Text([f"{who} against {about['reference']}, {lost} in one or more; full support is {about['arm']}"])
    ]
    told = "share of the effect kept in %, mean (quartiles of the patients); helped in % (95 %)"
    groups = answer["group"].values.tolist()
    head = ["curve", "setting", "arm", *(text.split(" of ")[-1] for text in LABELS.values()), "helped"]
    for group in groups:
        own = answer.sel(group=group)
        rows = [
            [curve.replace("_", " "), f"{setting:g}", arm, *_row(own.sel(arm=arm))]
            for curve, arm, setting in points_of(answer)
        ]
        parts.append(Table(told if groups == ["all"] else f"{group}: {told}", head, rows))
    return parts


def _row(one: xr.Dataset) -> list[str]:
    """Write the shares that an arm keeps of every effect, and whom it helps."""
    names = ("kept", "kept_first_quartile", "kept_third_quartile")
    shares = [[float(one[name].sel(effect=effect)) for name in names] for effect in LABELS]
    kept = [spanned(mean, low, high, lambda part: f"{100 * part:.0f}") for mean, low, high in shares]
    return [*kept, share_of_answer(one, "helps")]
