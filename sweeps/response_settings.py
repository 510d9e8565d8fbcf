"""The [response] table of a sweep file: what counts as help, and where the lines of harm and help are drawn."""

from __future__ import annotations

from ..engine.quantity import InputError, check_name
from .checks import number, one_of
from .strict import place, shown_key

BY_COHORT = "by-cohort"
"""Each patient by what the patient's own cohort declares, else ``HAEMODYNAMIC``."""

HAEMODYNAMIC = "haemodynamic"

DEFINITIONS = (BY_COHORT, HAEMODYNAMIC, "ischaemia-relief")

RESPONSE_DEFAULTS: dict[str, str | float] = {
    "definition": BY_COHORT,
    "helps_output_gain": 0.10,
    "helps_endocardial_gain": 0.10,
    "helps_reserve_below": 0.10,
    "harms_output_loss": 0.05,
    "harms_demand_gain": 0.05,
    "harms_wedge_gain": 2.0,
    "harms_regurgitation_gain": 0.10,
    "harms_regurgitation_volume": 3.0,
    "harms_limb_flow": 0.5,
    "harms_visceral_flow": 0.8,
    "harms_end_diastolic_gain": 1.0,
    "no_effect_output": 0.05,
    "no_effect_perfusion": 0.10,
}
"""Thresholds of helps, fails and harms, all [X] physiology: fractions of the reference arm's value, but
harms_wedge_gain and harms_end_diastolic_gain in mmHg and harms_regurgitation_volume in mL."""


def setting(name: str, raw: object) -> str | float:
    """Read an entry of [response].

    Parameters
    ----------
    name : str
        A key of ``RESPONSE_DEFAULTS``.
    raw : object
        A name of ``DEFINITIONS`` for ``definition``, else a threshold: a number that is not negative.

    Raises
    ------
    InputError
        In one line, naming the nearest match.
    """
    check_name("response", shown_key(name), RESPONSE_DEFAULTS)
    where = place("response", name)
    if name == "definition":
        return one_of(where, raw, DEFINITIONS)
    value = number(where, raw)
    if value < 0:
        raise InputError(f"{where}: given {value:g}, a threshold is not negative")
    return value
