"""Random numbers of a patient: a pure function of the patient's key, a seed and what is drawn, whatever the blocks."""

from __future__ import annotations

from zlib import crc32

import numpy as np
from numpy.typing import ArrayLike

from ..numbers.cells import Floats
from ..numbers.splitmix import mixed


def uniforms(keys: ArrayLike, seed: int, what: str) -> Floats:
    """Draw a number between 0 and 1, both excluded, for each key.

    Splitmix64 (Steele, Lea and Flood 2014) of the key, under a stream of its own for each seed and each ``what``.

    Parameters
    ----------
    keys : array of int
        As the patients' positions in a store.
    seed : int
        At least 0.
    what : str
        Name of what is drawn: draws of different names are independent of each other.
    """
    stream = mixed(np.array([seed], np.uint64) + np.uint64(crc32(what.encode()) << 32))
    bits = mixed(mixed(np.asarray(keys).astype(np.uint64)) ^ stream)
    return ((bits >> np.uint64(11)).astype(np.float64) + 0.5) / 2.0**53


def normals(keys: ArrayLike, seed: int, what: str) -> Floats:
    """Draw a standard normal number for each key, by inversion of :func:`uniforms`."""
    from scipy.special import ndtri

    return np.asarray(ndtri(uniforms(keys, seed, what)), dtype=np.float64)
