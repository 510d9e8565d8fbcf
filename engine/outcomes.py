"""A measured pattern of beats -> Outcomes.

Time 0 is ventricular activation. Integrals and means run over the whole pattern; "per beat" divides by its beats.
Extremes are interpolated between samples. Closure is the end of forward flow through the aortic valve; where it never
opens, the learned closure of the same patient without support.
"""

from __future__ import annotations

from typing import NamedTuple

from .coefficients import Coefficients
from .compilation import function, inlined
from .coronary import HEALTHY_TONE, LEAST_TONE
from .elementary import exponential
from .signals import crossing, cubic, extrapolate, extreme, integral, parabola, summit, wrap
from .tables import Findings, Outcomes, Status

PER_MINUTE = 0.06
"""mL/s to L/min."""
LATEST_OPENING = 0.15
"""s after activation; with an aortic valve that never opens, systole is looked for from here on."""
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


class Ejection(NamedTuple):
    """When the aortic valve opened and closed in one beat, in steps of the pattern, and the pressures then."""

    opened: bool
    early: bool
    foot: float
    foot_pressure: float
    closure: float
    closure_pressure: float


@function
def lowest(root, gradient, start, stop):  # type: ignore[no-untyped-def]
    """Lowest pressure behind a valve in the steps start..stop-1: smooth, or at the kink where the valve moves."""
    n = root.shape[0]
    least = extreme(root, -1.0, start, stop)
    for at in range(start, stop):
        if (gradient[wrap(at, n)] > 0.0) != (gradient[wrap(at + 1, n)] > 0.0):
            least = min(least, extrapolate(root, at, crossing(gradient, at)))
    return least


@function
def systole(gradient, start, before, steps):  # type: ignore[no-untyped-def]
    """First and last sample of the longest run with an open aortic valve that begins in a beat's first half.

    Samples from ``start - before`` on are looked at, so that a valve opened by deflation is seen; last is -1 if none.
    """
    n = gradient.shape[0]
    first, last, run = start, -1, 0
    for at in range(start - before, start + steps):
        if gradient[wrap(at, n)] > 0.0:
            run += 1
            begins = at - run + 1
            if begins < start + steps // 2 and at >= start and (last < 0 or run > last - first + 1):
                first, last = begins, at
        else:
            run = 0
    return first, last


@function
def ejection(root, lv, gradient, start, steps, step, learned_closure, deflation):  # type: ignore[no-untyped-def]
    """Find one beat's ejection; ``start`` is the sample of its activation.

    An opening before activation, brought about by deflation, is no foot: where the valve then stays open into
    systole, or where it never opens, the foot is the lowest pressure between the start of deflation and 150 ms after
    activation. At the foot the valve carries nothing: the root's pressure is the ventricle's less what drives the
    valve, which has no edge there, as the root's own has behind a leak.
    """
    n = root.shape[0]
    before = int(max(min(-deflation, LATEST_OPENING * 2.0), 0.0) / step)
    early = False
    for at in range(start - before, start + 1):
        early = early or gradient[wrap(at, n)] > 0.0
    first, last = systole(gradient, start, before, steps)
    if first > start:
        ahead = crossing(gradient, first - 1)
        foot = first - 1 + ahead
        foot_pressure = extrapolate(lv, first - 1, ahead) - extrapolate(gradient, first - 1, ahead)
    else:
        foot = float(start)
        foot_pressure = lowest(root, gradient, start - before, start + int(LATEST_OPENING / step) + 1)
    if last < 0:
        return Ejection(False, early, foot, foot_pressure, start + learned_closure / step, 0.0)
    ahead = crossing(gradient, last)
    return Ejection(True, early, foot, foot_pressure, last + ahead, extrapolate(root, last, ahead))


@function
def end_systole(pressure, volume, unstressed, start, steps):  # type: ignore[no-untyped-def]
    """Pressure and volume at the largest P/(V - V0) of a beat [Suga].

    Not at the smallest volume: inflation before valve closure corrupts the pressure there.
    """
    n = pressure.shape[0]
    best = start
    best_pressure, best_stretch = 0.0, 1.0
    for at in range(start, start + steps):
        stretch = volume[wrap(at, n)] - unstressed
        if pressure[wrap(at, n)] * best_stretch > best_pressure * stretch:
            best, best_pressure, best_stretch = at, pressure[wrap(at, n)], stretch
    return end_systole_near(pressure, volume, unstressed, best)


