"""What the command match may be told."""

from __future__ import annotations

import click

from ..group import command
from .shared import comparison_options, json_option, path, picture_option, store_argument


@command("match")
@store_argument
@click.argument("measured", nargs=-1, metavar="NAME=VALUE[+-ERROR][UNIT]...")
@click.option(
    "--trace",
    type=path,
    help="CSV file of an arterial trace, columns time (s) and pressure (mmHg), whose features are matched too.",
)
@click.option(
    "--trace-arm",
    metavar="NAME",
    help="Arm in which the trace was taken, as iabp; default the one without support.",
)
@click.option(
    "--quantities", type=path, help="TOML file of quantities, errors and units, laid over those of the package."
)
@click.option(
    "--effective",
    type=float,
    default=1000,
    show_default=True,
    help="Effective sample size below which new patients are simulated around the posterior.",
)
@click.option(
    "--simulations",
    type=int,
    default=8192,
    show_default=True,
    help="New patients at most; 0 leaves it at those of the store.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Random seed of the new patients.")
@picture_option("match.png")
@comparison_options
@json_option
def match() -> None:
    """Find the virtual patients of a store that fit a monitor's numbers.

    Numbers are written as MAP=62, CO=3.1+-.4, EF=22% or SVR=1180dyn: names as clinicians write them (MAP SBP DBP HR CO
    CI PCWP mPAP CVP EF LVEDP SVR CPO age sex ...) or of outcomes, and the standard deviation of the error, which by
    default is the usual one of the method. NAME@ARM=VALUE was measured in another arm than the unsupported one.

    Prints what the numbers pin down, what every arm of the store would do in such patients, the probability of help,
    failure and harm, and which further measurement would tell most; and says so where the numbers are outside what
    the store knows. Research use only: nothing in it advises on a patient.
    """
