"""Logistic regression of many replicates at once: Newton's method on stacked design matrices.

scikit-learn and others fit one at a time: a study of 500 replicates takes eight regressions in each, for three causal
shares. The tests hold this against scikit-learn.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..numbers.cells import Floats

MOST_STEPS = 25
CLOSE_ENOUGH = 1e-8
RIDGE = 1e-6
"""Of the curvature, so that groups who all have one outcome leave the matrix soluble; the estimate is the likelihood's
to six digits elsewhere."""

LARGEST_STEP = 4.0
"""In a coefficient: a separated replicate then wanders off slowly instead of overflowing."""


class Fitted(NamedTuple):
    """Coefficients (..., column) and their covariance (..., column, column)."""

    coefficients: Floats
    covariance: Floats


def fit(
    columns: Floats, outcome: Floats | NDArray[np.bool_], weights: Floats | NDArray[np.bool_] | None = None
) -> Fitted:
    """Fit the log-odds of an outcome.

    Parameters
    ----------
    columns : array, (replicate, patient, column)
        With one column of ones.
    outcome : array, (replicate, patient)
        0 or 1, or a probability.
    weights : array, (replicate, patient), optional
        Of each patient in the likelihood; 0 leaves one out.
    """
    from scipy.special import expit

    outcome = np.asarray(outcome, np.float64)
    weights = np.ones(outcome.shape) if weights is None else np.asarray(weights, np.float64)
    found = np.zeros((outcome.shape[0], columns.shape[2]))
    rows = np.swapaxes(columns, 1, 2)
    ridge = RIDGE * np.eye(columns.shape[2])
    # a replicate stops by itself: its digits do not hang on which others are fitted beside it
    unfinished = np.ones(outcome.shape[0], dtype=np.bool_)
    for _ in range(MOST_STEPS):
        chance = expit(_odds(columns, found))
        spread = weights * chance * (1 - chance)
        information = rows @ (columns * spread[:, :, None]) + ridge
        score = (rows @ (weights * (outcome - chance))[:, :, None])[:, :, 0]
        step = np.linalg.solve(information, score[:, :, None])[:, :, 0]
        found += np.where(unfinished[:, None], np.clip(step, -LARGEST_STEP, LARGEST_STEP), 0.0)
        unfinished &= np.abs(step).max(axis=1) >= CLOSE_ENOUGH
        if not unfinished.any():
            break
    return Fitted(found, np.linalg.inv(information))


def predicted(columns: Floats, coefficients: Floats) -> Floats:
    """Probability of the outcome, (replicate, patient)."""
    from scipy.special import expit

    return np.asarray(expit(_odds(columns, coefficients)))


def _odds(columns: Floats, coefficients: Floats) -> Floats:
    return np.asarray((columns @ coefficients[:, :, None])[:, :, 0])
