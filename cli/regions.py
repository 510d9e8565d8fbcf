"""The commands regions and predictors: who is helped, in a few rules, and what predicts it."""

from __future__ import annotations

from pathlib import Path
from typing import Unpack

from ..analysis.predictors import prediction
from ..analysis.predictors import words as predictor_words
from ..analysis.predictors.predictor_figure import predictor_figure
from ..analysis.regions import search
from ..analysis.regions import words as rule_words
from ..analysis.regions.region_figure import region_figure
from ..analysis.response.comparison import Asked
from .answers import tell_answer
from .options.shared import Drawing
from .pictures import requested
from .reading import opened, reading


def regions(
    store: Path,
    method: str,
    bedside: bool,
    target: str,
    drawing: Drawing,
    as_json: bool,
    **asked: Unpack[Asked],
) -> None:
    """Say in a few rules whom an arm helps, fails or harms."""
    request = requested(drawing)
    dataset = opened(store)
    with reading(store):
        answer = search.regions(dataset, target, method, bedside, **asked)
    tell_answer(answer, region_figure, rule_words.in_words, request, as_json)


def predictors(
    store: Path,
    target: str,
    drawing: Drawing,
    as_json: bool,
    **asked: Unpack[Asked],
) -> None:
    """Say which baseline measurements predict whom an arm helps, fails or harms."""
    request = requested(drawing)
    dataset = opened(store)
    with reading(store):
        answer = prediction.predictors(dataset, target, **asked)
    tell_answer(answer, predictor_figure, predictor_words.in_words, request, as_json)
