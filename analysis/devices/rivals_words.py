"""Rivals in words."""

from __future__ import annotations

import json

import xarray as xr

from ..words.numbers import share_of_answer, spanned
from ..words.parts import Part, Table, Text
from ..words.places import each_along
from .rivals_order import read_target


def target_in_words(answer: xr.Dataset) -> str:
    """Say the targets with their units."""
    return " and ".join(read_target(text).words for text in json.loads(answer.attrs["targets"]))


def in_words(answer: xr.Dataset) -> list[Part]:
    """Say who needs which device, and what each costs."""
    about, left_out = answer.attrs, json.loads(answer.attrs["left_out"])
    who = (
        f"target {target_in_words(answer)}; {about['compared']:,} of {about['candidates']:,} patients compared, "
        f"{about['undetermined']:,} undetermined (the run of a milder arm failed), {about['not_compared']:,} outside "
        f"the cohort or not run; {about['undecided']:,} are within numerical error of another device"
    )
    lines = [who, *([f"not in the order, and left out: {', '.join(left_out)}"] if left_out else [])]
    needed = [
        [one["device"].item(), int(one["count"]), share_of_answer(one, "mildest"), int(one["ties"])]
        for one in each_along(answer, "device")
    ]
    costs = [_cost(one, about["reference"]) for one in each_along(answer, "arm")]
    outcomes = [name.replace("_", " ") for name in answer["outcome"].values.tolist()]
    head = ["arm", "meets % (95 %)", "failed", "no reference", "valve shut %", *outcomes]
    return [
        Text(lines),
        Table("", ["mildest that meets it", "patients", "% (95 %)", "ties"], needed),
        Table(f"Change against {about['reference']}: median (quartiles)", head, costs),
    ]


def _cost(one: xr.Dataset, reference: str) -> list[object]:
    arm = one["arm"].item()
    return [
        arm,
        share_of_answer(one, "meets_share"),
        int(one["failed"]),
        int(one["without_reference"]),
        f"{100 * float(one['valve_shut']):.0f}",
        *("-" if arm == reference else _change(price) for price in each_along(one, "outcome")),
    ]


def _change(one: xr.Dataset) -> str:
    middle, first, third = (float(one[name]) for name in ("change", "change_first_quartile", "change_third_quartile"))
    digits = 0 if abs(middle) >= 100 else 1 if abs(middle) >= 10 else 2
    return spanned(middle, first, third, lambda part: f"{part:+.{digits}f}")
