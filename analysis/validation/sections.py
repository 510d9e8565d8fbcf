"""What was found in words: sections of texts and tables, for a page or for a terminal."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

import xarray as xr

from ..words.parts import Part, Section, Table, Text
from . import scoreboard
from .arm_pressure import LEAST
from .records import records
from .structural_uncertainty import structural_uncertainty
from .words import band, level, number, share, simulated, span, verdict

Record = Mapping[str, Any]


def sections(found: xr.Dataset) -> list[Section]:
    """Lay out everything that `validate` found, in the order of the page."""
    studies, missing = _effects(found)
    head = [scoreboard.summary(found), scoreboard.modes(found), scoreboard.balloon(found), _baselines(found)]
    tail = [scoreboard.flow(found), scoreboard.every_row(found), missing, _populations(found)]
    return [*head, *studies, *tail, *structural_uncertainty(found)]


def _baselines(found: xr.Dataset) -> Section:
    rules = found.attrs
    cohorts = list(records(found, "cohort"))
    measured = [list(records(found.isel(cohort=place), "measurement")) for place in range(len(cohorts))]
    measurements = list(records(found, "measurement"))
    scored = [each["measurement"] for each in measurements if _allowed(each)]
    others = [each["measurement"] for each in measurements if not _allowed(each)]
    spanning = [each["measurement"] for each in measurements if each["measurement_spans"]]
    text = (
        f"{rules['baseline_about']} {rules['baseline_candidates']:,} candidates of each cohort by its sampling law; "
        f"medians of those inside the window, targets in brackets, an exclamation mark where off by more than "
        f"{', '.join(filter(None, map(_allowed, measurements)))}. "
        f"{100 * rules['baseline_least_share_inside']:.0f} % or more are to be inside, and the ranges of "
        f"{', '.join(spanning)} to span {100 * rules['baseline_least_span']:.0f} % of the window or more. "
        "Pressures published from cuffs and arterial lines are compared with the arm's, which stands for the root "
        f"where it differs by more than {LEAST:g} mmHg: the difference in the nominal patient is added."
    )
    judged = [
        (
            each["cohort"],
            share(each["share_inside"], each["share_inside_verdict"]),
            f"{each['failed']:,}",
            *map(level, _of(rows, scored)),
            verdict(each["baseline_verdict"]),
        )
        for each, rows in zip(cohorts, measured, strict=True)
    ]
    pairs = [(each["cohort"], rows) for each, rows in zip(cohorts, measured, strict=True)]
    spans = [(cohort, *map(span, _of(rows, spanning))) for cohort, rows in pairs]
    reported = [(cohort, *map(level, _of(rows, others))) for cohort, rows in pairs]
    titles = {each["measurement"]: _title(each) for each in measurements}

    def head(*names: str, of: Sequence[str]) -> list[str]:
        return [*names, *(titles[measurement] for measurement in of)]

    parts: list[Part] = [
        Text([text]),
        Table("", [*head("cohort", "inside", "failed", of=scored), "verdict"], judged),
        Text(["5 to 95 % range of those inside, and its share of the window:"]),
        Table("", head("cohort", of=spanning), spans),
        Text(["Reported, not scored:"]),
        Table("", head("cohort", of=others), reported),
    ]
    return Section("baselines", "Baselines", parts)


def _allowed(measurement: Record) -> str:
    """How far the median may be off; empty where it is not scored."""
    relative, absolute = measurement["measurement_relative_tolerance"], measurement["measurement_tolerance"]
    if not math.isnan(relative):
        return f"{100 * relative:.0f} % ({measurement['measurement']})"
    if math.isnan(absolute):
        return ""
    return f"{absolute:g} {measurement['measurement_unit']} ({measurement['measurement']})"


def _title(measurement: Record) -> str:
    name, unit = measurement["measurement"], measurement["measurement_unit"]
    return f"{name}, {unit}" if unit != "1" else str(name)


def _of(rows: Sequence[Record], measurements: Sequence[str]) -> list[Record]:
    return [row for row in rows if row["measurement"] in measurements]


def _effects(found: xr.Dataset) -> tuple[list[Section], Section]:
    groups = groupby(records(found, "row"), key=lambda row: row["source"])
    studies = [_study(source, list(rows)) for source, rows in groups]
    names = [f"not_computable_{name}" for name in ("source", "quantity", "published", "reason")]
    missing = [[row[name] for name in names] for row in records(found, "not_computable")]
    head = ("source", "quantity", "published", "why")
    return studies, Section("not-computable", "Published, but not computable", [Table("", head, missing)])


def _study(source: str, effects: list[dict[str, Any]]) -> Section:
    rows = [
        (
            row["quantity"],
            row["published"],
            simulated(row),
            verdict(row["direction"]),
            verdict(row["size"]),
            band(row),
            f"{row['recipe']}; {row['definition']}",
            "yes" if row["seen"] else "no",
        )
        for row in effects
    ]
    missed = [f"Missed, {row['quantity']}: {row['reason']}" for row in effects if row["reason"]]
    head = ("quantity", "published", "simulated", "direction", "size", "band", "population; definition", "seen")
    parts: list[Part] = [Text([effects[0]["source_about"]]), Table("", head, rows, shown=5)]
    if missed:
        parts.append(Text(missed, points=True))
    return Section("study", source, parts)


def _populations(found: xr.Dataset) -> Section:
    rows = [
        (
            row["population"],
            row["population_about"],
            f"{row['population_patients']:,} of {row['population_candidates']:,}",
            f"{row['population_failed']:,}",
            number(row["population_pressure"], "mmHg"),
            number(row["population_output"], "L/min"),
            number(row["population_wedge"], "mmHg"),
        )
        for row in records(found, "population")
    ]
    text = (
        "Those inside their cohort's window, of the candidates; medians without support. Failed: a run that did not "
        "hold in an arm."
    )
    head = ("name", "who", "patients", "failed", "MAP, mmHg", "CO, L/min", "PCWP, mmHg")
    return Section("populations", "Populations", [Text([text]), Table("", head, rows)])
