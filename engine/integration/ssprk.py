"""The step, the grid in time, and the only loop over lanes."""

from __future__ import annotations

import numpy as np

from ..compile.decorators import function, inlined
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
load_second, store_second = access(State, SECOND_AT)
load_drive, _ = access(Drive, DRIVE_AT)
load_means, store_means = access(Means, MEANS_AT)
_, store_samples = access(Samples, SAMPLES_AT)
load_machine, store_machine = access(Machine, MACHINE_AT)
load_machine_stage, store_machine_stage = access(Machine, MACHINE_STAGE_AT)
load_machine_second, store_machine_second = access(Machine, MACHINE_SECOND_AT)
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
def keep_extras(work, lane, weight, extras, physics):  # type: ignore[no-untyped-def]
    """Add to the means of what lesions and machines carry."""
    if len(physics.lesions) + len(physics.pumps) > 0:
        store_extras(work, lane, combine_extras(1.0, load_extras(work, lane), weight, extras))


@inlined
def advance(  # type: ignore[no-untyped-def]
    work, grid, row, keep, take, forward, weight, sampled, physics, lanes,
    load, load_kept, store, load_own_machine, load_kept_machine, store_own_machine,
):  # fmt: skip
    """Carry the first lanes through one stage, from one register of states and machines into another.

    What loads and stores them says which registers these are, so that none is copied into another; ``keep`` and what
    follows are numbers written where it is called, not looked up here. Measured: with copies 1.26 times the time in
    float32 and 1.09 times in float64, with numbers looked up by the stage 1.2 times in float32.
    """
    begin = np.uintp(row) * np.uintp(DRIVES * LANES)
    for k in range(DRIVES * LANES):
        work[DRIVE_AT * LANES + k] = grid[begin + np.uintp(k)]
    for lane in range(lanes):
        y = load(work, lane)
        machine = load_own_machine(work, lane)
        rate, machine_rate, means, extras, samples = slope(
            load_drive(work, lane),
            y,
            machine,
            work[TONE_AT * LANES + lane],
            work[(TONE_AT + 1) * LANES + lane],
            load_coefficients(work, lane),
            physics,
        )
        ahead = 0.5 * forward * work[STEP_AT * LANES + lane]
        moved = combine_states(take, y, ahead, rate)
        if keep > 0.0:
            moved = combine_states(keep, load_kept(work, lane), 1.0, moved)
        store(work, lane, moved)
        if len(physics.gas) > 0:
            carried = combine_machine(take, machine, ahead, machine_rate)
            if keep > 0.0:
                carried = combine_machine(keep, load_kept_machine(work, lane), 1.0, carried)
            store_own_machine(work, lane, carried)
        store_means(work, lane, combine_means(1.0, load_means(work, lane), weight, means))
        keep_extras(work, lane, weight, extras, physics)
        if sampled:
            store_samples(work, lane, samples)


@function
def integrate(work, grid, trace, first, last, physics):  # type: ignore[no-untyped-def]
    """Carry all lanes of one work buffer through steps in time, as `integrate_lanes`.

    A function of its own: inlined into the search for periodic states it takes a tenth longer in float32.
    """
    integrate_lanes(work, grid, trace, first, last, physics, LANES)


@inlined
def integrate_lanes(work, grid, trace, first, last, physics, lanes):  # type: ignore[no-untyped-def]
    """Carry the first lanes of one work buffer through steps in time.

    Parameters
    ----------
    work : array, (ROWS * LANES,)
        Sections as laid out above; the state is replaced by the state at the end. What means are made of is added up
        from the pattern's first step on.
    grid : array, (at least (2 * last + 1) * DRIVES * LANES,)
        The drive on the grid of half steps.
    trace : array, (at least last * SAMPLES * LANES,)
        Receives the samples at the beginning of every step.
    first, last : int
        Steps of the pattern: from ``first``, 0 where it begins, up to ``last``.
    physics : Physics
        The optional laws in use.
    lanes : int
        How many lanes are in use; a constant, so that the loop over all of them is vectorised.
    """
    if first == 0:
        for k in range(MEANS * LANES):
            work[MEANS_AT * LANES + k] = 0.0
        for k in range(EXTRAS * LANES):
            work[EXTRAS_AT * LANES + k] = 0.0
    for step in range(first, last):
        advance(
            work, grid, 2 * step + STAGE_ROW[0],
            STAGE_KEEP[0], STAGE_TAKE[0], STAGE_FORWARD[0], STAGE_WEIGHT[0], True, physics, lanes,
            load_state, load_state, store_stage, load_machine, load_machine, store_machine_stage,
        )  # fmt: skip
        row = np.uintp(step * SAMPLES * LANES)
        for k in range(SAMPLES * LANES):
            trace[row + np.uintp(k)] = work[SAMPLES_AT * LANES + k]
        advance(
            work, grid, 2 * step + STAGE_ROW[1],
            STAGE_KEEP[1], STAGE_TAKE[1], STAGE_FORWARD[1], STAGE_WEIGHT[1], False, physics, lanes,
            load_stage, load_state, store_second, load_machine_stage, load_machine, store_machine_second,
        )  # fmt: skip
        advance(
            work, grid, 2 * step + STAGE_ROW[2],
            STAGE_KEEP[2], STAGE_TAKE[2], STAGE_FORWARD[2], STAGE_WEIGHT[2], False, physics, lanes,
            load_second, load_second, store_second, load_machine_second, load_machine_second, store_machine_second,
        )  # fmt: skip
        advance(
            work, grid, 2 * step + STAGE_ROW[3],
            STAGE_KEEP[3], STAGE_TAKE[3], STAGE_FORWARD[3], STAGE_WEIGHT[3], False, physics, lanes,
            load_second, load_stage, store_state, load_machine_second, load_machine_stage, store_machine,
        )  # fmt: skip
