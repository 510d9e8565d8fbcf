"""Rivals: the mildest device that brings each patient to a target, and what its flow costs the left ventricle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ...engine import OUTCOMES, InputError, Status
from ..numbers.cells import FEWEST, laid_out, median, with_axes
from ..numbers.intervals import Number, share_of, wilson
from ..reading.measures import Measure, measure
from ..reading.origin import about_sweep, reference_of
from ..reading.stream import sample
from ..response.comparison import Comparison, nobody
from ..response.pairs import DEMAND, DEMAND_TERMS, Pair
from .rivals_order import TARGETS, Target, parse_target, ranks_of
from .rivals_tally import NONE_MEETS, Rank, Tally, judge_ranks

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


@dataclass(frozen=True)
class ArmPrice:
    """What an arm gives and costs against the reference arm, over the same patients.

    Attributes
    ----------
    arm : str
        Name of the arm.
    ran, meets : int
        Patients whose numbers hold in it and in the reference; those of them who meet the target.
    share : Number
        Of those who meet it.
    failed, without_reference : int
        Patients of the cohort whose run failed in the arm itself; others without a difference, as the reference failed
        or the arm could not be run without it. With ``ran`` they are all candidates but those not compared.
    valve_shut : float
        Share of those who ran whose aortic valve never opens.
    changes : dict of str to (Number, (float, float))
        Outcome, or the demand, to its median paired difference with interval, and the quartiles.
    """

    arm: str
    ran: int
    meets: int
    share: Number
    failed: int
    without_reference: int
    valve_shut: float
    changes: dict[str, tuple[Number, tuple[float, float]]]


@dataclass(frozen=True)
class Rivals:
    """Answer of :func:`compare_rivals`; ``cells`` is None where no axes were given."""

    targets: tuple[Target, ...]
    ranks: tuple[Rank, ...]
    prices: tuple[ArmPrice, ...]
    cells: xr.Dataset | None
    about: dict[str, Any]


def compare_rivals(
    dataset: xr.Dataset,
    targets: Sequence[str] = TARGETS,
    order: Sequence[str] | None = None,
    *,
    reference: str | None = None,
    x: str | None = None,
    y: str | None = None,
    bins: int | None = None,
) -> Rivals:
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
        As in :func:`ranks_of`.
    reference : str, optional
        Arm of the paired differences; default that of the store.
    x, y : str, optional
        Axes of a map of the mildest device, as in :func:`~counterpulse.analysis.maps.map_response`.
    bins : int, optional
        Cells along each axis.

    Raises
    ------
    InputError
        For an unknown name, one axis alone, a store of one arm, or where nobody can be compared.
    """
    if (x is None) != (y is None) or (x is not None and x == y):
        raise InputError("rivals: a map needs two different axes, --x and --y")
    reference = reference or reference_of(dataset)
    ranks = ranks_of(dataset, order)
    arms = [name for rank in ranks for name in rank]
    if len(arms) < 2:
        raise InputError("rivals: two arms or more are needed to compare")
    goals = tuple(parse_target(text, dataset) for text in targets)
    if not goals:
        raise InputError("rivals: no target given, as cardiac_index>2.2")
    rule = Comparison.of(dataset, next(name for name in arms if name != reference), reference)
    axes = [measure(dataset, name, rule, f"rivals: {place}") for place, name in (("y", y), ("x", x)) if name]
    names = ["status", "convergence_error", *(goal.outcome for goal in goals)]
    names += [*PRICES, "mean_heart_rate", "findings", "difference_error"]
    names = [name for name in names if name in dataset] + [name for axis in axes for name in axis.needs]
    block = sample(dataset, names)
    verdict = judge_ranks(block, ranks, goals, reference)
    if not verdict.compared.any():
        raise nobody("rivals")
    edges = laid_out(dataset, axes, block, verdict.compared, bins, "rivals")
    tally = Tally.over(dataset, names, ranks, goals, reference, axes, edges)
    about = {
        **about_sweep(dataset),
        "reference": reference,
        "targets": [str(goal) for goal in goals],
        "order": [list(rank) for rank in ranks],
        "left_out": [str(name) for name in dataset["arm"].values if str(name) not in arms],
        "candidates": dataset.sizes["patient"],
        **tally.counts,
        "sampled": int(verdict.compared.sum()),
    }
    cells = _map(axes, edges, tally.cells, ranks) if axes else None
    return Rivals(goals, tally.ranks(ranks), _prices(block, arms, reference, tally), cells, about)


def _prices(block: xr.Dataset, arms: Sequence[str], reference: str, tally: Tally) -> tuple[ArmPrice, ...]:
    out = []
    for name in arms:
        ran, meets, failed, without, shut = (int(each) for each in tally.by_arm[name])
        changes = {} if name == reference else _changes(block, name, reference)
        out.append(ArmPrice(name, ran, meets, share_of(meets, ran), failed, without, shut / max(ran, 1), changes))
    return tuple(out)


def _changes(block: xr.Dataset, arm: str, reference: str) -> dict[str, tuple[Number, tuple[float, float]]]:
    pair = Pair(block, arm, reference)
    here, there = pair.data("status")
    both = (here == Status.OK) & (there == Status.OK)
    out = {}
    for name in PRICES:
        change = np.asarray(pair.difference(name).value)[both]
        first, third = np.nanquantile(change, [0.25, 0.75]) if np.isfinite(change).any() else (np.nan, np.nan)
        out[name] = (median(change), (float(first), float(third)))
    return out


def _map(
    axes: Sequence[Measure],
    edges: Sequence[NDArray[np.float64]],
    counts: NDArray[np.int64],
    ranks: Sequence[tuple[str, ...]],
) -> xr.Dataset:
    """Mildest device of the most patients in each cell, and whether the runner-up is significantly rarer."""
    dims = tuple(axis.name for axis in axes)
    patients = counts.sum(axis=0)
    order = np.argsort(-counts, axis=0, kind="stable")
    first, second = (np.take_along_axis(counts, order[place][None], axis=0)[0] for place in (0, 1))
    low, _ = wilson(first, first + second)
    thin = patients < FEWEST
    names = np.array([*(" / ".join(rank) for rank in ranks), NONE_MEETS], dtype=object)
    out = xr.Dataset(
        {
            "patients": (dims, patients),
            "count": (("device", *dims), counts),
            "most": (dims, np.where(patients > 0, order[0], -1)),
            "second": (dims, np.where(second > 0, order[1], -1)),
            "share": (dims, first / np.where(patients > 0, patients, np.nan)),
            "tie": (dims, (patients > 0) & ~thin & ~(low > 0.5)),
            "thin": (dims, thin),
        },
        coords={"device": names},
    )
    return with_axes(out, axes, edges)


def terms(name: str) -> tuple[str, str]:
    """Long name and unit of a price."""
    return DEMAND_TERMS if name == DEMAND else (OUTCOMES[name].long_name, OUTCOMES[name].units)


def as_dict(answer: Rivals) -> dict[str, Any]:
    """Answer as plain types for JSON."""
    ranks = [{**vars(each), "mildest": each.mildest._asdict()} for each in answer.ranks]
    prices = [
        {
            **vars(each),
            "share": each.share._asdict(),
            "changes": {
                name: {**median._asdict(), "quartiles": quartiles} for name, (median, quartiles) in each.changes.items()
            },
        }
        for each in answer.prices
    ]
    cells = (
        None
        if answer.cells is None
        else {str(name): own.values.tolist() for name, own in answer.cells.variables.items()}
    )
    return {**answer.about, "ranks": ranks, "prices": prices, "cells": cells}
