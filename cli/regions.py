"""The commands regions and predictors: who is helped, in a few rules, and what predicts it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from .group import commands
from .output import json_option, picture, picture_option, report, say, table
from .reading import arm_option, comparison, definition_option, reading, threshold_option, thresholds_of

if TYPE_CHECKING:
    from ..analysis.predictors.prediction import Predictors
    from ..analysis.regions.evidence import Region
    from ..analysis.regions.search import Regions

MOST_PAIRS = 10
"""Pairs that are named in words."""

target_option = click.option("--for", "target", default="helps", show_default=True, help="helps, fails or harms.")


@commands.command()
@click.argument("store", type=click.Path(path_type=Path))
@click.option("--method", default="prim", show_default=True, help="prim, or tree: a tree of three levels.")
@click.option("--bedside", is_flag=True, help="Use what can be measured at the bedside alone, not the parameters.")
@target_option
@picture_option(None)
@arm_option
@definition_option
@threshold_option
@json_option
def regions(
    store: Path,
    method: str,
    bedside: bool,
    target: str,
    output: Path | None,
    arm: str | None,
    definition: str | None,
    thresholds: tuple[str, ...],
    as_json: bool,
) -> None:
    """Say in a few rules whom an arm helps, fails or harms.

    Rules are sought on some patients and counted on all the others; what could be chance is not told.
    """
    from ..analysis.figures.style import check_format
    from ..analysis.regions.search import find_regions

    target_file = check_format(output) if output else None
    dataset, arm, reference = comparison(store, arm)
    with reading(store):
        result = find_regions(
            dataset,
            target,
            method,
            bedside,
            arm=arm,
            reference=reference,
            definition=definition,
            thresholds=thresholds_of(thresholds),
        )
    path = None
    if target_file:
        from ..analysis.regions.region_figure import region_figure

        path = picture(region_figure(result), target_file)
    report({"figure": path, **vars(result)}, as_json, lambda: _say_regions(result, path))


def _say_regions(result: Regions, path: Path | None) -> None:
    from ..analysis.regions.evidence import percent
    from ..analysis.regions.search import preamble, sentences

    for line in [*preamble(result), *sentences(result)]:
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
    from ..analysis.regions.rules import told

    spreads = [spread for each in region.conditions for spread in (each.low_again, each.high_again) if spread]
    return "; ".join(told(low) if low == high else f"{told(low)} to {told(high)}" for low, high in spreads) or "-"


@commands.command()
@click.argument("store", type=click.Path(path_type=Path))
@target_option
@picture_option(None)
@arm_option
@definition_option
@threshold_option
@json_option
def predictors(
    store: Path,
    target: str,
    output: Path | None,
    arm: str | None,
    definition: str | None,
    thresholds: tuple[str, ...],
    as_json: bool,
) -> None:
    """Say which baseline measurements predict whom an arm helps, fails or harms.

    Each alone, in pairs and all together, fitted on some patients and scored on others.
    """
    from ..analysis.figures.style import check_format
    from ..analysis.predictors.prediction import find_predictors

    target_file = check_format(output) if output else None
    dataset, arm, reference = comparison(store, arm)
    with reading(store):
        result = find_predictors(
            dataset, target, arm=arm, reference=reference, definition=definition, thresholds=thresholds_of(thresholds)
        )
    path = None
    if target_file:
        from ..analysis.predictors.predictor_figure import predictor_figure

        path = picture(predictor_figure(result), target_file)
    report({"figure": path, **vars(result)}, as_json, lambda: _say_predictors(result, path))


def _say_predictors(result: Predictors, path: Path | None) -> None:
    from ..analysis.predictors.prediction import sentences, shown

    for line in sentences(result):
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
