"""A user's own patients as a sweep knows them: read from their file, or from the copy that a store keeps."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, PrivateAttr

from ...engine import InputError
from ..population.tables import Number, Table, Whole
from ..population.toml import on_one_line
from .reading import NEEDS, Piece, columns_of

DESIGN = "file"
LABELS = "patient"


class Samples(Table):
    """A table of patients, as a sweep knows it.

    Attributes
    ----------
    file : str
        As it was named.
    digest : str
        SHA-256 of its bytes, in hexadecimal.
    rows : int
        Patients.
    parameters : dict of str to tuple
        Parameter to its lowest and highest value.
    beside : dict of str to str
        What passes through to the results, to its type as numpy writes it.
    """

    file: str
    digest: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    rows: Annotated[Whole, Field(gt=0)]
    parameters: dict[str, Annotated[tuple[Number, Number], Field(strict=False)]]
    beside: dict[str, Annotated[str, Field(pattern=r"^(\|b1|<i8|<f8|<U[0-9]{1,4})$")]]
    _place: str = PrivateAttr("")

    def __eq__(self, other: object) -> bool:
        """Whether it is the same table, wherever it is read."""
        return isinstance(other, Samples) and self.model_dump() == other.model_dump()

    __hash__ = None  # type: ignore[assignment]

    @property
    def place(self) -> str:
        """Where it is read: the file itself, or the folder of its copy in a store; empty where nobody said."""
        return self._place

    def located(self, place: Path | str) -> Samples:
        """Give the same, read elsewhere."""
        copy = self.model_copy()
        copy._place = str(place)
        return copy

    def take(self, rows: NDArray[np.int64]) -> Piece:
        """Read some rows, given in rising order, of every column.

        Raises
        ------
        InputError
            Where neither the file nor its copy is there.
        """
        if not self.place:
            raise InputError(
                f"design: {self.file} is not at hand; a sweep file beside it, or a store, knows where it is"
            )
        return self._from_file(rows) if Path(self.place).suffix.lower() in NEEDS else self._kept(rows)

    def spread(self, count: int) -> Piece:
        """Read ``count`` patients, or all where there are fewer, evenly spread over the rows."""
        return self.take(np.unique(np.linspace(0, self.rows - 1, min(count, self.rows)).astype(np.int64)))

    def keep(self, folder: Path) -> None:
        """Write a copy of every column into a folder, from which any rows can be read without the rest.

        Raises
        ------
        InputError
            Where the file is not the one that was looked at.
        """
        if not self._is_unchanged():
            raise self._changed()
        folder.mkdir(parents=True, exist_ok=True)
        kinds = dict.fromkeys(self.parameters, "<f8") | self.beside
        columns = {
            name: np.lib.format.open_memmap(_file(folder, place), "w+", np.dtype(kind), (self.rows,))
            for place, (name, kind) in enumerate(kinds.items())
        }
        start = 0
        for piece in self._pieces():
            stop = start + len(next(iter(piece.values())))
            for name, column in columns.items():
                column[start:stop] = piece[name]
            start = stop
        for column in columns.values():
            column.flush()
        if not self._is_unchanged():
            raise self._changed()

    def _kept(self, rows: NDArray[np.int64]) -> Piece:
        names = [*self.parameters, *self.beside]
        folder = Path(self.place)
        try:
            columns = [np.load(_file(folder, place), mmap_mode="r", allow_pickle=False) for place in range(len(names))]
            if any(column.shape != (self.rows,) for column in columns):
                raise ValueError("a column has another length")
        except (OSError, ValueError) as error:
            raise InputError(
                f"{folder.parent}: its copy of {self.file} is damaged: {on_one_line(str(error), 100)}; run its sweep "
                "with --repair"
            ) from None
        return {name: np.asarray(column[rows]) for name, column in zip(names, columns, strict=True)}

    def _from_file(self, rows: NDArray[np.int64]) -> Piece:
        found: list[Piece] = []
        first = 0
        for piece in self._pieces():
            after = first + len(next(iter(piece.values())))
            own = rows[(rows >= first) & (rows < after)] - first
            found.append({name: each[own] for name, each in piece.items()})
            first = after
            if not rows.size or first > rows[-1]:
                break
        return {name: np.concatenate([piece[name] for piece in found]) for name in found[0]}

    def _pieces(self) -> Iterator[Piece]:
        """Pieces of the file in the types that were found."""
        _, pieces = columns_of(Path(self.place))
        for piece in pieces:
            yield {
                **{name: numbers(piece[name]) for name in self.parameters},
                **{name: _typed(piece[name], kind) for name, kind in self.beside.items()},
            }

    def _is_unchanged(self) -> bool:
        try:
            return digest(Path(self.place)) == self.digest
        except FileNotFoundError:
            return False

    def _changed(self) -> InputError:
        return InputError(f"{on_one_line(self.place)}: was changed or removed meanwhile; start the sweep again")


def numbers(values: np.ndarray) -> np.ndarray:
    """Give values as numbers, NaN where there is none."""
    import pandas as pd

    if values.dtype.kind in "fiub":
        return values.astype(np.float64)
    return np.asarray(pd.to_numeric(pd.Series(values), errors="coerce"), dtype=np.float64)


def _typed(values: np.ndarray, kind: str) -> np.ndarray:
    if kind.startswith("<U"):
        return plain_texts(values).astype(kind)
    if kind == "<i8" and values.dtype.kind == "O":
        return np.array([int(each) for each in values.tolist()], dtype=np.int64)
    return values.astype(kind) if values.dtype.kind != "O" else numbers(values)


def plain_texts(values: np.ndarray) -> np.ndarray:
    """Give values as texts, "" where there is none."""
    texts = values.astype(str)
    return np.where(values != values, "", texts) if values.dtype.kind in "fmM" else texts


def _file(folder: Path, place: int) -> Path:
    return folder / f"{place:03d}.npy"


def digest(path: Path) -> str:
    """SHA-256 of the bytes of a file, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
