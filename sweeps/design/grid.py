"""Whole grids: levels per axis, and the row of a grid without the grid."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ...engine import InputError
from ..population.distributions import Array, Choice, Distribution

MOST_POINTS = 2**40


def levels(points: int, laws: Mapping[str, Distribution]) -> list[int]:
    """Levels of each axis: a choice has its own, the others the same, as few as reach ``points``.

    Parameters
    ----------
    points : int
        Grid points wanted at least.
    laws : mapping of str to Distribution
        The axes.

    Raises
    ------
    InputError
        Where the whole grid has more than ``MOST_POINTS``.
    """
    fixed, free = 1, 0
    for law in laws.values():
        if isinstance(law, Choice):
            fixed *= len(law.choice)
        else:
            free += 1
    if fixed > MOST_POINTS:
        raise InputError(f"patients: the choices alone make a grid of {fixed:.3g} points, at most {MOST_POINTS:,} fit")
    wanted = -(-points // fixed)
    count = max(1, round(wanted ** (1.0 / free)) - 1) if free else 1
    while free and count**free < wanted:
        count += 1
    if fixed * count**free > MOST_POINTS:
        raise InputError(f"patients: given {points}, the next whole grid has more than {MOST_POINTS:,} points")
    return [len(law.choice) if isinstance(law, Choice) else count for law in laws.values()]


def whole_grid(points: int, laws: Mapping[str, Distribution]) -> int:
    """Return the number of points of the smallest whole grid that has ``points`` or more."""
    total = 1
    for count in levels(points, laws):
        total *= count
    return total


def grid_rows(points: int, laws: Mapping[str, Distribution], index: NDArray[np.int64]) -> dict[str, Array]:
    """Values of each axis at the given points; the last axis runs fastest."""
    rows: dict[str, Array] = {}
    rest = index
    for (name, law), count in reversed(list(zip(laws.items(), levels(points, laws), strict=True))):
        rest, place = np.divmod(rest, count)
        if isinstance(law, Choice):
            rows[name] = np.array(law.choice)[place]
        else:
            rows[name] = law.level(place / (count - 1) if count > 1 else np.full(place.shape, 0.5))
    return {name: rows[name] for name in laws}
