"""Sections of a report on what the response hangs on: rules to remember, predictors at the baseline, sensitivity."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import xarray as xr

from ...engine import InputError
from ..figures.style import CLASS_WORDS
from ..predictors import words as predictor_words
from ..predictors.prediction import predictors
from ..regions import words as rule_words
from ..regions.search import regions
from ..response.comparison import Comparison
from ..sensitivity import words as index_words
from ..sensitivity.indices import sensitivity
from ..words.parts import Part, Section, Text

REFITS = 10
"""Bootstrap samples in which rules are sought again: enough to tell a steady rule from a chance one, in seconds."""

SOUGHT = (("helps", False), ("helps", True), ("harms", True))
"""Classes that rules are told for, and whether they are made of what is known at the bedside alone."""


def rules_section(dataset: xr.Dataset, comparison: Comparison) -> Section:
    """Tell the rules for one arm."""
    parts: list[Part] = []
    for target, bedside in SOUGHT:
        parts += _or_why(partial(_rules, dataset, comparison, target, bedside))
    return Section("rules", "Rules", parts)


def _rules(dataset: xr.Dataset, comparison: Comparison, target: str, bedside: bool) -> list[Part]:
    found = regions(
        dataset,
        target,
        bedside=bedside,
        **comparison.asked,
        refits=REFITS,
    )
    kind = "measurements at the bedside" if bedside else "the patient's parameters"
    asked = f"{comparison.arm}: who is {CLASS_WORDS[target]}, by {kind}. {rule_words.sought(found)}"
    return [Text([asked]), *rule_words.in_words(found)[1:]]


def predictors_section(dataset: xr.Dataset, comparison: Comparison) -> Section:
    """Tell which measurements at the baseline predict help in one arm."""
    return Section("predictors", "Predictors", _or_why(partial(_predictors, dataset, comparison)))


def _predictors(dataset: xr.Dataset, comparison: Comparison) -> list[Part]:
    found = predictors(dataset, **comparison.asked)
    scale = (
        f"{comparison.arm}: what predicts help at the baseline. An area under the ROC curve (AUC) of 0.5 is chance; a "
        "calibration slope of 1 says that predicted probabilities are as far apart as they should be."
    )
    return [Text([scale]), *predictor_words.in_words(found)]


def sensitivity_section(dataset: xr.Dataset, comparison: Comparison) -> Section:
    """Tell the indices of sensitivity for one arm."""
    return Section("sensitivity", "Sensitivity", _or_why(partial(_indices, dataset, comparison)))


def _indices(dataset: xr.Dataset, comparison: Comparison) -> list[Part]:
    result = sensitivity(dataset, **comparison.asked)
    table = index_words.leading_table(result)
    return [*([table] if table else []), Text(index_words.sentences(result))]


def _or_why(parts: Callable[[], list[Part]]) -> list[Part]:
    """Give the parts, or the line that says why there are none."""
    try:
        return parts()
    except InputError as error:
        return [Text([f"{str(error)[:1].upper()}{str(error)[1:]}."])]
