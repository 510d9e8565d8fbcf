"""Commands that list names: cohorts, parameters, outcomes."""

from __future__ import annotations

from .group import commands
from .output import json_option, report, table


@commands.command()
@json_option
def cohorts(as_json: bool) -> None:
    """List the populations and their windows."""
    from ..analysis.listings import list_cohorts

    _list(*list_cohorts(), as_json)


@commands.command()
@json_option
def parameters(as_json: bool) -> None:
    """List the parameters of patients and devices."""
    from ..analysis.listings import list_parameters

    _list(*list_parameters(), as_json)


@commands.command()
@json_option
def outcomes(as_json: bool) -> None:
    """List what is reported of every arm."""
    from ..analysis.listings import list_outcomes

    _list(*list_outcomes(), as_json)


def _list(content: object, head: list[str], rows: list[list[object]], as_json: bool) -> None:
    report(content, as_json, lambda: table(head, rows))
