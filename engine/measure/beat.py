"""What one beat shows: when the aortic valve opened and closed, extremes, end systole, and parts of the beat.

Time 0 is ventricular activation. Closure is the end of forward flow through the aortic valve; where it never opens,
the instant at which it comes nearest to it, to which closure tends as ejection vanishes. Extremes are interpolated
between samples.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from ..compile.decorators import borrowing, inlined
from ..compile.layout import combination
from ..names.outcomes import Samples
from .end_systole import end_systole_near, potential_energy
from .interpolation import (
    between,
    crossing,
    cubic,
    extrapolate,
    extreme,
    integral,
    next_move,
    place_of_extreme,
    trough,
    vertex,
    wrap,
)

LATEST_OPENING = 0.15
"""s after activation; with an aortic valve that never opens, systole is looked for from here on."""
EARLIEST_END = 0.15
LONGEST_END = 0.3
"""s before activation: where the end of diastole begins without deflation, and at the earliest."""
LATEST_SYSTOLE = 0.44
"""Of the effective period after activation; an ejection begins before [X]. Where ejection vanishes it does so about the
highest gradient, soon after the peak of contraction at .38 of it: at 115 beats a minute that is half of the beat. What
the pressure of filling opens in a distended ventricle begins at .46 of it, when the muscle is half relaxed."""
REMAINDER = 0.1
"""Share of its volume that is left in a balloon which counts as empty: consoles go by the time in which nine tenths of
the helium are back."""
LEAK = 0.01
"""mmHg by which a leak at least lowers the pressure behind its valve."""
LEAK_PLACES = 16
"""Places at which the pressure behind a leak is looked at before its valve opens."""


class Ejection(NamedTuple):
    """When the aortic valve opened and closed in one beat, in steps of the pattern, and the pressures then."""

    opened: bool
    early: bool
    foot: float
    foot_pressure: float
    closure: float
    closure_pressure: float


class Tally(NamedTuple):
    """What is measured beat by beat, and averaged over beats; units of the outcomes."""

    systolic: float
    diastolic: float
    mean_diastolic: float
    augmented: float
    opening: float
    end_diastolic_aortic: float
    margin: float
    counted: float
    end_diastolic_volume: float
    end_systolic_volume: float
    end_diastolic_pressure: float
    end_systolic_pressure: float
    peak: float
    energy: float
    dpti: float
    spti: float
    closure: float
    pulse: float
    ejected: float
    opened_early: float
    no_diastole: float
    right_shut: float


combine_tallies = combination(Tally)
SAMPLES = len(Samples._fields)
(
    ROOT_PRESSURE, LV_PRESSURE, LV_VOLUME, LV_INFLOW, AORTIC_GRADIENT, PULMONARY_PRESSURE, PULMONARY_GRADIENT, BALLOON,
) = range(SAMPLES)  # fmt: skip


@borrowing
def at_opening(root, shut, at, ahead):  # type: ignore[no-untyped-def]
    """Pressure ``ahead`` steps (0-1) after sample ``at`` behind a valve that carries nothing there.

    Before a tight valve opens, that behind it is smooth, and bends where it opens: by the samples before. A leak fades
    as the square root of the time to there: by samples on either side.
    """
    n = root.shape[0]
    if abs(shut[wrap(at, n)] - root[wrap(at, n)]) > LEAK:
        return between(shut, at, ahead)
    return extrapolate(shut, at, ahead)


@borrowing
def least_of_leak(root, shut, gradient, at, moves):  # type: ignore[no-untyped-def]
    """Lowest pressure behind a leaking valve that opens ``moves`` steps (0-1) after sample ``at``, from one before it.

    A leak's flow lowers the pressure ``shut``, which has no edge, in proportion; what this leaves of the gradient goes
    as the square of the flow. So the pressure is smooth in the root of the time to the opening.
    """
    n = root.shape[0]
    least = at_opening(root, shut, at, moves)
    before = wrap(at - 1, n)
    drop = shut[before] - root[before]
    if gradient[before] >= 0.0 or gradient[wrap(at, n)] > 0.0 or drop <= LEAK:
        return least
    bend = -4.0 * (gradient[before] + drop) / (drop * drop)
    far, near = root[before], root[before]
    for place in range(LEAK_PLACES + 1):
        share = 1.0 - place / LEAK_PLACES
        ahead = moves - (1.0 + moves) * share * share
        first = at if ahead >= 0.0 else at - 1
        driven = max(-between(gradient, first, at + ahead - first), 0.0)
        here = between(shut, first, at + ahead - first) - 2.0 * driven / (1.0 + math.sqrt(1.0 + bend * driven))
        if place >= 2 and near < far and near <= here:
            least = min(least, near - 0.125 * (here - far) ** 2 / (far - 2.0 * near + here))
        far, near = near, here
    return least


@borrowing
def lowest(root, shut, gradient, start, stop):  # type: ignore[no-untyped-def]
    """Lowest pressure behind a valve in the steps start..stop-1: smooth, or at the kink where the valve moves.

    There it carries nothing, and the root has the pressure ``shut``, that behind a valve which carries nothing: it has
    not the edge that a leak gives the root's own.
    """
    least = extreme(root, -1.0, start, stop)
    at = next_move(gradient, start, stop)
    while at < stop:
        moves = crossing(gradient, at)
        least = min(least, at_opening(root, shut, at, moves))
        if gradient[wrap(at + 1, gradient.shape[0])] > 0.0:
            least = min(least, least_of_leak(root, shut, gradient, at, moves))
        at = next_move(gradient, at + 1, stop)
    return least


@borrowing
def is_ever_open(gradient, start, stop):  # type: ignore[no-untyped-def]
    """Whether a valve is open at one of the samples start..stop-1."""
    return gradient[wrap(start, gradient.shape[0])] > 0.0 or next_move(gradient, start, stop - 1) < stop - 1


@borrowing
def beginning_at(root, shut, gradient, at, ahead):  # type: ignore[no-untyped-def]
    """Lowest pressure in the rest of the step after sample ``at``, from ``ahead`` (0-1) on; beyond it samples serve.

    From the samples that follow: the valve may have shut just before, which leaves a kink.
    """
    n = root.shape[0]
    here, after, later = root[wrap(at, n)], root[wrap(at + 1, n)], root[wrap(at + 2, n)]
    if (gradient[wrap(at, n)] > 0.0) == (gradient[wrap(at + 1, n)] > 0.0):
        return here + ahead * (after - here) + 0.5 * ahead * (ahead - 1.0) * (later - 2.0 * after + here)
    moves = crossing(gradient, at)
    kink = at_opening(root, shut, at, moves)
    return kink + (after - kink) * (ahead - moves) / (1.0 - moves) if moves < ahead else kink


@borrowing
def systole(gradient, start, before, steps, within):  # type: ignore[no-untyped-def]
    """First and last sample of the longest run with an open aortic valve that begins ``within`` samples of activation.

    Samples from ``start - before`` on are looked at, so that a valve opened by deflation is seen; last is -1 if none.
    """
    n = gradient.shape[0]
    first, last = start, -1
    begins, stop = start - before, start + steps
    while begins < stop:
        ends = next_move(gradient, begins, stop - 1)
        counts = gradient[wrap(begins, n)] > 0.0 and begins < start + within and ends >= start
        if counts and (last < 0 or ends - begins > last - first):
            first, last = begins, ends
        begins = ends + 1
    return first, last


@inlined
def stepped_over(before, here, after):  # type: ignore[no-untyped-def]
    """Steps from a sample to where the valve opens unseen, between samples that agree on its state; 2 if nowhere.

    The parabola through the sample and its neighbours has its extremum near the sample and of the other sign: the
    valve shut and opened again, or opened and shut.
    """
    bend = before - 2.0 * here + after
    # first what most often is so
    if abs(before - after) > abs(bend) or here * bend <= 0.0 or before * here <= 0.0 or here * after <= 0.0:
        return 2.0
    beyond = here - 0.125 * (before - after) ** 2 / bend
    if here * beyond >= 0.0:
        return 2.0
    # of the parabola's two zeros the one at which the gradient rises
    return (0.5 * (before - after) + math.sqrt(-2.0 * beyond * bend)) / bend


@borrowing
def first_opening(root, shut, gradient, start, stop):  # type: ignore[no-untyped-def]
    """When the aortic valve first opens from sample ``start`` on, in steps, and the root's pressure then; -1 if never.

    ``root`` and ``shut`` are as for `lowest`.
    """
    n = gradient.shape[0]
    here, after = gradient[wrap(start - 1, n)], gradient[wrap(start, n)]
    for at in range(start, stop):
        before, here, after = here, after, gradient[wrap(at + 1, n)]
        ahead = stepped_over(before, here, after)
        if ahead <= 1.0 and at + ahead > start:
            return at + ahead, cubic(shut, at, ahead)
        if here <= 0.0 < after:
            ahead = crossing(gradient, at)
            return at + ahead, at_opening(root, shut, at, ahead)
    return -1.0, 0.0


@borrowing
def nearest_opening(gradient, start, stop):  # type: ignore[no-untyped-def]
    """When a valve that stays shut comes nearest to opening, in steps."""
    nearest = place_of_extreme(gradient, 1.0, start, stop)
    return nearest + vertex(gradient, nearest)


@borrowing
def ejection(root, shut, gradient, start, steps, before, latest, within):  # type: ignore[no-untyped-def]
    """Find one beat's ejection; ``start`` is the sample of its activation, ``within`` how many after it may begin it.

    The foot is the first opening after activation, also where deflation brings it about and the valve shuts once more.
    An opening before activation is none: where the valve then stays open into systole, or where it never opens, the
    foot's pressure is the lowest from ``before`` samples before activation to ``latest`` after it.
    """
    n = root.shape[0]
    early = is_ever_open(gradient, start - before, start + 1)
    _, last = systole(gradient, start, before, steps, within)
    foot, foot_pressure = first_opening(root, shut, gradient, start, start + within)
    if foot < 0.0 or last < 0:
        foot = float(start)
        foot_pressure = lowest(root, shut, gradient, start - before, start + latest + 1)
    if last < 0:
        closure = nearest_opening(gradient, start, start + within)
        return Ejection(False, early, foot, foot_pressure, closure, cubic(root, int(closure), closure - int(closure)))
    # A valve that is open when the beat ends crosses nothing there.
    ahead = 1.0 if gradient[wrap(last + 1, n)] > 0.0 else crossing(gradient, last)
    return Ejection(True, early, foot, foot_pressure, last + ahead, between(shut, last, ahead))


@borrowing
def emptied(balloon, start, stop):  # type: ignore[no-untyped-def]
    """When a tenth is left of the balloon's volume at sample ``start``, in steps; ``stop`` if not before."""
    n = balloon.shape[0]
    left = REMAINDER * balloon[wrap(start, n)]
    for at in range(start, stop):
        here, after = balloon[wrap(at, n)] - left, balloon[wrap(at + 1, n)] - left
        if here > 0.0 >= after:
            ahead = here / (here - after)
            for _ in range(3):
                beside = cubic(balloon, at, ahead) - left
                ahead = max(min(ahead - beside / (after - here), 1.0), 0.0)
            return at + ahead
    return float(stop)


