"""Whose membership of a cohort the numerical error could tip: the baseline lies at an edge of the window."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from math import inf
from operator import and_

import numpy as np
import xarray as xr

from ...engine import DEVICES, OUTCOMES, PARAMETERS, Status
from ...sweeps.population import cohorts
from ...sweeps.population.windows import Window
from ..reading.origin import Array, cohorts_of, drawn_from, reference_of, stored_spec
from .pairs import Pair, Reading, Verdict, all_of, at_least, at_most, over

ANYBODY = ""
"""Stands for the cohort of every patient, where one window was applied to all."""


@dataclass(frozen=True)
class Baseline:
    """Where the patients are seen without support.

    Attributes
    ----------
    arm : str
        An arm without support.
    off : tuple of str
        Variables that are 0 where that arm is the baseline.
    """

    arm: str
    off: tuple[str, ...]

    def shown(self, dataset: xr.Dataset) -> Array:
        """Whether the arm is the baseline of each patient."""
        own = dataset.sel(arm=self.arm, drop=True)
        return reduce(and_, (own[name].data == 0 for name in self.off), np.True_)


@dataclass(frozen=True)
class Membership:
    """The windows that were applied to a data set, and where the baselines they look at are seen.

    Attributes
    ----------
    windows : dict of str to Window
        By the cohort of the patient.
    baseline : Baseline
    """

    windows: Mapping[str, Window]
    baseline: Baseline

    @property
    def needs(self) -> list[str]:
        """Names of the variables that tell who is at an edge."""
        keys = [name for window in self.windows.values() for key in window for name in key.split("/")]
        return [*self.baseline.off, *keys]

    def at_edge(self, dataset: xr.Dataset) -> Array:
        """Whether each patient is within the numerical error of an edge: a bool array like the data set's own."""
        arm = self.baseline.arm
        own = dataset.sel(arm=arm, drop=True)
        status = own["status"].data
        pair = Pair(dataset, arm, arm)
        near: Array = np.False_
        for cohort, window in self.windows.items():
            within = all_of(_within(pair, own, key, *limits) for key, limits in window.items())
            drawn = np.True_ if cohort == ANYBODY else drawn_from(own, {cohort})
            near = near | (drawn & within.possible & ~within.certain)
        return near & self.baseline.shown(dataset) & ((status == Status.OK) | (status == Status.OUTSIDE_COHORT))


def membership_of(dataset: xr.Dataset) -> Membership | None:
    """Find the windows that were applied; None where none was, or no arm shows the baseline they look at."""
    known = set(dataset.variables)
    windows = {
        cohort: {key: limits for key, limits in window.items() if set(key.split("/")) <= known}
        for cohort, window in _applied(dataset).items()
    }
    windows = {cohort: window for cohort, window in windows.items() if window}
    baseline = baseline_of(dataset) if windows else None
    return Membership(windows, baseline) if baseline else None


def baseline_of(dataset: xr.Dataset) -> Baseline | None:
    """Find an arm that shows the patients without support, the reference before others; None where there is none."""
    known = set(dataset.variables)
    regulation = stored_spec(dataset).get("regulation") or dataset.attrs.get("regulation")
    held = regulation == "map-held"
    reference = reference_of(dataset)
    arms = [reference, *(str(name) for name in dataset["arm"].values if str(name) != reference and not held)]
    off = tuple(name for name in (*DEVICES, *(("pressure_target",) if held else ())) if name in known)
    bare = [arm for arm in arms if all(_may_be_off(dataset, name, arm) for name in off)]
    return Baseline(bare[0], off) if bare else None


def unsupported_arm(dataset: xr.Dataset) -> str | None:
    """Find an arm that shows every patient without support; None where there is none."""
    found = baseline_of(dataset)
    if found is None:
        return None
    own = dataset.sel(arm=found.arm, drop=True)
    return found.arm if all(own[name].ndim == 0 and float(own[name]) == 0 for name in found.off) else None


def _may_be_off(dataset: xr.Dataset, name: str, arm: str) -> bool:
    """Whether a device is off in an arm in every patient, or differs from patient to patient."""
    column = dataset[name]
    column = column.sel(arm=arm) if "arm" in column.dims else column
    return bool(column.dims) or float(column) == 0.0


def _applied(dataset: xr.Dataset) -> dict[str, Window]:
    """Window by cohort, as the sweep or ``simulate`` applied it."""
    spec = stored_spec(dataset)
    named = dataset.attrs.get("window")
    if named in cohorts.names():
        return {ANYBODY: cohorts.load()[str(named)].window}
    if spec.get("window") is not True and named != "own":
        return {}
    members = {**cohorts.load(), **cohorts.from_tables(spec.get("cohorts") or {})}
    return {name: members[name].window for name in cohorts_of(dataset) if name in members}


def _within(pair: Pair, own: xr.Dataset, key: str, low: float | None, high: float | None) -> Verdict:
    """Whether an outcome, a ratio of two or a parameter is between its bounds."""
    first, *second = (_reading(pair, own, name) for name in key.split("/"))
    reading = over(first, second[0]) if second else first
    return all_of((at_least(reading, -inf if low is None else low), at_most(reading, inf if high is None else high)))


def _reading(pair: Pair, own: xr.Dataset, name: str) -> Reading:
    if name in OUTCOMES:
        return pair.readings(name)[0]
    column = own[name] if name in own else xr.DataArray(PARAMETERS[name].default)
    return Reading(column.data.astype(np.float64), 0.0)
