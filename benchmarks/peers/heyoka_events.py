"""heyoka.py: Taylor's method, patients in vector batches, a terminal event at every opening and closing of a valve."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import heyoka
import numpy as np

from .problem import BEATS, READ, SUMS, UNKNOWNS, VOLUMES, Batch, Clock, Coefficients, outcomes
from .small import equations as laws

PACKAGES = ("heyoka",)
SETTINGS = tuple(10.0**-power for power in range(2, 15))
WIDTH = heyoka.recommended_simd_size()
VALVES = ("aortic_conductance", "mitral_conductance", "tricuspid_conductance", "pulmonary_valve_conductance")
OPEN_AT = READ + 5


def switch(valve: int) -> Callable[..., bool]:
    """What happens where a gradient passes zero: the valve opens if it rises, else closes."""

    def callback(integrator: Any, direction: int, lane: int) -> bool:
        integrator.pars[OPEN_AT + valve, lane] = 1.0 if direction > 0 else 0.0
        return True

    return callback


def system() -> tuple[list[Any], list[Any]]:
    """Symbolic equations, with each valve's state a parameter, and the valves' gradients."""
    y = heyoka.make_vars(*(f"y{i}" for i in range(UNKNOWNS)))
    c = Coefficients(*(heyoka.par[i] for i in range(READ)))
    k = Clock(*(heyoka.par[READ + i] for i in range(5)))
    drive = laws.drive_of(heyoka.cos, heyoka.exp)
    ventricle, atrium, balloon = drive(heyoka.time, k.balloon_volume, k.balloon_centre, k.balloon_threshold)
    p = laws.pressures(y[:VOLUMES], ventricle, atrium, balloon, c)
    gradients = [p[0] - p[4], p[2] - p[0], p[3] - p[1], p[1] - p[7]]
    aortic, mitral, tricuspid, pulmonary = (
        heyoka.par[OPEN_AT + i] * getattr(c, VALVES[i]) * gradients[i] for i in range(4)
    )
    period = 60.0 / k.heart_rate
    rates = [period * each for each in laws.balance(p, mitral, aortic, tricuspid, pulmonary, c)]
    rates += [p[4], aortic, p[0] * (aortic - mitral)]
    return list(zip(y, rates, strict=True)), gradients


def gradients_of(batch: Batch) -> np.ndarray:
    """Gradients (4, patients) of the valves at phase 0."""
    c, k = Coefficients(*batch.coefficients.T), Clock(*batch.clock.T)
    drives = laws.drive_of(np.cos, np.exp)(0.0, k.balloon_volume, k.balloon_centre, k.balloon_threshold)
    p = laws.pressures(tuple(batch.volumes.T), *drives, c)
    return np.array([p[0] - p[4], p[2] - p[0], p[3] - p[1], p[1] - p[7]])


def prepare(batch: Batch, setting: Any) -> Callable[[], np.ndarray]:
    equations, gradients = system()
    events = [heyoka.t_event_batch(each, callback=switch(i)) for i, each in enumerate(gradients)]
    integrator = heyoka.taylor_adaptive_batch(
        equations, np.zeros((UNKNOWNS, WIDTH)), pars=np.zeros((OPEN_AT + 4, WIDTH)), t_events=events, tol=setting
    )
    count = len(batch.volumes)
    rows = np.arange(-(-count // WIDTH) * WIDTH).reshape(-1, WIDTH) % count
    pars = np.vstack([batch.coefficients.T, batch.clock.T, gradients_of(batch) > 0.0])
    zeros = np.zeros((SUMS, WIDTH))

    def run() -> np.ndarray:
        sums = np.empty((count, SUMS))
        for lanes in rows:
            integrator.set_time(0.0)
            integrator.reset_cooldowns()
            integrator.pars[:] = pars[:, lanes]
            integrator.state[:] = np.vstack([batch.volumes[lanes].T, zeros])
            integrator.propagate_until(BEATS - 1.0)
            before = integrator.state[VOLUMES:].copy()
            integrator.propagate_until(float(BEATS))
            sums[lanes] = (integrator.state[VOLUMES:] - before).T
        return outcomes(sums, batch.periods())

    return run
