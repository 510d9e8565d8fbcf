"""What the commands regions and predictors may be told."""

from __future__ import annotations

import click

from ..group import command
from .shared import CLASSES, comparison_options, json_option, one_of, picture_option, store_argument

METHODS = ("prim", "tree")


@command("regions")
@store_argument
@click.option(
    "--method",
    metavar=one_of(METHODS),
    default="prim",
    show_default=True,
    help="How rules are sought: by peeling boxes (PRIM), or as the leaves of a decision tree of three levels.",
)
@click.option(
    "--bedside", is_flag=True, help="Make rules of what can be measured at the bedside, instead of the parameters."
)
@click.option(
    "--for",
    "target",
    metavar=one_of(CLASSES),
    default="helps",
    show_default=True,
    help="Class that rules are sought for.",
)
@picture_option(None)
@comparison_options
@json_option
def regions() -> None:
    """Say in a few rules whom an arm helps, fails or harms.

    Rules are sought on some patients and counted on all the others; what could be chance is not told.
    """


@command("predictors")
@store_argument
@click.option(
    "--for", "target", metavar=one_of(CLASSES), default="helps", show_default=True, help="Class that is predicted."
)
@picture_option(None)
@comparison_options
@json_option
def predictors() -> None:
    """Say which baseline measurements predict whom an arm helps, fails or harms.

    Logistic regressions on each alone, in pairs and all together, fitted on some patients and scored on others: area
    under the ROC curve (AUC), calibration slope and intercept, and Brier score.
    """
