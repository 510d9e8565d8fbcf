"""The rules of a sweep file that concern the model's names: parameters, their ranges, arms, thresholds."""

from __future__ import annotations

import math
from collections.abc import Mapping
from numbers import Real
from typing import Any

from ..engine.quantity import InputError, check_name, check_range
from ..engine.tables import PARAMETERS
from .distributions import Choice, Distribution, distribution
from .strict import place, shown, shown_key

WHOLE = {"female": (0.0, 1.0), "assist_ratio": (1.0, 2.0, 3.0)}
"""Parameters that take these values and none between."""

LONGEST_NAME = 100


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


def items(where: str, raw: object) -> list[tuple[str, Any]]:
    """Read a table's keys and values."""
    if not isinstance(raw, Mapping):
        raise InputError(f"{where}: given {shown(raw)}, a table is needed")
    for key in raw:
        if not isinstance(key, str):
            raise InputError(f"{where}: given the key {shown(key)}, a text is needed")
    return list(raw.items())


def one_of(where: str, name: object, allowed: tuple[str, ...], later: tuple[str, ...] = ()) -> str:
    """Read one of a few names; those that are planned are refused as such."""
    if not isinstance(name, str):
        raise InputError(f"{where}: given {shown(name)}, a text is needed; allowed: {', '.join(allowed)}")
    if name in later:
        raise InputError(f"{where}: {name!r} is not offered yet; allowed: {', '.join(allowed)}")
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
    low, high = law.bounds
    lowest, highest = PARAMETERS[name].physical
    if not lowest <= low <= high <= highest:
        units = "" if PARAMETERS[name].units == "1" else f" {PARAMETERS[name].units}"
        raise InputError(
            f"{where}: reaches from {low:g} to {high:g}, outside the physical range {lowest:g} to {highest:g}{units}"
        )
    return law


def arm(name: str, raw: object) -> dict[str, float]:
    """Read an arm: its name and its overrides of parameters."""
    if not name.strip() or name != name.strip() or not name.isprintable() or "/" in name or ".." in name:
        raise InputError(
            f"arms: {shown(name)} is no name for an arm; allowed is any text without '/', '..', control characters "
            "and blanks at its ends"
        )
    if len(name) > LONGEST_NAME:
        raise InputError(f"arms: {shown(name)} is longer than {LONGEST_NAME} characters")
    where = place("arms", name)
    overrides = {}
    for parameter, value in items(where, raw):
        check_name(where, shown_key(parameter), PARAMETERS)
        overrides[parameter] = number(f"{where}.{parameter}", value)
        _check_value(where, parameter, overrides[parameter])
    return overrides


def _check_value(where: str, name: str, value: float) -> None:
    if name in WHOLE and value not in WHOLE[name]:
        raise InputError(f"{where}: {name} = {value:g}, allowed: {_listed(WHOLE[name])}")
    check_range(where, name, value, PARAMETERS[name])


def _listed(values: tuple[float, ...]) -> str:
    return ", ".join(f"{value:g}" for value in values[:-1]) + f" or {values[-1]:g}"
