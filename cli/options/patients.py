"""What the command patient may be told."""

from __future__ import annotations

import click

from ..group import command
from .shared import json_option, picture_option, settings


@command("patient")
@click.argument("who", metavar="COHORT|STORE")
@click.option(
    "--index", type=int, help="Number of the patient; default the nominal one of a cohort, the first of a store."
)
@click.option(
    "--arm", "arms", multiple=True, metavar="NAME", help="Arm to simulate beside the reference; may be repeated."
)
@click.option(
    "--set",
    "values",
    multiple=True,
    metavar="NAME=VALUE",
    callback=settings,
    help="Give a parameter another value; may be repeated.",
)
@picture_option(None)
@json_option
def patient() -> None:
    """Simulate one patient, now.

    The picture is a page of pressures, loops and coronary flow in the first arm asked for and in the reference; of a
    store with one arm in that.
    """
