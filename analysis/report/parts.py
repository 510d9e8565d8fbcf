"""What a report is made of: sections of texts, tables, pictures and code; and how numbers are written in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..numbers.intervals import wilson
from ..reading.measures import spelt
from ..text import cell

LEVELS = (0.05, 0.5, 0.95)
"""Quantiles by which a spread over patients is told."""


@dataclass(frozen=True)
class Text:
    """Paragraphs, or the points of a list."""

    lines: Sequence[str]
    points: bool = False
    kind: ClassVar[str] = "text"


@dataclass(frozen=True)
class Table:
    """A table; the first cell of each row is the row's head. A folded one opens when its caption is clicked."""

    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[object]]
    folded: bool = False
    kind: ClassVar[str] = "table"


@dataclass(frozen=True)
class Picture:
    """A picture as a data URI, with what it shows in words; a wide one scrolls on a phone."""

    image: str
    width: int
    height: int
    alt: str
    caption: str
    wide: bool = False
    kind: ClassVar[str] = "picture"


@dataclass(frozen=True)
class Code:
    """Text to be copied as it is."""

    caption: str
    text: str
    kind: ClassVar[str] = "code"


Part = Text | Table | Picture | Code


@dataclass(frozen=True)
class Section:
    """A part of the report under a heading of its own."""

    name: str
    title: str
    parts: Sequence[Part]


def share_of(count: float, total: float) -> str:
    """Share in per cent with Wilson's 95 % interval; a dash of nobody."""
    if not total:
        return "-"
    low, high = (float(end) for end in wilson(np.array(count), np.array(total)))
    return f"{100 * count / total:.1f} % ({100 * low:.1f} to {100 * high:.1f} %)"


def counted(count: int, total: int) -> str:
    """Write a count with its share in per cent; what is not all is never told as 100 %, nor what is there as 0."""
    if not count or not total:
        return f"{count:,}"
    share = 100 * count / total
    told = "<0.01" if share < 0.01 else ">99.9" if 99.9 < share < 100 else f"{share:.3g}"
    return f"{count:,} ({told} %)"


def amount(value: float, units: str = "") -> str:
    """Write a number with three significant digits and its unit; a dash for none."""
    if np.isnan(value):
        return "-"
    text = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return f"{text} {spelt(units)}".rstrip()


def quantiles(values: np.ndarray) -> tuple[float, float, float]:
    """5, 50 and 95 % quantiles of the finite values; NaN where there are none."""
    finite = values[np.isfinite(values)]
    low, middle, high = np.quantile(finite, LEVELS) if finite.size else (np.nan,) * 3
    return float(low), float(middle), float(high)


def spread(values: np.ndarray, units: str = "") -> str:
    """Median, and in brackets the 5 and 95 % quantiles; a dash where there is no value."""
    low, middle, high = quantiles(values)
    return "-" if np.isnan(middle) else f"{amount(middle, units)} ({amount(low)} to {amount(high)})"


def written(value: object) -> str:
    """Text of a cell of a table."""
    return value if isinstance(value, str) else cell(value)
