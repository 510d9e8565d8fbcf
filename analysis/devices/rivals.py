"""Rivals: the mildest device that brings each patient to a target, and what its flow costs the left ventricle."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ...engine import InputError, Status
from ..numbers.cells import FEWEST, laid_out, median, with_axes
from ..numbers.intervals import described, shares_with_intervals, wilson
from ..reading.measures import Measure, measure
from ..reading.origin import about_sweep, reference_of
from ..reading.stream import sample
from ..response.comparison import Comparison, nobody
from ..response.pairs import DEMAND, Pair, terms
from .rivals_order import TARGETS, ranks_of, targets_of
from .rivals_tally import Tally, judge_ranks

NONE_MEETS = "none meets it"

PRICES = (
    "cardiac_output",
    "lv_end_systolic_pressure",
    "effective_arterial_elastance",
    "lv_end_diastolic_volume",
    "wedge_pressure",
    "stroke_work",
    "pressure_volume_area",
    DEMAND,
)
"""What a device gives and what it costs: paired differences to the reference arm."""

CHANGES = ("change", "change_low", "change_high", "change_first_quartile", "change_third_quartile")

VARIABLES = {
    "count": ("patients for whom the device is the mildest that meets the targets", "1"),
    "ties": ("of these, those for whom more than one arm of the rank meets them", "1"),
    "mildest": ("share of the patients compared for whom the device is the mildest that meets the targets", "1"),
    "rank": ("place of the arm in the order of mildness", "1"),
    "ran": ("patients whose numbers hold in the arm and in the reference", "1"),
    "meets": ("of these, those who meet the targets", "1"),
    "meets_share": ("share of those who ran who meet the targets", "1"),
    "failed": ("patients of the cohort whose run failed in the arm itself", "1"),
    "without_reference": (
        "patients without a difference, as the reference failed or the arm had nothing to start from",
        "1",
    ),
    "valve_shut": ("share of those who ran whose aortic valve never opens", "1"),
    "change": ("median paired difference to the reference arm", ""),
    "cell_patients": ("patients compared in the cell", "1"),
    "cell_count": ("patients of the cell for whom the device is the mildest that meets the targets", "1"),
    "cell_most": ("place of the device that most patients of the cell need; -1 for none", "1"),
    "cell_second": ("place of the device that second most need; -1 for none", "1"),
    "cell_share": ("share of the cell's patients who need the first", "1"),
    "cell_tie": ("whether the second is not significantly rarer", ""),
    "cell_thin": (f"whether the cell has fewer than {FEWEST} patients", ""),
}
"""Long names and units; those of a change are ``outcome_units``."""


def rivals(
    dataset: xr.Dataset,
    targets: Sequence[str] = TARGETS,
    order: Sequence[str] | None = None,
    *,
    reference: str | None = None,
    x: str | None = None,
    y: str | None = None,
    bins: int | None = None,
) -> xr.Dataset:
    """Find the mildest device that meets the targets, patient by patient, and the price of each.

    Every patient is counted once: with the mildest rank whose arm meets all targets; with none; undetermined, where the
    run of a milder arm failed, so that nobody knows whether it would have done; or not compared, where outside the
    cohort or not run. Who is within the numerical error of another rank is counted beside.

    Parameters
    ----------
    dataset : xr.Dataset
        Result of ``open_store`` or ``simulate``.
    targets : sequence of str
        Conditions that must all hold, as ``cardiac_index>2.2``.
    order : sequence of str, optional
        As in :func:`~counterpulse.analysis.devices.rivals_order.ranks_of`.
    reference : str, optional
        Arm of the paired differences; default that of the store.
    x, y : str, optional
        Axes of a map of the mildest device, as in :func:`~counterpulse.analysis.maps.map.map`.
    bins : int, optional
        Cells along each axis.

    Returns
    -------
    xr.Dataset
        Over ``device``, the ranks and last none: ``count``, ``ties``, and the share ``mildest`` with Wilson's interval
        (``_low``, ``_high``). Over ``arm``: its ``rank``, who ``ran``, ``meets`` the targets, ``failed``, was
        ``without_reference``; with ``failed`` and ``without_reference`` those who ran are all candidates but those not
        compared. Over ``arm`` and ``outcome``: the median paired ``change`` to the reference arm in ``outcome_units``,
        with its interval and quartiles; NaN in the reference arm. With axes also over ``y`` and ``x`` what the cells
        hold, ``cell_...``. Attributes say how many were compared, undetermined, undecided or not compared.

    Raises
    ------
    InputError
        For an unknown name, one axis alone, a store of one arm, a refined store, or where nobody can be compared.
    """
    if (x is None) != (y is None) or (x is not None and x == y):
        raise InputError("rivals: a map needs two different axes, --x and --y")
    reference = reference or reference_of(dataset)
    ranks = ranks_of(dataset, order)
    arms = [name for rank in ranks for name in rank]
    if len(arms) < 2:
        raise InputError("rivals: two arms or more are needed to compare")
    goals = targets_of(dataset, targets)
    comparison = Comparison.of(dataset, next(name for name in arms if name != reference), reference)
    axes = [measure(dataset, name, comparison, f"rivals: {place}") for place, name in (("y", y), ("x", x)) if name]
    names = ["status", "convergence_error", *(goal.outcome for goal in goals)]
    names += [*PRICES, "mean_heart_rate", "findings", "difference_error"]
    names = [name for name in names if name in dataset] + [name for axis in axes for name in axis.needs]
    block = sample(dataset, names)
    judged = judge_ranks(block, ranks, goals, reference)
    if not judged.compared.any():
        raise nobody("rivals")
    edges = laid_out(dataset, axes, block, judged.compared, bins, "rivals")
    tally = Tally.over(dataset, names, ranks, goals, reference, axes, edges)
    coordinates = {
        "device": np.array([*(" / ".join(rank) for rank in ranks), NONE_MEETS], dtype=object),
        "arm": np.array(arms, dtype=object),
        "outcome": np.array(PRICES, dtype=object),
        "outcome_units": ("outcome", np.array([terms(name)[1] for name in PRICES], dtype=object)),
    }
    found = xr.Dataset(_devices(tally) | _arms(tally, ranks) | _changes(block, arms, reference), coordinates)
    if axes:
        found = with_axes(found.assign(_cells(axes, tally.cells)), axes, edges)
    return described(found, VARIABLES).assign_attrs(
        about_sweep(dataset)
        | {
            "reference": reference,
            "targets": json.dumps([str(goal) for goal in goals]),
            "left_out": json.dumps([str(name) for name in dataset["arm"].values if str(name) not in arms]),
            "candidates": dataset.sizes["patient"],
            **tally.counts,
            "sampled": int(judged.compared.sum()),
        }
    )


def _devices(tally: Tally) -> dict[str, Any]:
    """Patients by the mildest device that serves them, and last those whom none serves."""
    total = np.broadcast_to(tally.by_rank.sum(), tally.by_rank.shape)
    counts = {"count": ("device", tally.by_rank), "ties": ("device", tally.tied)}
    return counts | shares_with_intervals("mildest", "device", tally.by_rank, total)


def _arms(tally: Tally, ranks: Sequence[tuple[str, ...]]) -> dict[str, Any]:
    """Patients of each arm: who ran, who met the targets, and why others have no difference."""
    ran, meets, failed, without, shut = tally.by_arm.T
    counts = {"ran": ran, "meets": meets, "failed": failed, "without_reference": without}
    places = [place for place, rank in enumerate(ranks) for _ in rank]
    return {
        "rank": ("arm", places),
        **{name: ("arm", each) for name, each in counts.items()},
        **shares_with_intervals("meets_share", "arm", meets, ran),
        "valve_shut": ("arm", shut / np.maximum(ran, 1)),
    }


def _changes(block: xr.Dataset, arms: Sequence[str], reference: str) -> dict[str, Any]:
    """Medians of the paired differences to the reference arm, with intervals and quartiles."""
    found = np.full((len(CHANGES), len(arms), len(PRICES)), np.nan)
    for row, arm in enumerate(arms):
        if arm == reference:
            continue
        pair = Pair(block, arm, reference)
        here, there = pair.data("status")
        both = (here == Status.OK) & (there == Status.OK)
        for column, name in enumerate(PRICES):
            change = np.asarray(pair.difference(name).value)[both]
            quartiles = np.nanquantile(change, [0.25, 0.75]) if np.isfinite(change).any() else (np.nan, np.nan)
            found[:, row, column] = *median(change), *quartiles
    return {name: (("arm", "outcome"), values) for name, values in zip(CHANGES, found, strict=True)}


def _cells(axes: Sequence[Measure], counts: NDArray[np.int64]) -> Mapping[str, Any]:
    """Mildest device of the most patients in each cell, and whether the runner-up is significantly rarer."""
    dims = tuple(axis.name for axis in axes)
    patients = counts.sum(axis=0)
    order = np.argsort(-counts, axis=0, kind="stable")
    first, second = (np.take_along_axis(counts, order[place][None], axis=0)[0] for place in (0, 1))
    low, _ = wilson(first, first + second)
    thin = patients < FEWEST
    return {
        "cell_patients": (dims, patients),
        "cell_count": (("device", *dims), counts),
        "cell_most": (dims, np.where(patients > 0, order[0], -1)),
        "cell_second": (dims, np.where(second > 0, order[1], -1)),
        "cell_share": (dims, first / np.where(patients > 0, patients, np.nan)),
        "cell_tie": (dims, (patients > 0) & ~thin & ~(low > 0.5)),
        "cell_thin": (dims, thin),
    }
