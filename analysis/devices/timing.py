"""When a balloon should inflate and deflate: its effect over both offsets, the best timing, and what errors do."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ...engine import InputError, check_name
from ..numbers.cells import Floats, cell_of, laid_out, quantiles, swept, together, with_axes
from ..numbers.intervals import ENDS, described
from ..reading.measures import Measure, measure
from ..reading.origin import about_sweep, cohorts_of
from ..reading.stream import Weights, fold, sample
from ..response.classify import CLASSES, Response, compared_in, judge
from ..response.comparison import Comparison, nobody
from .timing_best import BENEFITS, NUMBERS, OPEN, RATES, STEP, Plan, by_group
from .timing_errors import DEFLATION, INFLATION, SHOWN, over_settings, what_errors_do
from .timing_own import deflations_of, own_deflation
from .timing_surface import DEGREE, Basis, Sums, by_setting, products

VARIABLES = {
    "patients": ("patients compared in the cell", "1"),
    "share_harmed": ("share of the patients harmed, smoothed", "1"),
    "met": ("where the timing is right, or the error is met", ""),
    "begins": ("offset from which on the error is met, the other being at its best", "s"),
    "timing_patients": ("patients compared with such offsets", "1"),
    "effect_mean": ("mean of the paired difference over such offsets", ""),
    "share": ("share of the patients compared with such offsets by class", "1"),
    **dict.fromkeys(OPEN, ("whether the range may be wider than what was swept", "")),
    "group_patients": ("patients compared", "1"),
    "cohort_of_group": ("cohort; empty for all", ""),
    "heart_rate_of_group": ("heart rate (/min); empty for all", ""),
    "why_not": ("why there is no best timing; empty where there is", ""),
}
"""Long names and units of what is no group's and no paired difference; those of a mean effect are ``effect_units``."""


