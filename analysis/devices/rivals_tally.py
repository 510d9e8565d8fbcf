"""Who is served by which device: patients judged by the targets, and counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ...engine import Findings, Status
from ..numbers.cells import Places, cell_of, together
from ..reading.measures import Measure
from ..reading.stream import Weights, fold
from ..response.left_out import LeftOut, without_left_out
from .rivals_order import Device, Ranks, Target, meets


@dataclass(frozen=True)
class Judged:
    """Rank of each patient (len(ranks): none meets), whether it is known, and what is within the numerical error.

    By arm, every level of a device one, whether the target is met, whether the run holds, and whether it failed by
    itself, not with its reference. ``chosen`` is by device the arm that is taken for it: the lowest level that meets
    the target; where none does the highest, or one that failed and might have.
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
    chosen: Places


def devices_of(ranks: Ranks) -> list[Device]:
    """Devices one by one, in order."""
    return [device for rank in ranks for device in rank]


def arms_of(ranks: Ranks) -> list[str]:
    """Arms one by one: the levels of every device, in order."""
    return [arm for device in devices_of(ranks) for arm in device.levels]


def picked(values: NDArray[Any], chosen: Places) -> NDArray[Any]:
    """Values (arm, patient) at the arms chosen (device, patient)."""
    return np.asarray(np.take_along_axis(values, chosen, axis=0))


def judge_ranks(block: xr.Dataset, ranks: Ranks, goals: Sequence[Target], reference: str) -> Judged:
    """Find the mildest rank that brings each patient of a data set in memory to the targets."""
    arms, devices = arms_of(ranks), devices_of(ranks)
    status = np.stack([block["status"].sel(arm=name).values for name in arms])
    known = np.stack([np.isfinite(sum(block[goal.outcome].sel(arm=name).values for goal in goals)) for name in arms])
    ok = (status == Status.OK) & known
    absent = np.isin(block["status"].sel(arm=reference).values, (Status.OUTSIDE_COHORT, Status.NOT_RUN))
    absent |= (status == Status.NOT_RUN).all(axis=0)
    verdicts = [meets(block, name, goals, reference) for name in arms]
    holds, certain, possible = (
        ok & np.stack([np.asarray(part) for part in parts]) for parts in zip(*verdicts, strict=True)
    )
    begin = _begins([sum(len(device.levels) for device in rank) for rank in ranks])

    def by_rank(each: NDArray[np.bool_]) -> NDArray[np.bool_]:
        return np.logical_or.reduceat(each, begin, axis=0)

    def first(each: NDArray[np.bool_]) -> Places:
        found = by_rank(each)
        return np.where(found.any(axis=0), found.argmax(axis=0), len(ranks))

    rank, failed = first(holds), first(~ok)
    own = np.logical_or.reduceat(holds, _begins([len(device.levels) for device in devices]), axis=0)
    number = np.add.reduceat(own.astype(np.int64), _begins([len(rank) for rank in ranks]), axis=0)
    chosen = np.take_along_axis(number, np.minimum(rank, len(ranks) - 1)[None], axis=0)[0]
    undetermined = ~absent & (failed < rank)
    compared = ~absent & ~undetermined
    undecided = compared & ((first(possible) != rank) | (first(certain) != rank))
    return Judged(
        rank, compared & (rank < len(ranks)) & (chosen > 1), compared, undetermined, undecided, absent, holds, ok,
        ~ok & (status != Status.REFERENCE_FAILED), _chosen(devices, holds, ok),
    )  # fmt: skip


def _begins(lengths: Sequence[int]) -> Places:
    return np.cumsum([0, *lengths])[:-1].astype(np.int64)


def _chosen(devices: Sequence[Device], holds: NDArray[np.bool_], ok: NDArray[np.bool_]) -> Places:
    """Place among the arms of the level taken for each device (device, patient)."""
    found = []
    for begin, device in zip(_begins([len(each.levels) for each in devices]), devices, strict=True):
        here = slice(begin, begin + len(device.levels))
        met, lost = holds[here], ~ok[here]
        highest = np.where(lost.any(axis=0), lost.argmax(axis=0), len(device.levels) - 1)
        found.append(begin + np.where(met.any(axis=0), met.argmax(axis=0), highest))
    return np.stack(found)


