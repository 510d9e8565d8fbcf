"""Linear algebra of many small systems side by side: arrays whose last axis is the lane.

Long loops over lanes are as long as `LANES` says, not as the array is: one of a length that the compiler knows costs
less to enter, measured a quarter of `decompose`; a short one it would unroll and leave scalar. They go through flat
arrays at unsigned places: a sum of signed ones is checked for a negative place in every lane, and the loop stays
scalar, ten times slower.
"""

from __future__ import annotations

import numpy as np

from .decorators import function
from .layout import LANES

ROW, TWO_ROWS, THREE_ROWS = (np.uintp(k * LANES) for k in range(1, 4))
"""Rows of lanes in a flat array."""


@function
def regress(features, weights, values):  # type: ignore[no-untyped-def]
    """``values`` (n, LANES): the sum of ``weights`` (f, n) times the first f of ``features`` (.., LANES), in each lane.

    Four features and four values at a time, which share what is read: measured, .55 of the time of eight features and
    one value.
    """
    (count, n), width = weights.shape, values.shape[1]
    x, y = features.reshape(-1), values.reshape(-1)
    values[:] = 0.0
    for first in range(0, count - 3, 4):
        f = np.uintp(first * LANES)
        a, b, c, d = weights[first], weights[first + 1], weights[first + 2], weights[first + 3]
        for k in range(0, n - 3, 4):
            a0, a1, a2, a3 = a[k], a[k + 1], a[k + 2], a[k + 3]
            b0, b1, b2, b3 = b[k], b[k + 1], b[k + 2], b[k + 3]
            c0, c1, c2, c3 = c[k], c[k + 1], c[k + 2], c[k + 3]
            d0, d1, d2, d3 = d[k], d[k + 1], d[k + 2], d[k + 3]
            begin = np.uintp(k * LANES)
            for each in range(LANES):
                here = np.uintp(each)
                at, to = f + here, begin + here
                p, q, r, s = x[at], x[at + ROW], x[at + TWO_ROWS], x[at + THREE_ROWS]
                y[to] += a0 * p + b0 * q + c0 * r + d0 * s
                y[to + ROW] += a1 * p + b1 * q + c1 * r + d1 * s
                y[to + TWO_ROWS] += a2 * p + b2 * q + c2 * r + d2 * s
                y[to + THREE_ROWS] += a3 * p + b3 * q + c3 * r + d3 * s
        for k in range(n - n % 4, n):
            ak, bk, ck, dk = a[k], b[k], c[k], d[k]
            begin = np.uintp(k * LANES)
            for each in range(LANES):
                here = np.uintp(each)
                at = f + here
                y[begin + here] += ak * x[at] + bk * x[at + ROW] + ck * x[at + TWO_ROWS] + dk * x[at + THREE_ROWS]
    for last in range(count - count % 4, count):
        for k in range(n):
            weight = weights[last, k]
            for lane in range(width):
                values[k, lane] += weight * features[last, lane]


@function
def decompose(matrix, shares):  # type: ignore[no-untyped-def]
    """Part every lane's matrix (n, n, LANES) in place into its triangles; on the diagonal stand the pivots' inverses.

    The Jacobian of a beat has a spectral radius below one, so that no rows are exchanged. Where a pivot vanishes all
    the same the lane goes astray and is begun again without a warm start. ``shares`` (4, LANES) is scratch.

    Row by row, which stays near the core while those above are taken off, four at a time: measured, half the time of
    one pivot after the other.
    """
    n, _, width = matrix.shape
    share = shares[0]
    for i in range(n):
        row = matrix[i]
        for first in range(0, i - 3, 4):
            find_shares(row, matrix[first : first + 4], first, shares)
            take_off(row, matrix[first : first + 4], first, shares)
        for pivot in range(i - i % 4, i):
            above = matrix[pivot]
            for lane in range(width):
                row[pivot, lane] *= above[pivot, lane]
                share[lane] = -row[pivot, lane]
            add_multiple(row[pivot + 1 :], above[pivot + 1 :], share)
        for lane in range(width):
            row[i, lane] = np.float32(1.0) / row[i, lane]


