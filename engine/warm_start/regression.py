"""Regressions of periodic states, Jacobians and sensitivities of training patients on what is known beforehand."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ..integration.lanes import FIELDS, INNER, VEINS
from ..names.outcomes import JUDGED, Status
from ..periodic.acceptance import FLOOR, SCALE
from ..periodic.prediction import FARTHEST, LEAST, Regressions
from ..periodic.solution import Solution
from .kinds import ANY, DILATED, EXHAUSTED, PERFUSED
from .least_squares import ridge

LEADING = 32
"""Inputs whose products are features too, at most."""
STATE_RIDGE, JACOBIAN_RIDGE = 1e-6, 1e-4
LEAST_TRAINING_PATIENTS = 100
"""Training patients that must hold for anything to be learned."""
ROWS_A_FEATURE = 3
"""Training patients that a feature needs at least; with fewer of them fewer products are formed."""
DEVIATION_QUANTILE = 0.9
"""Quantile of what training patients differ by from the mean sensitivity. Measured with `broyden`'s factors over
twelve cohorts and four arms: with .8 the estimate is at least the true error in 86 % of one, 98 % of
most, for .05 fewer beats."""


class Training(NamedTuple):
    """What training patients of an arm showed, one row each.

    Attributes
    ----------
    inputs : array, (training patients, parameters + FIELDS + learned)
    fields, logarithmic, units : array, (n,)
        As in Regressions.
    towards : array, (training patients, n)
        From the state a training patient started from to its periodic state.
    jacobians : array, (training patients, n, n)
    sensitivities : array, (training patients, outcomes, n)
    exhausted : array of bool, (training patients,)
        Whose inner coronary layer is dilated as far as it can be.
    """

    inputs: np.ndarray
    fields: np.ndarray
    logarithmic: np.ndarray
    units: np.ndarray
    towards: np.ndarray
    jacobians: np.ndarray
    sensitivities: np.ndarray
    exhausted: np.ndarray

    def of(self, rows: np.ndarray) -> Training:
        """Give some of the training patients."""
        parts = {name: getattr(self, name)[rows] for name in BY_PATIENT}
        return self._replace(**parts)


BY_PATIENT = ("inputs", "towards", "jacobians", "sensitivities", "exhausted")


def observe(
    parameters: np.ndarray,
    start: np.ndarray,
    learned: np.ndarray,
    solution: Solution,
    difference: float,
    images: Callable[..., Solution],
) -> Training | None:
    """Displace the periodic states of training patients, and note what follows.

    Parameters
    ----------
    parameters, start, learned, solution
        As of `solve`.
    difference : float
        Step of the finite differences, in units of each state's size.
    images : callable
        Gives the images of parameters, states and learned, as `periodic.images`.

    Returns
    -------
    Training or None
        None where too few training patients hold.
    """
    sound = (solution.status == Status.OK) & np.isfinite(solution.states).all(axis=1)
    rows, start, learned, states = parameters[sound], start[sound], learned[sound], solution.states[sound]
    if len(rows) < LEAST_TRAINING_PATIENTS:
        return None
    base = images(rows, states, learned)
    # what stands still in the periodic state of all may be elsewhere at the start
    moves = ((base.states != states) | (start != states)).any(axis=0)
    fields = np.flatnonzero(moves & (np.arange(FIELDS) != VEINS))
    both = np.stack([states, start])[:, :, fields]
    logarithmic = (both > 0.0).all(axis=(0, 1)) & (both.max(axis=(0, 1)) < 1e3 * both.min(axis=(0, 1)))
    units = SCALE[fields]
    size = np.where(logarithmic, states[:, fields], units)
    displaced = np.repeat(states[None], len(fields), axis=0)
    displaced[np.arange(len(fields)), :, fields] += difference * size.T
    copies = [np.concatenate([each] * len(fields)) for each in (rows, learned)]
    tried = images(copies[0], displaced.reshape(-1, FIELDS), copies[1])
    moved = (tried.states.reshape(displaced.shape) - base.states)[:, :, fields] / (difference * size)
    outcomes = base.outcomes[:, :JUDGED]
    changed = tried.outcomes.reshape(len(fields), len(rows), -1)[:, :, :JUDGED] - outcomes
    changed /= difference * np.maximum(np.abs(outcomes), FLOOR)
    towards = way(start[:, fields], states[:, fields], logarithmic, units)
    usable = np.isfinite(moved).all(axis=(0, 2)) & np.isfinite(changed).all(axis=(0, 2))
    if np.count_nonzero(usable) < LEAST_TRAINING_PATIENTS:
        return None
    return Training(
        np.hstack([rows, start, learned])[usable],
        fields,
        logarithmic,
        units,
        towards[usable],
        moved[:, usable].transpose(1, 2, 0),
        changed[:, usable].transpose(1, 2, 0),
        states[usable, INNER] <= DILATED,
    )


def way(start: np.ndarray, states: np.ndarray, logarithmic: np.ndarray, units: np.ndarray) -> np.ndarray:
    """From states to start from to the periodic ones (patients, n): in logarithms or in units."""
    ratio = np.where(logarithmic, states / np.where(logarithmic, start, 1.0), 1.0)
    return np.where(logarithmic, np.log(ratio), (states - start) / units)


def by_flow(training: Training) -> dict[str, Regressions]:
    """Regress what training patients showed: apart whose inner layer is dilated and whose is not, if both are many."""
    groups = {PERFUSED: ~training.exhausted, EXHAUSTED: training.exhausted}
    if min(np.count_nonzero(each) for each in groups.values()) >= LEAST_TRAINING_PATIENTS:
        return {flow: regressed(training.of(each)) for flow, each in groups.items()}
    return {ANY: regressed(training)}


def regressed(training: Training) -> Regressions:
    """Regress what training patients showed on their inputs."""
    inputs, towards, sensitivities = training.inputs, training.towards, training.sensitivities
    count, n = towards.shape
    varies = np.flatnonzero(inputs.std(axis=0) > 1e-9 * np.abs(inputs).max(axis=0))
    own = inputs[:, varies]
    input_logarithmic = (own > 0.0).all(axis=0) & (own.max(axis=0) < 100.0 * np.abs(own).min(axis=0))
    own = np.where(input_logarithmic, np.log(np.where(input_logarithmic, own, 1.0)), own)
    sensitivity = sensitivities.mean(axis=0)
    deviation = np.quantile(np.abs(sensitivities - sensitivity), DEVIATION_QUANTILE, axis=0)
    matters = np.abs(sensitivities).max(axis=(0, 2)) > 0.0
    regressions = Regressions(
        training.fields, training.logarithmic, training.units, varies, input_logarithmic,
        own.mean(axis=0), 1.0 / own.std(axis=0),
        np.empty(0, np.int64), np.empty(0, np.float32), np.empty(0, np.float32), np.ones(2),
        *(np.ascontiguousarray(each[matters].T, dtype=np.float32) for each in (sensitivity, deviation**2)),
    )  # fmt: skip
    linear = features_of(regressions, inputs)
    newton = ridge(linear, (np.eye(n) - training.jacobians).reshape(count, -1), JACOBIAN_RIDGE).reshape(-1, n, n)
    newton = np.ascontiguousarray(newton.transpose(1, 0, 2), dtype=np.float32)
    return with_states(regressions._replace(newton=newton), inputs, towards)


def with_states(regressions: Regressions, inputs: np.ndarray, towards: np.ndarray) -> Regressions:
    """Regress the way to the periodic states anew: ``inputs`` and ``towards`` of patients as those of `Training`."""
    regressions = regressions._replace(leading=np.empty(0, np.int64))
    weights = ridge(features_of(regressions, inputs), towards, STATE_RIDGE)
    importance = np.sum((weights[1:] / (towards.std(axis=0) + 1e-12)) ** 2, axis=1)
    most = min(LEADING, int(np.sqrt(2.0 * max(len(inputs) / ROWS_A_FEATURE - len(weights), 0.0))))
    regressions = regressions._replace(leading=np.argsort(-importance, kind="stable")[:most])
    state = ridge(features_of(regressions, inputs), towards, STATE_RIDGE)
    return regressions._replace(state=state.astype(np.float32))


def states_anew(
    regressions: Regressions, parameters: np.ndarray, start: np.ndarray, learned: np.ndarray, states: np.ndarray
) -> Regressions:
    """Regress the way to the periodic ``states`` of other patients of the kind, where enough have one."""
    fields, logarithmic = regressions.fields, regressions.logarithmic
    least = np.minimum(start[:, fields], states[:, fields])[:, logarithmic]
    sound = np.flatnonzero(least.min(axis=1, initial=np.inf) > 0.0)
    if sound.size < LEAST_TRAINING_PATIENTS:
        return regressions
    towards = way(start[sound][:, fields], states[sound][:, fields], logarithmic, regressions.units)
    return with_states(regressions, np.hstack([parameters, start, learned])[sound], towards)


def features_of(regressions: Regressions, inputs: np.ndarray) -> np.ndarray:
    """Features of every row of inputs: those that `periodic.prediction` makes in the lanes, but for rounding."""
    own = inputs[:, regressions.inputs]
    own = np.where(regressions.input_logarithmic, np.log(np.maximum(own, LEAST)), own)
    own = np.clip((own - regressions.mean) * regressions.per_deviation, -FARTHEST, FARTHEST)
    first, second = np.tril_indices(len(regressions.leading))
    leading = own[:, regressions.leading]
    return np.hstack([np.ones((len(inputs), 1)), own, leading[:, first] * leading[:, second]])
