"""Linear algebra of many small systems side by side: arrays whose last axis is the lane."""

from __future__ import annotations

import numpy as np

from .decorators import function
from .layout import LANES

ROW, TWO_ROWS, THREE_ROWS, FOUR_ROWS, FIVE_ROWS, SIX_ROWS, SEVEN_ROWS = (np.uintp(k * LANES) for k in range(1, 8))
"""Rows of lanes in a flat array. Unsigned, because a sum of signed ones is checked for a negative place in every lane,
and the loop stays scalar: ten times slower."""


@function
def regress(features, weights, values):  # type: ignore[no-untyped-def]
    """``values`` (n, LANES): the sum of ``weights`` (f, n) times the first f of ``features`` (.., LANES), in each lane.

    Eight features at a time: a loop over so few lanes costs more to enter than to go through.
    """
    count, n = weights.shape
    width = values.shape[1]
    x, y = features.reshape(-1), values.reshape(-1)
    values[:] = 0.0
    for first in range(0, count - 7, 8):
        f = np.uintp(first * LANES)
        for k in range(n):
            w0, w1, w2, w3 = weights[first, k], weights[first + 1, k], weights[first + 2, k], weights[first + 3, k]
            w4, w5, w6, w7 = weights[first + 4, k], weights[first + 5, k], weights[first + 6, k], weights[first + 7, k]
            to = np.uintp(k * LANES)
            for each in range(width):
                here = np.uintp(each)
                at = f + here
                y[to + here] += (
                    w0 * x[at] + w1 * x[at + ROW] + w2 * x[at + TWO_ROWS] + w3 * x[at + THREE_ROWS]
                    + w4 * x[at + FOUR_ROWS] + w5 * x[at + FIVE_ROWS] + w6 * x[at + SIX_ROWS] + w7 * x[at + SEVEN_ROWS]
                )  # fmt: skip
    for last in range(count - count % 8, count):
        for k in range(n):
            weight = weights[last, k]
            for lane in range(width):
                values[k, lane] += weight * features[last, lane]


@function
def decompose(matrix, share):  # type: ignore[no-untyped-def]
    """Part every lane's matrix (n, n, LANES) in place into its triangles; on the diagonal stand the pivots' inverses.

    The Jacobian of a beat has a spectral radius below one, so that no rows are exchanged. Where a pivot vanishes all
    the same the lane goes astray and is begun again without a warm start. ``share`` (LANES,) is scratch.
    """
    n, _, width = matrix.shape
    for pivot in range(n):
        row = matrix[pivot]
        for lane in range(width):
            row[pivot, lane] = np.float32(1.0) / row[pivot, lane]
        for i in range(pivot + 1, n):
            below = matrix[i]
            for lane in range(width):
                below[pivot, lane] *= row[pivot, lane]
                share[lane] = -below[pivot, lane]
            add_multiple(below[pivot + 1 :], row[pivot + 1 :], share)


@function
def resolve(factors, values, found, sums):  # type: ignore[no-untyped-def]
    """Solve every lane's equations for right-hand sides ``values`` (n, LANES), with what `decompose` left.

    ``sums`` (LANES,) is scratch.
    """
    n, width = values.shape
    for i in range(n):
        add_products(factors[i, :i], found[:i], found[i])
        for lane in range(width):
            found[i, lane] = values[i, lane] - found[i, lane]
    for i in range(n - 1, -1, -1):
        row = factors[i]
        add_products(row[i + 1 :], found[i + 1 :], sums)
        for lane in range(width):
            found[i, lane] = (found[i, lane] - sums[lane]) * row[i, lane]


@function
def add_multiple(rows, others, share):  # type: ignore[no-untyped-def]
    """Add ``others`` (n, LANES), times the lane's ``share`` (LANES,), to ``rows`` (n, LANES), four at a time."""
    n, width = rows.shape
    y, x = rows.reshape(-1), others.reshape(-1)
    for first in range(0, n - 3, 4):
        begin = np.uintp(first * LANES)
        for each in range(width):
            here = np.uintp(each)
            at, s = begin + here, share[here]
            y[at] += s * x[at]
            y[at + ROW] += s * x[at + ROW]
            y[at + TWO_ROWS] += s * x[at + TWO_ROWS]
            y[at + THREE_ROWS] += s * x[at + THREE_ROWS]
    for k in range(n - n % 4, n):
        for lane in range(width):
            rows[k, lane] += share[lane] * others[k, lane]


@function
def add_products(row, values, total):  # type: ignore[no-untyped-def]
    """``total`` (LANES,): the sum of ``row`` times ``values``, both (n, LANES), in each lane, four at a time."""
    n, width = values.shape
    a, x = row.reshape(-1), values.reshape(-1)
    total[:] = 0.0
    for first in range(0, n - 3, 4):
        begin = np.uintp(first * LANES)
        for each in range(width):
            here = np.uintp(each)
            at = begin + here
            total[here] += (
                a[at] * x[at] + a[at + ROW] * x[at + ROW]
                + a[at + TWO_ROWS] * x[at + TWO_ROWS] + a[at + THREE_ROWS] * x[at + THREE_ROWS]
            )  # fmt: skip
    for k in range(n - n % 4, n):
        for lane in range(width):
            total[lane] += row[k, lane] * values[k, lane]
