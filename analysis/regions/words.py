"""Rules in words, as tables and as plain types: what the command line and the report say of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from ..numbers.intervals import Number, number_of
from ..response.classify import NAMED, VERBS, Response
from ..response.comparison import definition_in_words
from ..words.counted import who_was_compared
from ..words.parts import Part, Table, Text
from .result import SHARES, SIDES, share
from .rules import told

ABOUT = ("arm", "reference", "definition", "cohort_definitions", "thresholds")
"""Attributes that say what was compared."""


def percent(number: Number) -> str:
    """Write a share with its interval."""
    if np.isnan(number.value):
        return "-"
    return f"{100 * number.value:.1f} % ({100 * number.low:.1f}-{100 * number.high:.1f})"


def rule_in_words(one: xr.Dataset) -> str:
    """Say one rule of a result."""
    return " and ".join(filter(None, one["condition"].values))


def rules_of(result: xr.Dataset) -> list[xr.Dataset]:
    """Give each rule by itself."""
    return [result.isel(rule=place) for place in range(result.sizes["rule"])]


def of_all(result: xr.Dataset) -> Number:
    """Share of the class among all held-out patients compared."""
    return share(result.attrs["class_members"], result.attrs["counted"])


def of_those_met(result: xr.Dataset) -> Number:
    """Share of those who meet a rule or more among the held-out patients of the class."""
    return share(result.attrs["met_members"], result.attrs["class_members"])


def preamble(result: xr.Dataset) -> list[str]:
    """Say in words who was counted, and what for."""
    about = result.attrs
    counted = {**about, "compared": sum(about[name] for name in NAMED)}
    drawn = f"; drawn from {about['cohort']}" if about["cohort"] else ""
    lines = [
        f"{who_was_compared(counted)}{drawn}.",
        definition_in_words(about),
        sought(result),
        *filter(None, about["notes"].split("\n")),
    ]
    if about["unusable"]:
        lines.append(f"Left out, as not finite in every patient: {about['unusable']}.")
    if about["unknown"]:
        lines.append(f"{about['unknown']:,} patients were not counted: what a rule asks of them is not finite.")
    return lines


def sought(result: xr.Dataset) -> str:
    """Say on whom rules were sought and counted."""
    about = result.attrs
    return (
        f"Rules were sought on {about['fitted']:,} patients and counted on {about['counted']:,} others, of whom "
        f"{percent(of_all(result))} were {VERBS[about['target']]}."
    )


def sentences(result: xr.Dataset) -> list[str]:
    """Say the rules in words."""
    verb, tried = VERBS[result.attrs["target"]], result.attrs["tried"]
    lines = [
        f"{one['rule'].item()}. {rule_in_words(one)}: {verb} in {percent(number_of(one, 'density'))}; "
        f"{100 * one['size'].item():.0f} % of all patients, {100 * one['coverage'].item():.0f} % of all {verb}."
        for one in rules_of(result)
    ]
    if not lines:
        found = f"; of those found in the fit, {tried} did not stand the test" if tried else ""
        return [f"No rule: nowhere were patients {verb} so much more often that a rule would say something{found}."]
    return [*lines, f"Together they hold {percent(of_those_met(result))} of all {verb}."]


def in_words(result: xr.Dataset) -> list[Part]:
    """Say who was counted, the rules, what stands behind them, and what they hold where the class means otherwise."""
    told: list[Part] = [Text(preamble(result)), Text(sentences(result))]
    return [*told, _evidence(result), _otherwise(result)] if result.sizes["rule"] else told


def _evidence(result: xr.Dataset) -> Table:
    rows: list[list[object]] = [
        [
            one["rule"].item(),
            percent(number_of(one, "density")),
            percent(number_of(one, "added")),
            f"{one['frequency'].item():.0%}",
            f"{one['overlap'].item():.0%}",
            _limits(one),
        ]
        for one in rules_of(result)
    ]
    density = f"{result.attrs['target']} (95 %)"
    head = ["rule", density, "in those it adds", "came again", "same patients", "limits in refits"]
    caption = f"Rules in patients they were not made from, and in {result.attrs['refits']} refits to bootstrap samples"
    return Table(caption, head, rows)


def _otherwise(result: xr.Dataset) -> Table:
    rows: list[list[object]] = [
        [
            one["variant"].item(),
            *(f"{value:.1%}" for value in (one["variant_share"].item(), *one["variant_density"].values)),
        ]
        for one in (result.isel(variant=place) for place in range(result.sizes["variant"]))
    ]
    numbers = [f"rule {number}" for number in result["rule"].values]
    caption = "Share of the class where it is judged otherwise"
    return Table(caption, [f"{result.attrs['target']}, if judged by", "all", *numbers], rows)


def _limits(one: xr.Dataset) -> str:
    """Spread of each limit over the refits, in the order of the rule's words."""
    spreads = np.stack([[one[f"{side}_p10"].values, one[f"{side}_p90"].values] for side in SIDES])
    ends = spreads.transpose(2, 0, 1).reshape(-1, 2)
    known = ends[np.isfinite(ends).all(axis=1)]
    return "; ".join(told(low) if low == high else f"{told(low)} to {told(high)}" for low, high in known) or "-"


def as_dict(result: xr.Dataset) -> dict[str, Any]:
    """Give the rules as plain types for JSON."""
    about = result.attrs
    return {
        "target": about["target"],
        "method": about["method"],
        "bedside": bool(about["bedside"]),
        "about": {name: about[name] for name in ABOUT},
        "cohort": about["cohort"],
        "candidates": about["candidates"],
        "classes": {member.name.lower(): about[member.name.lower()] for member in Response},
        "fitted": about["fitted"],
        "everybody": _counted(of_all(result), about["class_members"], about["counted"]),
        "together": _counted(of_those_met(result), about["met_members"], about["class_members"]),
        "regions": [_region(one) for one in rules_of(result)],
        "tried": about["tried"],
        "moved": dict(zip(result["variant"].values.tolist(), result["variant_share"].values.tolist(), strict=True)),
        "unusable": about["unusable"].split(", ") if about["unusable"] else [],
        "unknown": about["unknown"],
        "notes": about["notes"].split("\n") if about["notes"] else [],
    }


def _counted(number: Number, count: int, of: int) -> dict[str, float]:
    return {"count": count, "of": of, "share": number.value, "low": number.low, "high": number.high}


def _region(one: xr.Dataset) -> dict[str, Any]:
    limited = [place for place, words in enumerate(one["condition"].values) if words]
    shares = {
        name: _counted(number_of(one, name), *(int(one[each] if each in one else one.attrs[each]) for each in counts))
        for name, (*counts, _) in SHARES.items()
    }
    return {
        "conditions": [_condition(one.isel(measurement=place)) for place in limited],
        **shares,
        "p_value": one["p_value"].item(),
        "again": one["frequency"].item(),
        "overlap": one["overlap"].item(),
        "moved": dict(zip(one["variant"].values.tolist(), one["variant_density"].values.tolist(), strict=True)),
    }


def _condition(one: xr.Dataset) -> dict[str, Any]:
    def limit(name: str) -> float | None:
        value = one[name].item()
        return None if np.isnan(value) else value

    def spread(side: str) -> list[float] | None:
        ends = [one[f"{side}{end}"].item() for end in ("_p10", "_p90")]
        return None if np.isnan(ends).any() else ends

    lower, upper = SIDES
    return {
        "name": str(one["measurement"].item()),
        "units": one["limit_units"].item(),
        "low": limit(lower),
        "high": limit(upper),
        "low_again": spread(lower),
        "high_again": spread(upper),
        "words": one["condition"].item(),
    }
