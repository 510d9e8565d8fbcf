"""A cohort as it is drawn from: its law, from positions in the unit interval to parameters, and its window."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from math import exp, log
from typing import Any

import numpy as np

from ...engine import PARAMETERS
from .distributions import CLIP, Array, Choice, normal_score
from .laws import Marginal
from .tables import Table
from .windows import Window

DEFAULTS = "defaults"
"""Base of a cohort that is laid over nothing: what it does not say has the model's default."""


class Cohort(Table):
    """A population: a sampling law and a window.

    Attributes
    ----------
    name, title, source : str
        What it is called, what it is, where its numbers come from.
    definition : str
        What counts as help in its patients unless said otherwise.
    shock : bool
        Whether its patients are in shock, so that one whose baseline is none is left out of shares.
    factors : dict of str to float
        Shared factors and the standard deviations of their logarithms.
    law : dict of str to Marginal
        The parameters that differ from the model's defaults or between patients.
    window : dict of str to tuple
        What a patient without support must show: outcome, ratio of two, or parameter to lowest and highest value.
    """

    name: str
    title: str
    source: str
    definition: str
    shock: bool = False
    factors: dict[str, float]
    law: dict[str, Marginal]
    window: Window

    def content(self) -> dict[str, Any]:
        """Give the table of a file that says this cohort and needs no other, in types that JSON keeps."""
        limits = {key: {"low": low, "high": high} for key, (low, high) in self.window.items()}
        return {
            "title": self.title,
            "source": self.source,
            "base": DEFAULTS,
            "definition": self.definition,
            "shock": self.shock,
            "factors": {name: {"sigma": sigma} for name, sigma in self.factors.items()},
            "law": self.law_content()["law"],
            "window": limits,
        }

    def law_content(self) -> dict[str, Any]:
        """Everything that decides the patients, in types that JSON keeps."""
        return {"factors": self.factors, "law": {name: row.row() for name, row in self.law.items()}}

    def latents(self, varied: Collection[str] = ()) -> list[str]:
        """Names of the independent variables: shared factors, then parameters whose base varies.

        Parameters
        ----------
        varied : collection of str
            Parameters drawn independently of the law. Their own variable stays where another parameter follows it.
        """
        kept = {name: row for name, row in self.law.items() if name not in varied}
        scaled = {factor for row in kept.values() for factor in row.scales}
        followed = {name for row in kept.values() for name in row.follows}
        own = [name for name in PARAMETERS if name in self.law and self.law[name].has_own]
        return [name for name in self.factors if name in scaled] + [
            name for name in own if name in kept or name in followed
        ]

    def parameters(self, unit: Mapping[str, Array], varied: Collection[str] = ()) -> dict[str, Array]:
        """Compute the parameters from positions in the unit interval.

        Parameters
        ----------
        unit : mapping of str to array
            Position of each of ``latents(varied)``, arrays of one shape, contiguous.
        varied : collection of str
            Parameters to leave out.

        Returns
        -------
        dict of str to array
            In the order of the model's parameters; without a dimension where all patients have the same.
        """
        score = {name: normal_score(position) for name, position in unit.items()}
        return {
            name: self._values(self.law[name], name, unit, score)
            for name in PARAMETERS
            if name in self.law and name not in varied
        }

    def _values(self, row: Marginal, name: str, unit: Mapping[str, Array], score: Mapping[str, Array]) -> Array:
        if row.share is not None:
            above = unit[name] >= 1 - row.share
            if row.low is None or row.high is None:
                return np.asarray(above, dtype=np.float64)
            place = np.clip((unit[name] - (1 - row.share)) / row.share, 0, 1)
            return np.where(above, row.low + (row.high - row.low) * place, 0.0)
        if row.choice is not None:
            return np.asarray(Choice(choice=row.choice).quantile(unit[name]))
        logarithm: Array | float = 0.0
        for factor, exponent in row.scales.items():
            logarithm = logarithm + (exponent * self.factors[factor]) * score[factor]
        for followed, gain in row.follows.items():
            logarithm = logarithm + (gain * self.law[followed].sigma) * score[followed]
        if row.sigma > 0:
            return np.exp(log(row.median) + row.sigma * score[name] + logarithm)
        base: Array | float = row.median
        if row.low is not None and row.high is not None:
            base = np.clip(row.low + (row.high - row.low) * unit[name], row.low, row.high)
        elif row.sd > 0:
            base = row.median + row.sd * score[name]
        return np.asarray(base * np.exp(logarithm), dtype=np.float64)

    def bounds(self, name: str) -> tuple[float, float]:
        """Lowest and highest value of a parameter under the law."""
        row = self.law[name]
        if row.is_whole:
            values = row.choice or (0.0, row.low or 1.0, row.high or 1.0)
            return min(values), max(values)
        low = row.low if row.low is not None else row.median - CLIP * row.sd
        high = row.high if row.high is not None else row.median + CLIP * row.sd
        widest = exp(self.reach(name))
        return min(low / widest, low * widest), max(high * widest, high / widest)

    def reach(self, name: str) -> float:
        """Largest logarithm by which a parameter may leave its base, or its median where that is lognormal."""
        row = self.law[name]
        total = sum(abs(exponent) * self.factors[factor] for factor, exponent in row.scales.items())
        total += sum(abs(gain) * self.law[followed].sigma for followed, gain in row.follows.items())
        return CLIP * (total + row.sigma)
