"""Weaning: how much of a balloon's effect is kept at every second or third beat, or with a smaller balloon."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ...engine import InputError
from ..numbers.cells import Floats, quantiles
from ..numbers.intervals import Z95, Number, share_of
from ..reading.measures import measure
from ..reading.origin import about_sweep, reference_of
from ..reading.stream import Weights, fold, sample
from ..response.classify import Response, judge
from ..response.comparison import Comparison
from ..response.pairs import DEMAND, Pair
from .weaning_curves import Curve, Split, curves_of, full_support, split_by

EFFECTS = {
    "cardiac_output": 1.0,
    "mean_diastolic_pressure": 1.0,
    "effective_arterial_elastance": -1.0,
    "wedge_pressure": -1.0,
    DEMAND: -1.0,
}
"""What a balloon is for, and the direction that is better: paired differences of means over all beats, assisted or not.

The augmented and the end-diastolic pressure are those of assisted beats alone, and would not show what a ratio takes.
"""

LABELS = {
    "cardiac_output": "gain of cardiac output",
    "mean_diastolic_pressure": "gain of mean diastolic pressure",
    "effective_arterial_elastance": "fall of arterial elastance",
    "wedge_pressure": "fall of wedge pressure",
    DEMAND: "fall of oxygen demand",
}


LEAST_SIZE = 2.0
"""A mean effect smaller than this many standard errors is none to be kept."""


@dataclass(frozen=True)
class Kept:
    """What is kept of one effect in one arm, in one group of patients.

    Attributes
    ----------
    group, curve, arm : str
        Group of patients, setting that is wound down, arm.
    setting : float
        Beats per assisted beat, or balloon volume (mL).
    effect : str
        A key of ``EFFECTS``.
    change : Number
        Median paired difference to the reference arm, in the outcome's units, with its interval.
    kept : Number
        Mean difference over that of the full support (1), all patients, with its 95 % interval; NaN where the full
        support has no effect in the mean.
    quartiles : tuple of float
        Quartiles of the share that each patient keeps, among those whose effect under full support is in the direction
        that is better and beyond the numerical error.
    patients, with_effect : int
        Compared in every arm; of the sample, those behind the quartiles.
    """

    group: str
    curve: str
    arm: str
    setting: float
    effect: str
    change: Number
    kept: Number
    quartiles: tuple[float, float, float]
    patients: int
    with_effect: int


@dataclass(frozen=True)
class Helped:
    """Share of a group that an arm helps and harms, with Wilson's intervals."""

    group: str
    arm: str
    patients: int
    helps: Number
    harms: Number


@dataclass(frozen=True)
class Weaning:
    """Answer of :func:`wean`."""

    curves: tuple[Curve, ...]
    kept: tuple[Kept, ...]
    helped: tuple[Helped, ...]
    about: dict[str, Any]


def wean(
    dataset: xr.Dataset,
    *,
    arm: str | None = None,
    reference: str | None = None,
    by: str | None = None,
    definition: str | None = None,
    thresholds: Mapping[str, float] | None = None,
) -> Weaning:
    """Compare arms with less support with full support, in the same patients.

    Only patients whose numbers hold in the reference and in every arm of the curves are compared. Means are of all of
    them; medians and quartiles of all, or of a seeded sample of 200,000.

    Parameters
    ----------
    dataset : xr.Dataset
        Result of ``open_store`` or ``simulate`` with arms that differ from ``arm`` in ratio or volume alone.
    arm : str, optional
        Full support; default as :func:`full_support` finds it.
    by : str, optional
        Axis by which the patients are cut into groups: its values where it has few, else three groups of equal size;
        or ``cohort``.
    reference, definition, thresholds
        As in :func:`~counterpulse.analysis.response.classify.classify`.

    Raises
    ------
    InputError
        For an unknown name, where no arm differs from ``arm`` in ratio or volume alone, or nobody can be compared.
    """
    reference = reference or reference_of(dataset)
    if "arm" in dataset.dims and arm is None:
        arm = full_support(dataset, reference)
    rule = Comparison.of(dataset, arm or "iabp", reference, definition, thresholds)
    arm = rule.arm
    curves = curves_of(dataset, arm, reference)
    arms = list(dict.fromkeys(name for curve in curves for name in curve.arms))
    rules = {name: Comparison.of(dataset, name, reference, definition, thresholds) for name in arms}
    names = [*rule.reads(dataset), *(name for name in EFFECTS if name != DEMAND)]
    axis = None if by in (None, "cohort") else measure(dataset, str(by), rule, "weaning: by")
    block = sample(dataset, [*names, *(axis.needs if axis else ())])
    chosen = _compared(block, rules)
    if not chosen.any():
        raise InputError(f"weaning: no patient was compared in all of {reference}, {', '.join(arms)}")
    split = split_by(dataset, by, axis, axis.of(block)[chosen] if axis else None)
    tally = _summed(dataset, rules, rule, [*names, *(axis.needs if axis else ())], split)
    about = {
        **about_sweep(dataset),
        "arm": arm,
        "reference": reference,
        "by": by or "",
        "definition": rule.definition,
        "candidates": dataset.sizes["patient"],
        "compared": int(tally.patients.sum()),
        "failed_run": tally.failed,
        "not_compared": tally.absent,
        "sampled": int(chosen.sum()),
    }
    kept = _kept(block.isel(patient=np.flatnonzero(chosen)), rule, curves, arms, tally, split)
    return Weaning(curves, kept, _helped(arms, tally, split), about)


