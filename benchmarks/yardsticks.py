"""What speed is measured in: a frozen reference kernel, and the peak of one core in fused multiply-adds.

The reference kernel is never edited, or records before and after could not be compared: another needs another name.
"""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np

from ..engine.compile.passes import EntryCompiler

REFERENCE = "lanes-polynomial-division-root-1"
"""Name of the reference kernel, in every record."""
FIELDS, LANES = 24, 32
CHAIN, ELEMENTS = 16, 512
"""Fused multiply-adds in a row between load and store, and how many such chains the core may overlap."""


@numba.njit(fastmath={"contract", "arcp", "nsz", "afn", "reassoc"}, error_model="numpy", nogil=True)  # type: ignore[untyped-decorator]
def reference(work: Any, rounds: int) -> None:
    """Carry 24 states of 32 lanes through made-up laws: a polynomial, a division and a root each, from the L1 cache.

    Parameters
    ----------
    work : array, (2 * FIELDS * LANES,), float64
        Values of about one, where the first half stays; the second half is only read.
    rounds : int
    """
    for _ in range(rounds):
        for field in range(FIELDS):
            row = np.uintp(field * LANES)
            for lane in range(LANES):
                x, y = work[row + np.uintp(lane)], work[row + np.uintp(FIELDS * LANES + lane)]
                p = 0.25 + x * (0.5 + x * (0.125 + y * (0.0625 + x * (0.03125 + y * (0.015625 + x * 0.0078125)))))
                q = p * y / (0.5 + math.sqrt(x * x + 0.25 * abs(p - y)))
                work[row + np.uintp(lane)] = 0.9 * x + 0.1 * max(min(q, 2.0), 0.5)


@numba.njit(fastmath={"contract"}, error_model="numpy", nogil=True, pipeline_class=EntryCompiler)  # type: ignore[untyped-decorator]
def multiply_add(work: Any, factor: Any, term: Any, rounds: int) -> None:
    """Do nothing but x*factor + term, CHAIN times on every element between its load and its store.

    In vectors as wide as the machine has them, as the engine's.

    Parameters
    ----------
    work : array of float64 or float32
    factor, term : of the same type
    rounds : int
    """
    for _ in range(rounds):
        for place in range(work.size):
            x = work[place]
            for _ in range(CHAIN):
                x = x * factor + term
            work[place] = x
