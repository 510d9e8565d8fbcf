"""Compile what a sweep needs before many processes want it at once."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from ...engine import InputError, cache_folder
from .. import resources
from ..spec import blocks
from ..spec.file import from_canonical
from ..spec.other_modes import in_mode, other_modes
from ..spec.spec import Spec
from ..store import warm_starts

PATIENTS = 256
"""Patients simulated: which laws are compiled depends on what they have, as a valve that leaks."""

USUAL: dict[str, object] = {
    "cohort": "ami-cs",
    "patients": PATIENTS,
    "arms": {"off": {}, "iabp": {"balloon_volume": 40}},
}
"""What is compiled where no sweep is given; the page of a patient needs waveforms."""


@dataclass(frozen=True)
class Warmth:
    """What was compiled.

    Attributes
    ----------
    folder : Path
        Where the compiled kernels are.
    compiled, kept : int
        Kernels that were added now, and all that are there.
    seconds : float
        Wall time.
    """

    folder: Path
    compiled: int
    kept: int
    seconds: float


def usual() -> Spec:
    """Give the sweep that stands for what is usually run."""
    return from_canonical(USUAL | {"waveforms": {"patients": 1}})


def precompile(sweep: Spec, precision: str | None = None, *, progress: Callable[[str], None] | None = None) -> Warmth:
    """Simulate a few patients of a sweep in every way its run will, so that the cache has what it needs.

    Parameters
    ----------
    sweep : Spec
        The sweep.
    precision : str, optional
        Instead of the sweep's own.
    progress : callable, optional
        Called with what is done next.

    Raises
    ------
    InputError
        Where nothing can be kept, or the first patients cannot be simulated.
    """
    if precision is not None:
        sweep = from_canonical(sweep.canonical() | {"precision": precision})
    folder = cache_folder()
    tell = progress or (lambda text: None)
    before, began = _kernels(writable(folder)), perf_counter()
    stop = min(PATIENTS, sweep.patients)
    tell(f"the first {stop} patients, {sweep.precision}")
    blocks.part(sweep, 0, stop)
    for mode in other_modes(sweep):
        tell(f"the same, {mode}")
        blocks.part(in_mode(sweep, mode), 0, min(stop, sweep.run.other_modes))
    if sweep.waveforms.patients:
        tell("a patient's waveforms")
        blocks.waveform_part(sweep, 0, 1)
    if sweep.run.warm_start:
        tell("the warm start, and the same patients with it")
        blocks.part(sweep, 0, stop, warm_starts.of_training_patients(sweep, resources.cores()))
    after = _kernels(folder)
    return Warmth(folder, len(after - before), len(after), perf_counter() - began)


def writable(folder: Path) -> Path:
    """Make sure that kernels can be kept in a folder.

    Raises
    ------
    InputError
        Where they cannot.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        reason = "" if os.access(folder, os.W_OK | os.X_OK) else "it is read-only"
    except OSError as error:
        reason = error.strerror or str(error)
    if reason:
        raise InputError(
            f"{folder}: compiled kernels cannot be kept there: {reason}; name another folder in COUNTERPULSE_CACHE"
        )
    return folder


def _kernels(folder: Path) -> set[Path]:
    return set(folder.rglob("*.nbc"))
