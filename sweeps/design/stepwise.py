"""Designs for sensitivity analysis: rows that hang together, each moving one unit of coordinates at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ..population.distributions import Array

Index = NDArray[np.int64]
Points = Callable[[int, int, Index, int], Array]
"""Seed, dimensions, indices and number of patients to positions in the unit cube, (dimensions, indices)."""

LEVELS = 4
"""Of each coordinate in a Morris design; a step goes half of them up or down, so that all levels are equally likely."""


DESIGNS = ("saltelli", "morris")

FEWEST = {"saltelli": 16, "morris": 4}
"""Base samples or trajectories below which nothing is said of them."""

LAW = "cohort"
"""Member of a group that stands for all that the population's own law draws."""


def rows_together(design: str, units: int) -> int:
    """Rows that hang together: a base sample of Saltelli, a trajectory of Morris, one in any other design."""
    return {"saltelli": units + 2, "morris": units + 1}.get(design, 1)


def units_of(varied: Sequence[str], others: int, groups: Mapping[str, Sequence[str]]) -> Index:
    """Number the units of coordinates that move together: each on its own, but for groups.

    Parameters
    ----------
    varied : sequence of str
        Names of the first coordinates.
    others : int
        Coordinates after them, those of the population's law.
    groups : mapping of str to sequence of str
        Names, of which ``LAW`` means all the others.

    Returns
    -------
    array of int
        The unit of each coordinate, numbered in the order of their first coordinates.
    """
    names = [*varied, *([LAW] * others)]
    leader = {member: group for group, members in groups.items() for member in members}
    keys = [("group", leader[name]) if name in leader else ("own", place) for place, name in enumerate(names)]
    number = {key: count for count, key in enumerate(dict.fromkeys(keys))}
    return np.array([number[key] for key in keys], dtype=np.int64)


def saltelli(points: Points, seed: int, units: Index, index: Index) -> Array:
    """Base samples after Saltelli (2010, Comput Phys Commun 181:259) for indices of first and total order.

    Of a point of twice the dimensions the first half is A, the second B. Its rows are A, then A with each unit in turn
    from B, then B.

    Parameters
    ----------
    points : callable
        Makes the points.
    seed : int
    units : array of int
        Unit of each dimension.
    index : array of int
        Consecutive rows.

    Returns
    -------
    array, (dimensions, rows)
    """
    dimensions, count = len(units), _count(units)
    base, row = np.divmod(index, rows_together("saltelli", count))
    first, last = (int(base[0]), int(base[-1]) + 1) if base.size else (0, 0)
    both = points(seed, 2 * dimensions, np.arange(first, last, dtype=np.int64), last)[:, base - first]
    from_b = (units[:, None] == row - 1) | (row == count + 1)
    return np.where(from_b, both[dimensions:], both[:dimensions])


def morris(points: Points, seed: int, units: Index, index: Index) -> Array:
    """Trajectories after Morris (1991, Technometrics 33:161): from a random point every unit is moved once.

    A coordinate takes the middles of ``LEVELS`` equal parts; order and direction of the steps are random. Units of
    several coordinates, each in its own direction, after Campolongo et al. (2007, Environ Model Softw 22:1509).

    Parameters
    ----------
    points : callable
        Makes independent uniform numbers.
    seed : int
    units : array of int
        Unit of each dimension.
    index : array of int
        Consecutive rows.

    Returns
    -------
    array, (dimensions, rows)
    """
    path, step = np.divmod(index, rows_together("morris", _count(units)))
    first, last = (int(path[0]), int(path[-1]) + 1) if path.size else (0, 0)
    level, moved, turn = trajectories(points, seed, units, first, last)
    done = turn[units][:, path - first] < step
    return (np.where(done, moved[:, path - first], level[:, path - first]) + 0.5) / LEVELS


def trajectories(points: Points, seed: int, units: Index, first: int, last: int) -> tuple[Array, Array, Index]:
    """Say how the trajectories ``first`` to ``last - 1`` of a Morris design go.

    Returns
    -------
    level, moved : array, (dimensions, trajectories)
        Where each coordinate starts, and where its step takes it.
    turn : array of int, (units, trajectories)
        The step, from 0, in which each unit is moved.
    """
    dimensions, count = len(units), _count(units)
    numbers = points(seed, dimensions + count, np.arange(first, last, dtype=np.int64), last)
    level = np.floor(LEVELS * numbers[:dimensions])
    turn = numbers[dimensions:].argsort(axis=0).argsort(axis=0)
    return level, (level + LEVELS // 2) % LEVELS, turn


def _count(units: Index) -> int:
    return int(units.max(initial=-1)) + 1
