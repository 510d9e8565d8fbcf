"""Regulation: the baroreflex in its steady state, and drugs that hold the mean arterial pressure.

The reflex is that of Ursino, Am J Physiol 275:H1733, 1998. A carotid baroreceptor feels pressure P as
tau_p*dQ/dt = P + tau_z*dP/dt - Q and fires f_cs(Q); the sympathetic fibres fire f_es(f_cs), the vagal f_ev(f_cs); each
effector follows its gain times ln(f_es - f_min + 1), or times f_ev, after a delay and a first-order lag. Over a
periodic pattern neither delay nor lag changes a mean: two numbers, the mean sympathetic and vagal drive, decide the
steady state.

A patient's parameters hold at the drive of its own unsupported state, so effectors are told as deviations from it.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from ..compile.decorators import function, inlined
from ..compile.layout import row_access
from ..names.parameters import Parameters
from ..names.state import Learned

SET_POINT, SLOPE, LEAST_AFFERENT, MOST_AFFERENT = 92.0, 11.758, 2.52, 47.78
TAU_POLE, TAU_ZERO = 2.076, 6.37
"""Baroreceptor: mmHg, mmHg, spikes/s, spikes/s; s [C]."""
SYMPATHETIC_REST, SYMPATHETIC_MOST, SYMPATHETIC_DECAY, SYMPATHETIC_LEAST = 2.10, 16.11, 0.0675, 2.66
VAGAL_LEAST, VAGAL_MOST, VAGAL_SLOPE, VAGAL_CENTRE = 3.2, 6.3, 7.06, 25.0
"""Efferent fibres, spikes/s and s [C]."""
GAIN_LV, GAIN_RV, GAIN_SPLANCHNIC, GAIN_PERIPHERAL = 0.475, 0.282, 0.695, 0.53
NONE_LV, NONE_RV, NONE_SPLANCHNIC, NONE_PERIPHERAL = 2.392, 1.412, 2.49, 0.78
"""Elastances (mmHg/mL) and resistances (mmHg s/mL): what a unit of sympathetic drive adds [C], and without any [M]."""
GAIN_VOLUME = 265.4 + 132.5
GAIN_SYMPATHETIC_PERIOD, GAIN_VAGAL_PERIOD = -0.13, 0.09
"""Stressed volume (mL) and period (s) that a unit of drive adds [C]."""
REFERENCE_SURFACE = 1.9
"""m2, of the man whom the veins' gain belongs to."""
SHORTEST_PERIOD, LONGEST_PERIOD = 0.3, 2.0
"""Limits of what the reflex can make of a period (s) [X]."""
LEAST_FACTOR, MOST_FACTOR = 0.3, 3.0
"""Limits of what drugs can make of the systemic resistance [X]."""
LEAST_VOLUME = 0.3
"""Share of the patient's stressed volume that the reflex never goes below [X]."""
LEAST_GRADIENT = 1.0
"""mmHg; a smaller fall of pressure over the circulation counts as this where a resistance is sought."""

LV_AT = Parameters._fields.index("lv_elastance")
RV_AT = Parameters._fields.index("rv_elastance")
VOLUME_AT = Parameters._fields.index("stressed_volume")
RATE_AT = Parameters._fields.index("heart_rate")

load_parameters, _ = row_access(Parameters)


class Drives(NamedTuple):
    """The drive at each kind of effector; in the steady state the sympathetic ones are one number."""

    contraction: float
    resistance: float
    volume: float
    rate: float
    vagal: float


class Adjusted(NamedTuple):
    """What of a regulated patient is no parameter: factors on resistances, and the learned closure (s)."""

    splanchnic: float
    peripheral: float
    closure: float


@inlined
def afferent(felt: float) -> float:
    """Firing of the baroreceptor (spikes/s) at a felt pressure (mmHg); Ursino 1998, eq. 30."""
    return LEAST_AFFERENT + (MOST_AFFERENT - LEAST_AFFERENT) / (1.0 + math.exp((SET_POINT - felt) / SLOPE))


@inlined
def sympathetic(firing: float) -> float:
    """Drive of the sympathetic effectors at an afferent firing (spikes/s); Ursino 1998, eqs. 32 and 34."""
    efferent = SYMPATHETIC_REST + (SYMPATHETIC_MOST - SYMPATHETIC_REST) * math.exp(-SYMPATHETIC_DECAY * firing)
    return math.log(max(efferent - SYMPATHETIC_LEAST, 0.0) + 1.0)


@inlined
def vagal(firing: float) -> float:
    """Drive of the vagal effector (spikes/s) at an afferent firing (spikes/s); Ursino 1998, eq. 33."""
    return VAGAL_LEAST + (VAGAL_MOST - VAGAL_LEAST) / (1.0 + math.exp((VAGAL_CENTRE - firing) / VAGAL_SLOPE))


