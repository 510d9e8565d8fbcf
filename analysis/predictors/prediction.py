"""Which baseline measurements, alone, in pairs and together, predict a response, scored on held-out patients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import xarray as xr

from ...engine import InputError, check_name
from ..numbers.held_out import caveats, drawn, fit_share
from ..numbers.intervals import Number
from ..reading.measures import Measure, measure
from ..reading.origin import cohort_title
from ..reading.stream import refuse_weights
from ..regions.rules import at_bedside
from ..response.classify import CLASSES, NAMED, VERBS, Response, compared_in, judge
from ..response.comparison import Comparison
from ..words.counted import many
from .result import Alone, Score, assembled
from .scores import Curve, Placements, calibration, design, placements, probabilities

FITTED, SCORED = 10_000, 20_000
"""Patients at most to fit on, and to score on."""

FEWEST = 50
"""Patients of the class, and of the others, below which nothing is fitted or scored."""

PER_TERM = 50
"""Patients of the class, and of the others, for each product of two measurements."""


@dataclass(frozen=True)
class _Half:
    """Patients compared of one half: values by measurement, and who is of the class."""

    values: dict[str, np.ndarray]
    member: np.ndarray
    response: np.ndarray


def predictors(
    dataset: xr.Dataset,
    target: str = "helps",
    *,
    arm: str | None = None,
    reference: str | None = None,
    definition: str | None = None,
    thresholds: Mapping[str, float] | None = None,
) -> xr.Dataset:
    """Score what is known at the baseline, LV end-diastolic pressure included, on patients it was not fitted on.

    Scores are logistic regressions on restricted cubic splines (scikit-learn's, with a faint ridge).

    Parameters
    ----------
    dataset : xr.Dataset
        Result of ``open_store`` or ``simulate``.
    target : str
        Class predicted: helps, fails or harms.
    arm, reference, definition, thresholds
        As in :func:`~counterpulse.analysis.response.comparison.Comparison.of`.

    Returns
    -------
    xr.Dataset
        On samples of 10,000 and 20,000 patients at most: an area under the ROC curve (AUC) is then known to about .01.
        Over ``measurement``, those whose spline predicts best first: ``auc`` of the measurement as it is, in the
        direction that the patients fitted on tell (``increases``), and ``spline_auc`` of a restricted cubic spline of
        it, which may turn. Over ``pair``, the best first: ``pair_auc``, its ``pair_gain`` over the better one alone,
        and ``pair_fitted_auc`` on the patients fitted on, by which models are chosen. Over ``model`` (``alone``,
        ``pair``, ``all``) likewise for the best of the fit, with the calibration slope and intercept, and the Brier
        score beside that of the ``share`` given to everybody. Over ``model`` and ``tenth`` of the predicted
        probabilities what was ``expected`` and ``observed``. Numbers have 95 % intervals.

    Raises
    ------
    InputError
        For an unknown name, a refined store, too few patients of the class or of the others, or where scikit-learn is
        missing.
    """
    check_name("predictors: the class predicted", target, VERBS)
    refuse_weights(dataset, "predictors")
    comparison, which = Comparison.of(dataset, arm, reference, definition, thresholds), NAMED[target]
    measures = [measure(dataset, name, comparison) for name in at_bedside(dataset)]
    share = fit_share(dataset, FITTED)
    fit = _half(dataset, comparison, which, measures, 0.0, share)
    test = _half(dataset, comparison, which, measures, share, min(1.0, share * (1 + SCORED / FITTED)))
    for half, what in ((fit, "to fit on"), (test, "to score on")):
        if (few := min(int(half.member.sum()), int((~half.member).sum()))) < FEWEST:
            raise InputError(
                f"predictors: of {many(len(half.response), 'patient')} drawn {what} {len(half.member):,} were "
                f"compared, and {int(half.member.sum()):,} are of the class {target}: {few:,} on one side; {FEWEST} on "
                "either are needed"
            )
    usable = [each for each in measures if _varies(fit.values[each.name]) and np.isfinite(test.values[each.name]).all()]
    if len(usable) < 2:
        raise InputError("predictors: fewer than two measurements of this store vary")
    models = _Models(fit, test)
    names = [each.name for each in usable]
    alone = {name: models.score((name,)) for name in names}
    pairs = [models.score(pair) for pair in combinations(names, 2)]
    best = {"alone": max(alone.values(), key=_fitted), "pair": max(pairs, key=_fitted)}
    chosen = {key: models.score(score.names, calibrated=True) for key, score in best.items()}
    chosen["all"] = models.score(tuple(names), calibrated=True)
    every = np.concatenate([fit.response, test.response])
    return assembled([_alone(each, fit, test, alone[each.name].auc) for each in usable], pairs, chosen).assign_attrs(
        target=target,
        **comparison.attributes,
        cohort=cohort_title(dataset),
        candidates=dataset.sizes["patient"],
        fitted=len(fit.member),
        scored=len(test.member),
        **{kind.name.lower(): int((every == kind).sum()) for kind in Response if kind not in CLASSES},
        share=float(test.member.mean()),
        unusable=", ".join(each.name for each in measures if each.name not in names),
        notes="\n".join(caveats(dataset)),
    )


def _half(
    dataset: xr.Dataset, comparison: Comparison, which: Response, measures: Sequence[Measure], low: float, high: float
) -> _Half:
    block = drawn(dataset, [*comparison.reads(dataset), *(name for each in measures for name in each.needs)], low, high)
    response, _, _ = judge(block, comparison)
    compared = compared_in(response)
    values = {each.name: each.of(block)[compared] for each in measures}
    return _Half(values, (response == which)[compared], response)


def _varies(values: np.ndarray) -> bool:
    return bool(np.isfinite(values).all() and values.min() < values.max())


def _fitted(score: Score) -> float:
    return score.fitted_auc


def _alone(each: Measure, fit: _Half, test: _Half, spline: Number) -> Alone:
    increases = placements(fit.values[each.name], fit.member).area().value >= 0.5
    own = placements(test.values[each.name] * (1.0 if increases else -1.0), test.member).area()
    return Alone(each, increases, own, spline)


class _Models:
    """Logistic regressions on some measurements, fitted on one half and scored on the other."""

    def __init__(self, fit: _Half, test: _Half) -> None:
        self._fit, self._test = fit, test
        self._alone: dict[str, tuple[float, Placements]] = {}

    def score(self, names: tuple[str, ...], calibrated: bool = False) -> Score:
        """Fit the splines of some measurements; each of them alone before any together."""
        curves = [Curve.of(self._fit.values[name]) for name in names]
        member = self._fit.member
        products = len(names) == 2 or PER_TERM * len(names) * (len(names) - 1) / 2 <= min(member.sum(), (~member).sum())
        fit, test = (
            design(curves, [half.values[name] for name in names], products) for half in (self._fit, self._test)
        )
        fitted, predicted = probabilities(fit, member, test)
        own, fitted_auc = placements(predicted, self._test.member), placements(fitted, member).area().value
        if len(names) == 1:
            self._alone[names[0]] = fitted_auc, own
        best = max((self._alone[name] for name in names), key=lambda pair: pair[0])[1]
        checked = calibration(predicted, self._test.member) if calibrated else None
        return Score(names, own.area(), own.lead(best), fitted_auc, checked)
