"""The beat map: from the state at one activation to the state one pattern of beats later, for LANES patients at once.

Beside what is integrated, the map carries what is held through a pattern: the coronary tones and the oxygen demand,
and where the circulation is regulated, the drives of the reflex and what drugs make of the resistance.
"""

from __future__ import annotations

from typing import Annotated, NamedTuple

import numpy as np

from ..compile.decorators import function
from ..compile.layout import LANES, Array, access, row_access
from ..integration.ssprk import (
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
)
from ..laws.coronary import HEALTHY_DEMAND, next_tone, target_flow
from ..measure.beat import end_systole_near, potential_energy
from ..names.outcomes import Outcomes
from ..names.parameters import Parameters
from ..names.signals import Drive, Extras, Means, Samples
from ..names.state import Held, Learned, Regulated, State
from ..patient.clock import Timing, clock
from ..patient.coefficients import Body, Coefficients, body, fold
from ..patient.drive import tabulate

PLAIN_FIELDS = STATES + len(Held._fields)
MACHINE_FIELDS = PLAIN_FIELDS + MACHINES
FIELDS = MACHINE_FIELDS + len(Regulated._fields)
"""Rows of a state of the map; unregulated the first ``MACHINE_FIELDS`` are all, without machines ``PLAIN_FIELDS``."""
RESULTS = len(Outcomes._fields)
INNER, OUTER, DEMAND, MACHINE = STATES, STATES + 1, STATES + 2, PLAIN_FIELDS
SYMPATHETIC, VAGAL, FACTOR = range(MACHINE_FIELDS, FIELDS)
CHAMBERS = tuple(State._fields.index(f"{chamber}_volume") for chamber in ("lv", "rv", "la", "ra"))
PERICARDIUM_AT = Coefficients._fields.index("pericardial_volume")
VEINS = State._fields.index("systemic_venous_volume")
PROXIMAL = State._fields.index("proximal_volume")
DISTAL = State._fields.index("distal_volume")
IS_VOLUME = tuple(name.endswith("volume") for name in State._fields)
LAYER_AT = Coefficients._fields.index("layer_conductance")
BALLOON_PROXIMAL_AT = Coefficients._fields.index("balloon_proximal")
BALLOON_DISTAL_AT = Coefficients._fields.index("balloon_distal")
UNSTRESSED_AT = Coefficients._fields.index("lv_unstressed")
BALLOON_VOLUME_AT = Drive._fields.index("balloon_volume")
PERIOD_AT = Timing._fields.index("period")
BEATS_IN_PATTERN = Timing._fields.index("beats")
TOTAL_VOLUME_AT = Body._fields.index("total_volume")
MASS_AT = Body._fields.index("lv_mass")
SHARE_AT = Body._fields.index("demand_share")
ROOM_AT = Body._fields.index("pericardial_room")
CHAMBERS_LEARNED = Learned._fields.index("chamber_volume")
INNER_FLOW_AT = Means._fields.index("inner_flow")
OUTER_FLOW_AT = Means._fields.index("outer_flow")
POWER_AT = Means._fields.index("lv_power")
PRESSURE_AT = Samples._fields.index("lv_pressure")
VOLUME_AT = Samples._fields.index("lv_volume")

PAGE = 4096
"""Bytes."""

load_parameters, _ = row_access(Parameters)
load_learned, store_learned = row_access(Learned)
load_row, store_row = row_access(Coefficients)
load_timing, store_timing = row_access(Timing)
load_body, store_body = row_access(Body)
_, store_coefficients = access(Coefficients, COEFFICIENTS_AT)


