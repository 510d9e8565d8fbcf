"""Timing in words, for people and for machines."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import xarray as xr

from ..response.classify import Response
from ..response.comparison import THRESHOLDS
from ..words.counted import who_was_compared
from ..words.numbers import share_of_answer, spanned, with_ends
from ..words.parts import Part, Table, Text
from .timing_best import BENEFITS
from .timing_errors import DEFLATION, INFLATION

ABOUT = ("name", "cohort", "regulation", "arm", "reference", "benefit", "kept", "harmed", "definition")
COUNTS = ("candidates", "compared", "sampled", *(member.name.lower() for member in Response))
"""Attributes that JSON shows."""

SHORT = ("output %", "demand %", "augment.", "systolic", "end-diast.", "wedge", "elastance")
"""Heads of the columns of what errors do, in the order of ``timing_errors.SHOWN``."""


def answered(answer: xr.Dataset) -> list[xr.Dataset]:
    """Groups that have a best timing, one by one."""
    return [one for one in _rows(answer, "group") if not one["why_not"].item()]


def group_name(one: xr.Dataset) -> str:
    """Name a group by its cohort and its heart rate."""
    cohort, rate = one["cohort_of_group"].item(), one["heart_rate_of_group"].item()
    return ", ".join(filter(None, (cohort, rate and f"{rate} /min"))) or "all"


def in_words(answer: xr.Dataset) -> list[Part]:
    """Say which timing is best, by group, and what errors do."""
    about, groups = answer.attrs, answered(answer)
    parts: list[Part] = [Text([who_was_compared(about)])]
    if groups:
        told = f"Best timing for the {about['benefit']}, where at most {100 * about['harmed']:g} % are harmed (ms):"
        offsets = [head for name in ("inflation", "deflation") for head in (name, "(95 %)", "keeps 95 %")]
        rows = [_best(one, about["benefit"]) for one in groups]
        parts.append(Table(told, ["group", "patients", *offsets, "benefit"], rows))
    silent = [one for one in _rows(answer, "group") if one["why_not"].item()]
    parts.append(Text([f"{one['group'].item()}: {one['why_not'].item()}." for one in silent]))
    if errors := _met(answer):
        told = "What errors do: means over their settings, and the share helped and harmed (%):"
        parts.append(
            Table(told, ["timing", "from", "patients", *SHORT, "helped", "harmed"], [_error(e) for e in errors])
        )
    return parts


def _rows(answer: xr.Dataset, dimension: str) -> list[xr.Dataset]:
    return [answer.isel({dimension: place}) for place in range(answer.sizes.get(dimension, 0))]


def _met(answer: xr.Dataset) -> list[xr.Dataset]:
    """Right timing, and the errors that are met anywhere, one by one."""
    return [one for one in _rows(answer, "timing") if bool(one["met"].any())]


def _best(one: xr.Dataset, benefit: str) -> list[object]:
    row: list[object] = [group_name(one), int(one["group_patients"])]
    for name in ("inflation", "deflation"):
        value, low, high = (1000 * each for each in with_ends(one, f"best_{name}").values())
        begin, end = (f"{1000 * float(one[f'{name}_{side}']):.0f}" for side in ("from", "to"))
        below, above = ("<=" if one[f"{name}_from_open"] else ""), (">=" if one[f"{name}_to_open"] else "")
        row += [f"{value:.0f}", "-" if low != low else f"{low:.0f} to {high:.0f}", f"{below}{begin} to {above}{end}"]
    times, unit = (1, "mmHg") if benefit == "augmentation" else (100, "%")
    value, low, high = with_ends(one, "best_benefit").values()
    return [*row, f"{spanned(value, low, high, lambda part: f'{times * part:.1f}', '-')} {unit}"]


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


def as_dict(answer: xr.Dataset) -> dict[str, Any]:
    """Answer as plain types for JSON; cells from early to late deflation."""
    about = answer.attrs
    thresholds = json.loads(about["thresholds"])
    silent = {one["group"].item(): one["why_not"].item() for one in _rows(answer, "group") if one["why_not"].item()}
    medians = [f"{name}{end}" for name, _ in BENEFITS.values() for end in ("", "_low", "_high")]
    axes = [name for offset in (INFLATION, DEFLATION) for name in (offset, f"{offset}_bounds")]
    return {
        **{name: about[name] for name in ABOUT},
        "thresholds": {name: thresholds[name] for name in THRESHOLDS},
        **{name: about[name] for name in COUNTS},
        "best": [_best_of(one) for one in answered(answer)],
        "errors": [_error_of(one) for one in _met(answer)],
        "without_answer": silent,
        "cells": {name: answer[name].values.tolist() for name in (*axes, "patients", *medians)},
    }


def _best_of(one: xr.Dataset) -> dict[str, Any]:
    ends = {"early": "from", "late": "to"}
    names = ("inflation", "deflation")
    return {
        "cohort": one["cohort_of_group"].item(),
        "rate": one["heart_rate_of_group"].item(),
        "patients": int(one["group_patients"]),
        **{name: with_ends(one, f"best_{name}") for name in (*names, "benefit")},
        "inflates": [float(one[f"inflation_{side}"]) for side in ends.values()],
        "deflates": [float(one[f"deflation_{side}"]) for side in ends.values()],
        "open_ends": [f"{name}, {end}" for name in names for end, side in ends.items() if one[f"{name}_{side}_open"]],
        "harmed": float(one["best_harmed"]),
        "held_back": float(one["held_back"]),
        "answered": float(one["answered"]),
    }


def _error_of(one: xr.Dataset) -> dict[str, Any]:
    patients, means = int(one["timing_patients"]), one["effect_mean"]
    shares = {name: with_ends(one.sel(response=name), "share") for name in one["response"].values.tolist()}
    return {
        "name": one["timing"].item(),
        "begins": float(one["begins"]),
        "patients": patients,
        "means": dict(zip(means["effect"].values.tolist(), np.asarray(means).tolist(), strict=True)),
        "shares": shares if patients else {},
    }
