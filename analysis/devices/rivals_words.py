"""Rivals in words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import xarray as xr

from ..words.counted import who_was_left_out
from ..words.numbers import share_of_answer, spanned
from ..words.parts import Part, Table, Text
from ..words.places import each_along
from .rivals_order import read_target


def target_in_words(answer: xr.Dataset) -> str:
    """Say the targets with their units."""
    return " and ".join(read_target(text).words for text in json.loads(answer.attrs["targets"]))


def not_compared(about: Mapping[str, Any]) -> str:
    """Say how many were not compared, or left out by their baseline."""
    return ", ".join([f"{about['not_compared']:,} outside the cohort or not run", *who_was_left_out(about)])


def given_by_levels(answer: xr.Dataset) -> bool:
    """Whether a device has several levels."""
    return answer.sizes["level"] > answer.sizes["arm"]


def regulation_in_words(about: Mapping[str, Any]) -> str:
    """Say what the mode of regulation means for rivals."""
    if about["regulation"] == "open-loop":
        return (
            "open loop: nobody weans drugs, and ECMO at fixed resistance raises pressure and wedge pressure more than "
            "where they are weaned"
        )
    if about["regulation"] != "map-held":
        return ""
    at, weaned = about["pressure_target"], "so that a device weans them"
    if at > 0:
        return f"in every arm, without a device too, drugs hold a mean arterial pressure of {at:g} mmHg, {weaned}"
    return (
        f"in every arm drugs hold the mean arterial pressure that a patient has in {about['reference']}, {weaned}; "
        "where that pressure itself misses a target, no device meets it"
    )


def in_words(answer: xr.Dataset) -> list[Part]:
    """Say who needs which device, at which level, and what each costs, against no device and against the balloon."""
    about, left_out = answer.attrs, json.loads(answer.attrs["left_out"])
    who = (
        f"target {target_in_words(answer)}; {about['compared']:,} of {about['candidates']:,} patients compared, "
        f"{about['undetermined']:,} undetermined (the run of a milder arm failed), {not_compared(about)}; "
        f"{about['undecided']:,} are within numerical error of another device"
    )
    mode = regulation_in_words(about)
    lines = [
        who,
        *([mode] if mode else []),
        *([f"not in the order, and left out: {', '.join(left_out)}"] if left_out else []),
    ]
    needed = [
        [one["device"].item(), int(one["count"]), share_of_answer(one, "mildest"), int(one["ties"])]
        for one in each_along(answer, "device")
    ]
    costs = [_cost(one, about["reference"]) for one in each_along(answer, "arm")]
    outcomes = [name.replace("_", " ") for name in answer["outcome"].values.tolist()]
    head = ["arm", "meets % (95 %)", "failed", "no reference", "valve shut %", *outcomes]
    taken = ", each at its lowest level that meets the target, else at its highest" if given_by_levels(answer) else ""
    parts: list[Part] = [Text(lines), Table("", ["mildest that meets it", "patients", "% (95 %)", "ties"], needed)]
    if given_by_levels(answer):
        told = "Level by level: for whom it is the lowest that meets the target, and whose aortic valve never opens"
        parts.append(Table(told, ["level", "lowest", "% of all", "meets there %", "valve shut %"], _levels(answer)))
    parts.append(Table(f"Change against {about['reference']}: median (quartiles){taken}", head, costs))
    if about["balloon"]:
        told = f"Change against {about['balloon']}: median (quartiles), and who has more output than with it{taken}"
        rows = [
            [arm, share_of_answer(one, "more_than_balloon"), f"{100 * float(one['valve_shut']):.0f}"]
            + [_change(price, "balloon_change") for price in each_along(one, "outcome")]
            for arm, one in ((one["arm"].item(), one) for one in each_along(answer, "arm"))
            if arm not in (about["balloon"], about["reference"])
        ]
        parts.append(Table(told, ["arm", "more output % (95 %)", "valve shut %", *outcomes], rows))
    return parts


def _levels(answer: xr.Dataset) -> list[list[object]]:
    """Rows of the table of levels: those of a device one after another, then those whom none of them serves."""
    rows: list[list[object]] = []
    for one in each_along(answer, "arm"):
        arm = one["arm"].item()
        own = answer.isel(level=(answer["level_device"] == arm).values)
        if own.sizes["level"] < 2:
            continue
        ran = int(one["ran"])
        for level in each_along(own, "level"):
            name = level["level"].item()
            lowest, meets = int(level["lowest"]), int(level["level_meets"]) / max(int(level["level_ran"]), 1)
            rows.append([name, lowest, *(_percent(part) for part in (lowest / max(ran, 1), meets))])
            rows[-1].append(_percent(float(level["level_valve_shut"])))
        rows.append([f"{arm}: never", int(one["never"]), _percent(int(one["never"]) / max(ran, 1)), "", ""])
    return rows


def _percent(share: float) -> str:
    return f"{100 * share:.0f}"


def _cost(one: xr.Dataset, reference: str) -> list[object]:
    arm = one["arm"].item()
    return [
        arm,
        share_of_answer(one, "meets_share"),
        int(one["failed"]),
        int(one["without_reference"]),
        f"{100 * float(one['valve_shut']):.0f}",
        *("-" if arm == reference else _change(price, "change") for price in each_along(one, "outcome")),
    ]


def _change(one: xr.Dataset, name: str) -> str:
    middle, first, third = (float(one[f"{name}{end}"]) for end in ("", "_first_quartile", "_third_quartile"))
    digits = 0 if abs(middle) >= 100 else 1 if abs(middle) >= 10 else 2
    return spanned(middle, first, third, lambda part: f"{part:+.{digits}f}")
