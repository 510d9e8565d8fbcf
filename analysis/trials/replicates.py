"""Replicates of a study: who takes part, and the chances that decide; a function of the seed and their numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..numbers.cells import Floats
from .pool import Pool

RANDOMISED, OBSERVATIONAL = 1, 2
"""Streams, which set the draws of a trial apart from those of a study of the same patients."""


QUANTILES = {"_low": 0.025, "": 0.5, "_high": 0.975}


def pieces(replicates: int, patients: int, at_once: int) -> Iterator[range]:
    """Divide the replicates of a study of so many patients into pieces of ``at_once`` patients or few more."""
    step = max(at_once // patients, 1)
    return (range(first, min(first + step, replicates)) for first in range(0, replicates, step))


def drawn(pool: Pool, stream: int, replicates: range, patients: int, chances: int) -> tuple[NDArray[np.int64], Floats]:
    """Draw the patients of some replicates without replacement, and numbers between 0 and 1 for each of them.

    Returns
    -------
    array of int, (replicate, patient)
        Places in the pool.
    array, (chance, replicate, patient)
    """
    who = np.empty((len(replicates), patients), dtype=np.int64)
    chance = np.empty((chances, len(replicates), patients))
    for row, replicate in enumerate(replicates):
        random = np.random.default_rng([pool.design.seed, stream, replicate])
        who[row] = random.choice(pool.size, patients, replace=False)
        chance[:, row] = random.random((chances, patients))
    return who, chance


def quantiles(name: str, dims: tuple[str, ...], values: Floats) -> dict[str, Any]:
    """Median and 2.5 and 97.5 % quantiles along the last axis."""
    return {f"{name}{end}": (dims, over_replicates(np.quantile, values, level)) for end, level in QUANTILES.items()}


def over_replicates(statistic: Callable[..., Any], values: Floats, *more: float) -> Floats:
    """Apply a statistic to the finite values along the last axis; NaN of none, as where nobody was matched."""

    def one(row: Floats) -> float:
        known = row[np.isfinite(row)]
        return float(statistic(known, *more)) if known.size else np.nan

    return np.asarray(np.apply_along_axis(one, -1, values))
