"""What the commands cohorts, parameters and outcomes may be told."""

from __future__ import annotations

from ..group import command
from .shared import json_option


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
