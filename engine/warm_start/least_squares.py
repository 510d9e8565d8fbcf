"""Least squares whose last digits depend on nothing but their numbers: a library's may depend on its threads."""

from __future__ import annotations

import numpy as np

from ..compile.decorators import compiled

TOGETHER = 8
"""Rows that are added at a time."""


@compiled
def add_products(features, both, products):  # type: ignore[no-untyped-def]
    """Add ``features`` (k, m) transposed times ``both`` (k, n), features and what follows them, to ``products`` (m, n).

    What lies below the diagonal is left out. Eight rows of both at a time.
    """
    (count, m), n = features.shape, both.shape[1]
    x, y = both.reshape(-1), products.reshape(-1)
    length = np.uintp(n)
    for first in range(0, count - TOGETHER + 1, TOGETHER):
        begin = np.uintp(first * n)
        rows = features[first : first + TOGETHER]
        for i in range(m):
            a, b, c, d = rows[0, i], rows[1, i], rows[2, i], rows[3, i]
            e, f, g, h = rows[4, i], rows[5, i], rows[6, i], rows[7, i]
            to = np.uintp(i * n)
            for j in range(i, n):
                here = np.uintp(j)
                at = begin + here
                y[to + here] += (
                    a * x[at] + b * x[at + length] + c * x[at + length * np.uintp(2)] + d * x[at + length * np.uintp(3)]
                    + e * x[at + length * np.uintp(4)] + f * x[at + length * np.uintp(5)]
                    + g * x[at + length * np.uintp(6)] + h * x[at + length * np.uintp(7)]
                )  # fmt: skip
    for row in range(count - count % TOGETHER, count):
        for i in range(m):
            for j in range(i, n):
                products[i, j] += features[row, i] * both[row, j]


@compiled
def eliminate(matrix, values):  # type: ignore[no-untyped-def]
    """Solve equations of a positive definite ``matrix`` (m, m) for ``values`` (m, v) in place, by elimination."""
    for k in range(len(matrix)):
        pivot, own = matrix[k], values[k]
        one = 1.0 / pivot[k]
        pivot[k:] *= one
        own *= one
        for i in range(k + 1, len(matrix)):
            row, other, share = matrix[i], values[i], matrix[i, k]
            for j in range(k, row.size):
                row[j] -= share * pivot[j]
            for j in range(own.size):
                other[j] -= share * own[j]
    for k in range(len(matrix) - 1, 0, -1):
        own = values[k]
        for i in range(k):
            other, share = values[i], matrix[i, k]
            for j in range(own.size):
                other[j] -= share * own[j]


def ridge(features: np.ndarray, values: np.ndarray, penalty: float) -> np.ndarray:
    """Least squares with a penalty on the square of every weight but the first, which is the constant's."""
    training, count = features.shape
    products = np.zeros((count, count + values.shape[1]))
    # columns that were chosen by places lie one after the other
    add_products(*(np.ascontiguousarray(each) for each in (features, np.hstack([features, values]))), products)
    matrix, weights = products[:, :count], products[:, count:].copy()
    matrix = np.triu(matrix) + np.triu(matrix, 1).T
    matrix[np.arange(1, count), np.arange(1, count)] += penalty * training
    eliminate(matrix, weights)
    return weights
