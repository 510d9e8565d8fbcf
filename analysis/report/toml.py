"""A specification as the TOML of a sweep file that gives the same sweep again."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any


def as_toml(spec: Mapping[str, Any]) -> str:
    """Write a specification as a sweep file.

    Parameters
    ----------
    spec : mapping
        As a store keeps it: tables, lists, texts, numbers, truth values; None is left out.

    Returns
    -------
    str
        Plain entries first, then one section for each table, whose own tables stand on a line each.
    """
    given = {name: value for name, value in spec.items() if value is not None and value != {}}
    plain = [f"{_key(name)} = {_value(value)}" for name, value in given.items() if not isinstance(value, Mapping)]
    sections = [
        "\n".join([f"[{_key(name)}]", *_entries(value)]) for name, value in given.items() if isinstance(value, Mapping)
    ]
    return "\n\n".join(["\n".join(plain), *sections]) + "\n"


def _entries(table: Mapping[str, Any]) -> list[str]:
    return [f"{_key(name)} = {_value(value)}" for name, value in table.items() if value is not None]


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _value(name)


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"{{ {', '.join(_entries(value))} }}" if value else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(_value(each) for each in value)}]"
    if isinstance(value, float):
        return repr(value)
    # what JSON escapes in a text, TOML reads alike; but it wants letters beyond ASCII as they are
    return json.dumps(value, ensure_ascii=False)