@function
def end_systole_near(pressure, volume, unstressed, best):  # type: ignore[no-untyped-def]
    """Pressure and volume at the largest P/(V - V0), which is largest among the samples at ``best``."""
    # The pressure falls steeply here: a parabola puts the instant wrong by enough to bias it by 3e-4 at 128 steps.
    ahead = summit(
        ratio_at(pressure, volume, unstressed, best - 2),
        ratio_at(pressure, volume, unstressed, best - 1),
        ratio_at(pressure, volume, unstressed, best),
        ratio_at(pressure, volume, unstressed, best + 1),
    )
    return cubic(pressure, best, ahead), cubic(volume, best, ahead)


@function
def ratio_at(pressure, volume, unstressed, at):  # type: ignore[no-untyped-def]
    """P/(V - V0) at a sample."""
    n = pressure.shape[0]
    return pressure[wrap(at, n)] / (volume[wrap(at, n)] - unstressed)


@function
def potential_energy(pressure: float, volume: float, c: Coefficients) -> float:
    """Elastic energy at end systole (mmHg mL): Pes*(Ves - V0)/2 less that of the diastolic relation [Suga 1979]."""
    stretch = volume - c.lv_unstressed
    x = c.lv_exponent * stretch
    passive = c.lv_scale * ((exponential(x) - 1.0) / c.lv_exponent - stretch)
    return 0.5 * pressure * stretch - passive


