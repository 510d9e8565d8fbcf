"""Reading a store piece by piece, so that a hundred million patients need no more memory than a million."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import numpy as np
import xarray as xr

from ...sweeps.resources import cores

T = TypeVar("T")

PIECE = 1 << 18
"""Patients in memory at a time."""

SLICE = 1 << 16
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


def pieces(dataset: xr.Dataset, rows: int = PIECE) -> Iterator[slice]:
    """Cut the patients into slices of about ``rows``, at the bounds of chunks."""
    chunk, patients = chunk_rows(dataset), dataset.sizes["patient"]
    step = max(rows // chunk, 1) * chunk
    for start in range(0, patients, step):
        yield slice(start, min(start + step, patients))


def read(dataset: xr.Dataset, names: Sequence[str], part: slice) -> xr.Dataset:
    """Bring some variables of some patients into memory."""
    # what else is known of the patients, as their labels, would be read along with every piece
    wanted = {name: dataset.variables[name].to_base_variable() for name in names}
    arms = {"arm": dataset.coords["arm"]} if "arm" in dataset.coords else {}
    return xr.Dataset(wanted, arms, dataset.attrs).isel(patient=part).load()


def over_pieces(dataset: xr.Dataset, names: Sequence[str], work: Callable[[xr.Dataset], T]) -> Iterator[T]:
    """Read a data set piece by piece on a few threads, and work on it there, slice by slice.

    Parameters
    ----------
    dataset : xr.Dataset
        Result of ``open_store``, ``open_direct`` or ``simulate``.
    names : sequence of str
        Variables that are read.
    work : callable
        From at most ``SLICE`` patients in memory to whatever is wanted of them; called on several threads.

    Yields
    ------
    object
        What ``work`` returned, in the order of the patients whatever the threads.
    """

    def done(part: slice) -> list[T]:
        block = read(dataset, names, part)
        starts = range(0, part.stop - part.start, SLICE)
        return [work(block.isel(patient=slice(start, start + SLICE))) for start in starts]

    threads = min(cores(), THREADS)
    waiting: deque[Future[list[T]]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        for part in pieces(dataset, PIECE):
            waiting.append(pool.submit(done, part))
            if len(waiting) > threads:
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()


def chosen(part: slice, share: float) -> np.ndarray:
    """Positions within a slice of the patients of a sample.

    The choice hangs on a patient's position alone (its splitmix64 hash), whatever the chunks: not every tenth,
    because every tenth point of a Sobol sequence is no fair sample of it.
    """
    bits = np.arange(part.start, part.stop, dtype=np.uint64) + np.uint64(0x9E3779B97F4A7C15)
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    bits ^= bits >> np.uint64(31)
    return np.flatnonzero(bits.astype(np.float64) < share * 2.0**64)


def spread(dataset: xr.Dataset, rows: int) -> list[slice]:
    """Slices of the patients: all there are, or of more than ``rows`` some that lie evenly over the store."""
    parts = list(pieces(dataset, 1 << 15))
    most = max(rows // (parts[0].stop - parts[0].start), 1) if parts else 1
    return parts if len(parts) <= most else [parts[round(place)] for place in np.linspace(0, len(parts) - 1, most)]


def sample(dataset: xr.Dataset, names: Sequence[str], patients: int = SAMPLE, rows: int = SAMPLED_ROWS) -> xr.Dataset:
    """Bring some variables of about ``patients`` patients into memory: all of them where there are no more.

    Beyond ``rows`` patients the sample is of slices spread evenly over the store, which bounds what is read.
    """
    parts = spread(dataset, rows)
    share = patients / max(sum(part.stop - part.start for part in parts), 1)
    blocks = []
    for part in parts:
        block = read(dataset, names, part)
        blocks.append(block if share >= 1.0 else block.isel(patient=chosen(part, share)))
    return xr.concat(blocks, "patient", data_vars="minimal", coords="minimal", compat="override")
