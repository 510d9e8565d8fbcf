"""When an arm harms a patient, whatever counts as help."""

from __future__ import annotations

from collections.abc import Mapping

from .pairs import DEMAND, Pair, Verdict, above, all_of, at_least, at_most, less, where

Limits = Mapping[str, float]
"""A value for every threshold of ``sweeps/population/thresholds.py``."""

NEEDS = (
    "cardiac_output",
    "pressure_volume_area",
    "mean_heart_rate",
    "wedge_pressure",
    "mitral_regurgitant_volume",
    "aortic_regurgitant_volume",
    "limb_flow",
    "visceral_flow",
    "end_diastolic_aortic_pressure",
    "stroke_work",
)
"""Outcomes that decide it."""

CLAUSES = {
    "output": "cardiac output down",
    "demand": "oxygen demand up",
    "wedge": "wedge pressure up",
    "mitral_regurgitation": "more mitral regurgitation",
    "aortic_regurgitation": "more aortic regurgitation",
    "limb_flow": "too little limb flow",
    "visceral_flow": "too little visceral flow",
    "late_deflation": "late deflation",
}
"""Name of each clause of harm to what is said of it, in the order of :func:`clauses`."""


def clauses(pair: Pair, limit: Limits) -> dict[str, Verdict]:
    """Judge every clause of harm by itself, by name; harmed is who meets any.

    Less output; more demand, wedge pressure or regurgitation; too little flow to the legs or the viscera. In arms with
    a balloon also late deflation: an end-diastolic aortic pressure above the reference's and more stroke work, both.
    Either alone is seen in patients whose output rises and whose wedge pressure falls. [X]
    """
    late = all_of(
        (
            above(pair.difference("end_diastolic_aortic_pressure"), limit["harms_end_diastolic_gain"]),
            at_least(pair.relative("stroke_work"), limit["harms_work_gain"]),
        )
    )
    return {
        "output": at_most(pair.relative("cardiac_output"), -limit["harms_output_loss"]),
        "demand": at_least(pair.relative(DEMAND), limit["harms_demand_gain"]),
        "wedge": at_least(pair.difference("wedge_pressure"), limit["harms_wedge_gain"]),
        "mitral_regurgitation": _leaks_more(pair, "mitral_regurgitant_volume", limit),
        "aortic_regurgitation": _leaks_more(pair, "aortic_regurgitant_volume", limit),
        "limb_flow": at_most(pair.relative("limb_flow"), limit["harms_limb_flow"] - 1.0),
        "visceral_flow": at_most(pair.relative("visceral_flow"), limit["harms_visceral_flow"] - 1.0),
        "late_deflation": where(pair.with_balloon(), late),
    }


def _leaks_more(pair: Pair, name: str, limit: Limits) -> Verdict:
    """Up by a share and by a volume: the share alone would make much of a trace."""
    gain, (_, reference) = pair.difference(name), pair.readings(name)
    return all_of(
        (
            at_least(less(gain, reference, times=limit["harms_regurgitation_gain"]), 0.0),
            at_least(gain, limit["harms_regurgitation_volume"]),
        )
    )


def in_words(limit: Limits) -> str:
    """Say what counts as harm, with the number of every clause."""
    share = {name: f"{100 * value:g} %" for name, value in limit.items()}
    return (
        f"cardiac output down by {share['harms_output_loss']}, oxygen demand up by {share['harms_demand_gain']}, wedge "
        f"pressure up by {limit['harms_wedge_gain']:g} mmHg, mitral or aortic regurgitation up by "
        f"{share['harms_regurgitation_gain']} and {limit['harms_regurgitation_volume']:g} mL, limb or visceral flow at "
        f"{share['harms_limb_flow']} or {share['harms_visceral_flow']} or less, or late deflation of a balloon: "
        f"end-diastolic aortic pressure up by more than {limit['harms_end_diastolic_gain']:g} mmHg and stroke work by "
        f"{share['harms_work_gain']}"
    )