def as_devices(block: xr.Dataset, ranks: Ranks, chosen: Places, besides: Sequence[str] = ()) -> xr.Dataset:
    """Give a data set in memory an arm for each device, at the level chosen for each patient.

    Parameters
    ----------
    block : xr.Dataset
        With an arm for every level.
    chosen : array of int, (device, patient)
        Of ``Judged``.
    besides : sequence of str
        Arms that are kept as they are, where no device has the name.
    """
    names = [device.name for device in devices_of(ranks)]
    kept = [name for name in dict.fromkeys(besides) if name not in names]
    arms, data = arms_of(ranks), {}
    for name, column in block.data_vars.items():
        if "arm" in column.dims and "patient" in column.dims:
            levels = picked(column.sel(arm=arms).transpose("arm", "patient").values, chosen)
            others = column.sel(arm=kept).transpose("arm", "patient").values
            data[name] = (("arm", "patient"), np.concatenate([levels, others]))
    return xr.Dataset(data, {"arm": np.array([*names, *kept], dtype=object)}, block.attrs)


class Tally(NamedTuple):
    """Counts over all patients, or some; those of several parts add up."""

    counts: dict[str, int]
    by_rank: NDArray[np.int64]
    tied: NDArray[np.int64]
    by_device: NDArray[np.int64]
    by_level: NDArray[np.int64]
    cells: NDArray[np.int64]

    @classmethod
    def over(
        cls,
        dataset: xr.Dataset,
        names: Sequence[str],
        ranks: Ranks,
        goals: Sequence[Target],
        reference: str,
        axes: Sequence[Measure],
        edges: Sequence[NDArray[np.float64]],
        left_out: LeftOut | None,
    ) -> Tally:
        """Count all patients of a data set; those left out by their baseline in number alone."""

        def counted(part: xr.Dataset, _: slice) -> Tally:
            block, apart = without_left_out(part, left_out)
            judged = judge_ranks(block, ranks, goals, reference)
            kinds = len(ranks) + 1
            return cls(
                {
                    "compared": int(judged.compared.sum()),
                    "undetermined": int(judged.undetermined.sum()),
                    "not_compared": int(judged.absent.sum()),
                    **apart,
                    "undecided": int(judged.undecided.sum()),
                },
                np.bincount(judged.rank[judged.compared], minlength=kinds),
                np.bincount(judged.rank[judged.tied], minlength=kinds),
                _by_device(block, judged, ranks, reference),
                _by_level(block, judged, ranks, reference),
                _by_cell(block, judged, kinds, axes, edges),
            )

        return fold(dataset, names, counted, answer="rivals", weights=Weights.REFUSED)


def _ran_and_shut(
    block: xr.Dataset, judged: Judged, arms: Sequence[str], reference: str
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Who ran in each arm, with the reference, and of these whose aortic valve stayed shut."""
    ran = judged.ok & (block["status"].sel(arm=reference).values == Status.OK)
    if "findings" not in block:
        return ran, np.zeros_like(ran)
    bits = np.stack([block["findings"].sel(arm=name).values for name in arms])
    return ran, ran & ((bits & Findings.AORTIC_VALVE_SHUT) > 0)


def _by_device(block: xr.Dataset, judged: Judged, ranks: Ranks, reference: str) -> NDArray[np.int64]:
    """Patients of each device who ran, met the targets, failed, had no reference, and whose aortic valve is shut."""
    ran, shut = (picked(each, judged.chosen) for each in _ran_and_shut(block, judged, arms_of(ranks), reference))
    failed = ~judged.absent & picked(judged.failed, judged.chosen)
    without = ~judged.absent & ~ran & ~failed
    own = (ran, ran & picked(judged.holds, judged.chosen), failed, without, shut)
    return np.stack([each.sum(axis=1) for each in own], axis=1).astype(np.int64)


def _by_level(block: xr.Dataset, judged: Judged, ranks: Ranks, reference: str) -> NDArray[np.int64]:
    """Patients of each level who ran, met the targets, met them at no lower level, and whose aortic valve is shut."""
    arms = arms_of(ranks)
    ran, shut = _ran_and_shut(block, judged, arms, reference)
    meets = ran & judged.holds
    owner = np.repeat(np.arange(len(judged.chosen)), [len(device.levels) for device in devices_of(ranks)])
    lowest = meets & (judged.chosen[owner] == np.arange(len(arms))[:, None])
    return np.stack([each.sum(axis=1) for each in (ran, meets, lowest, shut)], axis=1).astype(np.int64)


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
