"""The coronary bed: two layers squeezed by the ventricle, and autoregulation."""

from __future__ import annotations

import math

from ..compile.decorators import inlined

INFLOW_RESISTANCE = 42.0
OUTFLOW_RESISTANCE = 22.0
CONDUIT_RESISTANCE = 1.0
"""mmHg s/mL for 150 g of left ventricle [X]: arterial and venous side of a layer, epicardial artery."""
LAYER_COMPLIANCE = 0.06
CONDUIT_COMPLIANCE = 0.02
"""mL/mmHg for 150 g of left ventricle [X]."""
REFERENCE_MASS = 150.0
LEAST_TONE = 0.2
GREATEST_TONE = 2.5
"""Range of the factor on the inflow resistance of a layer [X]: full dilatation to full constriction."""
HEALTHY_DEMAND = 13249.0
HEALTHY_TONE = 1.621
"""Pressure-volume area times heart rate (mmHg mL/s), and inner tone, of the nominal healthy patient [D], by a test."""


@inlined
def target_flow(mass: float, demand: float, healthy_demand: float, share: float) -> float:
    """Flow a layer asks for (mL/s): half of .8 mL/min/g*(1 - share + share*D/D_healthy), share .7 [X].

    The demand D is the pressure-volume area times heart rate, so that unloading lowers the target too.
    """
    return 0.5 * 0.8 / 60.0 * mass * (1.0 - share + share * demand / healthy_demand)


@inlined
def next_tone(tone: float, flow: float, target: float) -> float:
    """Autoregulation factor for the next pattern of beats, from the layer's mean flow in this one.

    The published form dr/dt = k*(Q - Qt)/Qt*r is slow, and only its steady state Q = Qt (or a limit of r) counts.
    This takes the resistance at which the same driving pressure would give the target flow: the same fixed point,
    reached in a few beats instead of forty.
    """
    outflow = OUTFLOW_RESISTANCE / INFLOW_RESISTANCE
    wanted = (tone + outflow) * (flow / target) - outflow
    return max(min(wanted, GREATEST_TONE), LEAST_TONE)


AUTOREGULATION_RATE = 0.25
"""1/s: the published rate of autoregulation, where beats differ and its noise counts."""


@inlined
def slow_tone(tone: float, flow: float, target: float, duration: float) -> float:
    """Autoregulation factor after a beat of this duration (s): dr/dt = k*(Q - Qt)/Qt*r, with the beat's mean flow."""
    wanted = tone * math.exp(AUTOREGULATION_RATE * duration * (flow - target) / target)
    return max(min(wanted, GREATEST_TONE), LEAST_TONE)


@inlined
def layer_pressure(volume: float, elastance: float, squeezed: float, lv_pressure: float) -> float:
    """Pressure (mmHg) in a layer that is squeezed by a share of the left ventricle's [X]."""
    return volume * elastance + squeezed * lv_pressure


LEFT_MAIN_DIAMETER = 0.45
STENOSIS_LENGTH = 1.0
"""cm [D]."""
VISCOSITY = 0.035
DENSITY = 1.06
"""of blood: poise, g/cm3 [M]."""
PER_MMHG = 1.0 / 1333.0


@inlined
def stenosis_resistance(lost: float) -> float:
    """Linear part (mmHg s/mL) of a left main stenosis that takes a share of the diameter; Young and Tsai 1973 [M].

    a = 32*(La/D0)*(A0/As)**2*mu/(D0*A0) with La = .83*Ls + 1.64*Ds, less what the sound artery has.
    """
    area = 0.25 * math.pi * LEFT_MAIN_DIAMETER * LEFT_MAIN_DIAMETER
    ratio = 1.0 / ((1.0 - lost) * (1.0 - lost))
    length = 0.83 * STENOSIS_LENGTH + 1.64 * LEFT_MAIN_DIAMETER * (1.0 - lost)
    sound = 0.83 * STENOSIS_LENGTH + 1.64 * LEFT_MAIN_DIAMETER
    scale = 32.0 * VISCOSITY / (LEFT_MAIN_DIAMETER * LEFT_MAIN_DIAMETER * area) * PER_MMHG
    return scale * (length * ratio * ratio - sound)


@inlined
def stenosis_turbulence(lost: float) -> float:
    """Quadratic part (mmHg s2/mL2) of that stenosis: b = 1.52*(rho/2)*(A0/As - 1)**2/A0**2; Young and Tsai 1973 [M]."""
    area = 0.25 * math.pi * LEFT_MAIN_DIAMETER * LEFT_MAIN_DIAMETER
    excess = (1.0 / ((1.0 - lost) * (1.0 - lost)) - 1.0) / area
    return 1.52 * 0.5 * DENSITY * excess * excess * PER_MMHG


@inlined
def stenosis_flow(gradient: float, resistance: float, turbulence: float) -> float:
    """Flow (mL/s) of the gradient's sign (mmHg) through a stenosis and what follows it: dP = R*Q + b*Q*|Q|."""
    return 2.0 * gradient / (resistance + math.sqrt(resistance * resistance + 4.0 * turbulence * abs(gradient)))


@inlined
def pressure_behind_stenosis(
    conduit: float,
    inner: float,
    outer: float,
    inner_conductance: float,
    outer_conductance: float,
    resistance: float,
    turbulence: float,
) -> float:
    """Pressure (mmHg) before the layers' arterioles, where a stenosis stands between them and the epicardial artery.

    The layers, of pressures ``inner`` and ``outer``, draw on it in parallel.
    """
    both = inner_conductance + outer_conductance
    behind = (inner_conductance * inner + outer_conductance * outer) / both
    through = stenosis_flow(conduit - behind, resistance + 1.0 / both, turbulence)
    return behind + through / both
