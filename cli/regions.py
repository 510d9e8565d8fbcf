"""The commands regions and predictors: who is helped, in a few rules, and what predicts it."""

from __future__ import annotations

from pathlib import Path
from typing import Unpack

import click
import xarray as xr

from ..analysis.figures.style import check_format
from ..analysis.predictors import prediction
from ..analysis.predictors.prediction import Predictors, find_predictors, shown
from ..analysis.predictors.predictor_figure import predictor_figure
from ..analysis.regions import search, words
from ..analysis.regions.region_figure import region_figure
from .output import report, say
from .pictures import picture
from .reading import Asked, opened, reading
from .tables import show, table

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
        result = search.regions(dataset, target, method, bedside, **asked)
    path = None
    if target_file:
        path = picture(region_figure(result), target_file)
    report({"figure": path, **words.as_dict(result)}, as_json, lambda: _say_regions(result, path))


def _say_regions(result: xr.Dataset, path: Path | None) -> None:
    show(words.in_words(result))
    if path:
        say(str(path))


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
