"""Constants that link haemodynamics to outcome: those of prognosis.toml, set by tables of a user's file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from math import isfinite
from typing import Any

from ...engine import InputError, check_name
from ...sweeps.population.tables import place, shown_key
from ..numbers.constants import Constants, declared_in, settings

KINDS = ("limb_ischaemia", "severe_bleeding", "infection", "vascular_injury", "stroke")
"""Kinds of complication."""

BALLOON = "balloon"
DEVICES = (BALLOON, "axial_pump", "ecmo")
"""Devices by the hazards they bring."""


@dataclass(frozen=True)
class Mortality:
    """Log-odds of death: per W of cardiac power output, per 10 years of age, per sd of severity not recorded."""

    log_odds_per_watt: float
    age_per_10_years: float
    per_sd_of_severity: float


@dataclass(frozen=True)
class ScaiMortality:
    """Mortality by SCAI stage."""

    a: float
    b: float
    c: float
    d: float
    e: float


@dataclass(frozen=True)
class Prevalences:
    """How risk factors are distributed: age in years by mean and standard deviation, the others by their share."""

    age: float
    age_sd: float
    female: float
    diabetes: float
    arterial_disease: float


@dataclass(frozen=True)
class Hazard:
    """One kind of complication under a balloon: see :mod:`~counterpulse.analysis.prognosis.complications`.

    Attributes
    ----------
    per_day : float
        Hazard per day of support (1/day) of the average patient.
    at_insertion : float
        Probability that the insertion brings it about, of the average patient.
    rises_after_day, doubles_in_days : float
        Day from which the hazard rises along a line, and the days after which it is twice as large; infinite: it does
        not.
    arterial_disease, female, diabetes, age_per_10_years : float
        What each factor multiplies the hazard by.
    per_10_s_above_range : float
        What 10 s of aPTT above the range multiply it by.
    per_10_points_of_flow_lost : float
        What a loss of a tenth of the leg's flow multiplies it by.
    fatality : float
        Share of those who suffer it that dies of it.
    """

    per_day: float
    at_insertion: float
    rises_after_day: float
    doubles_in_days: float
    arterial_disease: float
    female: float
    diabetes: float
    age_per_10_years: float
    per_10_s_above_range: float
    per_10_points_of_flow_lost: float
    fatality: float


@dataclass(frozen=True)
class Device:
    """What multiplies the hazards under a device that is no balloon."""

    limb_ischaemia: float = 1.0
    severe_bleeding: float = 1.0
    infection: float = 1.0
    vascular_injury: float = 1.0
    stroke: float = 1.0


@dataclass(frozen=True)
class Prognosis:
    """All constants; a table for each group of ``prognosis.toml``."""

    mortality: Mortality
    scai_mortality: ScaiMortality
    risk_factors: Prevalences
    limb_ischaemia: Hazard
    severe_bleeding: Hazard
    infection: Hazard
    vascular_injury: Hazard
    stroke: Hazard
    axial_pump: Device
    ecmo: Device

    def hazard(self, kind: str) -> Hazard:
        """Give the hazard of a kind of complication, one of ``KINDS``."""
        found: Hazard = getattr(self, kind)
        return found

    def device(self, name: str) -> Device:
        """Give what multiplies the hazards under a device, one of ``DEVICES``."""
        check_name("device", name, DEVICES)
        found: Device = Device() if name == BALLOON else getattr(self, name)
        return found


GROUPS = tuple(each.name for each in fields(Prognosis))
"""Names of the tables that a user's file may hold."""

MODELS: Mapping[str, type[Any]] = {
    "mortality": Mortality,
    "scai_mortality": ScaiMortality,
    "risk_factors": Prevalences,
    **dict.fromkeys(KINDS, Hazard),
    **dict.fromkeys(DEVICES[1:], Device),
}


@cache
def declared() -> Constants:
    """Every constant by table and name, with its range, interval and source."""
    return declared_in(__package__, "prognosis.toml", {"hazard": KINDS, "device": DEVICES[1:]})


def prognosis(given: Mapping[str, Any] | None = None, where: str = "") -> Prognosis:
    """Put the constants together.

    Parameters
    ----------
    given : mapping, optional
        Tables of a user's file, by name; what they do not name stays as it is. A number, or a table with ``value``.
    where : str
        Path of these tables in the user's file, for errors.

    Raises
    ------
    InputError
        For a table, a name or a value that is not allowed, as a negative hazard; in one line.
    """
    own = given or {}
    for group in own:
        check_name(where or "prognosis", shown_key(group), GROUPS)
    read = {
        group: MODELS[group](**settings(rows, own.get(group, {}), place(where, group)))
        for group, rows in declared().items()
    }
    for kind in KINDS:
        if isfinite(read[kind].rises_after_day) != isfinite(read[kind].doubles_in_days):
            raise InputError(
                f"{place(where, kind)}: rises_after_day and doubles_in_days go together; one of them is not given"
            )
    return Prognosis(**read)
