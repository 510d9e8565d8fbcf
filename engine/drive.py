"""The drive in time: activations and balloon, tabulated for one lane on the grid of half steps."""

from __future__ import annotations

import numpy as np

from .balloon import fill
from .compilation import function, inlined
from .heart import ATRIUM_HILL, VENTRICLE_HILL, double_hill
from .lanes import LANES
from .tables import Drive

DRIVES = len(Drive._fields)
FINENESS = 4096
LONGEST = 4
"""The master curves reach LONGEST effective periods, FINENESS points in each: linear interpolation errs by 1e-6."""


def master_curves() -> np.ndarray:
    """Double Hill curves of ventricle and atrium, scaled to a maximum of one, over time in effective periods."""
    times = np.arange(LONGEST * FINENESS + 2) / FINENESS
    curves = np.array([[double_hill.py_func(time, *hill) for time in times] for hill in (VENTRICLE_HILL, ATRIUM_HILL)])
    return curves / curves.max(axis=1, keepdims=True)


@inlined
def interpolate(curve, time):  # type: ignore[no-untyped-def]
    """Value of a master curve at a time in effective periods."""
    place = min(time * FINENESS, float(LONGEST * FINENESS))
    at = int(place)
    return curve[at] + (place - at) * (curve[at + 1] - curve[at])


@inlined
def activation(curve, time, period, effective):  # type: ignore[no-untyped-def]
    """Activation at a time (s) after the last onset: this beat's curve and what is left of the one before."""
    return interpolate(curve, time / effective) + interpolate(curve, (time + period) / effective)


@function
def tabulate(grid, lane, timing, steps, curves):  # type: ignore[no-untyped-def]
    """Fill one lane of the grid for a pattern of ``steps`` steps; layout as in ``integrate``."""
    half = 0.5 * timing.period * timing.beats / steps
    pattern = timing.period * timing.beats
    supported = timing.balloon_volume > 0.0
    rows_per_beat = 2 * steps // int(timing.beats)
    for row in range(2 * steps + 1):
        time = row * half
        since = (row % rows_per_beat) * half
        before = (since + timing.atrial_lead) % timing.period
        place = row * DRIVES * LANES + lane
        grid[place] = activation(curves[0], since, timing.period, timing.effective_period)
        grid[place + LANES] = activation(curves[1], before, timing.period, timing.effective_period)
        share = 0.0
        rate = 0.0
        if supported:
            share, rate = fill(
                time,
                pattern,
                timing.inflation_start,
                timing.deflation_start,
                timing.inflation_time,
                timing.deflation_time,
            )
        grid[place + 2 * LANES] = timing.balloon_volume * share
        grid[place + 3 * LANES] = timing.balloon_volume * rate