class Lanes(NamedTuple):
    """The beat map of LANES patients in progress: states of ``fields`` rows, patterns of ``steps`` steps.

    Attributes
    ----------
    x, g
        The state at which the pattern begins, and its image.
    means, extras
        Of the pattern.
    systole
        Scratch of the search for end systole; last the potential energy then.
    job, beats
        The row of the patient in a lane, or -1, and the patterns that it has gone through.
    learned, coefficients, timing, body
        The patient.
    signals
        The samples of one lane's pattern.
    adjusted, felt
        Scratch of regulation: a patient's parameters, and the pressure that its baroreceptor feels.
    """

    x: Annotated[np.ndarray, Array("fields", LANES)]
    g: Annotated[np.ndarray, Array("fields", LANES)]
    means: Annotated[np.ndarray, Array(Means, LANES)]
    extras: Annotated[np.ndarray, Array(Extras, LANES)]
    systole: Annotated[np.ndarray, Array(4, LANES)]
    job: Annotated[np.ndarray, Array(LANES, dtype=np.int64, fill=-1)]
    beats: Annotated[np.ndarray, Array(LANES, dtype=np.int64)]
    learned: Annotated[np.ndarray, Array(LANES, Learned)]
    coefficients: Annotated[np.ndarray, Array(LANES, Coefficients)]
    timing: Annotated[np.ndarray, Array(LANES, Timing)]
    body: Annotated[np.ndarray, Array(LANES, Body)]
    signals: Annotated[np.ndarray, Array(Samples, "steps")]
    adjusted: Annotated[np.ndarray, Array(Parameters)]
    felt: Annotated[np.ndarray, Array("steps")]


def aligned(count: int, precision: str) -> np.ndarray:
    """Zeros that begin with a page of memory.

    Measured over processes: on lines of the cache alone the kernel takes 17.9 to 23.9 ns a right-hand side in float64
    and 8.2 to 9.4 in float32, on pages 17.9 to 18.8 and 8.1 to 8.6.
    """
    room = np.zeros(count * np.dtype(precision).itemsize + PAGE, np.uint8)
    begin = -room.ctypes.data % PAGE
    return room[begin : begin + count * np.dtype(precision).itemsize].view(precision)


