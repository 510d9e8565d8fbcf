"""A data frame of a user's own patients, of pandas or of polars, as a Dataset."""

from __future__ import annotations

from decimal import Decimal
from numbers import Real
from typing import Any, Protocol, TypeGuard

import numpy as np
import xarray as xr

from ...engine import InputError
from ..population.tables import shown
from .columns import split_columns

WHERE = "patients"


class Frame(Protocol):
    """A table with named columns in memory, as that of pandas or polars; neither library is needed to tell."""

    @property
    def columns(self) -> Any:
        """Names of the columns."""

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""

    def to_numpy(self) -> Any:
        """Give all values as one array."""

    def __getitem__(self, name: Any, /) -> Any:
        """Give a column."""


def is_frame(patients: object) -> TypeGuard[Frame]:
    """Whether something is a data frame in memory: by its class, as a lazy one would have to be computed to tell."""
    return all(hasattr(type(patients), name) for name in ("columns", "shape", "to_numpy", "__getitem__"))


def from_frame(frame: Frame) -> xr.Dataset:
    """Read a data frame: a row per patient, a column per parameter.

    Parameters
    ----------
    frame : Frame
        Columns that are no parameters pass through, texts with "" and numbers with NaN where they are missing. A
        column ``patient``, else an index of pandas other than 0, 1, ..., are the labels; an index called as a
        parameter, and the levels of one of several, are columns.

    Raises
    ------
    InputError
        For a column that is refused, no parameter among them, no row, or a parameter that is not all numbers.
    """
    columns, labels = _columns(frame)
    parameters, _ = split_columns((name for name, _ in columns), WHERE)
    if not parameters:
        raise InputError(f"{WHERE}: none of the columns is a parameter; counterpulse parameters lists them")
    values = {name: column_values(WHERE, name, column) for name, column in columns}
    for name, column in columns:
        if name in parameters and values[name].dtype.kind not in "fiub":
            odd = next(each for each in column.to_numpy() if not _missing(each) and not _is_number(each))
            raise InputError(f"{WHERE}: {name} holds {shown(odd)}, numbers are needed")
    if labels is not None and "patient" not in values:
        values["patient"] = column_values(WHERE, "patient", labels)
    return xr.Dataset({name: ("patient", each) for name, each in values.items()})


def column_values(where: str, name: str, column: Any) -> np.ndarray:
    """Take the values of a column as numbers, with NaN where one is missing, or else as texts, with ""."""
    values = np.asarray(column.to_numpy())
    if values.ndim != 1:
        raise InputError(f"{where}: {name} holds more than one value per row")
    if values.dtype.kind in "fiubmM":
        return values
    there = np.array([not _missing(each) for each in values], bool)
    if all(_is_number(each) for each in values[there]):
        numbers = np.full(len(values), np.nan)
        numbers[there] = [float(each) for each in values[there]]
        return numbers
    texts = np.full(len(values), "", dtype=object)
    texts[there] = [str(each) for each in values[there]]
    return texts


def _columns(frame: Frame) -> tuple[list[tuple[Any, Any]], Any]:
    """Names and columns, those that pandas keeps as its index among them, and the index where it is labels."""
    names = list(frame.columns)
    # two columns of one name would come as one table
    columns = [(name, frame[name] if names.count(name) == 1 else None) for name in names]
    index = getattr(frame, "index", None)
    if index is None or not hasattr(index, "nlevels"):
        return columns, None
    levels = [(name, index.get_level_values(level)) for level, name in enumerate(index.names)]
    if len(levels) > 1 or (levels[0][0] is not None and split_columns([levels[0][0]], WHERE)[0]):
        return levels + columns, None
    plain = index.dtype.kind == "i" and np.array_equal(index.to_numpy(), np.arange(len(index)))
    return columns, None if plain else index


def _is_number(value: object) -> bool:
    """Whether a value is a number, of decimals too; neither text nor date."""
    return isinstance(value, Real | Decimal | np.bool_)


def _missing(value: object) -> bool:
    """Whether a value stands for none: None, NaN, or the marks of pandas."""
    return (
        value is None or type(value).__name__ in ("NAType", "NaTType") or (isinstance(value, float) and value != value)
    )
