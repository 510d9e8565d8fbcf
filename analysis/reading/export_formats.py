"""The formats of an export: each writes slices of a store, one after another, into one file."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from .hdf5_file import created

KEYS = ("patient", "arm", "time")
"""Columns that say what the row is of, those that a data set has as dimensions."""

TITLES = {"patient": "label of the patient", "arm": "arm", "time": "time"}
TEXTS = "OUT"
"""Kinds of numpy's that are texts."""

CHUNK = 1 << 16
"""Patients in a chunk of a netCDF file at most."""

Done = Callable[[slice], None]


def write_csv(path: Path, dataset: xr.Dataset, parts: Sequence[slice], done: Done) -> None:
    """Write a table as text: numbers in the fewest digits that give them back, nothing where there is none."""
    if find_spec("pyarrow") is not None:
        from pyarrow import csv

        _write_arrow(csv.CSVWriter, path, dataset, parts, done, missing_as_null=True)
        return
    # a tenth as fast, but it needs no package that is not here
    with path.open("w", encoding="utf-8", newline="") as stream:
        for part in parts:
            frame = pd.DataFrame(_columns(labelled(dataset, part)))
            frame.to_csv(stream, index=False, header=part == parts[0], lineterminator="\n")
            done(part)


def write_parquet(path: Path, dataset: xr.Dataset, parts: Sequence[slice], done: Done) -> None:
    """Write a table as parquet, a group of rows for each slice; attributes are metadata of the file and its fields."""
    from pyarrow import parquet

    writer = partial(parquet.ParquetWriter, compression="zstd")
    _write_arrow(writer, path, dataset, parts, done, missing_as_null=False)


def _write_arrow(
    writer: Callable[[str, Any], Any],
    path: Path,
    dataset: xr.Dataset,
    parts: Sequence[slice],
    done: Done,
    *,
    missing_as_null: bool,
) -> None:
    """Write a table by one of Arrow's writers; a number that is missing is NaN, or null."""
    import pyarrow as pa

    words = pa.dictionary(pa.int32(), pa.string())
    first = labelled(dataset, slice(0, 0))
    fields = []
    for name, column in _columns(first).items():
        kind = pa.string() if column.dtype.kind in TEXTS else pa.from_numpy_dtype(column.dtype)
        kind = words if isinstance(column, pd.Categorical) else kind
        fields.append(pa.field(name, kind, metadata=_as_text(first[name].attrs)))
    schema = pa.schema(fields, metadata=_as_text(dataset.attrs))
    with writer(str(path), schema) as file:
        for part in parts:
            columns = _columns(labelled(dataset, part))
            arrays = [pa.array(columns[field.name], field.type, from_pandas=missing_as_null) for field in schema]
            file.write_table(pa.Table.from_arrays(arrays, schema=schema))
            done(part)


def write_netcdf(path: Path, dataset: xr.Dataset, parts: Sequence[slice], done: Done) -> None:
    """Write dimensions, variables and attributes as they are; the coordinate ``patient`` says which patients."""
    import h5netcdf
    import h5py

    patients = sum(part.stop - part.start for part in parts)
    sizes = {name: dataset.sizes[name] for name in keys_of(dataset)} | {"patient": patients}
    with created(path) as target, h5netcdf.File(target, "w") as file:
        file.dimensions = sizes
        file.attrs.update(_storable(dataset.attrs))
        for name in sizes:
            there = parts if name == "patient" else parts[:1]
            label, *more = (labels(dataset, name, part) for part in there)
            made = file.create_variable(name, (name,), _netcdf_type(label.dtype, h5py.string_dtype()))
            made.attrs.update(_storable(label.attrs))
            values = np.concatenate([label.values, *(each.values for each in more)])
            made[:] = values.astype(object) if label.dtype.kind in TEXTS else values
        varying = []
        for name, column in dataset.data_vars.items():
            packed: dict[str, Any] = {}
            if "patient" in column.dims:
                shape = [min(patients, CHUNK) if dim == "patient" else sizes[str(dim)] for dim in column.dims]
                packed = {"chunks": tuple(shape), "compression": "gzip", "compression_opts": 1, "shuffle": True}
            fill = np.nan if column.dtype.kind == "f" else None
            kind = _netcdf_type(column.dtype, h5py.string_dtype())
            made = file.create_variable(str(name), column.dims, kind, fillvalue=fill, **packed)
            made.attrs.update(_storable(column.attrs, column.dtype))
            if "patient" in column.dims:
                varying.append(str(name))
            else:
                made[...] = column.values
        place = 0
        for part in parts:
            end = place + part.stop - part.start
            # all at once, as what is computed only now may have parts in common
            block = dataset.isel(patient=part)[varying].load()
            for name in varying:
                file.variables[name][place:end] = block[name].transpose("patient", ...).values
                target.check()
            place = end
            done(part)