def buffers(steps: int, precision: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Work buffer, grid and trace of `integrate` for patterns of ``steps`` steps."""
    return (
        aligned(ROWS * LANES, precision),
        aligned((2 * steps + 1) * DRIVES * LANES, precision),
        aligned((steps + 1) * SAMPLES * LANES, precision),
    )


@function
def enter(lane, job, parameters, start, learned, total_steps, s, work, grid, curves):  # type: ignore[no-untyped-def]
    """Put a patient into a lane: fold the parameters, tabulate the drive, lay the start state."""
    p = load_parameters(parameters[job])
    c = fold(p)
    taken = load_learned(learned[job])
    timing = clock(p, 60.0 / p.heart_rate, taken.closure)
    store_learned(s.learned[lane], taken)
    lay(lane, p, c, timing, total_steps, s, work)
    tabulate(grid, lane, timing, total_steps, curves)
    for row in range(MACHINE_AT, ROWS):
        work[row * LANES + lane] = 0.0
    x = s.x
    for i in range(x.shape[0]):
        x[i, lane] = start[job, i]
    s.job[lane] = job
    s.beats[lane] = 0


@function
def make_room(lane, s, grid):  # type: ignore[no-untyped-def]
    """Take the blood out that the balloon displaces at activation, where a lane starts from a state without."""
    x, coefficients = s.x, s.coefficients
    balloon = grid[BALLOON_VOLUME_AT * LANES + lane]
    x[PROXIMAL, lane] -= coefficients[lane, BALLOON_PROXIMAL_AT] * balloon
    x[DISTAL, lane] -= coefficients[lane, BALLOON_DISTAL_AT] * balloon


@function
def lay(lane, p, c, timing, total_steps, s, work):  # type: ignore[no-untyped-def]
    """Lay what a patient's equations read into a lane."""
    store_row(s.coefficients[lane], c)
    store_timing(s.timing[lane], timing)
    store_body(s.body[lane], body(p, c))
    store_coefficients(work, lane, c)
    work[STEP_AT * LANES + lane] = timing.period * timing.beats / total_steps


@function
def begin_pattern(s, work):  # type: ignore[no-untyped-def]
    """Lay the lanes' states into the work buffer; the veins take what is left of the total volume."""
    x, coefficients, learned, body = s.x, s.coefficients, s.learned, s.body
    close_volume(x, body)
    for i in range(STATES):
        for lane in range(LANES):
            work[i * LANES + lane] = x[i, lane]
    for i in range(min(x.shape[0] - MACHINE, MACHINES)):
        for lane in range(LANES):
            work[(MACHINE_AT + i) * LANES + lane] = x[MACHINE + i, lane]
    for lane in range(LANES):
        layer = coefficients[lane, LAYER_AT]
        work[TONE_AT * LANES + lane] = layer / x[INNER, lane]
        work[(TONE_AT + 1) * LANES + lane] = layer / x[OUTER, lane]
        chambers = learned[lane, CHAMBERS_LEARNED]
        if chambers == 0.0:
            chambers = chamber_volume(x, lane)
        work[(COEFFICIENTS_AT + PERICARDIUM_AT) * LANES + lane] = body[lane, ROOM_AT] * chambers


@function
def chamber_volume(x, lane):  # type: ignore[no-untyped-def]
    """Volume (mL) of the four chambers at activation."""
    total = 0.0
    for i in CHAMBERS:
        total += x[i, lane]
    return total


@function
def end_pattern(s, work, trace, steps):  # type: ignore[no-untyped-def]
    """Read the image of the map: the integrated state, and the tones and demand for the next pattern."""
    x, g, means, extras, body, timing, job, systole = s.x, s.g, s.means, s.extras, s.body, s.timing, s.job, s.systole
    for i in range(STATES):
        for lane in range(LANES):
            g[i, lane] = work[i * LANES + lane]
    for i in range(MEANS):
        for lane in range(LANES):
            means[i, lane] = work[(MEANS_AT + i) * LANES + lane] / steps
    for i in range(EXTRAS):
        for lane in range(LANES):
            extras[i, lane] = work[(EXTRAS_AT + i) * LANES + lane] / steps
    for i in range(min(g.shape[0] - MACHINE, MACHINES)):
        for lane in range(LANES):
            g[MACHINE + i, lane] = work[(MACHINE_AT + i) * LANES + lane]
    for i in range(MACHINE_FIELDS, g.shape[0]):
        for lane in range(LANES):
            g[i, lane] = x[i, lane]
    close_volume(g, body)
    energies(s, trace, steps)
    for lane in range(LANES):
        if job[lane] >= 0:
            target = target_flow(body[lane, MASS_AT], x[DEMAND, lane], HEALTHY_DEMAND, body[lane, SHARE_AT])
            g[INNER, lane] = next_tone(x[INNER, lane], means[INNER_FLOW_AT, lane], target)
            g[OUTER, lane] = next_tone(x[OUTER, lane], means[OUTER_FLOW_AT, lane], target)
            g[DEMAND, lane] = means[POWER_AT, lane] + systole[3, lane] / timing[lane, PERIOD_AT]


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
def energies(s, trace, steps):  # type: ignore[no-untyped-def]
    """Mean potential energy of the pattern's beats at end systole, into ``s.systole[3]`` (mmHg mL)."""
    samples = trace.reshape((-1, SAMPLES, LANES))[:steps]
    pressure, stretch, at, energy = s.systole[0], s.systole[1], s.systole[2], s.systole[3]
    coefficients, job = s.coefficients, s.job
    beats = int(s.timing[max(0, job.argmax()), BEATS_IN_PATTERN])
    unstressed = coefficients[:, UNSTRESSED_AT].copy()
    per_beat = steps // beats
    energy[:] = 0.0
    for beat in range(beats):
        pressure[:] = 0.0
        stretch[:] = 1.0
        at[:] = beat * per_beat
        for step in range(beat * per_beat, (beat + 1) * per_beat):
            for lane in range(LANES):
                p = samples[step, PRESSURE_AT, lane]
                v = samples[step, VOLUME_AT, lane] - unstressed[lane]
                higher = p * stretch[lane] > pressure[lane] * v
                pressure[lane] = p if higher else pressure[lane]
                stretch[lane] = v if higher else stretch[lane]
                at[lane] = step if higher else at[lane]
        for lane in range(LANES):
            if job[lane] >= 0:
                p, v = end_systole_near(
                    samples[:, PRESSURE_AT, lane], samples[:, VOLUME_AT, lane], unstressed[lane], int(at[lane])
                )
                energy[lane] += potential_energy(p, v, load_row(coefficients[lane])) / beats


@function
def gather(s, trace, lane, steps):  # type: ignore[no-untyped-def]
    """Copy one lane's samples out of the trace."""
    signals = s.signals
    for step in range(steps):
        for which in range(SAMPLES):
            signals[which, step] = trace[(step * SAMPLES + which) * LANES + lane]
