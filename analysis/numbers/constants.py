"""Constants of an answer: declared with unit, range and source in a TOML file, set by tables of a user's file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files
from typing import Any, NamedTuple

from ...engine import InputError, check_name
from ...sweeps.population import toml
from ...sweeps.population.checks import items, number
from ...sweeps.population.tables import place, shown, shown_key

OWN = ("value", "source")
"""What a user may write of a constant where a number alone is not enough."""


class Constant(NamedTuple):
    """A constant as its file declares it.

    Attributes
    ----------
    value : float or bool
        A truth value is a switch, for which units and range say nothing.
    source : str
        Where it is from, with a mark.
    units : str
    low, high : float
        Range that is allowed.
    interval : sequence of float
        Lower and upper end of its uncertainty, where the source has one.
    """

    value: float | bool
    source: str
    units: str = "1"
    low: float = float("-inf")
    high: float = float("inf")
    interval: Sequence[float] | None = None


Constants = Mapping[str, Mapping[str, Constant]]
"""Constants by table and name."""


def declared_in(package: str, file: str, like: Mapping[str, Iterable[str]] | None = None) -> Constants:
    """Read constants from a file of a package.

    Parameters
    ----------
    package, file : str
    like : mapping of str to iterable of str, optional
        Tables that say what each of some others may have, and what it is where that other one does not say it.

    Returns
    -------
    mapping
        Without the tables that ``like`` names.
    """
    tables = toml.parsed(files(package).joinpath(file).read_text(encoding="utf-8"), file, "table of constants")
    for pattern, names in (like or {}).items():
        general = tables.pop(pattern)
        for name in names:
            own = tables[name]
            tables[name] = {key: row | own.pop(key, {}) for key, row in general.items()} | own
    return {table: {name: Constant(**row) for name, row in rows.items()} for table, rows in tables.items()}


def settings(known: Mapping[str, Constant], given: object, where: str, also: tuple[str, ...] = ()) -> dict[str, Any]:
    """Values of a table of constants, those that a user gives in place of the declared ones.

    Parameters
    ----------
    known : mapping of str to Constant
    given : object
        The user's table: numbers, or tables with ``value``.
    where : str
        Path of the table in the user's file.
    also : tuple of str
        Further keys that it may have, which are read elsewhere.

    Raises
    ------
    InputError
        For an unknown name, or a number outside its range; in one line.
    """
    values: dict[str, Any] = {name: _plain(row.value) for name, row in known.items()}
    for name, raw in items(where, given):
        check_name(where, shown_key(name), [*known, *also])
        if name not in also:
            values[name] = _value(f"{where}.{place(name)}", raw, known[name])
    return values


def _plain(value: float | bool) -> float | bool:
    return value if isinstance(value, bool) else float(value)


def _value(where: str, raw: object, row: Constant) -> float | bool:
    if isinstance(raw, Mapping):
        for key, _ in items(where, raw):
            check_name(where, shown_key(key), OWN)
        if "value" not in raw:
            raise InputError(f"{where}: given a table without value; a number, or {{ value = ... }}, is needed")
        where, raw = f"{where}.value", raw["value"]
    if isinstance(row.value, bool):
        if not isinstance(raw, bool):
            raise InputError(f"{where}: given {shown(raw)}, true or false is needed")
        return raw
    value = number(where, raw)
    if not row.low <= value <= row.high:
        units = "" if row.units == "1" else f" {row.units}"
        if row.high == float("inf"):
            raise InputError(f"{where}: given {value:g}, {row.low:g}{units} or more is allowed")
        raise InputError(f"{where}: given {value:g}, {row.low:g} to {row.high:g}{units} is allowed")
    return value
