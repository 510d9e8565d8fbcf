"""The arrays of a store: plain Zarr v3 written through xarray, one chunk per block and variable."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import warnings
from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from platform import python_version
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
import zarr
from zarr.core.buffer import Buffer
from zarr.storage import LocalStore

from ...engine import OUTCOMES, InputError
from ..spec.blocks import span, waveform_span
from .files import FULL_DISK, check_folder, partial_beside, remove_abandoned, sync, sync_files, sync_tree, write_whole
from .outputs import store_around
from .receipts import FOLDER as RECEIPTS
from .receipts import checksum, cpu
from .store import (
    ACCEPTED,
    FORMAT,
    SAMPLES,
    WARM_START,
    WARM_START_FILE,
    WAVEFORM_PATIENT,
    WAVEFORMS,
    Stored,
    patient_dimension,
    read_stored,
)
from .template import array_metadata, sealed_attributes, write_record

if TYPE_CHECKING:
    from ..spec.spec import Spec

SIDE_GROUPS = {
    RECEIPTS: "receipts of finished blocks: JSON files, no arrays",
    WARM_START: "regressions on training patients before the first block: a file of NumPy's, no arrays",
    SAMPLES: "the user's own patients, where there are any: a file of NumPy's for each column, no arrays",
}
SIDE_GROUP = {
    "zarr_format": 3,
    "node_type": "group",
    "consolidated_metadata": {"kind": "inline", "must_understand": False, "metadata": {}},
}
"""Makes the folders of receipts, warm start and samples empty groups, which readers pass over without a warning."""


class DurableStore(LocalStore):
    """A folder as zarr sees it, written by the rules of ``files.py``: metadata is on the disk when ``set`` returns."""

    async def set(self, key: str, value: Buffer) -> None:
        """Write an object whole or not at all."""
        self._check_writable()
        await asyncio.to_thread(write_whole, self.root / key, value.to_bytes(), durable=key.endswith("zarr.json"))

    def set_sync(self, key: str, value: Buffer) -> None:
        """As ``set``, for the pipelines of zarr that run without an event loop."""
        self._check_writable()
        write_whole(self.root / key, value.to_bytes(), durable=key.endswith("zarr.json"))

    async def list_dir(self, prefix: str) -> AsyncIterator[str]:
        """List a folder, but not those of files that are no zarr objects."""
        if prefix.strip("/") not in SIDE_GROUPS:
            async for name in super().list_dir(prefix):
                yield name


def create(
    path: Path, spec: Spec, fingerprint: str, sample: xr.Dataset, waves: xr.Dataset | None, warm_start: bytes | None
) -> bool:
    """Make an empty store, of which others see all or nothing.

    Parameters
    ----------
    path : Path
        Folder that does not exist, or is empty.
    spec : Spec
        The sweep; its block, waveforms and precision of storage are fixed from here on.
    fingerprint : str
        Of the engine.
    sample : xr.Dataset
        A simulated patient or more of this sweep: says which variables there are, and the values of those that do
        not vary.
    waves : xr.Dataset or None
        Likewise of the waveforms; None where none are kept.
    warm_start : bytes or None
        The file of the warm start; None where the sweep goes without.

    Returns
    -------
    bool
        False where somebody else made it meanwhile.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    remove_abandoned([path.parent], of=path.name)
    partial = partial_beside(path)
    try:
        _make(partial, spec, fingerprint, sample, waves, warm_start)
        sync_tree(partial)
        try:
            partial.rename(path)
        except OSError:
            if not (path / "zarr.json").exists():
                raise
            return False
        sync(path.parent)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return True


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


def restore(
    path: Path, spec: Spec, fingerprint: str, sample: xr.Dataset, waves: xr.Dataset | None, warm_start: bytes | None
) -> None:
    """Write again all that `create` made and no block has; arguments as there. The root comes last."""
    partial = partial_beside(path)
    try:
        _make(partial, spec, fingerprint, sample, waves, warm_start)
        files = [file.relative_to(partial) for file in sorted(partial.rglob("*")) if file.is_file()]
        for name in sorted(files, key=lambda name: name == Path("zarr.json")):
            write_whole(path / name, (partial / name).read_bytes())
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def accept(path: Path, fingerprint: str) -> None:
    """Write down that a run went on with another engine than the store was made with."""
    root = json.loads((path / "zarr.json").read_bytes())
    attributes = root["attributes"]
    accepted = [*attributes.get(ACCEPTED, "").split(), fingerprint]
    root["attributes"] = sealed_attributes(attributes | {ACCEPTED: " ".join(dict.fromkeys(accepted))})
    write_whole(path / "zarr.json", json.dumps(root, indent=2).encode())


