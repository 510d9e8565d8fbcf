"""How results and messages are printed: the only place that prints, with what all commands share."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

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


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
