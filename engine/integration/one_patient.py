"""One patient at a time: a pattern of beats, for pictures, for the reflex in time, and for checks of the lanes.

The same laws and the same steps as `integrate`, patient outside and time inside.
"""

from __future__ import annotations

import numpy as np

from ..compile.decorators import compiled
from ..compile.layout import LANES, row_access
from ..laws.baroreflex import Adjusted, Drives, adjust
from ..names.parameters import Parameters
from ..names.quantity import Quantity, quantities
from ..names.signals import Drive, Means, Samples
from ..names.state import STATE, Learned, Machine, State
from ..patient.circulation import slope
from ..patient.clock import clock
from ..patient.coefficients import fold
from ..patient.drive import tabulate
from .ssprk import (
    MEANS,
    STAGE_KEEP,
    STAGE_ROW,
    STAGE_TAKE,
    STAGE_WEIGHT,
    STAGES,
    combine_machine,
    combine_means,
    combine_states,
)

DRIVES = len(Drive._fields)
SIGNALS: dict[str, Quantity] = {
    **quantities(Means),
    **{name: quantity for name, quantity in quantities(Samples).items() if name == "lv_pressure"},
    **{name: quantity for name, quantity in quantities(Drive).items() if name == "balloon_volume"},
    **STATE,
}
"""What is kept of a pattern."""

load_parameters, _ = row_access(Parameters)
load_learned, _ = row_access(Learned)
load_drives, _ = row_access(Drives)
load_adjusted, store_adjusted = row_access(Adjusted)
load_state, store_state = row_access(State)
load_machine, store_machine = row_access(Machine)
_, store_means = row_access(Means)


@compiled
def regulate(own, learned, drives, factor, row, adjusted):  # type: ignore[no-untyped-def]
    """Write the parameters of one patient as regulation changes them, and what of it is no parameter.

    Arrays are rows of the tables: Parameters, Learned, Drives; and, receiving, Parameters and Adjusted.
    """
    store_adjusted(adjusted, adjust(own, load_learned(learned), load_drives(drives), factor, row))


@compiled
def prepare(p, learned, grid, curves, steps):  # type: ignore[no-untyped-def]
    """Tabulate the drive of one patient, of parameters ``p``, in the first lane of a grid of `integrate`."""
    parameters = load_parameters(p)
    tabulate(grid, 0, clock(parameters, 60.0 / parameters.heart_rate, learned), steps, curves)


@compiled
def pattern(state, machine_state, tones, p, room, adjusted, grid, steps, signals, means_out, physics):  # type: ignore[no-untyped-def]
    """Carry one patient through a pattern of beats.

    Parameters
    ----------
    state : array, (STATES,)
        Replaced by the state at the end.
    machine_state : array, (len(Machine._fields),)
        Likewise.
    tones : array, (2,)
        Coronary tones held through the pattern.
    p : array, (len(Parameters._fields),)
    room : float
        Volume (mL) at which the pericardium takes up load.
    adjusted : array, (len(Adjusted._fields),)
        What regulation changes beside the parameters.
    grid : array
        As `prepare` left it.
    signals : array, (len(SIGNALS), steps)
        Receives the signals, or of length 0 to keep none.
    means_out : array, (len(Means._fields),)
        Receives the means over the pattern.
    physics : Physics
        The optional laws in use.
    """
    parameters = load_parameters(p)
    regulated = load_adjusted(adjusted)
    c = fold(parameters, room, regulated.splanchnic, regulated.peripheral)
    timing = clock(parameters, 60.0 / parameters.heart_rate, 0.0)
    h = timing.period * timing.beats / steps
    y = load_state(state)
    machine = load_machine(machine_state)
    total = Means(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    inner, outer = c.layer_conductance / tones[0], c.layer_conductance / tones[1]
    for step in range(steps):
        stage_state = y
        stage_machine = machine
        for stage in range(STAGES):
            row = (2 * step + STAGE_ROW[stage]) * DRIVES * LANES
            drive = Drive(grid[row], grid[row + LANES], grid[row + 2 * LANES], grid[row + 3 * LANES])
            rate, machine_rate, means, _, samples = slope(drive, stage_state, stage_machine, inner, outer, c, physics)
            if stage == 0 and signals.size > 0:
                store_means(signals[:MEANS, step], means)
                signals[MEANS, step] = samples.lv_pressure
                signals[MEANS + 1, step] = max(drive.balloon_volume, stage_machine.balloon_volume)
                store_state(signals[MEANS + 2 :, step], stage_state)
            take = STAGE_TAKE[stage]
            moved = combine_states(take, stage_state, take * 0.5 * h, rate)
            stage_state = combine_states(STAGE_KEEP[stage], y, 1.0, moved)
            moved_machine = combine_machine(take, stage_machine, take * 0.5 * h, machine_rate)
            stage_machine = combine_machine(STAGE_KEEP[stage], machine, 1.0, moved_machine)
            total = combine_means(1.0, total, STAGE_WEIGHT[stage] / steps, means)
        y = stage_state
        machine = stage_machine
    store_state(state, y)
    store_machine(machine_state, machine)
    store_means(means_out, total)


def pattern_duration(row: np.ndarray) -> float:
    """Duration of a pattern (s)."""
    p = Parameters(*row.tolist())
    return 60.0 / p.heart_rate * (p.assist_ratio if p.balloon_volume > 0.0 else 1.0)
