"""What the command sensitivity may be told."""

from __future__ import annotations

import click

from ..group import command
from .shared import comparison_options, json_option, one_of, picture_option, store_argument

METHODS = ("sobol", "morris", "given-data")


@command("sensitivity")
@store_argument
@click.option(
    "--outcome",
    "outcomes",
    multiple=True,
    metavar="NAME",
    help="Outcome whose dependence on the parameters is analysed; may be repeated.",
)
@click.option(
    "--group",
    "groups",
    multiple=True,
    metavar="NAME=A,B",
    help="Treat the parameters A and B as one, under this name; may be repeated.",
)
@click.option(
    "--method",
    metavar=one_of(METHODS),
    help="Method of sensitivity analysis; default the one for the design of the sweep.",
)
@click.option("--top", type=click.IntRange(min=1), default=12, show_default=True, help="Number of parameters to print.")
@picture_option(None)
@comparison_options
@json_option
def sensitivity() -> None:
    """Rank the parameters by their influence on an outcome.

    This is global sensitivity analysis. The outcome is a response class (helps, fails or harms), an outcome at
    baseline, an outcome in an arm, such as cardiac_output@iabp, or a change, such as wedge_pressure_difference. A sweep
    with the design saltelli gives Sobol indices, one with the design morris elementary effects; any other (given data)
    gives first-order and PAWN indices. Groups of parameters are those under [groups] of a saltelli or morris sweep
    file; for given data name them with --group.
    """
