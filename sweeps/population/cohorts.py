"""Named populations: how their patients are drawn, and the window their baseline must fall in."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from math import exp
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from ...engine import PARAMETERS, InputError, check_name
from . import toml as toml_files
from . import windows
from .checks import check_reach
from .definitions import HAEMODYNAMIC, OF_COHORTS
from .laws import Factor, Row, Source, laid_over, marginal
from .sampling import DEFAULTS, Cohort
from .tables import Table, place, shown, shown_key, validated
from .windows import Bound, Window

RESERVED = (DEFAULTS, "own")

WIDEST = 40.0
"""Largest logarithm of the ratio between a value and its median that a law may reach."""


class Population(Table):
    """One cohort as a file has it."""

    title: Annotated[str, Field(max_length=300)]
    source: Source | None = None
    base: str | None = None
    definition: str = HAEMODYNAMIC
    shock: bool | None = None
    factors: dict[str, Factor] = Field(default_factory=dict)
    law: dict[str, Row] = Field(default_factory=dict)
    window: dict[str, Bound] = Field(default_factory=dict)


class Populations(Table):
    """The file that comes with the package."""

    factors: dict[str, Factor]
    law: dict[str, Row]
    cohorts: dict[str, Population]


def names() -> list[str]:
    """Names of the cohorts that come with the package, in the order of the file."""
    return list(load())


@lru_cache(maxsize=1)
def load() -> dict[str, Cohort]:
    """Read and check the cohorts that come with the package."""
    return resolve(_shipped())


@lru_cache(maxsize=1)
def _shipped() -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath("cohorts.toml").read_text(encoding="utf-8"))


def window(name: str) -> dict[str, tuple[float, float]]:
    """Bounds on the unsupported baseline that make a candidate a member of the cohort; infinite where there is none.

    Raises
    ------
    InputError
        For a cohort that is not known.
    """
    check_name("cohort", shown_key(name), names())
    return windows.open_ended(load()[name].window)


def resolve(content: dict[str, Any]) -> dict[str, Cohort]:
    """Lay each cohort of a file over what all share, or over its base.

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
    for parameter, row in shared.law.items():
        marginal(f"cohorts.toml: {place('law', parameter)}", parameter, row.model_dump(exclude_unset=True))
    known: dict[str, Cohort] = {}
    for name, population in shared.cohorts.items():
        known[name] = _cohort(f"cohorts.toml: {name}", name, population, shared, known)
    return known


def from_tables(tables: Mapping[str, Any], where: str = "cohorts") -> dict[str, Cohort]:
    """Read cohorts beside those of the package, from tables as a file of theirs or a stored sweep has them.

    Parameters
    ----------
    tables : mapping of str to table
        Name to what is said of the cohort. ``base`` names what it is laid over: a cohort, of the package or above it;
        ``"defaults"`` for the model's defaults; without it the law that the cohorts of the package share.
    where : str
        Path of the tables, for errors.

    Raises
    ------
    InputError
        For the first mistake in them.
    """
    shared = validated(Populations, _shipped())
    known = dict(load())
    result: dict[str, Cohort] = {}
    for name, table in tables.items():
        at = f"{where}.{_good_name(where, name)}"
        result[name] = known[name] = _cohort(at, name, validated(Population, table, at), shared, known)
    return result


def read_file(path: str | Path) -> dict[str, Cohort]:
    """Read a user's file of cohorts: tables ``[cohorts.NAME]`` in the form of those of the package.

    Raises
    ------
    InputError
        For the first mistake in it, in one line that names the file.
    """
    where = toml_files.on_one_line(str(path))
    content = toml_files.read(path, "file of cohorts")
    for key in content:
        check_name(f"{where}: top level", shown_key(key), ["cohorts"])
    tables = content.get("cohorts")
    if not isinstance(tables, dict) or not tables:
        raise InputError(f"{where}: cohorts: none given, at least one is needed, as [cohorts.NAME]")
    for name in tables:
        if name in load():
            raise InputError(f"{where}: cohorts.{name}: is a cohort of the package; another name is needed")
    return from_tables(tables, f"{where}: cohorts")


def _good_name(where: str, name: object) -> str:
    text = name.replace("-", "").replace("_", "") if isinstance(name, str) else ""
    if not isinstance(name, str) or not (text.isascii() and text.isalnum()) or len(name) > 60 or name in RESERVED:
        raise InputError(
            f"{where}: {shown(name)} is no name for a cohort; allowed are up to 60 letters, digits, '-' and '_', "
            f"but not {' or '.join(RESERVED)}"
        )
    return name


def _cohort(where: str, name: str, population: Population, shared: Populations, known: Mapping[str, Cohort]) -> Cohort:
    factors, rows, limits = _base(where, population.base, shared, known)
    factors |= {factor: each.sigma for factor, each in population.factors.items()}
    for parameter, row in population.law.items():
        rows[parameter] = laid_over(rows.get(parameter, {}), row.model_dump(exclude_unset=True))
    limits |= windows.read(where, population.window)
    if not limits:
        raise InputError(f"{where}.window: missing; at least one bound on the baseline without support is needed")
    if not population.title.isprintable():
        raise InputError(f"{where}.title: given {shown(population.title)}, a text without line breaks is needed")
    for factor in factors:
        if factor in PARAMETERS:
            raise InputError(f"{where}.factors: {factor} is a parameter; a factor needs another name")
    check_name(f"{where}.definition", shown_key(population.definition), OF_COHORTS)
    cohort = Cohort(
        name=name,
        title=population.title,
        source=population.source or "[X] given by the user",
        definition=population.definition,
        shock=_shock(population, known),
        factors=factors,
        law={key: marginal(f"{where}.{place('law', key)}", key, row) for key, row in rows.items()},
        window=limits,
    )
    for parameter in cohort.law:
        _check_law(f"{where}.{place('law', parameter)}", cohort, parameter)
    return cohort


def _base(
    where: str, base: str | None, shared: Populations, known: Mapping[str, Cohort]
) -> tuple[dict[str, float], dict[str, dict[str, Any]], Window]:
    """Factors, rows and window that a cohort starts from."""
    if base is None:
        rows = {parameter: row.model_dump(exclude_unset=True) for parameter, row in shared.law.items()}
        return {factor: each.sigma for factor, each in shared.factors.items()}, rows, {}
    if base == DEFAULTS:
        return {}, {}, {}
    check_name(f"{where}.base", shown_key(base), [*known, DEFAULTS])
    below = known[base]
    return dict(below.factors), {name: row.row() for name, row in below.law.items()}, dict(below.window)


def _shock(population: Population, known: Mapping[str, Cohort]) -> bool:
    """Whether the patients of a cohort are in shock; unless it says so, as in what it is laid over."""
    if population.shock is not None:
        return population.shock
    return population.base in known and known[str(population.base)].shock


def _check_law(where: str, cohort: Cohort, parameter: str) -> None:
    """Refuse what hangs on something that is not there, or reaches outside the physical range."""
    row = cohort.law[parameter]
    for factor in row.scales:
        check_name(f"{where}: scales", shown_key(factor), cohort.factors)
    lognormal = [other for other, base in cohort.law.items() if base.sigma > 0 and other != parameter]
    for followed in row.follows:
        check_name(f"{where}: follows", shown_key(followed), lognormal)
    if not cohort.reach(parameter) <= WIDEST:
        raise InputError(f"{where}: reaches more than a factor of {exp(WIDEST):.0e} from its median")
    check_reach(where, parameter, *cohort.bounds(parameter))