def _compared(block: xr.Dataset, rules: Mapping[str, Comparison]) -> NDArray[np.bool_]:
    return np.asarray(np.all([judge(block, rule)[0] > Response.FAILED_RUN for rule in rules.values()], axis=0))


class _Tally(NamedTuple):
    """Sums by group over all patients, or some; those of several parts add up.

    Attributes
    ----------
    patients : array, (group,)
    moments : array, (3, effect, arm, group)
        Differences in each arm, their squares, and products with full support.
    classes : array, (arm, group, response)
    failed, absent : int
    """

    patients: NDArray[np.int64]
    moments: Floats
    classes: NDArray[np.int64]
    failed: int
    absent: int


def _summed(
    dataset: xr.Dataset, rules: Mapping[str, Comparison], full: Comparison, names: list[str], split: Split
) -> _Tally:
    groups = len(split.labels)

    def summed(block: xr.Dataset, _: slice) -> _Tally:
        classes = np.stack([judge(block, rule)[0] for rule in rules.values()])
        chosen = (classes > Response.FAILED_RUN).all(axis=0)
        absent = (classes == Response.NOT_COMPARED).any(axis=0)
        group = split.of(block)[chosen]
        by_class = [
            np.bincount(group * len(Response) + own, minlength=groups * len(Response)) for own in classes[:, chosen]
        ]
        kept = block.isel(patient=np.flatnonzero(chosen))
        moments = np.zeros((3, len(EFFECTS), len(rules), groups))
        for place, effect in enumerate(EFFECTS):
            whole = np.asarray(Pair(kept, full.arm, full.reference).difference(effect).value)
            for row, rule in enumerate(rules.values()):
                less = np.asarray(Pair(kept, rule.arm, rule.reference).difference(effect).value)
                for power, weight in enumerate((less, less * less, less * whole)):
                    moments[power, place, row] = np.bincount(group, weight, minlength=groups)
        return _Tally(
            np.bincount(group, minlength=groups),
            moments,
            np.reshape(by_class, (len(rules), groups, len(Response))),
            int((~chosen & ~absent).sum()),
            int(absent.sum()),
        )

    return fold(dataset, names, summed, answer="weaning", weights=Weights.REFUSED)


def _kept(
    block: xr.Dataset, rule: Comparison, curves: tuple[Curve, ...], arms: list[str], tally: _Tally, split: Split
) -> tuple[Kept, ...]:
    group, out = split.of(block), []
    for place, (effect, better) in enumerate(EFFECTS.items()):
        full = Pair(block, rule.arm, rule.reference).difference(effect)
        own = np.where(better * np.asarray(full.value) > np.asarray(full.error), group, -1)
        for curve, name, value in _settings_of(curves):
            change = np.asarray(Pair(block, name, rule.reference).difference(effect).value)
            middle = quantiles(group, change, len(split.labels), 0.5)
            share = change / np.where(own >= 0, full.value, np.nan)
            first, half, third = (quantiles(own, share, len(split.labels), each).value for each in (0.25, 0.5, 0.75))
            for code in np.flatnonzero(tally.patients).tolist():
                median = Number(*(float(part[code]) for part in middle))
                kept = _ratio(tally, place, arms.index(name), arms.index(rule.arm), code)
                quartiles = (float(first[code]), float(half[code]), float(third[code]))
                counted = int(tally.patients[code]), int((own == code).sum())
                out.append(Kept(split.labels[code], curve, name, value, effect, median, kept, quartiles, *counted))
    return tuple(out)


def _settings_of(curves: tuple[Curve, ...]) -> list[tuple[str, str, float]]:
    """Setting, arm and value of every point of the curves."""
    return [
        (curve.setting, name, value) for curve in curves for name, value in zip(curve.arms, curve.values, strict=True)
    ]


def _ratio(tally: _Tally, effect: int, arm: int, full: int, group: int) -> Number:
    """Ratio of two means of the same patients, with its interval by the delta method."""
    count = int(tally.patients[group])
    mean, square, product = tally.moments[:, effect, arm, group] / count
    whole, whole_square, _ = tally.moments[:, effect, full, group] / count
    spread = max(whole_square - whole**2, 0.0)
    if abs(whole) <= LEAST_SIZE * np.sqrt(spread / count):
        return Number(np.nan, np.nan, np.nan)
    ratio = mean / whole
    variance = (square - mean**2) - 2 * ratio * (product - mean * whole) + ratio**2 * spread
    reach = Z95 * np.sqrt(max(variance, 0.0) / count) / abs(whole)
    return Number(float(ratio), float(ratio - reach), float(ratio + reach))


def _helped(arms: list[str], tally: _Tally, split: Split) -> tuple[Helped, ...]:
    out = []
    for row, name in enumerate(arms):
        for code, label in enumerate(split.labels):
            total = tally.patients[code]
            if total:
                helps, harms = (
                    share_of(tally.classes[row, code, member], total) for member in (Response.HELPS, Response.HARMS)
                )
                out.append(Helped(label, name, int(total), helps, harms))
    return tuple(out)


def as_dict(answer: Weaning) -> dict[str, Any]:
    """Answer as plain types for JSON."""
    kept = [{**vars(each), "change": each.change._asdict(), "kept": each.kept._asdict()} for each in answer.kept]
    helped = [{**vars(each), "helps": each.helps._asdict(), "harms": each.harms._asdict()} for each in answer.helped]
    return {**answer.about, "curves": [each._asdict() for each in answer.curves], "kept": kept, "helped": helped}
