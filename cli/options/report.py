"""What the command report may be told."""

from __future__ import annotations

import click

from ..group import command
from .shared import comparison_options, json_option, path, store_argument


@command("report")
@store_argument
@click.option("-o", "--output", type=path, help="Page that is written; default report.html beside the store.")
@click.option("--pdf", "as_pdf", is_flag=True, help="Print the page to a PDF beside it as well; needs a Chromium.")
@comparison_options
@json_option
def write_report() -> None:
    """Write what a store says as one page.

    Question, population, answers, maps, failures, convergence, limits and how to reproduce it, in one HTML file that
    loads nothing. What an unfinished store, or one with a single arm, can answer is answered.
    """
