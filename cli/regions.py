"""The commands regions and predictors: who is helped, in a few rules, and what predicts it."""

from __future__ import annotations

from pathlib import Path
from typing import Unpack

from ..analysis.figures.style import check_format
from ..analysis.predictors import prediction
from ..analysis.predictors import words as predictor_words
from ..analysis.predictors.predictor_figure import predictor_figure
from ..analysis.regions import search
from ..analysis.regions import words as rule_words
from ..analysis.regions.region_figure import region_figure
from ..analysis.response.comparison import Asked
from ..analysis.words.parts import Part
from .output import report, say
from .pictures import picture
from .reading import opened, reading
from .tables import show


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
    report({"figure": path, **rule_words.as_dict(result)}, as_json, lambda: _say(rule_words.in_words(result), path))


def _say(answer: list[Part], path: Path | None) -> None:
    show(answer)
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
        result = prediction.predictors(dataset, target, **asked)
    path = None
    if target_file:
        path = picture(predictor_figure(result), target_file)
    report(
        {"figure": path, **predictor_words.as_dict(result)},
        as_json,
        lambda: _say(predictor_words.in_words(result), path),
    )
