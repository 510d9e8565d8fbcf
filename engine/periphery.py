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
