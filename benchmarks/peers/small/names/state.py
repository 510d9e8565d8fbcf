"""The state of the small loop, and what the engine asks for beside it."""

from collections import namedtuple
from typing import Annotated, NamedTuple

from .quantity import Quantity, quantities


class State(NamedTuple):
    lv_volume: Annotated[float, Quantity("left ventricle", "mL", 120.0, scale=120.0)]
    rv_volume: Annotated[float, Quantity("right ventricle", "mL", 120.0, scale=120.0)]
    la_volume: Annotated[float, Quantity("left atrium", "mL", 60.0, scale=60.0)]
    ra_volume: Annotated[float, Quantity("right atrium", "mL", 50.0, scale=50.0)]
    proximal_volume: Annotated[float, Quantity("aortic root", "mL", 60.0, scale=60.0)]
    distal_volume: Annotated[float, Quantity("arteries", "mL", 50.0, scale=50.0)]
    systemic_venous_volume: Annotated[float, Quantity("veins", "mL", 400.0, scale=400.0)]
    pulmonary_arterial_volume: Annotated[float, Quantity("pulmonary arteries", "mL", 60.0, scale=60.0)]
    pulmonary_venous_volume: Annotated[float, Quantity("pulmonary veins", "mL", 100.0, scale=100.0)]


class Machine(NamedTuple):
    balloon_volume: Annotated[float, Quantity("not in this loop", "mL", 0.0, scale=40.0)]
    impella_flow: Annotated[float, Quantity("not in this loop", "mL/s", 0.0, scale=100.0)]


class Held(NamedTuple):
    inner_tone: Annotated[float, Quantity("not in this loop", "1", 0.2, scale=0.2)]
    outer_tone: Annotated[float, Quantity("not in this loop", "1", 0.2, scale=0.2)]
    demand: Annotated[float, Quantity("carried, acts on nothing", "mmHg mL/s", 9000.0, scale=9000.0)]


class Regulated(NamedTuple):
    sympathetic: Annotated[float, Quantity("not in this loop", "1", 0.0, scale=1.0)]
    vagal: Annotated[float, Quantity("not in this loop", "1/s", 0.0, scale=3.0)]
    resistance_factor: Annotated[float, Quantity("not in this loop", "1", 1.0, scale=1.0)]


Learned = namedtuple(
    "Learned", ["closure", "chamber_volume", "arterial_pressure", "sympathetic", "vagal", "perfusion", "lv_volume"]
)
PERIODIC_STATE = {name: each for table in (State, Held, Machine, Regulated) for name, each in quantities(table).items()}
