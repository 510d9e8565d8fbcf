"""Sections of a report on what the response hangs on: rules to remember, predictors at the baseline, sensitivity."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import xarray as xr

from ...engine import InputError
from ..figures.style import CLASS_WORDS
from ..predictors import words as predictor_words
from ..predictors.prediction import predictors
from ..regions import words as rule_words
from ..regions.search import regions
from ..response.comparison import Comparison
from ..sensitivity.indices import MEANINGS, leading, ranked, sensitivity, sentences
from ..words.parts import Part, Section, Table, Text

REFITS = 10
"""Bootstrap samples in which rules are sought again: enough to tell a steady rule from a chance one, in seconds."""

MOST = 12
"""Parameters that the table of indices shows."""

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
        arm=comparison.arm,
        reference=comparison.reference,
        definition=comparison.definition,
        thresholds=comparison.thresholds,
        refits=REFITS,
    )
    kind = "measurements at the bedside" if bedside else "the patient's parameters"
    asked = f"{comparison.arm}: who is {CLASS_WORDS[target]}, by {kind}. {rule_words.sought(found)}"
    return [Text([asked]), *rule_words.in_words(found)[1:]]


def predictors_section(dataset: xr.Dataset, comparison: Comparison) -> Section:
    """Tell which measurements at the baseline predict help in one arm."""
    return Section("predictors", "Predictors", _or_why(partial(_predictors, dataset, comparison)))


def _predictors(dataset: xr.Dataset, comparison: Comparison) -> list[Part]:
    found = predictors(
        dataset,
        arm=comparison.arm,
        reference=comparison.reference,
        definition=comparison.definition,
        thresholds=comparison.thresholds,
    )
    scale = (
        f"{comparison.arm}: what predicts help at the baseline. An area under the ROC curve (AUC) of 0.5 is chance; a "
        "calibration slope of 1 says that predicted probabilities are as far apart as they should be."
    )
    return [Text([scale]), *predictor_words.in_words(found)]


def sensitivity_section(dataset: xr.Dataset, comparison: Comparison) -> Section:
    """Tell the indices of sensitivity for one arm."""
    return Section("sensitivity", "Sensitivity", _or_why(partial(_indices, dataset, comparison)))


def _indices(dataset: xr.Dataset, comparison: Comparison) -> list[Part]:
    result = sensitivity(
        dataset,
        arm=comparison.arm,
        reference=comparison.reference,
        definition=comparison.definition,
        thresholds=comparison.thresholds,
    )
    index = leading(result)
    known = [str(name) for name in result["outcome"].values if np.isfinite(result[index].sel(outcome=name)).any()]
    lines = sentences(result)
    if not known:
        return [Text(lines)]
    shown = ranked(result, known[0]).isel(parameter=slice(MOST))["parameter"].values
    rows = [
        [str(result["label"].sel(parameter=name).item()), *(_index(result, index, name, each) for each in known)]
        for name in shown
    ]
    labels = [str(result["outcome_label"].sel(outcome=each).item()) for each in known]
    caption = (
        f"{comparison.arm}: {MEANINGS[index]}, with the 95 % interval; the {len(rows)} that matter most for the first"
    )
    return [Table(caption, ("Parameter", *labels), rows), Text(lines)]


def _index(result: xr.Dataset, index: str, parameter: str, outcome: str) -> str:
    one = result.sel(parameter=parameter, outcome=outcome)
    value, low, high = (float(one[name]) for name in (index, f"{index}_low", f"{index}_high"))
    return f"{value:.2g} ({low:.2g} to {high:.2g})" if np.isfinite(value) else "-"


def _or_why(parts: Callable[[], list[Part]]) -> list[Part]:
    """Give the parts, or the line that says why there are none."""
    try:
        return parts()
    except InputError as error:
        return [Text([f"{str(error)[:1].upper()}{str(error)[1:]}."])]
