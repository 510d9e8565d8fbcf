"""What the command sensitivity may be told."""

from __future__ import annotations

from pathlib import Path

import click

from ..group import command
from .shared import arm_option, definition_option, json_option, store_argument, threshold_option


@command("sensitivity")
@store_argument
@click.option("--outcome", "outcomes", multiple=True, metavar="NAME", help="What may depend; several are possible.")
@click.option("--group", "groups", multiple=True, metavar="NAME=A,B", help="Parameters to be taken together.")
@click.option("--method", metavar="NAME", help="sobol, morris or given-data; default by the design of the store.")
@click.option("--top", type=click.IntRange(min=1), default=12, show_default=True, help="Parameters printed.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Picture (.png, .pdf, .svg).")
@arm_option
@definition_option
@threshold_option
@json_option
def sensitivity() -> None:
    """Say how much each parameter moves an outcome.

    NAME is helps, fails or harms, an outcome (at the baseline), an outcome at an arm as cardiac_output@iabp, or a
    change as wedge_pressure_difference. Stores of the saltelli design give Sobol indices, those of the morris design
    elementary effects; from any other a sample gives first order and PAWN. Such designs move together what their sweep
    file has under [groups]; --group is for a sample.
    """
