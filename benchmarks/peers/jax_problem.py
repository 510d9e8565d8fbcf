"""The equations for JAX: a row of patients at once."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from .problem import Batch, Clock, Coefficients, equations
from .small import equations as laws

jax.config.update("jax_enable_x64", True)


def same(function: Any) -> Any:
    """Leave it to JAX to trace."""
    return function


drive = laws.drive_of(jnp.cos, jnp.exp)
rates = equations(same, drive)


def arrays(batch: Batch, precision: str) -> tuple[Any, Any, Any]:
    """Coefficients, clock and volumes as tuples of arrays over patients."""
    c, k, v = (tuple(jnp.asarray(column, precision) for column in part.T) for part in batch)
    return Coefficients(*c), Clock(*k), v
