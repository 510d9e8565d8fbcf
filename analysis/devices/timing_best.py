"""The best timing of a balloon, how far one may be off, and the four errors of the textbook as the model has them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ..cells import Floats
from ..intervals import Number, share_of
from ..measures import Measure
from ..response import CLASSES, NAMED, Response, Rule
from .timing_surface import Sums, replicates

INFLATION, DEFLATION = "inflation_offset", "deflation_offset"

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


class Kind(NamedTuple):
    """A textbook error of timing.

    Attributes
    ----------
    offset : str
        The setting that is wrong.
    side : float
        -1 too early, 1 too late.
    effect : str
        The paired difference that the error spoils.
    better : float
        Direction in which right timing moves it.
    textbook : str
        What teaching says of it.
    """

    offset: str
    side: float
    effect: str
    better: float
    textbook: str


KINDS = {
    "early inflation": Kind(
        INFLATION,
        -1.0,
        "wedge_pressure_difference",
        -1.0,
        "inflates into ejection: the valve shuts early, wedge pressure and afterload rise",
    ),
    "late inflation": Kind(
        INFLATION, 1.0, "augmented_diastolic_pressure_difference", 1.0, "the notch is exposed, augmentation is low"
    ),
    "early deflation": Kind(
        DEFLATION,
        -1.0,
        "systolic_pressure_difference",
        -1.0,
        "a U-shaped dip, and the assisted systolic pressure is not lower",
    ),
    "late deflation": Kind(
        DEFLATION,
        1.0,
        "end_diastolic_aortic_pressure_difference",
        -1.0,
        "assisted end-diastolic pressure is as high as unassisted or higher, afterload rises",
    ),
}
"""The four errors by their signatures in teaching [S, physiology section 4]."""

SHOWN = (
    "cardiac_output_relative_difference",
    "demand_relative_difference",
    "augmented_diastolic_pressure_difference",
    "systolic_pressure_difference",
    "end_diastolic_aortic_pressure_difference",
    "wedge_pressure_difference",
    "effective_arterial_elastance_difference",
)
"""Paired differences whose mean is fitted over the two offsets."""


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
class Mistimed:
    """What an error of timing, or right timing, does in the model.

    Attributes
    ----------
    name : str
        A key of ``KINDS``, or ``right``: within the 95 % tolerance of both offsets.
    begins : float
        Offset (s) from which on it is met, the other offset being at its best; NaN where it is not met so.
    patients : int
        Compared, with such offsets.
    means : dict of str to float
        Mean of each paired difference of ``SHOWN`` over these settings, by the surfaces.
    shares : dict of str to Number
        Share of the patients by class, with Wilson's interval.
    """

    name: str
    begins: float
    patients: int
    means: dict[str, float]
    shares: dict[str, Number]


@dataclass(frozen=True)
class Plan:
    """What is read and asked, fixed before the stream."""

    rule: Rule
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


def mistimed(lattice: xr.Dataset, classes: NDArray[Any]) -> tuple[Mistimed, ...]:
    """Say what right timing and each error do, from classes counted over the lattice (row, column, class)."""
    if "right" not in lattice:
        return ()
    out = []
    for name in ("right", *KINDS):
        met = lattice[name].values
        if not met.any():
            continue
        counts = classes[met].sum(axis=0)
        patients = int(counts.sum())
        shares = {name: share_of(count, patients) for name, count in zip(NAMED, counts, strict=True)}
        means = {each: float(lattice[each].values[met].mean()) for each in SHOWN}
        out.append(Mistimed(name, _begins(lattice, name), patients, means, shares if patients else {}))
    return tuple(out)


def _begins(lattice: xr.Dataset, name: str) -> float:
    """Offset nearest to the best at which an error is met, the other offset being at its best."""
    if name not in KINDS:
        return math.nan
    kind = KINDS[name]
    other = DEFLATION if kind.offset == INFLATION else INFLATION
    met = lattice[name].sel({other: lattice.attrs[other]}, method="nearest")
    at = lattice[kind.offset].values[met.values]
    return float(min(at, key=lambda each: abs(each - lattice.attrs[kind.offset]))) if len(at) else math.nan
