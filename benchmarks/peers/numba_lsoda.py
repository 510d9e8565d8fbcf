"""numbalsoda: LSODA called from compiled code, patient by patient."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import numpy as np
from numbalsoda import lsoda, lsoda_sig

from .problem import BEATS, READ, SUMS, UNKNOWNS, VOLUMES, Batch, clock_of, coefficients_of, outcomes, rates

PACKAGES = ("numbalsoda", "numba")
SETTINGS = tuple(10.0**-power for power in np.arange(3.0, 11.1, 0.5))
TIMES = np.array([0.0, BEATS - 1, BEATS])


@numba.cfunc(lsoda_sig, fastmath=True, error_model="numpy")
def slope(phase, y, out, patient):  # type: ignore[no-untyped-def]
    row = numba.carray(patient, (28,))
    volumes = (y[0], y[1], y[2], y[3], y[4], y[5], y[6], y[7], y[8])
    got = rates(phase, volumes, coefficients_of(row), clock_of(row[READ:]))
    for i in range(UNKNOWNS):
        out[i] = got[i]


ADDRESS = slope.address


@numba.njit
def carry(address, rows, volumes, times, tolerance, sums):  # type: ignore[no-untyped-def]
    for patient in range(rows.shape[0]):
        start = np.zeros(UNKNOWNS)
        start[:VOLUMES] = volumes[patient]
        y, good = lsoda(address, start, times, rows[patient], tolerance, tolerance, 100_000)
        sums[patient] = y[2, VOLUMES:] - y[1, VOLUMES:] if good else np.full(SUMS, np.nan)


def prepare(batch: Batch, setting: Any) -> Callable[[], np.ndarray]:
    rows = np.hstack([batch.coefficients, batch.clock])

    def run() -> np.ndarray:
        sums = np.empty((len(rows), SUMS))
        carry(ADDRESS, rows, batch.volumes, TIMES, setting, sums)
        return outcomes(sums, batch.periods())

    return run
