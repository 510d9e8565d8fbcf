"""What is reported of a patient in an arm: outcomes, status and findings."""

from __future__ import annotations

from enum import IntEnum, IntFlag
from typing import Annotated, NamedTuple

from .quantity import Quantity, leading_judged, quantities


class Outcomes(NamedTuple):
    """What is reported of a patient in an arm: the definitions stand in the docstring of ``outcomes.py``."""

    mean_heart_rate: Annotated[float, Quantity("mean heart rate", "1/min", floor=5.0)]
    mean_arterial_pressure: Annotated[float, Quantity("mean arterial pressure", "mmHg", floor=5.0)]
    systolic_pressure: Annotated[float, Quantity("systolic aortic pressure", "mmHg", floor=5.0)]
    diastolic_pressure: Annotated[float, Quantity("diastolic aortic pressure", "mmHg", floor=5.0)]
    mean_diastolic_pressure: Annotated[float, Quantity("mean diastolic aortic pressure", "mmHg", floor=5.0)]
    augmented_diastolic_pressure: Annotated[float, Quantity("highest diastolic aortic pressure", "mmHg", floor=5.0)]
    end_diastolic_aortic_pressure: Annotated[
        float, Quantity("aortic pressure at the foot of ejection", "mmHg", floor=5.0)
    ]
    cardiac_output: Annotated[float, Quantity("cardiac output", "L/min", floor=0.2)]
    native_cardiac_output: Annotated[float, Quantity("cardiac output through the aortic valve", "L/min", floor=0.2)]
    cardiac_index: Annotated[float, Quantity("cardiac index", "L/min/m2", floor=0.1)]
    lv_end_diastolic_volume: Annotated[float, Quantity("left ventricular end-diastolic volume", "mL", floor=5.0)]
    lv_end_systolic_volume: Annotated[float, Quantity("left ventricular end-systolic volume", "mL", floor=5.0)]
    stroke_volume: Annotated[float, Quantity("total stroke volume", "mL", floor=5.0)]
    forward_stroke_volume: Annotated[float, Quantity("forward stroke volume", "mL", floor=5.0)]
    ejection_fraction: Annotated[float, Quantity("ejection fraction", "1", floor=0.02)]
    lv_end_diastolic_pressure: Annotated[float, Quantity("left ventricular end-diastolic pressure", "mmHg", floor=5.0)]
    lv_end_systolic_pressure: Annotated[float, Quantity("left ventricular end-systolic pressure", "mmHg", floor=5.0)]
    lv_peak_pressure: Annotated[float, Quantity("left ventricular peak pressure", "mmHg", floor=5.0)]
    wedge_pressure: Annotated[float, Quantity("pulmonary capillary wedge pressure", "mmHg", floor=5.0)]
    central_venous_pressure: Annotated[float, Quantity("central venous pressure", "mmHg", floor=5.0)]
    mean_pulmonary_pressure: Annotated[float, Quantity("mean pulmonary arterial pressure", "mmHg", floor=5.0)]
    cardiac_power_output: Annotated[float, Quantity("cardiac power output", "W", floor=0.05)]
    pulmonary_artery_pulsatility_index: Annotated[float, Quantity("pulmonary artery pulsatility index", "1", floor=0.1)]
    systemic_vascular_resistance: Annotated[
        float, Quantity("systemic vascular resistance by catheter", "mmHg s/mL", floor=0.05)
    ]
    effective_arterial_elastance: Annotated[float, Quantity("effective arterial elastance", "mmHg/mL", floor=0.05)]
    stroke_work: Annotated[float, Quantity("left ventricular stroke work", "mmHg mL", floor=200.0)]
    pressure_volume_area: Annotated[float, Quantity("left ventricular pressure-volume area", "mmHg mL", floor=200.0)]
    oxygen_consumption: Annotated[float, Quantity("left ventricular oxygen consumption per beat", "mL", floor=0.02)]
    dpti: Annotated[float, Quantity("diastolic pressure-time index", "mmHg s", floor=1.0)]
    spti: Annotated[float, Quantity("systolic pressure-time index", "mmHg s", floor=1.0)]
    sevr: Annotated[float, Quantity("subendocardial viability ratio", "1", floor=0.1)]
    coronary_flow: Annotated[float, Quantity("coronary flow", "L/min", floor=0.2)]
    endocardial_flow: Annotated[float, Quantity("coronary flow of the inner layer", "L/min", floor=0.2)]
    endocardial_reserve: Annotated[float, Quantity("autoregulatory reserve of the inner layer", "1", floor=0.02)]
    upper_body_flow: Annotated[float, Quantity("flow to the upper body", "L/min", floor=0.2)]
    visceral_flow: Annotated[float, Quantity("visceral flow", "L/min", floor=0.2)]
    limb_flow: Annotated[float, Quantity("flow to the legs", "L/min", floor=0.2)]
    mitral_regurgitant_volume: Annotated[float, Quantity("mitral regurgitant volume per beat", "mL", floor=5.0)]
    aortic_regurgitant_volume: Annotated[float, Quantity("aortic regurgitant volume per beat", "mL", floor=5.0)]
    shunt_ratio: Annotated[float, Quantity("ratio of pulmonary to systemic flow", "1", floor=0.1)]
    device_flow: Annotated[float, Quantity("mean flow of a pump", "L/min", floor=0.2)]
    beats_to_converge: Annotated[float, Quantity("beats integrated in this arm", "1", judged=False)]
    convergence_error: Annotated[float, Quantity("estimated relative error of the periodic state", "1", judged=False)]


class Status(IntEnum):
    """Whether the numbers of a patient in an arm hold; each member carries the sentence a user reads."""

    sentence: str

    def __new__(cls, value: int, sentence: str = "") -> Status:
        """Attach the sentence."""
        member = int.__new__(cls, value)
        member._value_ = value
        member.sentence = sentence
        return member

    NOT_RUN = 0, "this patient has not been run"
    OK = 1, "converged to a periodic state within the tolerance"
    OUTSIDE_COHORT = 2, "the baseline without support lies outside the cohort's window"
    NOT_CONVERGED = 3, "no periodic state within the tolerance in the beats allowed"
    NON_PHYSICAL = 4, "a volume or pressure left the range in which the equations hold"
    NO_EJECTION = 5, "the aortic valve never opened, and no pump carried the flow"
    NO_DIASTOLE = 6, "the aortic valve did not close before the next activation"
    REFERENCE_FAILED = 7, "the same patient without support failed, and with it every other arm"


class Findings(IntFlag):
    """What is worth knowing of a run that holds; bits, because several can be true."""

    sentence: str

    def __new__(cls, value: int, sentence: str = "") -> Findings:
        """Attach the sentence."""
        member = int.__new__(cls, value)
        member._value_ = value
        member.sentence = sentence
        return member

    AORTIC_VALVE_SHUT = 1, "the aortic valve never opened"
    SUCTION = 2, "a pump emptied the ventricle"
    TARGET_OUT_OF_REACH = 4, "the pressure target could not be held"
    AUTOREGULATION_EXHAUSTED = 8, "coronary autoregulation is exhausted in a layer"
    REFLEX_OSCILLATES = 16, "the reflex oscillates"
    OPENED_BY_DEFLATION = 32, "deflation opened the aortic valve before the next activation"


OUTCOMES = quantities(Outcomes, "floor")
"""Name -> declaration, in field order."""
JUDGED = leading_judged(OUTCOMES)
"""How many outcomes have an error; what is told of the search itself comes after them."""
