"""What a run does to a store that is there: is it writable, does it fit the sweep, is it whole and tidy."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import zarr

from ...engine import InputError
from .creation import spec_attributes
from .files import FULL_DISK, check_folder, remove_abandoned, write_whole
from .outputs import store_around
from .receipts import FOLDER as RECEIPTS
from .store import ACCEPTED, WAVEFORMS, Stored, read_stored
from .template import array_metadata, sealed_attributes
from .zarr_folder import DurableStore, quiet, resize

if TYPE_CHECKING:
    from ..spec.spec import Spec


def check_writable(path: Path) -> None:
    """Make sure that a run may write in a store, or make one, before it computes anything.

    Raises
    ------
    InputError
        Naming the folder where it may not.
    """
    if (outer := store_around(path.parent)) is not None:
        raise InputError(f"{path}: is inside the store {outer}, where only its own files may be")
    arrays = [(path / name).parent for name in array_metadata(path)]
    folders = [path / RECEIPTS, *(path / RECEIPTS).glob("*/"), *arrays, *(array / "c" for array in arrays)]
    closed = [folder for folder in folders if folder.is_dir() and not os.access(folder, os.W_OK | os.X_OK)]
    if closed:
        raise InputError(f"{path}: cannot be written: no files can be made in {closed[0].relative_to(path)}")
    try:
        check_folder(path)
    except OSError as error:
        if error.errno in FULL_DISK:
            raise
        raise InputError(f"{path}: cannot be written: {error.strerror}") from None


def record_engine(path: Path, fingerprint: str) -> None:
    """Write down that a run went on with another engine than the store was made with."""
    root = json.loads((path / "zarr.json").read_bytes())
    attributes = root["attributes"]
    accepted = [*attributes.get(ACCEPTED, "").split(), fingerprint]
    root["attributes"] = sealed_attributes(attributes | {ACCEPTED: " ".join(dict.fromkeys(accepted))})
    write_whole(path / "zarr.json", json.dumps(root, indent=2).encode())


def update(stored: Stored, spec: Spec) -> None:
    """Bring a store up to a spec of the same hash: more patients, another name, other thresholds.

    Killed half-way it is done again by the next run. The attributes come last and with them the view of readers.
    """
    path = stored.path
    if spec.patients > stored.spec.patients:
        with quiet():
            resize(zarr.open_group(DurableStore(path), mode="r+", use_consolidated=False), spec.patients)
            if (path / WAVEFORMS / "zarr.json").exists():
                group = zarr.open_group(DurableStore(path), path=WAVEFORMS, mode="r+", use_consolidated=False)
                resize(group, min(spec.patients, spec.waveforms.patients))
    now = read_stored(path)
    if spec.patients < now.spec.patients or spec == now.spec:
        return
    root = json.loads((path / "zarr.json").read_bytes())
    root["attributes"] = sealed_attributes(root["attributes"] | spec_attributes(spec))
    if spec.patients > stored.spec.patients:
        root.pop("consolidated_metadata", None)
    write_whole(path / "zarr.json", json.dumps(root, indent=2).encode())


def consolidate(path: Path) -> None:
    """Gather the metadata of all arrays in one file, as the last act of a run; again is harmless."""
    if not read_stored(path).consolidated:
        with quiet():
            zarr.consolidate_metadata(DurableStore(path))


def remove_leftovers(path: Path, finished: Collection[int] = ()) -> None:
    """Remove what killed processes left half-written, except in the folders of blocks known to be finished."""
    arrays = [(path / name).parent for name in array_metadata(path)]
    remove_abandoned([path, path / WAVEFORMS, *arrays, *(path / RECEIPTS).glob("*/")])
    names = {str(number) for number in finished}
    for array in arrays:
        chunks = array / "c"
        remove_abandoned([chunks, *(folder for folder in _folders(chunks) if folder.name not in names)])


def _folders(path: Path) -> Iterator[Path]:
    try:
        with os.scandir(path) as entries:
            yield from (Path(entry.path) for entry in entries if entry.is_dir(follow_symlinks=False))
    except (FileNotFoundError, NotADirectoryError):
        return
