"""Weaning in words, for people and for machines."""

from __future__ import annotations

from typing import Any

import xarray as xr

from ..response.pairs import DEMAND
from ..words.counted import many, who_was_not
from ..words.numbers import share_of_answer, spanned, with_ends
from ..words.parts import Part, Table, Text

LABELS = {
    "cardiac_output": "gain of cardiac output",
    "mean_diastolic_pressure": "gain of mean diastolic pressure",
    "effective_arterial_elastance": "fall of arterial elastance",
    "wedge_pressure": "fall of wedge pressure",
    DEMAND: "fall of oxygen demand",
}
"""What an arm is to keep, in words."""

ABOUT = (
    *("name", "cohort", "regulation", "arm", "reference", "by", "definition"),
    *("candidates", "compared", "failed_run", "not_compared", "sampled"),
)
"""Attributes that JSON shows."""


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


def as_dict(answer: xr.Dataset) -> dict[str, Any]:
    """Answer as plain types for JSON."""
    groups, points = answer["group"].values.tolist(), points_of(answer)
    curves = {
        curve: [(arm, value) for own, arm, value in points if own == curve] for curve in answer["curve"].values.tolist()
    }
    arms = answer["arm"].values.tolist()
    return {
        **{name: answer.attrs[name] for name in ABOUT},
        "curves": [
            {"setting": curve, "arms": [arm for arm, _ in own], "values": [value for _, value in own]}
            for curve, own in curves.items()
        ],
        "kept": [
            {"group": group, "curve": curve, "arm": arm, "setting": value, "effect": effect}
            | _kept(answer.sel(group=group, arm=arm, effect=effect))
            for effect in answer["effect"].values.tolist()
            for curve, arm, value in points
            for group in groups
        ],
        "helped": [
            {"group": group, "arm": arm, "patients": int(answer["patients"].sel(group=group))}
            | {name: with_ends(answer.sel(group=group, arm=arm), name) for name in ("helps", "harms")}
            for arm in arms
            for group in groups
        ],
    }


def _kept(one: xr.Dataset) -> dict[str, Any]:
    quartiles = [float(one[f"kept_{which}"]) for which in ("first_quartile", "median", "third_quartile")]
    counts = {"patients": int(one["patients"]), "with_effect": int(one["with_effect"])}
    return {"change": with_ends(one, "change"), "kept": with_ends(one, "kept"), "quartiles": quartiles, **counts}
