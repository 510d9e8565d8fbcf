"""Arms given by levels: one arm of a sweep file for each level of a device, all in one run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ...engine import DEVICE_PARAMETERS, InputError, check_name
from ..population.devices import LEVEL
from ..population.tables import place, plain, shown, shown_key

LEVELS = "levels"
"""Key of an arm: what its device is set to, one arm for each."""

AT = "@"
"""Between the name of such an arm and its level: ``ecmo@3``."""

MOST_LEVELS = 50


def expanded(arms: Iterable[tuple[str, object]]) -> list[tuple[str, object]]:
    """Replace every arm with ``levels`` by one arm for each of them.

    ``levels = [2, 4, 8]`` are P-levels of the axial pump that the arm names; ``levels = { ecmo_flow = [2, 3, 4] }``
    says which setting of a device they are of. The arms are called ``ARM@LEVEL``, as ``impella-cp@P-4`` and ``ecmo@3``;
    what else is said of the arm holds for all of them. Everything else is left as it is, mistakes too.

    Parameters
    ----------
    arms : iterable of (str, object)
        Names and tables, as a sweep file gives them.

    Raises
    ------
    InputError
        For levels that are none, a setting that is given beside its levels, or two arms of one name.
    """
    found: list[tuple[str, object]] = []
    for name, table in arms:
        found += _levels(name, table) if isinstance(table, Mapping) and LEVELS in table else [(name, table)]
    names = [name for name, _ in found]
    for name in names:
        if AT in name and names.count(name) > 1:
            raise InputError(f"arms: {shown(name)} is there twice; a level of an arm has a name of its own")
    return found


def arm_of_level(name: str) -> str:
    """Name of the arm that was given by levels, from that of one level; of any other arm its own."""
    return name.split(AT)[0] or name


def _levels(name: str, table: Mapping[str, Any]) -> list[tuple[str, object]]:
    where = place("arms", name)
    setting, raw = _setting(where, table)
    values = [plain(each) for each in raw] if isinstance(raw, list | tuple) else []
    if not 0 < len(values) <= MOST_LEVELS or any(
        isinstance(each, bool) or not isinstance(each, int | float) for each in values
    ):
        raise InputError(
            f"{where}.{LEVELS}: given {shown(raw)}, a list of 1 to {MOST_LEVELS} numbers is needed, as [2, 4, 6, 8]"
        )
    for each in values:
        if values.count(each) > 1:
            raise InputError(f"{where}.{LEVELS}: {each:g} is there twice")
    rest = {key: value for key, value in table.items() if key != LEVELS}
    sign = "P-" if setting == LEVEL else ""
    return [(f"{name}{AT}{sign}{value:g}", rest | {setting: value}) for value in values]


def _setting(where: str, table: Mapping[str, Any]) -> tuple[str, object]:
    """Setting that the levels are of, and the levels."""
    raw = table[LEVELS]
    if isinstance(raw, Mapping):
        if len(raw) != 1:
            raise InputError(
                f"{where}.{LEVELS}: given {shown(raw)}, one setting is needed, as {{ ecmo_flow = [2, 4] }}"
            )
        setting, raw = next(iter(raw.items()))
        check_name(f"{where}.{LEVELS}", shown_key(setting), [*sorted(DEVICE_PARAMETERS), LEVEL])
    elif "impella" in table or "impella_model" in table:
        setting = LEVEL
    else:
        raise InputError(f"{where}.{LEVELS}: of which setting? {LEVELS} = {{ ecmo_flow = [2, 3, 4] }} says it, for one")
    given = [each for each in (setting, *(("impella_speed",) if setting == LEVEL else ())) if each in table]
    if given:
        raise InputError(f"{where}: {given[0]} and {LEVELS} say the same; one of them is needed")
    return setting, raw
