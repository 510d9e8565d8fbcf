"""End systole: where P/(V - V0) is largest in a beat [Suga], and the elastic energy then.

Not at the smallest volume: inflation before valve closure corrupts the pressure there.
"""

from __future__ import annotations

import numpy as np

from ..compile.decorators import borrowing, inlined
from ..compile.layout import LANES
from ..laws.elementary import exponential
from ..names.outcomes import Samples
from ..patient.coefficients import Coefficients
from .interpolation import cubic, summit, wrap

SAMPLES = len(Samples._fields)
LV_PRESSURE = np.uintp(Samples._fields.index("lv_pressure") * LANES)
LV_VOLUME = np.uintp(Samples._fields.index("lv_volume") * LANES)
PRESSURE, STRETCH, PLACE, FIRST, LAST, UNSTRESSED, ENERGY, PLACES = range(8)
"""Rows of `find_end_systoles`' array: five of scratch, V0, what callers keep of the energy, and from the last on the
place in each beat of the pattern."""
AT_A_TIME = 4
"""Steps between which the best so far stays in registers. 192 steps take 1.1 us, one at a time 1.6, eight 1.4."""
PRESSURE_ROW, STRETCH_ROW, PLACE_ROW, FIRST_ROW, LAST_ROW, UNSTRESSED_ROW = (np.uintp(row * LANES) for row in range(6))


@borrowing
def find_end_systoles(trace, steps, beats, systole):  # type: ignore[no-untyped-def]
    """Find the sample of the largest P/(V - V0) in every lane and beat of a pattern of its own ``steps``.

    ``systole`` (PLACES + beats, LANES) has V0 in the row UNSTRESSED, and receives the samples. It is one array of rows
    that are known when this is compiled: one that hangs on the beat makes it three times as long.
    """
    found = systole.reshape(-1)
    fewest = most = steps[0] // beats
    for each in range(LANES):
        fewest, most = min(fewest, steps[each] // beats), max(most, steps[each] // beats)
    for beat in range(beats):
        systole[PRESSURE] = 0.0
        systole[STRETCH] = 1.0
        for each in range(LANES):
            per_beat = steps[each] // beats
            systole[FIRST, each] = systole[PLACE, each] = beat * per_beat
            systole[LAST, each] = (beat + 1) * per_beat - 1
        last = (beat + 1) * most - 1
        for step in range(beat * fewest, last + 1, AT_A_TIME):
            for each in range(LANES):
                lane = np.uintp(each)
                unstressed = found[UNSTRESSED_ROW + lane]
                begins, ends = found[FIRST_ROW + lane], found[LAST_ROW + lane]
                best_p, best_v, place = found[PRESSURE_ROW + lane], found[STRETCH_ROW + lane], found[PLACE_ROW + lane]
                for ahead in range(AT_A_TIME):
                    # past the last one that one is looked at again, which changes nothing
                    at = min(step + ahead, last)
                    row = np.uintp(at * SAMPLES * LANES)
                    p, v = trace[row + LV_PRESSURE + lane], trace[row + LV_VOLUME + lane] - unstressed
                    # p/v > best_p/best_v, whatever the signs of the volumes
                    higher = (p * best_v - best_p * v) * (v * best_v) > 0.0 and begins <= at and at <= ends
                    best_p = p if higher else best_p
                    best_v = v if higher else best_v
                    place = at if higher else place
                found[PRESSURE_ROW + lane] = best_p
                found[STRETCH_ROW + lane] = best_v
                found[PLACE_ROW + lane] = place
        for each in range(LANES):
            systole[PLACES + beat, each] = systole[PLACE, each]


@borrowing
def end_systole_near(pressure, volume, unstressed, best):  # type: ignore[no-untyped-def]
    """Pressure and volume at the largest P/(V - V0), which is largest among the samples at ``best``."""
    # The pressure falls steeply here: a parabola puts the instant wrong by enough to bias it by 3e-4 at 128 steps.
    ahead = summit(
        ratio_at(pressure, volume, unstressed, best - 2),
        ratio_at(pressure, volume, unstressed, best - 1),
        ratio_at(pressure, volume, unstressed, best),
        ratio_at(pressure, volume, unstressed, best + 1),
    )
    return cubic(pressure, best, ahead), cubic(volume, best, ahead)


@borrowing
def ratio_at(pressure, volume, unstressed, at):  # type: ignore[no-untyped-def]
    """P/(V - V0) at a sample."""
    n = pressure.shape[0]
    return pressure[wrap(at, n)] / (volume[wrap(at, n)] - unstressed)


@inlined
def potential_energy(pressure: float, volume: float, c: Coefficients) -> float:
    """Elastic energy at end systole (mmHg mL): Pes*(Ves - V0)/2 less that of the diastolic relation [Suga 1979]."""
    stretch = volume - c.lv_unstressed
    x = c.lv_exponent * stretch
    passive = c.lv_scale * ((exponential(x) - 1.0) / c.lv_exponent - stretch)
    return 0.5 * pressure * stretch - passive
