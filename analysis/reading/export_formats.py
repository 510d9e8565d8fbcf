"""The formats of an export: each writes slices of a store, one after another, into one file."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from .hdf5_file import created

KEYS = ("patient", "arm", "time")
"""Columns that say what the row is of, those that a data set has as dimensions."""

SLICE = 1 << 12
"""Patients whose numbers are text at a time; of waveforms, instants of patients."""

TITLES = {"patient": "label of the patient", "arm": "arm", "time": "time"}
TEXTS = "OUT"
"""Kinds of numpy's that are texts."""

CHUNK = 1 << 16
"""Patients in a chunk of a netCDF file at most."""

Done = Callable[[slice], None]


def write_csv(path: Path, dataset: xr.Dataset, parts: Sequence[slice], done: Done) -> None:
    """Write a table as text: numbers in the fewest digits that give them back, nothing where there is none."""
    names = [*keys_of(dataset), *map(str, dataset.data_vars)]
    step = max(SLICE // dataset.sizes.get("time", 1), 1)
    with path.open("w", encoding="utf-8", newline="") as stream:
        stream.write(",".join(map(_quoted, names)) + "\n")
        for part in parts:
            block = labelled(dataset, part)
            for start in range(0, part.stop - part.start, step):
                some = block.isel(patient=slice(start, start + step))
                texts = (_rows(_texts(some[name].variable), some[name].dims, some) for name in names)
                lines = map(",".join, zip(*texts, strict=True))
                stream.write("\n".join(lines) + "\n")
            done(part)


def write_parquet(path: Path, dataset: xr.Dataset, parts: Sequence[slice], done: Done) -> None:
    """Write a table as parquet, a group of rows for each slice; attributes are metadata of the file and its fields."""
    import pyarrow as pa
    from pyarrow import parquet

    words = pa.dictionary(pa.int32(), pa.string())
    names, first = [*keys_of(dataset), *map(str, dataset.data_vars)], labelled(dataset, slice(0, 0))
    fields = []
    for name in names:
        column = first[name].variable
        kind = pa.string() if column.dtype.kind in TEXTS else pa.from_numpy_dtype(column.dtype)
        kind = words if is_coded(column) or name == "arm" else kind
        fields.append(pa.field(name, kind, metadata=_as_text(column.attrs)))
    schema = pa.schema(fields, metadata=_as_text(dataset.attrs))
    with parquet.ParquetWriter(str(path), schema, compression="zstd") as writer:
        for part in parts:
            block, columns = labelled(dataset, part), []
            for field in schema:
                variable = block[field.name].variable
                if field.type == words:
                    codes, place = np.unique(variable.values, return_inverse=True)
                    place = place.reshape(variable.shape).astype(np.int32)
                    told = [meaning(variable, int(code)) if is_coded(variable) else str(code) for code in codes]
                    index = pa.array(_rows(place, variable.dims, block))
                    columns.append(pa.DictionaryArray.from_arrays(index, pa.array(told, pa.string())))
                else:
                    columns.append(pa.array(_rows(variable.values, variable.dims, block), field.type))
            table = pa.Table.from_arrays(columns, schema=schema)
            writer.write_table(table, row_group_size=max(len(table), 1))
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
            for name in varying:
                file.variables[name][place:end] = dataset[name].isel(patient=part).transpose("patient", ...).values
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


def _rows(values: np.ndarray, dims: tuple[Any, ...], block: xr.Dataset) -> np.ndarray:
    """Lay values out over the rows of a table: all arms of a patient, then the next patient."""
    sizes = {dim: block.sizes[dim] for dim in keys_of(block)}
    columns = xr.Variable(dims, values).transpose(*(dim for dim in sizes if dim in dims)).values
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
    if values.dtype.kind in TEXTS:
        return np.asarray(np.vectorize(_quoted, otypes=[object])(texts))
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
