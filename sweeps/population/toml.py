"""TOML files: those of users read whole, with every mistake in one line, and sweep files written."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomli_w

from ...engine import InputError

LARGEST_FILE = 1_000_000
NUMBERS = re.compile(r"\[\n([^\[\]{}\"]*),\n *\]")
"""A list of numbers, each on a line of its own; no text holds a line break."""


def read(path: str | Path, kind: str) -> dict[str, Any]:
    """Read a file.

    Parameters
    ----------
    path : str or Path
        Where it is.
    kind : str
        What it should be, for errors, as ``"sweep file"``.

    Raises
    ------
    InputError
        For a file that cannot be read, is no ordinary one, too large, not UTF-8 or not TOML; in one line that names
        it.
    """
    where = on_one_line(str(path))
    try:
        file = Path(path)
        if file.is_dir():
            raise InputError(f"{where}: a directory, where a {kind} is needed")
        if file.exists() and not file.is_file():
            raise InputError(f"{where}: no ordinary file, where a {kind} is needed")
        with file.open("rb") as stream:
            content = stream.read(LARGEST_FILE + 1)
    except FileNotFoundError:
        raise InputError(f"{where}: no such file") from None
    except OSError as error:
        raise InputError(f"{where}: cannot be read: {error.strerror}") from None
    except InputError:
        raise
    except ValueError:
        raise InputError(f"{where}: no name of a file") from None
    if len(content) > LARGEST_FILE:
        raise InputError(f"{where}: larger than {LARGEST_FILE:,} bytes, no {kind}")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{where}: not UTF-8 text (byte {error.start})") from None
    return parsed(text, where, kind)


def parsed(text: str, where: str, kind: str) -> dict[str, Any]:
    """Read the text of a file; ``where`` is what to call it in an error.

    Raises
    ------
    InputError
        For text that is not TOML, in one line.
    """
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise InputError(f"{where}: not a {kind}: nested too deeply") from None
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{where}: not valid TOML: {on_one_line(str(error))}") from None
    except ValueError:
        # the parser lets what int() and date() say through
        raise InputError(f"{where}: not valid TOML: a number or a date that cannot be") from None


def written(spec: Mapping[str, Any]) -> str:
    """Write a specification as the text of a sweep file that gives the same sweep again.

    Parameters
    ----------
    spec : mapping
        As ``Spec.canonical`` gives it and a store keeps it. What is None, which TOML cannot say, and empty tables are
        left out.
    """
    text = tomli_w.dumps({name: _without_none(value) for name, value in spec.items() if value not in (None, {})})
    # or the cells of a refined sweep would be thousands of lines, in the file and in a report
    return NUMBERS.sub(lambda numbers: f"[{' '.join(numbers[1].split())}]", text)


def _without_none(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _without_none(each) for name, each in value.items() if each is not None}
    return value


def on_one_line(text: str, limit: int = 300) -> str:
    """Write a text without line breaks and control characters, shortened."""
    line = "".join(letter if letter.isprintable() else " " for letter in text[: limit + 1])
    return line if len(line) <= limit else line[:limit] + "..."
