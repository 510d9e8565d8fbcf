"""Rivals in words, for people and for machines."""

from __future__ import annotations

import json
from typing import Any

import xarray as xr

from ..words.numbers import share_of_answer, spanned, with_ends
from ..words.parts import Part, Table, Text
from .rivals_order import read_target

ABOUT = ("name", "cohort", "regulation", "reference")
COUNTS = ("candidates", "compared", "undetermined", "not_compared", "undecided", "sampled")
"""Attributes that JSON shows."""

MAPPED = ("patients", "count", "most", "second", "share", "tie", "thin")
"""What a map holds in its cells."""


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
        [name, int(one["count"]), share_of_answer(one, "mildest"), int(one["ties"])]
        for name, one in _each(answer, "device")
    ]
    costs = [
        [arm, share_of_answer(one, "meets_share"), int(one["failed"]), int(one["without_reference"])]
        + [f"{100 * float(one['valve_shut']):.0f}"]
        + ["-" if arm == about["reference"] else _change(price) for _, price in _each(one, "outcome")]
        for arm, one in _each(answer, "arm")
    ]
    outcomes = [name.replace("_", " ") for name in answer["outcome"].values.tolist()]
    head = ["arm", "meets % (95 %)", "failed", "no reference", "valve shut %", *outcomes]
    return [
        Text(lines),
        Table("", ["mildest that meets it", "patients", "% (95 %)", "ties"], needed),
        Table(f"Change against {about['reference']}: median (quartiles)", head, costs),
    ]


def _each(answer: xr.Dataset, dimension: str) -> list[tuple[str, xr.Dataset]]:
    return [(name, answer.sel({dimension: name})) for name in answer[dimension].values.tolist()]


def _change(one: xr.Dataset) -> str:
    middle, first, third = (float(one[name]) for name in ("change", "change_first_quartile", "change_third_quartile"))
    digits = 0 if abs(middle) >= 100 else 1 if abs(middle) >= 10 else 2
    return spanned(middle, first, third, lambda part: f"{part:+.{digits}f}")


def as_dict(answer: xr.Dataset) -> dict[str, Any]:
    """Answer as plain types for JSON."""
    about = answer.attrs
    arms = answer["arm"].values.tolist()
    order: list[list[str]] = [[] for _ in answer["device"].values]
    for arm, rank in zip(arms, answer["rank"].values.tolist(), strict=True):
        order[rank].append(arm)
    ranks = [
        {"name": name, "arms": order[place], "mildest": with_ends(one, "mildest"), "count": int(one["count"])}
        | {"ties": int(one["ties"])}
        for place, (name, one) in enumerate(_each(answer, "device"))
    ]
    return {
        **{name: about[name] for name in ABOUT},
        "targets": json.loads(about["targets"]),
        "order": order[:-1],
        "left_out": json.loads(about["left_out"]),
        **{name: about[name] for name in COUNTS},
        "ranks": ranks,
        "prices": [_price(arm, one, about["reference"]) for arm, one in _each(answer, "arm")],
        "cells": _cells(answer) if "cell_patients" in answer else None,
    }


def _price(arm: str, one: xr.Dataset, reference: str) -> dict[str, Any]:
    return {
        "arm": arm,
        "ran": int(one["ran"]),
        "meets": int(one["meets"]),
        "share": with_ends(one, "meets_share"),
        "failed": int(one["failed"]),
        "without_reference": int(one["without_reference"]),
        "valve_shut": float(one["valve_shut"]),
        "changes": {} if arm == reference else {name: _quartiles(price) for name, price in _each(one, "outcome")},
    }


def _quartiles(price: xr.Dataset) -> dict[str, Any]:
    quartiles = [float(price[f"change_{which}_quartile"]) for which in ("first", "third")]
    return {**with_ends(price, "change"), "quartiles": quartiles}


def _cells(answer: xr.Dataset) -> dict[str, Any]:
    axes = [str(dim) for dim in answer["cell_patients"].dims]
    named = {name: f"cell_{name}" for name in MAPPED} | {"device": "device"}
    named |= {name: name for axis in axes for name in (axis, f"{axis}_bounds")}
    return {name: answer[variable].values.tolist() for name, variable in named.items()}
