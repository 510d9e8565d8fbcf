"""One patient at a time: a pattern of beats, for pictures, for the reflex in time, and for checks of the lanes.

The steps are those of `integrate`, with one lane in use.
"""

from __future__ import annotations

import numpy as np

from ..compile.decorators import compiled, function
from ..compile.layout import LANES, access, row_access
from ..laws.baroreflex import Adjusted, Drives, adjust
from ..laws.coronary import contractility, effective_tone, perfusion
from ..laws.valves import functional_leak
from ..names.outcomes import Means, Samples
from ..names.parameters import Parameters
from ..names.quantity import Quantity, quantities
from ..names.signals import Drive
from ..names.state import STATE, Learned, Machine, State
from ..patient.circulation import slope
from ..patient.clock import clock
from ..patient.coefficients import Coefficients, fold
from ..patient.drive import tabulate
from .lanes import INNER, LV, OUTER
from .ssprk import (
    COEFFICIENTS_AT,
    MEANS,
    ROWS,
    SAMPLES,
    STEP_AT,
    TONE_AT,
    combine_means,
    integrate_lanes,
    load_machine,
    load_means,
    load_state,
    store_machine,
    store_state,
)

DRIVES = len(Drive._fields)
ELASTANCE_AT = Parameters._fields.index("lv_elastance")
FUNCTIONAL_AT = Parameters._fields.index("functional_regurgitation_area")
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
load_drive, _ = access(Drive, 0)
load_state_row, store_state_row = row_access(State)
load_machine_row, store_machine_row = row_access(Machine)
load_means_row, store_means_row = row_access(Means)
_, store_coefficients = access(Coefficients, COEFFICIENTS_AT)


@compiled
def regulate(own, learned, drives, factor, row, adjusted):  # type: ignore[no-untyped-def]
    """Write the parameters of one patient as regulation changes them, and what of it is no parameter.

    Arrays are rows of the tables: Parameters, Learned, Drives; and, receiving, Parameters and Adjusted.
    """
    store_adjusted(adjusted, adjust(own, load_learned(learned), load_drives(drives), factor, row))


@compiled
def follow_heart(own, learned, state, row, tones):  # type: ignore[no-untyped-def]
    """Let one patient's heart follow its state, as `write_heart`: contraction, a functional leak, coronary tones.

    Arrays are rows of the tables: Parameters, Learned, a state of the beat map; and, receiving, Parameters and the two
    tones.
    """
    p, taken = load_parameters(own), load_learned(learned)
    row[ELASTANCE_AT] *= contractility(perfusion(state[INNER]), taken.perfusion, p.territory_at_risk)
    row[FUNCTIONAL_AT] = functional_leak(
        p.functional_regurgitation_area, state[LV], taken.lv_volume, p.functional_regurgitation_exponent
    )
    tones[0], tones[1] = effective_tone(state[INNER], p.vasodilated), effective_tone(state[OUTER], p.vasodilated)


@compiled
def prepare(p, learned, grid, curves, steps):  # type: ignore[no-untyped-def]
    """Tabulate the drive of one patient, of parameters ``p``, in the first lane of a grid of `integrate`."""
    parameters = load_parameters(p)
    table = np.zeros((DRIVES, 2 * steps + 1))
    tabulate(table, clock(parameters, 60.0 / parameters.heart_rate, learned), steps, curves)
    for row in range(2 * steps + 1):
        for drive in range(DRIVES):
            grid[(row * DRIVES + drive) * LANES] = table[drive, row]


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
    inner, outer = c.layer_conductance / tones[0], c.layer_conductance / tones[1]
    work, trace = np.zeros(ROWS * LANES), np.empty(2 * SAMPLES * LANES)
    store_coefficients(work, 0, c)
    store_state(work, 0, load_state_row(state))
    store_machine(work, 0, load_machine_row(machine_state))
    work[STEP_AT * LANES] = timing.period * timing.beats / steps
    work[TONE_AT * LANES], work[(TONE_AT + 1) * LANES] = inner, outer
    means_out[:] = 0.0
    for step in range(steps):
        ahead = grid[2 * step * DRIVES * LANES :]
        if signals.size > 0:
            keep_signals(signals[:, step], load_drive(ahead, 0), work, inner, outer, c, physics)
        integrate_lanes(work, ahead, trace, 0, 1, physics, 1)
        store_means_row(means_out, combine_means(1.0, load_means_row(means_out), 1.0 / steps, load_means(work, 0)))
    store_state_row(state, load_state(work, 0))
    store_machine_row(machine_state, load_machine(work, 0))


@function
def keep_signals(kept, drive, work, inner, outer, c, physics):  # type: ignore[no-untyped-def]
    """Write the signals of the state that stands in the first lane, in the order of `SIGNALS`."""
    state, machine = load_state(work, 0), load_machine(work, 0)
    _, _, means, _, samples = slope(drive, state, machine, inner, outer, c, physics)
    store_means_row(kept[:MEANS], means)
    kept[MEANS] = samples.lv_pressure
    kept[MEANS + 1] = max(drive.balloon_volume, machine.balloon_volume)
    store_state_row(kept[MEANS + 2 :], state)


def pattern_duration(row: np.ndarray) -> float:
    """Duration of a pattern (s)."""
    p = Parameters(*row.tolist())
    return 60.0 / p.heart_rate * (p.assist_ratio if p.balloon_volume > 0.0 else 1.0)
