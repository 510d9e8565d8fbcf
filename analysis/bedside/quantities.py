"""What can be measured at the bedside: names, what they mean in the model, errors, units; by a table."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from math import inf
from pathlib import Path
from typing import Annotated, Any, NamedTuple, Protocol

import xarray as xr
from pydantic import Field

from ...engine import OUTCOMES, PARAMETERS, InputError, check_name
from ...sweeps.population import toml as toml_files
from ...sweeps.population.checks import check_title
from ...sweeps.population.tables import Number, PositiveNumber, Table, place, shown, shown_key, validated
from ..numbers.cells import Floats
from ..reading.measures import OUTCOME_DIFFERENCES, short

UNJUDGED = tuple(name for name, quantity in OUTCOMES.items() if not quantity.judged)
"""Outcomes that tell of the search for the periodic state, not of the patient."""

KIND = "file of quantities"


class Row(Table):
    """A quantity as a file has it."""

    measures: str | None = None
    also: tuple[str, ...] = Field(default=(), strict=False)
    error: PositiveNumber | None = None
    relative_error: Annotated[PositiveNumber, Field(le=1)] | None = None
    exact: bool = False
    low: Number | None = None
    high: Number | None = None
    derived_from: tuple[str, ...] = Field(default=(), strict=False)
    values: dict[str, Number] = Field(default_factory=dict)
    source: Annotated[str, Field(pattern=r"\[[SCMDX]\]", max_length=300)] | None = None


class TraceRow(Table):
    """The error of a feature of an arterial trace."""

    error: PositiveNumber | None = None
    relative_error: Annotated[PositiveNumber, Field(le=1)] | None = None
    source: Annotated[str, Field(pattern=r"\[[SCMDX]\]", max_length=300)] | None = None


class Function(Protocol):
    """What a store does not hold, as a function of what it holds."""

    @property
    def names(self) -> tuple[str, ...]:
        """Variables it reads."""

    def of(self, block: xr.Dataset, arm: str) -> Floats:
        """Values in the patients of a data set in memory."""


class File(Table):
    """A file of quantities."""

    quantities: dict[str, Row] = Field(default_factory=dict)
    absent: dict[str, str] = Field(default_factory=dict)
    units: dict[str, dict[str, PositiveNumber]] = Field(default_factory=dict)
    trace: dict[str, TraceRow] = Field(default_factory=dict)


class Quantity(NamedTuple):
    """Something that can be measured.

    Attributes
    ----------
    name : str
        As clinicians write it, or the model's name where the table has none.
    measures : str
        Outcome, difference of two outcomes, or parameter.
    title, units : str
        In words; UDUNITS spelling.
    error, relative_error : float
        The standard deviation of the error is the larger of the first and the second times the true value; both 0 where
        the table has none.
    exact : bool
        Whether it is known without error.
    low, high : float
        What is possible.
    derived_from : tuple of str
        Names of the quantities it is computed from at the bedside.
    values : mapping of str to float
        Words that stand for numbers.
    emulator : Function or None
        How it follows from what a store holds, where it is none of it.
    """

    name: str
    measures: str
    title: str
    units: str
    error: float = 0.0
    relative_error: float = 0.0
    exact: bool = False
    low: float = float("-inf")
    high: float = float("inf")
    derived_from: tuple[str, ...] = ()
    values: Mapping[str, float] = {}
    emulator: Function | None = None

    @property
    def needs(self) -> tuple[str, ...]:
        """Variables of a store that it is computed from."""
        if self.emulator is not None:
            return self.emulator.names
        return OUTCOME_DIFFERENCES[self.measures][2] if self.measures in OUTCOME_DIFFERENCES else (self.measures,)

    @property
    def has_error(self) -> bool:
        """Whether the table says how exact it is."""
        return self.exact or self.error > 0 or self.relative_error > 0


class Quantities:
    """The table of quantities, that of the package with a user's own laid over it.

    Parameters
    ----------
    content : File
    """

    def __init__(self, content: File) -> None:
        self.named = {name: _quantity(name, row) for name, row in content.quantities.items()}
        self._known = {name.lower(): quantity for name, quantity in self.named.items()}
        for name, row in content.quantities.items():
            for other in row.also:
                known = self._known.setdefault(other.lower(), self.named[name])
                if known is not self.named[name]:
                    raise InputError(f"{place('quantities', name)}.also: {shown(other)} is {known.name} already")
        for quantity in self.named.values():
            self._known.setdefault(quantity.measures, quantity)
        for name in (*OUTCOMES, *OUTCOME_DIFFERENCES, *PARAMETERS):
            if name not in UNJUDGED:
                title, units = _terms(name)
                low, high = _possible(name)
                self._known.setdefault(name, Quantity(name, name, title, units, low=low, high=high))
        self._absent = {name.lower(): reason for name, reason in content.absent.items()}
        self._units = content.units
        self.trace = content.trace

    def find(self, where: str, name: str) -> Quantity:
        """Find what a name means.

        Raises
        ------
        InputError
            For a name that is not known, naming the nearest match, or of what the model does not have, saying why.
        """
        if name.lower() in self._absent and name.lower() not in self._known:
            raise InputError(f"{where}: {name} cannot be matched: {self._absent[name.lower()]}")
        if name.lower() not in self._known:
            in_other_case = {each.lower(): each for each in self.named}
            check_name(where, shown_key(in_other_case.get(name.lower(), name)), [*self.named, *self._known])
        return self._known[name.lower()]

    def factors(self, units: str) -> dict[str, float]:
        """Units that may stand behind a number of some units, and what one of each is in these."""
        own = {} if units == "1" else {units: 1.0}
        return own | self._units.get(units, {})


def load(path: str | Path | None = None) -> Quantities:
    """Read the table of the package, and lay a user's file over it.

    Parameters
    ----------
    path : str or Path, optional
        A TOML file with tables ``[quantities.NAME]``, ``[absent]``, ``[units."UNIT"]`` and ``[trace.FEATURE]`` in the
        form of the package's own.

    Raises
    ------
    InputError
        For a file that cannot be read, or the first mistake in it, in one line.
    """
    shipped = _shipped()
    if path is None:
        return Quantities(validated(File, shipped))
    where = toml_files.on_one_line(str(path))
    given = toml_files.read(path, KIND)
    try:
        for table, model in (("quantities", Row), ("trace", TraceRow)):
            own = given.get(table)
            for name, row in own.items() if isinstance(own, dict) else ():
                validated(model, row, place(table, name))
        content = validated(File, given)
        over = content.model_dump(exclude_unset=True)
        rows = {
            name: shipped["quantities"].get(name, {}) | over.get("quantities", {}).get(name, {})
            for name in [*shipped["quantities"], *over.get("quantities", {})]
        }
        for name in over.get("trace", {}):
            check_name("trace", shown_key(name), shipped["trace"])
        merged = {"quantities": rows, "absent": shipped["absent"] | over.get("absent", {})}
        for table in ("units", "trace"):
            own = over.get(table, {})
            merged[table] = {each: shipped[table].get(each, {}) | own.get(each, {}) for each in [*shipped[table], *own]}
        return Quantities(validated(File, merged))
    except InputError as error:
        raise InputError(f"{where}: {error}") from None


@lru_cache(maxsize=1)
def _shipped() -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath("quantities.toml").read_text(encoding="utf-8"))


def _quantity(name: str, row: Row) -> Quantity:
    where = place("quantities", name)
    check_title("quantities", name, "a quantity", ("=", "@"))
    if row.measures is None:
        raise InputError(f"{where}.measures: missing; the name of an outcome or of a parameter is needed")
    known = [each for each in (*OUTCOMES, *OUTCOME_DIFFERENCES, *PARAMETERS) if each not in UNJUDGED]
    check_name(f"{where}.measures", shown_key(row.measures), known)
    title, units = _terms(row.measures)
    low, high = _possible(row.measures)
    low, high = low if row.low is None else row.low, high if row.high is None else row.high
    if not low < high:
        raise InputError(f"{where}: low = {low:g} must be below high = {high:g}")
    return Quantity(
        name, row.measures, title, units, row.error or 0.0, row.relative_error or 0.0, row.exact,
        low, high, row.derived_from, row.values,
    )  # fmt: skip


def _terms(name: str) -> tuple[str, str]:
    if name in OUTCOME_DIFFERENCES:
        return OUTCOME_DIFFERENCES[name][:2]
    quantity = (OUTCOMES | PARAMETERS)[name]
    return short(quantity.long_name), quantity.units


def _possible(name: str) -> tuple[float, float]:
    return PARAMETERS[name].physical if name in PARAMETERS else (-inf, inf)
