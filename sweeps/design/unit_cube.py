"""Points of the unit cube by design: any slice of them is made without the rest, to the same byte."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial

import numpy as np
from numpy.typing import NDArray
from scipy.stats import qmc

from ..population.distributions import Array
from .stepwise import Index, morris, saltelli

Words = NDArray[np.uint64]

SOBOL_BITS = 52
"""Binary digits of a Sobol coordinate: with half a step added it is exact in float64 and never 0 or 1."""

FEISTEL_ROUNDS = 8


def sobol(seed: int, dimensions: int, index: Index, patients: int) -> Array:
    """Scrambled Sobol points (linear matrix scramble and digital shift of scipy), one row per dimension.

    Equal to the slice of ``scipy.stats.qmc.Sobol``; but the first point of a slice is found from the binary digits of
    its index, where ``fast_forward`` walks through all points before it, and only with 32 bits or fewer.
    """
    if index.size == 0:
        return np.empty((dimensions, 0))
    numbers, shift = _sobol_numbers(seed, dimensions)
    first = int(index[0])
    gray = first ^ (first >> 1)
    points = np.empty((dimensions, index.size), dtype=np.uint64)
    points[:, 0] = shift
    for digit in range(gray.bit_length()):
        if gray >> digit & 1:
            points[:, 0] ^= numbers[:, digit]
    # consecutive Gray codes differ in the digit of the lowest set bit of the later index
    later = index[1:].astype(np.uint64)
    digits = np.bitwise_count((later & (~later + np.uint64(1))) - np.uint64(1))
    for row, directions in zip(points, numbers, strict=True):
        row[1:] = directions[digits]
        np.bitwise_xor.accumulate(row, out=row)
    return points.astype(np.float64) * 2.0**-SOBOL_BITS + 2.0 ** -(SOBOL_BITS + 1)


@lru_cache(maxsize=4)
def _sobol_numbers(seed: int, dimensions: int) -> tuple[Words, Words]:
    # scipy offers no public way to its scrambled direction numbers; tests compare with its public points
    engine = qmc.Sobol(dimensions, scramble=True, bits=SOBOL_BITS, rng=np.random.default_rng(seed))
    return np.array(engine._sv, dtype=np.uint64), np.array(engine._shift, dtype=np.uint64)


def random(seed: int, dimensions: int, index: Index, patients: int) -> Array:
    """Independent uniform numbers of the counter-based generator Philox, one row per dimension."""
    return _philox(seed, 0, dimensions, index)


def latin_hypercube(seed: int, dimensions: int, index: Index, patients: int) -> Array:
    """Latin hypercube of ``patients`` points: in each dimension one point in each of as many equal strata."""
    points = _philox(seed, 1, dimensions, index)
    keys = np.random.SeedSequence([seed, 2]).generate_state(dimensions * FEISTEL_ROUNDS, np.uint64)
    for row, key in zip(points, keys.astype(np.uint64).reshape(dimensions, FEISTEL_ROUNDS), strict=True):
        row += permuted(index.astype(np.uint64), patients, key)
        row /= patients
    return np.minimum(points, 1 - 2.0**-53)


UNIT_CUBES: dict[str, Callable[[int, int, Index, int], Array]] = {
    "sobol": sobol,
    "random": random,
    "latin-hypercube": latin_hypercube,
}
"""Design to the positions in the unit cube, open at both ends, shape (dimensions, indices)."""

STEPWISE: dict[str, Callable[[int, Index, Index], Array]] = {
    "saltelli": partial(saltelli, sobol),
    "morris": partial(morris, random),
}
"""Likewise, of rows that hang together: given the unit of each dimension instead of their number."""


def _philox(seed: int, stream: int, dimensions: int, index: Index) -> Array:
    # one step of the counter gives four numbers; a patient has whole steps of its own
    steps = -(-dimensions // 4)
    key = np.random.SeedSequence([seed, stream]).generate_state(2, np.uint64)
    generator = np.random.Philox(key=key)
    generator.advance(int(index[0]) * steps if index.size else 0)
    unit = np.random.Generator(generator).random((index.size, 4 * steps))[:, :dimensions]
    return np.maximum(np.ascontiguousarray(unit.T), 2.0**-54)


def permuted(numbers: Words, count: int, keys: Words) -> Words:
    """Permute ``0 ... count - 1`` by a keyed Feistel network, number by number.

    The network permutes the next power of two; a number that leaves the range goes through again until it is back
    (cycle walking, fewer than two rounds on average).

    Parameters
    ----------
    numbers : array of uint64
        Numbers below ``count``.
    count : int
        Size of the range.
    keys : array of uint64
        One key per round.

    Returns
    -------
    array of uint64
        Where each number goes.
    """
    bits = max(2, (count - 1).bit_length())
    result = _feistel(numbers, bits, keys)
    outside = np.flatnonzero(result >= count)
    while outside.size:
        result[outside] = _feistel(result[outside], bits, keys)
        outside = outside[result[outside] >= count]
    return result


def _feistel(numbers: Words, bits: int, keys: Words) -> Words:
    low_bits = np.uint64(bits // 2)
    high_bits = np.uint64(bits - bits // 2)
    low_mask = (np.uint64(1) << low_bits) - np.uint64(1)
    high_mask = (np.uint64(1) << high_bits) - np.uint64(1)
    low, high = numbers & low_mask, numbers >> low_bits
    for turn, key in enumerate(keys):
        if turn % 2:
            high = high ^ (_mixed(low, key) & high_mask)
        else:
            low = low ^ (_mixed(high, key) & low_mask)
    return (high << low_bits) | low


def _mixed(numbers: Words, key: np.uint64) -> Words:
    mixed = (numbers ^ key) * np.uint64(0x9E3779B97F4A7C15)
    mixed ^= mixed >> np.uint64(32)
    mixed *= key | np.uint64(1)
    return mixed >> np.uint64(29)
