"""What the small loop's equations read: parameters as they are, and neutral values that other files ask for."""

from collections import namedtuple
from typing import NamedTuple

from .. import equations
from ..compile.decorators import inlined
from ..compile.layout import row_access
from ..names.parameters import Parameters

NEUTRAL = {
    "mitral_leak": 0.0,
    "pericardial_volume": 0.0,
    "layer_conductance": 1.0,
    "lv_exponent": 1.0,
    "lv_scale": 0.0,
    "balloon_proximal": 1.0,
    "balloon_distal": 0.0,
    "gas_driven": 0.0,
    "balloon_capacity": 0.0,
    "ecmo_flow": 0.0,
}
Coefficients = namedtuple("Coefficients", [*equations.RANGES, *NEUTRAL])
load, _ = row_access(Coefficients)
READ = len(equations.RANGES)
VALUES = tuple(NEUTRAL.values())


class Body(NamedTuple):
    total_volume: float
    lv_mass: float
    demand_share: float
    dilated: float
    territory_at_risk: float
    functional_leak: float
    leak_exponent: float
    pericardial_room: float


@inlined
def fold(p: Parameters) -> Coefficients:
    return load(p[:READ] + VALUES)


@inlined
def body(p: Parameters, c: Coefficients) -> Body:
    return Body(p.stressed_volume, 150.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0)
