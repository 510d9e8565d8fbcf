"""What the commands regions and predictors may be told."""

from __future__ import annotations

import click

from ..group import command
from .shared import arm_option, definition_option, json_option, picture_option, store_argument, threshold_option

target_option = click.option("--for", "target", default="helps", show_default=True, help="helps, fails or harms.")


@command("regions")
@store_argument
@click.option("--method", default="prim", show_default=True, help="prim, or tree: a tree of three levels.")
@click.option("--bedside", is_flag=True, help="Use what can be measured at the bedside alone, not the parameters.")
@target_option
@picture_option(None)
@arm_option
@definition_option
@threshold_option
@json_option
def regions() -> None:
    """Say in a few rules whom an arm helps, fails or harms.

    Rules are sought on some patients and counted on all the others; what could be chance is not told.
    """


@command("predictors")
@store_argument
@target_option
@picture_option(None)
@arm_option
@definition_option
@threshold_option
@json_option
def predictors() -> None:
    """Say which baseline measurements predict whom an arm helps, fails or harms.

    Each alone, in pairs and all together, fitted on some patients and scored on others.
    """
