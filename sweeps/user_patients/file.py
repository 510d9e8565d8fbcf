"""A file of a user's own patients: looked at once through, with every mistake in one line."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ...engine import PARAMETERS, WHOLE, InputError, check_value
from ..design.weighting import WEIGHT
from ..population.tables import Table, shown, validated
from ..population.toml import on_one_line
from .columns import split_columns
from .reading import columns_of
from .samples import Samples, digest, numbers, plain_texts

INDEX = "index"
MEANT = ("cohort", WEIGHT)
"""Columns that other sweeps have a meaning for, which a file cannot give them."""

LONGEST = 1000
"""Characters of a text that passes through."""

INTEGER = r"[+-]?(0|[1-9][0-9]{0,17})"
LEADING_ZERO = r"[+-]?0[0-9]+.*"
"""An integer in text, and what is an identifier rather than a number."""


class File(Table):
    """What a sweep file says of it."""

    file: str


def looked_at(raw: Mapping[str, Any], folder: Path) -> Samples:
    """Look at the table that ``design = { file = ... }`` names, once through.

    Parameters
    ----------
    raw : mapping
        The table of the sweep file.
    folder : Path
        Folder that the name is relative to.

    Raises
    ------
    InputError
        For the first mistake in it, in one line that names file, row and column.
    """
    name = validated(File, dict(raw), "design").file
    if "\0" in name or not name:
        raise InputError(f"design.file: {shown(name)} is no name of a file")
    path = (folder / name).absolute()
    where = on_one_line(name)
    names, pieces = columns_of(path)
    parameters, others = split_columns([each for each in names if each != INDEX], where)
    if not parameters:
        raise InputError(f"{where}: none of the columns is a parameter; counterpulse parameters lists them")
    for each in others:
        if each in MEANT:
            raise InputError(f"{where}: the column {each} has a meaning of its own; give it another name")
    reach = dict.fromkeys(parameters, (np.inf, -np.inf))
    kinds = {each: Kind() for each in others}
    rows = 0
    for piece in pieces:
        if INDEX in piece:
            _check_index(where, piece[INDEX], rows)
        for each in parameters:
            values = _checked(where, each, piece[each], rows)
            reach[each] = min(reach[each][0], float(values.min())), max(reach[each][1], float(values.max()))
        for each in others:
            kinds[each].look(piece[each])
        rows += len(piece[parameters[0]])
    if not rows:
        raise InputError(f"{where}: holds no patients")
    beside = {each: kind.found(where, each) for each, kind in kinds.items()}
    return Samples(file=name, digest=digest(path), rows=rows, parameters=reach, beside=beside).located(path)


def _checked(where: str, name: str, raw: np.ndarray, first: int) -> np.ndarray:
    """Read a piece of a parameter's column; ``first`` is the number of its first row."""
    values = numbers(raw)
    low, high = PARAMETERS[name].physical
    good = (values >= low) & (values <= high)
    if name in WHOLE:
        good &= np.isin(values, WHOLE[name])
    if good.all():
        return values
    place = int(np.argmin(good))
    at, given = f"{where}: row {first + place + 1}", raw[place]
    if np.isnan(values[place]):
        missing = not isinstance(given, str) or not given.strip()
        raise InputError(f"{at}: {name} {'is missing' if missing else f'holds {shown(given)}'}, a number is needed")
    check_value(at, name, float(values[place]))
    raise AssertionError("a value was refused that is allowed")


def _check_index(where: str, raw: np.ndarray, first: int) -> None:
    if not np.array_equal(numbers(raw), np.arange(first, first + len(raw))):
        raise InputError(
            f"{where}: the column {INDEX} is not 0, 1, 2 ...: in a sweep the row is the index; give it another name"
        )


class Kind:
    """What a column that passes through holds, seen piece by piece."""

    def __init__(self) -> None:
        self.truths = self.integers = self.numbers = True
        self.empty = True
        self.width = 1

    def look(self, values: np.ndarray) -> None:
        """See a piece."""
        import pandas as pd

        if values.dtype.kind in "mM":
            values = values.astype(str).astype(object)
        if values.dtype.kind != "O":
            self.truths &= values.dtype.kind == "b"
            self.integers &= values.dtype.kind in "biu"
            self.width = max(self.width, max(map(len, plain_texts(values).tolist()), default=1))
            self.empty = False
            return
        self.truths = False
        texts = pd.Series(values, dtype=str)
        there = texts[texts.str.strip() != ""]
        self.integers &= len(there) == len(texts) and bool(texts.str.fullmatch(INTEGER).all())
        self.numbers &= bool(pd.to_numeric(there, errors="coerce").notna().all())
        self.numbers &= not there.str.fullmatch(LEADING_ZERO).any()
        self.empty &= not len(there)
        self.width = max(self.width, int(texts.str.len().max()))

    def found(self, where: str, name: str) -> str:
        """Give the type that holds all that was seen; for errors, where, and of which column."""
        if self.truths:
            return "|b1"
        if self.numbers and not self.empty:
            return "<i8" if self.integers else "<f8"
        if self.width > LONGEST:
            raise InputError(f"{where}: {name} holds a text of {self.width:,} characters, at most {LONGEST:,} are kept")
        return f"<U{self.width}"
