"""The task that every peer gets: carry given patients through a few beats, and tell three outcomes of the last.

Time is phase, 0 to ``BEATS``. An integrator's state is nine volumes and the integrals over phase of aortic pressure, of
the aortic valve's flow and of the ventricle's power.
"""

from __future__ import annotations

import math
from collections import namedtuple
from collections.abc import Callable
from typing import Any, NamedTuple

import numba
import numpy as np

from .small import equations as laws

BEATS = 4
VOLUMES = 9
SUMS = 3
UNKNOWNS = VOLUMES + SUMS
STEPS = (48, 56, 64, 72, 80, 88, 96, 104, 112, 128, 160, 192, 256, 512, 1024, 2048, 4096)
"""A beat: what every peer with fixed steps is searched over."""
NAMES = ("mean arterial pressure", "cardiac output", "stroke work")
Coefficients = namedtuple("Coefficients", list(laws.RANGES))
Clock = namedtuple("Clock", list(laws.CLOCK))
READ = len(laws.RANGES)
GUESS = np.array([120.0, 120.0, 60.0, 50.0, 60.0, 50.0, 0.0, 60.0, 100.0])
VEINS = 6


class Batch(NamedTuple):
    """Patients, a row each: coefficients, clock, and volumes at phase 0, near the periodic state."""

    coefficients: np.ndarray
    clock: np.ndarray
    volumes: np.ndarray

    def first(self, count: int) -> Batch:
        return Batch(*(np.ascontiguousarray(part[:count]) for part in self))

    def periods(self) -> np.ndarray:
        return 60.0 / self.clock[:, 0]


def equations(decorate: Any, drive: Any) -> Callable[..., Any]:
    """Right-hand side ``(phase, y, c, k) -> 12 rates per beat`` for one compiler or tracer."""
    pressures, valve, balance = decorate(laws.pressures), decorate(laws.valve), decorate(laws.balance)

    def rates(phase: Any, y: Any, c: Any, k: Any) -> Any:
        ventricle, atrium, balloon = drive(phase, k.balloon_volume, k.balloon_centre, k.balloon_threshold)
        p = pressures(y, ventricle, atrium, balloon, c)
        aortic = valve(p[0] - p[4], c.aortic_conductance)
        mitral = valve(p[2] - p[0], c.mitral_conductance)
        tricuspid = valve(p[3] - p[1], c.tricuspid_conductance)
        pulmonary = valve(p[1] - p[7], c.pulmonary_valve_conductance)
        (v0, v1, v2, v3, v4, v5, v6, v7, v8) = balance(p, mitral, aortic, tricuspid, pulmonary, c)
        t = 60.0 / k.heart_rate
        return (
            t * v0, t * v1, t * v2, t * v3, t * v4, t * v5, t * v6, t * v7, t * v8,
            p[4], aortic, p[0] * (aortic - mitral),
        )  # fmt: skip

    return decorate(rates)  # type: ignore[no-any-return]


inlined = numba.njit(fastmath=True, error_model="numpy", forceinline=True)
rates = equations(inlined, inlined(laws.drive_of(math.cos, math.exp)))


@inlined
def coefficients_of(row: Any) -> Any:
    return Coefficients(
        row[0], row[1], row[2], row[3], row[4], row[5], row[6], row[7], row[8], row[9], row[10], row[11], row[12],
        row[13], row[14], row[15], row[16], row[17], row[18], row[19], row[20], row[21], row[22],
    )  # fmt: skip


@inlined
def clock_of(row: Any) -> Any:
    return Clock(row[0], row[1], row[2], row[3], row[4])


@numba.njit(fastmath=True, error_model="numpy")
def fill_rates(phase, y, out, coefficients, clock):  # type: ignore[no-untyped-def]
    """The right-hand side of one patient, for integrators that pass arrays."""
    volumes = (y[0], y[1], y[2], y[3], y[4], y[5], y[6], y[7], y[8])
    got = rates(phase, volumes, coefficients_of(coefficients), clock_of(clock))
    for i in range(UNKNOWNS):
        out[i] = got[i]


def outcomes(sums: np.ndarray, periods: np.ndarray) -> np.ndarray:
    """Outcomes (patients, 3) from the integrals over the last beat (patients, 3)."""
    return sums * np.column_stack([np.ones_like(periods), np.full_like(periods, 0.06), periods])


def sample(count: int, seed: int = 1) -> Batch:
    """Random patients, at a first guess of their state."""
    random = np.random.default_rng(seed)
    ranges = np.array([*laws.RANGES.values(), *laws.CLOCK.values()])
    drawn = random.uniform(ranges[:, 0], ranges[:, 1], (count, len(ranges)))
    volumes = np.tile(GUESS, (count, 1))
    volumes[:, VEINS] = drawn[:, -1] - GUESS.sum()
    return Batch(drawn[:, :READ].copy(), drawn[:, READ:].copy(), volumes)
