"""Patients side by side in lanes, one beat or pattern of beats after another, whatever their rhythm.

A rhythm says how a patient enters a lane, how the next beats begin, and who is done after them. What a lane holds
between beats is a state of the beat map: what is integrated, what is held through a pattern (the coronary tones and
the oxygen demand), and where the circulation is regulated, the drives of the reflex and what drugs make of the
resistance.
"""

from __future__ import annotations

from typing import Annotated, NamedTuple

import numpy as np

from ..compile.decorators import borrowing, function
from ..compile.layout import LANES, Array, access, allocate, row_access
from ..laws.coronary import contractility, effective_tone, perfusion
from ..laws.valves import functional_leak
from ..measure.end_systole import PLACES
from ..names.outcomes import Extras, Means, Samples
from ..names.parameters import PARAMETERS, Parameters
from ..names.state import Held, Learned, Regulated, State
from ..patient.clock import Timing, clock
from ..patient.coefficients import Body, Coefficients, body, fold
from ..patient.drive import Tables
from .ssprk import (
    COEFFICIENTS_AT,
    DRIVES,
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
    integrate,
)

PLAIN_FIELDS = STATES + len(Held._fields)
MACHINE_FIELDS = PLAIN_FIELDS + MACHINES
FIELDS = MACHINE_FIELDS + len(Regulated._fields)
"""Rows of a state of the map; unregulated the first ``MACHINE_FIELDS`` are all, without machines ``PLAIN_FIELDS``, and
one more with gas alone."""
INNER, OUTER, DEMAND, MACHINE = STATES, STATES + 1, STATES + 2, PLAIN_FIELDS
SYMPATHETIC, VAGAL, FACTOR = range(MACHINE_FIELDS, FIELDS)
CHAMBERS = tuple(State._fields.index(f"{chamber}_volume") for chamber in ("lv", "rv", "la", "ra"))
LV = State._fields.index("lv_volume")
VEINS = State._fields.index("systemic_venous_volume")
IS_VOLUME = tuple(name.endswith("volume") for name in State._fields)
PERICARDIUM_AT = Coefficients._fields.index("pericardial_volume")
ELASTANCE_AT = Coefficients._fields.index("lv_elastance")
LEAK_AT = Coefficients._fields.index("mitral_leak")
LAYER_AT = Coefficients._fields.index("layer_conductance")
TOTAL_VOLUME_AT = Body._fields.index("total_volume")
DILATED_AT = Body._fields.index("dilated")
ROOM_AT = Body._fields.index("pericardial_room")
CHAMBERS_LEARNED = Learned._fields.index("chamber_volume")
MOST_RATIO = int(PARAMETERS["assist_ratio"].physical[1])
BETWEEN_STEPS = np.uintp(SAMPLES * LANES)
PAGE = 4096
"""Bytes."""

load_parameters, _ = row_access(Parameters)
load_learned, store_learned = row_access(Learned)
load_coefficients, store_coefficients = row_access(Coefficients)
load_timing, store_timing = row_access(Timing)
load_body, store_body = row_access(Body)
_, store_in_work = access(Coefficients, COEFFICIENTS_AT)


class Jobs(NamedTuple):
    """Patients in one arm (a job each), one row a job.

    Attributes
    ----------
    parameters : array, (jobs, len(Parameters._fields))
    start : array, (jobs, FIELDS)
        States to start from.
    learned : array, (jobs, len(Learned._fields))
        What the arm takes over from the unsupported state.
    steps : array of int, (jobs,)
        That `integrate` takes at a time: of a pattern, or of one beat.
    """

    parameters: np.ndarray
    start: np.ndarray
    learned: np.ndarray
    steps: np.ndarray


class Lanes(NamedTuple):
    """LANES patients in progress: states of ``fields`` rows, and at most ``samples`` of each signal.

    Attributes
    ----------
    x, g
        The state at which the pattern begins, and its image.
    means, extras
        Of the pattern.
    systole
        Of the search for end systole: rows as in `measure.end_systole`.
    job, beats, steps
        The row of the patient in a lane, or -1, the patterns that it has gone through, and the steps of one.
    learned, coefficients, timing, body
        The patient.
    signals, shut
        The samples of one lane's pattern; the pressure behind its aortic valve where that carries nothing.
    adjusted, felt
        Scratch of regulation: a patient's parameters, and the pressure that its baroreceptor feels.
    """

    x: Annotated[np.ndarray, Array("fields", LANES)]
    g: Annotated[np.ndarray, Array("fields", LANES)]
    means: Annotated[np.ndarray, Array(Means, LANES)]
    extras: Annotated[np.ndarray, Array(Extras, LANES)]
    systole: Annotated[np.ndarray, Array(PLACES + MOST_RATIO, LANES)]
    job: Annotated[np.ndarray, Array(LANES, dtype=np.int64, fill=-1)]
    beats: Annotated[np.ndarray, Array(LANES, dtype=np.int64)]
    steps: Annotated[np.ndarray, Array(LANES, dtype=np.int64)]
    learned: Annotated[np.ndarray, Array(LANES, Learned)]
    coefficients: Annotated[np.ndarray, Array(LANES, Coefficients)]
    timing: Annotated[np.ndarray, Array(LANES, Timing)]
    body: Annotated[np.ndarray, Array(LANES, Body)]
    signals: Annotated[np.ndarray, Array(Samples, "samples")]
    shut: Annotated[np.ndarray, Array("samples")]
    adjusted: Annotated[np.ndarray, Array(Parameters)]
    felt: Annotated[np.ndarray, Array("samples")]


