"""The drive in time: activations and balloon, tabulated for one lane on the grid of half steps."""

from __future__ import annotations

import math

import numpy as np

from ..compile.decorators import function, inlined
from ..compile.layout import LANES
from ..laws.balloon import add_inflation, fill
from ..laws.heart import ATRIUM_HILL, VENTRICLE_HILL, double_hill
from ..names.signals import Drive

DRIVES = len(Drive._fields)
VENTRICLES, ATRIA, BALLOON_VOLUME, BALLOON_RATE = (
    Drive._fields.index(name) * LANES
    for name in ("ventricular_activation", "atrial_activation", "balloon_volume", "balloon_rate")
)
"""Where each drive of the first lane stands in a row of the grid."""
FINENESS = 4096
LONGEST = 4
"""The master curves reach LONGEST effective periods, FINENESS points in each: linear interpolation errs by 1e-6."""
FORGOTTEN = (1.2, 0.9)
"""Effective periods after which less than 1e-9 is left of the activation of ventricles and atria."""


def master_curves() -> np.ndarray:
    """Double Hill curves of ventricle and atrium, scaled to a maximum of one, over time in effective periods."""
    times = np.arange(LONGEST * FINENESS + 2) / FINENESS
    curves = np.array([[double_hill.py_func(time, *hill) for time in times] for hill in (VENTRICLE_HILL, ATRIUM_HILL)])
    return curves / curves.max(axis=1, keepdims=True)


@inlined
def interpolate(curve, place):  # type: ignore[no-untyped-def]
    """Value of a master curve at a place between its points."""
    place = min(place, float(LONGEST * FINENESS))
    at = int(place)
    return curve[at] + (place - at) * (curve[at + 1] - curve[at])


@inlined
def activation(curve, time, period, fineness):  # type: ignore[no-untyped-def]
    """Activation at a time (s) after the last onset: this beat's curve and what is left of the one before.

    ``fineness`` is the master curve's points a second: `FINENESS` over the effective period.
    """
    return interpolate(curve, time * fineness) + interpolate(curve, (time + period) * fineness)


@function
def tabulate(grid, lane, timing, steps, curves):  # type: ignore[no-untyped-def]
    """Fill one lane of the grid for a pattern of ``steps`` steps; layout as in ``integrate``."""
    beats = int(timing.beats)
    rows = 2 * steps
    rows_per_beat = rows // beats
    half = timing.period / rows_per_beat
    fineness = FINENESS / timing.effective_period
    for row in range(rows_per_beat):
        since = row * half
        before = since + timing.atrial_lead
        before -= timing.period if before >= timing.period else 0.0
        ventricle = interpolate(curves[0], since * fineness)
        atrium = interpolate(curves[1], before * fineness)
        if since + timing.period < FORGOTTEN[0] * timing.effective_period:
            ventricle += interpolate(curves[0], (since + timing.period) * fineness)
        if before + timing.period < FORGOTTEN[1] * timing.effective_period:
            atrium += interpolate(curves[1], (before + timing.period) * fineness)
        for beat in range(beats):
            place = (beat * rows_per_beat + row) * DRIVES * LANES + lane
            grid[place + VENTRICLES] = ventricle
            grid[place + ATRIA] = atrium
    gas = timing.gas_time > 0.0
    ramps = timing.balloon_volume > 0.0 and not gas
    for row in range(rows):
        share, rate = 0.0, 0.0
        if ramps:
            share, rate = fill(
                row * half, timing.period * timing.beats, timing.inflation_start, timing.deflation_start,
                timing.inflation_time, timing.deflation_time,
            )  # fmt: skip
        place = row * DRIVES * LANES + lane
        grid[place + BALLOON_VOLUME] = timing.balloon_volume * share
        grid[place + BALLOON_RATE] = timing.balloon_volume * rate
    if gas:
        gas_pressure(grid, lane, timing, steps)
    for place in range(lane, DRIVES * LANES, LANES):
        grid[rows * DRIVES * LANES + place] = grid[place]


