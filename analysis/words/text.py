"""Results as text: aligned columns, JSON, and names from files made harmless for a terminal."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from unicodedata import combining, east_asian_width

RESEARCH_USE = "Research use only: nothing here advises on a patient."
"""Said at the end of every answer about patients."""


def clean(text: str) -> str:
    """Show control characters and terminal escapes as escapes, line breaks apart."""
    text = text.replace("\N{NO-BREAK SPACE}", " ")
    if text.isprintable():
        return text
    return "".join(each if each == "\n" or each.isprintable() else _escaped(each) for each in text)


def _escaped(letter: str) -> str:
    return letter.encode("unicode_escape").decode()


def cell(value: object) -> str:
    """Text of one cell: numbers with five significant digits, a dash for none."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "-"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1e5 and value.is_integer() else f"{value:.5g}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return clean(str(value)).replace("\n", " ")


def is_number(value: object) -> bool:
    """Whether a cell belongs to the right of its column."""
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def columns(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Align a table by two spaces between columns; numbers to the right."""
    texts = [list(head), *([cell(value) for value in row] for row in rows)]
    widths = [max(wide(row[place]) for row in texts) for place in range(len(head))]
    right = [bool(rows) and all(is_number(row[place]) for row in rows) for place in range(len(head))]
    lines = (
        "  ".join(
            " " * (width - wide(text)) + text if number else text + " " * (width - wide(text))
            for text, width, number in zip(row, widths, right, strict=True)
        ).rstrip()
        for row in texts
    )
    return "\n".join(lines)


def wide(text: str) -> int:
    """Places that a text takes on a terminal: two for a Chinese character, none for an accent of its own."""
    if text.isascii():
        return len(text)
    return sum(0 if combining(each) else 2 if east_asian_width(each) in "WF" else 1 for each in text)


def to_json(content: object) -> str:
    """JSON that every parser takes: ASCII, and null for what is no finite number."""
    return json.dumps(_plain(content), indent=2, allow_nan=False)


def _plain(content: Any) -> Any:
    if dataclasses.is_dataclass(content) and not isinstance(content, type):
        return _plain({field.name: getattr(content, field.name) for field in dataclasses.fields(content)})
    if isinstance(content, Mapping):
        return {str(key): _plain(value) for key, value in content.items()}
    if isinstance(content, float):
        return content if math.isfinite(content) else None
    if content is None or isinstance(content, str | bool | int):
        return content
    if isinstance(content, Path):
        return str(content)
    if hasattr(content, "tolist"):
        return _plain(content.tolist())
    return [_plain(value) for value in content]
