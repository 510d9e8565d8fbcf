"""Tables as variables over a dimension of a dataset, verdicts among them, and their rows again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import IntEnum
from typing import Any

import numpy as np
import xarray as xr


class Verdict(IntEnum):
    """Whether a simulated number is what it should be."""

    NOT_SCORED = 0
    MISSED = 1
    RIGHT = 2

    @classmethod
    def of(cls, right: bool | None) -> Verdict:
        """Give the verdict on what is right, or not; None is not scored."""
        return cls.NOT_SCORED if right is None else cls.RIGHT if right else cls.MISSED

    @property
    def right(self) -> bool | None:
        """Whether it is right; None where it is not scored."""
        return None if self is Verdict.NOT_SCORED else self is Verdict.RIGHT


VERDICT_ATTRIBUTES = {
    "flag_values": np.array([int(verdict) for verdict in Verdict], np.uint8),
    "flag_meanings": " ".join(verdict.name.lower() for verdict in Verdict),
}


def variables(rows: Sequence[Mapping[str, Any]], dimension: str) -> dict[str, tuple[str, np.ndarray]]:
    """Lay rows of the same names out as variables over a dimension; None of a number becomes NaN, of a text empty."""
    return {name: (dimension, _column([row[name] for row in rows])) for name in (rows[0] if rows else ())}


def _column(values: Sequence[Any]) -> np.ndarray:
    known = [value for value in values if value is not None]
    if any(isinstance(value, str) for value in known) or not known:
        return np.array(["" if value is None else value for value in values], dtype=object)
    if isinstance(known[0], Verdict):
        return np.array([int(value) for value in values], np.uint8)
    return np.array([np.nan if value is None else value for value in values])


def records(dataset: xr.Dataset, dimension: str) -> Iterator[dict[str, Any]]:
    """Give what lies over a dimension alone row by row, as plain values and verdicts."""
    columns = {}
    for name, variable in dataset.variables.items():
        if variable.dims == (dimension,):
            values = variable.values.tolist()
            columns[str(name)] = [Verdict(value) for value in values] if "flag_values" in variable.attrs else values
    for row in zip(*columns.values(), strict=True):
        yield dict(zip(columns, row, strict=True))
