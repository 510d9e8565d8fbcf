"""The obvious kernel: numba, patient by patient, RK4 with the patient outside and time inside."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import numpy as np

from .problem import BEATS, STEPS, VOLUMES, Batch, clock_of, coefficients_of, outcomes, rates

PACKAGES = ("numba",)
SETTINGS = STEPS


@numba.njit(fastmath=True, error_model="numpy", inline="always")
def moved(y, h, k):  # type: ignore[no-untyped-def]
    return (
        y[0] + h * k[0], y[1] + h * k[1], y[2] + h * k[2], y[3] + h * k[3], y[4] + h * k[4], y[5] + h * k[5],
        y[6] + h * k[6], y[7] + h * k[7], y[8] + h * k[8],
    )  # fmt: skip


@numba.njit(fastmath=True, error_model="numpy")
def carry(coefficients, clock, volumes, steps, beats, sums):  # type: ignore[no-untyped-def]
    """Carry every patient through its beats; ``volumes`` is replaced, ``sums`` receives the last beat's integrals."""
    h = 1.0 / steps
    for patient in range(coefficients.shape[0]):
        c, k = coefficients_of(coefficients[patient]), clock_of(clock[patient])
        v = volumes[patient]
        y = (v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7], v[8])
        for _ in range(beats):
            s0, s1, s2 = 0.0, 0.0, 0.0
            for step in range(steps):
                phase = step * h
                a = rates(phase, y, c, k)
                b = rates(phase + 0.5 * h, moved(y, 0.5 * h, a), c, k)
                d = rates(phase + 0.5 * h, moved(y, 0.5 * h, b), c, k)
                e = rates(phase + h, moved(y, h, d), c, k)
                y = moved(moved(moved(moved(y, h / 6.0, a), h / 3.0, b), h / 3.0, d), h / 6.0, e)
                s0 += (a[9] + 2.0 * (b[9] + d[9]) + e[9]) * h / 6.0
                s1 += (a[10] + 2.0 * (b[10] + d[10]) + e[10]) * h / 6.0
                s2 += (a[11] + 2.0 * (b[11] + d[11]) + e[11]) * h / 6.0
        for i in range(VOLUMES):
            v[i] = y[i]
        sums[patient, 0], sums[patient, 1], sums[patient, 2] = s0, s1, s2


def after(batch: Batch, steps: int, beats: int) -> tuple[np.ndarray, np.ndarray]:
    """Volumes after so many beats, and the outcomes of the last."""
    volumes, sums = batch.volumes.copy(), np.empty((len(batch.volumes), 3))
    carry(batch.coefficients, batch.clock, volumes, steps, beats, sums)
    return volumes, outcomes(sums, batch.periods())


def prepare(batch: Batch, setting: Any) -> Callable[[], np.ndarray]:
    return lambda: after(batch, setting, BEATS)[1]
