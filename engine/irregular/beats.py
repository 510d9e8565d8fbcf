"""An irregular heart's next beat in the lanes: each lane has its own beat in progress, of its own duration."""

from __future__ import annotations

import math
from typing import Annotated, NamedTuple

import numpy as np

from ..compile.decorators import function
from ..compile.layout import LANES, Array, row_access
from ..integration.lanes import (
    DEMAND,
    INNER,
    OUTER,
    copy_samples,
    load_body,
    load_coefficients,
    load_parameters,
    load_timing,
    place_patient,
    room_for,
    write_heart,
    write_room,
)
from ..integration.ssprk import EXTRAS, MEANS, SAMPLES, STATES, STEP_AT
from ..laws.coronary import HEALTHY_DEMAND, LEAST_TONE, effective_tone, lowest_tone, slow_tone, target_flow
from ..measure.beat import Tally, tally
from ..measure.end_systole import PLACES
from ..measure.interpolation import extrapolate
from ..names.outcomes import Outcomes, Samples
from ..patient.drive import tabulate_beat
from ..periodic.beat_map import INNER_FLOW_AT, OUTER_FLOW_AT, POWER_AT
from .batch_means import (
    AUGMENTED,
    BATCHES,
    COUNT,
    DURATION,
    PEAK,
    ROW,
    SUM_EXTRAS,
    SUM_MEANS,
    SUM_TALLY,
    SUM_TONES,
    store_tally,
)
from .rhythm import (
    BLOCK,
    R_WAVE,
    Beat,
    Console,
    Rhythm,
    draw_block,
    intervals,
    patient_key,
    rhythm_of,
    unused_console,
    watch,
)

BURN_IN = BLOCK
"""Beats before those that count."""
DEMAND_TIME = 4.0
"""s over which the oxygen demand is a running mean [X]."""
AROUND = 8
"""Samples between a beat and the end of the last one, and about both."""
RUNAWAY = 1e6
"""Sum of the sizes of all states past which, or at NaN, a patient has failed."""
TALLIES = len(Tally._fields)
BEFORE, LENGTH, DEBT, DEFLATION, FOLLOWS = range(5)
"""Columns of the pace: interval before this beat and after it (s), what it came early by, the deflation before it, and
whether an inflation goes before it."""

load_rhythm, store_rhythm = row_access(Rhythm)
load_console, store_console = row_access(Console)


class Series(NamedTuple):
    """LANES series of beats in progress, of at most ``nodes`` - 1 steps each.

    Attributes
    ----------
    rhythm, console, key
        Of the patient; its random numbers' key.
    pace, drawn
        Columns as told above; RR intervals of the block of beats.
    gas
        Pressures behind both valves of the balloon's drive.
    last
        The last beat's samples.
    highest
        Of this pattern so far: diastolic aortic and left ventricular pressure.
    cell, batches
        Sums over the block of beats, and over batches of blocks.
    filled, length
        Full batches and cells in the one being filled; cells in a batch.
    row, deviation, each
        Of one lane: outcomes, their standard errors, and outcomes batch by batch.
    """

    rhythm: Annotated[np.ndarray, Array(LANES, Rhythm)]
    console: Annotated[np.ndarray, Array(LANES, Console)]
    key: Annotated[np.ndarray, Array(LANES, dtype=np.uint64)]
    pace: Annotated[np.ndarray, Array(LANES, 5)]
    drawn: Annotated[np.ndarray, Array(LANES, BLOCK)]
    gas: Annotated[np.ndarray, Array(LANES, 2)]
    last: Annotated[np.ndarray, Array(LANES, Samples, "nodes")]
    highest: Annotated[np.ndarray, Array(LANES, 2)]
    cell: Annotated[np.ndarray, Array(LANES, ROW)]
    batches: Annotated[np.ndarray, Array(LANES, BATCHES, ROW)]
    filled: Annotated[np.ndarray, Array(LANES, 2, dtype=np.int64)]
    length: Annotated[np.ndarray, Array(LANES, 1, dtype=np.int64)]
    row: Annotated[np.ndarray, Array(Outcomes)]
    deviation: Annotated[np.ndarray, Array(Outcomes)]
    each: Annotated[np.ndarray, Array(BATCHES, Outcomes)]


@function
def enter(lane, job, jobs, seed, index, lanes, series, work):  # type: ignore[no-untyped-def]
    """Put a patient into a lane, at the activation before the first beat of its series."""
    place_patient(lane, job, jobs, lanes, work)
    write_room(lane, lanes, work)
    timing = load_timing(lanes.timing[lane])
    store_rhythm(series.rhythm[lane], rhythm_of(load_parameters(jobs.parameters[job])))
    store_console(series.console[lane], unused_console(timing.period))
    series.key[lane] = patient_key(seed, index[job])
    series.pace[lane] = 0.0
    series.pace[lane, LENGTH] = timing.period
    series.gas[lane] = timing.gas_vacuum
    series.last[lane] = 0.0
    series.highest[lane] = 0.0
    series.cell[lane] = 0.0
    series.filled[lane] = 0
    series.length[lane] = 1


