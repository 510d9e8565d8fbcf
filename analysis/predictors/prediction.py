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
from ..regions.rules import BEDSIDE, at_bedside
from ..response.classify import NAMED, VERBS, Response, judge
from ..response.comparison import Comparison, definition_in_words
from ..words.counted import many, who_was_not
from .scores import Calibration, Curve, Placements, calibration, chances, design, placements

FITTED, SCORED = 10_000, 20_000
"""Patients at most to fit on, and to score on."""

FEWEST = 50
"""Patients of the class, and of the others, below which nothing is fitted or scored."""

PER_TERM = 50
"""Patients of the class, and of the others, for each product of two measurements."""


@dataclass(frozen=True)
class Predictor:
    """One measurement.

    Attributes
    ----------
    name, label, units, group : str
        What it is, and what it stands for.
    above : bool
        Whether more of it predicts the class; told by the patients fitted on.
    area : Number
        Under the ROC curve, of the measurement as it is, in that direction.
    curve : Number
        Of a smooth curve of it, which may turn.
    """

    name: str
    label: str
    units: str
    group: str
    above: bool
    area: Number
    curve: Number


@dataclass(frozen=True)
class Score:
    """Some measurements together.

    Attributes
    ----------
    names : tuple of str
        Measurements: smooth curves of all, and of two also their product; of more the products of every two, where
        there are fifty patients of the class and fifty others for each.
    area : Number
        Of the chances they give.
    gain : Number
        Its lead over the curve of the best one of them alone.
    fitted_area : float
        Area on the patients fitted on, by which scores are chosen.
    calibration : Calibration or None
        Of the scores that are chosen.
    """

    names: tuple[str, ...]
    area: Number
    gain: Number
    fitted_area: float
    calibration: Calibration | None = None


@dataclass(frozen=True)
class Predictors:
    """What predicts a class in a store.

    Attributes
    ----------
    target : str
        Class predicted.
    about : dict of str to str
        ``Comparison.attributes``.
    cohort : str
        As the store says.
    candidates : int
        Patients of the store.
    fitted, scored : int
        Patients compared that were fitted on, and others that were scored.
    lost : dict of str to int
        Among those drawn for either: failed runs; and outside the cohort, or not run.
    share : float
        Of the class among those scored.
    predictors : tuple of Predictor
        Those whose curve predicts best first.
    pairs : tuple of Score
        The best first.
    chosen : dict of str to Score
        ``alone``, ``pair``, ``all``: the best of the fit, with calibration.
    unusable : tuple of str
        Measurements left out: the same in everybody, or not finite in every patient.
    notes : tuple of str
        What the areas must not be taken for.
    """

    target: str
    about: dict[str, str]
    cohort: str
    candidates: int
    fitted: int
    scored: int
    lost: dict[str, int]
    share: float
    predictors: tuple[Predictor, ...]
    pairs: tuple[Score, ...]
    chosen: dict[str, Score]
    unusable: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Half:
    """Patients compared of one half: values by measurement, and who is of the class."""

    values: dict[str, np.ndarray]
    member: np.ndarray
    response: np.ndarray


def find_predictors(
    dataset: xr.Dataset,
    target: str = "helps",
    *,
    arm: str | None = None,
    reference: str | None = None,
    definition: str | None = None,
    thresholds: Mapping[str, float] | None = None,
) -> Predictors:
    """Score what is known at the baseline, LV end-diastolic pressure included, on patients it was not fitted on.

    Scores are logistic regressions on restricted cubic splines (scikit-learn's, with a faint ridge).

    Parameters
    ----------
    dataset : xr.Dataset
        Result of ``open_store`` or ``simulate``.
    target : str
        Class predicted: helps, fails or harms.
    arm, reference, definition, thresholds
        As in :func:`~counterpulse.analysis.response.classify.classify`.

    Returns
    -------
    Predictors
        On samples of 10,000 and 20,000 patients at most: an area is then known to about .01.

    Raises
    ------
    InputError
        For an unknown name, too few patients of the class or of the others, or where scikit-learn is missing.
    """
    check_name("predictors: the class predicted", target, VERBS)
    rule, which = Comparison.of(dataset, arm, reference, definition, thresholds), NAMED[target]
    measures = [measure(dataset, name, rule) for name in at_bedside(dataset)]
    share = fit_share(dataset, FITTED)
    fit = _half(dataset, rule, which, measures, 0.0, share)
    test = _half(dataset, rule, which, measures, share, min(1.0, share * (1 + SCORED / FITTED)))
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
    scorer = _Scorer(fit, test)
    names = [each.name for each in usable]
    alone = {name: scorer.score((name,)) for name in names}
    pairs = [scorer.score(pair) for pair in combinations(names, 2)]
    best = {"alone": max(alone.values(), key=_fitted), "pair": max(pairs, key=_fitted)}
    chosen = {key: scorer.score(score.names, calibrated=True) for key, score in best.items()}
    chosen["all"] = scorer.score(tuple(names), calibrated=True)
    every = np.concatenate([fit.response, test.response])
    return Predictors(
        target=target,
        about=rule.attributes,
        cohort=cohort_title(dataset),
        candidates=dataset.sizes["patient"],
        fitted=len(fit.member),
        scored=len(test.member),
        lost={kind.name.lower(): int((every == kind).sum()) for kind in (Response.FAILED_RUN, Response.NOT_COMPARED)},
        share=float(test.member.mean()),
        predictors=tuple(
            sorted(
                (_predictor(each, fit, test, alone[each.name].area) for each in usable),
                key=lambda each: -each.curve.value,
            )
        ),
        pairs=tuple(sorted(pairs, key=lambda pair: -pair.area.value)),
        chosen=chosen,
        unusable=tuple(each.name for each in measures if each.name not in names),
        notes=tuple(caveats(dataset)),
    )


