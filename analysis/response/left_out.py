"""Who is left out of shares: patients whose baseline nobody survives, or is no shock where shock is what is studied."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import xarray as xr

from ...engine import (
    HIGHEST_PRESSURE,
    HIGHEST_WEDGE,
    INDEX_WITHOUT_SHOCK,
    LOWEST_INDEX,
    LOWEST_PRESSURE,
    PRESSURE_WITHOUT_SHOCK,
    Status,
)
from ..reading.origin import drawn_from, shock_cohorts
from ..words.counted import LEFT_OUT as WORDS
from .membership import Baseline, baseline_of
from .pairs import Pair, Verdict, above, all_of, any_of, below, where

NEEDS = ("mean_arterial_pressure", "cardiac_index", "wedge_pressure")
"""Outcomes that decide it."""

SETTING = "leave_out"
"""Threshold that is 0 where everyone is to be kept."""

LIMITS = {
    "not_survivable": (
        f"mean arterial pressure below {LOWEST_PRESSURE:g} or above {HIGHEST_PRESSURE:g} mmHg, cardiac index below "
        f"{LOWEST_INDEX:g} L/min/m2, or wedge pressure above {HIGHEST_WEDGE:g} mmHg"
    ),
    "not_in_shock": (
        f"mean arterial pressure above {PRESSURE_WITHOUT_SHOCK:g} mmHg and cardiac index above "
        f"{INDEX_WITHOUT_SHOCK:g} L/min/m2, in a population that is in shock"
    ),
}
"""What each reason means."""


class Reasons(NamedTuple):
    """Each of the two, judged of every patient with the numerical error of the baseline."""

    not_survivable: Verdict
    not_in_shock: Verdict


NOBODY = Reasons(*(Verdict(np.False_, np.False_, np.False_) for _ in WORDS))
"""Where everyone is kept."""


@dataclass(frozen=True)
class LeftOut:
    """Who is left out of the shares of a data set.

    The same as the findings ``not_survivable`` and ``not_in_shock`` of the arm without support, but judged by its
    outcomes, so that the numerical error counts, and results without these findings are treated alike.

    Attributes
    ----------
    baseline : Baseline
        Where the patients are seen without support.
    shock : tuple of str
        Cohorts whose patients are in shock.
    """

    baseline: Baseline
    shock: tuple[str, ...]

    @property
    def needs(self) -> list[str]:
        """Names of the variables that tell who it is."""
        return [*self.baseline.off, *NEEDS, *(["cohort"] if self.shock else [])]

    def reasons(self, dataset: xr.Dataset) -> Reasons:
        """Judge every patient of a data set with the variables it needs."""
        pair, shown = Pair(dataset, self.baseline.arm, self.baseline.arm), self.baseline.shown(dataset)
        pressure, index, wedge = (pair.readings(name)[0] for name in NEEDS)
        lost = any_of(
            (
                below(pressure, LOWEST_PRESSURE),
                above(pressure, HIGHEST_PRESSURE),
                below(index, LOWEST_INDEX),
                above(wedge, HIGHEST_WEDGE),
            )
        )
        calm = all_of((above(pressure, PRESSURE_WITHOUT_SHOCK), above(index, INDEX_WITHOUT_SHOCK)))
        return Reasons(where(shown, lost), where(shown & drawn_from(dataset, self.shock), calm))


def left_out_of(dataset: xr.Dataset, limit: Mapping[str, float]) -> LeftOut | None:
    """Find who is left out; None where everyone is kept, as asked or because no arm shows the baseline."""
    if not limit[SETTING] or not set(NEEDS) <= set(dataset.variables):
        return None
    baseline = baseline_of(dataset)
    return LeftOut(baseline, shock_cohorts(dataset)) if baseline else None


def without_left_out(block: xr.Dataset, left_out: LeftOut | None) -> tuple[xr.Dataset, dict[str, int]]:
    """Drop who is left out from a data set in memory, for answers that are not about one arm alone.

    The baseline alone decides: whoever has none, as the run failed or is outside the cohort, stays.

    Parameters
    ----------
    block : xr.Dataset
        With ``status``, ``convergence_error`` and what ``left_out`` needs.
    left_out : LeftOut or None

    Returns
    -------
    xr.Dataset
        All others.
    dict of str to int
        Patients dropped, by the first reason that applies.
    """
    if left_out is None:
        return block, dict.fromkeys(WORDS, 0)
    ran = block["status"].sel(arm=left_out.baseline.arm).values == Status.OK
    lost, calm = (ran & np.asarray(each.holds) for each in left_out.reasons(block))
    counts = {"not_survivable": int(lost.sum()), "not_in_shock": int((calm & ~lost).sum())}
    return block.isel(patient=np.flatnonzero(~(lost | calm))), counts
