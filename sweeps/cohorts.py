"""Named populations: how their patients are drawn, and the window their baseline must fall in."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from functools import lru_cache
from importlib.resources import files
from math import log
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from ..engine.quantity import InputError, check_name
from ..engine.tables import OUTCOMES, PARAMETERS
from .distributions import CLIP, Array, normal_score
from .strict import Number, PositiveNumber, Table, shown_key, validated

Source = Annotated[str, Field(pattern=r"\[[SCMDX]\]")]
"""Where the numbers of a row come from: text with at least one mark."""

BASES = (("median", "sigma"), ("median", "sd"), ("low", "high"))


class Row(Table):
    """What the file says of one parameter; a cohort's row is laid over the shared one."""

    median: Number | None = None
    sigma: PositiveNumber | None = None
    sd: PositiveNumber | None = None
    low: Number | None = None
    high: Number | None = None
    scales: dict[str, Number] = Field(default_factory=dict)
    follows: dict[str, Number] = Field(default_factory=dict)
    source: Source


class Factor(Table):
    """A quantity that many parameters share, lognormal about 1."""

    sigma: PositiveNumber
    source: Source


class Bound(Table):
    """The window on one outcome of the unsupported baseline."""

    low: Number
    high: Number
    source: Source


class Population(Table):
    """One cohort as the file has it."""

    title: str
    source: Source
    factors: dict[str, Factor] = Field(default_factory=dict)
    law: dict[str, Row]
    window: Annotated[dict[str, Bound], Field(min_length=1)]


class Populations(Table):
    """The whole file."""

    factors: dict[str, Factor]
    law: dict[str, Row]
    cohorts: dict[str, Population]


class Marginal(Table):
    """The law of one parameter: a base, times shared factors, loaded on the deviations of other parameters."""

    median: float
    sigma: float = 0.0
    sd: float = 0.0
    low: float | None = None
    high: float | None = None
    scales: dict[str, float] = Field(default_factory=dict)
    follows: dict[str, float] = Field(default_factory=dict)

    @property
    def has_own(self) -> bool:
        """Whether the base itself varies."""
        return self.sigma > 0 or self.sd > 0 or self.low is not None

    @property
    def varies(self) -> bool:
        """Whether the parameter differs between patients."""
        return self.has_own or bool(self.scales) or bool(self.follows)


class Cohort(Table):
    """A population: a sampling law and a window.

    Attributes
    ----------
    name, title, source : str
        What it is called, what it is, where its numbers come from.
    factors : dict of str to float
        Shared factors and the standard deviations of their logarithms.
    law : dict of str to Marginal
        The parameters that differ from the model's defaults or between patients.
    window : dict of str to tuple of float
        Outcome of the unsupported baseline to its lowest and highest value.
    """

    name: str
    title: str
    source: str
    factors: dict[str, float]
    law: dict[str, Marginal]
    window: dict[str, tuple[float, float]]

    def law_content(self) -> dict[str, Any]:
        """Everything that decides the patients, in types that JSON keeps."""
        return {
            "factors": self.factors,
            "law": {name: row.model_dump(mode="json", exclude_defaults=True) for name, row in self.law.items()},
        }

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
        logarithm: Array | float = 0.0
        for factor, exponent in row.scales.items():
            logarithm = logarithm + (exponent * self.factors[factor]) * score[factor]
        for followed, gain in row.follows.items():
            logarithm = logarithm + (gain * self.law[followed].sigma) * score[followed]
        if row.sigma > 0:
            return np.exp(log(row.median) + row.sigma * score[name] + logarithm)
        base: Array | float = row.median
        if row.low is not None and row.high is not None:
            base = row.low + (row.high - row.low) * unit[name]
        elif row.sd > 0:
            base = row.median + row.sd * score[name]
        return np.asarray(base * np.exp(logarithm), dtype=np.float64)

    def bounds(self, name: str) -> tuple[float, float]:
        """Lowest and highest value of a parameter under the law."""
        row = self.law[name]
        reach = sum(abs(exponent) * self.factors[factor] for factor, exponent in row.scales.items())
        reach += sum(abs(gain) * self.law[followed].sigma for followed, gain in row.follows.items())
        low = row.low if row.low is not None else row.median - CLIP * row.sd
        high = row.high if row.high is not None else row.median + CLIP * row.sd
        widest = float(np.exp(CLIP * (reach + row.sigma)))
        return min(low / widest, low * widest), max(high * widest, high / widest)


