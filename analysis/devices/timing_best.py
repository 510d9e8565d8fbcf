"""The best timing of a balloon by group of patients, and how far one may be off."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...engine import PARAMETERS
from ..numbers.cells import Floats
from ..reading.measures import Measure
from ..response.classify import CLASSES, Response
from ..response.comparison import Comparison
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

STROKE_WORK_LIMIT = 0.12
"""Rise of stroke work over the reference arm's from which a deflation is late whatever it does to pressure [X, D]."""

OPERATOR = (
    "end_diastolic_aortic_pressure_difference",
    "stroke_work_relative_difference",
    "cardiac_output_relative_difference",
)
"""What an operator's deflation goes by, and what it is told to lose."""

DRAWS = 100
"""Bootstrap replicates behind each interval."""

NUMBERS = {
    "best_inflation": ("best start of inflation, among those that harm few enough", "s"),
    "best_deflation": ("best start of deflation, among those that harm few enough", "s"),
    "best_benefit": ("mean benefit at the best timing", ""),
    "inflation_from": ("earliest inflation that keeps 95 % of the benefit, deflation being at its best", "s"),
    "inflation_to": ("latest inflation that keeps 95 % of the benefit, deflation being at its best", "s"),
    "deflation_from": ("earliest deflation that keeps 95 % of the benefit, inflation being at its best", "s"),
    "deflation_to": ("latest deflation that keeps 95 % of the benefit, inflation being at its best", "s"),
    "best_harmed": ("share of the patients harmed at the best timing, smoothed over the settings around", "1"),
    "held_back": ("larger mean benefit of another timing, which harms too many", ""),
    "answered": ("share of the bootstrap replicates that had an answer", "1"),
    "operator_deflation": ("deflation with the lowest mean end-diastolic pressure, stroke work not up by 12 %", "s"),
    "operator_pressure_lost": (
        "mean end-diastolic pressure that the operator's deflation of all patients adds",
        "mmHg",
    ),
    "operator_output_lost": ("mean relative output that the operator's choice for all patients loses", "1"),
}
"""What is told of a group: long names and units; that of a benefit depends on which."""

ENDS = ("best_inflation", "best_deflation", "best_benefit", "operator_deflation")
INTERVALS = tuple(f"{name}{end}" for name in ENDS for end in ("_low", "_high"))
"""Ends of the 95 % intervals of what is best."""

OPEN = ("inflation_from_open", "inflation_to_open", "deflation_from_open", "deflation_to_open")
"""Whether an end of a range is the end of what was swept: the true range may be wider."""


@dataclass(frozen=True)
class Plan:
    """What is read and asked, fixed before the stream."""

    comparison: Comparison
    axes: tuple[Measure, Measure]
    shown: tuple[Measure, ...]
    benefit: str
    kept: float
    harmed: float
    lattice: tuple[Floats, Floats]
    cohorts: tuple[str, ...]

    @property
    def names(self) -> list[str]:
        """Variables of the blocks of the sample beside those of the comparison."""
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


def by_group(plan: Plan, sums: Sums) -> tuple[list[dict[str, Any]], tuple[Floats, Floats] | None]:
    """Best timing of each group, or why it has none; and surfaces and harmed share of all patients."""
    found: list[dict[str, Any]] = []
    whole = None
    seen: dict[str, int] = {}
    all_patients = math.nan
    across, up = np.meshgrid(*plan.lattice)
    design, weights = sums.basis.of(across.ravel(), up.ravel()), replicates(DRAWS)
    needed = PER_TERM * sums.basis.terms
    name, better = BENEFITS[plan.benefit]
    place = [each.name for each in plan.shown].index(name)
    for cohort, rate, members in _groups(plan.cohorts):
        patients = int(sums.counts[members].sum())
        title = ", ".join(filter(None, (cohort, rate and f"heart rate {rate}"))) or "all"
        group = {"group": title, "cohort_of_group": cohort, "heart_rate_of_group": rate, "group_patients": patients}
        if not patients or (seen.setdefault(cohort, patients) == patients and rate):
            continue  # nobody, or all of them have rates of this band
        if patients < needed:
            found.append(group | _unanswered(f"{patients:,} patients compared, {needed} are needed"))
            continue
        fitted = sums.fit(members, weights)
        harmed = sums.share(members, weights, CLASSES.index(Response.HARMS))
        whole = (design @ fitted[0], harmed[0]) if whole is None and not cohort + rate else whole
        heights = (better * fitted[:, :, place] @ design.T).reshape(harmed.shape)
        group |= (operator := _operator(plan, fitted, design.reshape(*harmed.shape[1:], -1), all_patients))
        all_patients = operator["operator_deflation"] if not cohort + rate else all_patients
        first, *draws = [_optimum(each, own, plan.harmed) for each, own in zip(heights, harmed, strict=True)]
        if first is None:
            why = f"no timing brings a benefit and harms {100 * plan.harmed:g} % or fewer"
            found.append(_unanswered(why) | group)
        else:
            found.append(group | _best(plan, first, draws))
    return found, whole


