"""The balloon: its volume in time, the gap it leaves, and the resistance beside it."""

from __future__ import annotations

from .compilation import inlined

CORNER = 0.4
"""Share of a ramp over which its rate rises, and falls again [X]."""


@inlined
def ramp(time: float, duration: float) -> tuple[float, float]:
    """Ramp 0 -> 1 over a duration (s) and its rate (1/s): linear, with rounded corners [X].

    The rate has no kink: wall viscosity turns it into pressure, and a rate with kinks (the cubic smooth step) put the
    foot of ejection wrong by 2 % in stiff aortas at 128 steps.
    """
    x = max(min(time / duration, 1.0), 0.0)
    begun = min(x / CORNER, 1.0)
    left = min((1.0 - x) / CORNER, 1.0)
    steepest = 1.0 / (1.0 - CORNER)
    rising = CORNER * begun * begun * begun * (1.0 - 0.5 * begun)
    falling = CORNER * (0.5 - left * left * left * (1.0 - 0.5 * left))
    level = max(min(x, 1.0 - CORNER) - CORNER, 0.0)
    rate = begun * begun * (3.0 - 2.0 * begun) * left * left * (3.0 - 2.0 * left)
    return steepest * (rising + level + falling), steepest * rate / duration


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
        up, up_rate = ramp(t - inflation, inflation_time)
        down, down_rate = ramp(t - deflation, deflation_time)
        part = up * (1.0 - down)
        part_rate = up_rate * (1.0 - down) - up * down_rate
        rate = rate * (1.0 - part) + part_rate * empty
        empty = empty * (1.0 - part)
    return 1.0 - empty, rate


@inlined
def gap_area(wall_area: float, balloon_area: float) -> float:
    """Cross-section (cm2) left for blood beside the balloon, floored at .12 of the vessel's [X]."""
    return max(wall_area - balloon_area, 0.12 * wall_area)


@inlined
def occlusion(wall_area: float, per_gap: float, scale: float) -> float:
    """Resistance (mmHg s/mL) that the balloon adds to its segment: .004*((A/gap)**3 - 1) [X]; ``per_gap`` is 1/gap."""
    ratio = wall_area * per_gap
    return scale * (ratio * ratio * ratio - 1.0)
