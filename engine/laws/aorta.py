"""The nodes of the aorta: the area law of the wall, its viscosity, and the inertance of the blood between them."""

from __future__ import annotations

import math
from typing import NamedTuple

from ..compile.decorators import inlined

INERTIA = 7.95e-4
"""Blood density over 1333 dyn/cm2 per mmHg: mmHg s2/cm2; inertance of a tube is INERTIA*length/area [D]."""


class Node(NamedTuple):
    """A node of the aorta.

    Attributes
    ----------
    length : float
        cm.
    area_factor : float
        Cross-section over that of `area_law`.
    pressure_shift : float
        How far (mmHg) its law lies towards lower pressures.
    narrowed : bool
        Whether a balloon lies in it.
    """

    length: float
    area_factor: float
    pressure_shift: float = 0.0
    narrowed: bool = False


class Segment(NamedTuple):
    """Blood between two nodes: resistance (mmHg s/mL) and inertance (mmHg s2/mL), without what stands in the gap."""

    upstream: int
    downstream: int
    resistance: float
    inertance: float


NODES = {
    "root": Node(14.0, 1.15),
    "proximal": Node(12.0, 1.0, narrowed=True),
    "distal": Node(12.0, 1.0, narrowed=True),
    "abdominal": Node(22.0, 0.5, pressure_shift=20.0),
    "iliac": Node(30.0, 0.3, pressure_shift=20.0),
}
"""Root and arch [X], proximal and distal thoracic, whose law it is; the abdominal aorta has half the area and a law
20 mmHg lower [S Langewouters 1984, 13 pairs]; iliac and femoral arteries of both sides, as the abdominal [X]."""
ROOT, PROXIMAL, DISTAL, ABDOMINAL, ILIAC = range(len(NODES))
UPPER = len(NODES)
"""The arteries of the upper body, a node with a law of its own."""
SEGMENTS = (
    Segment(ROOT, PROXIMAL, 0.0055, 0.0016),
    Segment(PROXIMAL, DISTAL, 0.0055, 0.0),
    Segment(DISTAL, ABDOMINAL, 0.010, 0.0048),
    Segment(ABDOMINAL, ILIAC, 0.010, 0.010),
    Segment(ROOT, UPPER, 0.0, 0.008),
)
"""Resistance [C Heldt: thoracic .011 shared by its halves, abdominal .010]. Inertance [X]: .0028, .006 and .010 less
the thoracic halves, which stand in the gap beside the balloon; .008 to the upper body."""
TO_PROXIMAL, TO_DISTAL, TO_ABDOMINAL, TO_ILIAC, TO_UPPER = range(len(SEGMENTS))

# The same as plain tuples, which compiled code reads.
SHIFT = NODES["abdominal"].pressure_shift
"""mmHg; of the laws of the abdominal and iliac nodes."""
IS_SHIFTED = tuple(node.pressure_shift > 0.0 for node in NODES.values())
GAIN = tuple(1.0 / (node.length * node.area_factor) for node in NODES.values())
"""1/cm: d(A/Amax)/dV of a node is this times 1/Amax. The wall's gain and viscosity of all nodes differ by no more."""
UPSTREAM = tuple(segment.upstream for segment in SEGMENTS)
DOWNSTREAM = tuple(segment.downstream for segment in SEGMENTS)
RESISTANCE = tuple(segment.resistance for segment in SEGMENTS)
INERTANCE = tuple(segment.inertance for segment in SEGMENTS)
THORACIC = NODES["proximal"]
"""Either half of the thoracic aorta."""
PER_LENGTH = 1.0 / THORACIC.length
HALF_INERTANCE = 0.5 * INERTIA * THORACIC.length
"""mmHg s2 cm2/mL: inertance from the middle of a thoracic half to its end is this over the area of the gap."""
NARROWED = (*(node.narrowed for node in NODES.values()), False)
ENDS_IN_GAP = tuple(float(NARROWED[segment.upstream] + NARROWED[segment.downstream]) for segment in SEGMENTS)
"""Ends of a segment that lie beside the balloon."""
HALF_AREA = 0.5 * THORACIC.area_factor
"""Cross-section of a thoracic half in the middle of the area law, over Amax."""
POWER_ITERATIONS = 30
TRIAL = (0.5, 1.0, 1.0, 1.0, 1.0)
"""Flows from the upper body to the legs that `fastest_rate` begins with: the fastest alternate along the aorta."""

