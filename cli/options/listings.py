"""What the commands cohorts, parameters and outcomes may be told."""

from __future__ import annotations

import click

from ..group import command
from .shared import json_option, path


@command("cohorts")
@json_option
def cohorts() -> None:
    """List the cohorts and their windows.

    A patient drawn from a cohort belongs to it if the baseline without support is within the cohort's window.
    """


@command("parameters")
@json_option
def parameters() -> None:
    """List the parameters of patients and devices.

    Units, default, plausible and allowed range; the JSON also has the source of each value, which is [X] for a constant
    that was guessed.
    """


@command("outcomes")
@json_option
def outcomes() -> None:
    """List the outcomes that are computed in every arm."""


@command("examples")
@click.option(
    "-o", "--output", "folder", type=path, metavar="FOLDER", help="Copy them into this folder, which is made."
)
@json_option
def examples() -> None:
    """List the example sweeps, trials and courses, or copy them into a folder.

    The documentation runs them from a folder called examples: 'counterpulse examples -o examples' makes it. A file that
    is there already and is another one is left as it is, and nothing is copied.
    """
