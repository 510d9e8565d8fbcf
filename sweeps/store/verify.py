"""Whether every byte of a store is what was written: receipts against data, and blocks against a second run."""

from __future__ import annotations

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from ...engine import InputError
from ..population.checks import whole
from ..resources import cores
from .parts import stored_parts
from .receipts import Receipt, checksum, read_receipt, receipt_path, strays
from .store import WAVEFORMS, Stored, patient_dimension, read_stored
from .template import METADATA, array_metadata, damaged, is_over_patients, parsed, read_record

if TYPE_CHECKING:
    import numpy as np
    import xarray as xr

__all__ = ["Fault", "Verification", "verify"]


@dataclass(frozen=True)
class Fault:
    """Something that is not as it was written.

    Attributes
    ----------
    block : int or None
        Number of the block; None where it is of the store as a whole.
    variable : str
        Variable whose values are concerned, as ``waveforms/aortic_pressure``; empty where it is none.
    what : str
        What is wrong.
    regulation : str
        Mode of regulation, where it is in the part that is run in another mode; else empty.
    """

    block: int | None
    variable: str
    what: str
    regulation: str = ""

    def __str__(self) -> str:
        where = "store" if self.block is None else f"block {self.block}"
        where = f"{self.regulation}, {where}" if self.regulation else where
        return f"{where}: {f'{self.variable}: ' if self.variable else ''}{self.what}"


