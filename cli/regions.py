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
from .answers import tell_answer
from .reading import opened, reading


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
        answer = search.regions(dataset, target, method, bedside, **asked)
    tell_answer(answer, region_figure, rule_words.in_words, target_file, as_json)


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
        answer = prediction.predictors(dataset, target, **asked)
    tell_answer(answer, predictor_figure, predictor_words.in_words, target_file, as_json)
