"""Tables of users' own patients, read a piece at a time: csv, parquet and netCDF."""

from __future__ import annotations

import csv
import warnings
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from ...engine import InputError
from ..population.toml import on_one_line
from .frames import column_values

PIECE = 1 << 16
"""Rows in memory at a time."""

Piece = dict[str, np.ndarray]
"""Columns of consecutive rows: numbers, or texts as objects with "" where there is none."""

NEEDS = {".csv": (), ".parquet": ("pyarrow",), ".nc": ("h5netcdf",)}
"""Ending of the file to the packages that read it, which the extra ``export`` brings."""


def columns_of(path: Path) -> tuple[list[str], Iterator[Piece]]:
    """Open a table: the names of its columns, and its rows a piece at a time.

    Raises
    ------
    InputError
        For a file that cannot be read, or is none of the three kinds; in one line that names it.
    """
    where = on_one_line(str(path))
    ending = path.suffix.lower()
    if ending not in NEEDS:
        raise InputError(f"{where}: ends in none of the kinds of table that are read; allowed: {', '.join(NEEDS)}")
    if not path.exists():
        raise InputError(f"{where}: no such file")
    if not path.is_file():
        raise InputError(f"{where}: no ordinary file")
    if lacking := [name for name in NEEDS[ending] if find_spec(name) is None]:
        raise InputError(f"{where}: {', '.join(lacking)} is not installed; the extra counterpulse[export] brings it")
    opened = {".csv": _csv, ".parquet": _parquet, ".nc": _netcdf}[ending]
    try:
        names, pieces = opened(path, where)
    except InputError:
        raise
    except Exception as error:  # every library has its own
        raise _unreadable(where, error) from None
    return names, _guarded(pieces, where)


def _guarded(pieces: Iterator[Piece], where: str) -> Iterator[Piece]:
    try:
        yield from (piece for piece in pieces if next(iter(piece.values())).size)
    except (InputError, GeneratorExit):
        raise
    except Exception as error:  # as above
        raise _unreadable(where, error) from None


def _unreadable(where: str, error: Exception) -> InputError:
    return InputError(f"{where}: cannot be read: {on_one_line(str(error) or type(error).__name__)}")


def _csv(path: Path, where: str) -> tuple[list[str], Iterator[Piece]]:
    import pandas as pd

    with path.open(encoding="utf-8-sig", newline="") as stream:
        names = next(csv.reader(stream), [])
    if len(names) == 1 and any(sign in names[0] for sign in ";\t|"):
        raise InputError(f"{where}: its columns are not separated by commas, as those of a csv file must be")
    if names and not names[0].strip() and "patient" not in names:
        names[0] = "patient"  # what pandas writes of an index without a name

    def pieces() -> Iterator[Piece]:
        with warnings.catch_warnings():
            # more fields in a row than names: said in a warning, and the rest would be dropped
            warnings.simplefilter("error", pd.errors.ParserWarning)
            reader = pd.read_csv(
                path, names=names, header=0, index_col=False, dtype=str, keep_default_na=False, na_filter=False,
                encoding="utf-8-sig", chunksize=PIECE,
            )  # fmt: skip
            with reader:
                for frame in reader:
                    yield {name: frame[name].fillna("").to_numpy(object) for name in names}

    if len(set(names)) < len(names):
        return names, iter(())  # refused by who asked
    return names, pieces()


def _parquet(path: Path, where: str) -> tuple[list[str], Iterator[Piece]]:
    from pyarrow import parquet

    file = parquet.ParquetFile(path)
    # what pandas calls the index that it kept
    names = ["patient" if name == "__index_level_0__" else str(name) for name in file.schema_arrow.names]

    def pieces() -> Iterator[Piece]:
        with file:
            for batch in file.iter_batches(batch_size=PIECE):
                frame = batch.to_pandas(ignore_metadata=True)
                yield {name: column_values(where, name, frame.iloc[:, place]) for place, name in enumerate(names)}

    return names, pieces()


def _netcdf(path: Path, where: str) -> tuple[list[str], Iterator[Piece]]:
    import xarray as xr

    dataset = xr.open_dataset(path)
    names = [str(name) for name in dataset.variables]
    for name in names:
        if dataset[name].dims not in ((), ("patient",)):
            dims = ", ".join(map(str, dataset[name].dims))
            dataset.close()
            raise InputError(f"{where}: {name} has the dimensions {dims}; 'patient' or none are allowed")
    rows = dataset.sizes.get("patient", 0)

    def pieces() -> Iterator[Piece]:
        with dataset:
            for start in range(0, rows, PIECE):
                part = dataset.isel(patient=slice(start, start + PIECE)).load()
                count = part.sizes["patient"]
                yield {name: column_values(where, name, _Column(part[name].values, count)) for name in names}

    return names, pieces()


class _Column:
    """Values of a variable as those of a column."""

    def __init__(self, values: Any, count: int) -> None:
        self._values = np.broadcast_to(values, count)

    def to_numpy(self) -> np.ndarray:
        return self._values