class Buffers(NamedTuple):
    """What `integrate` works on: work buffer, grid and trace; and the drives before they are laid into the grid."""

    work: np.ndarray
    grid: np.ndarray
    trace: np.ndarray
    tables: Tables


def aligned(count: int, precision: str) -> np.ndarray:
    """Zeros that begin with a page of memory.

    Measured over processes: on lines of the cache alone the kernel takes 17.9 to 23.9 ns a right-hand side in float64
    and 8.2 to 9.4 in float32, on pages 17.9 to 18.8 and 8.1 to 8.6.
    """
    room = np.zeros(count * np.dtype(precision).itemsize + PAGE, np.uint8)
    begin = -room.ctypes.data % PAGE
    return room[begin : begin + count * np.dtype(precision).itemsize].view(precision)


def buffers(steps: int, precision: str) -> Buffers:
    """Allocate what `integrate` works on for patterns of ``steps`` steps."""
    return Buffers(
        aligned(ROWS * LANES, precision),
        aligned((2 * steps + 1) * DRIVES * LANES, precision),
        aligned((steps + 1) * SAMPLES * LANES, precision),
        allocate(Tables, rows=2 * steps + 1),
    )


@function
def carry_on(rhythm, physics, enter, begin, end):  # type: ignore[no-untyped-def]
    """Carry jobs through their beats until every one is done; a lane that is done makes room for the next job.

    Parameters
    ----------
    rhythm : NamedTuple
        What the functions below work on; with the fields ``lanes``, ``buffers`` and ``order`` (rows of the jobs to
        run, by the number of their steps: what a lane has of its longest grid is then its own).
    physics : Physics
        The optional laws in use.
    enter : function of rhythm and how many of the jobs have entered
        Puts the next ones into lanes that are free, and says how many: all at once, because every function that takes
        a table of arrays counts a reference to each of them.
    begin : function of rhythm
        Lays out the next beat, or pattern of beats, of all lanes.
    end : function of rhythm
        Says how many lanes are done after it; their ``job`` is -1.
    """
    entered = 0
    running = 0
    while True:
        more = enter(rhythm, entered)
        entered += more
        running += more
        if running == 0:
            break
        begin(rhythm)
        integrate_patterns(rhythm.lanes, rhythm.buffers, physics)
        running -= end(rhythm)


@function
def integrate_patterns(lanes, buffers, physics):  # type: ignore[no-untyped-def]
    """Carry every lane through the steps of its pattern; those with fewer are read before the others go on.

    Measured on 16,384 patients of ami-cs with a warm start: patients kept apart by their steps leave lanes idle for a
    tenth of their steps, together for a fiftieth; of 1,000 patients for .57 and .19.
    """
    done, longest = 0, 1
    while done < longest:
        nearest, longest = next_ends(lanes, done)
        integrate(buffers.work, buffers.grid, buffers.trace, done, nearest, physics)
        read_states(lanes, buffers.work, nearest)
        done = nearest


@function
def next_ends(lanes, done):  # type: ignore[no-untyped-def]
    """Steps at which the next pattern ends after those that are done, and at which the longest does."""
    longest = 0
    for lane in range(LANES):
        if lanes.job[lane] >= 0:
            longest = max(longest, lanes.steps[lane])
    nearest = longest
    for lane in range(LANES):
        if lanes.job[lane] >= 0 and lanes.steps[lane] > done:
            nearest = min(nearest, lanes.steps[lane])
    return nearest, longest


@function
def place_patient(lane, job, jobs, lanes, work):  # type: ignore[no-untyped-def]
    """Put a patient into a lane, in its start state: fold the parameters, and write what the equations read."""
    p = load_parameters(jobs.parameters[job])
    taken = load_learned(jobs.learned[job])
    store_learned(lanes.learned[lane], taken)
    lanes.steps[lane] = jobs.steps[job]
    write_patient(lane, p, fold(p), clock(p, 60.0 / p.heart_rate, taken.closure), lanes, work)
    for row in range(MACHINE_AT, ROWS):
        work[row * LANES + lane] = 0.0
    x = lanes.x
    for i in range(x.shape[0]):
        x[i, lane] = jobs.start[job, i]
    lanes.job[lane] = job
    lanes.beats[lane] = 0


@function
def write_patient(lane, p, c, timing, lanes, work):  # type: ignore[no-untyped-def]
    """Write what a patient's equations read into a lane."""
    store_coefficients(lanes.coefficients[lane], c)
    store_timing(lanes.timing[lane], timing)
    store_body(lanes.body[lane], body(p, c))
    store_in_work(work, lane, c)
    work[STEP_AT * LANES + lane] = timing.period * timing.beats / lanes.steps[lane]


