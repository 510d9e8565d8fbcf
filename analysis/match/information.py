"""Which further measurement would tell most: the expected fall of the entropy of the response."""

from __future__ import annotations

import numpy as np

from ..numbers.cells import Floats
from ..response.classify import CLASSES
from .posterior import Classes
from .request import spreads
from .weights import resampled

OUTCOMES_TRIED = 400
"""Results of a measurement that are tried."""

PATIENTS = 4096
"""Patients at most from whom the law of a response given a result is taken."""


def entropy(shares: Floats) -> Floats:
    """Entropy in bits, along the last axis (Shannon 1948)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(-np.where(shares > 0, shares * np.log2(shares), 0.0).sum(axis=-1))


def expected_fall(
    true: Floats, classes: Classes, weight: Floats, error: float, relative_error: float, exact: bool, seed: int
) -> float:
    """Expected fall of the entropy of the response by one more measurement: their mutual information (Lindley 1956).

    Results are tried that the measurement would give in some of the patients, with errors at the quantiles of the
    normal law in a random order; after each the others are weighed again. The patient whose result it is does not
    weigh, else every measurement would seem to tell something.

    Parameters
    ----------
    true : array, (patient,)
        What would be measured, without error.
    classes : Classes
        Of these patients.
    weight : array, (patient,)
        Of the posterior.
    error, relative_error : float
        As of a `Quantity`.
    exact : bool
        Whether there is no error.
    seed : int

    Returns
    -------
    float
        Bits; 0 where nobody is compared or all are in one class, and where chance makes it negative.
    """
    from scipy.special import ndtri

    kept = (classes.place >= 0) & np.isfinite(true) & (weight > 0)
    true, place, weight = true[kept], classes.place[kept], weight[kept]
    random = np.random.default_rng([seed, 17])
    if len(true) > PATIENTS:
        weight = resampled(weight, PATIENTS, random)
        own = weight > 0
        true, place, weight = true[own], place[own], weight[own]
    if len(true) < 2 or len(np.unique(place)) < 2:
        return 0.0
    chosen = resampled(weight, OUTCOMES_TRIED, random)
    who = np.repeat(np.arange(len(true)), np.rint(chosen * OUTCOMES_TRIED).astype(np.int64))
    result = true[who]
    if exact:
        like = (result[:, np.newaxis] == true).astype(np.float64)
    else:
        noise = ndtri((random.permutation(len(who)) + 0.5) / len(who))
        result = result + spreads(result, error, relative_error) * noise
        width = np.maximum(spreads(true, error, relative_error), 1e-12)
        like = np.exp(-0.5 * ((result[:, np.newaxis] - true) / width) ** 2) / width
    like *= weight
    like[np.arange(len(who)), who] = 0.0
    counts = np.stack([like[:, place == number].sum(axis=1) for number in range(len(CLASSES))], axis=1)
    total = counts.sum(axis=1, keepdims=True)
    told = total[:, 0] > 0
    before = np.bincount(place, weight, minlength=len(CLASSES)) / weight.sum()
    after = np.tile(before, (len(who), 1))
    after[told] = counts[told] / total[told]
    return max(float(entropy(before) - entropy(after).mean()), 0.0)
