"""What the command patient may be told."""

from __future__ import annotations

import click

from ..group import command
from .shared import json_option, picture_option, settings


@command("patient")
@click.argument("who", metavar="COHORT|STORE")
@click.option(
    "--index",
    type=int,
    help="Index of the patient, from 0; default the first of a store, or a cohort's median patient.",
)
@click.option(
    "--arm",
    "arms",
    multiple=True,
    metavar="NAME",
    help="Arm to simulate in addition to the reference; may be repeated.",
)
@click.option(
    "--set",
    "values",
    multiple=True,
    metavar="NAME=VALUE",
    callback=settings,
    help="Set a parameter to another value, such as heart_rate=90; may be repeated.",
)
@picture_option(None)
@json_option
def patient() -> None:
    """Simulate one patient of a cohort or of a store.

    Prints the outcomes of every arm and their changes. The figure shows pressures, pressure-volume loops and coronary
    flow in the reference and in the first --arm.
    """
