"""What predicts a response, in words and tables."""

from __future__ import annotations

import xarray as xr

from ..numbers.intervals import number_of
from ..response.classify import VERBS
from ..response.comparison import definition_in_words
from ..words.counted import many, who_was_not
from ..words.parts import Part, Table, Text
from ..words.places import each_along

MOST_PAIRS = 10
"""Pairs that are named in words."""


def with_its_interval(one: xr.Dataset, name: str) -> str:
    """Write a number of one place of a result with its interval."""
    number = number_of(one, name)
    return f"{number.value:.2f} ({number.low:.2f} to {number.high:.2f})"


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
