"""Heart valves as orifices."""

from __future__ import annotations

import math

from .lanes import inlined

BERNOULLI = 3.98e-4
"""rho/2 over 1333 dyn/cm2 per mmHg, rho 1.06 g/cm3 [D]: mmHg s2 cm4/mL2."""

RESISTANCE = 2.5e-3
"""Linear part of an open valve, mmHg s/mL [C Ursino 1998]."""


@inlined
def orifice_coefficient(area: float) -> float:
    """B of the orifice law dP = B*Q**2 + R*Q for an area (cm2), mmHg s2/mL2: rho/(2*A**2) [D]."""
    return BERNOULLI / (area * area)


@inlined
def orifice_flow(gradient: float, coefficient: float, resistance: float) -> float:
    """Quasi-static forward flow (mL/s) through a competent valve: dP = B*Q**2 + R*Q solved for Q, 0 for dP < 0.

    Written as 2*dP/(R + sqrt(R**2 + 4*B*dP)), which loses no digits near zero flow.
    """
    forward = max(gradient, 0.0)
    return 2.0 * forward / (resistance + math.sqrt(resistance * resistance + 4.0 * coefficient * forward))
