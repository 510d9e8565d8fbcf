"""Writing the arrays of a block: plain Zarr v3 through xarray, one chunk per block and variable."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from ...engine import OUTCOMES
from ..spec.blocks import span, waveform_span
from .files import sync_files
from .receipts import checksum
from .store import WAVEFORMS, patient_dimension
from .zarr_folder import DurableStore, quiet

if TYPE_CHECKING:
    from ..spec.spec import Spec


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
    with quiet():
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


def _length(path: Path) -> int:
    return int(json.loads((path / "status" / "zarr.json").read_bytes())["shape"][0])
