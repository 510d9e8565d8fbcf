"""A store, its waveforms or a result as one file for other programs: csv, parquet or netCDF, piece by piece."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from time import monotonic

import xarray as xr

from ...engine import OUTCOMES, PARAMETERS, InputError, check_name
from ...sweeps.execution.progress import Progress
from ...sweeps.store.opening import open_store, open_waveforms
from ...sweeps.store.outputs import check_output, written_whole
from ...sweeps.store.store import Stored, read_stored
from .export_formats import KEYS, WRITERS, Done, keys_of, labels
from .stream import chunk_rows

NEEDS = {".csv": (), ".parquet": ("pyarrow",), ".nc": ("h5netcdf", "h5py")}
"""Ending of the file to the packages that write it, which the extra ``export`` brings."""

ROWS = 1 << 16
"""Patients in memory at a time."""


@dataclass(frozen=True, repr=False)
class Exported:
    """What was written.

    Attributes
    ----------
    path : Path
        The file.
    patients, patients_of : int
        Patients in it, and in the store when it is finished.
    arms, instants : int
        Of each patient; a table has a row for each of them.
    variables : tuple of str
        Columns of a table but ``patient``, ``arm`` and ``time``, variables of a netCDF file but these coordinates.
    blocks_missing : int
        Blocks that the store does not have yet, whose patients are left out.
    bytes : int
        Size of the file.
    """

    path: Path
    patients: int
    patients_of: int
    arms: int
    instants: int
    variables: tuple[str, ...]
    blocks_missing: int
    bytes: int

    def __repr__(self) -> str:
        """Say what there is, without the hundreds of names."""
        instants = f" at {self.instants:,} instants" if self.instants > 1 else ""
        missing = f"; {self.blocks_missing:,} blocks are missing" if self.blocks_missing else ""
        return (
            f"Exported to {self.path}: {self.patients:,} of {self.patients_of:,} patients in {self.arms:,} arms"
            f"{instants}, {len(self.variables):,} variables, {self.bytes:,} bytes{missing}"
        )


def export(
    store: str | Path | xr.Dataset,
    file: str | Path,
    variables: Sequence[str] | None = None,
    *,
    waveforms: bool = False,
    progress: Callable[[Progress], None] | None = None,
) -> Exported:
    """Write a store, its waveforms, or a result into one file for other programs.

    The file is whole or not there: it is written under another name in the same folder and takes its place at the
    end, that of an older one too. Memory does not grow with the store.

    Parameters
    ----------
    store : str, Path or xarray.Dataset
        Folder of the store, finished or not; of an unfinished one the blocks that are finished are written. Or what
        ``simulate``, ``classify`` or ``waveforms`` returned.
    file : str or Path
        Its ending says the format. ``.csv`` and ``.parquet``: one row per patient and arm, with the columns
        ``patient`` (the label, or where there is none the index), ``arm`` and ``status``, what is coded in the store
        in words; numbers are those of the store to the digit, and units are in the metadata of a parquet file. Of
        waveforms a row for each instant ``time`` too. ``.nc``: netCDF-4 with the dimensions and attributes of the
        store. The latter two need the extra ``export``.
    variables : sequence of str, optional
        Names of parameters and outcomes. Default: in a table all that differ between patients or arms, in a netCDF
        file all.
    waveforms : bool
        Whether the waveforms that the store keeps are written, instead of parameters and outcomes.
    progress : callable, optional
        Called after each piece.

    Returns
    -------
    Exported

    Raises
    ------
    InputError
        For a store that is none or has no finished block, an unknown variable, a file of another kind or in a place
        where none can be, or a package that is missing; nothing is written then.
    """
    target = check_table(file, "export")
    kind = target.suffix.lower()
    if isinstance(store, xr.Dataset):
        dataset, chunk = _flat(store), 1
        spans = [(0, dataset.sizes["patient"])]
    else:
        folder = Path(store)
        dataset = open_waveforms(folder) if waveforms else open_store(folder).drop_vars("index")
        dataset, chunk = _flat(dataset), chunk_rows(dataset)
        spans = _spans(dataset, read_stored(folder))
    names = _names(dataset, variables, kind)
    patients = sum(stop - start for start, stop in spans)
    if not patients:
        raise InputError(f"{store}: no block of this store is finished yet; run its sweep first")
    instants = dataset.sizes.get("time", 1)
    parts = list(_parts(spans, chunk, max(ROWS // instants, 1)))
    done = _told(progress, patients, len(parts))
    chosen = dataset[names]
    # a dimension that no variable chosen has is one of the table all the same
    lacking = [name for name in keys_of(dataset) if name not in chosen.dims]
    chosen = chosen.assign_coords({name: labels(dataset, name, slice(None)) for name in lacking})
    with written_whole(target) as partial:
        WRITERS[kind](partial, chosen, parts, done)
    return Exported(
        path=target,
        patients=patients,
        patients_of=dataset.sizes["patient"],
        arms=dataset.sizes.get("arm", 1),
        instants=instants,
        variables=tuple(name for name in names if name not in KEYS),
        blocks_missing=int(dataset.attrs.get("blocks_missing", 0)),
        bytes=target.stat().st_size,
    )


def check_table(file: str | Path, where: str) -> Path:
    """Make sure that :func:`export` can write a file, before what goes into it is computed.

    Parameters
    ----------
    file : str or Path
    where : str
        What the message begins with.

    Raises
    ------
    InputError
        For a file of another kind or in a place where none can be, or a package that is missing.
    """
    target = check_output(file, tuple(WRITERS), where=where)
    kind = target.suffix.lower()
    if lacking := [name for name in NEEDS[kind] if find_spec(name) is None]:
        raise InputError(
            f"{where}: {kind} needs {' and '.join(lacking)}, not installed here; pip install 'counterpulse[export]', "
            "or write .csv, which needs nothing"
        )
    return target


def _names(dataset: xr.Dataset, variables: Sequence[str] | None, kind: str) -> list[str]:
    """Names to write, the status first; of a netCDF file the dimension's own variable is written in any case."""
    known = [str(name) for name in dataset.variables]
    if variables is None:
        # in a table a column that is the same in every row says nothing; in a netCDF file it takes no room
        wanted = [name for name in known if kind == ".nc" or dataset[name].ndim > 0]
        order = ["findings", "cohort", *PARAMETERS, *OUTCOMES]
        wanted.sort(key=lambda name: order.index(name) if name in order else len(order))
    else:
        wanted = [variables] if isinstance(variables, str) else list(variables)
    keys = keys_of(dataset)
    for name in wanted:
        check_name("variables", name, [*keys, *known])
        if other := set(dataset[name].dims) - {*keys} if name in known else set():
            raise InputError(f"variables: {name} is over {', '.join(map(str, other))}, not over {' and '.join(keys)}")
    status = ["status"] if "status" in known else []
    return [*status, *dict.fromkeys(name for name in wanted if name not in (*KEYS, "status"))]


