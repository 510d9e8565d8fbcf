"""What an analyst makes of an observational study: estimates of the risk with and without the device, six ways."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..numbers.cells import Floats
from . import logistic
from .matching import NOBODY, matched

ESTIMATORS = {
    "crude": "crude difference",
    "regression": "logistic regression, standardised",
    "matching": "propensity matching, 1:1",
    "inverse": "inverse probability weights",
    "overlap": "overlap weights",
    "doubly_robust": "doubly robust (augmented inverse weights)",
}
"""Names, and what each is."""

ESTIMANDS = {"matching": "treated", "overlap": "overlap"}
"""Whose mean effect an estimator aims at where that is not everybody's."""

BALANCED = ("crude", "matching", "inverse", "overlap")
"""Estimators that make two groups, whose balance can be looked at."""

LOWEST_PROPENSITY = 1e-3
"""Below which, and above one less which, a propensity is taken for it: no weight is more than 1,000."""


class Cohorts(NamedTuple):
    """Replicates of a study as its analyst has them; arrays over replicate and patient, columns with ones in front."""

    columns: Floats
    treated: NDArray[np.bool_]
    died: NDArray[np.bool_]


class Estimate(NamedTuple):
    """Risk with and without the device, and the standard error of their difference: arrays over replicates."""

    device: Floats
    control: Floats
    error: Floats


class Propensity(NamedTuple):
    """Propensity of every patient, and the matches made by it."""

    chance: Floats
    match: NDArray[np.int64]


def propensity_of(columns: Floats, treated: NDArray[np.bool_], caliper: float) -> Propensity:
    """Fit the propensity to what is recorded, and match by it."""
    from scipy.special import logit

    chance = logistic.predicted(columns, logistic.fit(columns, treated).coefficients)
    chance = np.clip(chance, LOWEST_PROPENSITY, 1 - LOWEST_PROPENSITY)
    return Propensity(chance, matched(logit(chance), treated, caliper))


def weights_of(name: str, treated: NDArray[np.bool_], propensity: Propensity) -> Floats:
    """Weight of every patient in the two groups that an estimator of ``BALANCED`` compares."""
    chance = propensity.chance
    if name == "matching":
        own = (propensity.match != NOBODY).astype(np.float64)
        rows, who = np.nonzero(propensity.match != NOBODY)
        own[rows, propensity.match[rows, who]] = 1.0
        return np.asarray(own)
    if name == "inverse":
        return np.asarray(np.where(treated, 1 / chance, 1 / (1 - chance)))
    if name == "overlap":
        return np.where(treated, 1 - chance, chance)
    return np.ones(chance.shape)


def estimate(name: str, study: Cohorts, propensity: Propensity) -> Estimate:
    """Estimate by one of ``ESTIMATORS``."""
    if name == "regression":
        return _regression(study)
    if name == "doubly_robust":
        return _doubly_robust(study, propensity)
    if name == "matching":
        return _matching(study, propensity)
    return _weighted(study, weights_of(name, study.treated, propensity))


def _weighted(study: Cohorts, weights: Floats) -> Estimate:
    """Weighted means; their errors take the weights as given, which overstates those of estimated propensities."""
    risks, variance = [], np.zeros(weights.shape[0])
    for group in (study.treated, ~study.treated):
        own = weights * group
        total = own.sum(axis=1)
        risk = _over((own * study.died).sum(axis=1), total)
        spread = ((own * (study.died - risk[:, None])) ** 2).sum(axis=1)
        risks.append(risk)
        variance = variance + _over(spread, total**2)
    return Estimate(risks[0], risks[1], np.sqrt(variance))


def _matching(study: Cohorts, propensity: Propensity) -> Estimate:
    """Means of the pairs; the error is that of paired differences (Austin 2011)."""
    paired = propensity.match != NOBODY
    partner = np.take_along_axis(study.died, np.maximum(propensity.match, 0), axis=1)
    pairs = paired.sum(axis=1)
    device, control = (_over((group * paired).sum(axis=1), pairs) for group in (study.died, partner))
    difference = (study.died.astype(np.float64) - partner - (device - control)[:, None]) * paired
    return Estimate(device, control, np.sqrt(_over((difference**2).sum(axis=1), pairs * np.maximum(pairs - 1, 1))))


def _regression(study: Cohorts) -> Estimate:
    """Mean prediction with everybody treated and nobody; error by the delta method and the spread of the patients."""
    treated = study.treated[:, :, None]
    columns = np.concatenate([study.columns, treated], axis=2)
    found = logistic.fit(columns, study.died)
    risks, slopes, parts = [], [], []
    for given in (1.0, 0.0):
        own = np.concatenate([study.columns, np.full(treated.shape, given)], axis=2)
        risk = logistic.predicted(own, found.coefficients)
        slopes.append(((risk * (1 - risk))[:, :, None] * own).mean(axis=1))
        risks.append(risk.mean(axis=1))
        parts.append(risk)
    slope = slopes[0] - slopes[1]
    by_fit = np.einsum("ri,rij,rj->r", slope, found.covariance, slope)
    by_patients = (parts[0] - parts[1]).var(axis=1) / treated.shape[1]
    return Estimate(risks[0], risks[1], np.sqrt(by_fit + by_patients))


def _doubly_robust(study: Cohorts, propensity: Propensity) -> Estimate:
    """Augmented inverse weights (Robins 1994); error by the influence function."""
    terms = []
    for group, chance in ((study.treated, propensity.chance), (~study.treated, 1 - propensity.chance)):
        own = logistic.fit(study.columns, study.died, group)
        risk = logistic.predicted(study.columns, own.coefficients)
        terms.append(risk + group * (study.died - risk) / chance)
    spread = (terms[0] - terms[1]).std(axis=1, ddof=1) / np.sqrt(study.died.shape[1])
    return Estimate(terms[0].mean(axis=1), terms[1].mean(axis=1), spread)


def _over(numerator: Floats | NDArray[np.int64], denominator: Floats | NDArray[np.int64]) -> Floats:
    """Divide; NaN by zero, as of a replicate in which nobody could be matched."""
    return np.asarray(np.divide(numerator, denominator, out=np.full(numerator.shape, np.nan), where=denominator > 0))
