"""Propensity matching 1:1 within a caliper, of many replicates at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..numbers.cells import Floats

NOBODY = -1


def matched(logit: Floats, treated: NDArray[np.bool_], caliper: float) -> NDArray[np.int64]:
    """Give every treated patient the nearest untreated one who is left, one after the other in their order.

    Greedy nearest-neighbour matching without replacement on the logit of the propensity, as in Austin 2011
    (Pharm Stat 10:150), who advises a caliper of .2 standard deviations of it.

    Parameters
    ----------
    logit : array, (replicate, patient)
    treated : array of bool, (replicate, patient)
    caliper : float
        In standard deviations of the logit, those of the treated and the untreated pooled.

    Returns
    -------
    array of int, (replicate, patient)
        Position of the match of each treated patient; ``NOBODY`` without one, and of the untreated.
    """
    replicates = np.arange(logit.shape[0])
    width = caliper * _pooled(logit, treated)
    order = np.argsort(~treated, axis=1, kind="stable")
    counts = treated.sum(axis=1)
    found = np.full(logit.shape, NOBODY, dtype=np.int64)
    # the untreated of each replicate side by side, who is taken or not there infinitely far away
    fewest = int(counts.min(initial=0))
    free = np.take_along_axis(logit, order[:, fewest:], axis=1)
    free[np.arange(fewest, logit.shape[1]) < counts[:, None]] = np.inf
    distance = np.empty_like(free)
    for turn in range(int(counts.max(initial=0)) if free.shape[1] else 0):
        who = order[:, turn]
        np.subtract(free, logit[replicates, who][:, None], out=distance)
        np.abs(distance, out=distance)
        nearest = distance.argmin(axis=1)
        near = (turn < counts) & (distance[replicates, nearest] <= width)
        rows, taken = replicates[near], nearest[near]
        found[rows, who[near]] = order[rows, fewest + taken]
        free[rows, taken] = np.inf
    return found


def _pooled(logit: Floats, treated: NDArray[np.bool_]) -> Floats:
    """Square root of the mean of the two groups' variances, (replicate,)."""
    with np.errstate(invalid="ignore"):
        parts = [_variance(logit, group) for group in (treated, ~treated)]
    return np.sqrt((parts[0] + parts[1]) / 2)


def _variance(values: Floats, group: NDArray[np.bool_]) -> Floats:
    count = np.maximum(group.sum(axis=1), 2)
    mean = (values * group).sum(axis=1) / count
    return np.asarray((((values - mean[:, None]) ** 2) * group).sum(axis=1) / (count - 1))