REFERENCE_PRESSURE = 80.0
"""mmHg; where stiffness leaves the cross-section unchanged, and where compliance is quoted."""
HIGHEST = 0.47
"""Share of the area range, A/Amax - 1/2, above which the law is continued linearly: it is singular at 1/2."""
UPPER_COMPLIANCE = 0.25
"""mL/mmHg of the arteries of the upper body [X]."""


class Wall(NamedTuple):
    """A patient's law of the wall: A/Amax - 1/2 is ``gain`` times a node's own times its volume, plus ``offset``."""

    gain: float
    offset: float
    p0: float
    p1: float
    lowest: float
    slope_low: float
    slope_high: float


@inlined
def area_law(age: float, female: float) -> tuple[float, float, float]:
    """P0, P1 (mmHg) and Amax (cm2) of the thoracic aorta; Langewouters 1984 [M]."""
    return 76.0 - 4.0 * female - 0.89 * age, 57.0 - 0.44 * age, 5.62 - 1.50 * female


@inlined
def area_share(pressure: float, p0: float, p1: float) -> float:
    """A/Amax - 1/2 at a pressure (mmHg): atan((P - P0)/P1)/pi; Langewouters 1984, eq. 1."""
    return math.atan((pressure - p0) / p1) / math.pi


@inlined
def law_slope(p1: float, x: float) -> float:
    """dP/dz of the area law (mmHg) at x = (P - P0)/P1: pi*P1*(1 + x**2)."""
    return math.pi * p1 * (1.0 + x * x)


@inlined
def wall_law(age: float, female: float, size: float, stiffness: float, shift: float) -> Wall:
    """Law of the wall of a patient whose cross-section is ``size`` times the usual, ``shift`` mmHg lower.

    `arterial_stiffness` s divides the compliance, A = A_L(80) + (A_L(P) - A_L(80))/s, and is contained in gain and
    offset. Continued linearly below the area at 0 mmHg and above ``HIGHEST``, where the law is singular.
    """
    p0, p1, area = area_law(age, female)
    p0 -= shift
    reference = area_share(REFERENCE_PRESSURE, p0, p1) + 0.5
    return Wall(
        gain=stiffness / (area * size),
        offset=(1.0 - stiffness) * reference - 0.5,
        p0=p0,
        p1=p1,
        lowest=area_share(0.0, p0, p1),
        slope_low=law_slope(p1, p0 / p1),
        slope_high=law_slope(p1, math.tan(math.pi * HIGHEST)),
    )


@inlined
def wall_viscosity(time: float, wall: Wall) -> float:
    """Viscosity (mmHg s/mL) over a node's own gain, of a Voigt time constant (s) at the reference pressure."""
    return time * law_slope(wall.p1, (REFERENCE_PRESSURE - wall.p0) / wall.p1) * wall.gain


@inlined
def wall_share(volume: float, gain: float, wall: Wall) -> tuple[float, float]:
    """Z = A_L/Amax - 1/2 of a node, of its own gain, whose wall encloses a volume (mL).

    As much of it as lies within the law, and what is beyond, on the linear continuations.
    """
    z = gain * wall.gain * volume + wall.offset
    inside = max(min(z, HIGHEST), wall.lowest)
    return inside, z - inside


@inlined
def wall_pressure(tangent: float, beyond: float, wall: Wall) -> float:
    """Elastic pressure (mmHg) of a node: the area law inverted, P = P0 + P1*tan(pi*z), and its linear continuations."""
    return wall.p0 + wall.p1 * tangent + (wall.slope_high if beyond > 0.0 else wall.slope_low) * beyond


@inlined
def voigt_pressure(elastic: float, viscosity: float, net_inflow: float) -> float:
    """Pressure (mmHg) inside a Voigt wall: P_elastic + eta*dV/dt."""
    return elastic + viscosity * net_inflow


