"""The drive in time: activations and balloon, tabulated for a patient in half steps, and laid into the grid."""

from __future__ import annotations

import math
from typing import Annotated, NamedTuple

import numpy as np

from ..compile.decorators import function, inlined
from ..compile.layout import LANES, Array
from ..laws.balloon import add_inflation, fill
from ..laws.heart import ATRIUM_HILL, VENTRICLE_HILL, double_hill
from ..names.signals import Drive

DRIVES = len(Drive._fields)
VENTRICLES, ATRIA, BALLOON_VOLUME, BALLOON_RATE = (
    Drive._fields.index(name) * LANES
    for name in ("ventricular_activation", "atrial_activation", "balloon_volume", "balloon_rate")
)
"""Where each drive of the first lane stands in a row of the grid."""
LAID, NOTHING, GAS, RAMPS = range(-1, 3)
"""What a table may hold of a balloon: zeros, the pressure of its gas, or its volume and rate."""
BALLOON = Drive._fields.index("balloon_volume")
"""The drives before it are the activations."""
FINENESS = 4096
LONGEST = 4
"""The master curves reach LONGEST effective periods, FINENESS points in each: linear interpolation errs by 1e-6."""
FORGOTTEN = (1.2, 0.9)
"""Effective periods after which less than 1e-9 is left of the activation of ventricles and atria."""
FRACTION = 48
"""Binary digits of a place between two points of a master curve."""


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


@inlined
def balloon_of(timing):  # type: ignore[no-untyped-def]
    """What a patient has of a balloon: `NOTHING`, `GAS` or `RAMPS`."""
    driven = GAS if timing.gas_time > 0.0 else RAMPS
    return driven if timing.balloon_volume > 0.0 else NOTHING


class Tables(NamedTuple):
    """Drives of LANES patients in time, a lane after the other, before they are laid into the grid.

    Attributes
    ----------
    values
        In rows of half steps, of which the last is the first again.
    drawn
        What of a balloon the table of a lane holds, or `LAID` once the grid has it.
    stood
        What of a balloon the grid holds in a lane; `NOTHING` in a grid of zeros.
    """

    values: Annotated[np.ndarray, Array(LANES, Drive, "rows")]
    drawn: Annotated[np.ndarray, Array(LANES, dtype=np.int64, fill=LAID)]
    stood: Annotated[np.ndarray, Array(LANES, dtype=np.int64)]


@function
def tabulate(table, timing, steps, curves):  # type: ignore[no-untyped-def]
    """Fill the table (drives, rows) of a patient for a pattern of ``steps`` steps; say what of a balloon it holds."""
    if not timing.period < math.inf:
        return LAID  # a patient gone astray, whose steps are no numbers either
    rows, balloon = 2 * steps, balloon_of(timing)
    beat_rows = rows // int(timing.beats)
    ventricles, atria, volume, rate = table[0, :rows], table[1, :rows], table[2, :rows], table[3, :rows]
    activations(ventricles[:beat_rows], atria[:beat_rows], timing, curves)
    for row in range(beat_rows, rows):
        ventricles[row], atria[row] = ventricles[row - beat_rows], atria[row - beat_rows]
    volume[:] = 0.0
    if balloon == GAS:
        scratch = np.empty((2, rows))
        gas_pressure(rate, scratch[0], scratch[1], timing)
    elif balloon == RAMPS:
        ramps(volume, rate, timing)
    else:
        rate[:] = 0.0
    for drive in range(DRIVES):
        table[drive, rows] = table[drive, 0]
    return balloon


