"""What predicts a response, in words, as tables and as plain types."""

from __future__ import annotations

from typing import Any

import xarray as xr

from ..numbers.intervals import number_of
from ..regions.words import ABOUT
from ..response.classify import VERBS
from ..response.comparison import definition_in_words
from ..words.counted import many, who_was_not
from ..words.parts import Part, Table, Text

MOST_PAIRS = 10
"""Pairs that are named in words."""

LOST = ("failed_run", "not_compared")


def with_its_interval(one: xr.Dataset, name: str) -> str:
    """Write a number of one place of a result with its interval."""
    number = number_of(one, name)
    return f"{number.value:.2f} ({number.low:.2f} to {number.high:.2f})"


def each_along(result: xr.Dataset, dim: str, most: int | None = None) -> list[xr.Dataset]:
    """Give each place along a dimension by itself, the first ``most``."""
    return [result.isel({dim: place}) for place in range(result.sizes[dim])[:most]]


def sentences(result: xr.Dataset) -> list[str]:
    """Say in words who was scored, and what predicts best."""
    about = result.attrs
    drawn = f" of {about['cohort']}" if about["cohort"] else ""
    lines = [
        f"{many(about['candidates'], 'candidate')}{drawn}: fitted on {about['fitted']:,} patients ({about['arm']} "
        f"against {about['reference']}), scored on {about['scored']:,} others, of whom {100 * about['share']:.1f} % "
        f"were {VERBS[about['target']]}; drawn with them and not compared: {', '.join(who_was_not(about))}.",
        definition_in_words(about),
        *filter(None, about["notes"].split("\n")),
    ]
    if about["unusable"]:
        lines.append(f"Left out, as the same in everybody or not finite in all: {about['unusable']}.")
    return lines + [_model(result, one) for one in each_along(result, "model")]


def _model(result: xr.Dataset, one: xr.Dataset) -> str:
    model = one["model"].item()
    labels = [result["label"].sel(measurement=name).item() for name in one["measurements"].item().split(", ")]
    title = {
        "alone": f"Best alone: {labels[0]}",
        "pair": f"Best pair: {' and '.join(labels)}",
        "all": "All together",
    }[model]
    lead = f", {one['model_gain'].item():.2f} above the better one alone" if model == "pair" else ""
    area, slope, intercept = (with_its_interval(one, name) for name in ("model_auc", "slope", "intercept"))
    return (
        f"{title}: AUC {area}{lead}; calibration slope {slope}, intercept {intercept}, Brier score "
        f"{one['brier'].item():.3f} ({one['brier_of_share'].item():.3f} where everybody is given the share of all)."
    )


def in_words(result: xr.Dataset) -> list[Part]:
    """Say who was scored and what predicts best; then every measurement, and the best pairs."""
    alone: list[list[object]] = [
        [
            one["measurement"].item(),
            one["stands_for"].item(),
            "more" if one["increases"] else "less",
            with_its_interval(one, "auc"),
            with_its_interval(one, "spline_auc"),
        ]
        for one in each_along(result, "measurement")
    ]
    pairs: list[list[object]] = [
        [
            one["first"].item(),
            one["second"].item(),
            with_its_interval(one, "pair_auc"),
            with_its_interval(one, "pair_gain"),
        ]
        for one in each_along(result, "pair", MOST_PAIRS)
    ]
    head = ["measurement", "stands for", f"{result.attrs['target']} with", "AUC (95 %)", "AUC of a spline"]
    return [
        Text(sentences(result)),
        Table("Area under the ROC curve (AUC) of each measurement", head, alone),
        Table("The best pairs", ["pair", "", "AUC (95 %)", "above the better alone"], pairs),
    ]


def as_dict(result: xr.Dataset) -> dict[str, Any]:
    """Give what predicts a response as plain types for JSON."""
    about = result.attrs
    pairs = [_score(one, "pair", [one["first"].item(), one["second"].item()]) for one in each_along(result, "pair")]
    models = {
        one["model"].item(): _score(one, "model", one["measurements"].item().split(", "), _calibration(one))
        for one in each_along(result, "model")
    }
    return {
        "target": about["target"],
        "about": {name: about[name] for name in ABOUT},
        "cohort": about["cohort"],
        "candidates": about["candidates"],
        "fitted": about["fitted"],
        "scored": about["scored"],
        "lost": {name: about[name] for name in LOST},
        "share": about["share"],
        "predictors": [_alone(one) for one in each_along(result, "measurement")],
        "pairs": pairs,
        "chosen": models,
        "unusable": about["unusable"].split(", ") if about["unusable"] else [],
        "notes": about["notes"].split("\n") if about["notes"] else [],
    }


def _alone(one: xr.Dataset) -> dict[str, Any]:
    return {
        "name": one["measurement"].item(),
        "label": one["label"].item(),
        "units": one["measurement_units"].item(),
        "group": one["stands_for"].item(),
        "above": bool(one["increases"]),
        "area": number_of(one, "auc"),
        "curve": number_of(one, "spline_auc"),
    }


def _score(one: xr.Dataset, dim: str, names: list[str], calibration: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "names": names,
        "area": number_of(one, f"{dim}_auc"),
        "gain": number_of(one, f"{dim}_gain"),
        "fitted_area": one[f"{dim}_fitted_auc"].item(),
        "calibration": calibration,
    }


def _calibration(one: xr.Dataset) -> dict[str, Any]:
    tenths = {"expected": "expected", "observed": "observed", "low": "observed_low", "high": "observed_high"}
    return {
        "slope": number_of(one, "slope"),
        "intercept": number_of(one, "intercept"),
        "brier": one["brier"].item(),
        "brier_of_all": one["brier_of_share"].item(),
        **{name: one[own].values.tolist() for name, own in tenths.items()},
    }