def names() -> list[str]:
    """Names of the cohorts, in the order of the file."""
    return list(load())


@lru_cache(maxsize=1)
def load() -> dict[str, Cohort]:
    """Read and check the cohorts that come with the package."""
    text = files(__package__).joinpath("cohorts.toml").read_text(encoding="utf-8")
    return resolve(tomllib.loads(text))


def window(name: str) -> dict[str, tuple[float, float]]:
    """Bounds on the outcomes of the unsupported baseline that make a candidate a member of the cohort.

    Raises
    ------
    InputError
        For a cohort that is not known.
    """
    check_name("cohort", shown_key(name), names())
    return dict(load()[name].window)


def resolve(content: dict[str, Any]) -> dict[str, Cohort]:
    """Lay each cohort over what all share.

    Parameters
    ----------
    content : dict
        The file as the TOML parser left it.

    Raises
    ------
    InputError
        For the first mistake in it.
    """
    shared = validated(Populations, content, "cohorts.toml")
    return {name: _cohort(name, population, shared) for name, population in shared.cohorts.items()}


def _cohort(name: str, population: Population, shared: Populations) -> Cohort:
    where = f"cohorts.toml: {name}"
    for outcome, bound in population.window.items():
        check_name(f"{where}: window", outcome, OUTCOMES)
        if not bound.low < bound.high:
            raise InputError(f"{where}: window.{outcome}: low = {bound.low:g} must be below high = {bound.high:g}")
    rows = {parameter: row.model_dump(exclude_unset=True) for parameter, row in shared.law.items()}
    for parameter, row in population.law.items():
        rows[parameter] = _laid_over(rows.get(parameter, {}), row.model_dump(exclude_unset=True))
    factors = shared.factors | population.factors
    law = {parameter: _marginal(f"{where}: {parameter}", parameter, row) for parameter, row in rows.items()}
    for parameter, marginal in law.items():
        for factor in marginal.scales:
            check_name(f"{where}: {parameter}: scales", factor, factors)
        for followed in marginal.follows:
            lognormal = [other for other, base in law.items() if base.sigma > 0 and other != parameter]
            check_name(f"{where}: {parameter}: follows", followed, lognormal)
    return Cohort(
        name=name,
        title=population.title,
        source=population.source,
        factors={factor: row.sigma for factor, row in factors.items()},
        law=law,
        window={outcome: (bound.low, bound.high) for outcome, bound in population.window.items()},
    )


def _laid_over(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    spread = {"sigma", "sd", "low", "high"}
    dropped = spread if spread & set(above) else set()
    if "low" in above:
        dropped = dropped | {"median"}
    return {key: value for key, value in below.items() if key not in dropped} | above


def _marginal(where: str, parameter: str, row: dict[str, Any]) -> Marginal:
    check_name(where, parameter, PARAMETERS)
    spread = {"sigma", "sd", "low", "high"} & set(row)
    if (len(spread) > 1 and spread != {"low", "high"}) or spread in ({"low"}, {"high"}):
        raise InputError(f"{where}: given {', '.join(sorted(spread))}, allowed is one of sigma, sd, or low and high")
    median = row.get("median", PARAMETERS[parameter].default)
    if "low" in row:
        if "median" in row or not row["low"] < row["high"]:
            raise InputError(f"{where}: a uniform law needs low below high and no median")
        median = 0.5 * (row["low"] + row["high"])
    if "sigma" in row and not median > 0:
        raise InputError(f"{where}: a lognormal law needs a median above 0, given {median:g}")
    kept = {key: value for key, value in row.items() if key not in ("source", "median")}
    return Marginal(median=median, **kept)
