"""The balloon: its volume in time, the gap it leaves, and the resistance beside it."""

from __future__ import annotations

from ..compile.decorators import inlined

CORNER = 0.4
"""Share of a ramp over which its rate rises, and falls again [X]."""


@inlined
def ramp(time: float, duration: float) -> tuple[float, float]:
    """Ramp 0 -> 1 over a duration (s) and its rate (1/s): linear, with rounded corners [X].

    The rate has no kink: wall viscosity turns it into pressure, and a rate with kinks (the cubic smooth step) put the
    foot of ejection wrong by 2 % in stiff aortas at 128 steps.
    """
    if time <= 0.0:
        return 0.0, 0.0
    if time >= duration:
        return 1.0, 0.0
    x = time / duration
    begun = min(x / CORNER, 1.0)
    left = min((1.0 - x) / CORNER, 1.0)
    steepest = 1.0 / (1.0 - CORNER)
    rising = CORNER * begun * begun * begun * (1.0 - 0.5 * begun)
    falling = CORNER * (0.5 - left * left * left * (1.0 - 0.5 * left))
    level = max(min(x, 1.0 - CORNER) - CORNER, 0.0)
    rate = begun * begun * (3.0 - 2.0 * begun) * left * left * (3.0 - 2.0 * left)
    return steepest * (rising + level + falling), steepest * rate / duration


@inlined
def add_inflation(
    empty: float, rate: float, inflating: float, deflating: float, inflation_time: float, deflation_time: float
) -> tuple[float, float]:
    """Empty share and rate of filling (1/s) once one more inflation counts.

    ``inflating`` and ``deflating`` are the times (s) since it began to inflate and to deflate.
    """
    if inflating <= 0.0 or deflating >= deflation_time:
        return empty, rate
    up, up_rate = ramp(inflating, inflation_time)
    down, down_rate = ramp(deflating, deflation_time)
    part = up * (1.0 - down)
    part_rate = up_rate * (1.0 - down) - up * down_rate
    return empty * (1.0 - part), rate * (1.0 - part) + part_rate * empty


@inlined
def fill(
    time: float, pattern: float, inflation: float, deflation: float, inflation_time: float, deflation_time: float
) -> tuple[float, float]:
    """Filled share of the balloon (0-1) and its rate (1/s) at a time (s) within a pattern of beats.

    One inflation a pattern; neighbouring patterns overlap where deflation is late, and 1 - (1 - f1)(1 - f2) keeps the
    sum of their fills at or below one.
    """
    empty = 1.0
    rate = 0.0
    for shift in range(-1, 2):
        t = time - shift * pattern
        empty, rate = add_inflation(empty, rate, t - inflation, t - deflation, inflation_time, deflation_time)
    return 1.0 - empty, rate


@inlined
def gap_area(wall_area: float, balloon_area: float, smallest: float) -> float:
    """Cross-section (cm2) left for blood beside the balloon, at least a share ``smallest`` of the vessel's [X]."""
    return max(wall_area - balloon_area, smallest * wall_area)


@inlined
def inertance_by_gap(inertance: float, half: float, gap: float) -> float:
    """Inertance of a segment of which one end lies in the gap (cm2), times it: (L + half/gap)*gap."""
    return inertance * gap + half


@inlined
def inertance_by_gaps(half: float, first: float, second: float) -> float:
    """Inertance of a segment of which both ends lie in a gap, times both: (half/first + half/second)*first*second."""
    return half * (first + second)


@inlined
def occlusion(wall_area: float, per_gap: float, scale: float) -> float:
    """Resistance (mmHg s/mL) that the balloon adds to its segment: .004*((A/gap)**3 - 1) [X]; ``per_gap`` is 1/gap."""
    ratio = wall_area * per_gap
    return scale * (ratio * ratio * ratio - 1.0)


