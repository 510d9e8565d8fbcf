"""The outcomes of the small loop, and the status and findings that the engine asks for."""

from collections import namedtuple
from enum import IntEnum, IntFlag
from typing import Annotated, NamedTuple

from .quantity import Quantity, leading_judged, quantities

Means = namedtuple("Means", ["aortic_pressure", "aortic_valve_flow", "lv_power", "inner_flow", "outer_flow"])
Extras = namedtuple("Extras", ["unused"])
Samples = namedtuple("Samples", ["root_pressure", "lv_pressure", "lv_volume"])


class Outcomes(NamedTuple):
    mean_arterial_pressure: Annotated[float, Quantity("mean arterial pressure", "mmHg", floor=5.0)]
    cardiac_output: Annotated[float, Quantity("cardiac output", "L/min", floor=0.2)]
    stroke_work: Annotated[float, Quantity("stroke work", "mmHg mL", floor=200.0)]
    beats_to_converge: Annotated[float, Quantity("beats", "1", judged=False)]
    convergence_error: Annotated[float, Quantity("estimated relative error", "1", judged=False)]


class Status(IntEnum):
    NOT_RUN, OK, OUTSIDE_COHORT, NOT_CONVERGED, NON_PHYSICAL, NO_EJECTION, NO_DIASTOLE, REFERENCE_FAILED = range(8)


class Findings(IntFlag):
    TARGET_OUT_OF_REACH = 4


OUTCOMES = quantities(Outcomes, "floor")
JUDGED = leading_judged(OUTCOMES)
