"""The clock of one patient of the small loop."""

from typing import NamedTuple

from ..compile.decorators import inlined
from ..names.parameters import Parameters


class Timing(NamedTuple):
    period: float
    beats: float
    balloon_volume: float
    centre: float
    threshold: float


@inlined
def clock(p: Parameters, period: float, learned_closure: float) -> Timing:
    return Timing(period, 1.0, p.balloon_volume, p.balloon_centre, p.balloon_threshold)
