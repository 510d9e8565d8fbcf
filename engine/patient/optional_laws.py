"""Which optional laws a patient's circulation needs; what it does not need is left out when the kernel is compiled.

A law in use is marked by a tuple of one, a law left out by an empty one. numba compiles anew for every combination of
types, and the length of a tuple belongs to its type: ``if len(physics.lesions) > 0`` costs nothing in either case.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ..compile.decorators import inlined
from ..names.conditions import DEVICES
from ..names.parameters import Parameters

PUMPS = tuple(Parameters._fields.index(switch) for switch in DEVICES if switch != "balloon_volume")
"""Parameters that switch a pump on."""
NONE, GAS, WITH_PUMPS = range(3)
"""What machines need: nothing, a balloon driven by gas, or pumps, whose kernel has the gas too."""
NO_PERICARDIUM = 1.3
"""Room from which the pericardium is never reached: the chambers hold most at activation or soon before it."""


class Physics(NamedTuple):
    """The optional laws.

    Attributes
    ----------
    lesions : tuple
        Leaking valves, a septal defect, a coronary stenosis, the pericardium.
    gas : tuple
        A balloon driven by gas instead of prescribed ramps.
    pumps : tuple
        Pumps that carry blood.
    """

    lesions: Any
    gas: Any
    pumps: Any


COMBINATIONS = tuple(
    Physics((0,) * (code & 1), (0,) * (code // 2 >= GAS), (0,) * (code // 2 == WITH_PUMPS)) for code in range(6)
)
"""By the code of `physics_code`."""


@inlined
def physics_code(p: Parameters) -> int:
    """What a patient needs in an arm: 1 for lesions plus twice what the machines need."""
    mitral = p.mitral_regurgitation_area + p.functional_regurgitation_area
    leaks = mitral + p.aortic_regurgitation_area + p.tricuspid_regurgitation_area
    lesions = leaks + p.septal_defect_area + p.coronary_stenosis > 0.0 or p.pericardial_room < NO_PERICARDIUM
    machines = GAS if p.balloon_drive > 0.0 and p.balloon_volume > 0.0 else NONE
    for switch in PUMPS:
        machines = WITH_PUMPS if p[switch] > 0.0 else machines
    return (1 if lesions else 0) + 2 * machines
