"""What a store says of itself: whose it is, what is done, and whether a run may go on in it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ...engine import InputError
from ..host import check_assertions
from ..spec.blocks import span
from .receipts import FOLDER as RECEIPTS
from .receipts import Counts, Receipt, read_receipts, tallied

if TYPE_CHECKING:
    import xarray as xr

    from ..spec.spec import Spec

__all__ = ["Failure", "StoreRefused", "StoreStatus", "Stored", "open_store", "read_receipts", "status"]

FORMAT = 3
"""Of the layout; raised when stores of before can no longer be continued."""

ACCEPTED = "engines_accepted"
"""Attribute with the fingerprints of engines that went on in a store of another engine, because they were told to."""

WARM_START = "warm_start"
WARM_START_FILE = "regressions.npz"
"""Folder of the warm start, an empty group to Zarr, and the file in it."""

SAMPLES = "samples"
"""Folder of the copy of a user's own patients, an empty group to Zarr."""

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


@dataclass(frozen=True)
class Failure:
    """One kind of failure in one arm.

    Attributes
    ----------
    arm, kind : str
        Name of the arm; the status in lower case.
    patients : int
        How many.
    example : int
        Index of the first patient with it.
    """

    arm: str
    kind: str
    patients: int
    example: int


@dataclass(frozen=True)
class StoreStatus:
    """What is in a store, finished or not.

    Attributes
    ----------
    path : Path
        Folder of the store.
    name : str
        Title of the sweep.
    cohort : str
        Its population.
    patients, patients_done : int
        Candidates in all, and those in finished blocks.
    blocks, blocks_done : int
        Blocks in all, and those finished.
    counts : dict of str to dict of str to int
        Arm to status in lower case to number of patients; ``not_run`` are those not done.
    findings : dict of str to dict of str to int
        Arm to finding to number of patients; only what occurs.
    failures : tuple of Failure
        The commonest first.
    failed_share : float
        Patients with a failure in any arm over patients done (those outside the cohort count as done, not as failed).
    seconds : float
        Wall time of the finished blocks, added up over workers.
    spec_hash, engine_fingerprint : str
        What decides the numbers.
    """

    path: Path
    name: str
    cohort: str
    patients: int
    patients_done: int
    blocks: int
    blocks_done: int
    counts: Counts
    findings: Counts
    failures: tuple[Failure, ...]
    failed_share: float
    seconds: float
    spec_hash: str
    engine_fingerprint: str

    @property
    def complete(self) -> bool:
        """Whether every block is done."""
        return self.blocks_done == self.blocks


def open_store(path: str | Path, chunks: int | Literal["auto"] | dict[str, int] | None = None) -> xr.Dataset:
    """Open a store after a look at whether it is one; nothing is read yet.

    Parameters
    ----------
    path : str or Path
        Folder of the store.
    chunks : int, "auto" or mapping, optional
        As of ``xarray.open_zarr``. Default: without Dask, what is indexed is read there and then; every answer reads
        piece by piece, in memory that does not grow with the store, and faster than through Dask, which would search
        its graph over all blocks for every piece. ``{}`` or ``"auto"``: arrays of Dask, one chunk per block, for
        arithmetic of your own on more than fits into memory.

    Returns
    -------
    xr.Dataset
        The attribute ``blocks_missing`` says how many of ``blocks`` are not there yet: their patients have the status
        ``not_run``. The coordinate ``patient`` is the label that the user's own patients have, else as ``index`` the
        position, so that a part of the store still tells who it is of.

    Raises
    ------
    InputError
        Where there is no store, or a broken one.
    """
    import pandas as pd
    import xarray as xr

    from ..own.patients import numbered

    dataset = _open(read_stored(path), chunks)
    # a range is never laid out in memory, however many patients there are
    position = pd.RangeIndex(dataset.sizes["patient"])
    index = xr.Variable(("patient",), position, {"long_name": "index in the design", "units": "1"})
    return numbered(dataset.assign_coords(index=index))


def open_waveforms(path: str | Path) -> xr.Dataset:
    """Open the waveforms that a store keeps, without Dask, with the labels or positions of its patients.

    The attribute ``blocks_missing`` is that of the store.

    Raises
    ------
    InputError
        Where there is no store, a broken one, or one that keeps none.
    """
    import xarray as xr

    from ..own.patients import numbered

    stored = read_stored(path)
    if not stored.spec.waveforms.patients:
        raise InputError(f"{stored.path}: keeps no waveforms; [waveforms] patients = 10 in its sweep file keeps some")
    try:
        dataset: xr.Dataset = xr.open_zarr(stored.path, group=WAVEFORMS, consolidated=stored.consolidated, chunks=None)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _broken(stored.path, error) from None
    dataset = dataset.rename({WAVEFORM_PATIENT: "patient"}).assign_attrs(blocks_missing=_missing(stored))
    patients = _open(stored, None)
    if "patient" in patients.coords:
        dataset = dataset.assign_coords(patient=patients["patient"][: dataset.sizes["patient"]])
    return numbered(dataset)


