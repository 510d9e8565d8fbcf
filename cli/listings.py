"""Commands that list names a user may give or will meet: cohorts, parameters, outcomes, examples."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..analysis.words.counted import many
from ..engine import DEVICE_PARAMETERS, OUTCOMES, PARAMETERS
from ..sweeps import examples as shipped
from ..sweeps.population.cohorts import load
from ..sweeps.population.windows import in_words
from .output import report, say
from .tables import table

Listing = tuple[dict[str, Any], list[str], list[list[object]]]
"""Content for machines; head and rows of the table for people."""


def cohorts(as_json: bool) -> None:
    """List the populations and their windows."""
    _list(*list_cohorts(), as_json)


def parameters(as_json: bool) -> None:
    """List the parameters of patients and devices."""
    _list(*list_parameters(), as_json)


def outcomes(as_json: bool) -> None:
    """List what is reported of every arm."""
    _list(*list_outcomes(), as_json)


def examples(folder: Path | None, as_json: bool) -> None:
    """List the examples, or copy them into a folder."""
    titles = shipped.titles()
    if folder is None:
        _list(titles, ["example", "what it asks"], [[name, title] for name, title in titles.items()], as_json)
        return
    written = shipped.copy(folder)
    report([str(each) for each in written], as_json, lambda: say(f"{folder}: {many(len(written), 'file')} written"))


def _list(content: object, head: list[str], rows: list[list[object]], as_json: bool) -> None:
    report(content, as_json, lambda: table(head, rows))


def list_cohorts() -> Listing:
    """List the populations with their windows on the baseline without support."""
    known = load()
    content = {
        name: {
            "title": each.title,
            "source": each.source,
            "definition": each.definition,
            "shock": each.shock,
            "window": each.window,
            "medians": {parameter: law.median for parameter, law in each.law.items()},
            "varied": [parameter for parameter, law in each.law.items() if law.varies],
        }
        for name, each in known.items()
    }
    rows: list[list[object]] = []
    for name, each in known.items():
        bounds = [in_words(key, *limits) for key, limits in each.window.items()]
        told = [[name, each.title], *[["", ""]] * (len(bounds) - 1)]
        rows += [[*left, bound] for left, bound in zip(told, bounds, strict=True)]
    return content, ["cohort", "population", "window on the baseline without support"], rows


def list_parameters() -> Listing:
    """List the parameters of a patient and of the devices."""
    content = {
        name: {
            "long_name": each.long_name,
            "units": each.units,
            "default": each.default,
            "plausible": each.plausible,
            "physical": each.physical,
            "source": each.source,
            "device": name in DEVICE_PARAMETERS,
        }
        for name, each in PARAMETERS.items()
    }
    rows: list[list[object]] = [
        [name, each.units, each.default, _range(each.plausible), _range(each.physical), each.long_name, each.source]
        for name, each in PARAMETERS.items()
    ]
    return content, ["parameter", "units", "default", "plausible", "allowed", "meaning", "source"], rows


def list_outcomes() -> Listing:
    """List what is reported of a patient in each arm."""
    content = {
        name: {"long_name": each.long_name, "units": each.units, "floor": each.floor} for name, each in OUTCOMES.items()
    }
    rows: list[list[object]] = [[name, each.units, each.long_name] for name, each in OUTCOMES.items()]
    return content, ["outcome", "units", "meaning"], rows


def _range(bound: tuple[float, float]) -> str:
    return f"{bound[0]:g} to {bound[1]:g}"