@function
def find_shares(row, above, first, shares):  # type: ignore[no-untyped-def]
    """Shares (4, LANES) of four finished rows ``above`` (4, n, LANES) in a ``row`` (n, LANES) from ``first`` on."""
    y, x, s = row.reshape(-1), above.reshape(-1), shares.reshape(-1)
    begin, length = np.uintp(first * LANES), np.uintp(row.size)
    for each in range(LANES):
        here = np.uintp(each)
        at = begin + here
        second = at + length
        third = second + length
        fourth = third + length
        a = y[at] * x[at]
        b = (y[at + ROW] - a * x[at + ROW]) * x[second + ROW]
        c = (y[at + TWO_ROWS] - a * x[at + TWO_ROWS] - b * x[second + TWO_ROWS]) * x[third + TWO_ROWS]
        d = y[at + THREE_ROWS] - a * x[at + THREE_ROWS] - b * x[second + THREE_ROWS] - c * x[third + THREE_ROWS]
        d *= x[fourth + THREE_ROWS]
        s[here] = y[at] = a
        s[here + ROW] = y[at + ROW] = b
        s[here + TWO_ROWS] = y[at + TWO_ROWS] = c
        s[here + THREE_ROWS] = y[at + THREE_ROWS] = d


@function
def take_off(row, above, first, shares):  # type: ignore[no-untyped-def]
    """Take the ``shares`` of four rows ``above`` off what is right of them in a ``row``; arrays as in `find_shares`."""
    y, x, s = row.reshape(-1), above.reshape(-1), shares.reshape(-1)
    length = np.uintp(row.size)
    for k in range(first + 4, row.shape[0]):
        begin = np.uintp(k * LANES)
        for each in range(LANES):
            here = np.uintp(each)
            at = begin + here
            second = at + length
            third = second + length
            fourth = third + length
            y[at] -= (
                s[here] * x[at] + s[here + ROW] * x[second]
                + s[here + TWO_ROWS] * x[third] + s[here + THREE_ROWS] * x[fourth]
            )  # fmt: skip


@function
def resolve(factors, values, found, sums):  # type: ignore[no-untyped-def]
    """Solve every lane's equations for right-hand sides ``values`` (n, LANES), with what `decompose` left.

    ``sums`` (LANES,) is scratch.
    """
    n = values.shape[0]
    for i in range(n):
        add_products(factors[i, :i], found[:i], found[i])
        for lane in range(LANES):
            found[i, lane] = values[i, lane] - found[i, lane]
    for i in range(n - 1, -1, -1):
        row = factors[i]
        add_products(row[i + 1 :], found[i + 1 :], sums)
        for lane in range(LANES):
            found[i, lane] = (found[i, lane] - sums[lane]) * row[i, lane]


@function
def add_multiple(rows, others, share):  # type: ignore[no-untyped-def]
    """Add ``others`` (n, LANES), times the lane's ``share`` (LANES,), to ``rows`` (n, LANES), four at a time."""
    n, width = rows.shape
    y, x = rows.reshape(-1), others.reshape(-1)
    for first in range(0, n - 3, 4):
        begin = np.uintp(first * LANES)
        for each in range(LANES):
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
    n = len(values)
    a, x = row.reshape(-1), values.reshape(-1)
    total[:] = 0.0
    for first in range(0, n - 3, 4):
        begin = np.uintp(first * LANES)
        for each in range(LANES):
            here = np.uintp(each)
            at = begin + here
            total[here] += (
                a[at] * x[at] + a[at + ROW] * x[at + ROW]
                + a[at + TWO_ROWS] * x[at + TWO_ROWS] + a[at + THREE_ROWS] * x[at + THREE_ROWS]
            )  # fmt: skip
    for k in range(n - n % 4, n):
        for lane in range(LANES):
            total[lane] += row[k, lane] * values[k, lane]
