"""Nomograms: tables that say how the dose of heparin follows the aPTT."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

import numpy as np

from ...engine import InputError, check_name
from ...sweeps.population import toml
from ...sweeps.population.checks import check_title, items, number
from ...sweeps.population.tables import place, shown, shown_key
from ..numbers.cells import Floats

ENTRIES = ("title", "source", "per_kg", "start_per_kg", "bolus", "infusion", "most_bolus", "most_infusion")
STEP = ("below", "bolus", "change", "hold")
INTERVAL = 6.0
"""Hours between two readings of the aPTT, and between two decisions."""

MOST_STEPS = 30
LARGEST = 1e6
"""Units, or units per hour, at most: no patient is given more."""


class Nomogram(NamedTuple):
    """How the dose follows the aPTT.

    Attributes
    ----------
    name, title, source : str
    by_weight : bool
        Whether the doses of the steps are per kg of body weight.
    start : array, (4,)
        Bolus and infusion of the start, in the units of the steps, and the most of each, U and U/h.
    limits : array, (step - 1)
        Reading below which each step but the last holds, s, ascending.
    actions : array, (step, 3)
        Bolus, change of the infusion, and hours without infusion.
    """

    name: str
    title: str
    source: str
    by_weight: bool
    start_by_weight: bool
    start: Floats
    limits: Floats
    actions: Floats


@cache
def published() -> Mapping[str, Nomogram]:
    """Read the nomograms that come with the package."""
    text = files(__package__).joinpath("nomograms.toml").read_text(encoding="utf-8")
    tables = toml.parsed(text, "nomograms.toml", "table of nomograms")
    return {name: nomogram(name, raw) for name, raw in tables.items()}


def nomogram(name: str, raw: object) -> Nomogram:
    """Read a table of a nomogram.

    Raises
    ------
    InputError
        For the first mistake, in one line.
    """
    check_title("nomograms", name, "a nomogram", ("/",))
    where = place("nomograms", name)
    given = dict(items(where, raw))
    for key in given:
        check_name(where, shown_key(key), [*ENTRIES, "steps"])
    for key in ("bolus", "infusion", "steps"):
        if key not in given:
            raise InputError(f"{where}: {key} is needed")
    by_weight = _switch(f"{where}.per_kg", given.get("per_kg", True))
    start = [_dose(where, key, given.get(key, 0.0 if key[:4] != "most" else LARGEST)) for key in ENTRIES[4:]]
    limits, actions = _steps(f"{where}.steps", given["steps"])
    return Nomogram(
        name,
        _text(f"{where}.title", given.get("title", name)),
        _text(f"{where}.source", given.get("source", "")),
        by_weight,
        _switch(f"{where}.start_per_kg", given.get("start_per_kg", by_weight)),
        np.array(start),
        limits,
        actions,
    )


def _steps(where: str, raw: object) -> tuple[Floats, Floats]:
    if not isinstance(raw, list) or not 1 <= len(raw) <= MOST_STEPS:
        raise InputError(f"{where}: given {shown(raw)}, a list of 1 to {MOST_STEPS} tables is needed")
    limits, actions = [], []
    for place_, row in enumerate(raw):
        own, here = dict(items(f"{where}[{place_}]", row)), f"{where}[{place_}]"
        for key in own:
            check_name(here, shown_key(key), STEP)
        last = place_ == len(raw) - 1
        if last == ("below" in own):
            raise InputError(f"{here}: every step but the last, which holds for all above, needs below")
        if not last:
            limits.append(number(f"{here}.below", own["below"]))
        bolus, hold = (_dose(here, key, own.get(key, 0.0)) for key in ("bolus", "hold"))
        if hold > 24 or not (4 * hold).is_integer():
            raise InputError(f"{here}.hold: given {hold:g}, quarters of an hour up to 24 hours are needed")
        change = number(f"{here}.change", own.get("change", 0.0))
        if abs(change) > LARGEST:
            raise InputError(f"{here}.change: given {change:g}, at most {LARGEST:g} is allowed")
        actions.append([bolus, change, hold])
    if limits != sorted(set(limits)):
        raise InputError(f"{where}: below is to rise from step to step")
    return np.array(limits, dtype=np.float64), np.array(actions)


def _dose(where: str, key: str, raw: object) -> float:
    value = number(f"{where}.{key}", raw)
    if not 0 <= value <= LARGEST:
        raise InputError(f"{where}.{key}: given {value:g}, 0 to {LARGEST:g} is allowed")
    return value


def _switch(where: str, raw: object) -> bool:
    if not isinstance(raw, bool):
        raise InputError(f"{where}: given {shown(raw)}, true or false is needed")
    return raw


def _text(where: str, raw: Any) -> str:
    if not isinstance(raw, str) or len(raw) > 300 or not raw.isprintable():
        raise InputError(f"{where}: given {shown(raw)}, a text of up to 300 printable characters is needed")
    return raw
