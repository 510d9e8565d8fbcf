"""The rules of a sweep file that concern the model's names: parameters, their ranges, arms, thresholds."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from numbers import Real
from typing import Any

from ...engine import PARAMETERS, WHOLE, InputError, check_name, check_range
from .devices import LEVEL, check_pump, worded
from .distributions import Choice, Distribution, distribution
from .tables import place, plain, shown, shown_key

LONGEST_NAME = 100
LARGEST_FACTOR = 1e6


def number(where: str, raw: object) -> float:
    """Read a finite number, and nothing that merely looks like one."""
    if isinstance(raw, bool) or not isinstance(raw, Real):
        raise InputError(f"{where}: given {shown(raw)}, a number is needed")
    try:
        value = float(raw)
    except OverflowError:
        value = math.inf
    if not math.isfinite(value):
        raise InputError(f"{where}: given {shown(raw)}, a finite number is needed")
    return value + 0.0  # minus zero becomes zero


def whole(where: str, raw: object, lowest: int, highest: int | None = None, because: str = "") -> int:
    """Read an integer, Python's or any other (numpy's), within bounds; ``because`` says where the upper one is from."""
    value = plain(raw)
    if isinstance(value, bool) or not isinstance(value, int) or not lowest <= value <= (highest or value):
        allowed = f"{lowest} or more" if highest is None else f"{lowest} to {highest:,}{because}"
        raise InputError(f"{where}: given {shown(raw)}, an integer of {allowed} is needed")
    return value


def items(where: str, raw: object) -> list[tuple[str, Any]]:
    """Read a table's keys and values."""
    if not isinstance(raw, Mapping):
        raise InputError(f"{where}: given {shown(raw)}, a table is needed")
    for key in raw:
        if not isinstance(key, str):
            raise InputError(f"{where}: given the key {shown(key)}, a text is needed")
    return list(raw.items())


def one_of(where: str, name: object, allowed: tuple[str, ...]) -> str:
    """Read one of a few names."""
    if not isinstance(name, str):
        raise InputError(f"{where}: given {shown(name)}, a text is needed; allowed: {', '.join(allowed)}")
    check_name(where, shown_key(name), allowed)
    return name


def varied(name: str, raw: object) -> Distribution:
    """Read an entry of [vary]: a parameter and a law that stays inside its physical range."""
    check_name("vary", shown_key(name), PARAMETERS)
    where = place("vary", name)
    law = distribution(raw, where)
    if name in WHOLE:
        if not isinstance(law, Choice):
            raise InputError(f"{where}: varies by {{ choice }} alone, of {_listed(WHOLE[name])}")
        for value in law.choice:
            _check_value(where, name, value)
        return law
    check_reach(where, name, *law.bounds)
    return law


def check_reach(where: str, name: str, low: float, high: float, factor: float | None = None) -> None:
    """Refuse values of a parameter from ``low`` to ``high``, times a factor, that leave its physical range."""
    quantity = PARAMETERS[name]
    lowest, highest = quantity.physical
    times = 1.0 if factor is None else factor
    if not lowest <= times * low <= times * high <= highest:
        values = f"reaches from {low:g} to {high:g}," if factor is None else f"{factor:g} times {low:g} to {high:g} is"
        units = "" if quantity.units == "1" else f" {quantity.units}"
        raise InputError(f"{where}: {values} outside the physical range {lowest:g} to {highest:g}{units}")


def arm(name: str, raw: object, carried: Collection[str] = ()) -> dict[str, float]:
    """Read an arm: its name and its overrides of parameters, devices by name among them.

    Parameters
    ----------
    name : str
        What it is called.
    raw : object
        Its table.
    carried : collection of str
        Parameters that the patients bring along.

    Raises
    ------
    InputError
        For the first mistake, in one line.
    """
    check_title("arms", name, "an arm", ("/", ".."))
    where = place("arms", name)
    overrides = {}
    for parameter, value in worded(where, dict(items(where, raw))).items():
        check_name(where, shown_key(parameter), [*PARAMETERS, "impella", LEVEL])
        overrides[parameter] = number(f"{where}.{parameter}", value)
        _check_value(where, parameter, overrides[parameter])
    check_pump(where, overrides, carried)
    return overrides


def check_title(table: str, name: str, what: str, barred: tuple[str, ...]) -> None:
    """Refuse a name of the user's own that a path, a list or a terminal would stumble over."""
    if not name.strip() or name != name.strip() or not name.isprintable() or any(each in name for each in barred):
        signs = ", ".join(f"'{each}'" for each in barred)
        raise InputError(
            f"{table}: {shown(name)} is no name for {what}; allowed is any text without {signs}, control characters "
            "and blanks at its ends"
        )
    if len(name) > LONGEST_NAME:
        raise InputError(f"{table}: {shown(name)} is longer than {LONGEST_NAME} characters")


def _check_value(where: str, name: str, value: float) -> None:
    if name in WHOLE and value not in WHOLE[name]:
        raise InputError(f"{where}: {name} = {value:g}, allowed: {_listed(WHOLE[name])}")
    check_range(where, name, value, PARAMETERS[name])


def _listed(values: tuple[float, ...]) -> str:
    return ", ".join(f"{value:g}" for value in values[:-1]) + f" or {values[-1]:g}"


def scaled(name: str, raw: object) -> float:
    """Read an entry of [scale]: a parameter and the positive factor on everybody's value of it."""
    check_name("scale", shown_key(name), PARAMETERS)
    where = place("scale", name)
    factor = number(where, raw)
    if name in WHOLE:
        raise InputError(f"{where}: is {_listed(WHOLE[name])}, which no factor changes")
    if not 0 < factor <= LARGEST_FACTOR:
        raise InputError(f"{where}: given {factor:g}, a factor above 0 and up to {LARGEST_FACTOR:g} is needed")
    return factor
