"""The beds of the systemic circulation, the veins and the lungs: linear resistances and compliances."""

from __future__ import annotations

from ..compile.decorators import inlined

UPPER_FACTOR = 3.65
VISCERAL_FACTOR = 2.25
LIMB_FACTOR = 4.6
"""Resistance of a bed over the systemic resistance [X]; the rest of the conductance, about 6 %, is coronary."""

BRONCHIAL_CONDUCTANCE = 5.6e-3
"""mL/s/mmHg and m2 of body surface, from the thoracic aorta to the pulmonary veins: 1 % of the output at rest. The
bronchial arteries carry 1 to 2 % of it, and half of that drains into the lung's veins [Deffebach 1987].

Under ECMO alone: behind an aortic valve that stays shut nothing else fills or empties the left heart, and without this
flow any content of it would be periodic. Elsewhere it is a hundredth of an output that nothing hangs on."""


THEBESIAN_SHARE = 0.22
"""Share of coronary flow that enters the right ventricle itself, fully desaturated: 49 % reaches the right atrium by
the coronary sinus, 24 % by the anterior cardiac veins, 5 % the left ventricle [S Hammond and Austen 1967, dogs].

Under ECMO alone, likewise: behind valves that stay shut nothing else fills the right ventricle, and any volume of it
would be periodic."""


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
