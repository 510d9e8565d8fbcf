"""The beds of the systemic circulation, the veins and the lungs: linear resistances and compliances."""

from __future__ import annotations

from .compilation import inlined

UPPER_FACTOR = 3.65
VISCERAL_FACTOR = 2.25
LIMB_FACTOR = 4.6
"""Resistance of a bed over the systemic resistance [X]; the rest of the conductance, about 6 %, is coronary."""


@inlined
def linear_flow(upstream: float, downstream: float, conductance: float) -> float:
    """Flow (mL/s) between two pressures (mmHg) through a conductance (mL/s/mmHg): Ohm's law."""
    return (upstream - downstream) * conductance


DISEASED = 5.0
"""Factor of peripheral artery disease on the obstruction by a sheath [X]."""


@inlined
def limb_obstruction(sheath: float, collateral: float, disease: float) -> float:
    """Resistance (mmHg s/mL) of a device through the groin before the leg, beside the collateral path [X]."""
    blocked = sheath * (1.0 + (DISEASED - 1.0) * disease)
    return blocked * collateral / (blocked + collateral)
