"""The step, the grid in time, and the only loop over lanes."""

from __future__ import annotations

import numpy as np

from ..compile.decorators import inlined
from ..compile.layout import LANES, access, combination
from ..names.outcomes import Extras, Means, Samples
from ..names.signals import Drive
from ..names.state import Machine, State
from ..patient.circulation import slope
from ..patient.coefficients import Coefficients

STATES = len(State._fields)
MACHINES = len(Machine._fields)
EXTRAS = len(Extras._fields)
DRIVES = len(Drive._fields)
MEANS = len(Means._fields)
SAMPLES = len(Samples._fields)

# Sections of the work buffer, in rows of LANES numbers.
STATE_AT = 0
STAGE_AT = STATE_AT + STATES
TONE_AT = STAGE_AT + STATES
STEP_AT = TONE_AT + 2
DRIVE_AT = STEP_AT + 1
MEANS_AT = DRIVE_AT + DRIVES
SAMPLES_AT = MEANS_AT + MEANS
COEFFICIENTS_AT = SAMPLES_AT + SAMPLES
MACHINE_AT = COEFFICIENTS_AT + len(Coefficients._fields)
MACHINE_STAGE_AT = MACHINE_AT + MACHINES
EXTRAS_AT = MACHINE_STAGE_AT + MACHINES
SECOND_AT = EXTRAS_AT + EXTRAS
MACHINE_SECOND_AT = SECOND_AT + STATES
ROWS = MACHINE_SECOND_AT + MACHINES

load_state, store_state = access(State, STATE_AT)
load_stage, store_stage = access(State, STAGE_AT)
load_drive, _ = access(Drive, DRIVE_AT)
load_means, store_means = access(Means, MEANS_AT)
_, store_samples = access(Samples, SAMPLES_AT)
load_machine, store_machine = access(Machine, MACHINE_AT)
load_machine_stage, store_machine_stage = access(Machine, MACHINE_STAGE_AT)
load_extras, store_extras = access(Extras, EXTRAS_AT)
load_coefficients, _ = access(Coefficients, COEFFICIENTS_AT)
combine_states = combination(State)
combine_means = combination(Means)
combine_machine = combination(Machine)
combine_extras = combination(Extras)

STAGES = 4
STAGE_ROW = (0, 1, 1, 2)
STAGE_KEEP = (0.0, 1.0, 0.0, 1.0 / 3.0)
STAGE_TAKE = (1.0, 0.0, 1.0, 2.0 / 3.0)
STAGE_FORWARD = (1.0, 1.0, 1.0, 1.0 / 3.0)
STAGE_WEIGHT = (1.0 / 6.0, 1.0 / 3.0, 1.0 / 3.0, 1.0 / 6.0)
"""A Runge-Kutta method of third order in four stages, of two registers and a half [D].

Every stage is keep*kept + take*stage + forward*h/2*f(stage): y2 = y + h/2*f(y), y3 = y + h/2*f(y2), y4 = y3 +
h/2*f(y3), and the next y = y2/3 + 2/3*y4 + h/6*f(y4). What is kept is y, and for the last stage y2. It meets every
condition of fourth order but that of the linear chain, whose coefficient is 1/48 in place of 1/24: which is that of
SSPRK(4,3) [S Spiteri 2002] and gives its region of stability, to 5.1 on the real axis; at equal steps its errors are
.6 of that method's. Rows count half steps; the weights are those of f in the whole step, with which means are
integrated too.
"""


@inlined
def move_machine(work, lane, keep, take, forward, machine, rate, physics):  # type: ignore[no-untyped-def]
    """Carry the machines through a stage, as the state."""
    if len(physics.gas) > 0:
        moved = combine_machine(take, machine, forward, rate)
        moved = combine_machine(keep, load_machine(work, lane), 1.0, moved)
        if len(physics.pumps) > 0:
            store_machine_stage(work, lane, moved)
        else:
            work[MACHINE_STAGE_AT * LANES + lane] = moved.balloon_volume


