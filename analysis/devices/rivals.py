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
from ..response.left_out import without_left_out
from ..response.pairs import DEMAND, Pair, terms
from .rivals_order import TARGETS, Ranks, balloon_of, ranks_of, targets_of
from .rivals_tally import Tally, arms_of, as_devices, devices_of, judge_ranks

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
AGAINST_BALLOON = tuple(f"balloon_{name}" for name in CHANGES)

VARIABLES = {
    "count": ("patients for whom the device is the mildest that meets the targets", "1"),
    "ties": ("of these, those for whom more than one device of the rank meets them", "1"),
    "mildest": ("share of the patients compared for whom the device is the mildest that meets the targets", "1"),
    "rank": ("place of the device in the order of mildness", "1"),
    "ran": ("patients whose numbers hold in the device, at the level taken, and in the reference", "1"),
    "meets": ("of these, those who meet the targets", "1"),
    "meets_share": ("share of those who ran who meet the targets", "1"),
    "failed": ("patients of the cohort for whom no level meets them and the run of one failed", "1"),
    "without_reference": (
        "patients without a difference: the reference failed, or the arm had nothing to start from",
        "1",
    ),
    "valve_shut": ("share of those who ran whose aortic valve never opens", "1"),
    "never": ("of those who ran, those who meet the targets at no level", "1"),
    "level_rank": ("place in the order of mildness of the device that the arm is a level of", "1"),
    "level_ran": ("patients whose numbers hold in the arm and in the reference", "1"),
    "level_meets": ("of these, those who meet the targets", "1"),
    "lowest": ("of these, those who meet them at no lower level", "1"),
    "level_valve_shut": ("share of those who ran at the level whose aortic valve never opens", "1"),
    "change": ("median paired difference to the reference arm", ""),
    "balloon_change": ("median paired difference to the balloon", ""),
    "more_than_balloon": ("share of those who ran in both whose cardiac output is higher than with the balloon", "1"),
    "cell_patients": ("patients compared in the cell", "1"),
    "cell_count": ("patients of the cell for whom the device is the mildest that meets the targets", "1"),
    "cell_most": ("place of the device that most patients of the cell need; -1 for none", "1"),
    "cell_second": ("place of the device that second most need; -1 for none", "1"),
    "cell_share": ("share of the cell's patients who need the first", "1"),
    "cell_tie": ("whether the second is not significantly rarer", ""),
    "cell_thin": (f"whether the cell has fewer than {FEWEST} patients", ""),
    "level_device": ("device that the arm is a level of", "1"),
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
    run of a milder arm failed, so that nobody knows whether it would have done; not compared, where outside the cohort
    or not run; or left out, where nobody survives the baseline, or it is no shock, as in
    :func:`~counterpulse.analysis.response.classify.classify`. Who is within the numerical error of another rank is
    counted beside.

    Arms called ``ARM@LEVEL`` are levels of one device, which every patient has at the lowest level that meets the
    targets, as they are used, and at the highest where none does: what a device costs is told at these.

    Parameters
    ----------
    dataset : xr.Dataset
        Result of ``open_store`` or ``simulate``.
    targets : sequence of str
        Conditions that must all hold, as ``cardiac_index>2.2``.
    order : sequence of str, optional
        Names of devices, or of single levels, as in :func:`~counterpulse.analysis.devices.rivals_order.ranks_of`.
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
        (``_low``, ``_high``). Over ``arm``, the devices at the levels taken: its ``rank``, who ``ran``, ``meets`` the
        targets or ``never`` does, ``failed``, was ``without_reference``, and whose aortic valve stays shut
        (``valve_shut``); with ``failed`` and ``without_reference`` those who ran are all candidates but those not
        compared or left out. Over ``level``, every arm: who ran and meets the targets there, for how many it is the
        ``lowest`` that does, and ``level_valve_shut``. Over ``arm`` and ``outcome``: the median paired ``change`` to
        the reference arm in ``outcome_units``, with its interval and quartiles; NaN in the reference arm;
        ``balloon_change`` is that to the balloon, where a device is one, and ``more_than_balloon`` the share of the
        patients with more output. With axes also over ``y`` and ``x`` what the cells hold, ``cell_...``. Attributes say
        how many were compared, undetermined, undecided or not compared, and, as ``not_survivable`` and
        ``not_in_shock``, left out.

    Raises
    ------
    InputError
        For an unknown name, one axis alone, a store of one arm, a refined store, or where nobody can be compared.
    """
    if (x is None) != (y is None) or (x is not None and x == y):
        raise InputError("rivals: a map needs two different axes, --x and --y")
    reference = reference or reference_of(dataset)
    ranks = ranks_of(dataset, order)
    arms = arms_of(ranks)
    if len(arms) < 2:
        raise InputError("rivals: two arms or more are needed to compare")
    goals = targets_of(dataset, targets)
    comparison = Comparison.of(dataset, next(name for name in arms if name != reference), reference)
    axes = [measure(dataset, name, comparison, f"rivals: {place}") for place, name in (("y", y), ("x", x)) if name]
    names = ["status", "convergence_error", *(goal.outcome for goal in goals)]
    names += [*PRICES, "mean_heart_rate", "findings", "difference_error"]
    names += ["pressure_target", *(comparison.left_out.needs if comparison.left_out else [])]
    names = [name for name in names if name in dataset] + [name for axis in axes for name in axis.needs]
    names = list(dict.fromkeys(names))
    whole = sample(dataset, names)
    block, _ = without_left_out(whole, comparison.left_out)
    judged = judge_ranks(block, ranks, goals, reference)
    if not judged.compared.any():
        raise nobody("rivals")
    edges = laid_out(dataset, axes, block, judged.compared, bins, "rivals", whole.sizes["patient"])
    tally = Tally.over(dataset, names, ranks, goals, reference, axes, edges, comparison.left_out)
    balloon, devices = balloon_of(dataset, ranks), devices_of(ranks)
    titles = [" / ".join(device.name for device in rank) for rank in ranks]
    coordinates = {
        "device": np.array([*titles, NONE_MEETS], dtype=object),
        "arm": np.array([device.name for device in devices], dtype=object),
        "level": np.array(arms, dtype=object),
        "outcome": np.array(PRICES, dtype=object),
        "outcome_units": ("outcome", np.array([terms(name)[1] for name in PRICES], dtype=object)),
    }
    chosen = as_devices(block, ranks, judged.chosen, [reference])
    changes = _changes(chosen, ranks, reference, CHANGES)
    if balloon:
        changes |= _changes(chosen, ranks, balloon, AGAINST_BALLOON) | _more_output(chosen, ranks, balloon)
    found = xr.Dataset(_devices(tally) | _arms(tally, ranks) | _levels(tally, ranks) | changes, coordinates)
    if axes:
        found = with_axes(found.assign(_cells(axes, tally.cells)), axes, edges)
    return described(found, VARIABLES).assign_attrs(
        about_sweep(dataset)
        | {
            "reference": reference,
            "balloon": balloon,
            "pressure_target": _held(block),
            "targets": json.dumps([str(goal) for goal in goals]),
            "left_out": json.dumps([str(name) for name in dataset["arm"].values if str(name) not in arms]),
            "candidates": dataset.sizes["patient"],
            **tally.counts,
            "sampled": int(judged.compared.sum()),
        }
    )


def _held(block: xr.Dataset) -> float:
    """Pressure (mmHg) that drugs are told to hold: 0 for the reference arm's own, or where it differs."""
    told = np.unique(block["pressure_target"].values) if "pressure_target" in block else np.zeros(1)
    return float(told[0]) if len(told) == 1 else 0.0


def _devices(tally: Tally) -> dict[str, Any]:
    """Patients by the mildest device that serves them, and last those whom none serves."""
    total = np.broadcast_to(tally.by_rank.sum(), tally.by_rank.shape)
    counts = {"count": ("device", tally.by_rank), "ties": ("device", tally.tied)}
    return counts | shares_with_intervals("mildest", "device", tally.by_rank, total)


def _places(ranks: Ranks) -> list[int]:
    """Rank of each device."""
    return [place for place, rank in enumerate(ranks) for _ in rank]


def _arms(tally: Tally, ranks: Ranks) -> dict[str, Any]:
    """Patients of each device: who ran, who met the targets, and why others have no difference."""
    ran, meets, failed, without, shut = tally.by_device.T
    counts = {"ran": ran, "meets": meets, "never": ran - meets, "failed": failed, "without_reference": without}
    return {
        "rank": ("arm", _places(ranks)),
        **{name: ("arm", each) for name, each in counts.items()},
        **shares_with_intervals("meets_share", "arm", meets, ran),
        "valve_shut": ("arm", shut / np.maximum(ran, 1)),
    }


def _levels(tally: Tally, ranks: Ranks) -> dict[str, Any]:
    """Patients of each level: who ran, who met the targets, and for whom it is the lowest that does."""
    ran, meets, lowest, shut = tally.by_level.T
    counts = {"level_ran": ran, "level_meets": meets, "lowest": lowest}
    owners = [(device.name, place) for device, place in zip(devices_of(ranks), _places(ranks), strict=True)
              for _ in device.levels]  # fmt: skip
    return {
        "level_device": ("level", np.array([name for name, _ in owners], dtype=object)),
        "level_rank": ("level", [place for _, place in owners]),
        **{name: ("level", each) for name, each in counts.items()},
        "level_valve_shut": ("level", shut / np.maximum(ran, 1)),
    }


def _changes(chosen: xr.Dataset, ranks: Ranks, against: str, names: Sequence[str]) -> dict[str, Any]:
    """Medians of the paired differences to an arm, with intervals and quartiles."""
    devices = devices_of(ranks)
    found = np.full((len(names), len(devices), len(PRICES)), np.nan)
    for row, device in enumerate(devices):
        if device.name == against:
            continue
        pair = Pair(chosen, device.name, against)
        both = _in_both(pair)
        for column, name in enumerate(PRICES):
            change = np.asarray(pair.difference(name).value)[both]
            quartiles = np.nanquantile(change, [0.25, 0.75]) if np.isfinite(change).any() else (np.nan, np.nan)
            found[:, row, column] = *median(change), *quartiles
    return {name: (("arm", "outcome"), values) for name, values in zip(names, found, strict=True)}


def _in_both(pair: Pair) -> NDArray[np.bool_]:
    here, there = pair.data("status")
    return np.asarray((here == Status.OK) & (there == Status.OK))


def _more_output(chosen: xr.Dataset, ranks: Ranks, balloon: str) -> dict[str, Any]:
    """Share of the patients of the sample whose cardiac output is higher than with the balloon."""
    counts = []
    for device in devices_of(ranks):
        pair = Pair(chosen, device.name, balloon)
        both = _in_both(pair)
        counts.append((int((np.asarray(pair.difference("cardiac_output").value)[both] > 0).sum()), int(both.sum())))
    more, total = np.array(counts, dtype=np.int64).T
    return shares_with_intervals("more_than_balloon", "arm", more, total)


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
