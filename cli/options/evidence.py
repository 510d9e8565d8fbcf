"""What the commands validate and bench may be told."""

from __future__ import annotations

from pathlib import Path

import click

from ..group import command
from .shared import json_option


@command("validate")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the populations.")
@click.option("--doubt", is_flag=True, help="Halve and double the design choices marked [X] as well.")
@click.option("--markdown", "as_markdown", is_flag=True, help="Print the page of the documentation.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="File for that page, or for the JSON.")
@click.option("--check", type=click.Path(path_type=Path), metavar="PAGE", help="Compare with a page made before.")
@json_option
def validate() -> None:
    """Compare the simulator with its targets and with published effects of the balloon.

    What is missed is shown as missed: the exit code says only whether the table was written; with --check it is 1
    where words, verdicts or numbers differ from the page by more than the rounding of another processor.
    """


@command("bench")
@click.option("--rounds", type=int, default=12, show_default=True, help="Interleaved rounds; the least time counts.")
@click.option("--patients", type=int, default=1024, show_default=True, help="Candidates of ami-cs to converge.")
@click.option(
    "--record",
    type=click.Path(path_type=Path),
    is_flag=False,
    flag_value="benchmarks/history.jsonl",
    help="Append the figures to FILE; default benchmarks/history.jsonl.",
    metavar="[FILE]",
)
@click.option("--spread", type=int, metavar="RUNS", help="Repeat in as many processes; print how far they differ.")
@click.option("--compare", nargs=2, metavar="A B", help="Measure two revisions in turn on the same patients.")
@click.option("--history", type=click.Path(path_type=Path), metavar="FILE", help="Draw the records of FILE.")
@click.option("--profile", is_flag=True, help="Say where the time goes and what accuracy costs.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Picture of --history; page of --profile.")
@json_option
def bench() -> None:
    """Measure how fast the kernel and whole pairs are on this machine."""