@function
def write_room(lane, lanes, work):  # type: ignore[no-untyped-def]
    """Write the volume at which a lane's pericardium takes up load: by the chambers without support, or as they are."""
    chambers = lanes.learned[lane, CHAMBERS_LEARNED]
    if chambers == 0.0:
        chambers = chamber_volume(lanes.x, lane)
    work[(COEFFICIENTS_AT + PERICARDIUM_AT) * LANES + lane] = lanes.body[lane, ROOM_AT] * chambers


@function
def write_heart(lane, lanes, work):  # type: ignore[no-untyped-def]
    """Write what of a lane's heart follows its state: contraction the flow of the inner layer, a leak the size."""
    own, learned = load_body(lanes.body[lane]), load_learned(lanes.learned[lane])
    strength = contractility(perfusion(lanes.x[INNER, lane]), learned.perfusion, own.territory_at_risk)
    leak = functional_leak(own.functional_leak, lanes.x[LV, lane], learned.lv_volume, own.leak_exponent)
    elastance, organic = lanes.coefficients[lane, ELASTANCE_AT], lanes.coefficients[lane, LEAK_AT] - own.functional_leak
    work[(COEFFICIENTS_AT + ELASTANCE_AT) * LANES + lane] = strength * elastance
    work[(COEFFICIENTS_AT + LEAK_AT) * LANES + lane] = organic + leak


@function
def chamber_volume(x, lane):  # type: ignore[no-untyped-def]
    """Volume (mL) of the four chambers at activation."""
    total = 0.0
    for i in CHAMBERS:
        total += x[i, lane]
    return total


@function
def write_states(lanes, work):  # type: ignore[no-untyped-def]
    """Write the lanes' states into the work buffer; the veins take what is left of the total volume."""
    x, coefficients, body = lanes.x, lanes.coefficients, lanes.body
    close_volume(x, body)
    for i in range(STATES):
        for lane in range(LANES):
            work[i * LANES + lane] = x[i, lane]
    for i in range(min(x.shape[0] - MACHINE, MACHINES)):
        for lane in range(LANES):
            work[(MACHINE_AT + i) * LANES + lane] = x[MACHINE + i, lane]
    for lane in range(LANES):
        layer, dilated = coefficients[lane, LAYER_AT], body[lane, DILATED_AT]
        work[TONE_AT * LANES + lane] = layer / effective_tone(x[INNER, lane], dilated)
        work[(TONE_AT + 1) * LANES + lane] = layer / effective_tone(x[OUTER, lane], dilated)


@function
def read_states(lanes, work, steps):  # type: ignore[no-untyped-def]
    """Read what was integrated of lanes with so many steps, and the means; what is held or regulated stays."""
    x, g, means, extras, ends = lanes.x, lanes.g, lanes.means, lanes.extras, lanes.steps
    for i in range(STATES):
        for lane in range(LANES):
            g[i, lane] = work[i * LANES + lane] if ends[lane] == steps else g[i, lane]
    for i in range(STATES, g.shape[0]):
        for lane in range(LANES):
            g[i, lane] = x[i, lane] if ends[lane] == steps else g[i, lane]
    for i in range(MACHINE, min(g.shape[0], MACHINE_FIELDS)):
        for lane in range(LANES):
            g[i, lane] = work[(MACHINE_AT - MACHINE + i) * LANES + lane] if ends[lane] == steps else g[i, lane]
    for i in range(MEANS):
        for lane in range(LANES):
            means[i, lane] = work[(MEANS_AT + i) * LANES + lane] / steps if ends[lane] == steps else means[i, lane]
    for i in range(EXTRAS):
        for lane in range(LANES):
            extras[i, lane] = work[(EXTRAS_AT + i) * LANES + lane] / steps if ends[lane] == steps else extras[i, lane]
    close_volume(g, lanes.body)


@function
def close_volume(x, body):  # type: ignore[no-untyped-def]
    """Let the systemic veins take what is left of the total blood volume."""
    for lane in range(LANES):
        x[VEINS, lane] = body[lane, TOTAL_VOLUME_AT]
    for i in range(STATES):
        if IS_VOLUME[i] and i != VEINS:
            for lane in range(LANES):
                x[VEINS, lane] -= x[i, lane]


@function
def room_for(lanes, samples):  # type: ignore[no-untyped-def]
    """Room for so many samples of each signal of one lane, and of the pressure behind its shut valve."""
    return lanes.signals.reshape(-1)[: SAMPLES * samples].reshape((SAMPLES, samples)), lanes.shut[:samples]


@borrowing
def copy_samples(trace, lane, steps, signals):  # type: ignore[no-untyped-def]
    """Copy one lane's samples out of the trace, a signal after the other: two thirds of the time of step after step."""
    to = signals.reshape(-1)
    for which in range(SAMPLES):
        begin, row = np.uintp(which * signals.shape[1]), np.uintp(which * LANES + lane)
        for at in range(steps):
            step = np.uintp(at)
            to[begin + step] = trace[row + step * BETWEEN_STEPS]