@function
def baroreceptor(pressure, step, lag, felt):  # type: ignore[no-untyped-def]
    """Pass a pattern of pressures through the baroreceptor; felt pressure is (tau_z/tau_p)*P + lag.

    tau_p*dlag/dt = (1 - tau_z/tau_p)*P - lag is exact for a pressure that is linear between samples.

    Parameters
    ----------
    pressure : array, (steps,)
        mmHg, of a periodic pattern.
    step : float
        s between samples.
    lag : float
        mmHg, at the first sample.
    felt : array, (steps,)
        Receives the felt pressure (mmHg).

    Returns
    -------
    float
        The lag a pattern later.
    """
    lead = TAU_ZERO / TAU_POLE
    decay = math.exp(-step / TAU_POLE)
    mean_decay = (1.0 - decay) * TAU_POLE / step
    steps = pressure.shape[0]
    for at in range(steps):
        felt[at] = lead * pressure[at] + lag
        after = pressure[at + 1 if at + 1 < steps else 0]
        lag = decay * lag + (1.0 - lead) * ((mean_decay - decay) * pressure[at] + (1.0 - mean_decay) * after)
    return lag


@function
def felt_drives(felt):  # type: ignore[no-untyped-def]
    """Mean sympathetic and vagal drive over samples of the felt pressure (mmHg)."""
    steps = felt.shape[0]
    s = v = 0.0
    for at in range(steps):
        firing = afferent(felt[at])
        s += sympathetic(firing)
        v += vagal(firing)
    return s / steps, v / steps


@function
def mean_drives(pressure, step, felt):  # type: ignore[no-untyped-def]
    """Mean sympathetic and vagal drive over a periodic pattern of pressures; ``felt`` is scratch of its length."""
    steps = pressure.shape[0]
    gained = baroreceptor(pressure, step, 0.0, felt)
    baroreceptor(pressure, step, gained / (1.0 - math.exp(-steps * step / TAU_POLE)), felt)
    return felt_drives(felt)


@inlined
def ratio(gain: float, none: float, now: float, reference: float) -> float:
    """An effector at a drive over the same at the drive where the patient's parameter holds; none: without drive.

    Positive at every drive and gain. That the patient's own value stands for Ursino's nominal one is our choice [X].
    """
    return (none + gain * now) / (none + gain * reference)


@inlined
def regulated_period(own: float, gain: float, drives: Drives, learned: Learned) -> float:
    """Period (s) at the drives, from the patient's own."""
    moved = GAIN_SYMPATHETIC_PERIOD * (drives.rate - learned.sympathetic)
    moved += GAIN_VAGAL_PERIOD * (drives.vagal - learned.vagal)
    return min(max(own + gain * moved, min(SHORTEST_PERIOD, own)), max(LONGEST_PERIOD, own))


@inlined
def adjust(own, learned, drives, factor, row):  # type: ignore[no-untyped-def]
    """Write a patient's parameters as the reflex and the drugs change them.

    Parameters
    ----------
    own : array, (len(Parameters._fields),)
    learned : Learned
        The drives at which ``own`` holds.
    drives : Drives
    factor : float
        On the systemic resistance, by drugs; its power on the stressed volume.
    row : array, (len(Parameters._fields),)
        Receives the parameters.

    Returns
    -------
    Adjusted
    """
    p = load_parameters(own)
    for place in range(own.size):
        row[place] = own[place]
    gain = p.baroreflex_gain
    period = 60.0 / p.heart_rate
    now = regulated_period(period, gain, drives, learned)
    row[LV_AT] *= ratio(gain * GAIN_LV, NONE_LV, drives.contraction, learned.sympathetic)
    row[RV_AT] *= ratio(gain * GAIN_RV, NONE_RV, drives.contraction, learned.sympathetic)
    size = p.body_surface_area / REFERENCE_SURFACE
    volume = p.stressed_volume + gain * GAIN_VOLUME * size * (drives.volume - learned.sympathetic)
    # a vasopressor acts on veins as on arteries
    row[VOLUME_AT] = max(volume, LEAST_VOLUME * p.stressed_volume) * factor**p.pressor_venous_exponent
    row[RATE_AT] = p.heart_rate if now == period else 60.0 / now
    return Adjusted(
        factor * ratio(gain * GAIN_SPLANCHNIC, NONE_SPLANCHNIC, drives.resistance, learned.sympathetic),
        factor * ratio(gain * GAIN_PERIPHERAL, NONE_PERIPHERAL, drives.resistance, learned.sympathetic),
        learned.closure * math.sqrt(now / period),
    )


@inlined
def limited(factor: float) -> float:
    """A factor on the systemic resistance within the limits of the drugs."""
    return min(max(factor, LEAST_FACTOR), MOST_FACTOR)


@inlined
def next_factor(factor: float, target: float, arterial: float, venous: float, exponent: float) -> float:
    """Factor that would give the target (mmHg) if resistance and, by its power, stressed volume moved it alone."""
    wanted = max(target - venous, LEAST_GRADIENT) / max(arterial - venous, LEAST_GRADIENT)
    return limited(factor * wanted ** (1.0 / (1.0 + exponent)))