@inlined
def viscous_pressure(
    elastic: float, viscosity: float, net_inflow: float, conductance: float, outside: float, factor: float
) -> float:
    """Pressure (mmHg) of a Voigt wall that also feeds a linear outflow.

    P = P_elastic + eta*(Q - G*(P - P_outside)), solved for P: factor is that of `outflow_factor`.
    """
    return (elastic + viscosity * (net_inflow + conductance * outside)) * factor


@inlined
def outflow_factor(viscosity: float, conductance: float) -> float:
    """1/(1 + eta*G): what is left of a Voigt wall's pressure beside its own linear outflow."""
    return 1.0 / (1.0 + viscosity * conductance)


@inlined
def flow_rate(upstream: float, downstream: float, resistance: float, flow: float, per_inertance: float) -> float:
    """Rate of change (mL/s2) of a flow between two nodes: (dP - R*Q)/L."""
    return (upstream - downstream - resistance * flow) * per_inertance


@inlined
def per_root_inertance(segment: int, half: float) -> float:
    """One over the root of a segment's inertance, each of its ends beside a balloon adding ``half``."""
    return 1.0 / math.sqrt(INERTANCE[segment] + ENDS_IN_GAP[segment] * half)


@inlined
def fastest_rate(gain: float, viscosity: float, shifted_viscosity: float, upper_viscosity: float) -> float:
    """Fastest rate of decay (1/s): wall viscosity against inertance, which limits the step.

    With flows Q between nodes of viscosity eta and elastic pressures frozen, L dQ/dt = -B^T eta B Q - R Q; the
    largest eigenvalue of this matrix, a row for each segment, is found by power iteration on its symmetric form. The
    segments are a chain, from the upper body to the legs, so that each is coupled to the next by the node between
    them; flows that alternate in direction make every coupling positive.

    Parameters
    ----------
    gain, viscosity, shifted_viscosity : float
        Of the wall: over a node's own. The viscosities are of the thoracic and of the abdominal law.
    upper_viscosity : float
        Of the arteries of the upper body, mmHg s/mL.
    """
    half = HALF_INERTANCE / (HALF_AREA / gain)
    root, proximal, distal = viscosity * GAIN[ROOT], viscosity * GAIN[PROXIMAL], viscosity * GAIN[DISTAL]
    abdominal, iliac = shifted_viscosity * GAIN[ABDOMINAL], shifted_viscosity * GAIN[ILIAC]
    a, b = per_root_inertance(TO_UPPER, half), per_root_inertance(TO_PROXIMAL, half)
    c = per_root_inertance(TO_DISTAL, half)
    d, e = per_root_inertance(TO_ABDOMINAL, half), per_root_inertance(TO_ILIAC, half)
    # on the diagonal, and beside it
    aa = a * a * (upper_viscosity + root + RESISTANCE[TO_UPPER])
    bb = b * b * (root + proximal + RESISTANCE[TO_PROXIMAL])
    cc = c * c * (proximal + distal + RESISTANCE[TO_DISTAL])
    dd = d * d * (distal + abdominal + RESISTANCE[TO_ABDOMINAL])
    ee = e * e * (abdominal + iliac + RESISTANCE[TO_ILIAC])
    ab, bc, cd, de = a * b * root, b * c * proximal, c * d * distal, d * e * abdominal
    # in units of the trace: then a vector shrinks to 5**-POWER_ITERATIONS at the least, and need not be scaled
    trace = aa + bb + cc + dd + ee
    unit = 1.0 / trace
    aa, bb, cc, dd, ee, ab, bc, cd, de = (
        aa * unit, bb * unit, cc * unit, dd * unit, ee * unit, ab * unit, bc * unit, cd * unit, de * unit,
    )  # fmt: skip
    a, b, c, d, e = TRIAL
    before = now = 1.0
    for _ in range(POWER_ITERATIONS):
        before = now
        a, b, c, d, e = (
            aa * a + ab * b, ab * a + bb * b + bc * c, bc * b + cc * c + cd * d, cd * c + dd * d + de * e,
            de * d + ee * e,
        )  # fmt: skip
        now = a * a + b * b + c * c + d * d + e * e
    return trace * math.sqrt(now / before)
