"""Constants that link haemodynamics to outcome: read from ``prognosis.toml``, checked, replaced by a user's tables."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, cast

from pydantic import Field

from ...engine import InputError, check_name
from ...sweeps.population.laws import Source
from ...sweeps.population.tables import Number, Table, place, shown_key, validated

Share = Annotated[Number, Field(ge=0, le=1)]
Rate = Annotated[Number, Field(ge=0)]
Factor = Annotated[Number, Field(gt=0, le=1000)]


class Constant(Table):
    """A number of ``prognosis.toml``: its value, its interval where the source has one, and where it is from."""

    value: Number
    low: Number | None = None
    high: Number | None = None
    source: Source


class Mortality(Table):
    """Log-odds of death: per W of cardiac power output, per 10 years of age, per sd of severity not recorded."""

    log_odds_per_watt: Annotated[Number, Field(le=0, ge=-100)]
    age_per_10_years: Annotated[Number, Field(ge=-10, le=10)]
    per_sd_of_severity: Annotated[Number, Field(ge=0, le=10)]


class ScaiMortality(Table):
    """Mortality by SCAI stage."""

    a: Share
    b: Share
    c: Share
    d: Share
    e: Share


class Prevalences(Table):
    """How risk factors are distributed: age in years by mean and standard deviation, the others by their share."""

    age: Annotated[Number, Field(ge=18, le=100)]
    age_sd: Annotated[Number, Field(ge=0, le=30)]
    female: Share
    diabetes: Share
    arterial_disease: Share


class Hazard(Table):
    """One kind of complication under a balloon: see :mod:`~counterpulse.analysis.prognosis.complications`.

    Attributes
    ----------
    per_day : float
        Hazard per day of support (1/day) of the average patient.
    at_insertion : float
        Probability that the insertion brings it about, of the average patient.
    rises_after_day, doubles_in_days : float or None
        Day from which the hazard rises along a line, and the days after which it is twice as large; None: it does not.
    arterial_disease, female, diabetes, age_per_10_years : float
        What each factor multiplies the hazard by.
    per_10_s_above_range : float
        What 10 s of aPTT above the range multiply it by.
    per_10_points_of_flow_lost : float
        What a loss of a tenth of the leg's flow multiplies it by.
    fatality : float
        Share of those who suffer it that dies of it.
    """

    per_day: Annotated[Rate, Field(le=10)] = 0.0
    at_insertion: Annotated[Share, Field(lt=1)] = 0.0
    rises_after_day: Rate | None = None
    doubles_in_days: Annotated[Number, Field(gt=0)] | None = None
    arterial_disease: Factor = 1.0
    female: Factor = 1.0
    diabetes: Factor = 1.0
    age_per_10_years: Factor = 1.0
    per_10_s_above_range: Factor = 1.0
    per_10_points_of_flow_lost: Factor = 1.0
    fatality: Share = 0.0


class Device(Table):
    """What multiplies the hazards under a device that is no balloon."""

    limb_ischaemia: Rate = 1.0
    severe_bleeding: Rate = 1.0
    infection: Rate = 1.0
    vascular_injury: Rate = 1.0
    stroke: Rate = 1.0


class Prognosis(Table):
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


KINDS = ("limb_ischaemia", "severe_bleeding", "infection", "vascular_injury", "stroke")
"""Kinds of complication."""

BALLOON = "balloon"
DEVICES = (BALLOON, "axial_pump", "ecmo")
"""Devices by the hazards they bring."""

GROUPS = tuple(Prognosis.model_fields)
"""Names of the tables that a user's file may hold."""


@cache
def declared() -> dict[str, dict[str, Constant]]:
    """Every constant with its interval and source, by table and name."""
    raw = tomllib.loads(files(__package__).joinpath("prognosis.toml").read_text("utf-8"))
    return {
        group: {name: validated(Constant, row, place(group, name)) for name, row in table.items()}
        for group, table in raw.items()
    }


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
    groups: dict[str, dict[str, Any]] = {
        group: {name: each.value for name, each in rows.items()} for group, rows in declared().items()
    }
    for group, table in (given or {}).items():
        check_name(where or "prognosis", shown_key(group), GROUPS)
        if not isinstance(table, Mapping):
            raise InputError(
                f"{place(where, group)}: a table is needed, as {group} = {{ {next(iter(groups[group]))} = ... }}"
            )
        groups[group] = groups[group] | {
            name: validated(_Own, row, place(where, group, name)).value if isinstance(row, Mapping) else row
            for name, row in table.items()
        }
    read: dict[str, Any] = {group: validated(_model(group), own, place(where, group)) for group, own in groups.items()}
    for kind in KINDS:
        if (read[kind].rises_after_day is None) != (read[kind].doubles_in_days is None):
            raise InputError(
                f"{place(where, kind)}: rises_after_day and doubles_in_days go together; one of them is not given"
            )
    return Prognosis.model_construct(**read)


def _model(group: str) -> type[Table]:
    return cast("type[Table]", Prognosis.model_fields[group].annotation)


class _Own(Table):
    """A constant as a user may write it: with an interval and a source of its own, which nothing asks for."""

    value: Number
    low: Number | None = None
    high: Number | None = None
    source: str = ""