def _flat(dataset: xr.Dataset) -> xr.Dataset:
    """Give a data set variables alone beside its dimensions: groups and levels of a grid among them, dates as texts."""
    if "patient" not in dataset.dims:
        own = dataset.coords.get("patient", xr.DataArray(0)).values
        dataset = dataset.drop_vars("patient", errors="ignore").assign_coords(patient=[own[()]])
    if "patient" in dataset.xindexes and len(dataset.xindexes.get_all_coords("patient")) > 1:
        dataset = dataset.reset_index("patient")
    dataset = dataset.drop_indexes([name for name in dataset.xindexes if name not in dataset.dims]).reset_coords()
    dates = [name for name, column in dataset.variables.items() if column.dtype.kind in "mM"]
    return dataset.assign({name: dataset[name].astype(str).astype(object) for name in dates})


def _spans(dataset: xr.Dataset, stored: Stored) -> list[tuple[int, int]]:
    """First patient, and the one after the last, of every run of finished blocks."""
    patients = dataset.sizes["patient"]
    if not dataset.attrs["blocks_missing"]:
        return [(0, patients)]
    spans: list[tuple[int, int]] = []
    for start, stop in sorted((receipt.start, min(receipt.stop, patients)) for receipt in stored.receipts()):
        if start >= patients:
            break
        if spans and spans[-1][1] == start:
            spans[-1] = spans[-1][0], stop
        else:
            spans.append((start, stop))
    return spans


def _parts(spans: Sequence[tuple[int, int]], chunk: int, most: int) -> Iterator[slice]:
    """Cut the patients into slices of about ``most``: several whole chunks, or a part of one."""
    step = max(most // chunk, 1) * chunk if chunk < most else most
    for first, last in spans:
        for start in range(first, last, step):
            yield slice(start, min(start + step, last))


def _told(progress: Callable[[Progress], None] | None, patients: int, parts: int) -> Done:
    begun, done = monotonic(), [0, 0]

    def tell(part: slice) -> None:
        done[0] += 1
        done[1] += part.stop - part.start
        if progress is not None:
            rate = done[1] / max(monotonic() - begun, 1e-9)
            progress(Progress(done[0], parts, done[1], patients, rate, (patients - done[1]) / rate))

    return tell
