"""Regressions on training patients of an arm: where its patients start, and by which Jacobian they go on.

Everything here is a function of one patient's own numbers and of the regressions; no lane knows of another.
"""

from __future__ import annotations

import math
from typing import Annotated, NamedTuple

import numpy as np

from ..compile.decorators import compiled, function
from ..compile.lane_algebra import decompose, regress
from ..compile.layout import LANES, Array, allocate

FARTHEST = 4.0
"""Inputs are taken to be at most this many standard deviations of the training patients from their mean."""
LEAST = 1e-9
"""What a logarithm is taken of at least."""


class Regressions(NamedTuple):
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
    mean, per_deviation : array, (m,)
        Mean of the training patients' inputs, and one over their standard deviation.
    leading : array of int, (q,)
        The inputs whose products are features too.
    state : array, (1 + m + q*(q + 1)/2, n)
        Of the difference between the periodic state and the one to start from.
    newton : array of float32, (n, 1 + m, n)
        Of identity less the beat map's Jacobian; weights of the features stand in the middle.
    sensitivity, squared_deviation : array of float32, (n, outcomes)
        Mean relative change of an outcome with the state, and the square of what training patients differ from it by.
    """

    fields: np.ndarray
    logarithmic: np.ndarray
    units: np.ndarray
    inputs: np.ndarray
    input_logarithmic: np.ndarray
    mean: np.ndarray
    per_deviation: np.ndarray
    leading: np.ndarray
    state: np.ndarray
    newton: np.ndarray
    sensitivity: np.ndarray
    squared_deviation: np.ndarray


def no_regressions() -> Regressions:
    """Nothing is known: no field is sought."""
    nothing, none = np.empty(0), np.empty(0, np.int64)
    return Regressions(
        none, np.empty(0, np.bool_), nothing, none, np.empty(0, np.bool_), nothing, nothing, none,
        np.empty((0, 0)), np.empty((0, 0, 0), np.float32), *(np.empty((0, 0), np.float32) for _ in range(2)),
    )  # fmt: skip


def cautious(regressions: Regressions, factor: float) -> Regressions:
    """Give regressions by which every error is estimated ``factor`` times as large."""
    larger = np.float32(factor)
    return regressions._replace(
        sensitivity=larger * regressions.sensitivity,
        squared_deviation=larger * larger * regressions.squared_deviation,
    )


class Predictions(NamedTuple):
    """What regressions predict of LANES patients that wait: made side by side, so that its weights are read once."""

    features: Annotated[np.ndarray, Array("features", LANES)]
    state: Annotated[np.ndarray, Array("sought", LANES)]
    size: Annotated[np.ndarray, Array("sought", LANES)]
    factors: Annotated[np.ndarray, Array("sought", "sought", LANES, dtype=np.float32)]
    linear: Annotated[np.ndarray, Array("linear", LANES, dtype=np.float32)]
    scratch: Annotated[np.ndarray, Array(LANES, dtype=np.float32)]


def predictions(regressions: Regressions) -> Predictions:
    """Allocate them."""
    features, sought = regressions.state.shape
    linear = regressions.newton.shape[1]
    made: Predictions = allocate(Predictions, features=features, sought=sought, linear=linear)
    return made


@function
def predict(regressions, order, waiting, jobs, predictions):  # type: ignore[no-untyped-def]
    """Predict the next LANES of the jobs in ``order``; behind the last, that one again."""
    features, state, size = predictions.features, predictions.state, predictions.size
    parameters, start, learned = jobs.parameters, jobs.start, jobs.learned
    for lane in range(LANES):
        job = order[min(waiting + lane, order.size - 1)]
        write_features(regressions, parameters[job], start[job], learned[job], features[:, lane])
    predict_states(regressions, predictions)
    fields, logarithmic, units = regressions.fields, regressions.logarithmic, regressions.units
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
    decompose(predictions.factors, predictions.scratch)


def predict_field(
    regressions: Regressions,
    field: int,
    parameters: np.ndarray,
    start: np.ndarray,
    learned: np.ndarray,
    values: np.ndarray,
) -> None:
    """Write what regressions predict of one row of many periodic states; where it is not sought, the start."""
    places = np.flatnonzero(regressions.fields == field)
    values[:] = start[:, field]
    if places.size:
        write_field(regressions, int(places[0]), parameters, start, learned, values)


@compiled
def write_field(regressions, which, parameters, start, learned, values):  # type: ignore[no-untyped-def]
    """Replace the start of one sought row of the state by what is predicted."""
    features = np.empty(regressions.state.shape[0])
    for job in range(values.size):
        write_features(regressions, parameters[job], start[job], learned[job], features)
        towards = 0.0
        for feature in range(features.size):
            towards += features[feature] * regressions.state[feature, which]
        if regressions.logarithmic[which]:
            values[job] = max(values[job], LEAST) * math.exp(towards)
        else:
            values[job] += regressions.units[which] * towards


@function
def write_features(regressions, parameters, start, learned, features):  # type: ignore[no-untyped-def]
    """Write one patient's features: one, the standardised inputs, and the products of the leading ones."""
    inputs, logarithmic, mean, per_deviation = (
        regressions.inputs, regressions.input_logarithmic, regressions.mean, regressions.per_deviation,
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
        features[1 + k] = max(min((value - mean[k]) * per_deviation[k], FARTHEST), -FARTHEST)
    leading = regressions.leading
    at = 1 + inputs.size
    for k in range(leading.size):
        one = features[1 + leading[k]]
        for other in range(k + 1):
            features[at] = one * features[1 + leading[other]]
            at += 1


@function
def predict_states(regressions, predictions):  # type: ignore[no-untyped-def]
    """Regressed states, as they are regressed, and identity less the regressed Jacobians."""
    weights, newton = regressions.state, regressions.newton
    features, state, matrix, linear = predictions.features, predictions.state, predictions.factors, predictions.linear
    regress(features, weights, state)
    for feature in range(newton.shape[1]):
        for lane in range(state.shape[1]):
            linear[feature, lane] = features[feature, lane]
    for i in range(matrix.shape[0]):
        regress(linear, newton[i], matrix[i])
