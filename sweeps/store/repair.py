"""What of a damaged store is to be made again: only that."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from ...engine import InputError
from ..spec.spec import Spec
from .files import sync
from .receipts import FOLDER, read_receipts, receipt_path, strays
from .store import FORMAT, Stored, StoreRefused, read_stored
from .template import METADATA
from .verify import verify_stored


@dataclass(frozen=True)
class Damage:
    """What is wrong in a store.

    Attributes
    ----------
    stored : Stored
        What the store is, or was before its description was lost.
    template : bool
        Whether metadata, constant variables or the warm start are to be written again.
    blocks : frozenset of int
        Blocks to be run again, for whatever is wrong in them.
    """

    stored: Stored
    template: bool
    blocks: frozenset[int]


def look(path: Path, spec: Spec, fingerprint: str) -> Damage:
    """See what is to be made again; nothing is written.

    Raises
    ------
    InputError
        Where there is no store.
    StoreRefused
        Where the description of the store is lost, and its receipts are of another sweep or engine.
    """
    if not (path / FOLDER).is_dir():
        raise InputError(f"{path}: holds no receipts, there is nothing to repair; run it without --repair")
    stored = _described(path, spec, fingerprint)
    found = verify_stored(stored)
    whole = [fault for fault in found.faults if fault.block is None]
    blocks = {fault.block for fault in found.faults if fault.block is not None}
    return Damage(stored, bool(whole), frozenset(blocks))


def withdraw(damage: Damage) -> None:
    """Remove the receipts of what is damaged: from here on those blocks count as not done."""
    path, spec = damage.stored.path, damage.stored.spec
    for file in {*(receipt_path(path, number) for number in damage.blocks), *strays(path, spec.blocks)}:
        file.unlink(missing_ok=True)
        if file.parent.is_dir():
            sync(file.parent)


def _described(path: Path, spec: Spec, fingerprint: str) -> Stored:
    """Read what a store says of itself; where it cannot be read, it is what the sweep says, if the receipts agree."""
    try:
        return read_stored(path)
    except InputError:
        if (path / METADATA).exists() and not _is_broken(path):
            raise
    for receipt in read_receipts(path):
        if (receipt.spec_hash, receipt.engine_fingerprint) != (spec.hash(), fingerprint):
            raise StoreRefused(
                f"{path}: says no longer what it is, and block {receipt.block} is of another sweep or engine, spec "
                f"{receipt.spec_hash[:12]}, engine {receipt.engine_fingerprint[:12]}; here they are "
                f"{spec.hash()[:12]} and {fingerprint[:12]}"
            )
    return Stored(path, spec, spec.hash(), fingerprint, consolidated=False)


def _is_broken(path: Path) -> bool:
    """Whether a store is one of ours whose description cannot be read: that of another layout is not broken."""
    try:
        root = json.loads((path / METADATA).read_bytes())
        layout = root["attributes"]["counterpulse_store"]
    except (OSError, ValueError, KeyError, TypeError):
        return True
    return bool(layout == FORMAT)
