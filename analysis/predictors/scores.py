"""How well a score tells two groups apart, and whether predicted probabilities hold: arrays in, numbers out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

import numpy as np
from scipy.special import expit, logit
from scipy.stats import rankdata

from ...engine import InputError
from ..numbers.intervals import Z95, Number, wilson

KNOTS = (0.05, 0.35, 0.65, 0.95)
"""Quantiles of the knots of a restricted cubic spline (Harrell, Regression Modeling Strategies, section 2.4.6)."""

RIDGE = 100.0
"""Of the regression, inverse: enough that it ends where a measurement tells the groups apart without error."""

TENTHS = 10


class Placements(NamedTuple):
    """Of each member the share of the others below it, and of each other the share of the members above it; ties half.

    Their mean is the area under the ROC curve, their spread its variance (DeLong 1988, Biometrics 44:837).
    """

    members: np.ndarray
    others: np.ndarray

    def area(self) -> Number:
        """Area under the ROC curve."""
        return self._estimate(0.0)

    def lead(self, other: Placements) -> Number:
        """Area less that of another score of the same patients."""
        return Placements(self.members - other.members, self.others - other.others)._estimate(-1.0)

    def _estimate(self, least: float) -> Number:
        middle = float(self.members.mean())
        reach = Z95 * float(np.sqrt(sum(part.var(ddof=1) / len(part) for part in self)))
        return Number(middle, max(middle - reach, least), min(middle + reach, 1.0))


def placements(score: np.ndarray, member: np.ndarray) -> Placements:
    """Placements by mid-ranks, in n log n (Sun & Xu 2014, IEEE Signal Process Lett 21:1389)."""
    ranks, inside, outside = rankdata(score), rankdata(score[member]), rankdata(score[~member])
    return Placements((ranks[member] - inside) / len(outside), 1.0 - (ranks[~member] - outside) / len(inside))


@dataclass(frozen=True)
class Curve:
    """A restricted cubic spline of a measurement: bent between its knots, straight beyond.

    Attributes
    ----------
    middle, spread : float
        Mean and standard deviation of the patients fitted on.
    knots : np.ndarray
        In standard deviations; none where the measurement takes too few values, and the curve is a line.
    """

    middle: float
    spread: float
    knots: np.ndarray

    @classmethod
    def of(cls, values: np.ndarray) -> Curve:
        """Choose the knots of a curve."""
        middle, spread = float(values.mean()), float(values.std())
        knots = np.unique(np.quantile((values - middle) / spread, KNOTS))
        return cls(middle, spread, knots if len(knots) == len(KNOTS) else np.zeros(0))

    def line(self, values: np.ndarray) -> np.ndarray:
        """Values in standard deviations from the mean, held within five."""
        return np.clip((values - self.middle) / self.spread, -5.0, 5.0)

    def columns(self, values: np.ndarray) -> np.ndarray:
        """Terms of a regression, (patients, terms)."""
        line = self.line(values)
        if not len(self.knots):
            return line[:, None]
        *inner, before, last = self.knots
        cubes = {knot: np.maximum(line - knot, 0.0) ** 3 for knot in self.knots}
        bends = [
            (cubes[knot] - (cubes[before] * (last - knot) - cubes[last] * (before - knot)) / (last - before))
            / (last - self.knots[0]) ** 2
            for knot in inner
        ]
        return np.stack([line, *bends], axis=1)


def probabilities(fit: np.ndarray, member: np.ndarray, test: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Fit a logistic regression (scikit-learn, with a faint ridge), and give its probabilities in both halves.

    Raises
    ------
    InputError
        Where scikit-learn is missing.
    """
    try:
        from sklearn.linear_model import LogisticRegression
    except ImportError:
        raise InputError("predictors: scikit-learn is missing; pip install 'counterpulse[analysis]'") from None
    size = fit.std(axis=0)  # the ridge weighs on all terms alike
    model = LogisticRegression(C=RIDGE, solver="newton-cholesky", max_iter=200).fit(fit / size, member)
    first, second = (np.asarray(model.predict_proba(half / size)[:, 1]) for half in (fit, test))
    return first, second


@dataclass(frozen=True)
class Calibration:
    """How predicted probabilities compare with what happened.

    Attributes
    ----------
    slope : Number
        Of the logit of what happened on that predicted: 1 where probabilities are as far apart as they should be.
    intercept : Number
        Shift of the logit at slope 1: 0 where probabilities are right on average.
    brier, brier_of_share : float
        Mean squared error of the probabilities, and of the share among all given to everybody.
    expected, observed, observed_low, observed_high : list of float
        By tenths of the probabilities: their mean, the share that happened, and its Wilson 95 % interval.
    """

    slope: Number
    intercept: Number
    brier: float
    brier_of_share: float
    expected: list[float]
    observed: list[float]
    observed_low: list[float]
    observed_high: list[float]


def calibration(predicted: np.ndarray, member: np.ndarray) -> Calibration:
    """Compare predicted probabilities with what happened.

    Cox 1958, Biometrika 45:562; Van Calster 2019, BMC Med 17:230.
    """
    odds = logit(np.clip(predicted, 1e-9, 1 - 1e-9))
    one = np.ones_like(odds)
    slope = _logistic(np.stack([one, odds], axis=1), np.zeros_like(odds), member)[1]
    intercept = _logistic(one[:, None], odds, member)[0]
    order = np.argsort(predicted, kind="stable")
    groups = [part for part in np.array_split(order, TENTHS) if len(part)]
    count, size = (np.array([of(part) for part in groups]) for of in (lambda part: member[part].sum(), len))
    low, high = wilson(count, size)
    return Calibration(
        slope,
        intercept,
        brier=float(((predicted - member) ** 2).mean()),
        brier_of_share=float(member.mean() * (1 - member.mean())),
        expected=[float(predicted[part].mean()) for part in groups],
        observed=(count / size).tolist(),
        observed_low=low.tolist(),
        observed_high=high.tolist(),
    )


def _logistic(design: np.ndarray, offset: np.ndarray, member: np.ndarray) -> list[Number]:
    """Maximum likelihood of a logistic regression with an offset, which scikit-learn does not have, by Newton."""
    weights = np.zeros(design.shape[1])
    for _ in range(50):
        expected = expit(design @ weights + offset)
        information = (design * (expected * (1 - expected))[:, None]).T @ design
        step = np.linalg.solve(information, design.T @ (member - expected))
        weights += step
        if np.abs(step).max() < 1e-10:
            break
    reach = Z95 * np.sqrt(np.diag(np.linalg.inv(information)))
    return [Number(float(w), float(w - r), float(w + r)) for w, r in zip(weights, reach, strict=True)]


def design(curves: Sequence[Curve], values: Sequence[np.ndarray], products: bool) -> np.ndarray:
    """Terms of some curves side by side, with the products of every two where asked for."""
    terms = [curve.columns(value) for curve, value in zip(curves, values, strict=True)]
    if products:
        lines = [curve.line(value) for curve, value in zip(curves, values, strict=True)]
        terms += [(first * second)[:, None] for first, second in combinations(lines, 2)]
    return np.concatenate(terms, axis=1)
