"""When an arm harms a patient, whatever counts as help."""

from __future__ import annotations

from collections.abc import Mapping

from .pairs import DEMAND, Pair, Verdict, above, all_of, any_of, at_least, at_most, less, where

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
)
"""Outcomes that decide it."""


def harms(pair: Pair, limit: Limits) -> Verdict:
    """Any of: less output; more demand, wedge pressure or regurgitation; too little flow to the legs or the viscera.

    In arms with a balloon also an end-diastolic aortic pressure above the reference's: it deflates too late. [X]
    """
    late = above(pair.difference("end_diastolic_aortic_pressure"), limit["harms_end_diastolic_gain"])
    return any_of(
        (
            at_most(pair.relative("cardiac_output"), -limit["harms_output_loss"]),
            at_least(pair.relative(DEMAND), limit["harms_demand_gain"]),
            at_least(pair.difference("wedge_pressure"), limit["harms_wedge_gain"]),
            _leaks_more(pair, "mitral_regurgitant_volume", limit),
            _leaks_more(pair, "aortic_regurgitant_volume", limit),
            at_most(pair.relative("limb_flow"), limit["harms_limb_flow"] - 1.0),
            at_most(pair.relative("visceral_flow"), limit["harms_visceral_flow"] - 1.0),
            where(pair.with_balloon(), late),
        )
    )


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
    """Say what counts as harm."""
    share = {name: f"{100 * value:g} %" for name, value in limit.items()}
    return (
        f"cardiac output down by {share['harms_output_loss']}, oxygen demand up by {share['harms_demand_gain']}, wedge "
        f"pressure up by {limit['harms_wedge_gain']:g} mmHg, end-diastolic aortic pressure up by more than "
        f"{limit['harms_end_diastolic_gain']:g} mmHg, more regurgitation, or limb or visceral flow below "
        f"{share['harms_limb_flow']} or {share['harms_visceral_flow']}"
    )
