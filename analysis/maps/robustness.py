"""Robustness: in which cells of a map the answer stands whatever one assumes of regulation, structure or definition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ...engine import InputError, check_name
from ..numbers.cells import FEWEST, Places, cell_of, laid_out, together, with_axes
from ..numbers.intervals import Number, share_of, wilson
from ..reading.measures import Measure, measure
from ..reading.origin import cohort_title, stored_spec
from ..reading.stream import Weights, fold, read, refuse_weights, sample
from ..response.classify import NAMED, Response, judge
from ..response.comparison import Comparison
from .assumptions import assumed, variants


@dataclass(frozen=True)
class Assumption:
    """What one version of the map assumes, and how the answer fares under it.

    Attributes
    ----------
    name : str
        In words: what differs from the first store.
    compared : int
        Patients compared under it; not those of the first store who failed here.
    not_here : int
        Patients compared in the first store, but not here: failed, or outside the cohort.
    share : Number
        Share of the class asked about among all compared, with Wilson's interval.
    holds, uncertain, against : int
        Cells in which the answer holds, is uncertain (the interval includes the level, or too few patients), or does
        not hold.
    reversed : int
        Cells in which it holds and in the first store does not, or the other way round.
    gained, lost : int
        Patients compared both ways who are of the class here and not in the first store, and the other way round.
    """

    name: str
    compared: int
    not_here: int
    share: Number
    holds: int
    uncertain: int
    against: int
    reversed: int
    gained: int
    lost: int


@dataclass(frozen=True)
class Robustness:
    """Answer of :func:`stand`.

    Attributes
    ----------
    assumptions : tuple of Assumption
        The first store as it stands, the other stores, then other definitions and lines on the first.
    cells : xr.Dataset
        ``holds``, ``against``, ``uncertain``: number of assumptions in each cell; ``share`` (assumption, y, x) with
        ``share_low`` and ``share_high``; ``patients`` of the first store; ``thin``.
    stands : dict of str to (int, float)
        Cells, and share of the patients, where the answer holds under all assumptions (``always``), under none
        (``never``), where it is reversed by one (``depends``), and the rest (``uncertain``).
    about : dict
        Name, cohort, comparison, and how many were compared, failed or outside.
    """

    assumptions: tuple[Assumption, ...]
    cells: xr.Dataset
    stands: dict[str, tuple[int, float]]
    about: dict[str, Any]


def stand(
    stores: Sequence[xr.Dataset],
    x: str,
    y: str,
    *,
    arm: str | None = None,
    reference: str | None = None,
    of: str = "helps",
    level: float = 0.5,
    bins: int | None = None,
    definitions: Sequence[str] = (),
    thresholds: Mapping[str, float] | None = None,
    vary_lines: bool = True,
) -> Robustness:
    """Ask of every cell of a map under how many assumptions most of its patients are helped.

    Each assumption differs from the first store in one respect: another store in what its specification says, the
    variants of the first store in the definition or the lines of help and harm. Patients stay in the cell in which the
    first store has them, so that a cell holds the same patients throughout.

    Parameters
    ----------
    stores : sequence of xr.Dataset
        Results of ``open_store`` of the same patients in the same arms.
    x, y : str
        As in :func:`~counterpulse.analysis.maps.map_response`.
    arm, reference, thresholds
        As in :func:`~counterpulse.analysis.response.classify.classify`; of the first store, and used on all.
    of : str
        The class asked about: ``helps``, ``fails`` or ``harms``.
    level : float
        Share of the patients of a cell above which the answer holds.
    bins : int, optional
        Cells along each axis.
    definitions : sequence of str
        Further definitions of help to try on the first store.
    vary_lines : bool
        Whether the lines of help and of harm are halved and doubled on the first store.

    Raises
    ------
    InputError
        For an unknown name, stores of other patients or arms, two that assume the same, or where nobody was compared.
    """
    check_name("of", of, NAMED)
    if not 0 < level < 1:
        raise InputError(f"robustness: level is {level:g}; a share between 0 and 1 is needed")
    if x == y:
        raise InputError(f"robustness: x and y are both {x}; two different axes are needed")
    first = stores[0]
    for store in stores:
        refuse_weights(store, "robustness")
    comparison = Comparison.of(first, arm, reference, None, thresholds)
    versions = [(name, store, _carried(store, comparison)) for name, store in zip(assumed(stores), stores, strict=True)]
    versions += [(name, first, each) for name, each in variants(first, comparison, definitions, vary_lines).items()]
    axes = [measure(first, name, comparison, f"robustness: {place}") for place, name in (("y", y), ("x", x))]
    block = sample(first, [*comparison.reads(first), *(name for axis in axes for name in axis.needs)])
    compared = judge(block, comparison)[0] > Response.FAILED_RUN
    if not compared.any():
        raise InputError("robustness: no patient of the first store was compared: all are outside, failed or not run")
    edges = laid_out(first, axes, block, compared, bins, "robustness")
    counts = _counts(versions, axes, edges, NAMED[of])
    names = [name for name, _, _ in versions]
    cells = _cells(axes, edges, counts, names, level)
    spec = stored_spec(first)
    about = {
        "name": str(spec.get("name", "")),
        "cohort": cohort_title(first),
        **comparison.attributes,
        "of": of,
        "level": level,
        "candidates": int(counts["classes"].sum()),
        "compared": int(counts["compared"][0]),
        "failed_run": int(counts["classes"][Response.FAILED_RUN]),
        "not_compared": int(counts["classes"][Response.NOT_COMPARED]),
        "off_the_map": int(counts["compared"][0] - cells["patients"].sum()),
    }
    return Robustness(_assumptions(counts, names, cells), cells, _stands(cells), about)


def _carried(store: xr.Dataset, comparison: Comparison) -> Comparison:
    """Take the comparison of the first store over to another, whose own [response] does not count."""
    return Comparison.of(store, comparison.arm, comparison.reference, comparison.definition, comparison.thresholds)


def _counts(
    versions: Sequence[tuple[str, xr.Dataset, Comparison]],
    axes: Sequence[Measure],
    edges: Sequence[NDArray[np.float64]],
    asked: Response,
) -> dict[str, NDArray[np.int64]]:
    """Count all patients by assumption, and by the cell in which the first store has them."""
    first, shape = versions[0][1], tuple(len(edge) - 1 for edge in edges)
    stores, reads = {id(store): store for _, store, _ in versions}, dict[int, set[str]]()
    for _, store, comparison in versions:
        reads.setdefault(id(store), set()).update(comparison.reads(store))

    def counted(block: xr.Dataset, rows: slice) -> dict[str, NDArray[np.int64]]:
        others = {own: read(stores[own], sorted(reads[own]), rows) for own in reads if own != id(first)}
        blocks = {id(first): block} | others
        places = [cell_of(axis.of(block), edge) for axis, edge in zip(axes, edges, strict=True)]
        cell = together(places[0], places[1], shape[1])
        responses = [judge(blocks[id(store)], comparison)[0] for _, store, comparison in versions]
        each = [_compared(responses[0], own, cell, asked, shape[0] * shape[1]) for own in responses]
        by_assumption = {name: np.stack([one[name] for one in each]) for name in each[0]}
        return by_assumption | {"classes": np.bincount(responses[0], minlength=len(Response))}

    names = [*sorted(reads[id(first)]), *(name for axis in axes for name in axis.needs)]
    return fold(first, names, counted, answer="robustness", weights=Weights.REFUSED)


def _compared(
    first: NDArray[np.uint8], own: NDArray[np.uint8], cell: Places, asked: Response, cells: int
) -> dict[str, NDArray[np.int64]]:
    """Count the patients compared under the first assumption and under another, and who of them is of a class."""
    both = (own > Response.FAILED_RUN) & (first > Response.FAILED_RUN)
    member, before = both & (own == asked), both & (first == asked)
    counted = {"compared": both, "members": member, "gained": member & ~before, "lost": before & ~member}
    by_cell = {"patients": both, "inside": member}
    return {name: np.array(mask.sum()) for name, mask in counted.items()} | {
        name: np.bincount(cell[mask & (cell >= 0)], minlength=cells) for name, mask in by_cell.items()
    }


def _assumptions(
    counts: Mapping[str, NDArray[np.int64]], names: Sequence[str], cells: xr.Dataset
) -> tuple[Assumption, ...]:
    """Sum up each assumption."""
    state = cells["state"].values.reshape(len(names), -1)
    filled = cells["patients"].values.ravel() > 0
    out = []
    for place, name in enumerate(names):
        compared, members, gained, lost = (
            int(counts[each][place]) for each in ("compared", "members", "gained", "lost")
        )
        own, first = state[place, filled], state[0, filled]
        holds, unsure, against = (int((own == each).sum()) for each in (1, 0, -1))
        moved, not_here = int((own * first == -1).sum()), int(counts["compared"][0]) - compared
        share = share_of(members, compared)
        out.append(Assumption(name, compared, not_here, share, holds, unsure, against, moved, gained, lost))
    return tuple(out)


def _cells(
    axes: Sequence[Any],
    edges: Sequence[NDArray[np.float64]],
    counts: Mapping[str, NDArray[np.int64]],
    names: Sequence[str],
    level: float,
) -> xr.Dataset:
    dims = tuple(axis.name for axis in axes)
    shape = tuple(len(edge) - 1 for edge in edges)
    low, high = wilson(counts["inside"], counts["patients"])
    thin = counts["patients"] < FEWEST
    state = np.where(thin, 0, np.where(low > level, 1, np.where(high < level, -1, 0))).astype(np.int8)
    share = counts["inside"] / np.where(counts["patients"] > 0, counts["patients"], np.nan)
    stacked = {"share": share, "share_low": low, "share_high": high, "state": state}
    out = xr.Dataset(
        {name: (("assumption", *dims), each.reshape(-1, *shape)) for name, each in stacked.items()},
        coords={"assumption": np.array(list(names), dtype=object)},
    )
    for name, sign in (("holds", 1), ("uncertain", 0), ("against", -1)):
        out[name] = (dims, (state == sign).sum(axis=0).reshape(shape))
    out["patients"] = (dims, counts["patients"][0].reshape(shape))
    out["thin"] = (dims, ((counts["patients"][0] > 0) & thin[0]).reshape(shape))
    return with_axes(out, axes, edges)


def _stands(cells: xr.Dataset) -> dict[str, tuple[int, float]]:
    patients, versions = cells["patients"].values, cells.sizes["assumption"]
    holds, against = cells["holds"].values, cells["against"].values
    masks = {
        "always": holds == versions,
        "never": against == versions,
        "depends": (holds > 0) & (against > 0),
    }
    masks["uncertain"] = ~np.any(list(masks.values()), axis=0)
    total = max(int(patients.sum()), 1)
    return {
        name: (int((mask & (patients > 0)).sum()), float(patients[mask].sum() / total)) for name, mask in masks.items()
    }


def as_dict(answer: Robustness) -> dict[str, Any]:
    """Answer as plain types for JSON."""
    assumptions = [{**vars(each), "share": each.share._asdict()} for each in answer.assumptions]
    stands = {name: {"cells": cells, "patients": share} for name, (cells, share) in answer.stands.items()}
    cells = {str(name): own.values.tolist() for name, own in answer.cells.variables.items()}
    return {**answer.about, "assumptions": assumptions, "stands": stands, "cells": cells}
