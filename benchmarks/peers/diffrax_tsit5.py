"""diffrax: adaptive Tsit5 under vmap."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import diffrax
import jax
import jax.numpy as jnp
import numpy as np

from .jax_problem import arrays, rates
from .problem import BEATS, SUMS, VOLUMES, Batch, outcomes

PACKAGES = ("diffrax", "jax")
SETTINGS = tuple(10.0**-power for power in np.arange(3.0, 10.1, 0.5))
MOST_PATIENTS = 256


def slope(phase: Any, y: Any, patient: Any) -> Any:
    return rates(phase, y[:VOLUMES], *patient)


def one(c: Any, k: Any, v: Any, tolerance: Any) -> Any:
    done = diffrax.diffeqsolve(
        diffrax.ODETerm(slope), diffrax.Tsit5(), 0.0, float(BEATS), None, (*v, *(jnp.zeros(()),) * SUMS), (c, k),
        saveat=diffrax.SaveAt(ts=jnp.array([BEATS - 1.0, BEATS])), max_steps=1_000_000,
        stepsize_controller=diffrax.PIDController(rtol=tolerance, atol=tolerance),
    )  # fmt: skip
    assert done.ys is not None
    return jnp.stack([each[1] - each[0] for each in done.ys[VOLUMES:]])


solve = jax.jit(jax.vmap(one, (0, 0, 0, None)))


def prepare(batch: Batch, setting: Any) -> Callable[[], np.ndarray]:
    c, k, v = arrays(batch, "float64")
    return lambda: outcomes(np.asarray(solve(c, k, v, setting)), batch.periods())