def _make(
    path: Path, spec: Spec, fingerprint: str, sample: xr.Dataset, waves: xr.Dataset | None, warm_start: bytes | None
) -> None:
    _write_template(path, sample, spec, spec.patients, spec.run.block, _attributes(spec, fingerprint))
    if waves is not None:
        kept = spec.waveforms.patients
        described = {"Conventions": "CF-1.11", "title": f"waveforms of the first {kept} patients"}
        lengths = min(spec.patients, kept), min(spec.run.block, kept)
        _write_template(path, waves, spec, *lengths, described, group=WAVEFORMS)
    if spec.samples is not None:
        spec.samples.keep(path / SAMPLES)
    for folder, name in SIDE_GROUPS.items():
        if folder == SAMPLES and spec.samples is None:
            continue
        content = {"attributes": {"long_name": name}, **SIDE_GROUP}
        write_whole(path / folder / "zarr.json", json.dumps(content, indent=2).encode())
    if warm_start is not None:
        write_whole(path / WARM_START / WARM_START_FILE, warm_start)
    write_record(path)


def write_block(path: Path, spec: Spec, number: int, result: xr.Dataset, waves: xr.Dataset | None) -> dict[str, str]:
    """Write the arrays of a block; on return they are on the disk.

    Returns
    -------
    dict of str to str
        File within the store to its checksum, for the receipt.
    """
    if _length(path) != spec.patients:
        raise RuntimeError(f"{path}: was changed to {_length(path)} patients while {spec.patients} were being run")
    files = _write_region(path, result, spec, *span(spec, number), number)
    if waves is not None:
        files += _write_region(path, waves, spec, *waveform_span(spec, number), number, group=WAVEFORMS)
    sync_files(files, path)
    return {str(file.relative_to(path)): checksum(file.read_bytes()) for file in files}


def adopt(stored: Stored, spec: Spec) -> None:
    """Bring a store up to a spec of the same hash: more patients, another name, other thresholds.

    Killed half-way it is done again by the next run. The attributes come last and with them the view of readers.
    """
    path = stored.path
    if spec.patients > stored.spec.patients:
        with _quiet():
            _resize(zarr.open_group(DurableStore(path), mode="r+", use_consolidated=False), spec.patients)
            if (path / WAVEFORMS / "zarr.json").exists():
                group = zarr.open_group(DurableStore(path), path=WAVEFORMS, mode="r+", use_consolidated=False)
                _resize(group, min(spec.patients, spec.waveforms.patients))
    now = read_stored(path)
    if spec.patients < now.spec.patients or spec == now.spec:
        return
    root = json.loads((path / "zarr.json").read_bytes())
    root["attributes"] = sealed_attributes(root["attributes"] | _spec_attributes(spec))
    if spec.patients > stored.spec.patients:
        root.pop("consolidated_metadata", None)
    write_whole(path / "zarr.json", json.dumps(root, indent=2).encode())


def consolidate(path: Path) -> None:
    """Gather the metadata of all arrays in one file, as the last act of a run; again is harmless."""
    if not read_stored(path).consolidated:
        with _quiet():
            zarr.consolidate_metadata(DurableStore(path))


def sweep(path: Path, finished: Collection[int] = ()) -> None:
    """Remove what killed processes left half-written, except in the folders of blocks known to be finished."""
    arrays = [(path / name).parent for name in array_metadata(path)]
    remove_abandoned([path, path / WAVEFORMS, *arrays, *(path / RECEIPTS).glob("*/")])
    names = {str(number) for number in finished}
    for array in arrays:
        chunks = array / "c"
        remove_abandoned([chunks, *(folder for folder in _folders(chunks) if folder.name not in names)])


def _write_template(
    path: Path,
    sample: xr.Dataset,
    spec: Spec,
    patients: int,
    chunk: int,
    attributes: dict[str, Any],
    group: str | None = None,
) -> None:
    variables: dict[str, xr.Variable] = {}
    encoding: dict[str, dict[str, Any]] = {}
    for name, variable in prepared(sample, spec, group).items():
        if patient_dimension(group) in variable.dims:
            # made without patients and lengthened below: an array without its values would need Dask
            text = variable.dtype.kind == "O"
            empty = np.zeros((0, *variable.shape[1:]), np.dtypes.StringDType() if text else variable.dtype)
            variables[name] = xr.Variable(variable.dims, empty, variable.attrs)
            fill = np.nan if variable.dtype.kind == "f" else "" if text else 0
            encoding[name] = {"chunks": (chunk, *variable.shape[1:]), "fill_value": fill}
        else:
            variables[name] = variable
    known = {*sample.coords, patient_dimension(group)}
    coordinates = {name: variable for name, variable in variables.items() if name in known}
    data = {name: variable for name, variable in variables.items() if name not in coordinates}
    dataset = xr.Dataset(data, coordinates, attributes)
    with _quiet():
        dataset.to_zarr(path, group=group, mode="w-", consolidated=False, encoding=encoding, zarr_format=3)
        _resize(zarr.open_group(path, path=group, mode="r+", use_consolidated=False), patients)