@dataclass(frozen=True)
class Verification:
    """What was looked at, and what was found.

    Attributes
    ----------
    path : Path
        Folder of the store.
    blocks, blocks_done : int
        Blocks in all, and those with a valid receipt, which were verified.
    files, bytes : int
        Read and summed, those of the parts in other modes of regulation too.
    sampled : tuple of int
        Blocks that were run again and compared; of the sweep itself, not of those parts.
    faults : tuple of Fault
    seconds : float
    """

    path: Path
    blocks: int
    blocks_done: int
    files: int
    bytes: int
    sampled: tuple[int, ...]
    faults: tuple[Fault, ...]
    seconds: float

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong; blocks that are not there yet are not wrong."""
        return not self.faults


def verify(path: str | Path, sample: int = 0, threads: int | None = None) -> Verification:
    """Compare a store with its receipts.

    Parameters
    ----------
    path : str or Path
        Folder of the store; also of one that is being written.
    sample : int
        So many finished blocks, drawn at random, are also run again and compared to the last digit.
    threads : int, optional
        Default: the cores this process may use.

    Raises
    ------
    InputError
        Where there is no store, or one whose own description cannot be read; where blocks are to be run again that
        another engine made.
    """
    found = verify_stored(read_stored(path), sample, threads)
    for mode, folder in stored_parts(found.path).items():
        try:
            part = verify_stored(read_stored(folder), 0, threads)
        except InputError as error:
            found = replace(found, faults=(*found.faults, Fault(None, "", str(error), mode)))
            continue
        found = replace(
            found,
            files=found.files + part.files,
            bytes=found.bytes + part.bytes,
            faults=(*found.faults, *(replace(fault, regulation=mode) for fault in part.faults)),
            seconds=found.seconds + part.seconds,
        )
    return found


def verify_stored(stored: Stored, sample: int = 0, threads: int | None = None) -> Verification:
    """As `verify`, of a store whose description is known from elsewhere, without its parts in other modes."""
    began = monotonic()
    sample = whole("sample", sample, 0)
    arrays = _arrays(stored)
    with ThreadPoolExecutor(threads or cores()) as pool:
        found = list(pool.map(lambda number: _block(stored, arrays, number), range(stored.spec.blocks)))
        done = [each.receipt for each in found if each.receipt is not None]
        drawn = sorted(random.sample(done, min(sample, len(done))), key=lambda receipt: receipt.block)
        again = list(pool.map(lambda receipt: list(_run_again(stored, receipt)), drawn))
    faults = [Fault(None, name.removesuffix(f"/{METADATA}"), what) for name, what in damaged(stored.path)]
    faults += _lengths(stored, arrays)
    if stored.spec.hash() != stored.spec_hash:
        faults.append(Fault(None, "", "its spec is not that of its spec hash"))
    for stray in strays(stored.path, stored.spec.blocks):
        faults.append(Fault(None, "", f"{stray.relative_to(stored.path)} is a receipt of no block"))
    return Verification(
        path=stored.path,
        blocks=stored.spec.blocks,
        blocks_done=len(done),
        files=sum(each.files for each in found),
        bytes=sum(each.bytes for each in found),
        sampled=tuple(receipt.block for receipt in drawn),
        faults=tuple(chain(faults, *(each.faults for each in found), *again)),
        seconds=monotonic() - began,
    )


@dataclass
class _Found:
    receipt: Receipt | None
    faults: list[Fault]
    files: int = 0
    bytes: int = 0


def _lengths(stored: Stored, arrays: dict[str, Any]) -> Iterator[Fault]:
    """Arrays of another length than the sweep has patients."""
    patients = stored.spec.patients
    for name, length in arrays.items():
        expected = min(patients, stored.spec.waveforms.patients) if name.startswith(f"{WAVEFORMS}/") else patients
        if length != expected:
            yield Fault(None, name, f"is of {length} patients, the sweep of {expected}")


def _arrays(stored: Stored) -> dict[str, Any]:
    """Variables that every block writes, with their lengths; of waveforms only where they are kept."""
    found = {}
    for name in read_record(stored.path) or array_metadata(stored.path):
        content = parsed(stored.path / name) if Path(name).name == METADATA else None
        if content is not None and is_over_patients(content):
            found[name.removesuffix(f"/{METADATA}")] = content["shape"][0]
    return found


def _block(stored: Stored, arrays: dict[str, Any], number: int) -> _Found:
    receipt = read_receipt(stored.path, number)
    if receipt is None:
        there = receipt_path(stored.path, number).exists()
        return _Found(None, [Fault(number, "", "its receipt is damaged")] if there else [])
    if not stored.holds(receipt):
        return _Found(None, [Fault(number, "", "its receipt is of another sweep, engine or length")])
    found = _Found(receipt, [])
    for name, expected in receipt.checksums.items():
        variable = name.partition("/c/")[0]
        # what a receipt names is never looked for outside its store
        content = _read(stored.path, name)
        if content is None:
            found.faults.append(Fault(number, variable, f"{name} is missing"))
            continue
        found.files += 1
        found.bytes += len(content)
        if checksum(content) != expected:
            found.faults.append(Fault(number, variable, f"{name} differs from its receipt"))
    named = {name.partition("/c/")[0] for name in receipt.checksums}
    wave = number * stored.spec.run.block < stored.spec.waveforms.patients
    expected_names = {name for name in arrays if wave or not name.startswith(f"{WAVEFORMS}/")}
    found.faults += [Fault(number, name, "its receipt does not name it") for name in sorted(expected_names - named)]
    return found


def _read(store: Path, name: str) -> bytes | None:
    file = store / name
    try:
        inside = file.resolve().is_relative_to(store.resolve())
        return file.read_bytes() if inside else None
    except (OSError, ValueError):
        return None


def _run_again(stored: Stored, receipt: Receipt) -> Iterator[Fault]:
    from ...engine import fingerprint
    from ..spec import blocks
    from . import warm_starts
    from .writing import prepared

    number, there = receipt.block, receipt.engine_fingerprint
    if fingerprint() != there:
        raise InputError(
            f"{stored.path}: block {number} was computed by another engine, {there[:12]}, {fingerprint()[:12]} here; "
            "it cannot be run again for comparison"
        )
    spec = stored.spec
    made = blocks.block(spec, number, warm_starts.of_store(stored.path) if spec.run.warm_start else None)
    yield from _compared(stored, number, prepared(made, spec, None), blocks.span(spec, number), None)
    waves = blocks.block_waveforms(spec, number)
    if waves is not None:
        yield from _compared(
            stored, number, prepared(waves, spec, WAVEFORMS), blocks.waveform_span(spec, number), WAVEFORMS
        )


def _compared(
    stored: Stored, number: int, made: dict[str, xr.Variable], span: tuple[int, int], group: str | None
) -> Iterator[Fault]:
    import numpy as np
    import xarray as xr

    along = patient_dimension(group)
    with xr.open_zarr(stored.path, group=group, consolidated=False) as kept:
        for name, variable in made.items():
            if along not in variable.dims:
                continue
            there = np.asarray(kept[name].isel({along: slice(*span)}).values)
            if not _equal(there, variable.values):
                full = name if group is None else f"{group}/{name}"
                yield Fault(number, full, "is not what comes out when the block is run again")


def _equal(left: np.ndarray, right: np.ndarray) -> bool:
    import numpy as np

    return bool(np.array_equal(left, right, equal_nan=left.dtype.kind == "f"))
