"""Patients side by side: work arrays, declared once, and the flat work buffer with its generated load and store.

One buffer holds everything a block of ``LANES`` patients needs, field by field: element ``(offset + field) * LANES +
lane``. With separate arrays the compiler must prove at run time that none overlaps another, and gives up on
vectorising a large model; within one buffer at constant offsets there is nothing to prove.
"""

from __future__ import annotations

from functools import cache
from typing import Any, get_type_hints

import numpy as np

from .decorators import inlined

LANES = 32
"""Patients that share a vector loop: several vectors wide in float64 and float32, a buffer that stays near the core."""


class Array:
    """The declaration that every work array carries in its type annotation: ``Annotated[np.ndarray, Array(...)]``.

    Parameters
    ----------
    shape : int, str or NamedTuple class
        A length; a size that is told at allocation; or a table, an element for each of its fields.
    dtype : data type
    fill : number
        What the array holds at first.
    """

    def __init__(self, *shape: Any, dtype: Any = np.float64, fill: float = 0) -> None:
        self._shape = shape
        self._dtype = dtype
        self._fill = fill

    def lengths(self, sizes: dict[str, int]) -> tuple[int, ...]:
        """Tell the lengths of the array, given its named sizes."""
        return tuple(
            length if isinstance(length, int) else sizes[length] if isinstance(length, str) else len(length._fields)
            for length in self._shape
        )

    def allocate(self, lengths: tuple[int, ...]) -> np.ndarray:
        """Make one array of this kind."""
        # zeros cost nothing until they are touched
        return np.full(lengths, self._fill, self._dtype) if self._fill else np.zeros(lengths, self._dtype)


@cache
def _arrays(table: Any, **sizes: int) -> list[tuple[Array, tuple[int, ...]]]:
    hints = get_type_hints(table, include_extras=True)
    declared = [hints[name].__metadata__[0] for name in table._fields]
    return [(array, array.lengths(sizes)) for array in declared]


def allocate(table: Any, **sizes: int) -> Any:
    """Allocate a table of work arrays: a NamedTuple whose fields are declared by `Array`, given its named sizes."""
    return table(*(array.allocate(lengths) for array, lengths in _arrays(table, **sizes)))


def access(table: Any, offset: int) -> tuple[Any, Any]:
    """Generate ``load(work, lane) -> table`` and ``store(work, lane, row)`` for one section of the work buffer.

    Parameters
    ----------
    table : NamedTuple class
        The fields, in order.
    offset : int
        First row of the section; a constant in the generated code.
    """
    fields = table._fields
    places = [f"work[{(offset + row) * LANES} + lane]" for row in range(len(fields))]
    source = f"def load(work, lane):\n    return Table({', '.join(places)})\ndef store(work, lane, row):\n" + "\n".join(
        f"    {place} = row.{field}" for place, field in zip(places, fields, strict=True)
    )
    scope = {"Table": table}
    exec(source, scope)
    return inlined(scope["load"]), inlined(scope["store"])


def combination(table: Any) -> Any:
    """Generate ``combine(a, x, b, y) -> a*x + b*y`` over the fields of a table; ``a`` and ``b`` are numbers."""
    terms = ", ".join(f"a * x.{field} + b * y.{field}" for field in table._fields)
    scope = {"Table": table}
    exec(f"def combine(a, x, b, y):\n    return Table({terms})\n", scope)
    return inlined(scope["combine"])


def row_access(table: Any) -> tuple[Any, Any]:
    """Generate ``load(row) -> table`` and ``store(row, table)`` for a 1-D array with one element per field."""
    fields = table._fields
    source = (
        f"def load(row):\n    return Table({', '.join(f'row[{place}]' for place in range(len(fields)))})\n"
        "def store(row, values):\n"
        + "\n".join(f"    row[{place}] = values.{field}" for place, field in enumerate(fields))
    )
    scope = {"Table": table}
    exec(source, scope)
    return inlined(scope["load"]), inlined(scope["store"])
