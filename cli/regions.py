"""The commands regions and predictors: who is helped, in a few rules, and what predicts it."""

from __future__ import annotations

from pathlib import Path
from typing import Unpack

import click

from ..analysis.figures.style import check_format
from ..analysis.predictors import prediction
from ..analysis.predictors.prediction import Predictors, find_predictors, shown
from ..analysis.predictors.predictor_figure import predictor_figure
from ..analysis.regions import search
from ..analysis.regions.evidence import Region, percent
from ..analysis.regions.region_figure import region_figure
from ..analysis.regions.rules import told
from ..analysis.regions.search import Regions, find_regions
from .output import report, say
from .pictures import picture
from .reading import Asked, opened, reading
from .tables import table

MOST_PAIRS = 10
"""Pairs that are named in words."""

target_option = click.option("--for", "target", default="helps", show_default=True, help="helps, fails or harms.")


def regions(
    store: Path,
    method: str,
    bedside: bool,
    target: str,
    output: Path | None,
    as_json: bool,
    **asked: Unpack[Asked],
) -> None:
    """Say in a few rules whom an arm helps, fails or harms."""
    target_file = check_format(output) if output else None
    dataset = opened(store)
    with reading(store):
        result = find_regions(dataset, target, method, bedside, **asked)
    path = None
    if target_file:
        path = picture(region_figure(result), target_file)
    report({"figure": path, **vars(result)}, as_json, lambda: _say_regions(result, path))


def _say_regions(result: Regions, path: Path | None) -> None:
    for line in [*search.preamble(result), *search.sentences(result)]:
        say(line)
    if result.regions:
        rows = [
            [
                number,
                percent(each.density),
                percent(each.added),
                f"{each.again:.0%}",
                f"{each.overlap:.0%}",
                _limits(each),
            ]
            for number, each in enumerate(result.regions, 1)
        ]
        head = [
            "rule",
            f"{result.target} (95 %)",
            "in those it adds",
            "came again",
            "same patients",
            "limits in refits",
        ]
        table(head, rows)
        numbers = [f"rule {number}" for number in range(1, len(result.regions) + 1)]
        moved = [
            [words, f"{share:.1%}", *(f"{each.moved[words]:.1%}" for each in result.regions)]
            for words, share in result.moved.items()
        ]
        table([f"{result.target}, if judged by", "all", *numbers], moved)
    if path:
        say(str(path))


def _limits(region: Region) -> str:
    """Spread of each limit over the refits, in the order of the rule's words."""
    spreads = [spread for each in region.conditions for spread in (each.low_again, each.high_again) if spread]
    return "; ".join(told(low) if low == high else f"{told(low)} to {told(high)}" for low, high in spreads) or "-"


def predictors(
    store: Path,
    target: str,
    output: Path | None,
    as_json: bool,
    **asked: Unpack[Asked],
) -> None:
    """Say which baseline measurements predict whom an arm helps, fails or harms."""
    target_file = check_format(output) if output else None
    dataset = opened(store)
    with reading(store):
        result = find_predictors(dataset, target, **asked)
    path = None
    if target_file:
        path = picture(predictor_figure(result), target_file)
    report({"figure": path, **vars(result)}, as_json, lambda: _say_predictors(result, path))


def _say_predictors(result: Predictors, path: Path | None) -> None:
    for line in prediction.sentences(result):
        say(line)
    rows = [
        [each.name, each.group, "more" if each.above else "less", shown(each.area), shown(each.curve)]
        for each in result.predictors
    ]
    table(["measurement", "stands for", f"{result.target} with", "AUC (95 %)", "AUC of a curve"], rows)
    pairs = [[*each.names, shown(each.area), shown(each.gain)] for each in result.pairs[:MOST_PAIRS]]
    table(["pair", "", "AUC (95 %)", "above the better alone"], pairs)
    if path:
        say(str(path))
