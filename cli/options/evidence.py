"""What the commands validate and bench may be told."""

from __future__ import annotations

import click

from ..group import command
from .shared import json_option, path


@command("validate")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the populations.")
@click.option("--doubt", is_flag=True, help="Halve and double the design choices marked [X] as well.")
@click.option("--markdown", "as_markdown", is_flag=True, help="Print the page of the documentation.")
@click.option("-o", "--output", type=path, help="File that the page, or the JSON, is written to.")
@click.option("--check", type=path, metavar="PAGE", help="Compare with a page made before.")
@json_option
def validate() -> None:
    """Compare the simulator with its targets and with published effects of the balloon.

    What is missed is shown as missed: the exit code says only whether the table was written; with --check it is 1
    where words, verdicts or numbers differ from the page by more than the rounding of another processor.
    """


@command("bench")
@click.option(
    "--rounds", type=int, default=12, show_default=True, help="Interleaved rounds, of which the least time counts."
)
@click.option(
    "--patients",
    type=int,
    default=1024,
    show_default=True,
    help="Candidates of ami-cs that are brought to convergence.",
)
@click.option(
    "--record",
    type=path,
    is_flag=False,
    flag_value="benchmarks/history.jsonl",
    help="Append the figures to a file; default benchmarks/history.jsonl.",
    metavar="[FILE]",
)
@click.option(
    "--spread", type=int, metavar="RUNS", help="Repeat in so many processes, and print how far their figures differ."
)
@click.option("--compare", nargs=2, metavar="A B", help="Measure two revisions in turn on the same patients.")
@click.option("--history", type=path, metavar="FILE", help="Draw the records of a file.")
@click.option("--profile", is_flag=True, help="Say where the time goes and what accuracy costs.")
@click.option("-o", "--output", type=path, help="Picture of --history, or page of --profile.")
@json_option
def bench() -> None:
    """Measure how fast the kernel and whole pairs are on this machine."""
