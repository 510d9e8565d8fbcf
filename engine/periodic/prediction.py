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
from ..laws.elementary import exponential

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
    state : array of float32, (1 + m + q*(q + 1)/2, n)
        Of the difference between the periodic state and the one to start from.
    newton : array of float32, (n, 1 + m, n)
        Of identity less the beat map's Jacobian; weights of the features stand in the middle.
    caution : array, (2,)
        Factors on estimated errors, so that they are seldom below the true ones: of most, and of who is near the edge
        to another kind of patients.
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
    caution: np.ndarray
    sensitivity: np.ndarray
    squared_deviation: np.ndarray


def no_regressions() -> Regressions:
    """Nothing is known: no field is sought."""
    nothing, none = np.empty(0), np.empty(0, np.int64)
    return Regressions(
        none, np.empty(0, np.bool_), nothing, none, np.empty(0, np.bool_), nothing, nothing, none,
        np.empty((0, 0), np.float32), np.empty((0, 0, 0), np.float32), np.ones(2),
        *(np.empty((0, 0), np.float32) for _ in range(2)),
    )  # fmt: skip


class Predictions(NamedTuple):
    """What regressions predict of LANES patients that wait: made side by side, so that its weights are read once."""

    features: Annotated[np.ndarray, Array("features", LANES, dtype=np.float32)]
    change: Annotated[np.ndarray, Array("sought", LANES, dtype=np.float32)]
    state: Annotated[np.ndarray, Array("sought", LANES)]
    size: Annotated[np.ndarray, Array("sought", LANES)]
    factors: Annotated[np.ndarray, Array("sought", "sought", LANES, dtype=np.float32)]
    scratch: Annotated[np.ndarray, Array(4, LANES, dtype=np.float32)]


def predictions(regressions: Regressions) -> Predictions:
    """Allocate them."""
    features, sought = regressions.state.shape
    made: Predictions = allocate(Predictions, features=features, sought=sought)
    return made


@function
def predict(regressions, order, waiting, jobs, predictions):  # type: ignore[no-untyped-def]
    """Predict the next LANES of the jobs in ``order``; behind the last, that one again."""
    parameters, start, learned, fields = jobs.parameters, jobs.start, jobs.learned, regressions.fields
    features, state, factors, newton = predictions.features, predictions.state, predictions.factors, regressions.newton
    for lane in range(LANES):
        job = order[min(waiting + lane, order.size - 1)]
        write_inputs(regressions, parameters[job], start[job], learned[job], features[:, lane])
        for k in range(fields.size):
            state[k, lane] = start[job, fields[k]]
    write_products(regressions.leading, 1 + regressions.inputs.size, features)
    predict_states(regressions, predictions)
    for i in range(fields.size):
        regress(features, newton[i], factors[i])
    decompose(factors, predictions.scratch)


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
    inputs, leading, weights = np.empty(1 + regressions.inputs.size), regressions.leading, regressions.state
    for job in range(values.size):
        write_inputs(regressions, parameters[job], start[job], learned[job], inputs)
        towards = 0.0
        for k in range(inputs.size):
            towards += inputs[k] * weights[k, which]
        at = inputs.size
        for k in range(leading.size):
            for other in range(k + 1):
                towards += inputs[1 + leading[k]] * inputs[1 + leading[other]] * weights[at, which]
                at += 1
        if regressions.logarithmic[which]:
            values[job] = max(values[job], LEAST) * math.exp(towards)
        else:
            values[job] += regressions.units[which] * towards


@function
def write_inputs(regressions, parameters, start, learned, features):  # type: ignore[no-untyped-def]
    """Write one patient's first features: one, and the standardised inputs."""
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


@function
def write_products(leading, at, features):  # type: ignore[no-untyped-def]
    """Write the products of the leading inputs among the ``features`` (.., LANES), from row ``at`` on."""
    x, width = features.reshape(-1), features.shape[1]
    to = np.uintp(at * LANES)
    for k in range(leading.size):
        one = np.uintp((1 + leading[k]) * LANES)
        for other in range(k + 1):
            another = np.uintp((1 + leading[other]) * LANES)
            for each in range(width):
                here = np.uintp(each)
                x[to + here] = x[one + here] * x[another + here]
            to += np.uintp(LANES)


@function
def predict_states(regressions, predictions):  # type: ignore[no-untyped-def]
    """Write predicted states over those to start from, and the size of each."""
    logarithmic, units = regressions.logarithmic, regressions.units
    state, size, change = predictions.state, predictions.size, predictions.change
    regress(predictions.features, regressions.state, change)
    for k in range(units.size):
        unit = units[k]
        if logarithmic[k]:
            for lane in range(LANES):
                state[k, lane] = size[k, lane] = max(state[k, lane], LEAST) * exponential(change[k, lane])
        else:
            for lane in range(LANES):
                state[k, lane] += unit * change[k, lane]
                size[k, lane] = unit
