"""scipy's solve_ivp with LSODA and a compiled right-hand side."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.integrate import solve_ivp

from .problem import BEATS, SUMS, UNKNOWNS, VOLUMES, Batch, fill_rates, outcomes

PACKAGES = ("scipy", "numba")
SETTINGS = tuple(10.0**-power for power in np.arange(3.0, 11.1, 0.5))


def prepare(batch: Batch, setting: Any) -> Callable[[], np.ndarray]:
    def run() -> np.ndarray:
        sums = np.empty((len(batch.volumes), SUMS))
        out = np.empty(UNKNOWNS)
        for patient, (c, k, v) in enumerate(zip(*batch, strict=True)):

            def slope(phase: float, y: np.ndarray, c: np.ndarray = c, k: np.ndarray = k) -> np.ndarray:
                fill_rates(phase, y, out, c, k)
                return out

            start = np.append(v, np.zeros(SUMS))
            done = solve_ivp(slope, (0.0, BEATS), start, "LSODA", t_eval=(BEATS - 1, BEATS), rtol=setting, atol=setting)
            sums[patient] = done.y[VOLUMES:, 1] - done.y[VOLUMES:, 0] if done.success else np.nan
        return outcomes(sums, batch.periods())

    return run