def timing(
    dataset: xr.Dataset,
    *,
    arm: str | None = None,
    reference: str | None = None,
    benefit: str = "output",
    kept: float = 0.5,
    harmed: float = 0.1,
    x: str | None = None,
    y: str | None = None,
    bins: int | None = None,
    thresholds: Mapping[str, float] | None = None,
) -> xr.Dataset:
    """Map the effect of a balloon over its two offsets, and find the best timing.

    Where arms differ in the start of deflation alone, as ``levels = { deflation_offset = [...] }`` makes them, each
    patient has had every setting, and the answer is that of
    :func:`~counterpulse.analysis.devices.timing_own.own_deflation`: the operator's optimum per patient and per cell,
    and what one setting for all loses; what is asked for and said below is then left aside but ``x``, ``y``, ``bins``.

    The cells show medians: of all patients, or of a seeded sample of 200,000. Means are fitted over the offsets by
    polynomials to all patients; best timing, tolerance and errors are those of the means. An error is met beyond the
    best, on its side, where the mean of what it spoils keeps less than a share ``kept`` of its size at the best.

    Parameters
    ----------
    dataset : xr.Dataset
        Result of ``open_store`` or ``simulate`` in which both offsets of the arm vary from patient to patient.
    arm, reference, thresholds
        As in :func:`~counterpulse.analysis.response.classify.classify`.
    benefit : str
        What is to be best: ``output``, ``augmentation`` or ``demand``.
    kept : float
        0 asks for the textbook's signs to the letter (wedge pressure not lower than without the pump, no augmentation,
        systolic pressure not lower, end-diastolic pressure not lower).
    harmed : float
        Largest share of patients that the best timing may harm: output alone would praise late deflation, under which
        the heart works against the balloon.
    x, y : str, optional
        Where arms differ in deflation alone: what the cells of patients go by.
    bins : int, optional
        Cells along each offset, or along ``x`` and ``y``.

    Returns
    -------
    xr.Dataset
        Over ``deflation_offset`` and ``inflation_offset``, in cells: ``patients`` and the median of each benefit with
        its 95 % interval (``_low``, ``_high``). Over ``deflation_setting`` and ``inflation_setting``, every 5 ms: the
        fitted ``mean_...`` of paired differences, ``share_harmed``, and by ``timing`` where right timing and each error
        of the textbook is ``met``; ``begins``, ``effect_mean`` and ``share`` say what they do. Over ``group``, all
        patients first, then by heart rate and cohort: the best timing with tolerance and intervals, or ``why_not``; and
        the operator's optimum, ``operator_deflation``, by the group's means, with what all patients' loses in it.

    Raises
    ------
    InputError
        For an unknown name, an offset that does not vary, axes of cells where no arms differ in deflation alone, a
        refined store, or where no patient can be compared.
    """
    check_name("benefit", benefit, BENEFITS)
    if not 0 <= kept < 1:
        raise InputError(f"timing: kept is {kept:g}; 0 to below 1 is possible")
    if not 0 <= harmed <= 1:
        raise InputError(f"timing: harmed is {harmed:g}; a share of 0 to 1 is possible")
    comparison = Comparison.of(dataset, arm, reference, None, thresholds)
    starts = deflations_of(dataset, comparison)
    if len(starts) > 1:
        return own_deflation(dataset, comparison, starts, x, y, bins)
    if x is not None or y is not None:
        raise InputError("timing: x and y need arms that differ in the start of deflation alone")
    axes = (measure(dataset, INFLATION, comparison, "timing"), measure(dataset, DEFLATION, comparison, "timing"))
    shown = tuple(measure(dataset, name, comparison, "timing") for name in SHOWN)
    names = [*comparison.reads(dataset), *(name for axis in (*axes, *shown) for name in axis.needs)]
    block = sample(dataset, names)
    response, _, _ = judge(block, comparison)
    compared = compared_in(response)
    if not compared.any():
        raise nobody("timing")
    edges = laid_out(dataset, axes, block, compared, bins, "timing")
    offsets = [axis.of(block)[compared] for axis in axes]
    basis = _basis(dataset, offsets)
    cohorts = cohorts_of(dataset) if "cohort" in dataset else ()
    plan = Plan(comparison, axes, shown, benefit, kept, harmed, _lattice(basis), cohorts)
    sums, totals = _summed(dataset, plan, basis, names)
    groups, whole = by_group(plan, sums)
    best = next((row for row in groups[:1] if row["group"] == "all" and not row["why_not"]), None)
    fitted = over_settings(plan, whole, best)
    if best is not None:
        units = {each.name: each.units for each in shown}
        fitted = fitted.merge(what_errors_do(fitted, best, sums.counts.sum(axis=(0, 1)), units))
    cells = _cells(axes, edges, offsets, {axis.name: axis.of(block)[compared] for axis in shown})
    return described(cells.merge(fitted).merge(_groups(groups)), _meanings(shown, benefit)).assign_attrs(
        about_sweep(dataset)
        | comparison.attributes
        | {
            "benefit": benefit,
            "kept": kept,
            "harmed": harmed,
            "candidates": int(totals.sum()),
            "compared": int(totals[list(CLASSES)].sum()),
            "sampled": int(compared.sum()),
            **{member.name.lower(): int(totals[member]) for member in Response},
        }
    )


def _meanings(shown: Sequence[Measure], benefit: str) -> dict[str, tuple[str, str]]:
    """Long names and units of all that is told."""
    medians = {each.name: (f"median {each.label}", each.units) for each in shown}
    means = {f"mean_{each.name}": (f"mean {each.label}", each.units) for each in shown}
    units = medians[BENEFITS[benefit][0]][1]
    of_benefit = {name: (NUMBERS[name][0], units) for name in ("best_benefit", "held_back")}
    return VARIABLES | medians | means | NUMBERS | of_benefit


