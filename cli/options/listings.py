"""What the commands cohorts, parameters and outcomes may be told."""

from __future__ import annotations

from ..group import command
from .shared import json_option


@command("cohorts")
@json_option
def cohorts() -> None:
    """List the populations and their windows."""


@command("parameters")
@json_option
def parameters() -> None:
    """List the parameters of patients and devices."""


@command("outcomes")
@json_option
def outcomes() -> None:
    """List what is reported of every arm."""