@inlined
def through_valves(first, second, share, step, timing):  # type: ignore[no-untyped-def]
    """Pressures (mmHg) behind the first and second valve of the gas drive after a step (s), from those before it.

    Each valve has half the time constant; ``share`` of the step the console fills the balloon.
    """
    decay = math.exp(-2.0 * step / timing.gas_time)
    source = timing.gas_vacuum + min(share, 1.0) * (timing.gas_pressure - timing.gas_vacuum)
    behind = source + (first - source) * (2.0 * step / timing.gas_time) * decay + (second - source) * decay
    return source + (first - source) * decay, behind


@function
def gas_pressure(grid, lane, timing, steps):  # type: ignore[no-untyped-def]
    """Put the pressure of the gas in place of the balloon's rate: two valves in a row, each of half the time constant.

    One valve alone would leave a kink in the balloon's rate, which wall viscosity turns into pressure. The pattern is
    gone through twice: what is left of the state before it is then e**-10 or less.
    """
    rows = 2 * steps
    pattern = timing.period * timing.beats
    step = pattern / rows
    first = second = timing.gas_vacuum
    for row in range(2 * rows + 1):
        grid[(row % rows) * DRIVES * LANES + lane + BALLOON_RATE] = second
        # share of this half step in which the console fills the balloon
        filled = 0.0
        for shift in range(-1, 2):
            begin = timing.inflation_start + shift * pattern
            end = timing.deflation_start + shift * pattern
            at = (row % rows) * step
            filled += max(min(end, at + step) - max(begin, at), 0.0) / step
        first, second = through_valves(first, second, filled, step, timing)


@function
def tabulate_beat(grid, lane, timing, beat, console, kick, gas, steps, curves):  # type: ignore[no-untyped-def]
    """Fill one lane of the grid for one beat of an irregular rhythm.

    Systole keeps the duration that belongs to the mean rate: repolarisation takes a minute to follow the interval
    [M Franz 1988]. The atria keep the sinus node's time, also under an ectopic beat, or do not contract.

    Parameters
    ----------
    grid : array
        Layout as in ``integrate``.
    lane : int
    timing : Timing
    beat : Beat
    console : Console
        The inflations of this beat and of those before.
    kick : float
        0 where the atria do not contract, else 1.
    gas : array, (2,)
        Pressures behind the drive's first and second valve at the beat's start; replaced by those at its end.
    steps : int
    curves : array
        Master curves of activation.
    """
    half = 0.5 * beat.interval / steps
    fineness = FINENESS / timing.effective_period
    supported = timing.balloon_volume > 0.0
    for row in range(2 * steps + 1):
        time = row * half
        since = (time + beat.phase + timing.atrial_lead) % timing.period
        place = row * DRIVES * LANES + lane
        grid[place + VENTRICLES] = activation(curves[0], time, beat.before, fineness)
        grid[place + ATRIA] = kick * activation(curves[1], since, timing.period, fineness)
        empty, rate = 1.0, 0.0
        if supported and timing.gas_time == 0.0:
            empty, rate = add_inflation(
                empty, rate, time - console.earlier_inflation, time - console.earlier_deflation,
                timing.inflation_time, timing.deflation_time,
            )  # fmt: skip
            empty, rate = add_inflation(
                empty, rate, time - console.inflation, time - console.deflation,
                timing.inflation_time, timing.deflation_time,
            )  # fmt: skip
        grid[place + BALLOON_VOLUME] = timing.balloon_volume * (1.0 - empty)
        grid[place + BALLOON_RATE] = timing.balloon_volume * rate
    if timing.gas_time > 0.0:
        gas_in_beat(grid, lane, timing, console, half, gas, steps)


@function
def gas_in_beat(grid, lane, timing, console, half, gas, steps):  # type: ignore[no-untyped-def]
    """Put the pressure of the gas in place of the balloon's rate, as `gas_pressure`, from where the last beat ended."""
    first, second = gas[0], gas[1]
    for row in range(2 * steps + 1):
        grid[row * DRIVES * LANES + lane + BALLOON_RATE] = second
        if row == 2 * steps:
            break
        at = row * half
        filled = max(min(console.deflation, at + half) - max(console.inflation, at), 0.0)
        filled += max(min(console.earlier_deflation, at + half) - max(console.earlier_inflation, at), 0.0)
        first, second = through_valves(first, second, filled / half, half, timing)
    gas[0], gas[1] = first, second
