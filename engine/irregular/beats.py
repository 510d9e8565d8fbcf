"""Irregular patients in lanes, beat by beat: each lane has its own beat in progress, of its own duration."""

from __future__ import annotations

import math
from typing import Annotated, NamedTuple

import numpy as np

from ..compile.decorators import function
from ..compile.layout import LANES, Array, access, allocate, row_access
from ..integration.ssprk import (
    COEFFICIENTS_AT,
    EXTRAS,
    EXTRAS_AT,
    MACHINE_AT,
    MACHINES,
    MEANS,
    MEANS_AT,
    ROWS,
    SAMPLES,
    STATES,
    STEP_AT,
    TONE_AT,
)
from ..laws.coronary import HEALTHY_DEMAND, slow_tone, target_flow
from ..measure.beat import Tally, tally
from ..measure.interpolation import extrapolate
from ..names.outcomes import Outcomes
from ..names.parameters import Parameters
from ..names.signals import Samples
from ..names.state import Learned
from ..patient.clock import Timing, clock
from ..patient.coefficients import Body, Coefficients, body, fold
from ..patient.drive import tabulate_beat
from ..periodic.beat_map import (
    CHAMBERS,
    CHAMBERS_LEARNED,
    DEMAND,
    INNER,
    INNER_FLOW_AT,
    IS_VOLUME,
    LAYER_AT,
    MACHINE,
    OUTER,
    OUTER_FLOW_AT,
    PERICARDIUM_AT,
    POWER_AT,
    VEINS,
)
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
RUNAWAY = 1e6
"""Sum of the sizes of all states past which, or at NaN, a patient has failed."""
TALLIES = len(Tally._fields)
CLOSURE_AT = Learned._fields.index("closure")
BEFORE, LENGTH, DEBT, DEFLATION, FOLLOWS = range(5)
"""Columns of the pace: interval before this beat and after it (s), what it came early by, the deflation before it, and
whether an inflation goes before it."""

load_parameters, _ = row_access(Parameters)
load_coefficients, store_row = row_access(Coefficients)
load_timing, store_timing = row_access(Timing)
load_body, store_body = row_access(Body)
load_rhythm, store_rhythm = row_access(Rhythm)
load_console, store_console = row_access(Console)
_, store_coefficients = access(Coefficients, COEFFICIENTS_AT)


class Course(NamedTuple):
    """LANES patients in progress, in beats of ``steps`` steps.

    Attributes
    ----------
    job, beats
        The row of the patient in a lane, or -1, and the beats that it has gone through.
    filled, length
        Full batches and cells in the one being filled; cells in a batch.
    key
        Of its random numbers.
    held
        Both coronary tones and the oxygen demand.
    pace, drawn
        Columns as told above; RR intervals of the block of beats.
    gas
        Pressures behind both valves of the balloon's drive.
    highest
        Of this pattern so far: diastolic aortic and left ventricular pressure.
    coefficients, timing, body, learned, rhythm, console
        The patient.
    cell, batches
        Sums over the block of beats, and over batches of blocks.
    last
        The last beat's samples.
    signals, row, deviation, each
        Of one lane: samples around its beat, outcomes, their standard errors, and outcomes batch by batch.
    """

    job: Annotated[np.ndarray, Array(LANES, dtype=np.int64, fill=-1)]
    beats: Annotated[np.ndarray, Array(LANES, dtype=np.int64)]
    filled: Annotated[np.ndarray, Array(LANES, 2, dtype=np.int64)]
    length: Annotated[np.ndarray, Array(LANES, 1, dtype=np.int64)]
    key: Annotated[np.ndarray, Array(LANES, dtype=np.uint64)]
    held: Annotated[np.ndarray, Array(LANES, 3)]
    pace: Annotated[np.ndarray, Array(LANES, 5)]
    drawn: Annotated[np.ndarray, Array(LANES, BLOCK)]
    gas: Annotated[np.ndarray, Array(LANES, 2)]
    highest: Annotated[np.ndarray, Array(LANES, 2)]
    coefficients: Annotated[np.ndarray, Array(LANES, Coefficients)]
    timing: Annotated[np.ndarray, Array(LANES, Timing)]
    body: Annotated[np.ndarray, Array(LANES, Body)]
    learned: Annotated[np.ndarray, Array(LANES, Learned)]
    rhythm: Annotated[np.ndarray, Array(LANES, Rhythm)]
    console: Annotated[np.ndarray, Array(LANES, Console)]
    cell: Annotated[np.ndarray, Array(LANES, ROW)]
    batches: Annotated[np.ndarray, Array(LANES, BATCHES, ROW)]
    last: Annotated[np.ndarray, Array(LANES, Samples, "nodes")]
    signals: Annotated[np.ndarray, Array(Samples, "window")]
    row: Annotated[np.ndarray, Array(Outcomes)]
    deviation: Annotated[np.ndarray, Array(Outcomes)]
    each: Annotated[np.ndarray, Array(BATCHES, Outcomes)]


