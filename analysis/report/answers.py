"""The section of a report that answers: how many were helped, and what changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import xarray as xr

from ..figures.style import CLASS_WORDS
from ..numbers.cells import median
from ..reading.measures import short, spelt
from ..response import clauses
from ..response.classify import compared_in, judge
from ..response.comparison import Comparison
from ..response.other_modes import in_all_modes
from ..response.pairs import DEMAND, Pair, terms
from ..response.summary import Summary, summarise
from ..words.counted import LEFT_OUT
from ..words.numbers import amount, quantiles, share_in_per_cent, spanned
from ..words.parts import Part, Section, Table, Text
from .counts import by_cohort
from .pictures import modes_picture

SHOWN = (
    "cardiac_output",
    "mean_arterial_pressure",
    "systolic_pressure",
    "augmented_diastolic_pressure",
    "end_diastolic_aortic_pressure",
    "wedge_pressure",
    "central_venous_pressure",
    "lv_end_diastolic_volume",
    "stroke_work",
    DEMAND,
    "sevr",
    "endocardial_flow",
    "endocardial_reserve",
    "visceral_flow",
    "limb_flow",
)
"""Outcomes whose change is told."""


INTERVALS = (
    "The intervals say how far a share could be from that of endlessly many candidates of the same sampling law "
    "(Wilson). They say nothing about how far the model is from patients."
)


@dataclass(frozen=True)
class Answer:
    """One arm against the reference."""

    comparison: Comparison
    summary: Summary
    cohorts: Mapping[str, Mapping[str, int]]
    modes: xr.Dataset | None = None


def answer(dataset: xr.Dataset, comparison: Comparison) -> Answer:
    """Judge every patient in one arm."""
    counted = summarise(dataset, comparison), by_cohort(dataset, comparison)
    return Answer(comparison, *counted, in_all_modes(dataset, comparison))


def classes(answers: Mapping[str, Answer]) -> Table:
    """Count the classes of every arm, with intervals, and what was not compared."""
    head = (
        "Arm",
        *(word.capitalize() for word in CLASS_WORDS.values()),
        "Compared",
        "Failed runs",
        "Outside or not run",
        "Left out",
    )
    rows = [[arm, *_counts(each.summary.classes)] for arm, each in answers.items()]
    return Table("Response, of the patients compared, with the 95 % interval of sampling", head, rows)


def _counts(counts: Mapping[str, int]) -> list[object]:
    compared = sum(counts[name] for name in CLASS_WORDS)
    shares = [
        f"{counts[name]:,}: {share_in_per_cent(counts[name], compared)}" if compared else "-" for name in CLASS_WORDS
    ]
    return [*shares, compared, counts["failed_run"], counts["not_compared"], sum(counts[name] for name in LEFT_OUT)]


def answers_section(answers: Mapping[str, Answer], sampled: xr.Dataset) -> Section:
    """Say how many each arm helped, what tells them apart, and by how much the outcomes changed."""
    parts: list[Part] = [Text(each.summary.sentences()) for each in list(answers.values())[1:]]
    parts.append(classes(answers))
    parts.append(Text([INTERVALS]))
    parts += [modes_picture(each.modes) for each in list(answers.values())[:1] if each.modes is not None]
    for arm, each in answers.items():
        if each.summary.classes["harms"]:
            title = f"{arm}: harm, clause by clause"
            parts.append(clauses.table(each.summary.clauses, each.summary.compared, title))
    for arm, each in answers.items():
        if each.cohorts:
            head = ("Cohort", *classes(answers).head[1:])
            rows = [[name, *_counts(counts)] for name, counts in each.cohorts.items()]
            parts.append(Table(f"{arm}: response by cohort", head, rows))
    parts += [table for each in answers.values() if (table := _changes(sampled, each.comparison)) is not None]
    return Section("answers", "Answers in full", parts)


def _changes(sampled: xr.Dataset, comparison: Comparison) -> Table | None:
    """Tell medians with and without, and the change within patients, of those compared in the sample."""
    compared = compared_in(judge(sampled, comparison)[0])
    if not compared.any():
        return None
    pair = Pair(sampled, comparison.arm, comparison.reference)
    rows: list[list[object]] = []
    for name in SHOWN:
        title, units = terms(name)
        arm, reference = (reading.value[compared] for reading in pair.readings(name))
        change = pair.difference(name).value[compared]
        middle, low, high = median(change)
        few, _, many = quantiles(change)
        rows.append(
            [
                short(title),
                amount(quantiles(reference)[1]),
                amount(quantiles(arm)[1]),
                spanned(middle, low, high, amount),
                f"{amount(few)} to {amount(many)}",
                spelt(units),
            ]
        )
    head = (
        "Outcome",
        comparison.reference,
        comparison.arm,
        "Median change (95 % interval)",
        "Change in 90 % of patients",
        "Unit",
    )
    people = int(compared.sum())
    return Table(
        f"{comparison.arm} against {comparison.reference}: medians and paired changes ({people:,} patients)", head, rows
    )
