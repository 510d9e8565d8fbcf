"""Compiled loops of this room, kept with the engine's kernels, and random numbers that are a hash."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numba import njit

from ...engine import cache_folder
from ...engine.compile.cache import KernelCache
from ...engine.irregular.rhythm import GOLDEN, scramble

CLEARANCE, ASSAY, EVENT, CAUSE, INSERTION, RECOVERY, OUTPUT, PRESSURE, WEDGE = range(9)
"""Streams of random numbers: what a patient draws in one never moves what is drawn in another."""


@cache
def room_folder() -> Path:
    """Folder of this room's compiled loops: named by all its sources, as a loop calls functions of other files."""
    digest = hashlib.sha256()
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.name.encode() + b"\0" + source.read_bytes() + b"\0")
    return cache_folder() / f"course-{digest.hexdigest()[:16]}"


def inlined(law: Callable[..., Any]) -> Any:
    """Compile what a loop calls."""
    return njit(law, nogil=True, error_model="numpy", forceinline=True)


def compiled(loop: Callable[..., Any]) -> Any:
    """Compile a loop over patients, and keep the result; it lets other threads run."""
    dispatcher = njit(loop, nogil=True, error_model="numpy")
    dispatcher._cache = KernelCache(loop, room_folder())
    return dispatcher


@inlined
def uniform(key, stream, counter):  # type: ignore[no-untyped-def]
    """Uniform random number in (0, 1)."""
    place = (np.uint64(counter) << np.uint64(5)) + np.uint64(2 * stream) + np.uint64(1)
    return (float(scramble(key + place * GOLDEN) >> np.uint64(12)) + 0.5) * 2.0**-52


@inlined
def normal(key, stream, counter):  # type: ignore[no-untyped-def]
    """Standard normal random number (Box and Muller 1958)."""
    place = (np.uint64(counter) << np.uint64(5)) + np.uint64(2 * stream) + np.uint64(2)
    other = (float(scramble(key + place * GOLDEN) >> np.uint64(12)) + 0.5) * 2.0**-52
    return np.sqrt(-2.0 * np.log(uniform(key, stream, counter))) * np.cos(2.0 * np.pi * other)
