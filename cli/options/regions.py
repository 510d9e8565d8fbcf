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
    help="Search method: the patient rule induction method (PRIM), or a decision tree of depth three.",
)
@click.option(
    "--bedside", is_flag=True, help="Use measurements that are available at the bedside, instead of model parameters."
)
@click.option(
    "--for",
    "target",
    metavar=one_of(CLASSES),
    default="helps",
    show_default=True,
    help="Response class that the rules shall describe.",
)
@picture_option(None)
@comparison_options
@json_option
def regions() -> None:
    """Find simple rules for whom an arm helps, fails or harms.

    Rules are fitted to a part of the patients and evaluated on all the others; those that may be due to chance are left
    out.
    """


@command("predictors")
@store_argument
@click.option(
    "--for", "target", metavar=one_of(CLASSES), default="helps", show_default=True, help="Response class to predict."
)
@picture_option(None)
@comparison_options
@json_option
def predictors() -> None:
    """Rank the baseline measurements that predict the response.

    Logistic regressions on each measurement alone, on pairs and on all together, fitted to a part of the patients and
    evaluated on others: area under the ROC curve (AUC), calibration slope and intercept, and Brier score.
    """
