"""Heparin: one compartment, a bolus and an infusion that a nomogram adjusts by the aPTT."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...engine.irregular.rhythm import patient_key
from ..numbers.cells import Floats
from .constants import Heparin, Target
from .kernels import ASSAY, CLEARANCE, compiled, inlined, normal
from .nomograms import INTERVAL, Nomogram

STEP = 0.25
"""Hours of a step. Without dose dependence it is exact whatever its length."""


class HeparinCourse(NamedTuple):
    """What heparin does to each patient, by intervals between two checks.

    Attributes
    ----------
    aptt : array, (patient, interval)
        Mean activated partial thromboplastin time of an interval, s.
    below, in_range, excessive : array, (patient, interval)
        Share of the interval below the target, within it, and above the limit that is called excessive.
    hours_to_range : array, (patient)
        Hours to the first check that reads a time within the target; infinite where none does.
    """

    aptt: NDArray[np.float32]
    below: NDArray[np.float32]
    in_range: NDArray[np.float32]
    excessive: NDArray[np.float32]
    hours_to_range: Floats


def heparin_course(
    seed: int,
    index: NDArray[np.int64],
    weight: Floats,
    nomogram: Nomogram,
    law: Heparin,
    intervals: int,
    target: Target,
) -> HeparinCourse:
    """Give each patient heparin by a nomogram.

    Concentration C in U/mL: V dC/dt = R - CL C, with the infusion R in U/kg/h, V in L/kg, CL in L/h/kg, lognormal
    between patients; aPTT = baseline + sensitivity C. With ``dose_dependent`` CL is the patient's own at the
    concentration ``reference``, and changes with C as k(C) = linear + saturable / (half + C) does.

    Parameters
    ----------
    seed : int
    index : array, (patient)
        Places in the store: what a patient draws depends on them and on the seed alone.
    weight : array, (patient)
        Body weight, kg.
    nomogram : Nomogram
    law : Heparin
    intervals : int
        Intervals of ``INTERVAL`` hours.
    target : Target

    Returns
    -------
    HeparinCourse
    """
    patients = len(index)
    aptt, below, in_range, excessive = (np.empty((patients, intervals), np.float32) for _ in range(4))
    out = HeparinCourse(aptt, below, in_range, excessive, np.empty(patients))
    _courses(
        seed,
        index,
        weight,
        nomogram.start,
        nomogram.limits,
        nomogram.actions,
        nomogram.by_weight,
        nomogram.start_by_weight,
        law.numbers,
        law.dose_dependent,
        np.array([target.low, target.high, target.excessive]),
        *out,
    )
    return out


@inlined
def clearance(concentration, own, law):  # type: ignore[no-untyped-def]
    """Clearance at a concentration, L/h/kg: ``own`` at the reference concentration."""
    linear, saturable, half, reference = law[8], law[9], law[10], law[11]
    return own * (linear + saturable / (half + concentration)) / (linear + saturable / (half + reference))


@inlined
def advanced(concentration, rate, own, volume, hours, law):  # type: ignore[no-untyped-def]
    """Concentration after some hours at a rate, its clearance that of the middle of the step."""
    first = clearance(concentration, own, law)
    middle = settled(concentration, rate, first, volume, 0.5 * hours)
    return settled(concentration, rate, clearance(middle, own, law), volume, hours)


@inlined
def settled(concentration, rate, own, volume, hours):  # type: ignore[no-untyped-def]
    """Concentration after some hours at a rate and a clearance: the analytic solution.

    Its exponential is the Pade approximant of order 4, which is wrong by less than 1e-6 for a half-life above the step
    and takes a third of the time.
    """
    steady, part = 1e-3 * rate / own, own / volume * hours
    even, odd = 12.0 + part * part, 6.0 * part
    return steady + (concentration - steady) * (even - odd) / (even + odd)


@compiled
def _courses(  # type: ignore[no-untyped-def]
    seed,
    index,
    weight,
    start,
    limits,
    actions,
    by_weight,
    start_by_weight,
    law,
    dependent,
    bounds,
    aptt,
    below,
    in_range,
    excessive,
    first,
):
    volume, typical, spread, baseline, sensitivity, error = law[0], law[1], law[2], law[3], law[4], law[5]
    steps = round(INTERVAL / STEP)
    # what a patient's clearance keeps of its deviation from one interval to the next
    kept = np.exp(-INTERVAL / law[7])
    fresh = law[6] * np.sqrt(1.0 - kept * kept)
    for row in range(len(index)):
        key = patient_key(seed, index[row])
        usual = typical * np.exp(spread * normal(key, CLEARANCE, 0))
        deviation = law[6] * normal(key, CLEARANCE, 1)
        units = 1.0 if by_weight else 1.0 / weight[row]
        first_units = 1.0 if start_by_weight else 1.0 / weight[row]
        bolus = min(start[0] * first_units, start[2] / weight[row])
        rate = min(start[1] * first_units, start[3] / weight[row])
        concentration, held, first[row] = 1e-3 * bolus / volume, 0.0, np.inf
        for step in range(aptt.shape[1]):
            own = usual * np.exp(deviation)
            deviation = kept * deviation + fresh * normal(key, CLEARANCE, step + 2)
            decay = np.exp(-own / volume * STEP)
            total = under = inside = over = 0.0
            for _ in range(steps):
                now = 0.0 if held > 0.0 else rate
                held -= STEP
                before = concentration
                if dependent:
                    concentration = advanced(before, now, own, volume, STEP, law)
                else:
                    steady = 1e-3 * now / own
                    concentration = steady + (before - steady) * decay
                time = baseline + sensitivity * 0.5 * (before + concentration)
                total += time
                under += 1.0 if time < bounds[0] else 0.0
                inside += 1.0 if bounds[0] <= time <= bounds[1] else 0.0
                over += 1.0 if time > bounds[2] else 0.0
            aptt[row, step], below[row, step] = total / steps, under / steps
            in_range[row, step], excessive[row, step] = inside / steps, over / steps
            read = (baseline + sensitivity * concentration) * (1.0 + error * normal(key, ASSAY, step))
            if bounds[0] <= read <= bounds[1] and first[row] == np.inf:
                first[row] = (step + 1) * INTERVAL
            choice = 0
            while choice < len(limits) and read >= limits[choice]:
                choice += 1
            concentration += 1e-3 * actions[choice, 0] * units / volume
            rate = max(rate + actions[choice, 1] * units, 0.0)
            held = actions[choice, 2]
