"""What is reported of a patient in an arm: outcomes, what they are made of and how, status and findings.

An outcome with a new mean needs a field of `Means`, which `circulation` fills, a field of `Outcomes`, and a line of
`define`.
"""

from __future__ import annotations

from enum import IntEnum, IntFlag
from typing import Annotated, Any, NamedTuple

from .quantity import Quantity, leading_judged, quantities

PER_MINUTE = 0.06
"""mL/s to L/min."""
LATE_PRESSURE, LATE_WORK = 1.0, 0.12
"""mmHg of end-diastolic aortic pressure, and share of stroke work, above the reference arm's: late deflation."""
LOWEST_PRESSURE, HIGHEST_PRESSURE, LOWEST_INDEX, HIGHEST_WEDGE = 40.0, 130.0, 1.0, 40.0
"""mmHg, mmHg, L/min/m2 and mmHg beyond which nobody survives [X]."""
PRESSURE_WITHOUT_SHOCK, INDEX_WITHOUT_SHOCK = 80.0, 2.2
"""mmHg and L/min/m2 above both of which there is no shock [X]; SCAI C has a cardiac index below 2.2 [S]."""
SMALLEST_STROKE = 5.0
"""mL; effective arterial elastance has no meaning behind a valve that hardly opens."""


class Means(NamedTuple):
    """Signals whose mean over the pattern is taken with the weights of the integrator itself."""

    aortic_pressure: Annotated[float, Quantity("pressure in the aortic root", "mmHg")]
    left_atrial_pressure: Annotated[float, Quantity("left atrial pressure", "mmHg")]
    right_atrial_pressure: Annotated[float, Quantity("right atrial pressure", "mmHg")]
    pulmonary_arterial_pressure: Annotated[float, Quantity("pulmonary arterial pressure", "mmHg")]
    aortic_valve_flow: Annotated[float, Quantity("flow through the aortic valve", "mL/s")]
    upper_body_flow: Annotated[float, Quantity("flow through the upper body's bed", "mL/s")]
    visceral_flow: Annotated[float, Quantity("flow through the visceral bed", "mL/s")]
    limb_flow: Annotated[float, Quantity("flow through the legs' bed", "mL/s")]
    coronary_flow: Annotated[float, Quantity("flow into the coronary arteries", "mL/s")]
    inner_flow: Annotated[float, Quantity("flow into the inner coronary layer", "mL/s")]
    outer_flow: Annotated[float, Quantity("flow into the outer coronary layer", "mL/s")]
    lv_power: Annotated[float, Quantity("power of the left ventricle on its blood", "mmHg mL/s")]


class Extras(NamedTuple):
    """Means over the pattern of what lesions and machines carry."""

    mitral_leak: Annotated[float, Quantity("backward flow through the mitral valve", "mL/s")]
    aortic_leak: Annotated[float, Quantity("backward flow through the aortic valve", "mL/s")]
    pulmonary_valve_flow: Annotated[float, Quantity("flow through the pulmonary valve", "mL/s")]
    defect_flow: Annotated[float, Quantity("flow through the septal defect, left to right", "mL/s")]
    impella_flow: Annotated[float, Quantity("flow of an axial pump", "mL/s")]
    ecmo_flow: Annotated[float, Quantity("ECMO flow", "mL/s")]
    starved: Annotated[float, Quantity("share of its flow that a pump could not draw", "1")]


class Samples(NamedTuple):
    """Signals kept at every step of a measured pattern, for extremes, instants and parts of the beat."""

    root_pressure: Annotated[float, Quantity("pressure in the aortic root", "mmHg")]
    lv_pressure: Annotated[float, Quantity("left ventricular pressure", "mmHg")]
    lv_volume: Annotated[float, Quantity("left ventricular volume", "mL")]
    lv_inflow: Annotated[float, Quantity("net flow into the left ventricle", "mL/s")]
    aortic_valve_gradient: Annotated[
        float, Quantity("pressure that drives the aortic valve's flow, of the flow's sign", "mmHg")
    ]
    pulmonary_root_pressure: Annotated[float, Quantity("pressure in the pulmonary root", "mmHg")]
    pulmonary_valve_gradient: Annotated[
        float, Quantity("pressure that drives the pulmonary valve's flow, of the flow's sign", "mmHg")
    ]
    balloon_volume: Annotated[float, Quantity("balloon volume", "mL")]