@inlined
def height(body_surface_area: float, weight: float) -> float:
    """Height (cm) of a body of this surface (m2) and weight (kg): Du Bois and Du Bois 1916, solved for it."""
    return float((body_surface_area / (0.007184 * weight**0.425)) ** (1.0 / 0.725))


@inlined
def chosen_volume(volume: float, sizing: float, tall: float, aorta: float, loss: float) -> float:
    """Volume (mL) that moves: of the balloon given, or of the one chosen for this patient, less what helium is lost.

    By height (cm), as manufacturers advise: 30 below 152, 34 to 162, 40 to 183, 50 above [M]. By the distance (cm)
    from the left subclavian to the celiac artery: 34 below 21.9, 50 above 26.3, 40 between [S Rastan 2010].
    """
    size = volume
    if volume > 0.0 and sizing == 1.0:
        size = 30.0 if tall < 152.0 else 34.0 if tall < 162.0 else 40.0 if tall < 183.0 else 50.0
    if volume > 0.0 and sizing == 2.0:
        size = 34.0 if aorta < 21.9 else 40.0 if aorta <= 26.3 else 50.0
    return size * (1.0 - loss)


@inlined
def placement(position: float, length: float, aorta: float) -> tuple[float, float, float]:
    """Shares of the balloon in the proximal and distal thoracic and the abdominal aorta.

    The tip lies ``position`` cm below the left subclavian artery, the membrane is ``length`` long, and the thoracic
    aorta (cm, to the celiac artery) is halved between its two nodes. What reaches above it counts as proximal.
    """
    abdominal = min(max(position + length - aorta, 0.0) / length, 1.0)
    proximal = min(max(0.5 * aorta - position, 0.0) / length, 1.0 - abdominal)
    return proximal, 1.0 - proximal - abdominal, abdominal


COVERED_LENGTH = 4.0
"""cm from the celiac to the renal arteries [M]."""


@inlined
def visceral_cover(position: float, length: float, aorta: float) -> float:
    """Share (0-1) of the visceral arteries' origins that lie beside the membrane."""
    return min(max(position + length - aorta, 0.0) / COVERED_LENGTH, 1.0)


STOP = 0.05
"""Share of its volume at which an emptying balloon has half its rate left: it comes to rest without an edge [X]."""
ATMOSPHERE = 760.0
RESIDUAL_PRESSURE = 10.0
"""mmHg: around the patient, and above it in a balloon that holds its nominal volume [M residual baseline 10-15]."""


@inlined
def helium(volume: float, line_volume: float) -> float:
    """Absolute pressure times volume (mmHg mL) of the helium in balloon and line: a fixed mass at one temperature."""
    return (ATMOSPHERE + RESIDUAL_PRESSURE) * (volume + line_volume)


@inlined
def gas_rate(
    volume: float,
    capacity: float,
    amount: float,
    line_volume: float,
    drive_pressure: float,
    node_pressure: float,
    resistance: float,
    viscosity: float,
) -> float:
    """Rate of filling (mL/s) of a balloon driven by gas: (min(P_drive, P_helium) - P_node)/R_line [M].

    The console pushes until all helium is in balloon and line; from then on the fixed mass, ``amount`` as of `helium`,
    has the pressure that its volume leaves it. At rest the balloon thus holds (Vn + Vl)*770/(760 + P) - Vl: less, the
    higher the pressure around it [S Biglino 2010]. Near empty the membrane takes up the vacuum, from ``STOP`` of the
    capacity (mL) on. The node's pressure (mmHg) is that without the wall's viscous answer to the filling, which is
    solved for.
    """
    compressed = amount / (max(volume, 0.0) + line_volume) - ATMOSPHERE
    driving = min(drive_pressure, compressed) - node_pressure
    # the membrane lets left/(left + stop) of the rate through; multiplied out, for one division less
    empties, left = driving < 0.0, max(volume, 0.0)
    share = left if empties else 1.0
    whole = left + STOP * capacity + 1e-6 if empties else 1.0
    return driving * share / (resistance * whole + share * viscosity)
