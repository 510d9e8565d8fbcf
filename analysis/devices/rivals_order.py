"""What rivals are judged by: targets on outcomes, and the order of devices from the mildest on."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from ...engine import OUTCOMES, PARAMETERS, InputError, check_name
from ..reading.measures import spelt
from ..response.pairs import Pair, Reading, Verdict, above, all_of, at_least, at_most, below

TARGETS = ("cardiac_index>2.2", "wedge_pressure<18")
"""Served well enough, where nothing else is asked: out of shock by the criteria of SCAI C and Forrester [S, M]."""

OPERATORS = {">": above, "<": below, ">=": at_least, "<=": at_most}


@dataclass(frozen=True)
class Target:
    """A condition on an outcome: its name, one of ``OPERATORS``, and the number."""

    outcome: str
    operator: str
    value: float

    def __str__(self) -> str:
        """Write it as it is given."""
        return f"{self.outcome}{self.operator}{self.value:g}"

    @property
    def words(self) -> str:
        """Say it with its unit."""
        units = spelt(OUTCOMES[self.outcome].units)
        return f"{OUTCOMES[self.outcome].long_name} {self.operator} {self.value:g}{' ' + units if units else ''}"


def read_target(text: str) -> Target:
    """Read a target as ``cardiac_index>2.2``.

    Raises
    ------
    InputError
        For what is no condition, or no outcome.
    """
    found = re.fullmatch(r"\s*(\w+)\s*(>=|<=|>|<)\s*(\S+)\s*", text)
    try:
        value = float(found[3]) if found else np.nan
    except ValueError:
        value = np.nan
    if found is None or not np.isfinite(value):
        raise InputError(f"target: {text!r} is not NAME>NUMBER or NAME<NUMBER, as cardiac_index>2.2")
    check_name("target", found[1], OUTCOMES)
    return Target(found[1], found[2], value)


def targets_of(dataset: xr.Dataset, texts: Sequence[str]) -> tuple[Target, ...]:
    """Read targets on the outcomes of a data set.

    Raises
    ------
    InputError
        For none, what is no condition, or an outcome that is not in the data set.
    """
    targets = tuple(read_target(text) for text in texts)
    for target in targets:
        check_name("target", target.outcome, [name for name in OUTCOMES if name in dataset])
    if not targets:
        raise InputError("rivals: no target given, as cardiac_index>2.2")
    return targets


def ranks_of(dataset: xr.Dataset, order: Sequence[str] | None) -> list[tuple[str, ...]]:
    """Arms in order of mildness, those of equal rank together.

    Without an order: no device, then the balloon (smaller first, fewer beats first), axial pumps by model and speed,
    ECMO by flow, and ECMO or an axial pump with another device after it alone. [X]

    Parameters
    ----------
    dataset : xr.Dataset
        With arms.
    order : sequence of str, optional
        Names of arms, the mildest first; / between those of equal rank.

    Raises
    ------
    InputError
        For a name that is not there or is given twice.
    """
    arms = [str(name) for name in dataset["arm"].values]
    if order:
        ranks = [tuple(name.strip() for name in rank.split("/")) for rank in order]
        given = [name for rank in ranks for name in rank]
        for name in given:
            check_name("order", name, arms)
            if given.count(name) > 1:
                raise InputError(f"order: {name} is given twice")
        return ranks
    keys = {arm: _mildness(dataset, arm) for arm in arms}
    return [tuple(arm for arm in arms if keys[arm] == key) for key in sorted(set(keys.values()))]


def _mildness(dataset: xr.Dataset, arm: str) -> tuple[float, ...]:
    """Sort key of an arm: kind of its strongest device, number of devices, and how hard they work."""

    def setting(name: str) -> float:
        column = dataset[name] if name in dataset else xr.DataArray(PARAMETERS[name].default)
        column = column.sel(arm=arm) if "arm" in column.dims else column
        if column.dims:
            raise InputError(f"order: {name} varies from patient to patient in {arm}; give --order, the mildest first")
        return float(column)

    balloon, speed, flow = setting("balloon_volume"), setting("impella_speed"), setting("ecmo_flow")
    model = setting("impella_model") if speed > 0 else 0.0
    kind = 5.0 if flow > 0 else 1.0 + model if speed > 0 else 1.0 if balloon > 0 else 0.0
    beats = -setting("assist_ratio") if balloon > 0 else 0.0
    return kind, float((balloon > 0) + (speed > 0) + (flow > 0)), flow, model, speed, balloon, beats


def meets(block: xr.Dataset, arm: str, goals: Sequence[Target], reference: str) -> Verdict:
    """Whether an arm meets every target, and whether that is certain or possible within its numerical error."""
    pair = Pair(block, arm, reference)
    readings: list[Reading] = [pair.readings(goal.outcome)[0] for goal in goals]
    return all_of(OPERATORS[goal.operator](each, goal.value) for goal, each in zip(goals, readings, strict=True))
