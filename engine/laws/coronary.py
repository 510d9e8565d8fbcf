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
HEALTHY_DEMAND = 13750.0
HEALTHY_TONE = 1.528
"""Pressure-volume area times heart rate (mmHg mL/s), and inner tone, of the nominal healthy patient [D], by a test."""


@inlined
def target_flow(mass: float, demand: float, healthy_demand: float, share: float) -> float:
    """Flow a layer asks for (mL/s): half of .8 mL/min/g*(1 - share + share*D/D_healthy), share .7 [X].

    The demand D is the pressure-volume area times heart rate, so that unloading lowers the target too.
    """
    return 0.5 * 0.8 / 60.0 * mass * (1.0 - share + share * demand / healthy_demand)


OUTFLOW_SHARE = OUTFLOW_RESISTANCE / INFLOW_RESISTANCE
LEAST_PERFUSION = 0.02
"""Share of its target flow below which a layer counts as having that much, where its muscle answers to it."""


@inlined
def effective_tone(wanted: float, dilated: float) -> float:
    """Factor on a layer's inflow resistance at a tone that autoregulation wants: not below the least, or the least."""
    return LEAST_TONE if dilated > 0.0 else max(wanted, LEAST_TONE)


@inlined
def lowest_tone(territory_at_risk: float) -> float:
    """Lowest tone that is noted: below the least one where the muscle answers to the flow that it lacks."""
    return (LEAST_TONE + OUTFLOW_SHARE) * LEAST_PERFUSION - OUTFLOW_SHARE if territory_at_risk > 0.0 else LEAST_TONE


@inlined
def next_tone(tone: float, flow: float, target: float, lowest: float) -> float:
    """Tone that autoregulation wants in the next pattern of beats, from the layer's mean flow at this one's.

    The published form dr/dt = k*(Q - Qt)/Qt*r is slow, and only its steady state Q = Qt (or a limit of r) counts.
    This takes the resistance at which the same driving pressure would give the target flow: the same fixed point,
    reached in a few beats instead of forty.
    """
    wanted = (tone + OUTFLOW_SHARE) * (flow / target) - OUTFLOW_SHARE
    return max(min(wanted, GREATEST_TONE), lowest)


@inlined
def perfusion(wanted: float) -> float:
    """Flow over target (at most 1) of a layer at the tone that it wants: below the least one it lacks flow."""
    return max(min((wanted + OUTFLOW_SHARE) / (LEAST_TONE + OUTFLOW_SHARE), 1.0), LEAST_PERFUSION)


WEAKEST, STRONGEST = 0.05, 1.6
"""Limits of what ischaemia and its relief make of contractility [X]."""
LEAST_THICKENING = 0.05
"""Thickening that muscle with hardly any flow counts as having, in either state: without it there is none to divide
by, and an arm that changes nothing would weaken the heart [X]."""


@inlined
def thickening(perfused: float) -> float:
    """Systolic thickening over normal at a subendocardial flow over normal: -.75x**2 + 2.15x - .39 [S Gallagher 1984].

    Conscious dogs, r2 .92.
    """
    return (2.15 - 0.75 * perfused) * perfused - 0.39


@inlined
def thickening_slope(perfused: float) -> float:
    """Change of thickening with flow."""
    return 2.15 - 1.5 * perfused


@inlined
def contractility(perfused: float, reference: float, territory_at_risk: float) -> float:
    """Factor on the left ventricle's elastance: (1 - w) + w*F(x)/F(x_ref), x_ref of the patient without support.

    The share w of the muscle is at risk: what it lacks in flow without support is in the patient's own elastance. An
    unsupported state is its own reference, told by 0.
    """
    if territory_at_risk == 0.0 or reference == 0.0:
        return 1.0
    relative = max(thickening(perfused), LEAST_THICKENING) / max(thickening(reference), LEAST_THICKENING)
    return max(min(1.0 - territory_at_risk + territory_at_risk * relative, STRONGEST), WEAKEST)


AUTOREGULATION_RATE = 0.25
"""1/s: the published rate of autoregulation, where beats differ and its noise counts."""


@inlined
def slow_tone(tone: float, flow: float, target: float, duration: float, lowest: float) -> float:
    """Tone after a beat of this duration (s): dr/dt = k*(Q - Qt)/Qt*r, with the beat's mean flow.

    Below the least tone it stands for a lack of flow, which it follows at the same rate.
    """
    if tone < LEAST_TONE or (tone == LEAST_TONE and flow < target):
        wanted = (LEAST_TONE + OUTFLOW_SHARE) * (flow / target) - OUTFLOW_SHARE
        wanted = tone + (1.0 - math.exp(-AUTOREGULATION_RATE * duration)) * (wanted - tone)
    else:
        wanted = max(tone * math.exp(AUTOREGULATION_RATE * duration * (flow - target) / target), LEAST_TONE)
    return max(min(wanted, GREATEST_TONE), lowest)


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
