"""Heart valves as orifices."""

from __future__ import annotations

import math

from ..compile.decorators import inlined

BERNOULLI = 3.98e-4
"""rho/2 over 1333 dyn/cm2 per mmHg, rho 1.06 g/cm3 [D]: mmHg s2 cm4/mL2."""

RESISTANCE = 2.5e-3
"""Linear part of an open valve, mmHg s/mL [C Ursino 1998]."""

SMALLEST_AREA = 1e-9
"""cm2; keeps a shut orifice without a gradient from dividing nothing by nothing."""


@inlined
def orifice_flow(gradient: float, area: float, resistance: float) -> float:
    """Quasi-static flow (mL/s) through an orifice, of the gradient's sign: dP = rho/(2*A**2)*Q*|Q| + R*Q [D].

    Solved for Q as 2*A*dP/(R*A + sqrt((R*A)**2 + 2*rho*|dP|)), which loses no digits near zero flow and is nothing
    where the area (cm2) is.
    """
    linear = resistance * area
    return (
        2.0 * area * gradient / (linear + math.sqrt(linear * linear + 4.0 * BERNOULLI * abs(gradient)) + SMALLEST_AREA)
    )


@inlined
def functional_leak(area: float, volume: float, reference: float, exponent: float) -> float:
    """Regurgitant orifice (cm2) that follows the ventricle's end-diastolic volume: area*(EDV/EDV_ref)**n [D].

    ``area`` is that of the patient without support, whose volume (mL) is the reference; 0 in that state itself.
    """
    if area == 0.0 or reference == 0.0:
        return area
    return area * max(volume / reference, 0.0) ** exponent


@inlined
def valve_flow(gradient: float, area: float, leak: float, resistance: float) -> float:
    """Flow (mL/s) through a valve: forward through ``area``, backward through ``leak`` (cm2), 0 in a competent one."""
    return orifice_flow(gradient, area if gradient > 0.0 else leak, resistance)
