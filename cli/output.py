"""How results and messages are printed: the only place that prints, with what all commands share."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click


def say(text: str) -> None:
    """Print a result."""
    from ..analysis.text import clean

    click.echo(clean(text))


def tell(text: str) -> None:
    """Print a message."""
    from ..analysis.text import clean

    click.echo(clean(text), err=True)


def table(head: Sequence[str], rows: Sequence[Sequence[object]], title: str = "") -> None:
    """Print a table: ruled on a terminal, plain columns elsewhere."""
    from ..analysis.text import cell, columns, is_number

    if not sys.stdout.isatty():
        say(f"{title}\n{columns(head, rows)}" if title else columns(head, rows))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    shown = Table(title=Text(cell(title)) if title else None, title_justify="left", header_style="bold")
    for place, name in enumerate(head):
        numbers = bool(rows) and all(is_number(row[place]) for row in rows)
        shown.add_column(name, justify="right" if numbers else "left")
    for row in rows:
        shown.add_row(*(Text(cell(value)) for value in row))
    Console().print(shown)


def report(content: object, as_json: bool, words: Callable[[], None]) -> None:
    """Print a result for machines or for people."""
    from ..analysis.text import to_json

    if as_json:
        click.echo(to_json(content))
    else:
        words()


def picture_option(name: str | None) -> Callable[[Any], Any]:
    """Option for a picture: of that name beside the store unless said otherwise, or none."""
    text = f"Picture; default {name} beside the store." if name else "Picture; none without it."
    return click.option("-o", "--output", type=click.Path(path_type=Path), help=text)


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
