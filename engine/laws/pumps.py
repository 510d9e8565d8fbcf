"""Pumps that carry blood: axial pumps across the aortic valve, and veno-arterial ECMO."""

from __future__ import annotations

import math

from ..compile.decorators import inlined

HEAD = 200.0
"""mmHg that an axial pump holds at its greatest speed and no flow [M]."""
FLOW_SCALE = (0.205, 0.313, 0.465)
"""L/min per root of mmHg: Impella 2.5 [S manual], CP and 5.5 [M]."""
GREATEST_SPEED = (51.0, 46.0, 33.0)
"""krpm, likewise."""
LAG = 0.015
"""s; the blood in the cannula follows the pump's law with this time constant [X]."""
SMOOTH = 0.5
"""mmHg over which the root of the pump's law is smoothed near zero."""
SLOWEST_SPEED = 2.0
"""krpm below which an axial pump's flow fades to none."""
SUCTION_VOLUME = 15.0
"""mL above its unstressed volume at which a chamber begins to starve a pump; at none of it the flow is none [X]."""
GREATEST_LINE_PRESSURE = 300.0
"""mmHg that a circuit may build up before the return cannula [M]."""
PER_LITRE = 1000.0 / 60.0


@inlined
def axial_head(model: float, speed: float) -> float:
    """Pressure (mmHg) that an axial pump holds at no flow: 200*(n/nmax)**2 [M]."""
    share = speed / GREATEST_SPEED[int(model) - 1]
    return HEAD * share * share


@inlined
def axial_gain(model: float, speed: float) -> float:
    """Flow of an axial pump (mL/s) per root of mmHg; none at standstill."""
    on = min(speed / SLOWEST_SPEED, 1.0)
    return FLOW_SCALE[int(model) - 1] * PER_LITRE * on


@inlined
def axial_flow(head: float, gain: float, load: float) -> float:
    """Flow (mL/s) of an axial pump against a pressure difference (mmHg): c*sqrt(head - dP), none below [M].

    The root is smoothed near zero, where its slope has no bound.
    """
    left = max(head - load, 0.0)
    return gain * left / math.sqrt(left + SMOOTH)


@inlined
def cannula_rate(wanted: float, flow: float) -> float:
    """Rate of change (mL/s2) of an axial pump's flow towards that of the pump's law: a lag of first order [X]."""
    return (wanted - flow) * (1.0 / LAG)


@inlined
def supply(volume: float, unstressed: float) -> float:
    """Share (0-1) of its flow that a pump draws from a chamber which empties: a smooth step."""
    x = max(min((volume - max(unstressed, 0.0)) / SUCTION_VOLUME, 1.0), 0.0)
    return x * x * (3.0 - 2.0 * x)


@inlined
def cannula_drop(flow: float, french: float) -> float:
    """Pressure (mmHg) lost in a return cannula at a flow (L/min): 100 at 4 L/min in 17 Fr, as Q**1.8 [M].

    15 Fr loses 1.6 times as much, 19 Fr .65 of it.
    """
    factor = 1.6 if french < 16.0 else 1.0 if french < 18.0 else 0.65
    return 100.0 * factor * (flow / 4.0) ** 1.8


@inlined
def cannula_limit(french: float, pressure: float) -> float:
    """Greatest flow (L/min) through a return cannula against an arterial pressure (mmHg)."""
    return 4.0 * ((GREATEST_LINE_PRESSURE - pressure) / cannula_drop(4.0, french)) ** (1.0 / 1.8)