@function
def lay(grid, tables, steps):  # type: ignore[no-untyped-def]
    """Lay the tables that were drawn into the grid of `integrate`, all lanes of a row together.

    Row by row, because the lanes of a drive share a line of the cache: measured on Granite Rapids, .41 us a lane where
    nine are laid, 1.87 alone. What stays zero is not written again.
    """
    values, drawn, stood = tables.values.reshape(-1), tables.drawn, tables.stood
    rows = tables.values.shape[2]
    lanes, starts = np.empty(LANES, np.uintp), np.empty(LANES, np.uintp)
    for drive in range(DRIVES):
        count, shortest = 0, rows
        for lane in range(LANES):
            moves, empties = drawn[lane] + stood[lane] != NOTHING, drawn[lane] == RAMPS or stood[lane] == RAMPS
            if drawn[lane] != LAID and (drive < BALLOON or (empties if drive == BALLOON else moves)):
                lanes[count], starts[count] = lane, (lane * DRIVES + drive) * rows
                shortest = min(shortest, 2 * steps[lane] + 1)
                count += 1
        for row in range(shortest):
            place = np.uintp((row * DRIVES + drive) * LANES)
            for each in range(count):
                grid[place + lanes[each]] = values[starts[each] + np.uintp(row)]
        for each in range(count):
            for row in range(shortest, 2 * steps[lanes[each]] + 1):
                place = np.uintp((row * DRIVES + drive) * LANES)
                grid[place + lanes[each]] = values[starts[each] + np.uintp(row)]
    for lane in range(LANES):
        stood[lane] = stood[lane] if drawn[lane] == LAID else drawn[lane]
        drawn[lane] = LAID


@function
def activations(ventricles, atria, timing, curves):  # type: ignore[no-untyped-def]
    """Write the activations in the rows of one beat."""
    rows, period, lead = ventricles.size, timing.period, timing.atrial_lead
    half = period / rows
    fineness = FINENESS / timing.effective_period
    points = half * fineness
    ventricles[:] = 0.0
    atria[:] = 0.0
    left = FORGOTTEN[0] * timing.effective_period - period
    add_contraction(ventricles, curves[0], 0, rows, 0.0, points)
    add_contraction(ventricles, curves[0], 0, rows_before(left, half, rows), period * fineness, points)
    # from the row ``next_one`` on the atria contract for the next beat
    next_one = rows_before(period - lead, half, rows)
    left = FORGOTTEN[1] * timing.effective_period - lead
    add_contraction(atria, curves[1], 0, max(next_one, rows_before(left, half, rows)), lead * fineness, points)
    add_contraction(atria, curves[1], next_one, rows, (lead - period) * fineness, points)
    last_one = min(next_one, rows_before(left - period, half, rows))
    add_contraction(atria, curves[1], 0, last_one, (lead + period) * fineness, points)


@inlined
def rows_before(time, half, rows):  # type: ignore[no-untyped-def]
    """How many of the rows, ``half`` (s) apart, lie before a time (s)."""
    return math.ceil(min(float(rows), max(0.0, time / half)))


@function
def add_contraction(values, curve, first, last, begin, points):  # type: ignore[no-untyped-def]
    """Add the master curve of one contraction to the rows from ``first`` up to ``last``.

    Row 0 lies ``begin`` points of the curve after the onset, and rows ``points`` apart. Places are counted in
    2**-FRACTION points, as whole numbers: half the time of making every place a whole number and a rest.
    """
    room = (LONGEST * FINENESS - begin) / points
    if not room >= 1.0:
        return
    one = float(1 << FRACTION)
    # the first row may lie a rounding before the onset
    place = np.uint64(max(begin + first * points, 0.0) * one)
    pace = np.uint64(points * one)
    for row in range(first, min(last, int(min(float(last), room)))):
        at = place >> np.uint64(FRACTION)
        share = np.int64(place & np.uint64((1 << FRACTION) - 1)) * (1.0 / one)
        low = curve[at]
        values[np.uintp(row)] += low + share * (curve[at + np.uint64(1)] - low)
        place += pace


@function
def ramps(volume, rate, timing):  # type: ignore[no-untyped-def]
    """Write a balloon of prescribed ramps: its volume and rate in the rows of a pattern."""
    pattern = timing.period * timing.beats
    half = pattern / rate.size
    for row in range(rate.size):
        share, speed = fill(
            row * half, pattern, timing.inflation_start, timing.deflation_start, timing.inflation_time,
            timing.deflation_time,
        )  # fmt: skip
        volume[row] = timing.balloon_volume * share
        rate[row] = timing.balloon_volume * speed


