"""What a store says of itself: whose it is, what is done, and whether a run may go on in it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...engine import InputError
from ..host import check_assertions
from ..spec.blocks import span
from .receipts import Receipt, read_receipts

if TYPE_CHECKING:
    from ..spec.spec import Spec

FORMAT = 3
"""Of the layout; raised when stores of before can no longer be continued."""

ACCEPTED = "engines_accepted"
"""Attribute with the fingerprints of engines that went on in a store of another engine, because they were told to."""

WARM_START = "warm_start"
WARM_START_FILE = "regressions.npz"
"""Folder of the warm start, an empty group to Zarr, and the file in it."""

SAMPLES = "samples"
"""Folder of the copy of a user's own patients, an empty group to Zarr."""

OTHER_MODES = "other_modes"
"""Folder of the patients in other modes of regulation, an empty group to Zarr: a store for each mode."""

WAVEFORMS = "waveforms"
WAVEFORM_PATIENT = "waveform_patient"
"""Group of the waveforms, and its dimension of patients: there are fewer, and in a tree one name has one size."""


class StoreRefused(InputError):
    """The store holds something else than what is to be run: another spec, another engine, more patients."""


@dataclass(frozen=True)
class Stored:
    """What the attributes of a store say.

    Attributes
    ----------
    path : Path
        Folder of the store.
    spec : Spec
        The sweep it was made for.
    spec_hash, engine_fingerprint : str
        What decides its numbers.
    consolidated : bool
        Whether a run has ended here with every block done, and no patients have been added since.
    accepted : tuple of str
        Fingerprints of other engines that were told to go on here.
    """

    path: Path
    spec: Spec
    spec_hash: str
    engine_fingerprint: str
    consolidated: bool
    accepted: tuple[str, ...] = ()

    @property
    def engines(self) -> tuple[str, ...]:
        """Fingerprints of the engines that may work here; the first made the store."""
        return self.engine_fingerprint, *self.accepted

    def holds(self, receipt: Receipt | None) -> bool:
        """Whether a receipt is valid here: of this spec and engine, and for the whole of its block."""
        return (
            receipt is not None
            and 0 <= receipt.block < self.spec.blocks
            and (receipt.start, receipt.stop) == span(self.spec, receipt.block)
            and receipt.spec_hash == self.spec_hash
            and receipt.engine_fingerprint in self.engines
        )

    def receipts(self) -> list[Receipt]:
        """Valid receipts in the order of the blocks."""
        return [receipt for receipt in read_receipts(self.path) if self.holds(receipt)]


def read_stored(path: str | Path) -> Stored:
    """Read the attributes of a store.

    Raises
    ------
    InputError
        Where there is no store, or a broken one.
    """
    from ..spec.file import from_canonical

    check_assertions()
    folder = Path(path)
    if not folder.exists():
        raise InputError(f"{folder}: no such store")
    try:
        root = json.loads((folder / "zarr.json").read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        raise InputError(f"{folder}: is no store of a sweep") from None
    except (OSError, ValueError) as error:
        raise broken(folder, error) from None
    attributes = root.get("attributes") if isinstance(root, dict) else None
    if not isinstance(attributes, dict) or "counterpulse_store" not in attributes:
        raise InputError(f"{folder}: is a Zarr store, but not one of a sweep")
    if attributes["counterpulse_store"] != FORMAT:
        raise InputError(
            f"{folder}: layout {attributes['counterpulse_store']!r}, made by another version of counterpulse; this one "
            f"reads layout {FORMAT}. Its attribute 'versions' says which to install; xr.open_zarr reads it as it is"
        )
    try:
        spec = from_canonical(json.loads(attributes["spec"])).located(samples_of(folder))
        spec_hash, fingerprint = attributes["spec_hash"], attributes["engine_fingerprint"]
        accepted = attributes.get(ACCEPTED, "")
        if not all(isinstance(each, str) for each in (spec_hash, fingerprint, accepted)):
            raise TypeError("spec_hash, engine_fingerprint and engines_accepted are texts")
    except (ValueError, KeyError, TypeError) as error:
        raise broken(folder, error) from None
    return Stored(folder, spec, spec_hash, fingerprint, "consolidated_metadata" in root, tuple(accepted.split()))


def agreed(stored: Stored, spec: Spec, fingerprint: str, *, accept_engine: bool = False) -> Spec:
    """Say as what a sweep goes on in a store: with the store's block and waveforms, which are fixed.

    Raises
    ------
    StoreRefused
        For another spec hash, another engine that is not accepted, or fewer patients than there are; both are named.
    """
    path, there = stored.path, stored.spec
    if (asked := spec.hash()) != stored.spec_hash:
        differ = _differences(there, spec) or "the cohort's law or the sampler"
        raise StoreRefused(
            f"{path}: holds another sweep, spec {stored.spec_hash[:12]} there and {asked[:12]} here "
            f"(different: {differ}); give another store"
        )
    if fingerprint not in stored.engines and not accept_engine:
        raise StoreRefused(
            f"{path}: was computed by another engine, {stored.engine_fingerprint[:12]} there and {fingerprint[:12]} "
            "here; give another store, or --accept-engine to go on with this one and have that written down"
        )
    if spec.patients < there.patients:
        raise StoreRefused(
            f"{path}: holds {there.patients} patients, {spec.patients} are asked for; they can only grow"
        )
    run = spec.run.model_copy(update={"block": there.run.block})
    return spec.model_copy(update={"run": run, "waveforms": there.waveforms})


def is_part(path: Path) -> bool:
    """Whether a store is, or is to be, a part of another: some of its patients in another mode of regulation."""
    return path.parent.name == OTHER_MODES


def samples_of(path: Path) -> Path:
    """Folder of the copy of a user's own patients: a part reads that of the store around it."""
    return (path.parent.parent if is_part(path) else path) / SAMPLES


def patient_dimension(group: str | None) -> str:
    """Name of the dimension of patients in a group of a store; None: in the store itself."""
    return WAVEFORM_PATIENT if group == WAVEFORMS else "patient"


def _differences(there: Spec, here: Spec) -> str:
    from ..spec.identity import FIXED

    left, right = there.canonical(), here.canonical()
    without = {"name", "waveforms", "response", "run"} | (set() if here.design in FIXED else {"patients"})
    known = [name for name in left | right if name not in without]
    names = [name for name in known if _ordered(left.get(name)) != _ordered(right.get(name))]
    names += [
        f"run.{name}" for name in ("tolerance", "warm_start") if getattr(there.run, name) != getattr(here.run, name)
    ]
    if here.samples is not None and here.samples != there.samples:
        names[names.index("samples")] = f"the patients in {here.samples.file}"
    return ", ".join(names)


def _ordered(value: Any) -> str:
    """Text of a value; the order of tables counts, as that of the arms does."""
    return json.dumps(value)


def broken(path: Path, error: Exception) -> InputError:
    """Give the error that says what is wrong with a store, and what mends it."""
    reason = " ".join(str(error).split())[:200]
    return InputError(f"{path}: is a broken store: {reason or type(error).__name__}; run its sweep with --repair")
