"""What scouts taught of an arm: where its patients start, and by which Jacobian they are brought to their end.

Everything here is a function of one patient's own numbers and of the guidance; no lane knows of another.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from .compilation import function
from .lanes import LANES

FARTHEST = 4.0
"""Inputs are taken to be at most this many standard deviations of the scouts from their mean."""
LEAST = 1e-9
"""What a logarithm is taken of at least."""
ROW, TWO_ROWS, THREE_ROWS, FOUR_ROWS, FIVE_ROWS, SIX_ROWS, SEVEN_ROWS = (np.uintp(k * LANES) for k in range(1, 8))
"""Rows of lanes in a flat array. Unsigned, because a sum of signed ones is checked for a negative place in every lane,
and the loop stays scalar: ten times slower."""


class Guidance(NamedTuple):
    """Regressions on an arm's inputs: its parameters, the state it starts from and what it learned.

    Attributes
    ----------
    fields : array of int, (n,)
        The rows of the state that are sought; the others stay, or follow.
    logarithmic : array of bool, (n,)
        Where the logarithm of the state is regressed; elsewhere the state over ``units``.
    units : array, (n,)
    inputs : array of int, (m,)
        The inputs that vary: places in parameters, state and learned, one after the other.
    input_logarithmic : array of bool, (m,)
    centre, spread : array, (m,)
        Mean of the scouts' inputs, and one over their standard deviation.
    leading : array of int, (q,)
        The inputs whose products are features too.
    state : array, (1 + m + q*(q + 1)/2, n)
        Of the difference between the periodic state and the one to start from.
    falls : array of float32, (n, 1 + m, n)
        Of identity less the beat map's Jacobian; weights of the features stand in the middle.
    sensitivity, doubt : array of float32, (n, outcomes)
        Mean relative change of an outcome with the state, and the square of what scouts differ from it by.
    """

    fields: np.ndarray
    logarithmic: np.ndarray
    units: np.ndarray
    inputs: np.ndarray
    input_logarithmic: np.ndarray
    centre: np.ndarray
    spread: np.ndarray
    leading: np.ndarray
    state: np.ndarray
    falls: np.ndarray
    sensitivity: np.ndarray
    doubt: np.ndarray


def no_guidance() -> Guidance:
    """Nothing is known: no field is sought."""
    nothing, none = np.empty(0), np.empty(0, np.int64)
    return Guidance(
        none, np.empty(0, np.bool_), nothing, none, np.empty(0, np.bool_), nothing, nothing, none,
        np.empty((0, 0)), np.empty((0, 0, 0), np.float32), *(np.empty((0, 0), np.float32) for _ in range(2)),
    )  # fmt: skip


def cautious(guidance: Guidance, factor: float) -> Guidance:
    """Give a guidance by which every error is estimated ``factor`` times as large."""
    larger = np.float32(factor)
    return guidance._replace(sensitivity=larger * guidance.sensitivity, doubt=larger * larger * guidance.doubt)


class Prospects(NamedTuple):
    """What a guidance foresees of LANES patients that wait: made side by side, so that its weights are read once."""

    features: np.ndarray
    state: np.ndarray
    size: np.ndarray
    factors: np.ndarray
    single: np.ndarray


def prospects(guidance: Guidance) -> Prospects:
    """Allocate them."""
    features, sought = guidance.state.shape
    return Prospects(
        np.zeros((features, LANES)),
        np.zeros((sought, LANES)),
        np.zeros((sought, LANES)),
        np.zeros((sought, sought, LANES), np.float32),
        np.zeros((guidance.falls.shape[1] + 1, LANES), np.float32),
    )


@function
def prepare(guidance, order, waiting, parameters, start, learned, ahead):  # type: ignore[no-untyped-def]
    """Foresee the next LANES of the jobs in ``order``; behind the last, that one again."""
    features, state, size = ahead.features, ahead.state, ahead.size
    for lane in range(LANES):
        job = order[min(waiting + lane, order.size - 1)]
        describe(guidance, parameters[job], start[job], learned[job], features[:, lane])
    foresee(guidance, ahead)
    fields, logarithmic, units = guidance.fields, guidance.logarithmic, guidance.units
    for lane in range(LANES):
        job = order[min(waiting + lane, order.size - 1)]
        for k in range(fields.size):
            begin = start[job, fields[k]]
            if logarithmic[k]:
                state[k, lane] = max(begin, LEAST) * math.exp(state[k, lane])
                size[k, lane] = state[k, lane]
            else:
                state[k, lane] = begin + units[k] * state[k, lane]
                size[k, lane] = units[k]
    decompose(ahead.factors, ahead.single[-1])


@function
def describe(guidance, parameters, start, learned, features):  # type: ignore[no-untyped-def]
    """Write one patient's features: one, the standardised inputs, and the products of the leading ones."""
    inputs, logarithmic, centre, spread = (
        guidance.inputs, guidance.input_logarithmic, guidance.centre, guidance.spread,
    )  # fmt: skip
    features[0] = 1.0
    for k in range(inputs.size):
        at = inputs[k]
        if at < parameters.size:
            value = parameters[at]
        elif at < parameters.size + start.size:
            value = start[at - parameters.size]
        else:
            value = learned[at - parameters.size - start.size]
        if logarithmic[k]:
            value = math.log(max(value, LEAST))
        features[1 + k] = max(min((value - centre[k]) * spread[k], FARTHEST), -FARTHEST)
    leading = guidance.leading
    at = 1 + inputs.size
    for k in range(leading.size):
        one = features[1 + leading[k]]
        for other in range(k + 1):
            features[at] = one * features[1 + leading[other]]
            at += 1


@function
def foresee(guidance, ahead):  # type: ignore[no-untyped-def]
    """Regressed states, as they are regressed, and identity less the regressed Jacobians."""
    weights, falls = guidance.state, guidance.falls
    features, state, matrix, single = ahead.features, ahead.state, ahead.factors, ahead.single
    regress(features, weights, state)
    for feature in range(falls.shape[1]):
        for lane in range(state.shape[1]):
            single[feature, lane] = features[feature, lane]
    for i in range(matrix.shape[0]):
        regress(single, falls[i], matrix[i])


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
    the same the lane goes astray and is begun again without guidance. ``share`` (LANES,) is scratch.
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
