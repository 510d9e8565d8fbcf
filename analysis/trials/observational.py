"""The observational study, hundreds of times: who is treated, what the analyst estimates, and how far that is off."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..numbers.cells import Floats
from ..prognosis.mortality import CAUSAL_SHARES, intercept
from . import logistic
from .design import Observational
from .estimators import BALANCED, ESTIMATORS, Cohorts, Propensity, estimate, propensity_of, weights_of
from .pool import CONTROL, DEVICE, Pool
from .replicates import OBSERVATIONAL, drawn, pieces

DRAWN_AT_ONCE = 1 << 17
"""Patients of replicates in memory at a time."""


class Assignment(NamedTuple):
    """How patients of a pool come to be treated.

    Attributes
    ----------
    columns : array, (patient, column)
        From :func:`recorded`.
    chance : array, (patient,)
        Probability to be treated: by what is seen, and by the severity that is not recorded.
    """

    columns: Floats
    chance: Floats


class Studies(NamedTuple):
    """What the replicates found.

    Attributes
    ----------
    device, control, error : array, (causal share, estimator, replicate)
        Estimated risks, and the standard error of their difference.
    imbalance : array, (replicate, estimator of ``BALANCED``, column)
        Standardised difference of treated and untreated: what is seen, the severity last.
    matched : array, (replicate,)
        Share of the treated who were matched.
    """

    device: Floats
    control: Floats
    error: Floats
    imbalance: Floats
    matched: Floats


def recorded(pool: Pool, study: Observational) -> Floats:
    """Read what the physician sees of every patient, in standard deviations from its mean, behind a column of ones."""
    seen = np.column_stack([pool.measured(name) for name in study.sees])
    spread = seen.std(axis=0)
    seen = (seen - seen.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    return np.column_stack([np.ones(pool.size), seen])


def assignment(pool: Pool, study: Observational, columns: Floats, severity: float | None = None) -> Assignment:
    """Calculate every patient's probability to be treated; the intercept is such that the mean is the share treated.

    Parameters
    ----------
    pool : Pool
    study : Observational
    columns : array, (patient, column)
        From :func:`recorded`.
    severity : float, optional
        In place of the study's.
    """
    hidden = study.severity if severity is None else severity
    odds = columns[:, 1:] @ np.array(list(study.sees.values())) + hidden * pool.severity
    own = intercept(odds, study.treated, "observational.treated")
    return Assignment(columns, 1 / (1 + np.exp(-(odds + own))))


def truth(pool: Pool, assigned: Assignment) -> dict[str, Floats]:
    """Mean risks with and without the device that estimators aim at, (2, causal share): of all, treated and overlap.

    The overlap is weighted by the propensity that can be fitted to what is recorded.
    """
    fitted = logistic.fit(assigned.columns[None], assigned.chance[None])
    seen = logistic.predicted(assigned.columns[None], fitted.coefficients)[0]
    weights = {"all": np.ones(pool.size), "treated": assigned.chance, "overlap": seen * (1 - seen)}
    return {
        name: np.stack([pool.death[:, which] @ own / own.sum() for which in (DEVICE, CONTROL)])
        for name, own in weights.items()
    }


def studies(
    pool: Pool,
    study: Observational,
    assigned: Assignment,
    names: tuple[str, ...] = tuple(ESTIMATORS),
    replicates: int | None = None,
) -> Studies:
    """Run the replicates; each is a pure function of the seed and its number."""
    count = replicates or study.replicates
    parts = [_some(pool, study, assigned, names, own) for own in pieces(count, study.patients, DRAWN_AT_ONCE)]
    return Studies(
        np.concatenate([each.device for each in parts], axis=2),
        np.concatenate([each.control for each in parts], axis=2),
        np.concatenate([each.error for each in parts], axis=2),
        np.concatenate([each.imbalance for each in parts]),
        np.concatenate([each.matched for each in parts]),
    )


def _some(pool: Pool, study: Observational, assigned: Assignment, names: tuple[str, ...], replicates: range) -> Studies:
    who, chance = drawn(pool, OBSERVATIONAL, replicates, study.patients, 2)
    treated = chance[0] < assigned.chance[who]
    dies = chance[1] < pool.death[:, np.where(treated, DEVICE, CONTROL), who]
    columns = assigned.columns[who]
    propensity = propensity_of(columns, treated, study.caliper)
    found = np.array(
        [
            [estimate(name, Cohorts(columns, treated, dies[share]), propensity) for name in names]
            for share in range(len(CAUSAL_SHARES))
        ]
    )
    hidden = np.concatenate([columns[:, :, 1:], pool.severity[who][:, :, None]], axis=2)
    pairs = (propensity.match >= 0).sum(axis=1) / np.maximum(treated.sum(axis=1), 1)
    device, control, error = np.moveaxis(found, 2, 0)
    return Studies(device, control, error, _imbalance(hidden, treated, propensity), pairs)


def _imbalance(columns: Floats, treated: NDArray[np.bool_], propensity: Propensity) -> Floats:
    """Differences of means in standard deviations before any weighing, (replicate, estimator, column)."""

    def moments(weights: Floats) -> tuple[Floats, Floats]:
        total = np.maximum(weights.sum(axis=1), 1e-12)[:, None]
        mean = (weights[:, :, None] * columns).sum(axis=1) / total
        return mean, (weights[:, :, None] * columns**2).sum(axis=1) / total - mean**2

    plain = [moments(group.astype(np.float64))[1] for group in (treated, ~treated)]
    spread = np.sqrt((plain[0] + plain[1]) / 2)
    rows = []
    for name in BALANCED:
        weights = weights_of(name, treated, propensity)
        means = [moments(weights * group)[0] for group in (treated, ~treated)]
        rows.append((means[0] - means[1]) / np.where(spread > 0, spread, 1.0))
    return np.stack(rows, axis=1)