def course(steps: int) -> Course:
    """Allocate the lanes for beats of ``steps`` steps."""
    made: Course = allocate(Course, nodes=steps + 1, window=2 * steps + 8)
    return made


@function
def enter(lane, job, parameters, start, learned, seed, index, s, work):  # type: ignore[no-untyped-def]
    """Put a patient into a lane, at the activation before the first beat of its series."""
    p = load_parameters(parameters[job])
    c = fold(p)
    timing = clock(p, 60.0 / p.heart_rate, learned[job, CLOSURE_AT])
    own = body(p, c)
    store_row(s.coefficients[lane], c)
    store_timing(s.timing[lane], timing)
    store_body(s.body[lane], own)
    store_rhythm(s.rhythm[lane], rhythm_of(p))
    store_console(s.console[lane], unused_console(timing.period))
    store_coefficients(work, lane, c)
    for row in range(MACHINE_AT, ROWS):
        work[row * LANES + lane] = 0.0
    chambers = 0.0
    for i in range(STATES):
        work[i * LANES + lane] = start[job, i]
    for i in range(MACHINES):
        work[(MACHINE_AT + i) * LANES + lane] = start[job, MACHINE + i]
    for i in CHAMBERS:
        chambers += start[job, i]
    s.learned[lane] = learned[job]
    if learned[job, CHAMBERS_LEARNED] > 0.0:
        chambers = learned[job, CHAMBERS_LEARNED]
    work[(COEFFICIENTS_AT + PERICARDIUM_AT) * LANES + lane] = own.pericardial_room * chambers
    s.held[lane, 0], s.held[lane, 1], s.held[lane, 2] = start[job, INNER], start[job, OUTER], start[job, DEMAND]
    s.pace[lane] = 0.0
    s.pace[lane, LENGTH] = timing.period
    s.gas[lane] = timing.gas_vacuum
    s.highest[lane] = 0.0
    s.key[lane] = patient_key(seed, index[job])
    s.job[lane] = job
    s.beats[lane] = 0
    s.filled[lane] = 0
    s.length[lane] = 1
    s.cell[lane] = 0.0
    s.last[lane] = 0.0


@function
def begin_beat(s, lane, work, grid, steps, curves):  # type: ignore[no-untyped-def]
    """Lay out one lane's next beat: its duration, what the console does, the drive; the veins take what is left."""
    law, timing = load_rhythm(s.rhythm[lane]), load_timing(s.timing[lane])
    supported = timing.balloon_volume > 0.0
    pace = s.pace[lane]
    before, early = pace[LENGTH], pace[DEBT]
    number, key = s.beats[lane], s.key[lane]
    if number % BLOCK == 0:
        draw_block(law, key, number, s.drawn[lane])
    length, debt = intervals(law, key, number, s.drawn[lane, number % BLOCK], early)
    beat = Beat(length, before, law.period - early if early > 0.0 else 0.0)
    console = load_console(s.console[lane])
    follows = -R_WAVE <= console.inflation < before
    pace[BEFORE], pace[LENGTH], pace[DEBT] = before, length, debt
    pace[FOLLOWS] = 1.0 if follows or not supported else 0.0
    pace[DEFLATION] = console.deflation - before if supported and follows else 0.0
    if supported:
        console = watch(
            console, law, key, number, beat, timing.inflation_start,
            timing.deflation_start - timing.period, timing.beats,
        )  # fmt: skip
        store_console(s.console[lane], console)
    tabulate_beat(grid, lane, timing, beat, console, law.kick, s.gas[lane], steps, curves)
    work[STEP_AT * LANES + lane] = length / steps
    layer = s.coefficients[lane, LAYER_AT]
    work[TONE_AT * LANES + lane] = layer / s.held[lane, 0]
    work[(TONE_AT + 1) * LANES + lane] = layer / s.held[lane, 1]
    veins = load_body(s.body[lane]).total_volume
    for i in range(STATES):
        if IS_VOLUME[i] and i != VEINS:
            veins -= work[i * LANES + lane]
    work[VEINS * LANES + lane] = veins


