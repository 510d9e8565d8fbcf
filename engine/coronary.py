"""The coronary bed: two layers squeezed by the ventricle, and autoregulation."""

from __future__ import annotations

from .compilation import inlined

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
HEALTHY_DEMAND = 12306.0
HEALTHY_TONE = 1.529
"""Pressure-volume area times heart rate (mmHg mL/s), and inner tone, of the nominal healthy patient [D], by a test."""


@inlined
def target_flow(mass: float, demand: float, healthy_demand: float) -> float:
    """Flow a layer asks for (mL/s): half of .8 mL/min/g*(.3 + .7*D/D_healthy) [X].

    The demand D is the pressure-volume area times heart rate, so that unloading lowers the target too.
    """
    return 0.5 * 0.8 / 60.0 * mass * (0.3 + 0.7 * demand / healthy_demand)


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