@function
def begin_beat(lane, lanes, series, work, grid, curves):  # type: ignore[no-untyped-def]
    """Lay out one lane's next beat: its duration, what the console does, and the drive."""
    law, timing, steps = load_rhythm(series.rhythm[lane]), load_timing(lanes.timing[lane]), lanes.steps[lane]
    supported = timing.balloon_volume > 0.0
    pace = series.pace[lane]
    before, early = pace[LENGTH], pace[DEBT]
    number, key = lanes.beats[lane], series.key[lane]
    if number % BLOCK == 0:
        draw_block(law, key, number, series.drawn[lane])
    length, debt = intervals(law, key, number, series.drawn[lane, number % BLOCK], early)
    beat = Beat(length, before, law.period - early if early > 0.0 else 0.0)
    console = load_console(series.console[lane])
    follows = -R_WAVE <= console.inflation < before
    pace[BEFORE], pace[LENGTH], pace[DEBT] = before, length, debt
    pace[FOLLOWS] = 1.0 if follows or not supported else 0.0
    pace[DEFLATION] = console.deflation - before if supported and follows else 0.0
    if supported:
        console = watch(
            console, law, key, number, beat, timing.inflation_start,
            timing.deflation_start - timing.period, timing.beats,
        )  # fmt: skip
        store_console(series.console[lane], console)
    write_heart(lane, lanes, work)
    tabulate_beat(grid, lane, timing, beat, console, law.kick, series.gas[lane], steps, curves)
    work[STEP_AT * LANES + lane] = length / steps


@function
def wrapped(lane, lanes):  # type: ignore[no-untyped-def]
    """Room for the samples of one lane's beat and of the last one's end, and for what `tally` writes."""
    return room_for(lanes, 2 * lanes.steps[lane] + AROUND)


@function
def gather(lane, lanes, series, trace):  # type: ignore[no-untyped-def]
    """Lay out one lane's samples for `tally`: this beat from 0 on, the end of the last one before it, wrapped.

    The last beat's samples are interpolated at this one's step; what comes after this beat is extrapolated.
    """
    steps = lanes.steps[lane]
    signals, _ = wrapped(lane, lanes)
    copy_samples(trace, lane, steps, signals)
    n = signals.shape[1]
    stretch = series.pace[lane, LENGTH] / series.pace[lane, BEFORE]
    for which in range(SAMPLES):
        signal, last = signals[which], series.last[lane, which]
        last[steps] = signal[0]
        for back in range(1, steps + 5):
            place = max(steps - back * stretch, 0.0)
            at = min(int(place), steps - 1)
            signal[n - back] = last[at] + (place - at) * (last[at + 1] - last[at])
        for ahead in range(1, 4):
            signal[steps - 1 + ahead] = extrapolate(signal, steps - 1, float(ahead))
        for step in range(steps):
            last[step] = signal[step]


@function
def add_beat(lane, lanes, series):  # type: ignore[no-untyped-def]
    """Measure one lane's beat, add it to the cell, and take tones and demand into the next."""
    cell, pace, length = series.cell[lane], series.pace[lane], series.pace[lane, LENGTH]
    c, own, x, g = load_coefficients(lanes.coefficients[lane]), load_body(lanes.body[lane]), lanes.x, lanes.g
    means, extras, steps = lanes.means, lanes.extras, lanes.steps[lane]
    signals, shut = wrapped(lane, lanes)
    effective = load_timing(lanes.timing[lane]).effective_period
    summit = int(lanes.systole[PLACES, lane])
    follows = pace[FOLLOWS] > 0.0
    t = tally(
        signals, shut, 0, steps, summit, length / steps, c, effective, pace[DEFLATION], follows
    )  # fmt: skip
    demand, lowest = x[DEMAND, lane], lowest_tone(own.territory_at_risk)
    inner, outer = effective_tone(x[INNER, lane], own.dilated), effective_tone(x[OUTER, lane], own.dilated)
    target = target_flow(own.lv_mass, demand, HEALTHY_DEMAND, own.demand_share)
    g[INNER, lane] = slow_tone(x[INNER, lane], means[INNER_FLOW_AT, lane], target, length, lowest)
    g[OUTER, lane] = slow_tone(x[OUTER, lane], means[OUTER_FLOW_AT, lane], target, length, LEAST_TONE)
    now = means[POWER_AT, lane] + t.energy / length
    g[DEMAND, lane] = demand + (1.0 - math.exp(-length / DEMAND_TIME)) * (now - demand)
    for i in range(x.shape[0]):
        x[i, lane] = g[i, lane]
    if lanes.beats[lane] < BURN_IN:
        return
    row = np.empty(TALLIES)
    store_tally(row, t)
    cell[COUNT] += 1.0
    cell[DURATION] += length
    for i in range(MEANS):
        cell[SUM_MEANS + i] += means[i, lane] * length
    for i in range(EXTRAS):
        cell[SUM_EXTRAS + i] += extras[i, lane] * length
    cell[SUM_TONES] += inner * length
    cell[SUM_TONES + 1] += outer * length
    for i in range(TALLIES):
        if SUM_TALLY + i != AUGMENTED and SUM_TALLY + i != PEAK:
            cell[SUM_TALLY + i] += row[i]
    ratio = load_timing(lanes.timing[lane]).beats
    highest = series.highest[lane]
    highest[0], highest[1] = max(highest[0], t.augmented), max(highest[1], t.peak)
    if (lanes.beats[lane] + 1) % int(ratio) == 0:
        cell[AUGMENTED] += ratio * highest[0]
        cell[PEAK] += ratio * highest[1]
        highest[:] = 0.0


@function
def lost(lane, lanes):  # type: ignore[no-untyped-def]
    """Whether a lane's state has run away or is no number."""
    size = 0.0
    for i in range(STATES):
        size += abs(lanes.x[i, lane])
    return not size < RUNAWAY
