"""What rivals are judged by: targets on outcomes, and the order of devices from the mildest on."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

import numpy as np
import xarray as xr

from ...engine import OUTCOMES, PARAMETERS, InputError, check_name
from ...sweeps.spec.levels import arm_of_level
from ..reading.measures import spelt
from ..response.pairs import Pair, Reading, Verdict, above, all_of, at_least, at_most, below

TARGETS = ("cardiac_index>=2.2", "mean_arterial_pressure>=60")
"""Served well enough, where nothing else is asked [X]: neither the cardiac index below 2.2 L/min/m2 [S] nor the mean
arterial pressure below 60 mmHg [M] of SCAI C. 60, not the 65 that drugs are titrated to: a pressure that is held at 65
would meet that by its last digit."""

OPERATORS = {">": above, "<": below, ">=": at_least, "<=": at_most}


class Device(NamedTuple):
    """What is compared: an arm, or the arms that are levels of one, from the mildest on."""

    name: str
    levels: tuple[str, ...]


Ranks = Sequence[tuple[Device, ...]]
"""Devices in order of mildness, those of equal rank together."""


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


def ranks_of(dataset: xr.Dataset, order: Sequence[str] | None) -> list[tuple[Device, ...]]:
    """Devices in order of mildness, those of equal rank together.

    Without an order: no device, then the balloon (smaller first, fewer beats first), axial pumps by model and speed,
    ECMO by flow, and ECMO or an axial pump with another device after it alone. [X] A device given by levels stands
    where its mildest level does, and its levels are in this order whatever the order of devices.

    Parameters
    ----------
    dataset : xr.Dataset
        With arms.
    order : sequence of str, optional
        Names of devices or of single arms, the mildest first; / between those of equal rank.

    Raises
    ------
    InputError
        For a name that is not there, or an arm that is given twice.
    """
    arms = [str(name) for name in dataset["arm"].values]
    devices: dict[str, Device] = {}
    for arm in arms:
        name = arm_of_level(arm)
        devices[name] = Device(name, (*(devices[name].levels if name in devices else ()), arm))
    if order:
        alone = {arm: Device(arm, (arm,)) for arm in arms if arm not in devices}
        named = [tuple(name.strip() for name in rank.split("/")) for rank in order]
        given: list[str] = []
        for name in (name for rank in named for name in rank):
            check_name("order", name, [*devices, *alone])
            for arm in (devices | alone)[name].levels:
                if arm in given:
                    raise InputError(f"order: {arm} is given twice")
                given.append(arm)
        return [tuple(_sorted(dataset, (devices | alone)[name]) for name in rank) for rank in named]
    ordered = [_sorted(dataset, device) for device in devices.values()]
    keys = {device: _mildness(dataset, device.levels[0]) for device in ordered}
    ordered.sort(key=lambda device: keys[device])
    return [tuple(own) for _, own in groupby(ordered, key=lambda device: keys[device])]


def _sorted(dataset: xr.Dataset, device: Device) -> Device:
    """Levels from the mildest on."""
    if len(device.levels) == 1:
        return device
    return device._replace(levels=tuple(sorted(device.levels, key=lambda arm: _mildness(dataset, arm))))


def balloon_of(dataset: xr.Dataset, ranks: Ranks) -> str:
    """Name of the device that is a balloon and nothing else, the mildest of several; empty where there is none."""

    def on(switch: str, arm: str) -> bool:
        column = dataset[switch] if switch in dataset else xr.DataArray(PARAMETERS[switch].default)
        column = column.sel(arm=arm) if "arm" in column.dims else column
        # where it varies from patient to patient the device is there
        return bool(column.dims) or float(column) > 0

    for device in (device for rank in ranks for device in rank):
        if [on(switch, device.levels[0]) for switch in ("balloon_volume", "impella_speed", "ecmo_flow")] == [
            True,
            False,
            False,
        ]:
            return device.name
    return ""


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
