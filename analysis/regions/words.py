"""Rules in words: what the command line and the report say of them."""

from __future__ import annotations

import numpy as np
import xarray as xr

from ..numbers.intervals import Number, number_of
from ..response.classify import NAMED, VERBS
from ..response.comparison import definition_in_words
from ..words.counted import who_was_compared
from ..words.parts import Part, Table, Text
from ..words.places import each_along
from .result import SIDES, share
from .rules import told


def percent(number: Number) -> str:
    """Write a share with its interval."""
    if np.isnan(number.value):
        return "-"
    return f"{100 * number.value:.1f} % ({100 * number.low:.1f}-{100 * number.high:.1f})"


def rule_in_words(one: xr.Dataset) -> str:
    """Say one rule of a result."""
    return " and ".join(filter(None, one["condition"].values))


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
        for one in each_along(result, "rule")
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
        for one in each_along(result, "rule")
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
        for one in each_along(result, "variant")
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
