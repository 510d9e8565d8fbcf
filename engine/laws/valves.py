"""Heart valves as orifices."""

from __future__ import annotations

import math
from typing import NamedTuple

from ..compile.decorators import inlined

BERNOULLI = 3.98e-4
"""rho/2 over 1333 dyn/cm2 per mmHg, rho 1.06 g/cm3 [D]: mmHg s2 cm4/mL2."""

RESISTANCE = 2.5e-3
"""Linear part of an open valve, mmHg s/mL [C Ursino 1998]."""

SMALLEST = 1e-18
"""Keeps a shut orifice without a gradient from dividing nothing by nothing."""


class Orifice(NamedTuple):
    """An orifice: the gradient over it (mmHg), its area (cm2), and the gradient over the blood's velocity.

    Flow (mL/s) is area*gradient/per_velocity, of the gradient's sign.
    """

    gradient: float
    area: float
    per_velocity: float


@inlined
def orifice(gradient: float, area: float, resistance: float) -> Orifice:
    """Quasi-static flow through an orifice: dP = rho/(2*A**2)*Q*|Q| + R*Q [D].

    Solved for Q as A*dP/(R*A/2 + sqrt((R*A/2)**2 + rho/2*|dP|)), which loses no digits near zero flow and is nothing
    where the area is.
    """
    half = 0.5 * resistance * area
    return Orifice(gradient, area, half + math.sqrt(half * half + (BERNOULLI * abs(gradient) + SMALLEST)))


@inlined
def flow_through(found: Orifice) -> float:
    """Flow (mL/s) through an orifice that was found."""
    return found.area * found.gradient / found.per_velocity


@inlined
def orifice_flow(gradient: float, area: float, resistance: float) -> float:
    """Flow (mL/s) through an orifice."""
    return flow_through(orifice(gradient, area, resistance))


@inlined
def functional_leak(area: float, volume: float, reference: float, exponent: float) -> float:
    """Regurgitant orifice (cm2) that follows the ventricle's end-diastolic volume: area*(EDV/EDV_ref)**n [D].

    ``area`` is that of the patient without support, whose volume (mL) is the reference; 0 in that state itself.
    """
    if area == 0.0 or reference == 0.0:
        return area
    return area * max(volume / reference, 0.0) ** exponent


@inlined
def valve(gradient: float, area: float, leak: float, resistance: float) -> Orifice:
    """A valve as an orifice: of ``area`` forward, of ``leak`` (cm2) backward, 0 in a competent one."""
    return orifice(gradient, area if gradient > 0.0 else leak, resistance)
