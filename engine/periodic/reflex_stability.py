"""Whether the baroreflex oscillates: its delays and lags in time, from the steady state, given a small push.

The steady state of a delayed loop exists whether or not it is stable. Here the loop runs beat by beat with Ursino's
delays and time constants, the coronary tones held, and one asks whether the push dies away. A beat's mean drive stands
for the drive within it.
"""

from __future__ import annotations

import math

import numpy as np

from ..compile.decorators import compiled
from ..compile.layout import row_access
from ..integration.lanes import FACTOR, MACHINE, SYMPATHETIC, VAGAL, buffers
from ..integration.one_patient import SIGNALS, follow_heart, pattern, pattern_duration, prepare, regulate
from ..integration.ssprk import MACHINES, MEANS, STATES
from ..laws.baroreflex import TAU_POLE, Adjusted, baroreceptor, felt_drives
from ..names.outcomes import Findings, Means, Status
from ..names.parameters import Parameters
from ..names.regulation import BAROREFLEX
from ..names.state import Learned, State
from ..patient.coefficients import body, fold
from ..patient.optional_laws import COMBINATIONS, Physics
from .solution import Solution
from .solve import CURVES, plan

VEINS = State._fields.index("systemic_venous_volume")
PRESSURE = Means._fields.index("aortic_pressure")
GAIN_AT = Parameters._fields.index("baroreflex_gain")
ROOM_AT = Parameters._fields.index("pericardial_room")
CLOSURE_AT = Adjusted._fields.index("closure")
CHAMBERS_LEARNED = Learned._fields.index("chamber_volume")
load_parameters, _ = row_access(Parameters)

DELAY = np.array([2.0, 2.0, 5.0, 2.0, 0.2])
LAG = np.array([8.0, 6.0, 20.0, 2.0, 1.5])
"""s, of the drives in the order of Drives; Ursino 1998, table 3 [C]."""
MEMORY = 32
"""Beats: 5 s at the shortest period and more."""
PUSH = 0.05
"""Of the sympathetic drive: about 1 mmHg."""
WINDOW = 40.0
"""s, twice the slowest lag."""
LASTING = 0.9
LEAST_SWING = 0.02
"""An oscillation lasts where the swing of the mean pressure in the third window is at least this share of that in the
second, and as many mmHg."""
STABLE_GAIN = 1.0
"""Gain up to which nothing is looked for: it takes .1 s a patient. Measured in 660 arms of three cohorts, with balloon
or the stressed volume set to 750 mL: at a gain of 1 the swing shrinks to .16 or less in all, at 3 it grows in some."""
FOUND_OSCILLATION = int(Findings.REFLEX_OSCILLATES)


@compiled
def total_volume(p):  # type: ignore[no-untyped-def]
    """Blood volume (mL) of a patient."""
    parameters = load_parameters(p)
    return body(parameters, fold(parameters)).total_volume


@compiled
def drives_of(pressure, step, lag, felt):  # type: ignore[no-untyped-def]
    """Mean sympathetic and vagal drive over a pattern, and the baroreceptor's lag (mmHg) after it."""
    after = baroreceptor(pressure, step, lag, felt)
    s, v = felt_drives(felt)
    return s, v, after


def mean_pressures(
    own: np.ndarray, learned: np.ndarray, state: np.ndarray, steps: int, physics: Physics, seconds: float
) -> tuple[np.ndarray, np.ndarray]:
    """Times (s) and mean pressures (mmHg) of patterns of beats, from a pushed steady state of the reflex.

    Parameters
    ----------
    own, learned, state : array
        Rows of one patient: parameters in the arm, what is learned of it unsupported, and the steady state.
    steps : int
        In a pattern.
    physics : Physics
        The optional laws in use.
    seconds : float
        How long.
    """
    grid = buffers(steps, "float64").grid
    signals, means = np.empty((len(SIGNALS), steps)), np.empty(MEANS)
    row, adjusted, felt = np.empty_like(own), np.empty(len(Adjusted._fields)), np.empty(steps)
    y, machine, tones = state[:STATES].copy(), state[MACHINE : MACHINE + MACHINES].copy(), np.empty(2)
    room = own[ROOM_AT] * learned[CHAMBERS_LEARNED]
    steady = state[[SYMPATHETIC, SYMPATHETIC, SYMPATHETIC, SYMPATHETIC, VAGAL]]
    drives = steady + PUSH * np.array([1.0, 1.0, 1.0, 1.0, 0.0])
    past = [steady] * MEMORY
    time = total = lag = 0.0
    times: list[float] = []
    pressures: list[float] = []
    while time < seconds:
        regulate(own, learned, drives, state[FACTOR], row, adjusted)
        follow_heart(own, learned, state, row, tones)
        before, total = total, total_volume(row)
        y[VEINS] += total - before if times else 0.0
        duration = pattern_duration(row)
        prepare(row, adjusted[CLOSURE_AT], grid, CURVES, steps)
        pattern(y, machine, tones, row, room, adjusted, grid, steps, signals, means, physics)
        pressure, step = signals[PRESSURE], duration / steps
        if not times:
            lag = drives_of(pressure, step, 0.0, felt)[2] / (1.0 - math.exp(-duration / TAU_POLE))
        s, v, lag = drives_of(pressure, step, lag, felt)
        past = [np.array([s, s, s, s, v]), *past[:-1]]
        called = delayed(np.array(past), duration)
        drives = called + (drives - called) * np.exp(-duration / LAG)
        time += duration
        times.append(time)
        pressures.append(means[PRESSURE])
    return np.array(times), np.array(pressures)


def delayed(past: np.ndarray, duration: float) -> np.ndarray:
    """Drives (in the order of Drives) that arrive in the beat after ``past``, the drives of beats, the latest first."""
    back = np.minimum(DELAY / duration, len(past) - 2.0)
    whole = back.astype(int)
    kinds = np.arange(len(DELAY))
    share = back - whole
    return np.asarray((1.0 - share) * past[whole, kinds] + share * past[whole + 1, kinds])


def find_oscillations(own: np.ndarray, learned: np.ndarray, solution: Solution) -> None:
    """Add the finding to a solution of arms under the reflex; ``own`` and ``learned`` are rows of the same patients."""
    steps, codes, _ = plan(own, BAROREFLEX.regulation)
    for job in np.flatnonzero((solution.status == Status.OK) & (own[:, GAIN_AT] > STABLE_GAIN)):
        physics = COMBINATIONS[codes[job]]
        times, pressures = mean_pressures(
            own[job], learned[job], solution.states[job], int(steps[job]), physics, 3.0 * WINDOW
        )
        before, after = (np.ptp(pressures[(times > n * WINDOW) & (times <= (n + 1) * WINDOW)]) for n in (1, 2))
        if not after < max(LASTING * before, LEAST_SWING):
            solution.findings[job] |= FOUND_OSCILLATION
