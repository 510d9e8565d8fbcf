"""What the commands validate and bench may be told."""

from __future__ import annotations

import click

from ..group import command
from .shared import json_option, path


@command("validate")
@click.option("--seed", type=int, default=0, show_default=True, help="Random seed of the populations.")
@click.option(
    "--doubt",
    "structural_uncertainty",
    is_flag=True,
    help="Structural uncertainty: also halve and double each constant of the model that was guessed (source [X]).",
)
@click.option("--markdown", "as_markdown", is_flag=True, help="Print the result as docs/validation.md has it.")
@click.option("-o", "--output", type=path, help="File to write the Markdown page, or the JSON, to.")
@click.option("--check", type=path, metavar="PAGE", help="List the differences from a Markdown page written earlier.")
@json_option
def validate() -> None:
    """Compare the simulator with published effects of the balloon.

    Every cohort's baseline is compared with its target, too. A target or effect that is missed is shown as missed and
    does not change the exit code. With --check the exit code is 1 where words, verdicts or numbers differ from the page
    by more than the rounding of another processor.
    """


@command("bench")
@click.option(
    "--rounds",
    type=int,
    default=12,
    show_default=True,
    help="Number of interleaved rounds, of which the fastest counts.",
)
@click.option(
    "--patients",
    type=int,
    default=1024,
    show_default=True,
    help="Patients of the cohort ami-cs that are simulated to convergence.",
)
@click.option(
    "--record",
    type=path,
    is_flag=False,
    flag_value="benchmarks/history.jsonl",
    help="Append the results to a file; default benchmarks/history.jsonl.",
    metavar="[FILE]",
)
@click.option(
    "--spread",
    type=int,
    metavar="RUNS",
    help="Repeat the benchmark in this many processes, and print the spread of their results.",
)
@click.option("--compare", nargs=2, metavar="A B", help="Measure two git revisions alternately, on the same patients.")
@click.option("--history", type=path, metavar="FILE", help="Plot the records of this file over time.")
@click.option("--profile", is_flag=True, help="Show where the time goes and what accuracy costs.")
@click.option("-o", "--output", type=path, help="File for the figure of --history or the page of --profile.")
@json_option
def bench() -> None:
    """Measure the speed of the simulation on this machine."""
