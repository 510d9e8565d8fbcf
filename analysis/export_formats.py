"""The formats of an export: each writes slices of a store, one after another, into one file."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

KEYS = ("patient", "arm")
"""Columns that say whose the row is."""

SLICE = 1 << 12
"""Patients whose numbers are text at a time."""

CHUNK = 1 << 16
"""Patients in a chunk of a netCDF file at most."""

Done = Callable[[slice], None]


def write_csv(path: Path, dataset: xr.Dataset, parts: Sequence[slice], done: Done) -> None:
    """Write a table as text: numbers in the fewest digits that give them back, nothing where there is none."""
    arms = [_quoted(str(arm)) for arm in dataset["arm"].values]
    with path.open("w", encoding="utf-8", newline="") as stream:
        stream.write(",".join((*KEYS, *map(str, dataset.data_vars))) + "\n")
        for part in parts:
            block = dataset.isel(patient=part).load()
            for start in range(0, part.stop - part.start, SLICE):
                some = block.isel(patient=slice(start, start + SLICE))
                patients = some.sizes["patient"]
                first = part.start + start
                keys = [_rows(np.arange(first, first + patients).astype(str).astype(object), ("patient",), some)]
                keys.append(_rows(np.array(arms, object), ("arm",), some))
                texts = (_rows(_texts(some[name].variable), some[name].dims, some) for name in some.data_vars)
                lines = map(",".join, zip(*keys, *texts, strict=True))
                stream.write("\n".join(lines) + "\n")
            done(part)


def write_parquet(path: Path, dataset: xr.Dataset, parts: Sequence[slice], done: Done) -> None:
    """Write a table as parquet, a group of rows for each slice; attributes are metadata of the file and its fields."""
    import pyarrow as pa
    from pyarrow import parquet

    words = pa.dictionary(pa.int32(), pa.string())
    fields = [
        pa.field("patient", pa.int64(), metadata={"long_name": "index of the patient"}),
        pa.field("arm", words, metadata={"long_name": "arm"}),
    ]
    for name, column in dataset.data_vars.items():
        kind = words if is_coded(column.variable) else pa.from_numpy_dtype(column.dtype)
        fields.append(pa.field(str(name), kind, metadata=_as_text(column.attrs)))
    schema = pa.schema(fields, metadata=_as_text(dataset.attrs))
    arms = pa.array([str(arm) for arm in dataset["arm"].values], pa.string())
    with parquet.ParquetWriter(str(path), schema, compression="zstd") as writer:
        for part in parts:
            block = dataset.isel(patient=part).load()
            arm = _rows(np.arange(len(arms), dtype=np.int32), ("arm",), block)
            columns = [
                pa.array(_rows(np.arange(part.start, part.stop), ("patient",), block)),
                pa.DictionaryArray.from_arrays(pa.array(arm), arms),
            ]
            for name in block.data_vars:
                variable = block[name].variable
                if is_coded(variable):
                    codes, place = np.unique(variable.values, return_inverse=True)
                    place = place.reshape(variable.shape).astype(np.int32)
                    texts = pa.array([meaning(variable, int(code)) for code in codes], pa.string())
                    index = pa.array(_rows(place, variable.dims, block))
                    columns.append(pa.DictionaryArray.from_arrays(index, texts))
                else:
                    columns.append(pa.array(_rows(variable.values, variable.dims, block)))
            table = pa.Table.from_arrays(columns, schema=schema)
            writer.write_table(table, row_group_size=max(len(table), 1))
            done(part)


def write_netcdf(path: Path, dataset: xr.Dataset, parts: Sequence[slice], done: Done) -> None:
    """Write dimensions, variables and attributes as they are; the coordinate ``patient`` says which patients."""
    import h5netcdf
    import h5py

    patients = sum(part.stop - part.start for part in parts)
    sizes = {"patient": patients, "arm": dataset.sizes["arm"]}
    with h5netcdf.File(str(path), "w") as file:
        file.dimensions = sizes
        file.attrs.update(_storable(dataset.attrs))
        index = file.create_variable("patient", ("patient",), np.int64)
        index.attrs.update({"long_name": "index of the patient", "units": "1"})
        index[:] = np.concatenate([np.arange(part.start, part.stop) for part in parts])
        arm = file.create_variable("arm", ("arm",), h5py.string_dtype())
        arm.attrs.update(_storable(dataset["arm"].attrs))
        arm[:] = dataset["arm"].values.astype(object)
        varying = []
        for name, column in dataset.data_vars.items():
            packed: dict[str, Any] = {}
            if "patient" in column.dims:
                shape = [min(patients, CHUNK) if dim == "patient" else sizes[str(dim)] for dim in column.dims]
                packed = {"chunks": tuple(shape), "compression": "gzip", "compression_opts": 1, "shuffle": True}
            fill = np.nan if column.dtype.kind == "f" else None
            made = file.create_variable(str(name), column.dims, column.dtype, fillvalue=fill, **packed)
            made.attrs.update(_storable(column.attrs, column.dtype))
            if "patient" in column.dims:
                varying.append(str(name))
            else:
                made[...] = column.values
        place = 0
        for part in parts:
            end = place + part.stop - part.start
            for name in varying:
                file.variables[name][place:end] = dataset[name].isel(patient=part).transpose("patient", ...).values
            place = end
            done(part)


WRITERS: dict[str, Callable[[Path, xr.Dataset, Sequence[slice], Done], None]] = {
    ".csv": write_csv,
    ".parquet": write_parquet,
    ".nc": write_netcdf,
}
"""Ending of the file to what writes it: a path, what to write, which patients, and what to call after each slice."""


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


def _rows(values: np.ndarray, dims: tuple[Any, ...], block: xr.Dataset) -> np.ndarray:
    """Lay values out over the rows of a table: all arms of a patient, then the next patient."""
    sizes = {dim: block.sizes[dim] for dim in KEYS}
    columns = xr.Variable(dims, values).transpose(*(dim for dim in KEYS if dim in dims)).values
    shaped = columns.reshape([size if dim in dims else 1 for dim, size in sizes.items()])
    return np.broadcast_to(shaped, tuple(sizes.values())).reshape(-1)


def _texts(variable: xr.Variable) -> np.ndarray:
    values = variable.values
    if is_coded(variable):
        codes, place = np.unique(values, return_inverse=True)
        words = np.array([_quoted(meaning(variable, int(code))) for code in codes], object)
        return np.asarray(words[place.reshape(values.shape)])
    # Python's own text of a float64 and numpy's of a float32 are the shortest that give the number back
    flat = values.ravel() if values.dtype == np.float32 else values.ravel().tolist()
    texts = np.fromiter(map(str, flat), object, values.size).reshape(values.shape)
    if values.dtype.kind == "f":
        texts[np.isnan(values)] = ""
    return texts


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if any(letter in text for letter in ',"\r\n') else text


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
