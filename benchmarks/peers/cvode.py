"""SUNDIALS' CVODE by scikit-sundae, with a compiled right-hand side."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from sksundae.cvode import CVODE

from .problem import BEATS, SUMS, VOLUMES, Batch, fill_rates, outcomes

PACKAGES = ("scikit-sundae", "numba")
SETTINGS = tuple(10.0**-power for power in np.arange(3.0, 11.1, 0.5))
TIMES = np.array([0.0, BEATS - 1, BEATS])


def slope(phase: float, y: np.ndarray, out: np.ndarray, patient: Any) -> None:
    fill_rates(phase, y, out, patient[0], patient[1])


def prepare(batch: Batch, setting: Any, method: str) -> Callable[[], np.ndarray]:
    def run() -> np.ndarray:
        sums = np.empty((len(batch.volumes), SUMS))
        for patient, (c, k, v) in enumerate(zip(*batch, strict=True)):
            solver = CVODE(slope, userdata=(c, k), method=method, rtol=setting, atol=setting, max_num_steps=100_000)
            y = solver.solve(TIMES, np.append(v, np.zeros(SUMS))).y
            sums[patient] = y[-1, VOLUMES:] - y[-2, VOLUMES:]
        return outcomes(sums, batch.periods())

    return run
