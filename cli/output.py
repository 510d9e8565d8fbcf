"""How results and messages are printed: the only place that prints, with what all commands share."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import IO

import click

from ..analysis.words.text import clean, to_json


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


def report(content: object, as_json: bool, words: Callable[[], None]) -> None:
    """Print a result for machines or for people."""
    if as_json:
        _print(to_json(content))
    else:
        words()
