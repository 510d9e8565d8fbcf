"""A measured pattern of beats -> Outcomes.

Time 0 is ventricular activation. Integrals and means run over the whole pattern; "per beat" divides by its beats.
Extremes are interpolated between samples. Closure is the end of forward flow through the aortic valve; where it never
opens, the instant at which it comes nearest to it.
"""

from __future__ import annotations

import math

from ..compile.decorators import function, inlined
from ..laws.coronary import HEALTHY_TONE, LEAST_TONE
from ..names.outcomes import (
    HIGHEST_PRESSURE,
    HIGHEST_WEDGE,
    INDEX_WITHOUT_SHOCK,
    LOWEST_INDEX,
    LOWEST_PRESSURE,
    PRESSURE_WITHOUT_SHOCK,
    Findings,
    Status,
    define,
)
from .beat import Tally, combine_tallies, tally

STATUS_OK = int(Status.OK)
STATUS_NON_PHYSICAL = int(Status.NON_PHYSICAL)
STATUS_NO_EJECTION = int(Status.NO_EJECTION)
STATUS_NO_DIASTOLE = int(Status.NO_DIASTOLE)
FOUND_SHUT = int(Findings.AORTIC_VALVE_SHUT)
FOUND_EXHAUSTED = int(Findings.AUTOREGULATION_EXHAUSTED)
FOUND_OPENED_BY_DEFLATION = int(Findings.OPENED_BY_DEFLATION)
FOUND_SUCTION = int(Findings.SUCTION)
FOUND_NOT_SURVIVABLE = int(Findings.NOT_SURVIVABLE)
FOUND_NOT_IN_SHOCK = int(Findings.NOT_IN_SHOCK)
FOUND_RIGHT_HEART_SHUT = int(Findings.RIGHT_HEART_SHUT)
STARVED = 0.02
"""Share of its flow that a pump must miss for suction to be found [X]."""
NOTHING = Tally(*[0.0] * len(Tally._fields))
LEAST = -math.inf
summary = function(define)


@inlined
def reserve(tone: float) -> float:
    """Autoregulatory reserve of a coronary layer: 1 at a healthy tone, 0 where it is exhausted."""
    return (tone - LEAST_TONE) / (HEALTHY_TONE - LEAST_TONE)


@function
def measure(signals, shut, places, m, extras, c, timing, body, inner_tone, outer_tone):  # type: ignore[no-untyped-def]
    """Turn one pattern into outcomes.

    Parameters
    ----------
    signals : array, (len(Samples._fields), steps * beats)
        The samples of the pattern, one row each, in the order of Samples.
    shut : array, (steps * beats,)
        Scratch.
    places : array, (beats,)
        Sample of the largest P/(V - V0) in each beat.
    m : Means
        Time means of the pattern.
    extras : Extras
        Time means of what lesions and machines carry.
    c, timing, body : Coefficients, Timing, Body
        The patient in this arm.
    inner_tone, outer_tone : float
        Autoregulation factors held through the pattern.

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
    augmented, peak, t = LEAST, LEAST, NOTHING
    for beat in range(beats):
        counted = not supported or beats == 1 or beat == 1
        one = tally(
            signals, shut, beat * steps, steps, int(places[beat]), step, c, timing.effective_period, deflation, counted
        )
        augmented, peak = max(augmented, one.augmented), max(peak, one.peak)
        t = combine_tallies(1.0, t, 1.0 / beats, one)
    outcomes = summary(t, augmented, peak, m, extras, timing.period, body.body_surface_area, reserve(inner_tone))
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
    pressure, index = outcomes.mean_arterial_pressure, outcomes.cardiac_index
    if not (LOWEST_PRESSURE <= pressure <= HIGHEST_PRESSURE and index >= LOWEST_INDEX) or (
        outcomes.wedge_pressure > HIGHEST_WEDGE
    ):
        findings |= FOUND_NOT_SURVIVABLE
    if pressure > PRESSURE_WITHOUT_SHOCK and index > INDEX_WITHOUT_SHOCK:
        findings |= FOUND_NOT_IN_SHOCK
    if t.right_shut == 1.0:
        findings |= FOUND_RIGHT_HEART_SHUT
    physical = outcomes.lv_end_systolic_volume > 0.0 and outcomes.diastolic_pressure > 0.0
    if not (physical and outcomes.cardiac_output > 0.0 and m.inner_flow > 0.0 and m.outer_flow > 0.0):
        status = STATUS_NON_PHYSICAL if t.ejected > 0.0 else status
    return status, findings
