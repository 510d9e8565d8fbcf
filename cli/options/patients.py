"""What the command patient may be told."""

from __future__ import annotations

from pathlib import Path

import click

from ..group import command
from .shared import json_option


@command("patient")
@click.argument("who", metavar="COHORT|STORE")
@click.option("--index", type=int, help="Which patient; default the nominal one of a cohort, the first of a store.")
@click.option("--arm", "arms", multiple=True, help="Arm to simulate beside the reference; may be repeated.")
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="Change a parameter; may be repeated.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Picture of the page: .png, .pdf or .svg.")
@json_option
def patient() -> None:
    """Simulate one patient, now.

    The page shows pressures, loops and coronary flow in the first arm asked for and in the reference; of a store with
    one arm in that.
    """