@function
def pulmonary_pulse(root, gradient, beats):  # type: ignore[no-untyped-def]
    """Systolic less diastolic pressure of the pulmonary artery, mean over beats (mmHg)."""
    steps = root.shape[0] // beats
    pulse = 0.0
    for start in range(0, beats * steps, steps):
        pulse += extreme(root, 1.0, start, start + steps) - lowest(root, gradient, start, start + steps)
    return pulse / beats


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
    n = signals.shape[1]
    steps = n // beats
    step = timing.period / steps
    root, lv, volume, gradient = signals[0], signals[1], signals[2], signals[3]
    supported = timing.balloon_volume > 0.0
    deflation = timing.deflation_start - timing.period if supported else 0.0
    systolic = diastolic = mean_diastolic = augmented = end_diastolic = 0.0
    edv = esv = edp = esp = peak = energy = dpti = spti = closure = 0.0
    status, findings, feet, ejections = STATUS_OK, 0, 0, 0
    for beat in range(beats):
        start = beat * steps
        stop = start + steps
        e = ejection(root, lv, gradient, start, steps, step, learned_closure, deflation)
        closed_at, closed_pressure = e.closure, e.closure_pressure
        if e.opened:
            ejections += 1
        else:
            closed_pressure = parabola(root, int(closed_at), closed_at - int(closed_at))
        if closed_at >= stop - 1.0:
            status = STATUS_NO_DIASTOLE
            closed_at = stop - 1.0
        if e.early and supported:
            findings |= FOUND_OPENED_BY_DEFLATION
        first = int(closed_at) + 1
        beginning = int(e.foot) if e.opened else start + int(LATEST_OPENING / step)
        systolic += max(extreme(root, 1.0, beginning, first), closed_pressure)
        highest = max(extreme(root, 1.0, first, stop + 1), closed_pressure)
        augmented = max(augmented, highest)
        diastolic += min(lowest(root, gradient, start, stop), root[wrap(stop, n)], e.foot_pressure)
        duration = stop - closed_at
        aortic_diastole = integral(root, closed_at, closed_pressure, stop)
        closed_lv = parabola(lv, int(closed_at), closed_at - int(closed_at))
        lv_diastole = integral(lv, closed_at, closed_lv, stop)
        mean_diastolic += aortic_diastole / duration
        dpti += (aortic_diastole - lv_diastole) * step
        spti += (integral(lv, float(start), lv[start], stop) - lv_diastole) * step
        if not supported or beats == 1 or beat == 1:
            end_diastolic += e.foot_pressure
            feet += 1
        edv += extreme(volume, 1.0, start, stop)
        esv += extreme(volume, -1.0, start, stop)
        edp += lv[start]
        pressure, at_volume = end_systole(lv, volume, c.lv_unstressed, start, steps)
        esp += pressure
        energy += potential_energy(pressure, at_volume, c)
        peak = max(peak, extreme(lv, 1.0, start, stop))
        closure += (closed_at - start) * step
    pumped = extras.impella_flow + extras.ecmo_flow
    if ejections == 0:
        status = STATUS_OK if pumped > 0.0 else STATUS_NO_EJECTION
        findings |= FOUND_SHUT
    if extras.starved > STARVED:
        findings |= FOUND_SUCTION
    if min(inner_tone, outer_tone) <= LEAST_TONE:
        findings |= FOUND_EXHAUSTED
    share = 1.0 / beats
    edv, esv, esp = edv * share, esv * share, esp * share
    stroke = edv - esv
    forward = m.aortic_valve_flow * timing.period
    native = m.aortic_valve_flow * PER_MINUTE
    output = native + pumped * PER_MINUTE
    work = m.lv_power * timing.period
    area = work + energy * share
    dpti, spti = dpti * share, spti * share
    pulse = pulmonary_pulse(signals[4], signals[5], beats)
    outcomes = Outcomes(
        mean_heart_rate=60.0 / timing.period,
        mean_arterial_pressure=m.aortic_pressure,
        systolic_pressure=systolic * share,
        diastolic_pressure=diastolic * share,
        mean_diastolic_pressure=mean_diastolic * share,
        augmented_diastolic_pressure=augmented,
        end_diastolic_aortic_pressure=end_diastolic / max(feet, 1),
        cardiac_output=output,
        native_cardiac_output=native,
        cardiac_index=output / body.body_surface_area,
        lv_end_diastolic_volume=edv,
        lv_end_systolic_volume=esv,
        stroke_volume=stroke,
        forward_stroke_volume=forward,
        ejection_fraction=stroke / edv,
        lv_end_diastolic_pressure=edp * share,
        lv_end_systolic_pressure=esp,
        lv_peak_pressure=peak,
        wedge_pressure=m.left_atrial_pressure,
        central_venous_pressure=m.right_atrial_pressure,
        mean_pulmonary_pressure=m.pulmonary_arterial_pressure,
        cardiac_power_output=m.aortic_pressure * output / 451.0,
        pulmonary_artery_pulsatility_index=pulse / max(m.right_atrial_pressure, 1.0),
        systemic_vascular_resistance=(m.aortic_pressure - m.right_atrial_pressure) / (m.aortic_valve_flow + pumped),
        effective_arterial_elastance=esp / max(stroke, SMALLEST_STROKE),
        stroke_work=work,
        pressure_volume_area=area,
        oxygen_consumption=1.53e-5 * area + 0.019,
        dpti=dpti,
        spti=spti,
        sevr=dpti / spti,
        coronary_flow=m.coronary_flow * PER_MINUTE,
        endocardial_flow=m.inner_flow * PER_MINUTE,
        endocardial_reserve=(inner_tone - LEAST_TONE) / (HEALTHY_TONE - LEAST_TONE),
        upper_body_flow=m.upper_body_flow * PER_MINUTE,
        visceral_flow=m.visceral_flow * PER_MINUTE,
        limb_flow=m.limb_flow * PER_MINUTE,
        mitral_regurgitant_volume=extras.mitral_leak * timing.period,
        aortic_regurgitant_volume=extras.aortic_leak * timing.period,
        shunt_ratio=shunt_ratio(extras.pulmonary_valve_flow, extras.defect_flow, extras.ecmo_flow),
        device_flow=pumped * PER_MINUTE,
        beats_to_converge=0.0,
        convergence_error=0.0,
    )
    if not (esv > 0.0 and output > 0.0 and m.inner_flow > 0.0 and m.outer_flow > 0.0 and diastolic > 0.0):
        status = STATUS_NON_PHYSICAL if ejections > 0 else status
    return outcomes, status, findings, closure * share
