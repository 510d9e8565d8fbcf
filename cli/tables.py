"""Tables: plain columns elsewhere; on a terminal names wrap, numbers are never cut, and what is too wide goes below."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..analysis.words import parts as words
from ..analysis.words.text import cell, columns, is_number, wide
from .output import say

FRAME = 3
"""Characters that each column adds for its frame; the table adds one more."""

PIECE = re.compile(r"[^\s_/]*[_/]|[^\s_/]+|\s+")
"""Where a text may be broken: behind spaces, and behind the joints of a name."""


class Part(NamedTuple):
    """Some columns of a table as they are printed: cells with line breaks, widths, and which are numbers."""

    head: list[str]
    rows: list[list[str]]
    widths: list[int]
    right: list[bool]

    @property
    def width(self) -> int:
        """Characters in a line: more than were asked for only where a single column needs more."""
        return sum(self.widths) + FRAME * len(self.widths) + 1


def table(head: Sequence[str], rows: Sequence[Sequence[object]], title: str = "") -> None:
    """Print a table: ruled and as wide as the terminal, plain columns elsewhere."""
    if not sys.stdout.isatty():
        say(f"{title}\n{columns(head, rows)}" if title else columns(head, rows))
        return
    parts = fitted(head, rows, Console().width)
    console = Console(width=max(Console().width, *(part.width for part in parts)))
    for number, part in enumerate(parts):
        first = Text(cell(title)) if title and number == 0 else None
        shown = Table(title=first, title_justify="left", header_style="bold")
        for name, width, right in zip(part.head, part.widths, part.right, strict=True):
            shown.add_column(Text(name), justify="right" if right else "left", width=width, no_wrap=True)
        for row in part.rows:
            shown.add_row(*(Text(value) for value in row))
        console.print(shown)


def show(answer: Sequence[words.Part], *paths: Path) -> None:
    """Print the texts and tables in which an answer is told, behind the names of the files written of it."""
    begin = f"{', '.join(map(str, paths))}: " if paths else ""
    if begin and not isinstance(answer[0], words.Text):
        say(f"{begin}written")
        begin = ""
    for part in answer:
        if isinstance(part, words.Text):
            for line in part.lines:
                say(f"{begin}{line}")
                begin = ""
        elif isinstance(part, words.Table):
            table(part.head[: part.shown], [row[: part.shown] for row in part.rows], part.caption)


def fitted(head: Sequence[str], rows: Sequence[Sequence[object]], width: int) -> list[Part]:
    """Lay a table out in a number of characters.

    Columns that do not fit beside the others follow below, with those again that tell the rows apart.
    """
    texts = [[name, *(cell(row[place]) for row in rows)] for place, name in enumerate(head)]
    right = [bool(rows) and all(is_number(row[place]) for row in rows) for place in range(len(head))]
    most = max(width - FRAME - 1, 1)
    least = [min(max(_unbroken(text) for text in column), most) for column in texts]
    groups = _groups(least, width, _keys(texts))
    return [_part(texts, right, group, least, width) for group in groups]


def _unbroken(text: str) -> int:
    """Width of the longest piece of a text that is not broken."""
    return max((wide(piece) for piece in PIECE.findall(text) if piece.strip()), default=1)


def _keys(columns: Sequence[Sequence[str]]) -> int:
    """Number of leading columns that tell the rows apart; 1 where none do."""
    rows = len(columns[0])
    for keys in range(1, len(columns)):
        if len(set(zip(*columns[:keys], strict=True))) == rows:
            return keys
    return 1


def _groups(least: Sequence[int], width: int, keys: int) -> list[list[int]]:
    """Columns that fit beside each other at their least widths; the keys are in every group where they leave room."""
    taken = [each + FRAME for each in least]
    if sum(taken[:keys]) + max(taken[keys:], default=0) + 1 > width:
        keys = 1
    groups, room = [list(range(keys))], width - 1 - sum(taken[:keys])
    left = room
    for place in range(keys, len(least)):
        if taken[place] > left and len(groups[-1]) > keys:
            groups.append(list(range(keys)))
            left = room
        groups[-1].append(place)
        left -= taken[place]
    return groups


def _part(
    columns: Sequence[Sequence[str]], right: Sequence[bool], group: Sequence[int], least: Sequence[int], width: int
) -> Part:
    widths = {place: max(wide(text) for text in columns[place]) for place in group}
    over = sum(widths.values()) + FRAME * len(group) + 1 - width
    while over > 0:
        shrinkable = [place for place in group if widths[place] > least[place]]
        if not shrinkable:
            break
        widths[max(shrinkable, key=lambda place: widths[place])] -= 1
        over -= 1
    texts = [[wrapped(text, widths[place]) for text in columns[place]] for place in group]
    lines = [list(row) for row in zip(*texts, strict=True)]
    return Part(lines[0], lines[1:], [widths[place] for place in group], [right[place] for place in group])


def wrapped(text: str, width: int) -> str:
    """Break a text into lines of a width, behind spaces and the joints of names; a longer piece only where it must."""
    lines, line = [], ""
    for piece in PIECE.findall(text):
        if wide((line + piece).rstrip()) <= width:
            line += piece
            continue
        lines.append(line.rstrip())
        line = piece.lstrip()
        while wide(line) > width:
            lines.append(line[:width])
            line = line[width:]
    return "\n".join(each for each in (*lines, line.rstrip()) if each)
