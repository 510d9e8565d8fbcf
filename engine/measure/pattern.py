"""A measured pattern of beats -> Outcomes.

Time 0 is ventricular activation. Integrals and means run over the whole pattern; "per beat" divides by its beats.
Extremes are interpolated between samples. Closure is the end of forward flow through the aortic valve; where it never
opens, the learned closure of the same patient without support.
"""

from __future__ import annotations

from ..compile.decorators import function, inlined
from ..laws.coronary import HEALTHY_TONE, LEAST_TONE
from ..names.outcomes import Findings, Outcomes, Status
from .beat import combine_tallies, tally

PER_MINUTE = 0.06
"""mL/s to L/min."""
STATUS_OK = int(Status.OK)
STATUS_NON_PHYSICAL = int(Status.NON_PHYSICAL)
STATUS_NO_EJECTION = int(Status.NO_EJECTION)
STATUS_NO_DIASTOLE = int(Status.NO_DIASTOLE)
FOUND_SHUT = int(Findings.AORTIC_VALVE_SHUT)
FOUND_EXHAUSTED = int(Findings.AUTOREGULATION_EXHAUSTED)
FOUND_OPENED_BY_DEFLATION = int(Findings.OPENED_BY_DEFLATION)
FOUND_SUCTION = int(Findings.SUCTION)
STARVED = 0.02
"""Share of its flow that a pump must miss for suction to be found [X]."""
SMALLEST_STROKE = 5.0
"""mL; effective arterial elastance has no meaning behind a valve that hardly opens."""


@inlined
def shunt_ratio(pulmonary: float, defect: float, bypass: float) -> float:
    """Pulmonary over systemic flow: Qp/(Qp - Q of the defect, left to right); 1 without a defect.

    ECMO passes a lung of its own and counts to both: behind a shut aortic valve Qp - Q of the defect is nothing.
    """
    return (pulmonary + bypass) / (pulmonary - defect + bypass) if defect != 0.0 else 1.0


@function
def measure(signals, m, extras, c, timing, body, inner_tone, outer_tone, learned_closure):  # type: ignore[no-untyped-def]
    """Turn one pattern into outcomes.

    Parameters
    ----------
    signals : array, (len(Samples._fields), steps * beats)
        The samples of the pattern, one row each, in the order of Samples.
    m : Means
        Time means of the pattern.
    extras : Extras
        Time means of what lesions and machines carry.
    c, timing, body : Coefficients, Timing, Body
        The patient in this arm.
    inner_tone, outer_tone : float
        Autoregulation factors held through the pattern.
    learned_closure : float
        Closure without support, s after activation.

    Returns
    -------
    outcomes : Outcomes
        With beats_to_converge and convergence_error 0.
    status, findings : int
    closure : float
        Mean closure of the pattern's beats, s after activation.
    """
    beats = int(timing.beats)
    steps = signals.shape[1] // beats
    step = timing.period / steps
    supported = timing.balloon_volume > 0.0
    deflation = timing.deflation_start - timing.period if supported else 0.0
    inflated = not supported or beats == 1
    t = tally(signals, 0, steps, step, c, learned_closure, deflation, inflated)
    augmented, peak = t.augmented, t.peak
    t = combine_tallies(1.0 / beats, t, 0.0, t)
    for beat in range(1, beats):
        one = tally(
            signals, beat * steps, steps, step, c, learned_closure, deflation, not supported or beat == 1
        )  # fmt: skip
        augmented, peak = max(augmented, one.augmented), max(peak, one.peak)
        t = combine_tallies(1.0, t, 1.0 / beats, one)
    outcomes = summary(t, augmented, peak, m, extras, timing.period, body, inner_tone, outer_tone)
    status, findings = judgement(outcomes, t, m, extras, supported, inner_tone, outer_tone)
    if t.no_diastole > 0.0 and t.ejected > 0.0 and status == STATUS_OK:
        status = STATUS_NO_DIASTOLE
    return outcomes, status, findings, t.closure


@function
def judgement(outcomes, t, m, extras, supported, inner_tone, outer_tone):  # type: ignore[no-untyped-def]
    """Whether the numbers hold, and what was seen: status and findings. Diastole is left to the caller."""
    status, findings = STATUS_OK, 0
    if t.opened_early > 0.0 and supported:
        findings |= FOUND_OPENED_BY_DEFLATION
    if t.ejected == 0.0:
        status = STATUS_OK if extras.impella_flow + extras.ecmo_flow > 0.0 else STATUS_NO_EJECTION
        findings |= FOUND_SHUT
    if extras.starved > STARVED:
        findings |= FOUND_SUCTION
    if min(inner_tone, outer_tone) <= LEAST_TONE:
        findings |= FOUND_EXHAUSTED
    physical = outcomes.lv_end_systolic_volume > 0.0 and outcomes.diastolic_pressure > 0.0
    if not (physical and outcomes.cardiac_output > 0.0 and m.inner_flow > 0.0 and m.outer_flow > 0.0):
        status = STATUS_NON_PHYSICAL if t.ejected > 0.0 else status
    return status, findings


@function
def summary(t, augmented, peak, m, extras, period, body, inner_tone, outer_tone):  # type: ignore[no-untyped-def]
    """Outcomes from means: over the beats in ``t``, over time in ``m`` and ``extras``.

    Parameters
    ----------
    t : Tally
    augmented, peak : float
        Highest diastolic aortic and left ventricular pressure of the pattern, mmHg.
    m : Means
    extras : Extras
    period : float
        Mean duration of a beat, s.
    body : Body
    inner_tone, outer_tone : float
        Mean autoregulation factors.
    """
    pumped = extras.impella_flow + extras.ecmo_flow
    edv, esv, esp = t.end_diastolic_volume, t.end_systolic_volume, t.end_systolic_pressure
    stroke = edv - esv
    native = m.aortic_valve_flow * PER_MINUTE
    output = native + pumped * PER_MINUTE
    work = m.lv_power * period
    area = work + t.energy
    end_diastolic = t.foot / t.feet if t.feet > 0.0 else t.diastolic
    return Outcomes(
        mean_heart_rate=60.0 / period,
        mean_arterial_pressure=m.aortic_pressure,
        systolic_pressure=t.systolic,
        diastolic_pressure=t.diastolic,
        mean_diastolic_pressure=t.mean_diastolic,
        augmented_diastolic_pressure=augmented,
        end_diastolic_aortic_pressure=end_diastolic,
        cardiac_output=output,
        native_cardiac_output=native,
        cardiac_index=output / body.body_surface_area,
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
        endocardial_reserve=(inner_tone - LEAST_TONE) / (HEALTHY_TONE - LEAST_TONE),
        upper_body_flow=m.upper_body_flow * PER_MINUTE,
        visceral_flow=m.visceral_flow * PER_MINUTE,
        limb_flow=m.limb_flow * PER_MINUTE,
        mitral_regurgitant_volume=extras.mitral_leak * period,
        aortic_regurgitant_volume=extras.aortic_leak * period,
        shunt_ratio=shunt_ratio(extras.pulmonary_valve_flow, extras.defect_flow, extras.ecmo_flow),
        device_flow=pumped * PER_MINUTE,
        beats_to_converge=0.0,
        convergence_error=0.0,
    )
