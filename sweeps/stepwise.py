"""Designs for sensitivity analysis: rows that hang together, each moving one coordinate of the unit cube at a time."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from .distributions import Array

Index = NDArray[np.int64]
Points = Callable[[int, int, Index, int], Array]
"""Seed, dimensions, indices and number of patients to positions in the unit cube, (dimensions, indices)."""

LEVELS = 4
"""Of each coordinate in a Morris design; a step goes half of them up or down, so that all levels are equally likely."""


def rows_together(design: str, dimensions: int) -> int:
    """Rows that hang together: a base sample of Saltelli, a trajectory of Morris, one in any other design."""
    return {"saltelli": dimensions + 2, "morris": dimensions + 1}.get(design, 1)


def saltelli(points: Points, seed: int, dimensions: int, index: Index) -> Array:
    """Base samples after Saltelli (2010, Comput Phys Commun 181:259) for indices of first and total order.

    Of a point of twice the dimensions the first half is A, the second B. Its rows are A, then A with each coordinate
    in turn from B, then B.

    Parameters
    ----------
    points : callable
        Makes the points.
    seed, dimensions : int
    index : array of int
        Consecutive rows.

    Returns
    -------
    array, (dimensions, rows)
    """
    base, row = np.divmod(index, rows_together("saltelli", dimensions))
    first, last = (int(base[0]), int(base[-1]) + 1) if base.size else (0, 0)
    both = points(seed, 2 * dimensions, np.arange(first, last, dtype=np.int64), last)[:, base - first]
    from_b = (np.arange(dimensions)[:, None] == row - 1) | (row == dimensions + 1)
    return np.where(from_b, both[dimensions:], both[:dimensions])


def morris(points: Points, seed: int, dimensions: int, index: Index) -> Array:
    """Trajectories after Morris (1991, Technometrics 33:161): from a random point every coordinate is moved once.

    A coordinate takes the middles of ``LEVELS`` equal parts; order and direction of the steps are random.

    Parameters
    ----------
    points : callable
        Makes independent uniform numbers.
    seed, dimensions : int
    index : array of int
        Consecutive rows.

    Returns
    -------
    array, (dimensions, rows)
    """
    path, step = np.divmod(index, rows_together("morris", dimensions))
    first, last = (int(path[0]), int(path[-1]) + 1) if path.size else (0, 0)
    start, order = points(seed, 2 * dimensions, np.arange(first, last, dtype=np.int64), last).reshape(
        2, dimensions, last - first
    )
    level = np.floor(LEVELS * start)
    moved = (level + LEVELS // 2) % LEVELS
    turn = order.argsort(axis=0).argsort(axis=0)
    done = turn[:, path - first] < step
    return (np.where(done, moved[:, path - first], level[:, path - first]) + 0.5) / LEVELS
