"""Weaning: how much of a balloon's effect is kept at every second or third beat, or with a smaller balloon."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ...engine import PARAMETERS, InputError
from ..numbers.cells import Floats, quantiles
from ..numbers.intervals import Z95, Number, described, shares_with_intervals
from ..reading.measures import measure
from ..reading.origin import about_sweep, reference_of
from ..reading.stream import Weights, fold, sample
from ..response.classify import Response, compared_in, judge
from ..response.comparison import Comparison
from ..response.pairs import DEMAND, Pair, terms
from ..words.counted import LEFT_OUT
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

APART = ("not_compared", "failed_run", *LEFT_OUT)
"""Why a patient was not compared in every arm, in the order in which the first applies."""

LEAST_SIZE = 2.0
"""A mean effect smaller than this many standard errors is none to be kept."""

KEPT = (
    *("change", "change_low", "change_high", "kept", "kept_low", "kept_high"),
    *("kept_first_quartile", "kept_median", "kept_third_quartile"),
)

VARIABLES = {
    "patients": ("patients compared in every arm", "1"),
    "with_effect": ("patients of the sample whose effect under full support is beyond the numerical error", "1"),
    "change": ("median paired difference to the reference arm", ""),
    "kept": ("mean paired difference over that of the full support", "1"),
    "kept_median": ("median of the shares of the effect that the patients keep", "1"),
    "helps": ("share of the patients helped", "1"),
    "harms": ("share of the patients harmed", "1"),
    "setting": ("beats per assisted beat, or balloon volume (mL)", ""),
}
"""Long names and units; those of a change are ``effect_units``, those of a setting ``curve_units``."""


def weaning(
    dataset: xr.Dataset,
    *,
    arm: str | None = None,
    reference: str | None = None,
    by: str | None = None,
    definition: str | None = None,
    thresholds: Mapping[str, float] | None = None,
) -> xr.Dataset:
    """Compare arms with less support with full support, in the same patients.

    Only patients whose numbers hold in the reference and in every arm of the curves are compared. Means are of all of
    them; medians and quartiles of all, or of a seeded sample of 200,000.

    Parameters
    ----------
    dataset : xr.Dataset
        Result of ``open_store`` or ``simulate`` with arms that differ from ``arm`` in ratio or volume alone.
    arm : str, optional
        Full support; default as :func:`~counterpulse.analysis.devices.weaning_curves.full_support` finds it.
    by : str, optional
        Axis by which the patients are cut into groups: its values where it has few, else three groups of equal size;
        or ``cohort``.
    reference, definition, thresholds
        As in :func:`~counterpulse.analysis.response.classify.classify`.

    Returns
    -------
    xr.Dataset
        Over ``group``, ``arm`` and ``effect``: ``change``, the median paired difference to the reference arm in
        ``effect_units``, and ``kept``, the mean difference over that of the full support (NaN where that has no effect
        in the mean), each with its 95 % interval (``_low``, ``_high``); ``kept_first_quartile``, ``kept_median`` and
        ``kept_third_quartile`` of the shares that the patients keep, among those whose effect under full support is
        in the direction that is better and beyond the numerical error (``with_effect``, of the sample). Over ``group``
        and ``arm`` the shares whom an arm ``helps`` and ``harms``, with Wilson's intervals; over ``curve`` and ``arm``
        the ``setting`` that is wound down, NaN in arms that are not of the curve. Groups without patients are left out.

    Raises
    ------
    InputError
        For an unknown name, where no arm differs from ``arm`` in ratio or volume alone, nobody can be compared, or a
        refined store.
    """
    reference = reference or reference_of(dataset)
    if "arm" in dataset.dims and arm is None:
        arm = full_support(dataset, reference or reference_of(dataset))
    full = Comparison.of(dataset, arm, reference, definition, thresholds)
    curves = curves_of(dataset, full.arm, full.reference)
    arms = list(dict.fromkeys(name for curve in curves for name in curve.arms))
    comparisons = {name: Comparison.of(dataset, name, full.reference, definition, thresholds) for name in arms}
    axis = None if by in (None, "cohort") else measure(dataset, str(by), full, "weaning: by")
    names = [*full.reads(dataset), *(name for name in EFFECTS if name != DEMAND), *(axis.needs if axis else ())]
    block = sample(dataset, names)
    chosen = _compared(block, comparisons)
    if not chosen.any():
        raise InputError(f"weaning: no patient was compared in all of {full.reference}, {', '.join(arms)}")
    split = split_by(dataset, by, axis, axis.of(block)[chosen] if axis else None)
    tally = _summed(dataset, comparisons, full, names, split)
    found = xr.Dataset(
        _kept(block.isel(patient=np.flatnonzero(chosen)), comparisons, full, tally, split)
        | _classes(tally)
        | {"patients": ("group", tally.patients), "setting": (("curve", "arm"), _settings(curves, arms))},
        {
            "group": np.array(split.labels, dtype=object),
            "arm": np.array(arms, dtype=object),
            "effect": np.array(list(EFFECTS), dtype=object),
            "curve": np.array([curve.setting for curve in curves], dtype=object),
            "curve_units": ("curve", np.array([PARAMETERS[curve.setting].units for curve in curves], dtype=object)),
            "effect_units": ("effect", np.array([terms(name)[1] for name in EFFECTS], dtype=object)),
        },
    ).isel(group=np.flatnonzero(tally.patients))
    return described(found, VARIABLES).assign_attrs(
        about_sweep(dataset)
        | full.attributes
        | {
            "by": by or "",
            "candidates": dataset.sizes["patient"],
            "compared": int(tally.patients.sum()),
            **dict(zip(APART, tally.apart.tolist(), strict=True)),
            "sampled": int(chosen.sum()),
        }
    )


def _compared(block: xr.Dataset, comparisons: Mapping[str, Comparison]) -> NDArray[np.bool_]:
    return np.asarray(np.all([compared_in(judge(block, comparison)[0]) for comparison in comparisons.values()], axis=0))


def _apart(classes: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Count those not compared in every arm, each by the first of ``APART`` that holds in any."""
    left, counts = np.ones(classes.shape[1], dtype=np.bool_), []
    for name in APART:
        own = left & (classes == Response[name.upper()]).any(axis=0)
        counts.append(own.sum())
        left &= ~own
    return np.array(counts, dtype=np.int64)