def by_chunk(dataset: xr.Dataset) -> xr.Dataset:
    """Give what has not been read of a store yet as arrays of Dask, one chunk per block; all else stays as it is."""
    unread = {
        name: column.variable.chunk(column.encoding["preferred_chunks"])
        for name, column in dataset.data_vars.items()
        if column.chunks is None and not column.variable._in_memory and "preferred_chunks" in column.encoding
    }
    return dataset.assign(unread)


def patient_dimension(group: str | None) -> str:
    """Name of the dimension of patients in a group of a store; None: in the store itself."""
    return WAVEFORM_PATIENT if group == WAVEFORMS else "patient"


def _missing(stored: Stored) -> int:
    return 0 if stored.consolidated else stored.spec.blocks - len(stored.receipts())


def _open(stored: Stored, chunks: int | Literal["auto"] | dict[str, int] | None) -> xr.Dataset:
    import xarray as xr

    try:
        dataset: xr.Dataset = xr.open_zarr(stored.path, consolidated=stored.consolidated, chunks=chunks)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _broken(stored.path, error) from None
    lost = (
        {each.parent.name for each in stored.path.glob("*/zarr.json")}
        - dataset.variables.keys()
        - {RECEIPTS, WAVEFORMS, WARM_START, SAMPLES}
    )
    if lost or "status" not in dataset:
        raise _broken(stored.path, ValueError(f"{', '.join(sorted(lost)) or 'status'} cannot be read"))
    if dataset.sizes.get("patient") != stored.spec.patients:
        raise InputError(f"{stored.path}: patients are being added to this store; run its sweep again to finish that")
    return dataset.assign_attrs(blocks=stored.spec.blocks, blocks_missing=_missing(stored))


def status(path: str | Path) -> StoreStatus:
    """Count what is done in a store, also while it is being written.

    Parameters
    ----------
    path : str or Path
        Folder of the store.

    Raises
    ------
    InputError
        Where there is no store, or a broken one.
    """
    stored = read_stored(path)
    spec = stored.spec
    receipts = stored.receipts()
    total = tallied(receipts, spec.arms)
    failures = [
        Failure(arm, kind, total.counts[arm].get(kind, 0), patient)
        for arm, kinds in total.examples.items()
        for kind, patient in kinds.items()
    ]
    return StoreStatus(
        path=stored.path,
        name=spec.name,
        cohort=spec.cohort_title,
        patients=spec.patients,
        patients_done=total.patients,
        blocks=spec.blocks,
        blocks_done=len(receipts),
        counts=total.of(spec.patients),
        findings=total.findings,
        failures=tuple(sorted(failures, key=lambda each: -each.patients)),
        failed_share=total.failed_share,
        seconds=total.seconds,
        spec_hash=stored.spec_hash,
        engine_fingerprint=stored.engine_fingerprint,
    )


def read_stored(path: str | Path) -> Stored:
    """Read the attributes of a store.

    Raises
    ------
    InputError
        Where there is no store, or a broken one.
    """
    from ..spec.spec import from_canonical

    check_assertions()
    folder = Path(path)
    if not folder.exists():
        raise InputError(f"{folder}: no such store")
    try:
        root = json.loads((folder / "zarr.json").read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        raise InputError(f"{folder}: is no store of a sweep") from None
    except (OSError, ValueError) as error:
        raise _broken(folder, error) from None
    attributes = root.get("attributes") if isinstance(root, dict) else None
    if not isinstance(attributes, dict) or "counterpulse_store" not in attributes:
        raise InputError(f"{folder}: is a Zarr store, but not one of a sweep")
    if attributes["counterpulse_store"] != FORMAT:
        raise InputError(
            f"{folder}: layout {attributes['counterpulse_store']!r}, made by another version of counterpulse; this one "
            f"reads layout {FORMAT}. Its attribute 'versions' says which to install; xr.open_zarr reads it as it is"
        )
    try:
        spec = from_canonical(json.loads(attributes["spec"])).located(folder / SAMPLES)
        spec_hash, fingerprint = attributes["spec_hash"], attributes["engine_fingerprint"]
        accepted = attributes.get(ACCEPTED, "")
        if not all(isinstance(each, str) for each in (spec_hash, fingerprint, accepted)):
            raise TypeError("spec_hash, engine_fingerprint and engines_accepted are texts")
    except (ValueError, KeyError, TypeError) as error:
        raise _broken(folder, error) from None
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


def _differences(there: Spec, here: Spec) -> str:
    from ..spec.spec import FIXED

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


def _broken(path: Path, error: Exception) -> InputError:
    reason = " ".join(str(error).split())[:200]
    return InputError(f"{path}: is a broken store: {reason or type(error).__name__}; run its sweep with --repair")
