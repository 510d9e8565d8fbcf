"""What the command report may be told."""

from __future__ import annotations

import click

from ..group import command
from .shared import comparison_options, json_option, path, store_argument


@command("report")
@store_argument
@click.option("-o", "--output", type=path, help="HTML file to write; default report.html beside the store.")
@click.option("--pdf", "as_pdf", is_flag=True, help="Also write the page as a PDF beside it; needs Chromium.")
@comparison_options
@json_option
def write_report() -> None:
    """Write a report on a store as one HTML page.

    Question, population, results, maps, failures, convergence, limitations and how to reproduce it, in one
    self-contained file. An unfinished store, or one with a single arm, is reported as far as possible.
    """
