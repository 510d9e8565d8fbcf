"""The command sensitivity: what an outcome or the probability of help depends on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..engine import InputError
from .group import commands
from .output import json_option, picture, report, say, table
from .reading import arm_option, definition_option, opened, reading, threshold_option, thresholds_of

if TYPE_CHECKING:
    import xarray as xr


ENDS_IN_WORDS = ("", ", 95 % from", " to", " of half")
"""Columns of an index: itself, the ends of its interval, and its value from half of the rows."""


@commands.command("sensitivity")
@click.argument("store", type=click.Path(path_type=Path))
@click.option("--outcome", "outcomes", multiple=True, metavar="NAME", help="What may depend; several are possible.")
@click.option("--group", "groups", multiple=True, metavar="NAME=A,B", help="Parameters to be taken together.")
@click.option("--method", metavar="NAME", help="sobol, morris or given-data; default by the design of the store.")
@click.option("--top", type=click.IntRange(min=1), default=12, show_default=True, help="Parameters printed.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Picture (.png, .pdf, .svg).")
@arm_option
@definition_option
@threshold_option
@json_option
def sensitivity_command(
    store: Path,
    outcomes: tuple[str, ...],
    groups: tuple[str, ...],
    method: str | None,
    top: int,
    output: Path | None,
    arm: str | None,
    definition: str | None,
    thresholds: tuple[str, ...],
    as_json: bool,
) -> None:
    """Say how much each parameter moves an outcome.

    NAME is helps, fails or harms, an outcome (at the baseline), an outcome at an arm as cardiac_output@iabp, or a
    change as wedge_pressure_difference. Stores of the saltelli design give Sobol indices, those of the morris design
    elementary effects; from any other a sample gives first order and PAWN. Such designs move together what their sweep
    file has under [groups]; --group is for a sample.
    """
    from ..analysis.sensitivity.indices import sensitivity
    from ..analysis.sensitivity.words import as_dict

    target = None
    if output is not None:
        from ..analysis.figures.style import check_format

        target = check_format(output)
    dataset = opened(store)
    with reading(store):
        result = sensitivity(
            dataset,
            list(outcomes) or None,
            arm=arm,
            method=method,
            groups=_groups(groups),
            definition=definition,
            thresholds=thresholds_of(thresholds),
        )
    path = None
    if target is not None:
        from ..analysis.sensitivity.sensitivity_figure import sensitivity_figure

        path = picture(sensitivity_figure(result), target)

    def words() -> None:
        from ..analysis.sensitivity.words import METHODS, ranked, sentences

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
    from ..analysis.sensitivity.words import ENDS

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
