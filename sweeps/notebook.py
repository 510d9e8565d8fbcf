"""What a notebook shows of a long call: a bar while it goes on, nothing elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
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
FIRST, MOST = 256, 16384
"""Patients per core in the first part of a simulation and in the largest: the engine's own least and most."""
ENOUGH = 1.0
"""Seconds a part should take: parts grow until they do."""


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

    No patient's result depends on the others', so that the whole is the same to the byte. It is laid out once, from
    its first part; what is in memory twice is one part.

    Parameters
    ----------
    patients : xr.Dataset
        Over ``patient``, checked.
    simulate : callable
        Gives the result of some of them, who are told with the rows they are.
    cores : int
        Threads that a part keeps busy.
    """
    count, size, begin = patients.sizes["patient"], FIRST * cores, 0
    whole: dict[Any, xr.Variable] = {}
    attributes: dict[Any, Any] = {}
    with bar(count, delay=DELAY) as drawn:
        while begin < count:
            began, rows = monotonic(), slice(begin, min(begin + size, count))
            part = simulate(patients.isel(patient=rows), rows)
            if not whole:
                whole, attributes = {name: _room(part.variables[name], count) for name in part.variables}, part.attrs
            for name, variable in part.variables.items():
                if "patient" in variable.dims:
                    whole[name].values[rows] = variable.values
            begin = rows.stop
            drawn.update(rows.stop - rows.start)
            if monotonic() - began < ENOUGH:
                size = min(2 * size, MOST * cores)
    return xr.Dataset(whole, attrs=attributes)


def _room(variable: xr.Variable, patients: int) -> xr.Variable:
    """Make room for a variable of all patients; one that all of them have the same is as it is."""
    if "patient" not in variable.dims:
        return variable
    shape = (patients, *variable.shape[1:])
    return xr.Variable(variable.dims, np.empty(shape, variable.dtype), variable.attrs)
