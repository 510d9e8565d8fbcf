"""What the equations integrate, what is held through a pattern of beats, and what arms take over."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from .quantity import Quantity, quantities


class State(NamedTuple):
    """What is integrated in time. Volumes are of blood, without the balloon."""

    lv_volume: Annotated[float, Quantity("left ventricular volume", "mL", 130.0, scale=130.0)]
    rv_volume: Annotated[float, Quantity("right ventricular volume", "mL", 130.0, scale=130.0)]
    la_volume: Annotated[float, Quantity("left atrial volume", "mL", 60.0, scale=60.0)]
    ra_volume: Annotated[float, Quantity("right atrial volume", "mL", 55.0, scale=55.0)]
    root_volume: Annotated[float, Quantity("blood volume of the aortic root and arch", "mL", 60.0, scale=60.0)]
    proximal_volume: Annotated[float, Quantity("blood volume of the proximal thoracic aorta", "mL", 40.0, scale=40.0)]
    distal_volume: Annotated[float, Quantity("blood volume of the distal thoracic aorta", "mL", 40.0, scale=40.0)]
    abdominal_volume: Annotated[float, Quantity("blood volume of the abdominal aorta", "mL", 65.0, scale=65.0)]
    iliac_volume: Annotated[float, Quantity("blood volume of the iliac and femoral arteries", "mL", 50.0, scale=50.0)]
    upper_volume: Annotated[
        float, Quantity("stressed blood volume of the arteries of the upper body", "mL", 20.0, scale=20.0)
    ]
    proximal_flow: Annotated[
        float, Quantity("flow from the arch into the proximal thoracic aorta", "mL/s", 40.0, scale=100.0)
    ]
    thoracic_flow: Annotated[
        float, Quantity("flow from the proximal to the distal thoracic aorta", "mL/s", 40.0, scale=100.0)
    ]
    abdominal_flow: Annotated[
        float, Quantity("flow from the thoracic into the abdominal aorta", "mL/s", 40.0, scale=100.0)
    ]
    iliac_flow: Annotated[
        float, Quantity("flow from the abdominal aorta into the iliac arteries", "mL/s", 15.0, scale=100.0)
    ]
    upper_flow: Annotated[float, Quantity("flow from the arch into the upper body", "mL/s", 20.0, scale=100.0)]
    systemic_venous_volume: Annotated[
        float, Quantity("stressed blood volume of the systemic veins", "mL", 400.0, scale=400.0)
    ]
    pulmonary_arterial_volume: Annotated[
        float, Quantity("stressed blood volume of the pulmonary arteries", "mL", 14.0, scale=14.0)
    ]
    pulmonary_venous_volume: Annotated[
        float, Quantity("stressed blood volume of the pulmonary veins", "mL", 80.0, scale=80.0)
    ]
    coronary_volume: Annotated[
        float, Quantity("stressed blood volume of the epicardial coronary arteries", "mL", 1.7, scale=1.7)
    ]
    inner_volume: Annotated[
        float, Quantity("stressed blood volume of the inner (endocardial) layer", "mL", 2.0, scale=2.0)
    ]
    outer_volume: Annotated[
        float, Quantity("stressed blood volume of the outer (epicardial) layer", "mL", 2.0, scale=2.0)
    ]


class Machine(NamedTuple):
    """What is integrated beside the state where a machine needs it: the first where gas alone does."""

    balloon_volume: Annotated[float, Quantity("volume of a balloon driven by gas", "mL", 0.0, scale=40.0)]
    impella_flow: Annotated[float, Quantity("flow of an axial pump", "mL/s", 0.0, scale=100.0)]


class Held(NamedTuple):
    """The rest of the state: what changes once a pattern of beats and is held through the next."""

    inner_tone: Annotated[
        float, Quantity("tone that autoregulation wants of the inner layer's resistance", "1", 1.0, scale=1.0)
    ]
    outer_tone: Annotated[
        float, Quantity("tone that autoregulation wants of the outer layer's resistance", "1", 1.0, scale=1.0)
    ]
    demand: Annotated[
        float, Quantity("oxygen demand: pressure-volume area times heart rate", "mmHg mL/s", 9000.0, scale=9000.0)
    ]


class Regulated(NamedTuple):
    """Held like the rest through a pattern, where the circulation is regulated."""

    sympathetic: Annotated[float, Quantity("mean sympathetic drive of the baroreflex", "1", 0.0, scale=1.0)]
    vagal: Annotated[float, Quantity("mean vagal drive of the baroreflex", "1/s", 0.0, scale=3.0)]
    resistance_factor: Annotated[float, Quantity("factor of drugs on the systemic resistance", "1", 1.0, scale=1.0)]


class Learned(NamedTuple):
    """What a patient's arms take over from the patient's own unsupported state."""

    closure: Annotated[float, Quantity("closure of the aortic valve after activation", "s", 0.0)]
    chamber_volume: Annotated[float, Quantity("volume of the four chambers at activation", "mL", 0.0)]
    arterial_pressure: Annotated[float, Quantity("mean arterial pressure", "mmHg", 0.0)]
    sympathetic: Annotated[float, Quantity("mean sympathetic drive of the baroreflex", "1", 0.0)]
    vagal: Annotated[float, Quantity("mean vagal drive of the baroreflex", "1/s", 0.0)]
    perfusion: Annotated[float, Quantity("flow of the inner coronary layer over its target, at most 1", "1", 0.0)]
    lv_volume: Annotated[float, Quantity("left ventricular volume at activation", "mL", 0.0)]


STATE, HELD, MACHINE, REGULATED = (quantities(table, "scale") for table in (State, Held, Machine, Regulated))
PERIODIC_STATE = {**STATE, **HELD, **MACHINE, **REGULATED}
"""A state of the beat map, row by row."""
