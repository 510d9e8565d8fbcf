"""What the command explore may be told."""

from __future__ import annotations

import click

from ..group import command
from .shared import json_option, store_argument, threshold_option


@command("explore")
@store_argument
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, help="Port of this machine; default one that is free."
)
@click.option("--no-browser", is_flag=True, help="Print the address, and open nothing.")
@threshold_option
@json_option
def explore() -> None:
    """Look at a store in the browser: maps, the patients in a part of them, and one patient live.

    The page is served to this machine alone, until Ctrl-C. Its address holds a token: who has it may look.
    """