def _write_region(
    path: Path, result: xr.Dataset, spec: Spec, start: int, stop: int, number: int, group: str | None = None
) -> list[Path]:
    along = patient_dimension(group)
    variables = {name: each for name, each in prepared(result, spec, group).items() if along in each.dims}
    # the status comes last: where it is there, so is the rest
    variables |= {name: variables.pop(name) for name in ("findings", "status") if name in variables}
    # labels without an index: what is one is left out of a region
    labels = xr.Coordinates({name: variables[name] for name in ("patient",) if name in variables}, indexes={})
    others = {name: each for name, each in variables.items() if name not in labels}
    with _quiet():
        xr.Dataset(others, labels).to_zarr(
            DurableStore(path),
            group=group,
            mode="r+",
            region={along: slice(start, stop)},
            consolidated=False,
            write_empty_chunks=True,
        )
    folder = path / group if group else path
    return [folder / name / "c" / str(number) / "/".join("0" * (each.ndim - 1)) for name, each in variables.items()]


def prepared(dataset: xr.Dataset, spec: Spec, group: str | None) -> dict[str, xr.Variable]:
    """Give variables in the types they are stored in, patient first; the position is the index."""
    outcome, along = np.dtype(spec.store_precision), patient_dimension(group)
    dataset = dataset.rename({"patient": along}) if along != "patient" else dataset
    prepared: dict[str, xr.Variable] = {}
    for key, variable in dataset.variables.items():
        name = str(key)
        if name == "index":
            continue
        if along in variable.dims:
            variable = variable.transpose(along, ...)
        if variable.dtype.kind == "f":
            # outcomes of a store, and everything that varies in the group of the waveforms
            rounded = name in OUTCOMES if group is None else along in variable.dims
            variable = variable.astype(outcome if rounded else np.float64)
        elif variable.dtype.kind in "UT":
            # a numpy text of fixed width has no specification in Zarr v3
            variable = variable.astype(object)
        attributes = dict(variable.attrs)
        if not attributes.keys() & {"units", "flag_values", "flag_masks"}:
            attributes["units"] = "1"
        prepared[name] = xr.Variable(variable.dims, variable.values, attributes)
    return prepared


def _attributes(spec: Spec, fingerprint: str) -> dict[str, Any]:
    from ...engine import FLAGS

    packages = ("counterpulse", "numpy", "numba", "llvmlite", "scipy", "xarray", "zarr")
    versions = {"python": python_version()} | {name: metadata.version(name) for name in packages}
    setting = os.environ.get("NUMBA_CPU_NAME", "native")
    attributes = {
        "Conventions": "CF-1.11",
        "source": f"counterpulse {versions['counterpulse']}, simulation",
        "comment": "Virtual patients, research use only: nothing here advises on a patient.",
        "counterpulse_store": FORMAT,
        **_spec_attributes(spec),
        "spec_hash": spec.hash(),
        "engine_fingerprint": fingerprint,
        # for readers that know no texts of any length, as the coordinate has
        "arms": list(spec.arms),
        "seed": spec.seed,
        "sampler": f"{spec.design}, scipy {versions['scipy']}",
        "versions": json.dumps(versions),
        "flags": " ".join(sorted(FLAGS)),
        "instruction_set": setting,
        "cpu": cpu(),
        "date_created": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    return sealed_attributes(attributes)


def _spec_attributes(spec: Spec) -> dict[str, Any]:
    """Attributes that change when a spec of the same hash is adopted; the order of the arms counts."""
    return {
        "title": spec.name,
        "cohort": spec.cohort_title,
        "cohort_definitions": json.dumps(spec.definitions),
        "spec": json.dumps(spec.canonical(), allow_nan=False),
        "patients": spec.patients,
    }


def _resize(group: zarr.Group, patients: int) -> None:
    for _, array in group.arrays():
        names = getattr(array.metadata, "dimension_names", None) or ()
        if names[:1] in (("patient",), (WAVEFORM_PATIENT,)) and array.shape[0] < patients:
            array.resize((patients, *array.shape[1:]))


def _length(path: Path) -> int:
    return int(json.loads((path / "status" / "zarr.json").read_bytes())["shape"][0])


def _folders(path: Path) -> Iterator[Path]:
    try:
        with os.scandir(path) as entries:
            yield from (Path(entry.path) for entry in entries if entry.is_dir(follow_symlinks=False))
    except (FileNotFoundError, NotADirectoryError):
        return


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence what zarr says of its own metadata; consolidation is an extension that xarray reads."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Consolidated metadata is currently not part")
        warnings.filterwarnings("ignore", message="The data type .* does not have a Zarr V3 specification")
        yield
