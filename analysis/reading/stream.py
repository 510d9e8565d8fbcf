"""Reading a store piece by piece, so that a hundred million patients need no more memory than a million."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from enum import Enum
from functools import reduce
from typing import Any, TypeVar

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ...engine import InputError
from ...sweeps.design.weighting import WEIGHT
from ...sweeps.resources import cores
from ..numbers.splitmix import mixed

T = TypeVar("T")

ROWS_READ = 1 << 18
"""Patients in memory at a time."""

ROWS_AT_ONCE = 1 << 16
"""Patients worked on at a time: the many temporary arrays of a judgement then fit into a cache."""

THREADS = 4
"""Pieces worked on at a time, at most: reading and numpy's loops run beside each other, Python's own does not."""

SAMPLE = 200_000
"""Patients at most from whom a quantile, a rank or a threshold is taken."""

SAMPLED_ROWS = 1 << 20
"""Patients read at most to find those of the sample, one chunk of the store apart."""


def chunk_rows(dataset: xr.Dataset) -> int:
    """Patients in a chunk of the store, 1 for data in memory."""
    status = dataset["status"]
    axis = status.dims.index("patient")
    if status.chunks is not None:
        return int(status.chunks[axis][0])
    return int((status.encoding.get("preferred_chunks") or {}).get("patient", 1))


def row_slices(dataset: xr.Dataset, rows: int = ROWS_READ) -> Iterator[slice]:
    """Cut the patients into slices of about ``rows``, at the bounds of chunks."""
    chunk, patients = chunk_rows(dataset), dataset.sizes["patient"]
    step = max(rows // chunk, 1) * chunk
    for start in range(0, patients, step):
        yield slice(start, min(start + step, patients))


def read(dataset: xr.Dataset, names: Sequence[str], part: slice | NDArray[np.int64]) -> xr.Dataset:
    """Bring some variables of some patients, a slice of them or those at some positions, into memory."""
    # what else is known of the patients, as their labels, would be read along with every piece
    wanted = {name: dataset.variables[name].to_base_variable() for name in names}
    arms = {"arm": dataset.coords["arm"]} if "arm" in dataset.coords else {}
    return xr.Dataset(wanted, arms, dataset.attrs).isel(patient=part).load()


class Weights(Enum):
    """What an answer does with the sampling weights of a refined store, whose patients were not drawn alike."""

    TAKEN = "taken"
    """``work`` weighs each patient by ``block[WEIGHT]``, where there is one."""

    REFUSED = "refused"
    """The answer knows no weights, and a store that has them is refused."""

    EACH_ONCE = "each once"
    """Candidates are counted, not the population: how their runs ended, or what the answer says it counts so."""


def refuse_weights(dataset: xr.Dataset, answer: str) -> None:
    """Refuse a store whose patients were not drawn alike, for an answer that would take them for alike.

    Parameters
    ----------
    answer : str
        Name of the command, for the message.

    Raises
    ------
    InputError
        Where the patients carry sampling weights.
    """
    if WEIGHT in dataset.variables:
        raise InputError(
            f"{answer}: the patients of this store were not drawn alike ({WEIGHT}, of a refined sweep), and this "
            "answer knows no weights; ask the sweep that was refined"
        )


def fold(
    dataset: xr.Dataset,
    names: Sequence[str],
    work: Callable[[xr.Dataset, slice], T],
    *,
    answer: str,
    weights: Weights,
) -> T:
    """Read a data set piece by piece on a few threads, work on each piece there, and merge what comes of them.

    Memory does not grow with the number of patients, and the answer is the same whatever the threads.

    Parameters
    ----------
    dataset : xr.Dataset
        Result of ``open_store`` or ``simulate``.
    names : sequence of str
        Variables that are read.
    work : callable
        From at most ``ROWS_AT_ONCE`` patients in memory, and their place in the data set, to something that
        :func:`merged` puts together; called on several threads.
    answer : str
        Name of the command, for the message.
    weights : Weights
        What the answer does with the weights of a refined store; where they are taken they are read as well.

    Returns
    -------
    object
        What ``work`` returned of all patients, merged in their order.

    Raises
    ------
    InputError
        Where the patients carry weights that the answer does not take.
    """
    if weights is Weights.REFUSED:
        refuse_weights(dataset, answer)
    taken = [WEIGHT] if weights is Weights.TAKEN and WEIGHT in dataset.variables else []
    return reduce(merged, _worked(dataset, list(dict.fromkeys([*names, *taken])), work))


def merged(first: Any, second: Any) -> Any:
    """Put together what two pieces of a data set gave, the earlier one first.

    What has a method ``merge`` by that; tables and tuples entry by entry; all else is added.
    """
    if hasattr(first, "merge"):
        return first.merge(second)
    if isinstance(first, Mapping):
        both = {name: merged(first[name], second[name]) for name in first.keys() & second.keys()}
        return {**first, **second, **both}
    if isinstance(first, tuple):
        entries = [merged(*each) for each in zip(first, second, strict=True)]
        return type(first)(*entries) if hasattr(first, "_fields") else tuple(entries)
    return first + second


def _worked(dataset: xr.Dataset, names: Sequence[str], work: Callable[[xr.Dataset, slice], T]) -> Iterator[T]:
    """Yield what ``work`` returned, in the order of the patients whatever the threads."""

    def done(part: slice) -> list[T]:
        block = read(dataset, names, part)
        found = []
        for start in range(part.start, max(part.stop, part.start + 1), ROWS_AT_ONCE):
            rows = slice(start, min(start + ROWS_AT_ONCE, part.stop))
            found.append(work(block.isel(patient=slice(rows.start - part.start, rows.stop - part.start)), rows))
        return found

    threads = min(cores(), THREADS)
    waiting: deque[Future[list[T]]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        for part in row_slices(dataset, ROWS_READ) if dataset.sizes["patient"] else [slice(0, 0)]:
            waiting.append(pool.submit(done, part))
            if len(waiting) > threads:
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()


def sampled_rows(part: slice, share: float) -> np.ndarray:
    """Positions within a slice of the patients of a sample.

    The choice hangs on a patient's position alone (its splitmix64 hash), whatever the chunks: not every tenth,
    because every tenth point of a Sobol sequence is no fair sample of it.
    """
    bits = mixed(np.arange(part.start, part.stop, dtype=np.uint64))
    return np.flatnonzero(bits.astype(np.float64) < share * 2.0**64)


def evenly_spaced(dataset: xr.Dataset, rows: int) -> list[slice]:
    """Slices of the patients: all there are, or of more than ``rows`` some that lie evenly over the store."""
    parts = list(row_slices(dataset, 1 << 15))
    most = max(rows // (parts[0].stop - parts[0].start), 1) if parts else 1
    return parts if len(parts) <= most else [parts[round(place)] for place in np.linspace(0, len(parts) - 1, most)]


def sample(dataset: xr.Dataset, names: Sequence[str], patients: int = SAMPLE, rows: int = SAMPLED_ROWS) -> xr.Dataset:
    """Bring some variables of about ``patients`` patients into memory: all of them where there are no more.

    Beyond ``rows`` patients the sample is of slices spread evenly over the store, which bounds what is read.
    """
    parts = evenly_spaced(dataset, rows)
    share = patients / max(sum(part.stop - part.start for part in parts), 1)
    blocks = []
    for part in parts:
        block = read(dataset, names, part)
        blocks.append(block if share >= 1.0 else block.isel(patient=sampled_rows(part, share)))
    return xr.concat(blocks, "patient", data_vars="minimal", coords="minimal", compat="override")