@function
def gather(s, trace, lane, steps):  # type: ignore[no-untyped-def]
    """Lay out one lane's samples for `tally`: this beat from 0 on, the end of the last one before it, wrapped.

    The last beat's samples are interpolated at this one's step; what comes after this beat is extrapolated.
    """
    n = s.signals.shape[1]
    stretch = s.pace[lane, LENGTH] / s.pace[lane, BEFORE]
    for which in range(SAMPLES):
        signal, last = s.signals[which], s.last[lane, which]
        for step in range(steps):
            signal[step] = trace[(step * SAMPLES + which) * LANES + lane]
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
def add_beat(s, lane, work, steps):  # type: ignore[no-untyped-def]
    """Measure one lane's beat, add it to the cell, and take tones and demand into the next."""
    cell, pace, length = s.cell[lane], s.pace[lane], s.pace[lane, LENGTH]
    c, own = load_coefficients(s.coefficients[lane]), load_body(s.body[lane])
    t = tally(
        s.signals, 0, steps, length / steps, c, s.learned[lane, CLOSURE_AT], pace[DEFLATION], pace[FOLLOWS] > 0.0
    )  # fmt: skip
    inner, outer, demand = s.held[lane, 0], s.held[lane, 1], s.held[lane, 2]
    target = target_flow(own.lv_mass, demand, HEALTHY_DEMAND, own.demand_share)
    first = MEANS_AT * LANES + lane
    s.held[lane, 0] = slow_tone(inner, work[first + INNER_FLOW_AT * LANES] / steps, target, length)
    s.held[lane, 1] = slow_tone(outer, work[first + OUTER_FLOW_AT * LANES] / steps, target, length)
    now = work[first + POWER_AT * LANES] / steps + t.energy / length
    s.held[lane, 2] = demand + (1.0 - math.exp(-length / DEMAND_TIME)) * (now - demand)
    if s.beats[lane] < BURN_IN:
        return
    row = np.empty(TALLIES)
    store_tally(row, t)
    cell[COUNT] += 1.0
    cell[DURATION] += length
    for i in range(MEANS):
        cell[SUM_MEANS + i] += work[(MEANS_AT + i) * LANES + lane] / steps * length
    for i in range(EXTRAS):
        cell[SUM_EXTRAS + i] += work[(EXTRAS_AT + i) * LANES + lane] / steps * length
    cell[SUM_TONES] += inner * length
    cell[SUM_TONES + 1] += outer * length
    for i in range(TALLIES):
        if SUM_TALLY + i != AUGMENTED and SUM_TALLY + i != PEAK:
            cell[SUM_TALLY + i] += row[i]
    ratio = load_timing(s.timing[lane]).beats
    s.highest[lane, 0] = max(s.highest[lane, 0], t.augmented)
    s.highest[lane, 1] = max(s.highest[lane, 1], t.peak)
    if (s.beats[lane] + 1) % int(ratio) == 0:
        cell[AUGMENTED] += ratio * s.highest[lane, 0]
        cell[PEAK] += ratio * s.highest[lane, 1]
        s.highest[lane] = 0.0


@function
def lost(s, lane, work):  # type: ignore[no-untyped-def]
    """Whether a lane's state has run away or is no number."""
    size = 0.0
    for i in range(STATES):
        size += abs(work[i * LANES + lane])
    return not size < RUNAWAY
