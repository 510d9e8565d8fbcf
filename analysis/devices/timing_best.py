"""The best timing of a balloon, and how far one may be off."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ..numbers.cells import Floats
from ..numbers.intervals import Number
from ..reading.measures import Measure
from ..response.classify import CLASSES, Response
from ..response.comparison import Comparison
from .timing_errors import DEFLATION, INFLATION, KINDS
from .timing_surface import Sums, replicates

BENEFITS = {
    "output": ("cardiac_output_relative_difference", 1.0),
    "augmentation": ("augmented_diastolic_pressure_difference", 1.0),
    "demand": ("demand_relative_difference", -1.0),
}
"""What may be asked for: the paired difference, and the direction that is better."""

KEEPS = 0.95
"""Share of the best benefit that counts as as good."""

STEP = 0.005
"""s between the settings at which the surfaces are compared; a console is set no finer."""

RATES = (80.0, 100.0, 120.0)
"""1/min between the bands of heart rate."""

PER_TERM = 15
"""Patients for each term of a surface, below which none is fitted."""

DRAWS = 100
"""Bootstrap replicates behind each interval."""


@dataclass(frozen=True)
class Best:
    """The best timing of a group of patients, and how far one may be off.

    Attributes
    ----------
    cohort, rate : str
        The group; empty for all cohorts and all rates.
    patients : int
        Compared in it.
    inflation, deflation : Number
        Best offsets (s), among those that harm few enough.
    benefit : Number
        Mean benefit there.
    inflates, deflates : tuple of float
        From where to where each offset keeps 95 % of it (s), the other being at its best.
    open_ends : tuple of str
        Ends of these ranges that are the end of what was swept: the true range may be wider.
    harmed : float
        Share of the patients harmed there, smoothed over the neighbouring settings.
    held_back : float
        Larger mean benefit of another timing, which harms too many; NaN where there is none.
    answered : float
        Share of the bootstrap replicates that had an answer.
    """

    cohort: str
    rate: str
    patients: int
    inflation: Number
    deflation: Number
    benefit: Number
    inflates: tuple[float, float]
    deflates: tuple[float, float]
    open_ends: tuple[str, ...]
    harmed: float
    held_back: float
    answered: float


@dataclass(frozen=True)
class Plan:
    """What is read and asked, fixed before the stream."""

    rule: Comparison
    axes: tuple[Measure, Measure]
    shown: tuple[Measure, ...]
    benefit: str
    kept: float
    harmed: float
    lattice: tuple[Floats, Floats]
    cohorts: tuple[str, ...]

    @property
    def names(self) -> list[str]:
        """Variables of the blocks of the sample beside those of the rule."""
        return [name for axis in (*self.axes, *self.shown) for name in axis.needs]


def _groups(cohorts: tuple[str, ...]) -> list[tuple[str, str, list[int]]]:
    """Groups asked about: all, each band, and in a mixture each cohort and its bands."""
    bands = len(RATES) + 1
    words = [
        f"below {RATES[0]:g}",
        *(f"{low:g}-{high:g}" for low, high in pairwise(RATES)),
        f"{RATES[-1]:g} and above",
    ]
    every = range(max(len(cohorts), 1))
    out = [("", "", [bands * code + band for code in every for band in range(bands)])]
    out += [("", words[band], [bands * code + band for code in every]) for band in range(bands)]
    for code, cohort in enumerate(cohorts if len(cohorts) > 1 else ()):
        out.append((cohort, "", [bands * code + band for band in range(bands)]))
        out += [(cohort, words[band], [bands * code + band]) for band in range(bands)]
    return out


def bests(plan: Plan, sums: Sums) -> tuple[tuple[Best, ...], dict[str, str], tuple[Floats, Floats] | None]:
    """Best timing of each group, why others have none, and surfaces and harmed share of all patients."""
    answers, silent, whole = [], {}, None
    seen: dict[str, int] = {}
    across, up = np.meshgrid(*plan.lattice)
    design, weights = sums.basis.of(across.ravel(), up.ravel()), replicates(DRAWS)
    needed = PER_TERM * sums.basis.terms
    name, better = BENEFITS[plan.benefit]
    place = [each.name for each in plan.shown].index(name)
    for cohort, rate, members in _groups(plan.cohorts):
        patients = int(sums.counts[members].sum())
        title = ", ".join(filter(None, (cohort, rate and f"heart rate {rate}"))) or "all"
        if seen.setdefault(cohort, patients) == patients and rate:
            continue  # all of them have rates of this band
        if patients < needed:
            if patients:
                silent[title] = f"{patients:,} patients compared, {needed} are needed"
            continue
        fitted = sums.fit(members, weights)
        harmed = sums.share(members, weights, CLASSES.index(Response.HARMS))
        whole = (design @ fitted[0], harmed[0]) if whole is None and not cohort + rate else whole
        heights = (better * fitted[:, :, place] @ design.T).reshape(harmed.shape)
        found = [_optimum(each, own, plan.harmed) for each, own in zip(heights, harmed, strict=True)]
        if found[0] is None:
            silent[title] = f"no timing brings a benefit and harms {100 * plan.harmed:g} % or fewer"
            continue
        answers.append(_best(plan, cohort, rate, patients, found))
    return tuple(answers), silent, whole


class _Optimum(NamedTuple):
    """Place on the lattice, benefit and share harmed there, 95 % ranges (places), and a larger benefit out of reach."""

    row: int
    column: int
    benefit: float
    harmed: float
    inflates: tuple[int, int]
    deflates: tuple[int, int]
    held_back: float


def _optimum(benefit: Floats, harmed: Floats, most_harmed: float) -> _Optimum | None:
    allowed = harmed <= most_harmed
    if not (allowed & (benefit > 0)).any():
        return None
    row, column = divmod(int(np.argmax(np.where(allowed, benefit, -np.inf))), harmed.shape[1])
    best, most = float(benefit[row, column]), float(benefit.max())
    good = allowed & (benefit >= KEEPS * best)
    ranges = _run(good[row], column), _run(good[:, column], row)
    return _Optimum(row, column, best, float(harmed[row, column]), *ranges, most if most > best else math.nan)


def _run(good: NDArray[np.bool_], place: int) -> tuple[int, int]:
    """First and last of the neighbours that are good without a gap."""
    bad = np.flatnonzero(~good)
    before, after = bad[bad < place], bad[bad > place]
    return int(before[-1]) + 1 if len(before) else 0, int(after[0]) - 1 if len(after) else len(good) - 1


def _best(plan: Plan, cohort: str, rate: str, patients: int, found: list[_Optimum | None]) -> Best:
    inflation, deflation = plan.lattice
    first, *draws = found
    assert first is not None
    known = [each for each in draws if each is not None]

    def number(value: float, drawn: list[float]) -> Number:
        return Number(value, *(float(each) for each in np.quantile(drawn or [np.nan], [0.025, 0.975])))

    ends = {
        "inflation, early": first.inflates[0] == 0,
        "inflation, late": first.inflates[1] == len(inflation) - 1,
        "deflation, early": first.deflates[0] == 0,
        "deflation, late": first.deflates[1] == len(deflation) - 1,
    }
    return Best(
        cohort,
        rate,
        patients,
        number(float(inflation[first.column]), [float(inflation[each.column]) for each in known]),
        number(float(deflation[first.row]), [float(deflation[each.row]) for each in known]),
        number(first.benefit, [each.benefit for each in known]),
        (float(inflation[first.inflates[0]]), float(inflation[first.inflates[1]])),
        (float(deflation[first.deflates[0]]), float(deflation[first.deflates[1]])),
        tuple(end for end, reached in ends.items() if reached),
        first.harmed,
        first.held_back,
        len(known) / len(draws),
    )


def lattice_of(plan: Plan, whole: tuple[Floats, Floats] | None, best: Best | None) -> xr.Dataset:
    """Fitted means over the lattice; with the best also where timing is right, and where each error is met."""
    inflation, deflation = plan.lattice
    dims = (DEFLATION, INFLATION)
    out = xr.Dataset(coords={INFLATION: inflation, DEFLATION: deflation})
    if whole is None:
        return out
    surfaces, harmed = whole
    out["harmed"] = (dims, harmed, {"long_name": "share of the patients harmed, smoothed", "units": "1"})
    for place, each in enumerate(plan.shown):
        heights = surfaces[:, place].reshape(len(deflation), len(inflation))
        out[each.name] = (dims, heights, {"long_name": f"mean {each.label}", "units": each.units})
    if best is None:
        return out
    here = {INFLATION: best.inflation.value, DEFLATION: best.deflation.value}
    at = out.sel(here, method="nearest")
    for name, kind in KINDS.items():
        beyond = kind.side * (out[kind.offset] - here[kind.offset]) > STEP / 2
        lost = kind.better * out[kind.effect] < plan.kept * kind.better * at[kind.effect]
        out[name] = (beyond & lost).transpose(*dims)
    name, better = BENEFITS[plan.benefit]
    out["right"] = (better * out[name] >= KEEPS * best.benefit.value) & (out["harmed"] <= plan.harmed)
    return out.assign_attrs(here)
