"""Curves of weaning: the arms of a store that wind a balloon down, and groups of patients to compare them in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import xarray as xr

from ...engine import InputError
from ..numbers.cells import Floats, Places, cut, finite
from ..reading.measures import Measure, spelt
from ..reading.origin import cohorts_of
from .arm_settings import alike, settings

SETTINGS = ("assist_ratio", "balloon_volume", "balloon_length")
"""Parameters in which the arms of a weaning curve may differ: a smaller balloon may have a shorter membrane."""

GROUPS = 3
"""Groups of equal size into which an axis that has more values is cut."""


class Curve(NamedTuple):
    """Arms that differ in one setting, and the value of that setting in each."""

    setting: str
    arms: tuple[str, ...]
    values: tuple[float, ...]


def full_support(dataset: xr.Dataset, reference: str) -> str:
    """Find the arm that a balloon is wound down from: ``iabp`` where it inflates at every beat, else the fullest so.

    Raises
    ------
    InputError
        Where no arm has a balloon of one volume at every beat, or several have equally much.
    """
    settled = {name: settings(dataset, name, SETTINGS) for name in map(str, dataset["arm"].values) if name != reference}
    volumes = {
        name: own["balloon_volume"]
        for name, own in settled.items()
        if own["balloon_volume"] > 0 and own["assist_ratio"] == 1
    }
    if "iabp" in volumes:
        return "iabp"
    fullest = [name for name, volume in volumes.items() if volume == max(volumes.values())]
    if len(fullest) == 1:
        return fullest[0]
    why = f"{' and '.join(fullest)} are equally full" if fullest else "none has a balloon of one volume at every beat"
    raise InputError(f"weaning: --arm is needed, the arm that is full support; of {', '.join(settled)} {why}")


def curves_of(dataset: xr.Dataset, arm: str, reference: str) -> tuple[Curve, ...]:
    """Find the arms that differ from full support in the ratio alone, and those in the volume alone.

    Raises
    ------
    InputError
        Where the arm has no balloon, or no arm differs so.
    """
    settled = {str(name): settings(dataset, str(name), SETTINGS) for name in dataset["arm"].values}
    full = settled[arm]
    if not full["balloon_volume"] > 0:
        raise InputError(f"weaning: {arm} has no balloon of one volume; an arm with a balloon is full support")
    curves = []
    for setting, fixed in (("assist_ratio", "balloon_volume"), ("balloon_volume", "assist_ratio")):
        same = {
            name: own[setting]
            for name, own in settled.items()
            if name != reference and own[fixed] == full[fixed] and own["balloon_volume"] > 0
            if alike(own, full, SETTINGS)
        }
        ordered = sorted(same, key=lambda name: same[name])
        if len(set(same.values())) > 1:
            curves.append(Curve(setting, tuple(ordered), tuple(same[name] for name in ordered)))
    if not curves:
        raise InputError(
            f"weaning: no arm differs from {arm} in assist_ratio or in balloon_volume alone; see examples/weaning.toml"
        )
    return tuple(curves)


@dataclass(frozen=True)
class Split:
    """How patients fall into groups."""

    labels: tuple[str, ...]
    edges: Floats
    axis: Measure | None
    cohort: bool

    def of(self, block: xr.Dataset) -> Places:
        """Group of each patient of a data set in memory."""
        if self.cohort:
            return np.asarray(block["cohort"].values, dtype=np.int64)
        if self.axis is None:
            return np.zeros(block.sizes["patient"], dtype=np.int64)
        return np.searchsorted(self.edges, self.axis.of(block), side="right")


def split_by(dataset: xr.Dataset, by: str | None, axis: Measure | None, values: Floats | None) -> Split:
    """Cut patients into groups by an axis, whose values in the patients compared are given, or by cohort.

    Raises
    ------
    InputError
        Where there is one group only.
    """
    if by == "cohort":
        if "cohort" not in dataset:
            raise InputError("weaning: by cohort: the patients of this store are of one cohort")
        return Split(cohorts_of(dataset), np.empty(0), None, True)
    if axis is None or values is None:
        return Split(("all",), np.empty(0), None, False)
    title, units = axis.name.replace("_", " "), "%" if axis.relative else spelt(axis.units)
    cuts, labels = cut(axis, finite(axis, values, "weaning: by"), GROUPS)
    return Split(tuple(" ".join(filter(None, (title, each, units))) for each in labels), cuts, axis, False)
