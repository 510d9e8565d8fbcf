"""What the command explore may be told."""

from __future__ import annotations

import click

from ..group import command
from .shared import json_option, store_argument, threshold_option


@command("explore")
@store_argument
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port to serve the page on; default a free one.")
@click.option("--no-browser", is_flag=True, help="Print the address without opening a browser.")
@threshold_option
@json_option
def explore() -> None:
    """Explore a store in the browser.

    Maps, the patients in a selected part of them, and one patient simulated live. The page is served to this machine
    only, until Ctrl-C. Its address contains an access token.
    """