class Outcomes(NamedTuple):
    """What is reported of a patient in an arm, as `define` says it."""

    mean_heart_rate: Annotated[float, Quantity("mean heart rate", "1/min", floor=5.0)]
    mean_arterial_pressure: Annotated[float, Quantity("mean arterial pressure", "mmHg", floor=5.0)]
    systolic_pressure: Annotated[float, Quantity("systolic aortic pressure", "mmHg", floor=5.0)]
    diastolic_pressure: Annotated[float, Quantity("diastolic aortic pressure", "mmHg", floor=5.0)]
    mean_diastolic_pressure: Annotated[float, Quantity("mean diastolic aortic pressure", "mmHg", floor=5.0)]
    augmented_diastolic_pressure: Annotated[float, Quantity("highest diastolic aortic pressure", "mmHg", floor=5.0)]
    end_diastolic_aortic_pressure: Annotated[
        float, Quantity("(assisted) end-diastolic aortic pressure", "mmHg", floor=5.0)
    ]
    opening_pressure: Annotated[float, Quantity("aortic pressure at the foot of ejection", "mmHg", floor=5.0)]
    deflation_margin: Annotated[
        float, Quantity("foot of ejection after nine tenths of the balloon are out", "s", floor=0.2)
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


def define(
    t: Any, augmented: float, peak: float, m: Means, extras: Extras, period: float, surface: float, reserve: float
) -> Outcomes:
    """Define the outcomes, from means over the beats and over time; compiled where a pattern is measured.

    Parameters
    ----------
    t : Tally
        Means over the beats.
    augmented, peak : float
        Highest diastolic aortic and left ventricular pressure of the pattern, mmHg.
    m : Means
    extras : Extras
    period : float
        Mean duration of a beat, s.
    surface : float
        Of the body, m2.
    reserve : float
        Of the inner coronary layer's autoregulation: 1 at a healthy tone, 0 where it is exhausted.

    Returns
    -------
    Outcomes
        With beats_to_converge and convergence_error 0.
    """
    pumped = extras.impella_flow + extras.ecmo_flow
    edv, esv, esp = t.end_diastolic_volume, t.end_systolic_volume, t.end_systolic_pressure
    stroke = edv - esv
    native = m.aortic_valve_flow * PER_MINUTE
    output = native + pumped * PER_MINUTE
    work = m.lv_power * period
    area = work + t.energy
    end_diastolic = t.end_diastolic_aortic / t.counted if t.counted > 0.0 else t.diastolic
    opening = t.opening / t.counted if t.counted > 0.0 else t.diastolic
    margin = t.margin / t.counted if t.counted > 0.0 else 0.0
    # ECMO passes a lung of its own and counts to both: behind a shut aortic valve the rest of the systemic is nothing
    systemic = extras.pulmonary_valve_flow - extras.defect_flow + extras.ecmo_flow
    shunt = (extras.pulmonary_valve_flow + extras.ecmo_flow) / systemic if extras.defect_flow != 0.0 else 1.0
    return Outcomes(
        mean_heart_rate=60.0 / period,
        mean_arterial_pressure=m.aortic_pressure,
        systolic_pressure=t.systolic,
        diastolic_pressure=t.diastolic,
        mean_diastolic_pressure=t.mean_diastolic,
        augmented_diastolic_pressure=augmented,
        end_diastolic_aortic_pressure=end_diastolic,
        opening_pressure=opening,
        deflation_margin=margin,
        cardiac_output=output,
        native_cardiac_output=native,
        cardiac_index=output / surface,
        lv_end_diastolic_volume=edv,
        lv_end_systolic_volume=esv,
        stroke_volume=stroke,
        forward_stroke_volume=m.aortic_valve_flow * period,
        ejection_fraction=stroke / edv,
        lv_end_diastolic_pressure=t.end_diastolic_pressure,
        lv_end_systolic_pressure=esp,
        lv_peak_pressure=peak,
        wedge_pressure=m.left_atrial_pressure,
        central_venous_pressure=m.right_atrial_pressure,
        mean_pulmonary_pressure=m.pulmonary_arterial_pressure,
        cardiac_power_output=m.aortic_pressure * output / 451.0,
        pulmonary_artery_pulsatility_index=t.pulse / max(m.right_atrial_pressure, 1.0),
        systemic_vascular_resistance=(m.aortic_pressure - m.right_atrial_pressure) / (m.aortic_valve_flow + pumped),
        effective_arterial_elastance=esp / max(stroke, SMALLEST_STROKE),
        stroke_work=work,
        pressure_volume_area=area,
        oxygen_consumption=1.53e-5 * area + 0.019,
        dpti=t.dpti,
        spti=t.spti,
        sevr=t.dpti / t.spti,
        coronary_flow=m.coronary_flow * PER_MINUTE,
        endocardial_flow=m.inner_flow * PER_MINUTE,
        endocardial_reserve=reserve,
        upper_body_flow=m.upper_body_flow * PER_MINUTE,
        visceral_flow=m.visceral_flow * PER_MINUTE,
        limb_flow=m.limb_flow * PER_MINUTE,
        mitral_regurgitant_volume=extras.mitral_leak * period,
        aortic_regurgitant_volume=extras.aortic_leak * period,
        shunt_ratio=shunt,
        device_flow=pumped * PER_MINUTE,
        beats_to_converge=0.0,
        convergence_error=0.0,
    )


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
    MISTIMED = 64, "late deflation: end-diastolic aortic pressure or stroke work above the reference arm's"
    NOT_SURVIVABLE = 128, "mean arterial pressure, cardiac index or wedge pressure that nobody survives"
    NOT_IN_SHOCK = 256, "mean arterial pressure above 80 mmHg and cardiac index above 2.2 L/min/m2"
    RIGHT_HEART_SHUT = 512, "the right heart does not eject"
    SECOND_STATE = 1024, "ischaemia has a second periodic state; the one reached from the unsupported state is told"


OUTCOMES = quantities(Outcomes, "floor")
"""Name -> declaration, in field order."""
JUDGED = leading_judged(OUTCOMES)
"""How many outcomes have an error; what is told of the search itself comes after them."""
