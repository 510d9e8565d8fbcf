"""What counts as help, by name: two definitions of this project, and those of three published series."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from ...sweeps.population.definitions import BY_COHORT, HAEMODYNAMIC
from .harms import Limits
from .pairs import (
    DEMAND,
    Pair,
    Reading,
    Verdict,
    above,
    all_of,
    at_least,
    at_most,
    below,
    but,
    not_raised,
    over,
    product,
    shifted,
)

PER_WATT = 451.0
"""Pressure in mmHg times flow in L/min that make a watt, by convention."""

ISCHAEMIC = frozenset(
    {"ami-cs", "scai-b", "scai-d", "scai-e", "acute-mr", "vsd", "high-risk-pci", "refractory-ischaemia"}
)
"""Cohorts with an ischaemic history: the infarct, its complications, coronary disease. [X]"""


class Definition(NamedTuple):
    """What counts as help.

    Attributes
    ----------
    helps : callable
        From a pair and the thresholds to a verdict on every patient.
    needs : tuple of str
        Outcomes it is made from, beside those of harm.
    words : callable
        From the thresholds to the condition as people say it.
    """

    helps: Callable[[Pair, Limits], Verdict]
    needs: tuple[str, ...]
    words: Callable[[Limits], str]


def haemodynamic(pair: Pair, limit: Limits) -> Verdict:
    """More cardiac output, and neither wedge pressure nor oxygen demand up by more than the numerical error [X]."""
    return all_of(
        (
            at_least(pair.relative("cardiac_output"), limit["helps_output_gain"]),
            not_raised(pair.difference("wedge_pressure")),
            not_raised(pair.difference(DEMAND)),
        )
    )


def ischaemia_relief(pair: Pair, limit: Limits) -> Verdict:
    """More endocardial flow per oxygen demand, in a patient without coronary reserve in the reference arm [X]."""
    flow, demand = (shifted(pair.relative(name), 1.0) for name in ("endocardial_flow", DEMAND))
    return all_of(
        (
            below(pair.readings("endocardial_reserve")[1], limit["helps_reserve_below"]),
            at_least(shifted(over(flow, demand), -1.0), limit["helps_endocardial_gain"]),
        )
    )


def imamura(pair: Pair, limit: Limits) -> Verdict:
    """Central venous pressure, wedge pressure and cardiac index each better than the reference by 30 % or more.

    Imamura et al. 2018, J Invasive Cardiol 30:56: 17 of 91 patients with advanced heart failure, two weeks after
    implantation against before. Computable is what the device does by itself; not the two weeks of drugs, diuresis and
    remodelling that are part of the published change.
    """
    gain = limit["imamura_improvement"]
    return all_of(
        (
            at_most(pair.relative("central_venous_pressure"), -gain),
            at_most(pair.relative("wedge_pressure"), -gain),
            at_least(pair.relative("cardiac_index"), gain),
        )
    )


def imamura_stabilised(pair: Pair, limit: Limits) -> Verdict:
    """In the arm, central venous pressure < 12 mmHg, wedge pressure < 18 mmHg and cardiac index > 2.0 L/min/m2.

    Imamura et al. 2018, J Invasive Cardiol 30:56: 32 of 91 patients, after two weeks. It asks for no change: whoever
    meets it without the device counts too. Not computable are the two weeks and the drugs: on inotropes the paper wants
    a cardiac index above 2.2.
    """
    return all_of(
        (
            below(pair.readings("central_venous_pressure")[0], limit["imamura_venous_pressure"]),
            below(pair.readings("wedge_pressure")[0], limit["imamura_wedge_pressure"]),
            above(pair.readings("cardiac_index")[0], limit["imamura_cardiac_index"]),
        )
    )


def hsu(pair: Pair, limit: Limits) -> Verdict:
    """Fewer than two points: one for an LV cardiac power index < .28 W/m2, one for an ischaemic history.

    Hsu et al. 2018, Am Heart J 199:181: the score predicted death or urgent escalation within 28 days in 74 patients in
    shock without an acute infarct. It is taken before the device, which therefore matters by its harm alone. Computable
    is the power index; the history is that of the patient's cohort (``ISCHAEMIC``); how many points mean failure is a
    choice of this project [X]; death and escalation are not computable.
    """
    low = below(_power_index(pair, "mean_arterial_pressure"), limit["hsu_power_index"])
    history = 1 * pair.drawn_from(ISCHAEMIC)
    return but(Verdict(*(1 * part + history >= limit["hsu_points"] for part in low)))


def sintek(pair: Pair, limit: Limits) -> Verdict:
    """Power indices of the left and of the right ventricle, before the device, both high enough to stabilise on it.

    Sintek et al. 2015, J Card Fail 21:868: 31 of 54 patients with chronic heart failure in shock needed no escalation,
    that is no further device, ventilation, dialysis or drugs, and had no arrhythmia or acidosis. None of that is
    computable. Haemodynamics improved alike in both groups; the two power indices told them apart (cardiac index times
    mean arterial, or pulmonary, pressure over 451; AUC .82), and this is that predictor. Its cut-offs are not in the
    abstract, all we could read: the left one is Hsu's, the right one lies between the targets of our cohorts adhf (.15)
    and rv-failure (.07), both a choice of this project [X].
    """
    left, right = (_power_index(pair, name) for name in ("mean_arterial_pressure", "mean_pulmonary_pressure"))
    return all_of(
        (at_least(left, limit["sintek_left_power_index"]), at_least(right, limit["sintek_right_power_index"]))
    )


def _power_index(pair: Pair, pressure: str) -> Reading:
    """Cardiac power over body surface in the reference arm, W/m2."""
    power = product(pair.readings("cardiac_index")[1], pair.readings(pressure)[1])
    return Reading(power.value / PER_WATT, power.error / PER_WATT)


def _percent(share: float) -> str:
    return f"{100 * share:g} %"


DEFINITIONS: Mapping[str, Definition] = {
    HAEMODYNAMIC: Definition(
        haemodynamic,
        (),
        lambda limit: (
            f"cardiac output up by {_percent(limit['helps_output_gain'])} or more without a rise of wedge pressure or "
            "oxygen demand"
        ),
    ),
    "ischaemia-relief": Definition(
        ischaemia_relief,
        ("endocardial_reserve", "endocardial_flow"),
        lambda limit: (
            f"endocardial flow per oxygen demand up by {_percent(limit['helps_endocardial_gain'])} or more in a "
            f"patient whose coronary reserve was below {limit['helps_reserve_below']:g}"
        ),
    ),
    "imamura": Definition(
        imamura,
        ("central_venous_pressure", "cardiac_index"),
        lambda limit: (
            "central venous pressure, wedge pressure and cardiac index each better by "
            f"{_percent(limit['imamura_improvement'])} or more (Imamura 2018)"
        ),
    ),
    "imamura-stabilised": Definition(
        imamura_stabilised,
        ("central_venous_pressure", "cardiac_index"),
        lambda limit: (
            f"with it, central venous pressure below {limit['imamura_venous_pressure']:g} mmHg, wedge pressure below "
            f"{limit['imamura_wedge_pressure']:g} mmHg and cardiac index above {limit['imamura_cardiac_index']:g} "
            "L/min/m2 (Imamura 2018)"
        ),
    ),
    "hsu": Definition(
        hsu,
        ("mean_arterial_pressure", "cardiac_index"),
        lambda limit: (
            f"fewer than {limit['hsu_points']:g} of the points LV cardiac power index below "
            f"{limit['hsu_power_index']:g} W/m2 and ischaemic history (Hsu 2018), a prediction from the baseline"
        ),
    ),
    "sintek": Definition(
        sintek,
        ("mean_arterial_pressure", "mean_pulmonary_pressure", "cardiac_index"),
        lambda limit: (
            f"cardiac power index of {limit['sintek_left_power_index']:g} W/m2 or more of the left ventricle and of "
            f"{limit['sintek_right_power_index']:g} or more of the right (after Sintek 2015), a prediction from the "
            "baseline"
        ),
    ),
}
"""Every definition but by-cohort, which is one of these for each patient."""


def in_words(definition: str, declared: Mapping[str, str], limit: Limits) -> str:
    """Say what counts as help.

    Parameters
    ----------
    definition : str
        A key of ``DEFINITIONS``, or by-cohort.
    declared : dict of str to str
        Definition by cohort, where it is by-cohort.
    limit : dict of str to float
        A value for every threshold.
    """
    if definition != BY_COHORT:
        return DEFINITIONS[definition].words(limit)
    cohorts: dict[str, list[str]] = {}
    for name, own in declared.items():
        cohorts.setdefault(own, []).append(name)
    return "; ".join(f"in {', '.join(names)}, {DEFINITIONS[own].words(limit)}" for own, names in cohorts.items())
