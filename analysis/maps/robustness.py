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
from ..reading.measures import measure
from ..reading.origin import cohort_title, stored_spec
from ..reading.stream import pieces, read, sample
from ..response.classify import NAMED, Response, Rule, judge, rule_of
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
        Name, cohort, rule, and how many were compared, failed or outside.
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
    arm: str = "iabp",
    reference: str = "off",
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
    rule = rule_of(first, arm, reference, None, thresholds)
    versions = [(name, store, _carried(store, rule)) for name, store in zip(assumed(stores), stores, strict=True)]
    versions += [(name, first, each) for name, each in variants(first, rule, definitions, vary_lines).items()]
    axes = [measure(first, name, rule, f"robustness: {place}") for place, name in (("y", y), ("x", x))]
    block = sample(first, [*rule.reads(first), *(name for axis in axes for name in axis.needs)])
    compared = judge(block, rule)[0] > Response.FAILED_RUN
    if not compared.any():
        raise InputError("robustness: no patient of the first store was compared: all are outside, failed or not run")
    edges = laid_out(first, axes, block, compared, bins, "robustness")
    shape = (len(edges[0]) - 1, len(edges[1]) - 1)
    tally = _Tally(len(versions), shape[0] * shape[1])
    for part in pieces(first):
        blocks: dict[int, xr.Dataset] = {}
        for place, (_, store, own) in enumerate(versions):
            if id(store) not in blocks:
                wanted = {name for _, other, each in versions if other is store for name in each.reads(store)}
                wanted |= {name for axis in axes for name in axis.needs} if store is first else set()
                blocks[id(store)] = read(store, sorted(wanted), part)
            if place == 0:
                cell = [cell_of(axis.of(blocks[id(store)]), edge) for axis, edge in zip(axes, edges, strict=True)]
                tally.start(judge(blocks[id(store)], own)[0], together(cell[0], cell[1], shape[1]), NAMED[of])
            else:
                tally.add(place, judge(blocks[id(store)], own)[0], NAMED[of])
    names = [name for name, _, _ in versions]
    cells = _cells(axes, edges, tally, names, level)
    spec = stored_spec(first)
    about = {
        "name": str(spec.get("name", "")),
        "cohort": cohort_title(first),
        **rule.attributes,
        "of": of,
        "level": level,
        "candidates": int(tally.classes.sum()),
        "compared": int(tally.compared[0]),
        "failed_run": int(tally.classes[Response.FAILED_RUN]),
        "not_compared": int(tally.classes[Response.NOT_COMPARED]),
        "off_the_map": int(tally.compared[0] - cells["patients"].sum()),
    }
    return Robustness(tally.assumptions(names, cells), cells, _stands(cells), about)


def _carried(store: xr.Dataset, rule: Rule) -> Rule:
    """Take the rule of the first store over to another, whose own [response] does not count."""
    return rule_of(store, rule.arm, rule.reference, rule.definition, rule.thresholds)


class _Tally:
    """Counts by assumption over all patients; the first assumption goes before the others in every piece."""

    def __init__(self, versions: int, cells: int) -> None:
        self.inside = np.zeros((versions, cells), dtype=np.int64)
        self.patients = np.zeros((versions, cells), dtype=np.int64)
        self.compared, self.members, self.both, self.gained, self.lost = np.zeros((5, versions), dtype=np.int64)
        self.classes = np.zeros(len(Response), dtype=np.int64)

    def start(self, response: NDArray[np.uint8], cell: Places, asked: Response) -> None:
        """Take the first assumption's classes of a piece, and the cell of each patient."""
        self.classes += np.bincount(response, minlength=len(Response))
        self._first, self._cell = response, cell
        self.add(0, response, asked)

    def add(self, place: int, response: NDArray[np.uint8], asked: Response) -> None:
        """Count a piece under one assumption."""
        both = (response > Response.FAILED_RUN) & (self._first > Response.FAILED_RUN)
        member, before = both & (response == asked), both & (self._first == asked)
        for into, mask in ((self.patients, both), (self.inside, member)):
            into[place] += np.bincount(self._cell[mask & (self._cell >= 0)], minlength=into.shape[1])
        counted = {"compared": both, "members": member, "gained": member & ~before, "lost": before & ~member}
        for name, mask in counted.items():
            getattr(self, name)[place] += int(mask.sum())

    def assumptions(self, names: Sequence[str], cells: xr.Dataset) -> tuple[Assumption, ...]:
        """Sum up each assumption."""
        state = cells["state"].values.reshape(len(names), -1)
        filled = cells["patients"].values.ravel() > 0
        out = []
        for place, name in enumerate(names):
            share = share_of(self.members[place], self.compared[place])
            own, first = state[place, filled], state[0, filled]
            holds, unsure, against = (int((own == each).sum()) for each in (1, 0, -1))
            moved = int((own * first == -1).sum())
            not_here = int(self.compared[0] - self.compared[place])
            compared, gained, lost = (int(each[place]) for each in (self.compared, self.gained, self.lost))
            out.append(Assumption(name, compared, not_here, share, holds, unsure, against, moved, gained, lost))
        return tuple(out)


def _cells(
    axes: Sequence[Any], edges: Sequence[NDArray[np.float64]], tally: _Tally, names: Sequence[str], level: float
) -> xr.Dataset:
    dims = tuple(axis.name for axis in axes)
    shape = tuple(len(edge) - 1 for edge in edges)
    low, high = wilson(tally.inside, tally.patients)
    thin = tally.patients < FEWEST
    state = np.where(thin, 0, np.where(low > level, 1, np.where(high < level, -1, 0))).astype(np.int8)
    share = tally.inside / np.where(tally.patients > 0, tally.patients, np.nan)
    stacked = {"share": share, "share_low": low, "share_high": high, "state": state}
    out = xr.Dataset(
        {name: (("assumption", *dims), each.reshape(-1, *shape)) for name, each in stacked.items()},
        coords={"assumption": np.array(list(names), dtype=object)},
    )
    for name, sign in (("holds", 1), ("uncertain", 0), ("against", -1)):
        out[name] = (dims, (state == sign).sum(axis=0).reshape(shape))
    out["patients"] = (dims, tally.patients[0].reshape(shape))
    out["thin"] = (dims, ((tally.patients[0] > 0) & thin[0]).reshape(shape))
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
