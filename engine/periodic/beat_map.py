"""The beat map: from the state at one activation to the state one pattern of beats later, LANES patients at once."""

from __future__ import annotations

from ..compile.decorators import borrowing, function
from ..compile.layout import LANES
from ..integration.lanes import (
    DEMAND,
    INNER,
    MACHINE,
    OUTER,
    load_coefficients,
    load_timing,
    place_patient,
    write_heart,
    write_room,
    write_states,
)
from ..integration.ssprk import SAMPLES
from ..laws.aorta import NODES
from ..laws.coronary import HEALTHY_DEMAND, LEAST_TONE, effective_tone, lowest_tone, next_tone, target_flow
from ..measure.end_systole import (
    ENERGY,
    PLACES,
    UNSTRESSED,
    end_systole_near,
    find_end_systoles,
    potential_energy,
)
from ..names.outcomes import Means, Samples
from ..names.signals import Drive
from ..names.state import State
from ..patient.clock import Timing
from ..patient.coefficients import Body, Coefficients
from ..patient.drive import lay, tabulate

BESIDE_BALLOON = tuple(
    (State._fields.index(f"{node}_volume"), Coefficients._fields.index(f"balloon_{node}"))
    for node in NODES
    if f"balloon_{node}" in Coefficients._fields
)
"""Aortic nodes with a share of the balloon: the row of the node's blood, and the place of the share."""
UNSTRESSED_AT = Coefficients._fields.index("lv_unstressed")
GAS_AT = Coefficients._fields.index("gas_driven")
CAPACITY_AT = Coefficients._fields.index("balloon_capacity")
BALLOON_VOLUME_AT = Drive._fields.index("balloon_volume")
BALLOON_RATE_AT = Drive._fields.index("balloon_rate")
FULL_SHARE = 0.9
"""Of its nominal volume that a balloon holds against the pressure of an aorta."""
PERIOD_AT = Timing._fields.index("period")
MASS_AT = Body._fields.index("lv_mass")
DILATED_AT = Body._fields.index("dilated")
RISK_AT = Body._fields.index("territory_at_risk")
SHARE_AT = Body._fields.index("demand_share")
INNER_FLOW_AT = Means._fields.index("inner_flow")
OUTER_FLOW_AT = Means._fields.index("outer_flow")
POWER_AT = Means._fields.index("lv_power")
LV_PRESSURE = Samples._fields.index("lv_pressure")
LV_VOLUME = Samples._fields.index("lv_volume")


@function
def enter(lane, job, jobs, lanes, buffers, curves):  # type: ignore[no-untyped-def]
    """Put a patient into a lane, and tabulate the drive of its pattern of beats."""
    tables = buffers.tables
    place_patient(lane, job, jobs, lanes, buffers.work)
    tables.drawn[lane] = tabulate(tables.values[lane], load_timing(lanes.timing[lane]), jobs.steps[job], curves)


@function
def make_room(lane, lanes, tables):  # type: ignore[no-untyped-def]
    """Take the blood out that the balloon displaces at activation, where a lane starts from a state without."""
    x, coefficients = lanes.x, lanes.coefficients
    balloon = tables.values[lane, BALLOON_VOLUME_AT, 0]
    if x.shape[0] > MACHINE and coefficients[lane, GAS_AT] > 0.0:
        # a crude guess: as full as the gas leaves it where the console still pushes
        pushed = tables.values[lane, BALLOON_RATE_AT, 0] > 0.0
        balloon = FULL_SHARE * coefficients[lane, CAPACITY_AT] if pushed else 0.0
        x[MACHINE, lane] = balloon
    for blood, share in BESIDE_BALLOON:
        x[blood, lane] -= coefficients[lane, share] * balloon


@function
def begin_pattern(lanes, buffers):  # type: ignore[no-untyped-def]
    """Write the lanes' states into the work buffer, and what depends on them; lay new drives into the grid."""
    work = buffers.work
    lay(buffers.grid, buffers.tables, lanes.steps)
    write_states(lanes, work)
    for lane in range(LANES):
        write_room(lane, lanes, work)
        if lanes.job[lane] >= 0:
            write_heart(lane, lanes, work)


@function
def end_pattern(lanes, trace):  # type: ignore[no-untyped-def]
    """Complete the image of the map, beside the integrated state: the tones and demand for the next pattern."""
    potential_energies(lanes, trace)
    x, g, means, body, timing, job, systole = (
        lanes.x, lanes.g, lanes.means, lanes.body, lanes.timing, lanes.job, lanes.systole,
    )  # fmt: skip
    for lane in range(LANES):
        if job[lane] >= 0:
            target = target_flow(body[lane, MASS_AT], x[DEMAND, lane], HEALTHY_DEMAND, body[lane, SHARE_AT])
            dilated, lowest = body[lane, DILATED_AT], lowest_tone(body[lane, RISK_AT])
            inner, outer = effective_tone(x[INNER, lane], dilated), effective_tone(x[OUTER, lane], dilated)
            g[INNER, lane] = next_tone(inner, means[INNER_FLOW_AT, lane], target, lowest)
            g[OUTER, lane] = next_tone(outer, means[OUTER_FLOW_AT, lane], target, LEAST_TONE)
            g[DEMAND, lane] = means[POWER_AT, lane] + systole[ENERGY, lane] / timing[lane, PERIOD_AT]


@borrowing
def end_systoles(lanes, trace, beats):  # type: ignore[no-untyped-def]
    """Find end systole in every lane and beat of a pattern."""
    for lane in range(LANES):
        lanes.systole[UNSTRESSED, lane] = lanes.coefficients[lane, UNSTRESSED_AT]
    find_end_systoles(trace, lanes.steps, beats, lanes.systole)


@borrowing
def potential_energies(lanes, trace):  # type: ignore[no-untyped-def]
    """Find end systole in every lane, and the mean potential energy of the pattern's beats then (mmHg mL)."""
    samples = trace.reshape((-1, SAMPLES, LANES))
    systole, coefficients, job, steps = lanes.systole, lanes.coefficients, lanes.job, lanes.steps
    beats = int(load_timing(lanes.timing[max(0, job.argmax())]).beats)
    end_systoles(lanes, trace, beats)
    for lane in range(LANES):
        systole[ENERGY, lane] = 0.0
        if job[lane] >= 0:
            pressure, volume = samples[: steps[lane], LV_PRESSURE, lane], samples[: steps[lane], LV_VOLUME, lane]
            for beat in range(beats):
                p, v = end_systole_near(pressure, volume, systole[UNSTRESSED, lane], int(systole[PLACES + beat, lane]))
                systole[ENERGY, lane] += potential_energy(p, v, load_coefficients(coefficients[lane])) / beats
