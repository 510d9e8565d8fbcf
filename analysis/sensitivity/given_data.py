"""Sensitivity from the patients of any design: how outcomes differ between slices of a parameter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.stats import rankdata

from ..numbers.intervals import Z95
from .outcomes import Floats, Indices

SAMPLED = 50_000
"""Patients at most on whom slices are compared: a first order is then known to about .01."""

BATCHES = 100
"""Random parts of the sample that intervals resample."""

RESAMPLES = 100

PAWN_SLICES = 10
GRID = 200
"""Values of the outcome at which distributions are compared."""

LEAST_CORRELATION = 0.1

SAME = 0.9999
"""Rank correlation of parameters that one factor moves and nothing else."""

Labels = np.ndarray
"""Number of the slice of each patient."""


def sliced(columns: Sequence[Floats], cells: int) -> Labels:
    """Cut patients into slices of about equally many along each of some parameters, about ``cells`` in all.

    A parameter of few values has a slice for each.
    """
    each = max(int(round(cells ** (1 / len(columns)), 6)), 2)
    labels = np.zeros(len(columns[0]), dtype=np.int64)
    for column in columns:
        values = np.unique(column)
        if len(values) <= each:
            own = np.searchsorted(values, column)
        else:
            own = np.searchsorted(np.quantile(column, np.arange(1, each) / each), column, side="right")
        labels = labels * each + own
    return np.unique(labels, return_inverse=True)[1]


def given_data(columns: Mapping[str, Sequence[Floats]], values: Floats, seed: int = 0) -> tuple[Indices, float]:
    """First order and PAWN of parameters, or groups of them, for one outcome.

    First order is the share of the outcome's variance that lies between slices, less what chance puts there
    (epsilon squared, Kelley 1935, PNAS 21:554). PAWN is the median over ten slices of the largest distance between
    the outcome's distribution in the slice and in all patients (Pianosi and Wagener 2018, Environ Model Softw
    108:197).

    Parameters
    ----------
    columns : mapping of str to sequence of array
        Name of a parameter or group to its one or several columns, shape (patient,).
    values : array, shape (patient,)
        Finite.

    Returns
    -------
    dict
        ``first`` and ``pawn``, the ends of their 95 % intervals ``_low`` and ``_high``, and what half of the patients
        gave, ``_half``; each of shape (name,).
    float
        What PAWN of a parameter of no influence stays below with 95 % probability.
    """
    number = len(values)
    batches = min(BATCHES, number // 10)
    random = np.random.default_rng(seed)
    batch = random.permutation(number) * batches // number
    again = random.multinomial(batches, np.full(batches, 1 / batches), RESAMPLES)
    weights = np.concatenate([np.ones((1, batches)), (np.arange(batches) < batches // 2)[None], again])
    centred = values - values.mean()
    place = np.searchsorted(np.unique(np.quantile(values, np.arange(1, GRID) / GRID)), values, side="left")
    rows: dict[str, list[Floats]] = {"first": [], "pawn": []}
    for parts in columns.values():
        most, each = (64, 100) if len(parts) == 1 else (1024, 40)
        cells = min(max(number // each, 4), most)
        rows["first"].append(_between(sliced(parts, cells), centred, batch, weights))
        rows["pawn"].append(_distance(sliced(parts, PAWN_SLICES), place, batch, weights))
    result: Indices = {}
    for name, of_each in rows.items():
        estimate, half, resampled = np.split(np.array(of_each), [1, 2], axis=1)
        reach = Z95 * resampled.std(axis=1, ddof=1)
        result |= {name: estimate[:, 0], f"{name}_half": half[:, 0]}
        result |= {f"{name}_low": estimate[:, 0] - reach, f"{name}_high": estimate[:, 0] + reach}
    equal = np.arange(number) * PAWN_SLICES // number
    by_chance = [_distance(random.permutation(equal), place, batch, weights[:1])[0] for _ in range(40)]
    return result, float(np.quantile(by_chance, 0.95))


def _histogram(batch: Labels, labels: Labels, size: int, weights: Floats | None = None) -> Floats:
    """Sums by batch and label, shape (batch, label)."""
    batches = int(batch.max()) + 1
    sums = np.bincount(batch * size + labels, weights, batches * size)
    return sums.astype(np.float64).reshape(batches, size)


def _between(labels: Labels, centred: Floats, batch: Labels, weights: Floats) -> Floats:
    """Share of the variance between slices, for each row of weights of the batches."""
    size = int(labels.max()) + 1
    count = weights @ _histogram(batch, labels, size)
    total = weights @ _histogram(batch, labels, size, centred)
    squares = weights @ np.bincount(batch, centred**2)
    people, slices = count.sum(axis=1), (count > 0).sum(axis=1)
    within = squares - (total**2 / np.maximum(count, 1)).sum(axis=1)
    overall = squares - total.sum(axis=1) ** 2 / people
    return np.asarray(1 - within / overall * (people - 1) / (people - slices))


def _distance(labels: Labels, place: Labels, batch: Labels, weights: Floats) -> Floats:
    """Median over slices of the Kolmogorov-Smirnov distance to all, for each row of weights of the batches."""
    slices, grid = int(labels.max()) + 1, int(place.max()) + 1
    counts = weights @ _histogram(batch, labels * grid + place, slices * grid)
    below = np.cumsum(counts.reshape(-1, slices, grid), axis=2)
    every = below.sum(axis=1)
    with np.errstate(invalid="ignore"):
        apart = np.abs(below / below[:, :, -1:] - (every / every[:, -1:])[:, None]).max(axis=2)
    return np.asarray(np.nanmedian(apart, axis=1))


def rank_correlations(columns: Floats) -> Floats:
    """Rank correlation of each pair of columns, shape (column, column)."""
    ranks = np.apply_along_axis(rankdata, 0, columns)
    return np.asarray(np.atleast_2d(np.corrcoef(ranks, rowvar=False)))


def inseparable(matrix: Floats) -> list[list[int]]:
    """Places of the columns, those together that are one and the same but for their scale."""
    together: list[list[int]] = []
    for place in range(len(matrix)):
        same = next((each for each in together if abs(matrix[place, each[0]]) > SAME), None)
        if same is None:
            together.append([place])
        else:
            same.append(place)
    return together


def correlated(matrix: Floats, patients: int) -> list[tuple[int, int]]:
    """Pairs of columns whose rank correlation is beyond .1 and beyond chance, the closest first."""
    least = max(LEAST_CORRELATION, 4 / np.sqrt(patients))
    pairs = np.argwhere(np.triu(np.abs(matrix) > least, 1))
    size = np.abs(matrix[pairs[:, 0], pairs[:, 1]])
    return [(int(first), int(second)) for first, second in pairs[np.argsort(-size, kind="stable")]]