@inlined
def copy_rows(work, source, machine_source, target, machine_target, physics):  # type: ignore[no-untyped-def]
    """Copy a register of the states, and of the machines in use, over another."""
    for k in range(STATES * LANES):
        work[target * LANES + k] = work[source * LANES + k]
    if len(physics.gas) > 0:
        for k in range((len(physics.gas) + len(physics.pumps)) * LANES):
            work[machine_target * LANES + k] = work[machine_source * LANES + k]


@inlined
def keep_extras(work, lane, weight, extras, physics):  # type: ignore[no-untyped-def]
    """Add to the means of what lesions and machines carry."""
    if len(physics.lesions) + len(physics.pumps) > 0:
        store_extras(work, lane, combine_extras(1.0, load_extras(work, lane), weight, extras))


@inlined
def integrate(work, grid, trace, steps, physics):  # type: ignore[no-untyped-def]
    """Carry all lanes of one work buffer through a pattern of beats, as `integrate_lanes`."""
    integrate_lanes(work, grid, trace, steps, physics, LANES)


@inlined
def integrate_lanes(work, grid, trace, steps, physics, lanes):  # type: ignore[no-untyped-def]
    """Carry the first lanes of one work buffer through steps in time.

    Parameters
    ----------
    work : array, (ROWS * LANES,)
        Sections as laid out above; the state is replaced by the state at the end, the means by those of this pattern
        times ``steps``.
    grid : array, ((2 * steps + 1) * DRIVES * LANES,)
        The drive on the grid of half steps.
    trace : array, ((steps + 1) * SAMPLES * LANES,)
        Receives the samples at every step; the last row repeats the first's time, one pattern later, and is left to
        the next pattern's first.
    steps : int
        Steps in the pattern.
    physics : Physics
        The optional laws in use.
    lanes : int
        How many lanes are in use; a constant, so that the loop over all of them is vectorised.
    """
    for k in range(STATES * LANES):
        work[STAGE_AT * LANES + k] = work[STATE_AT * LANES + k]
    for k in range(MEANS * LANES):
        work[MEANS_AT * LANES + k] = 0.0
    for k in range(MACHINES * LANES):
        work[MACHINE_STAGE_AT * LANES + k] = work[MACHINE_AT * LANES + k]
    for k in range(EXTRAS * LANES):
        work[EXTRAS_AT * LANES + k] = 0.0
    for step in range(steps):
        for stage in range(STAGES):
            row = np.uintp((2 * step + STAGE_ROW[stage]) * DRIVES * LANES)
            for k in range(DRIVES * LANES):
                work[DRIVE_AT * LANES + k] = grid[row + np.uintp(k)]
            keep = STAGE_KEEP[stage]
            take = STAGE_TAKE[stage]
            ahead = 0.5 * STAGE_FORWARD[stage]
            weight = STAGE_WEIGHT[stage]
            if stage == 1:
                copy_rows(work, STAGE_AT, MACHINE_STAGE_AT, SECOND_AT, MACHINE_SECOND_AT, physics)
            elif stage == 3:
                copy_rows(work, SECOND_AT, MACHINE_SECOND_AT, STATE_AT, MACHINE_AT, physics)
            for lane in range(lanes):
                y = load_stage(work, lane)
                machine = load_machine_stage(work, lane)
                rate, machine_rate, means, extras, samples = slope(
                    load_drive(work, lane),
                    y,
                    machine,
                    work[TONE_AT * LANES + lane],
                    work[(TONE_AT + 1) * LANES + lane],
                    load_coefficients(work, lane),
                    physics,
                )
                forward = ahead * work[STEP_AT * LANES + lane]
                moved = combine_states(take, y, forward, rate)
                store_stage(work, lane, combine_states(keep, load_state(work, lane), 1.0, moved))
                store_means(work, lane, combine_means(1.0, load_means(work, lane), weight, means))
                move_machine(work, lane, keep, take, forward, machine, machine_rate, physics)
                keep_extras(work, lane, weight, extras, physics)
                store_samples(work, lane, samples)
            if stage == 0:
                row = np.uintp(step * SAMPLES * LANES)
                for k in range(SAMPLES * LANES):
                    trace[row + np.uintp(k)] = work[SAMPLES_AT * LANES + k]
        copy_rows(work, STAGE_AT, MACHINE_STAGE_AT, STATE_AT, MACHINE_AT, physics)
