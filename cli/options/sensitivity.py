"""What the command sensitivity may be told."""

from __future__ import annotations

import click

from ..group import command
from .shared import comparison_options, json_option, one_of, picture_option, store_argument

METHODS = ("sobol", "morris", "given-data")


@command("sensitivity")
@store_argument
@click.option(
    "--outcome", "outcomes", multiple=True, metavar="NAME", help="What may depend on the parameters; may be repeated."
)
@click.option(
    "--group",
    "groups",
    multiple=True,
    metavar="NAME=A,B",
    help="Take the parameters A and B together under a name; may be repeated.",
)
@click.option(
    "--method", metavar=one_of(METHODS), help="How indices are estimated; default by the design of the store."
)
@click.option(
    "--top", type=click.IntRange(min=1), default=12, show_default=True, help="Number of parameters that are printed."
)
@picture_option(None)
@comparison_options
@json_option
def sensitivity() -> None:
    """Say how much each parameter moves an outcome.

    An outcome is helps, fails or harms, an outcome (at the baseline), an outcome at an arm as cardiac_output@iabp, or a
    change as wedge_pressure_difference. Stores of the saltelli design give Sobol indices, those of the morris design
    elementary effects; from any other a sample gives first order and PAWN. Such designs move together what their sweep
    file has under [groups]; --group is for a sample.
    """
