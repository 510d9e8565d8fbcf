"""The parts of a store: some of its patients in the other modes of regulation, each a store of its own inside it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ...engine import REGULATIONS, InputError
from ..spec.other_modes import in_mode, other_modes
from .store import OTHER_MODES, Stored, read_stored, samples_of

if TYPE_CHECKING:
    from ..spec.spec import Spec


def part_path(store: Path, regulation: str) -> Path:
    """Folder of what is run in a mode of regulation beside the sweep's own."""
    return store / OTHER_MODES / regulation


def parts(spec: Spec, store: Path) -> Iterator[tuple[str, Spec, Path]]:
    """Give mode, sweep and folder of every part that is to be run with a sweep.

    Parameters
    ----------
    spec : Spec
        The sweep, as its store has it.
    store : Path
        Folder of its store, made or not.
    """
    for mode in other_modes(spec):
        path = part_path(store, mode)
        sweep = in_mode(spec, mode, _patients(path))
        # the copy in the store is there before the part is begun
        yield mode, sweep.located(samples_of(path)), path


def stored_parts(store: Path) -> dict[str, Path]:
    """Folders of the parts that a store has, by mode of regulation, whole or not."""
    found = {mode: part_path(store, mode) for mode in REGULATIONS}
    return {mode: path for mode, path in found.items() if path.is_dir()}


def read_parts(store: Path) -> dict[str, Stored]:
    """Read what the parts of a store say of themselves, by mode of regulation.

    Raises
    ------
    InputError
        For a broken one.
    """
    return {mode: read_stored(path) for mode, path in stored_parts(store).items()}


def _patients(path: Path) -> int:
    """Patients of a part that is there; 0 where it is not, or cannot be read, which its own run tells."""
    try:
        return read_stored(path).spec.patients
    except InputError:
        return 0
