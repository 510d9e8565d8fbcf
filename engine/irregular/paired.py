"""Irregular patients over arms: which rows they are, and how well the difference between two arms is known."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import NamedTuple

import numpy as np

from ..inputs import Given, same_rows
from ..names.conditions import RHYTHM, TRIGGER
from ..names.outcomes import JUDGED, Status
from ..periodic.acceptance import FLOOR
from ..periodic.solution import ERROR_AT, Solution
from ..periodic.solve import solve
from .follow import Scatter, follow, is_irregular, no_scatter

REGULAR_TOLERANCE = 1e-3
"""Of the regular state from which an arm's irregular patients are followed."""


class Side(NamedTuple):
    """One arm of a chunk of patients; without a scatter all of them are regular in it."""

    parameters: np.ndarray
    solution: Solution
    scatter: Scatter | None


class Follower:
    """Follow the irregular patients of one chunk through their arms.

    Parameters
    ----------
    index : array of int, (patients,)
    seed : int
        With the index, the key of a patient's random numbers.
    precision : {"float64", "float32"}
    tolerance : float
        Of twice the standard error.
    most_beats : int
    """

    def __init__(self, index: np.ndarray, seed: int, precision: str, tolerance: float, most_beats: int) -> None:
        self._index = index
        self._solve = partial(solve, precision=precision, tolerance=REGULAR_TOLERANCE)
        self._follow = partial(follow, seed=seed, precision=precision, tolerance=tolerance, most_beats=most_beats)
        self._sides: dict[str, Side] = {}

    def baseline(self, bare: np.ndarray, regular: Solution) -> None:
        """Follow the unsupported patients whose own rhythm is irregular, from their regular state, and replace it."""
        rows = np.flatnonzero(is_irregular(bare))
        self._unsupported = Side(bare, regular, no_scatter(len(bare)) if rows.size else None)
        self._run(rows, self._unsupported)

    def arm(self, name: str, own: np.ndarray, solution: Solution, member: np.ndarray) -> None:
        """Follow the irregular patients of one arm; one whose parameters equal an earlier arm's is known already."""
        todo = is_irregular(own)
        side = self._sides[name] = Side(own, solution, no_scatter(len(own)) if todo.any() else None)
        for earlier in (self._unsupported, *list(self._sides.values())[:-1]):
            if side.scatter is None:
                break
            same = todo & same_rows(own, earlier.parameters)
            if earlier.scatter is not None:
                for part, source in zip(side.scatter, earlier.scatter, strict=True):
                    part[same] = source[same]
            todo &= ~same
        self._run(np.flatnonzero(todo & member), side)

    def _run(self, rows: np.ndarray, side: Side) -> None:
        """Follow some rows into the solution and the scatter of an arm.

        They start from the arm's state in a regular rhythm: behind a tight stenosis, tones need minutes from the
        unsupported one, which no burn-in covers.
        """
        if side.scatter is None or not rows.size:
            return
        unsupported, first = self._unsupported.solution, self._unsupported.scatter
        parameters, states, learned = side.parameters[rows], unsupported.states[rows], unsupported.learned[rows]
        if side is not self._unsupported:
            regular = self._solve(parameters, states, learned)
            states = np.where((regular.status == Status.OK)[:, None], regular.states, states)
        common = np.zeros(rows.size, np.int64) if first is None else first.cells[rows]
        found = self._follow(parameters, states, learned, self._index[rows], common)
        for whole, parts in zip((side.solution, side.scatter), found, strict=True):
            for part, source in zip(whole, parts, strict=True):
                part[rows] = source

    def difference_errors(self, arms: list[str], reference: str) -> np.ndarray:
        """Error of every arm's difference to the reference arm.

        Returns
        -------
        array, (patients, arms)
        """
        other = self._sides[reference]
        columns = []
        for arm in arms:
            side = self._sides[arm]
            error = difference_error(side, other, self._unsupported)
            unchanged = same_rows(side.parameters, other.parameters) & np.isfinite(error)
            columns.append(np.where(unchanged, 0.0, error))
        return np.stack(columns, axis=1)


def difference_error(arm: Side, reference: Side, unsupported: Side) -> np.ndarray:
    """Error of the difference between two arms, the worst over the outcomes.

    Twice the standard error by batch means of the difference over the beats of the unsupported run, which the arms
    have in common; beats of one arm beyond those count as independent. Between two regular states it is the sum of
    both errors.

    Returns
    -------
    array, (patients,)
        In units of each outcome's size in the reference arm, or its floor; NaN where an arm failed.
    """
    solution, other = arm.solution, reference.solution
    plain = solution.outcomes[:, ERROR_AT] + other.outcomes[:, ERROR_AT]
    if arm.scatter is None and reference.scatter is None:
        return plain
    scatter, other_scatter, first = (side.scatter or no_scatter(len(plain)) for side in (arm, reference, unsupported))
    common = first.cells
    ok = (solution.status == Status.OK) & (other.status == Status.OK)
    rows = np.flatnonzero(ok & ((scatter.cells > 0) | (other_scatter.cells > 0)))
    size = np.maximum(np.abs(other.outcomes[rows, :JUDGED]), FLOOR)
    shares, variance = [], np.zeros_like(size)
    for side, spread in ((solution, scatter), (other, other_scatter)):
        irregular = spread.cells[rows] > 0
        share = np.where(irregular, common[rows] / np.maximum(spread.cells[rows], 1), 0.0)[:, None]
        regular_error = 0.5 * side.outcomes[rows, ERROR_AT, None] * size
        deviation = np.where(irregular[:, None], spread.deviation[rows, :JUDGED], regular_error)
        shares.append(share)
        variance += (1.0 - share) * deviation**2
    ours, theirs = (spread.batches[rows, :, :JUDGED].astype(float) for spread in (scatter, other_scatter))
    difference = shares[0][:, None] * ours - shares[1][:, None] * theirs
    there = np.isfinite(difference[:, :, 0]) & (common[rows] > 0)[:, None]
    count = np.maximum(there.sum(axis=1), 2)[:, None]
    difference = np.where(there[:, :, None], difference, 0.0)
    mean = difference.sum(axis=1) / count
    squares = (np.where(there[:, :, None], difference - mean[:, None], 0.0) ** 2).sum(axis=1)
    variance += squares / (count * (count - 1.0))
    plain[rows] = (2.0 * np.sqrt(variance) / size).max(axis=1)
    return plain


def may_be_irregular(patients: Given, arms: Mapping[str, Mapping[str, float]]) -> bool:
    """Whether a patient may be irregular: by what is given, not by its values, so that all parts of a sweep agree."""
    names = (*RHYTHM, *TRIGGER)
    varied = any(name in patients.along or patients.own(name) > 0 for name in names)
    return varied or any(overrides.get(name, 0) > 0 for overrides in arms.values() for name in names)
