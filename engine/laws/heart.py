"""The four chambers: activation and the pressure of a chamber."""

from __future__ import annotations

import math

from ..compile.decorators import inlined
from .elementary import exponential

VENTRICLE_HILL = (0.269, 0.452, 1.32, 21.9)
ATRIUM_HILL = (0.110, 0.180, 1.32, 13.1)
"""Half times (of the effective period) and exponents of the double Hill curve [M Stergiopulos 1996, Mynard 2012]."""


@inlined
def effective_period(period: float, stretch: float) -> float:
    """Time base of activation (s): systole shortens with the square root of the period, not with the period.

    T_eff = .857*sqrt(T/.857)*stretch: the published half times hold at 70/min [M Stergiopulos 1996].
    """
    return 0.857 * math.sqrt(period / 0.857) * stretch


@inlined
def double_hill(time: float, half_rise: float, half_fall: float, rise: float, fall: float) -> float:
    """Unscaled double Hill curve, g1/(1 + g1)/(1 + g2) with g = (t/tau)**m; Stergiopulos 1996, eq. 2."""
    if time <= 0.0:
        return 0.0
    g1 = (time / half_rise) ** rise
    g2 = (time / half_fall) ** fall
    return g1 / (1.0 + g1) / (1.0 + g2)


@inlined
def chamber_pressure(
    volume: float, activation: float, elastance: float, unstressed: float, exponent: float, scale: float
) -> float:
    """Pressure of a chamber (mmHg) at a volume (mL) [C Burkhoff-type].

    P = e*Ees*(V - V0) + (1 - e)*beta*(exp(alpha*(V - V0)) - 1), e the activation (0-1).
    """
    stretch = volume - unstressed
    passive = scale * (exponential(exponent * stretch) - 1.0)
    return passive + activation * (elastance * stretch - passive)


@inlined
def septal_pressure(own: float, other: float, share: float) -> float:
    """Pressure of a ventricle (mmHg) of its own with a share of the other's, which the septum hands on [X]."""
    return own + share * other


@inlined
def pericardial_pressure(chambers: float, room: float) -> float:
    """Pressure (mmHg) around chambers of this total volume (mL): .5*(exp(.03*(V - V_peri)) - 1), none below [X]."""
    return max(0.5 * (exponential(0.03 * (chambers - room)) - 1.0), 0.0)
