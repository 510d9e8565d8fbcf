"""The hash from which random numbers are made, of arrays: splitmix64 (Steele, Lea and Flood 2014)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def mixed(bits: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Mix each of some numbers: the step by the golden ratio, and the finaliser, by the engine's own function."""
    # .12 s for numba, which not every answer needs
    from ...engine.irregular.rhythm import GOLDEN, scramble

    return np.asarray(scramble.py_func(bits + GOLDEN), dtype=np.uint64)
