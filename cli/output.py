"""How results and messages are printed: the only place that prints, with what all commands share."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from ..analysis.words import parts as words
from ..analysis.words.text import cell, clean, columns, to_json

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def say(text: str) -> None:
    """Print a result."""
    _print(clean(text))


def tell(text: str) -> None:
    """Print a message; where nobody can be told, the work goes on."""
    try:
        click.echo(clean(text), err=True)
    except OSError:
        forget(sys.stderr)


def _print(text: str) -> None:
    try:
        click.echo(text)
    except BrokenPipeError:
        # the reader has seen enough; what was done is not undone by that
        forget(sys.stdout)
    except OSError as error:
        forget(sys.stdout)
        raise OSError(error.errno, error.strerror, "standard output") from None


def forget(stream: IO[str]) -> None:
    """Let what is still printed to a stream go nowhere."""
    with suppress(OSError, ValueError), open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), stream.fileno())


def opened() -> None:
    """Open the standard streams that were closed: files made later would take their place, and what is printed."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            stream = open(os.devnull, mode)  # noqa: SIM115
            os.set_inheritable(stream.fileno(), True)
            setattr(sys, name, stream)


def table(head: Sequence[str], rows: Sequence[Sequence[object]], title: str = "") -> None:
    """Print a table: ruled and as wide as the terminal, plain columns elsewhere."""
    if not sys.stdout.isatty():
        say(f"{title}\n{columns(head, rows)}" if title else columns(head, rows))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from .tables import fitted

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


def show(answer: Sequence[words.Part]) -> None:
    """Print the texts and tables in which an answer is told."""
    for part in answer:
        if isinstance(part, words.Text):
            for line in part.lines:
                say(line)
        elif isinstance(part, words.Table):
            table(part.head, part.rows, part.caption)


def picture(figure: Figure, target: Path) -> Path:
    """Write a picture; what no typeface of this machine can show of it is told."""
    from ..analysis.figures.style import save
    from ..analysis.figures.typefaces import lacking, said

    path = save(figure, target)
    if missing := lacking(said(figure)):
        tell(f"note: no typeface installed here has {' '.join(missing)}: a box each in {path}")
    return path


def report(content: object, as_json: bool, words: Callable[[], None]) -> None:
    """Print a result for machines or for people."""
    if as_json:
        _print(to_json(content))
    else:
        words()


def picture_option(name: str | None) -> Callable[[Any], Any]:
    """Option for a picture: of that name beside the store unless said otherwise, or none."""
    text = f"Picture; default {name} beside the store." if name else "Picture; none without it."
    return click.option("-o", "--output", type=click.Path(path_type=Path), help=text)


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
