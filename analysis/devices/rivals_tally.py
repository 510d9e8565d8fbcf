"""Who is served by which device: patients judged by the targets, and counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ...engine import Findings, Status
from ..numbers.cells import Places, cell_of, together
from ..reading.measures import Measure
from ..reading.stream import Weights, fold
from .rivals_order import Target, meets


@dataclass(frozen=True)
class Judged:
    """Rank of each patient (len(ranks): none meets), whether it is known, and what is within the numerical error.

    By arm, whether the target is met, whether the run holds, and whether it failed by itself, not with its reference.
    """

    rank: Places
    tied: NDArray[np.bool_]
    compared: NDArray[np.bool_]
    undetermined: NDArray[np.bool_]
    undecided: NDArray[np.bool_]
    absent: NDArray[np.bool_]
    holds: NDArray[np.bool_]
    ok: NDArray[np.bool_]
    failed: NDArray[np.bool_]


def judge_ranks(block: xr.Dataset, ranks: Sequence[tuple[str, ...]], goals: Sequence[Target], reference: str) -> Judged:
    """Find the mildest rank that brings each patient of a data set in memory to the targets."""
    arms = [name for rank in ranks for name in rank]
    status = np.stack([block["status"].sel(arm=name).values for name in arms])
    known = np.stack([np.isfinite(sum(block[goal.outcome].sel(arm=name).values for goal in goals)) for name in arms])
    ok = (status == Status.OK) & known
    absent = np.isin(block["status"].sel(arm=reference).values, (Status.OUTSIDE_COHORT, Status.NOT_RUN))
    absent |= (status == Status.NOT_RUN).all(axis=0)
    verdicts = [meets(block, name, goals, reference) for name in arms]
    holds, certain, possible = (
        ok & np.stack([np.asarray(part) for part in parts]) for parts in zip(*verdicts, strict=True)
    )
    begin = np.cumsum([0, *(len(rank) for rank in ranks)])[:-1]

    def by_rank(each: NDArray[np.bool_]) -> NDArray[np.bool_]:
        return np.logical_or.reduceat(each, begin, axis=0)

    def first(each: NDArray[np.bool_]) -> Places:
        found = by_rank(each)
        return np.where(found.any(axis=0), found.argmax(axis=0), len(ranks))

    rank, failed = first(holds), first(~ok)
    number = np.add.reduceat(holds.astype(np.int64), begin, axis=0)
    chosen = np.take_along_axis(number, np.minimum(rank, len(ranks) - 1)[None], axis=0)[0]
    undetermined = ~absent & (failed < rank)
    compared = ~absent & ~undetermined
    undecided = compared & ((first(possible) != rank) | (first(certain) != rank))
    return Judged(
        rank, compared & (rank < len(ranks)) & (chosen > 1), compared, undetermined, undecided, absent, holds, ok,
        ~ok & (status != Status.REFERENCE_FAILED),
    )  # fmt: skip


class Tally(NamedTuple):
    """Counts over all patients, or some; those of several parts add up."""

    counts: dict[str, int]
    by_rank: NDArray[np.int64]
    tied: NDArray[np.int64]
    by_arm: NDArray[np.int64]
    cells: NDArray[np.int64]

    @classmethod
    def over(
        cls,
        dataset: xr.Dataset,
        names: Sequence[str],
        ranks: Sequence[tuple[str, ...]],
        goals: Sequence[Target],
        reference: str,
        axes: Sequence[Measure],
        edges: Sequence[NDArray[np.float64]],
    ) -> Tally:
        """Count all patients of a data set."""

        def counted(block: xr.Dataset, _: slice) -> Tally:
            judged = judge_ranks(block, ranks, goals, reference)
            kinds = len(ranks) + 1
            return cls(
                {
                    "compared": int(judged.compared.sum()),
                    "undetermined": int(judged.undetermined.sum()),
                    "not_compared": int(judged.absent.sum()),
                    "undecided": int(judged.undecided.sum()),
                },
                np.bincount(judged.rank[judged.compared], minlength=kinds),
                np.bincount(judged.rank[judged.tied], minlength=kinds),
                _by_arm(block, judged, [name for rank in ranks for name in rank], reference),
                _by_cell(block, judged, kinds, axes, edges),
            )

        return fold(dataset, names, counted, answer="rivals", weights=Weights.REFUSED)


def _by_arm(block: xr.Dataset, judged: Judged, arms: Sequence[str], reference: str) -> NDArray[np.int64]:
    """Patients of each arm who ran, met the targets, failed, had no reference, and whose aortic valve stayed shut."""
    ran = judged.ok & (block["status"].sel(arm=reference).values == Status.OK)
    found = []
    for row, name in enumerate(arms):
        bits = block["findings"].sel(arm=name).values if "findings" in block else np.zeros(len(ran[row]), np.uint8)
        shut = (bits & Findings.AORTIC_VALVE_SHUT) > 0
        failed = ~judged.absent & judged.failed[row]
        without = ~judged.absent & ~ran[row] & ~failed
        own = (ran[row], ran[row] & judged.holds[row], failed, without, ran[row] & shut)
        found.append([each.sum() for each in own])
    return np.array(found, dtype=np.int64)


def _by_cell(
    block: xr.Dataset,
    judged: Judged,
    kinds: int,
    axes: Sequence[Measure],
    edges: Sequence[NDArray[np.float64]],
) -> NDArray[np.int64]:
    """Patients by rank and cell of a map; without axes one number a rank, of nobody."""
    if not axes:
        return np.zeros(kinds, dtype=np.int64)
    shape = tuple(len(each) - 1 for each in edges)
    places = [cell_of(axis.of(block), edge) for axis, edge in zip(axes, edges, strict=True)]
    cell = together(places[0], places[1], shape[1])
    inside = judged.compared & (cell >= 0)
    size = shape[0] * shape[1]
    keys = judged.rank[inside] * size + cell[inside]
    return np.bincount(keys, minlength=kinds * size).reshape(kinds, *shape)
