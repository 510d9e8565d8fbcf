"""What a notebook shows of a long call: a bar while it goes on, nothing elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from math import ceil
from time import monotonic
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from ..engine import InputError
from .population.tables import shown as as_text

if TYPE_CHECKING:
    from .execution.progress import Progress

DELAY = 0.5
"""Seconds of a simulation before a bar appears: one that is over by then needs none."""
FIRST, MOST = 512, 16384
"""Patients of a core's first part of a simulation, and of any."""
ENOUGH = 6.0
"""Seconds that a later part may take at the rate of the first. Measured: a part takes .2 s however few are in it, in
which its slowest patients are finished with the lanes beside them empty."""


def in_notebook() -> bool:
    """Whether this process is the kernel of a notebook; asks IPython only where it is loaded already."""
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    return shell is not None and "IPKernelApp" in shell.config


def bar_wanted(progress: object) -> bool:
    """Whether a bar is to be drawn: by what was asked for, or in a notebook where nothing was.

    Raises
    ------
    InputError
        For what is neither True, False nor None.
    """
    if progress is not None and not isinstance(progress, bool):
        raise InputError(f"progress: given {as_text(progress)}, True, False or None is needed")
    return in_notebook() if progress is None else progress


@contextmanager
def bar(patients: int, done: int = 0, *, delay: float = 0.0) -> Iterator[Any]:
    """Draw a bar of tqdm on standard error: a widget where the notebook has ipywidgets, text elsewhere."""
    drawn: Any = _tqdm()(total=patients, initial=done, unit=" patients", delay=delay, dynamic_ncols=True)
    with drawn:
        yield drawn


@contextmanager
def run_told(progress: Callable[[Progress], None] | bool | None) -> Iterator[Callable[[Progress], None] | None]:
    """Give whom a run tells how far it is: the caller's own, or a bar that appears when there is something to tell.

    Raises
    ------
    InputError
        For what is neither to be called, True, False nor None.
    """
    if callable(progress):
        yield progress
        return
    if not bar_wanted(progress):
        yield None
        return
    with ExitStack() as stack:
        drawn: Any = None

        def told(state: Progress) -> None:
            nonlocal drawn
            if drawn is None:
                # what was there before does not count for the rate
                drawn = stack.enter_context(bar(state.patients, state.patients_done))
            drawn.update(state.patients_done - drawn.n)
            drawn.refresh()

        yield told


def _tqdm() -> Any:
    """Give the class of the bar; ``tqdm.auto`` would warn in a notebook without ipywidgets at every import."""
    if in_notebook():
        try:
            from ipywidgets import FloatProgress  # noqa: F401
            from tqdm.notebook import tqdm as widget
        except ImportError:
            pass
        else:
            return widget
    from tqdm import tqdm

    return tqdm


def in_parts(patients: xr.Dataset, simulate: Callable[[xr.Dataset, slice], xr.Dataset], cores: int) -> xr.Dataset:
    """Simulate patients part by part under a bar.

    No patient's result depends on the others', so that the whole is the same to the byte. It is laid out once, by the
    part that is there first; what is in memory twice is a part for each core.

    Parameters
    ----------
    patients : xr.Dataset
        Over ``patient``, checked.
    simulate : callable
        Gives the result of some of them, who are told with the rows they are, on one core.
    cores : int
        Parts at a time.
    """
    count = patients.sizes["patient"]
    whole: dict[Any, xr.Variable] = {}
    attributes: dict[Any, Any] = {}

    def work(rows: slice) -> tuple[slice, xr.Dataset]:
        return rows, simulate(patients.isel(patient=rows), rows)

    with bar(count, delay=DELAY) as drawn, ThreadPoolExecutor(cores) as pool:
        begin, size, stop = 0, FIRST, min(count, FIRST * cores)
        while begin < count:
            began = monotonic()
            for rows, part in pool.map(work, _spans(begin, stop, size)):
                if not whole:
                    whole = {name: _room(variable, count) for name, variable in part.variables.items()}
                    attributes = part.attrs
                for name, variable in part.variables.items():
                    if "patient" in variable.dims:
                        whole[name].values[rows] = variable.values
                drawn.update(rows.stop - rows.start)
            largest = max(1, min(MOST, int(size * ENOUGH / (monotonic() - began))))
            begin, stop = stop, count
            # as many parts for each core, all of one size, so that they end together
            left = count - begin
            size = ceil(left / (cores * ceil(left / (cores * largest)))) if left else 1
    return xr.Dataset(whole, attrs=attributes)


def _spans(begin: int, end: int, size: int) -> list[slice]:
    return [slice(each, min(each + size, end)) for each in range(begin, end, size)]


def _room(variable: xr.Variable, patients: int) -> xr.Variable:
    """Make room for a variable of all patients; one that all of them have the same is as it is."""
    if "patient" not in variable.dims:
        return variable
    shape = (patients, *variable.shape[1:])
    return xr.Variable(variable.dims, np.empty(shape, variable.dtype), variable.attrs)
