"""The command sensitivity: what an outcome or the probability of help depends on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Unpack

import xarray as xr

from ..analysis.figures.style import check_format
from ..analysis.sensitivity.indices import sensitivity as find_sensitivity
from ..analysis.sensitivity.sensitivity_figure import sensitivity_figure
from ..analysis.sensitivity.words import ENDS, METHODS, as_dict, ranked, sentences
from ..engine import InputError
from .output import report, say
from .pictures import picture
from .reading import Asked, opened, reading
from .tables import table

ENDS_IN_WORDS = ("", ", 95 % from", " to", " of half")
"""Columns of an index: itself, the ends of its interval, and its value from half of the rows."""


def sensitivity(
    store: Path,
    outcomes: tuple[str, ...],
    groups: tuple[str, ...],
    method: str | None,
    top: int,
    output: Path | None,
    as_json: bool,
    **asked: Unpack[Asked],
) -> None:
    """Say how much each parameter moves an outcome."""
    target = None
    if output is not None:
        target = check_format(output)
    dataset = opened(store)
    with reading(store):
        result = find_sensitivity(dataset, list(outcomes) or None, method=method, groups=_groups(groups), **asked)
    path = None
    if target is not None:
        path = picture(sensitivity_figure(result), target)

    def words() -> None:
        indices = METHODS[result.attrs["method"]]
        for name in result["outcome"].values:
            one = ranked(result, name)
            shown = one.isel(parameter=slice(top))
            rows = [
                [str(row["parameter"].item()), *_cells(row, indices)]
                for row in (shown.isel(parameter=place) for place in range(shown.sizes["parameter"]))
            ]
            head = ["parameter", *(f"{index}{part}" for index in indices for part in ENDS_IN_WORDS)]
            table(head, rows, f"{one['outcome_label'].item()} ({name})")
            hidden = one.sizes["parameter"] - len(rows)
            say(f"{hidden} more parameters with less influence; --top shows them.\n" if hidden else "")
        for name, moves in zip(result["parameter"].values, result["moves"].values, strict=True):
            if name != moves:
                say(f"{name} is {moves}.")
        for line in sentences(result):
            say(line)
        if path is not None:
            say(f"{path}: written")

    report({"figure": path, **as_dict(result)}, as_json, words)


def _cells(row: xr.Dataset, indices: Sequence[str]) -> list[float]:
    """Each index, the ends of its interval and its value from half of the rows, with as many digits as they mean."""
    return [float(f"{row[f'{index}{end}'].item():.3g}") for index in indices for end in ENDS]


def _groups(texts: Sequence[str]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for text in texts:
        name, equals, members = text.partition("=")
        names = [each.strip() for each in members.split(",") if each.strip()]
        if not equals or not name.strip() or not names:
            raise InputError(f"--group: {text!r} is not NAME=A,B, as afterload=systemic_resistance,arterial_stiffness")
        if name.strip() in groups:
            raise InputError(f"--group: {name.strip()} is given twice")
        groups[name.strip()] = names
    return groups