WRITERS: dict[str, Callable[[Path, xr.Dataset, Sequence[slice], Done], None]] = {
    ".csv": write_csv,
    ".parquet": write_parquet,
    ".nc": write_netcdf,
}
"""Ending of the file to what writes it: a path, what to write, which patients, and what to call after each slice."""


def keys_of(dataset: xr.Dataset) -> list[str]:
    """Dimensions of a data set in the order of a table's rows."""
    return [name for name in KEYS if name in dataset.dims]


def labels(dataset: xr.Dataset, name: str, part: slice) -> xr.Variable:
    """Labels of the patients of a slice, or of all arms or instants; the position where there are none."""
    if name not in dataset.coords:
        places = np.arange(dataset.sizes[name])[part if name == "patient" else slice(None)]
        return xr.Variable((name,), places, {"long_name": f"index of the {name}", "units": "1"})
    column = dataset[name].variable.to_base_variable()
    column = column[part] if name == "patient" else column
    return xr.Variable((name,), column.values, {"long_name": TITLES[name], **column.attrs})


def labelled(dataset: xr.Dataset, part: slice) -> xr.Dataset:
    """Bring some patients into memory, with the labels of each dimension."""
    block = dataset.isel(patient=part).load()
    return block.assign_coords({name: labels(dataset, name, part) for name in keys_of(dataset)})


def _netcdf_type(kind: np.dtype, text: Any) -> Any:
    """Type of a variable in a netCDF file, which has texts but neither whether nor fixed widths."""
    return text if kind.kind in TEXTS else np.dtype(np.int8) if kind.kind == "b" else kind


def is_coded(variable: xr.Variable) -> bool:
    """Whether the numbers of a variable stand for words, by the CF attributes."""
    return "flag_meanings" in variable.attrs


def meaning(variable: xr.Variable, code: int) -> str:
    """Word of a code, or the words of its bits; a code without a word as it is."""
    words = str(variable.attrs["flag_meanings"]).split()
    if "flag_masks" in variable.attrs:
        masks = np.atleast_1d(variable.attrs["flag_masks"])
        return " ".join(word for mask, word in zip(masks, words, strict=False) if code & int(mask))
    values = np.atleast_1d(variable.attrs.get("flag_values", np.arange(len(words))))
    return next((word for value, word in zip(values, words, strict=False) if int(value) == code), str(code))


Column = Any
"""An array of NumPy's, or of what stands for words a ``pandas.Categorical``."""


def _columns(block: xr.Dataset) -> dict[str, Column]:
    """Give the columns of a table, the labels first; codes, and the names of arms, as categories."""
    columns: dict[str, Column] = {}
    for name in (*keys_of(block), *map(str, block.data_vars)):
        variable = block[name].variable
        values, kind = variable.values, variable.dtype.kind
        if is_coded(variable) or name == "arm":
            codes, place = np.unique(values, return_inverse=True)
            told = [meaning(variable, code) if is_coded(variable) else str(code) for code in codes]
            # several codes may have one word
            known, word = np.unique(told, return_inverse=True)
            rows = _rows(word[place].reshape(values.shape), variable.dims, block)
            columns[name] = pd.Categorical.from_codes(rows, known.astype(object))
            continue
        if kind in TEXTS:
            texts = [None if text is None else str(text) for text in values.ravel()]
            values = np.array(texts, object).reshape(values.shape)
        columns[name] = _rows(values, variable.dims, block)
    return columns


def _rows(values: np.ndarray, dims: tuple[Any, ...], block: xr.Dataset) -> np.ndarray:
    """Lay values out over the rows of a table: all arms of a patient, then the next patient."""
    sizes = {dim: block.sizes[dim] for dim in keys_of(block)}
    columns = xr.Variable(dims, values).transpose(*(dim for dim in sizes if dim in dims)).values
    shaped = columns.reshape([size if dim in dims else 1 for dim, size in sizes.items()])
    return np.broadcast_to(shaped, tuple(sizes.values())).reshape(-1)


def _as_text(attributes: Any) -> dict[str, str]:
    return {str(name): " ".join(map(str, _each(value))) for name, value in attributes.items()}


def _each(value: Any) -> Iterator[Any]:
    return iter(np.atleast_1d(value)) if isinstance(value, list | tuple | np.ndarray) else iter((value,))


def _storable(attributes: Any, flags: np.dtype | None = None) -> dict[str, Any]:
    """Attributes in types that netCDF knows; flags are of the type of their variable."""
    storable: dict[str, Any] = {}
    for name, value in attributes.items():
        numbers = np.asarray(value) if isinstance(value, list | tuple | np.ndarray) else None
        if str(name) in ("flag_values", "flag_masks"):
            storable[str(name)] = np.asarray(value, flags)
        elif numbers is not None and numbers.size and numbers.dtype.kind in "fiu":
            storable[str(name)] = numbers
        elif isinstance(value, bool) or not isinstance(value, str | int | float):
            storable[str(name)] = json.dumps(value, default=str)
        else:
            storable[str(name)] = value
    return storable
