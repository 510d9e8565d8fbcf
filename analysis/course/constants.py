"""Constants of a course: those of course.toml, set by tables of a user's file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from ...engine import InputError
from ..numbers.cells import Floats
from ..numbers.constants import Constants, declared_in, settings


@cache
def declared() -> Constants:
    """Read course.toml: constants by table and name."""
    return declared_in(__package__, "course.toml")


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
    dose_dependent: bool
    linear: float
    saturable: float
    half: float
    reference: float
    pause: float

    @classmethod
    def of(cls, given: Mapping[str, Any] | None = None) -> Heparin:
        """Read the table [heparin] of a course file, or the defaults."""
        law = cls(**settings(declared()["heparin"], given or {}, "heparin"))
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
        target = cls(**settings(declared()["aptt"], given or {}, "aptt"))
        if not target.low < target.high <= target.excessive:
            given_ = f"{target.low:g}, {target.high:g}, {target.excessive:g}"
            raise InputError(f"aptt: low, high and excessive are to rise, given {given_}")
        return target