def _half(
    dataset: xr.Dataset, rule: Comparison, which: Response, measures: Sequence[Measure], low: float, high: float
) -> _Half:
    block = drawn(dataset, [*rule.reads(dataset), *(name for each in measures for name in each.needs)], low, high)
    response, _, _ = judge(block, rule)
    compared = response > Response.FAILED_RUN
    values = {each.name: each.of(block)[compared] for each in measures}
    return _Half(values, (response == which)[compared], response)


def _varies(values: np.ndarray) -> bool:
    return bool(np.isfinite(values).all() and values.min() < values.max())


def _fitted(score: Score) -> float:
    return score.fitted_area


def _predictor(each: Measure, fit: _Half, test: _Half, curve: Number) -> Predictor:
    above = placements(fit.values[each.name], fit.member).area().value >= 0.5
    own = placements(test.values[each.name] * (1.0 if above else -1.0), test.member).area()
    return Predictor(each.name, each.label.removeprefix("baseline "), each.units, BEDSIDE[each.name], above, own, curve)


class _Scorer:
    """Scores of measurements fitted on one half and tested on the other."""

    def __init__(self, fit: _Half, test: _Half) -> None:
        self._fit, self._test = fit, test
        self._alone: dict[str, tuple[float, Placements]] = {}

    def score(self, names: tuple[str, ...], calibrated: bool = False) -> Score:
        """Fit the curves of some measurements; each of them alone before any together."""
        curves = [Curve.of(self._fit.values[name]) for name in names]
        member = self._fit.member
        products = len(names) == 2 or PER_TERM * len(names) * (len(names) - 1) / 2 <= min(member.sum(), (~member).sum())
        fit, test = (
            design(curves, [half.values[name] for name in names], products) for half in (self._fit, self._test)
        )
        fitted, chance = chances(fit, member, test)
        own, fitted_area = placements(chance, self._test.member), placements(fitted, member).area().value
        if len(names) == 1:
            self._alone[names[0]] = fitted_area, own
        best = max((self._alone[name] for name in names), key=lambda pair: pair[0])[1]
        told = calibration(chance, self._test.member) if calibrated else None
        return Score(names, own.area(), own.lead(best), fitted_area, told)


def sentences(result: Predictors) -> list[str]:
    """Say in words who was scored, and what predicts best."""
    about, verb = result.about, VERBS[result.target]
    lines = [
        f"{many(result.candidates, 'candidate')}{f' of {result.cohort}' if result.cohort else ''}: fitted on "
        f"{result.fitted:,} patients ({about['arm']} against {about['reference']}), scored on {result.scored:,} "
        f"others, of whom {100 * result.share:.1f} % were {verb}; drawn with them and not compared: "
        f"{', '.join(who_was_not(result.lost))}.",
        definition_in_words(about),
        *result.notes,
    ]
    if result.unusable:
        lines.append(f"Left out, as the same in everybody or not finite in all: {', '.join(result.unusable)}.")
    labels = {each.name: each.label for each in result.predictors}
    for key, title in (("alone", "Best alone"), ("pair", "Best pair"), ("all", "All together")):
        score = result.chosen[key]
        who = f": {' and '.join(labels[name] for name in score.names)}" if key != "all" else ""
        lead = f", {score.gain.value:.2f} above the better one alone" if key == "pair" else ""
        fit = score.calibration
        assert fit is not None
        lines.append(
            f"{title}{who}: AUC {shown(score.area)}{lead}; calibration slope {shown(fit.slope)}, intercept "
            f"{shown(fit.intercept)}, Brier score {fit.brier:.3f} ({fit.brier_of_all:.3f} knowing nothing)."
        )
    return lines


def shown(estimate: Number) -> str:
    """Write a number with its interval."""
    return f"{estimate.value:.2f} ({estimate.low:.2f} to {estimate.high:.2f})"
