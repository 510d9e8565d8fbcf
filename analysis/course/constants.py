"""Constants of a course: declared with unit, range and source in course.toml, set by tables of a user's file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

import numpy as np

from ...engine import InputError, check_name
from ...sweeps.population import toml
from ...sweeps.population.checks import items, number
from ...sweeps.population.tables import place, shown_key
from ..numbers.cells import Floats


class Constant(NamedTuple):
    """A number with its unit, the range that is allowed, and where it is from."""

    value: float
    units: str
    low: float
    high: float
    source: str


@cache
def declared() -> Mapping[str, Mapping[str, Constant]]:
    """Read course.toml: constants by table and name."""
    text = files(__package__).joinpath("course.toml").read_text(encoding="utf-8")
    tables = toml.parsed(text, "course.toml", "table of constants")
    return {table: {name: Constant(**row) for name, row in rows.items()} for table, rows in tables.items()}


def settings(table: str, given: object, also: tuple[str, ...] = ()) -> dict[str, float]:
    """Numbers of a table of constants, those that a user gives in place of the declared ones.

    Parameters
    ----------
    table : str
        A table of course.toml.
    given : object
        The user's table of that name.
    also : tuple of str
        Further keys that it may have, which are read elsewhere.

    Raises
    ------
    InputError
        For an unknown name, or a number outside its range; in one line.
    """
    known = declared()[table]
    values = {name: float(row.value) for name, row in known.items()}
    for name, raw in items(table, given):
        check_name(table, shown_key(name), [*known, *also])
        if name in also:
            continue
        where, row = place(table, name), known[name]
        value = number(where, float(raw) if isinstance(raw, bool) and (row.low, row.high) == (0, 1) else raw)
        if not row.low <= value <= row.high:
            units = "" if row.units == "1" else f" {row.units}"
            raise InputError(f"{where}: given {value:g}, {row.low:g} to {row.high:g}{units} is allowed")
        values[name] = value
    return values


@dataclass(frozen=True)
class Heparin:
    """Kinetics of heparin and the aPTT; units and sources in course.toml."""

    volume: float
    clearance: float
    variability: float
    baseline: float
    sensitivity: float
    error: float
    within: float
    within_hours: float
    dose_dependent: float
    linear: float
    saturable: float
    half: float
    reference: float
    pause: float

    @classmethod
    def of(cls, given: Mapping[str, Any] | None = None) -> Heparin:
        """Read the table [heparin] of a course file, or the defaults."""
        law = cls(**settings("heparin", given or {}))
        if law.linear + law.saturable <= 0:
            raise InputError("heparin: linear and saturable are both 0, and nothing would be cleared")
        return law

    @property
    def spread(self) -> float:
        """Lognormal sigma of the clearance between patients."""
        return float(np.sqrt(np.log1p(self.variability**2)))

    @property
    def numbers(self) -> Floats:
        """The numbers in the order in which the compiled loop reads them."""
        kinetics = self.volume, self.clearance, self.spread
        reading = self.baseline, self.sensitivity, self.error
        within = np.sqrt(np.log1p(self.within**2)), self.within_hours
        return np.array([*kinetics, *reading, *within, self.linear, self.saturable, self.half, self.reference])


@dataclass(frozen=True)
class Target:
    """The aPTT that is aimed at and the one called excessive, s."""

    low: float
    high: float
    excessive: float

    @classmethod
    def of(cls, given: Mapping[str, Any] | None = None) -> Target:
        """Read the table [aptt] of a course file, or the defaults."""
        target = cls(**settings("aptt", given or {}))
        if not target.low < target.high <= target.excessive:
            given_ = f"{target.low:g}, {target.high:g}, {target.excessive:g}"
            raise InputError(f"aptt: low, high and excessive are to rise, given {given_}")
        return target
