"""Devices by the names that people use for them, as parameters of the model."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ...engine import InputError
from .tables import plain, shown

WORDS: dict[str, tuple[str, dict[str, float]]] = {
    "impella": ("impella_model", {"2.5": 1.0, "CP": 2.0, "5.5": 3.0}),
    "balloon_sizing": ("balloon_sizing", {"given": 0.0, "height": 1.0, "aorta": 2.0}),
    "balloon_drive": ("balloon_drive", {"ramps": 0.0, "pneumatic": 1.0}),
}
"""Key of an arm -> the parameter it sets, and the words for its values."""

LEVEL = "impella_level"

SPEEDS: dict[float, tuple[float, ...]] = {
    1.0: (0.0, 25.0, 35.0, 38.0, 40.0, 43.0, 45.0, 47.0, 50.0, 51.0),
    2.0: (0.0, 23.0, 31.0, 33.0, 35.0, 37.0, 39.0, 42.0, 44.0, 46.0),
    3.0: (0.0, 10.0, 17.0, 20.0, 22.0, 24.0, 26.0, 28.0, 30.0, 33.0),
}
"""Speed (krpm) of an axial pump at P-0 to P-9, by ``impella_model``.

2.5: [S] table of the manual of Impella 2.5 and CP (Automated Impella Controller), 9 being what it calls BOOST.
CP: [M]. 5.5: [M], P-1 the least certain.
"""


def worded(where: str, table: Mapping[str, Any]) -> dict[str, Any]:
    """Replace words and levels of a device by parameters.

    Parameters
    ----------
    where : str
        Path of the arm, for errors.
    table : mapping
        What was given for the arm.

    Raises
    ------
    InputError
        For a word that is not known, the same thing said twice, or a level without a model.
    """
    result: dict[str, Any] = {}
    for key, value in table.items():
        parameter, words = WORDS.get(key, (key, {}))
        if words and (isinstance(value, str) or parameter != key):
            value = _meaning(f"{where}.{key}", value, words)
        if parameter in result or (parameter != key and parameter in table):
            raise InputError(f"{where}: {key} and {parameter} say the same; one of them is needed")
        result[parameter] = value
    return _with_speed(where, result, named="impella" in table)


def _meaning(where: str, word: object, words: Mapping[str, float]) -> float:
    if not isinstance(word, str) or word not in words:
        allowed = ", ".join(f'"{each}"' for each in words)
        raise InputError(f"{where}: given {shown(word)}, allowed: {allowed}")
    return words[word]


def _with_speed(where: str, table: dict[str, Any], named: bool) -> dict[str, Any]:
    """Turn a level into a speed."""
    if LEVEL not in table:
        if named and "impella_speed" not in table:
            raise InputError(f"{where}: an impella that stands still; {LEVEL} = 1 to 9 or impella_speed is needed")
        return table
    level = plain(table.pop(LEVEL))
    if isinstance(level, bool) or not isinstance(level, int) or not 0 <= level <= 9:
        raise InputError(f"{where}.{LEVEL}: given {shown(level)}, a whole number of 0 to 9 is needed")
    if "impella_speed" in table:
        raise InputError(f"{where}: {LEVEL} and impella_speed say the same; one of them is needed")
    model = plain(table.get("impella_model"))
    if not isinstance(model, int | float) or isinstance(model, bool) or model not in SPEEDS:
        raise InputError(f'{where}: {LEVEL} needs a pump, as impella = "CP"')
    table["impella_speed"] = SPEEDS[model][level]
    return table


def check_pump(where: str, overrides: Mapping[str, float], carried: Collection[str] = ()) -> None:
    """Refuse an axial pump of no model, or faster than its model goes.

    Parameters
    ----------
    where : str
        Path of the arm, for errors.
    overrides : mapping of str to float
        Parameters of the arm.
    carried : collection of str
        Parameters that the patients bring along.

    Raises
    ------
    InputError
        In one line.
    """
    speed = overrides.get("impella_speed", 0.0)
    if not speed:
        return
    if "impella_model" not in overrides:
        if "impella_model" not in carried:
            raise InputError(f'{where}: impella_speed = {speed:g} krpm of which pump? impella = "CP" says it, for one')
        return
    fastest = SPEEDS[overrides["impella_model"]][-1]
    if speed > fastest:
        name = next(word for word, model in WORDS["impella"][1].items() if model == overrides["impella_model"])
        raise InputError(f"{where}: impella_speed = {speed:g}, an Impella {name} turns at {fastest:g} krpm at most")
