"""What an answer says to people: texts, tables, pictures and code, for the command line and the report alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class Text:
    """Paragraphs, or the points of a list."""

    lines: Sequence[str]
    points: bool = False
    kind: ClassVar[str] = "text"


@dataclass(frozen=True)
class Table:
    """A table; the first cell of each row is the row's head.

    A folded one opens when its caption is clicked; of one with columns that are ``shown`` a terminal has no more.
    """

    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[object]]
    folded: bool = False
    shown: int | None = None
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
    """Parts under a heading of their own."""

    name: str
    title: str
    parts: Sequence[Part]