def _unanswered(why: str) -> dict[str, Any]:
    return dict.fromkeys((*NUMBERS, *INTERVALS), math.nan) | dict.fromkeys(OPEN, False) | {"why_not": why}


def _operator(plan: Plan, fitted: Floats, design: Floats, all_patients: float) -> dict[str, float]:
    """Deflation that an operator would choose for a group, inflation being as usual, and what that of all loses in it.

    Parameters
    ----------
    fitted : array, (draw, term, outcome)
        Coefficients of the group's surfaces.
    design : array, (deflation, inflation, term)
        Terms over the lattice.
    all_patients : float
        The choice for all patients (s); NaN while it is being made, which loses nothing.
    """
    inflation, deflation = plan.lattice
    usual = int(np.abs(inflation - PARAMETERS["inflation_offset"].default).argmin())
    places = [[each.name for each in plan.shown].index(name) for name in OPERATOR]
    pressure, work, output = (design[:, usual] @ fitted[:, :, place].T for place in places)
    # what is later than a late deflation is late, whatever a surface does at its end
    allowed = np.logical_and.accumulate(work < STROKE_WORK_LIMIT, axis=0)
    lowest = np.where(allowed, pressure, np.inf).argmin(axis=0)
    chosen = np.where(allowed.any(axis=0), deflation[lowest], np.nan)
    low, high = np.nanquantile(chosen[1:], [0.025, 0.975]) if np.isfinite(chosen[1:]).any() else (math.nan, math.nan)
    one = float(chosen[0]) if math.isnan(all_patients) else all_patients
    known, own = math.isfinite(one) and math.isfinite(chosen[0]), int(lowest[0])
    there = int(np.abs(deflation - one).argmin()) if known else own
    return {
        "operator_deflation": float(chosen[0]),
        "operator_deflation_low": float(low),
        "operator_deflation_high": float(high),
        "operator_pressure_lost": float(pressure[there, 0] - pressure[own, 0]) if known else math.nan,
        "operator_output_lost": float(output[own, 0] - output[there, 0]) if known else math.nan,
    }


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


def _best(plan: Plan, first: _Optimum, draws: list[_Optimum | None]) -> dict[str, Any]:
    """Describe an optimum, with the intervals of its replicates."""
    inflation, deflation = plan.lattice
    known = [each for each in draws if each is not None]
    drawn = {
        "best_inflation": (inflation[first.column], [inflation[each.column] for each in known]),
        "best_deflation": (deflation[first.row], [deflation[each.row] for each in known]),
        "best_benefit": (first.benefit, [each.benefit for each in known]),
    }
    row: dict[str, Any] = {}
    for name, (value, values) in drawn.items():
        low, high = np.quantile(values or [np.nan], [0.025, 0.975])
        row |= {name: float(value), f"{name}_low": float(low), f"{name}_high": float(high)}
    for name, nodes, (begin, end) in (
        ("inflation", inflation, first.inflates),
        ("deflation", deflation, first.deflates),
    ):
        row |= {f"{name}_from": float(nodes[begin]), f"{name}_to": float(nodes[end])}
        row |= {f"{name}_from_open": begin == 0, f"{name}_to_open": end == len(nodes) - 1}
    return row | {
        "best_harmed": first.harmed,
        "held_back": first.held_back,
        "answered": len(known) / len(draws),
        "why_not": "",
    }
