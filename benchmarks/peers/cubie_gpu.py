"""cubie: RK4 on a GPU, a thread a patient; timed by the wall, because the processor's time is not what a GPU takes.

Never run on a device here: it was checked in cubie's own simulator of CUDA alone (NUMBA_ENABLE_CUDASIM=1), where it
gives what RK4 in C gives. A device with a driver needs a CUDA toolkit too, or the extra ``cubie[cuda13]``.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import numpy as np
import sympy
from cubie import Solver, create_ODE_system
from cubie.cache_root import set_cache_root
from numba_cuda_mlir import cuda

from .engine_copy import BUILD
from .problem import BEATS, STEPS, SUMS, UNKNOWNS, VOLUMES, Batch, Clock, Coefficients, equations, outcomes
from .small import equations as laws

PACKAGES = ("cubie",)
SETTINGS = STEPS
ON_DEVICE = True
STATES = tuple(f"y{i}" for i in range(UNKNOWNS))
READ_OF_CLOCK = tuple(name for name in laws.CLOCK if name != "stressed_volume")
PARAMETERS = (*laws.RANGES, *READ_OF_CLOCK)

if not cuda.is_available() and os.environ.get("NUMBA_ENABLE_CUDASIM") != "1":
    raise RuntimeError("no CUDA device")
set_cache_root(BUILD / "cubie")


def system(precision: str) -> Any:
    """Trace the equations with symbols."""
    y = sympy.symbols(STATES, real=True)
    c = Coefficients(*sympy.symbols(tuple(laws.RANGES), real=True))
    k = Clock(*sympy.symbols(tuple(laws.CLOCK), real=True))
    rates = equations(lambda function: function, laws.drive_of(sympy.cos, sympy.exp))
    slopes = rates(sympy.Symbol("t", real=True), tuple(y[:VOLUMES]), c, k)
    defined = [(sympy.Symbol(f"d{state}", real=True), slope) for state, slope in zip(STATES, slopes, strict=True)]
    return create_ODE_system(
        defined, precision=np.dtype(precision).type, states=list(STATES), parameters=list(PARAMETERS),
        swept_parameters=PARAMETERS, name=f"small_loop_{precision}",
    )  # fmt: skip


def prepare(batch: Batch, setting: Any, precision: str) -> Callable[[], np.ndarray]:
    solver = Solver(
        system(precision), algorithm="rk4", step_controller="fixed", dt=1.0 / setting, save_every=1.0,
        output_types=["state"], save_variables=list(STATES[VOLUMES:]),
    )  # fmt: skip
    start = np.hstack([batch.volumes, np.zeros((len(batch.volumes), SUMS))])
    read = np.hstack([batch.coefficients, batch.clock[:, : len(READ_OF_CLOCK)]])
    initial = dict(zip(STATES, start.T.astype(precision), strict=True))
    parameters = dict(zip(PARAMETERS, read.T.astype(precision), strict=True))

    def run() -> np.ndarray:
        result = solver.solve(initial, parameters, duration=1.0, settling_time=BEATS - 1.0, grid_type="verbatim")
        saved, legend = result.as_numpy["time_domain_array"], result.time_domain_legend
        places = {name.split()[0]: place for place, name in legend.items()}
        sums = np.array([saved[-1, places[name]] - saved[0, places[name]] for name in STATES[VOLUMES:]]).T
        return outcomes(sums.astype(float), batch.periods())

    return run