@borrowing
def pulmonary_pulse(root, gradient, start, stop):  # type: ignore[no-untyped-def]
    """Systolic less diastolic pressure of the pulmonary artery in one beat (mmHg)."""
    return extreme(root, 1.0, start, stop) - lowest(root, root, gradient, start, stop)


@borrowing
def tally(signals, shut, start, steps, summit, step, c, effective, deflation, inflated):  # type: ignore[no-untyped-def]
    """Measure one beat.

    Parameters
    ----------
    signals : array, (len(Samples._fields), n)
        Samples, one row each, in the order of Samples; indices wrap.
    shut : array, (n,)
        Receives the pressure behind an aortic valve that carries nothing.
    start, steps : int
        Sample of the beat's activation, and how many samples it has.
    summit : int
        Sample of the largest P/(V - V0) of the beat.
    step : float
        Time between samples, s.
    c : Coefficients
    effective : float
        Effective period of the beat's activation, s.
    deflation : float
        Start of the deflation that goes before the beat, s after its activation.
    inflated : bool
        Whether its end of diastole counts: an inflation goes before it, or there is no balloon.
    """
    root, lv, volume, gradient = (
        signals[ROOT_PRESSURE], signals[LV_PRESSURE], signals[LV_VOLUME], signals[AORTIC_GRADIENT],
    )  # fmt: skip
    balloon, pulmonary_gradient = signals[BALLOON], signals[PULMONARY_GRADIENT]
    for at in range(shut.size):
        shut[at] = lv[at] - gradient[at]
    stop = start + steps
    latest = int(LATEST_OPENING / step)
    begun = int(min(max(-deflation, 0.0), LONGEST_END) / step)
    end = start - min(max(-deflation, EARLIEST_END), LONGEST_END) / step
    within = min(int(LATEST_SYSTOLE * effective / step), steps - 1)
    e = ejection(root, shut, gradient, start, steps, begun, latest, within)
    closed_at, closed_pressure = min(e.closure, stop - 1.0), e.closure_pressure
    first = int(closed_at) + 1
    beginning = int(e.foot) if e.opened else start + latest
    ended = int(e.foot) if e.foot > start else start + latest
    at = math.floor(end)
    from_there = beginning_at(root, shut, gradient, at, end - at)
    end_diastolic = min(lowest(root, shut, gradient, at + 1, ended + 1), e.foot_pressure, from_there)
    margin = 0.0
    if balloon[wrap(start - begun, root.shape[0])] > 0.0:
        margin = (e.foot - emptied(balloon, start - begun, stop)) * step
    aortic_diastole = integral(root, closed_at, closed_pressure, stop)
    closed_lv = between(lv, int(closed_at), closed_at - int(closed_at))
    lv_diastole = integral(lv, closed_at, closed_lv, stop)
    pressure, at_volume = end_systole_near(lv, volume, c.lv_unstressed, summit)
    end_systolic = trough(volume, signals[LV_INFLOW], step, start, stop)
    counted = 1.0 if inflated else 0.0
    opened = 1.0 if e.opened else 0.0
    early = 1.0 if e.early else 0.0
    right_shut = 0.0 if is_ever_open(pulmonary_gradient, start, stop) else 1.0
    unclosed = 1.0 if e.closure >= stop - 1.0 else 0.0
    return Tally(
        systolic=max(extreme(root, 1.0, beginning, first), closed_pressure),
        diastolic=min(lowest(root, shut, gradient, start, stop), root[wrap(stop, root.shape[0])], e.foot_pressure),
        mean_diastolic=aortic_diastole / (stop - closed_at),
        augmented=max(extreme(root, 1.0, first, stop + 1), closed_pressure),
        opening=e.foot_pressure * counted,
        end_diastolic_aortic=end_diastolic * counted,
        margin=margin * counted,
        counted=counted,
        end_diastolic_volume=extreme(volume, 1.0, start, stop),
        end_systolic_volume=end_systolic,
        end_diastolic_pressure=lv[start],
        end_systolic_pressure=pressure,
        peak=extreme(lv, 1.0, start, stop),
        energy=potential_energy(pressure, at_volume, c),
        dpti=(aortic_diastole - lv_diastole) * step,
        spti=(integral(lv, float(start), lv[start], stop) - lv_diastole) * step,
        closure=(closed_at - start) * step,
        pulse=pulmonary_pulse(signals[PULMONARY_PRESSURE], pulmonary_gradient, start, stop),
        ejected=opened,
        opened_early=early,
        no_diastole=unclosed,
        right_shut=right_shut,
    )