class _Tally(NamedTuple):
    """Sums by group over all patients, or some; those of several parts add up.

    Attributes
    ----------
    patients : array, (group,)
    moments : array, (3, effect, arm, group)
        Differences in each arm, their squares, and products with full support.
    classes : array, (arm, group, response)
    apart : array, (4,)
        Those not compared, by ``APART``.
    """

    patients: NDArray[np.int64]
    moments: Floats
    classes: NDArray[np.int64]
    apart: NDArray[np.int64]


def _summed(
    dataset: xr.Dataset, comparisons: Mapping[str, Comparison], full: Comparison, names: list[str], split: Split
) -> _Tally:
    groups = len(split.labels)

    def summed(block: xr.Dataset, _: slice) -> _Tally:
        classes = np.stack([judge(block, comparison)[0] for comparison in comparisons.values()])
        chosen = compared_in(classes).all(axis=0)
        group = split.of(block)[chosen]
        by_class = [
            np.bincount(group * len(Response) + own, minlength=groups * len(Response)) for own in classes[:, chosen]
        ]
        kept = block.isel(patient=np.flatnonzero(chosen))
        moments = np.zeros((3, len(EFFECTS), len(comparisons), groups))
        for place, effect in enumerate(EFFECTS):
            whole = np.asarray(Pair(kept, full.arm, full.reference).difference(effect).value)
            for row, comparison in enumerate(comparisons.values()):
                less = np.asarray(Pair(kept, comparison.arm, comparison.reference).difference(effect).value)
                for power, weight in enumerate((less, less * less, less * whole)):
                    moments[power, place, row] = np.bincount(group, weight, minlength=groups)
        return _Tally(
            np.bincount(group, minlength=groups),
            moments,
            np.reshape(by_class, (len(comparisons), groups, len(Response))),
            _apart(classes),
        )

    return fold(dataset, names, summed, answer="weaning", weights=Weights.REFUSED)


