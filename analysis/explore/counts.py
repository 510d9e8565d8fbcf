"""Maps counted in the background, once for every choice: how far a count is, its result, and who is counted."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from threading import Lock
from time import monotonic
from typing import Any, Generic, TypeVar

import numpy as np
import xarray as xr
from xarray.backends import BackendArray
from xarray.core import indexing

from ...engine import InputError, Status
from ..reading.origin import cohorts_of, drawn_from
from ..reading.stream import Weights, fold

Result = TypeVar("Result")

KEPT = 32
"""Results kept for the next time."""

PATIENCE = 10.0
"""Seconds after which a count that nobody asks for any more is given up."""


class GivenUp(Exception):
    """A count that nobody waits for."""


@dataclass
class Count(Generic[Result]):
    """One count, waiting, on its way or done.

    Attributes
    ----------
    asked : float
        When it was last asked for, on the monotonic clock.
    share : float
        How much of it is done.
    future : Future
        With its result.
    """

    asked: float
    share: float = 0.0
    future: Future[Result] = field(default_factory=Future)


class Counts(Generic[Result]):
    """Results by choice, each made once, one after another in a thread of its own.

    Parameters
    ----------
    make : callable
        From a choice, and a function to tell the share that is done, to a result.
    patience : float
        Seconds.
    """

    def __init__(self, make: Callable[[Any, Callable[[float], None]], Result], patience: float = PATIENCE) -> None:
        self._make, self._patience = make, patience
        self._pool = ThreadPoolExecutor(1, "count")
        self._lock = Lock()
        self._known: OrderedDict[Hashable, Count[Result]] = OrderedDict()
        self._closed = False

    def ask(self, choice: Hashable, seconds: float = 0.5) -> Result | float:
        """Wait a little for the result of a choice.

        Returns
        -------
        Result or float
            The share that is done, where that is not all.

        Raises
        ------
        Exception
            What went wrong in the making.
        """
        with self._lock:
            count = self._known.get(choice)
            if count is None:
                count = self._known[choice] = Count(monotonic())
                count.future = self._pool.submit(self._run, choice, count)
                self._forget()
            count.asked = monotonic()
            self._known.move_to_end(choice)
        wait([count.future], seconds)
        try:
            return count.future.result() if count.future.done() else count.share
        except GivenUp:  # just before it was asked for again
            return 0.0

    def close(self) -> None:
        """End the count on its way at its next piece, and those that wait."""
        self._closed = True
        self._pool.shutdown(cancel_futures=True)

    def _run(self, choice: Hashable, count: Count[Result]) -> Result:
        def tell(share: float) -> None:
            count.share = share
            if self._closed or monotonic() > count.asked + self._patience:
                raise GivenUp("counting was given up, nobody asked for it any more")

        try:
            tell(0.0)
            return self._make(choice, tell)
        except InputError:
            raise
        except Exception:
            with self._lock:  # what is wrong with a disk now may be right the next time
                self._known.pop(choice, None)
            raise

    def _forget(self) -> None:
        done = [choice for choice, count in self._known.items() if count.future.done()]
        for choice in done[: max(len(self._known) - KEPT, 0)]:
            del self._known[choice]


class _Status(BackendArray):
    """The status of a store's patients, those of other cohorts as outside of it; every read is told."""

    def __init__(self, dataset: xr.Dataset, cohort: str, told: Callable[[int], None]) -> None:
        status = dataset["status"].variable
        self.shape, self.dtype = status.shape, status.dtype
        self._dataset, self._cohort, self._told = dataset[["status", *_cohort(dataset)]], cohort, told

    def __getitem__(self, key: indexing.ExplicitIndexer) -> Any:
        return indexing.explicit_indexing_adapter(key, self.shape, indexing.IndexingSupport.BASIC, self._read)

    def _read(self, key: tuple[Any, ...]) -> np.ndarray:
        block = self._dataset.isel(dict(zip(self._dataset["status"].dims, key, strict=True))).load()
        self._told(block.sizes.get("patient", 1))
        status = block["status"]
        if self._cohort:
            own = xr.DataArray(drawn_from(block, {self._cohort}), dims=block["cohort"].dims)
            status = status.where(own, np.uint8(Status.OUTSIDE_COHORT)).transpose(*status.dims)
        return np.asarray(status.values)


def _cohort(dataset: xr.Dataset) -> list[str]:
    return ["cohort"] if "cohort" in dataset.variables else []


def watched(dataset: xr.Dataset, cohort: str, told: Callable[[int], None]) -> xr.Dataset:
    """Put a status into a data set that tells how many patients were read, and leaves out those of other cohorts.

    Parameters
    ----------
    dataset : xr.Dataset
        Result of ``open_store`` or ``simulate``.
    cohort : str
        Name of one cohort of a mixture; empty for all.
    told : callable
        Called with the number of patients of every read; what it raises ends the reading.

    Raises
    ------
    InputError
        Where the patients of a mixture do not tell their cohort.
    """
    if cohort and "cohort" not in dataset.variables:
        if len(cohorts_of(dataset)) > 1:
            raise InputError(f"cohort: {cohort} cannot be told from the others, the mixture has no variable 'cohort'")
        cohort = ""  # all patients are of the one
    status = dataset["status"]
    lazy = indexing.LazilyIndexedArray(_Status(dataset, cohort, told))
    chunks = {} if status.chunks is None else {"preferred_chunks": {"patient": status.chunksizes["patient"][0]}}
    return dataset.assign(status=xr.Variable(status.dims, lazy, status.attrs, {**status.encoding, **chunks}))


def of_other_cohorts(dataset: xr.Dataset, cohort: str) -> int:
    """Count the patients who were not drawn from a cohort; none where all are asked for."""
    if not cohort or "cohort" not in dataset.variables:
        return 0

    def others(block: xr.Dataset, _: slice) -> int:
        return int(np.sum(~drawn_from(block, {cohort})))

    return fold(dataset, ["cohort"], others, answer="explore", weights=Weights.EACH_ONCE)