@inlined
def through_valves(first, second, source, elapsed, decay):  # type: ignore[no-untyped-def]
    """Pressures (mmHg) behind the first and second valve of the gas drive, from those before and a constant source's.

    Each valve has half the drive's time constant; ``elapsed`` is the time in it, and ``decay`` exp(-elapsed).
    """
    return source + (first - source) * decay, source + (second - source + (first - source) * elapsed) * decay


@function
def write_powers(powers, base):  # type: ignore[no-untyped-def]
    """Write the powers of a number from 0 on; those that are known give as many again."""
    powers[0] = 1.0
    known, factor = 1, base
    while known < powers.size:
        for k in range(min(known, powers.size - known)):
            powers[np.uintp(known + k)] = factor * powers[np.uintp(k)]
        known *= 2
        factor *= factor


@function
def gas_pressure(pressure, turned, decay, timing):  # type: ignore[no-untyped-def]
    """Write the pressure of the gas in the rows of a pattern: two valves in a row, each of half the time constant.

    One valve alone would leave a kink in the balloon's rate, which wall viscosity turns into pressure. A half step in
    which the console switches has its mean source. From the half step on in which inflation begins, the pattern is
    four stretches of a constant source each, and what they leave at its end is what they begin with. ``turned`` and
    ``decay`` are scratch.
    """
    rows = pressure.size
    pattern = timing.period * timing.beats
    # time in half steps, from the one in which inflation begins
    start = math.floor(timing.inflation_start / pattern * rows)
    begin = timing.inflation_start / pattern * rows - start
    filling = max((timing.deflation_start - timing.inflation_start) / pattern * rows, 0.0)
    end = begin + min(filling, float(rows))
    full = max(min(int(end), rows), 1)
    elapsed = 2.0 * pattern / rows / timing.gas_time
    # pressures above the vacuum
    source = timing.gas_pressure - timing.gas_vacuum
    stretches = (
        (0, 1, source * (min(end, 1.0) - begin + max(end - rows, 0.0))),
        (1, full, source),
        (full, min(full + 1, rows), source * max(end - full, 0.0)),
        (min(full + 1, rows), rows, 0.0),
    )
    write_powers(decay, math.exp(-elapsed))
    first = second = 0.0
    for here, there, source in stretches:
        first, second = through_valves(first, second, source, (there - here) * elapsed, decay[there - here])
    left = decay[1] * decay[rows - 1]
    first /= 1.0 - left
    second = (second + first * rows * elapsed * left) / (1.0 - left)
    for here, there, source in stretches:
        for k in range(there - here):
            _, behind = through_valves(first, second, source, k * elapsed, decay[np.uintp(k)])
            turned[np.uintp(here + k)] = timing.gas_vacuum + behind
        first, second = through_valves(first, second, source, (there - here) * elapsed, decay[there - here])
    start %= rows
    pressure[start:] = turned[: rows - start]
    pressure[:start] = turned[rows - start :]


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
    elapsed = 2.0 * half / timing.gas_time
    decay = math.exp(-elapsed)
    for row in range(2 * steps):
        grid[row * DRIVES * LANES + lane + BALLOON_RATE] = second
        at = row * half
        filled = max(min(console.deflation, at + half) - max(console.inflation, at), 0.0)
        filled += max(min(console.earlier_deflation, at + half) - max(console.earlier_inflation, at), 0.0)
        source = timing.gas_vacuum + min(filled / half, 1.0) * (timing.gas_pressure - timing.gas_vacuum)
        first, second = through_valves(first, second, source, elapsed, decay)
    grid[2 * steps * DRIVES * LANES + lane + BALLOON_RATE] = second
    gas[0], gas[1] = first, second
