"""The names of the small loop, and those that the engine's other files ask for."""

from collections import namedtuple
from enum import IntEnum, IntFlag
from typing import Annotated, NamedTuple

from . import laws
from .quantity import Quantity, quantities

Parameters = namedtuple("Parameters", [*laws.RANGES, *laws.CLOCK, "assist_ratio", "steps"])


class State(NamedTuple):
    lv_volume: Annotated[float, Quantity("left ventricle", "mL", 120.0)]
    rv_volume: Annotated[float, Quantity("right ventricle", "mL", 120.0)]
    la_volume: Annotated[float, Quantity("left atrium", "mL", 60.0)]
    ra_volume: Annotated[float, Quantity("right atrium", "mL", 50.0)]
    proximal_volume: Annotated[float, Quantity("aortic root", "mL", 60.0)]
    distal_volume: Annotated[float, Quantity("arteries", "mL", 50.0)]
    systemic_venous_volume: Annotated[float, Quantity("veins", "mL", 400.0)]
    pulmonary_arterial_volume: Annotated[float, Quantity("pulmonary arteries", "mL", 60.0)]
    pulmonary_venous_volume: Annotated[float, Quantity("pulmonary veins", "mL", 100.0)]


class Machine(NamedTuple):
    balloon_volume: Annotated[float, Quantity("not in this loop", "mL", 0.0)]
    impella_flow: Annotated[float, Quantity("not in this loop", "mL/s", 0.0)]


class Held(NamedTuple):
    inner_tone: Annotated[float, Quantity("not in this loop", "1", 0.2)]
    outer_tone: Annotated[float, Quantity("not in this loop", "1", 0.2)]
    demand: Annotated[float, Quantity("carried, acts on nothing", "mmHg mL/s", 9000.0)]


class Regulated(NamedTuple):
    sympathetic: Annotated[float, Quantity("not in this loop", "1", 0.0)]
    vagal: Annotated[float, Quantity("not in this loop", "1/s", 0.0)]
    resistance_factor: Annotated[float, Quantity("not in this loop", "1", 1.0)]


Learned = namedtuple("Learned", ["closure", "chamber_volume", "arterial_pressure", "sympathetic", "vagal"])
Drive = namedtuple("Drive", ["ventricular_activation", "atrial_activation", "balloon_volume"])
Means = namedtuple("Means", ["aortic_pressure", "aortic_valve_flow", "lv_power", "inner_flow", "outer_flow"])
Extras = namedtuple("Extras", ["unused"])
Samples = namedtuple("Samples", ["root_pressure", "lv_pressure", "lv_volume"])


class Outcomes(NamedTuple):
    mean_arterial_pressure: Annotated[float, Quantity("mean arterial pressure", "mmHg", floor=5.0)]
    cardiac_output: Annotated[float, Quantity("cardiac output", "L/min", floor=0.2)]
    stroke_work: Annotated[float, Quantity("stroke work", "mmHg mL", floor=200.0)]
    beats_to_converge: Annotated[float, Quantity("beats", "1")]
    convergence_error: Annotated[float, Quantity("estimated relative error", "1")]


class Status(IntEnum):
    NOT_RUN, OK, OUTSIDE_COHORT, NOT_CONVERGED, NON_PHYSICAL, NO_EJECTION, NO_DIASTOLE, REFERENCE_FAILED = range(8)


class Findings(IntFlag):
    TARGET_OUT_OF_REACH = 4


STATE = quantities(State)
HELD = quantities(Held)
MACHINE = quantities(Machine)
REGULATED = quantities(Regulated)
OUTCOMES = quantities(Outcomes)
