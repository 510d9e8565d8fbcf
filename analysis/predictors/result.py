"""What predicts a response as a data set: over measurements, their pairs, and the models chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import xarray as xr

from ..numbers.intervals import Number, with_interval
from ..reading.measures import Measure
from ..regions.rules import BEDSIDE
from .scores import Calibration

CALIBRATED = {
    "expected": "mean predicted probability in a tenth",
    "observed": "share of the class in a tenth",
    "observed_low": "share of the class in a tenth, lower end of the 95 % interval",
    "observed_high": "share of the class in a tenth, upper end of the 95 % interval",
}


class Alone(NamedTuple):
    """One measurement.

    Attributes
    ----------
    measure : Measure
        What it is.
    increases : bool
        Whether more of it predicts the class; told by the patients fitted on.
    auc, spline_auc : Number
        Area under the ROC curve of the measurement as it is, in that direction, and of a restricted cubic spline of it.
    """

    measure: Measure
    increases: bool
    auc: Number
    spline_auc: Number


class Score(NamedTuple):
    """A logistic regression on some measurements.

    Attributes
    ----------
    names : tuple of str
        Measurements: restricted cubic splines of all, and of two also their product; of more the products of every two,
        where there are fifty patients of the class and fifty others for each.
    auc : Number
        Area under the ROC curve of its predicted probabilities.
    gain : Number
        By how much that exceeds the area of the best of them alone.
    fitted_auc : float
        Area on the patients fitted on, by which models are chosen.
    calibration : Calibration or None
        Of the models that are chosen.
    """

    names: tuple[str, ...]
    auc: Number
    gain: Number
    fitted_auc: float
    calibration: Calibration | None = None


def assembled(alone: Sequence[Alone], pairs: Sequence[Score], chosen: Mapping[str, Score]) -> xr.Dataset:
    """Put what was scored into a data set, the best measurements and pairs first."""
    ranked = sorted(alone, key=lambda each: -each.spline_auc.value)
    best = sorted(pairs, key=lambda pair: -pair.auc.value)
    measures = [each.measure for each in ranked]
    data: dict[str, Any] = {
        "increases": ("measurement", [each.increases for each in ranked], {"long_name": "more predicts the class"}),
        **with_interval("auc", "measurement", [each.auc for each in ranked], "AUC of the measurement"),
        **with_interval("spline_auc", "measurement", [each.spline_auc for each in ranked], "AUC of a spline of it"),
        **_scores("pair", best),
        **_scores("model", list(chosen.values())),
        **_calibrated([each.calibration for each in chosen.values() if each.calibration]),
    }
    coords = {
        "measurement": _texts([each.name for each in measures]),
        "label": ("measurement", _texts([each.label.removeprefix("baseline ") for each in measures])),
        "measurement_units": ("measurement", _texts([each.units for each in measures])),
        "stands_for": ("measurement", _texts([BEDSIDE[each.name] for each in measures])),
        "pair": _texts([" and ".join(each.names) for each in best]),
        "first": ("pair", _texts([each.names[0] for each in best])),
        "second": ("pair", _texts([each.names[1] for each in best])),
        "model": _texts(list(chosen)),
        "measurements": ("model", _texts([", ".join(each.names) for each in chosen.values()])),
    }
    return xr.Dataset(data, coords)


def _texts(names: Sequence[str]) -> np.ndarray:
    return np.array(names, dtype=object)


def _scores(dim: str, scores: Sequence[Score]) -> dict[str, tuple[Any, ...]]:
    fitted = {"long_name": "AUC on the patients fitted on", "units": "1"}
    return {
        **with_interval(f"{dim}_auc", dim, [each.auc for each in scores], "AUC of the predicted probabilities"),
        **with_interval(f"{dim}_gain", dim, [each.gain for each in scores], "AUC less that of the better one alone"),
        f"{dim}_fitted_auc": (dim, [each.fitted_auc for each in scores], fitted),
    }


def _calibrated(models: Sequence[Calibration]) -> dict[str, tuple[Any, ...]]:
    brier = {
        "brier": ([each.brier for each in models], "Brier score"),
        "brier_of_share": ([each.brier_of_share for each in models], "Brier score of the share given to everybody"),
    }
    return {
        **with_interval("slope", "model", [each.slope for each in models], "calibration slope"),
        **with_interval("intercept", "model", [each.intercept for each in models], "calibration intercept"),
        **{name: ("model", values, {"long_name": text, "units": "1"}) for name, (values, text) in brier.items()},
        **{
            name: (("model", "tenth"), [getattr(each, name) for each in models], {"long_name": text, "units": "1"})
            for name, text in CALIBRATED.items()
        },
    }