def _groups(rows: list[dict[str, Any]]) -> xr.Dataset:
    """Lay what is told of the groups out over them."""
    texts = ("group", "cohort_of_group", "heart_rate_of_group", "why_not")
    columns = {
        name: ("group", np.array([row[name] for row in rows], dtype=object if name in texts else None))
        for name in (rows[0] if rows else ())
    }
    return xr.Dataset(columns)


def _basis(dataset: xr.Dataset, offsets: list[Floats]) -> Basis:
    ranges = [
        swept(dataset, name) or (float(each.min()), float(each.max()))
        for name, each in zip((INFLATION, DEFLATION), offsets, strict=True)
    ]
    degrees = [min(DEGREE, len(np.unique(each)) - 1) for each in offsets]
    return Basis((ranges[0], ranges[1]), (degrees[0], degrees[1]))


def _lattice(basis: Basis) -> tuple[Floats, Floats]:
    """Settings every 5 ms from end to end of what was swept."""

    def nodes(low: float, high: float) -> Floats:
        whole = np.arange(math.ceil(low / STEP - 1e-9), math.floor(high / STEP + 1e-9) + 1)
        return np.asarray(STEP * whole, dtype=np.float64)

    return nodes(*basis.ranges[0]), nodes(*basis.ranges[1])


def _summed(dataset: xr.Dataset, plan: Plan, basis: Basis, names: list[str]) -> tuple[Sums, NDArray[np.int64]]:
    """Sum over all patients: surfaces and classes over the lattice by group, and classes in all."""
    shape, bands = (len(plan.lattice[1]), len(plan.lattice[0]), len(CLASSES)), len(RATES) + 1
    groups = max(len(plan.cohorts), 1) * bands
    around = [
        np.array([low, *(nodes[1:] - STEP / 2), high])
        for nodes, (low, high) in zip(plan.lattice, basis.ranges, strict=True)
    ]

    def summed(block: xr.Dataset, part: slice) -> tuple[Sums, NDArray[np.int64]]:
        response, _, _ = judge(block, plan.comparison)
        inflation, deflation = (axis.of(block) for axis in plan.axes)
        rate = block["mean_heart_rate"].sel(arm=plan.comparison.reference).values
        group = np.searchsorted(RATES, rate, side="right")
        group += bands * block["cohort"].values.astype(np.int64) if plan.cohorts else 0
        member = np.argmax([response == each for each in CLASSES], axis=0)
        node = together(cell_of(deflation, around[1]), cell_of(inflation, around[0]), shape[1])
        rows = np.flatnonzero(compared_in(response) & (node >= 0))
        counted = by_setting(groups, shape, group[rows], part.start + rows, node[rows], member[rows])
        outcomes = np.stack([axis.of(block) for axis in plan.shown], axis=1)
        rows = rows[np.isfinite(outcomes[rows]).all(axis=1)]
        offsets = inflation[rows], deflation[rows]
        own = products(basis, groups, group[rows], part.start + rows, offsets, outcomes[rows])
        return Sums(basis, own, shape, counted), np.bincount(response, minlength=len(Response))

    return fold(dataset, names, summed, answer="timing", weights=Weights.REFUSED)


def _cells(
    axes: tuple[Measure, Measure], edges: list[Floats], offsets: list[Floats], values: dict[str, Floats]
) -> xr.Dataset:
    shape = len(edges[1]) - 1, len(edges[0]) - 1
    place = together(cell_of(offsets[1], edges[1]), cell_of(offsets[0], edges[0]), shape[1])
    size = shape[0] * shape[1]
    out, dims = with_axes(xr.Dataset(), axes, edges), (DEFLATION, INFLATION)
    out["patients"] = (dims, np.bincount(place[place >= 0], minlength=size).reshape(shape))
    for name, _ in BENEFITS.values():
        found = quantiles(place, values[name], size, 0.5)
        for suffix, part in zip(ENDS, found, strict=True):
            out[f"{name}{suffix}"] = (dims, part.reshape(shape))
    return out
