"""Five aortic nodes: the area law of the wall, its viscosity, and the inertance of the blood between them."""

from __future__ import annotations

import math

from ..compile.decorators import inlined
from .elementary import tangent_pi

INERTIA = 7.95e-4
"""Blood density over 1333 dyn/cm2 per mmHg: mmHg s2/cm2; inertance of a tube is INERTIA*length/area [D]."""

NODES = ("root", "proximal", "distal", "abdominal", "iliac")
ROOT, PROXIMAL, DISTAL, ABDOMINAL, ILIAC = range(5)
LENGTH = (14.0, 12.0, 12.0, 22.0, 30.0)
"""cm: root and arch, proximal and distal thoracic, abdominal [M]; iliac and femoral [X]."""
AREA_FACTOR = (1.15, 0.85, 0.85, 0.80, 0.50)
"""Cross-section relative to the law of Langewouters [M]; iliac and femoral arteries of both sides [X]."""
GAIN = tuple(1.0 / (length * factor) for length, factor in zip(LENGTH, AREA_FACTOR, strict=True))
"""1/cm: d(A/Amax)/dV of a node is this times 1/Amax. The wall's gain and viscosity of all nodes differ by no more."""
REFERENCE_PRESSURE = 80.0
"""mmHg; where stiffness leaves the cross-section unchanged, and where compliance is quoted."""
HIGHEST = 0.47
"""Share of the area range, A/Amax - 1/2, above which the law is continued linearly: it is singular at 1/2."""

SEGMENT_RESISTANCE = (0.0055, 0.0055, 0.010, 0.010)
"""mmHg s/mL between successive nodes [C Heldt: thoracic .011 shared by its halves, abdominal .010]."""
SEGMENT_INERTANCE = (0.0016, 0.0, 0.0048, 0.010)
"""mmHg s2/mL outside the balloon segment [X]: .0028, .006 and .010 less the thoracic halves, which stand in the gap."""
UPPER_INERTANCE = 0.008
"""mmHg s2/mL from the arch to the upper body [X]."""
UPPER_COMPLIANCE = 0.25
"""mL/mmHg of the arteries of the upper body [X]."""


@inlined
def area_law(age: float, female: float) -> tuple[float, float, float]:
    """P0, P1 (mmHg) and Amax (cm2) of the thoracic aorta; Langewouters 1984 [M]."""
    return 76.0 - 4.0 * female - 0.89 * age, 57.0 - 0.44 * age, 5.62 - 1.50 * female


@inlined
def area_share(pressure: float, p0: float, p1: float) -> float:
    """A/Amax - 1/2 at a pressure (mmHg): atan((P - P0)/P1)/pi; Langewouters 1984, eq. 1."""
    return math.atan((pressure - p0) / p1) / math.pi


@inlined
def wall_pressure(
    volume: float, gain: float, offset: float, p0: float, p1: float, lowest: float, slope_low: float, slope_high: float
) -> float:
    """Elastic pressure (mmHg) of a node whose wall encloses a volume (mL): the inverse of the area law.

    P = P0 + P1*tan(pi*z), z = A_L/Amax - 1/2 = gain*V + offset. `arterial_stiffness` s divides the compliance,
    A = A_L(80) + (A_L(P) - A_L(80))/s, and is contained in gain and offset. Continued linearly below the area at
    0 mmHg and above ``HIGHEST``, where the law is singular.
    """
    z = gain * volume + offset
    inside = max(min(z, HIGHEST), lowest)
    return p0 + p1 * tangent_pi(inside) + slope_low * min(z - lowest, 0.0) + slope_high * max(z - HIGHEST, 0.0)


@inlined
def viscous_pressure(
    elastic: float, viscosity: float, net_inflow: float, conductance: float, outside: float, factor: float
) -> float:
    """Pressure (mmHg) of a Voigt wall that also feeds a linear outflow.

    P = P_elastic + eta*(Q - G*(P - P_outside)), solved for P: factor = 1/(1 + eta*G).
    """
    return (elastic + viscosity * (net_inflow + conductance * outside)) * factor
