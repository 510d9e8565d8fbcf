"""Opening a store for reading: as one Dataset, with or without Dask."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ...engine import InputError
from .receipts import FOLDER as RECEIPTS
from .store import OTHER_MODES, SAMPLES, WARM_START, WAVEFORM_PATIENT, WAVEFORMS, Stored, broken, read_stored

if TYPE_CHECKING:
    import xarray as xr


Chunks = int | Literal["auto"] | dict[str, int] | None
"""As of ``xarray.open_zarr``."""


def open_store(path: str | Path, chunks: Chunks = None) -> xr.Dataset:
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

    from ..user_patients.patients import numbered

    dataset = _open(read_stored(path), chunks)
    # a range is never laid out in memory, however many patients there are
    position = pd.RangeIndex(dataset.sizes["patient"])
    index = xr.Variable(("patient",), position, {"long_name": "index in the design", "units": "1"})
    opened = numbered(dataset.assign_coords(index=index))
    # where xarray itself keeps it; what lies beside the arrays is found by it
    opened.encoding["source"] = str(Path(path).absolute())
    return opened


def open_waveforms(path: str | Path) -> xr.Dataset:
    """Open the waveforms that a store keeps, without Dask, with the labels or positions of its patients.

    The attribute ``blocks_missing`` is that of the store.

    Raises
    ------
    InputError
        Where there is no store, a broken one, or one that keeps none.
    """
    from ..user_patients.patients import numbered

    stored = read_stored(path)
    if not stored.spec.waveforms.patients:
        raise InputError(f"{stored.path}: keeps no waveforms; [waveforms] patients = 10 in its sweep file keeps some")
    dataset = (
        _read(stored, None, WAVEFORMS)
        .rename({WAVEFORM_PATIENT: "patient"})
        .assign_attrs(blocks_missing=_missing(stored))
    )
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


def _read(stored: Stored, chunks: Chunks, group: str | None = None) -> xr.Dataset:
    import xarray as xr

    try:
        dataset: xr.Dataset = xr.open_zarr(stored.path, group=group, consolidated=stored.consolidated, chunks=chunks)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise broken(stored.path, error) from None
    return dataset


def _open(stored: Stored, chunks: Chunks) -> xr.Dataset:
    dataset = _read(stored, chunks)
    lost = (
        {each.parent.name for each in stored.path.glob("*/zarr.json")}
        - dataset.variables.keys()
        - {RECEIPTS, WAVEFORMS, WARM_START, SAMPLES, OTHER_MODES}
    )
    if lost or "status" not in dataset:
        raise broken(stored.path, ValueError(f"{', '.join(sorted(lost)) or 'status'} cannot be read"))
    if dataset.sizes.get("patient") != stored.spec.patients:
        raise InputError(f"{stored.path}: patients are being added to this store; run its sweep again to finish that")
    return dataset.assign_attrs(blocks=stored.spec.blocks, blocks_missing=_missing(stored))


def _missing(stored: Stored) -> int:
    return 0 if stored.consolidated else stored.spec.blocks - len(stored.receipts())