def _kept(
    block: xr.Dataset, comparisons: Mapping[str, Comparison], full: Comparison, tally: _Tally, split: Split
) -> dict[str, tuple[tuple[str, ...], NDArray[Any]]]:
    """Change and share kept over group, arm and effect; who has an effect over group and effect."""
    group, groups = split.of(block), len(split.labels)
    shape = groups, len(comparisons), len(EFFECTS)
    found = {name: np.full(shape, np.nan) for name in KEPT}
    with_effect = np.zeros((groups, len(EFFECTS)), np.int64)
    for place, (effect, better) in enumerate(EFFECTS.items()):
        whole = Pair(block, full.arm, full.reference).difference(effect)
        own = np.where(better * np.asarray(whole.value) > np.asarray(whole.error), group, -1)
        with_effect[:, place] = np.bincount(own[own >= 0], minlength=groups)
        for row, comparison in enumerate(comparisons.values()):
            change = np.asarray(Pair(block, comparison.arm, full.reference).difference(effect).value)
            share = change / np.where(own >= 0, whole.value, np.nan)
            kept = [_ratio(tally, place, row, list(comparisons).index(full.arm), code) for code in range(groups)]
            columns = (
                *quantiles(group, change, groups, 0.5),
                *np.transpose(kept),
                *(quantiles(own, share, groups, each).value for each in (0.25, 0.5, 0.75)),
            )
            for name, column in zip(KEPT, columns, strict=True):
                found[name][:, row, place] = column
    over = ("group", "arm", "effect")
    return {name: (over, values) for name, values in found.items()} | {
        "with_effect": (("group", "effect"), with_effect)
    }


def _ratio(tally: _Tally, effect: int, arm: int, full: int, group: int) -> Number:
    """Ratio of two means of the same patients, with its interval by the delta method."""
    count = int(tally.patients[group])
    if not count:
        return Number(np.nan, np.nan, np.nan)
    mean, square, product = tally.moments[:, effect, arm, group] / count
    whole, whole_square, _ = tally.moments[:, effect, full, group] / count
    spread = max(whole_square - whole**2, 0.0)
    if abs(whole) <= LEAST_SIZE * np.sqrt(spread / count):
        return Number(np.nan, np.nan, np.nan)
    ratio = mean / whole
    variance = (square - mean**2) - 2 * ratio * (product - mean * whole) + ratio**2 * spread
    reach = Z95 * np.sqrt(max(variance, 0.0) / count) / abs(whole)
    return Number(float(ratio), float(ratio - reach), float(ratio + reach))


def _classes(tally: _Tally) -> dict[str, tuple[Any, ...]]:
    """Shares of the patients helped and harmed over arm and group, with their intervals."""
    total = np.broadcast_to(tally.patients, tally.classes.shape[:2])
    return {
        part: share
        for name, member in {"helps": Response.HELPS, "harms": Response.HARMS}.items()
        for part, share in shares_with_intervals(name, ("arm", "group"), tally.classes[..., member], total).items()
    }


def _settings(curves: tuple[Curve, ...], arms: list[str]) -> Floats:
    """Value of the setting of each curve in each arm; NaN in an arm that is not of the curve."""
    values = [dict(zip(curve.arms, curve.values, strict=True)) for curve in curves]
    return np.array([[own.get(name, np.nan) for name in arms] for own in values])
