"""Regulation in the lanes: before a pattern, what reflex and drugs make of a patient; after it, what they make next."""

from __future__ import annotations

from ..compile.decorators import function
from ..compile.layout import LANES
from ..integration.lanes import FACTOR, SYMPATHETIC, VAGAL, load_learned, load_parameters, load_timing, write_patient
from ..integration.ssprk import SAMPLES
from ..laws.baroreflex import Drives, adjust, limited, mean_drives, next_factor
from ..names.outcomes import Means, Samples
from ..patient.clock import clock
from ..patient.coefficients import Body, fold
from ..patient.drive import tabulate

AORTIC_PRESSURE = Means._fields.index("aortic_pressure")
RIGHT_ATRIAL_PRESSURE = Means._fields.index("right_atrial_pressure")
ROOT_PRESSURE = Samples._fields.index("root_pressure")

VENOUS_AT = Body._fields.index("pressor_venous_exponent")

RELAXATION = 0.4
"""Share of the way to the drive that its pressures call for, which the reflex goes in a plain beat."""


@function
def regulate(lane, own, lanes, buffers, curves):  # type: ignore[no-untyped-def]
    """Write a lane's patient, of parameters ``own``, anew, as the reflex and the drugs of its state change it."""
    lanes.x[FACTOR, lane] = limited(lanes.x[FACTOR, lane])
    drive = lanes.x[SYMPATHETIC, lane]
    drives = Drives(drive, drive, drive, drive, lanes.x[VAGAL, lane])
    adjusted = adjust(own, load_learned(lanes.learned[lane]), drives, lanes.x[FACTOR, lane], lanes.adjusted)
    p = load_parameters(lanes.adjusted)
    period = 60.0 / p.heart_rate
    before = load_timing(lanes.timing[lane]).period
    timing = clock(p, period, adjusted.closure)
    write_patient(lane, p, fold(p, 0.0, adjusted.splanchnic, adjusted.peripheral), timing, lanes, buffers.work)
    if period != before:
        tables = buffers.tables
        tables.drawn[lane] = tabulate(tables.values[lane], timing, lanes.steps[lane], curves)


@function
def next_regulation(lane, regulation, trace, lanes):  # type: ignore[no-untyped-def]
    """Read what the reflex, or the drugs, make of a lane's pattern."""
    if regulation.moves_factor:
        target = load_learned(lanes.learned[lane]).arterial_pressure
        arterial, venous = lanes.means[AORTIC_PRESSURE, lane], lanes.means[RIGHT_ATRIAL_PRESSURE, lane]
        exponent = lanes.body[lane, VENOUS_AT]
        lanes.g[FACTOR, lane] = next_factor(lanes.x[FACTOR, lane], target, arterial, venous, exponent)
    if not regulation.moves_drives:
        return
    steps = lanes.steps[lane]
    pressure = trace.reshape((-1, SAMPLES, LANES))[:steps, ROOT_PRESSURE, lane]
    timing = load_timing(lanes.timing[lane])
    step = timing.period * timing.beats / steps
    sympathetic, vagal = mean_drives(pressure, step, lanes.felt[:steps])
    lanes.g[SYMPATHETIC, lane] = lanes.x[SYMPATHETIC, lane] + RELAXATION * (sympathetic - lanes.x[SYMPATHETIC, lane])
    lanes.g[VAGAL, lane] = lanes.x[VAGAL, lane] + RELAXATION * (vagal - lanes.x[VAGAL, lane])
