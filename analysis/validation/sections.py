"""The answers as titled tables with their explanations, for a page or for a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from .baselines import Baseline, Level
from .effects import Effect
from .evidence import Answers, counts
from .table import Column
from .words import band, level, number, share, simulated, span, verdict

Rows = Sequence[Sequence[str]]
HELPED = "Share helped, %:"
"""Ends the text before the shares of the structural doubt, which are those of few patients."""


@dataclass(frozen=True)
class Section:
    """A table and what there is to say about it.

    Attributes
    ----------
    title : str
        Empty where it goes on with the section before.
    text : str
        Before the table.
    head, rows : sequence of str, sequence of sequence of str
        The table.
    notes : tuple of str
        After the table.
    shown : int, optional
        How many columns a terminal has room for; default all.
    """

    title: str
    text: str
    head: Sequence[str]
    rows: Rows
    notes: tuple[str, ...] = ()
    shown: int | None = None


def sections(answers: Answers) -> list[Section]:
    """Lay out everything, in the order of the page."""
    return [_summary(answers), *_baselines(answers), *_effects(answers), *_populations(answers), *_doubts(answers)]


def _summary(answers: Answers) -> Section:
    found = counts(answers)
    kinds = (("baselines on target", "cohorts"), ("effects, direction", "directions"), ("effects, size", "sizes"))
    rows = [(name, str(found[f"{key}_right"]), str(found[key])) for name, key in kinds]
    return Section("Summary", "", ("scored", "right", "of"), rows)


def _baselines(answers: Answers) -> list[Section]:
    rules, columns = answers.table.baseline, answers.table.columns
    scored = [column for column in columns if column.tolerance or column.relative_tolerance]
    others = [column for column in columns if column not in scored]
    spanning = [column for column in columns if column.spans]
    text = (
        f"{rules.about} {rules.candidates:,} candidates of each cohort by its sampling law; medians of those inside "
        f"the window, targets in brackets, an exclamation mark where off by more than "
        f"{', '.join(_allowed(column) for column in scored)}. {100 * rules.least_share_inside:.0f} % or more are to "
        f"be inside, and the ranges of {', '.join(column.title for column in spanning)} to span "
        f"{100 * rules.least_span:.0f} % of the window or more."
    )
    judged = [
        (
            each.cohort,
            share(each.inside, each.enough_inside),
            f"{each.failed:,}",
            *map(level, _of(each, scored)),
            verdict(each.right),
        )
        for each in answers.baselines
    ]
    spans = [(each.cohort, *map(span, _of(each, spanning))) for each in answers.baselines]
    reported = [(each.cohort, *map(level, _of(each, others))) for each in answers.baselines]
    between = "5 to 95 % range of those inside, and its share of the window:"
    return [
        Section("Baselines", text, ("cohort", "inside", "failed", *_titles(scored), "verdict"), judged),
        Section("", between, ("cohort", *_titles(spanning)), spans),
        Section("", "Reported, not scored:", ("cohort", *_titles(others)), reported),
    ]


def _allowed(column: Column) -> str:
    if column.relative_tolerance is not None:
        return f"{100 * column.relative_tolerance:.0f} % ({column.title})"
    return f"{column.tolerance:g} {column.unit} ({column.title})"


def _titles(columns: Sequence[Column]) -> list[str]:
    return [f"{column.title}, {column.unit}" if column.unit != "1" else column.title for column in columns]


def _of(each: Baseline, columns: Sequence[Column]) -> list[Level]:
    titles = {column.title for column in columns}
    return [one for one in each.levels if one.title in titles]


def _effects(answers: Answers) -> list[Section]:
    about = {study.source: study.about for study in answers.table.studies}
    groups = groupby(answers.effects, key=lambda each: each.source)
    studies = [_study(source, about[source], list(group)) for source, group in groups]
    missing = [(each.source, each.quantity, each.published, each.reason) for each in answers.not_computable]
    head = ("source", "quantity", "published", "why")
    return [*studies, Section("Published, but not computable", "", head, missing)]


def _study(source: str, about: str, effects: list[Effect]) -> Section:
    rows = [
        (
            each.row.quantity,
            each.row.published,
            simulated(each),
            verdict(each.direction),
            verdict(each.size),
            band(each),
            f"{each.recipe}; {each.row.definition}",
            "yes" if each.row.seen else "no",
        )
        for each in effects
    ]
    missed = tuple(f"Missed, {each.row.quantity}: {each.reason}" for each in effects if each.reason)
    head = ("quantity", "published", "simulated", "direction", "size", "band", "population; definition", "seen")
    return Section(source, about, head, rows, missed, shown=5)


def _populations(answers: Answers) -> list[Section]:
    rows = [
        (
            each.name,
            each.about,
            f"{each.patients:,} of {each.candidates:,}",
            f"{each.failed:,}",
            number(each.pressure, "mmHg"),
            number(each.output, "L/min"),
            number(each.wedge, "mmHg"),
        )
        for each in answers.populations
    ]
    text = (
        "Those inside their cohort's window, of the candidates; medians without support. Failed: a run that did not "
        "hold in an arm."
    )
    return [
        Section(
            "Populations", text, ("name", "who", "patients", "failed", "MAP, mmHg", "CO, L/min", "PCWP, mmHg"), rows
        )
    ]


def _doubts(answers: Answers) -> list[Section]:
    if not answers.doubts:
        return []
    cohorts = list(dict.fromkeys(each.cohort for each in answers.doubts))
    fewest = min(each.patients for each in answers.doubts)
    text = (
        "Design choices marked [X] halved and doubled (or taken to the end of their physical range), in the same "
        "patients with and without: what the model says as it stands, and by how many points that moves, halved / "
        f"doubled. A 40 mL balloon at 1:1, open loop, in {fewest:,} or more of each cohort, inside the window as the "
        "model stands and converged both ways. "
    )
    head = ("design choice", *cohorts)
    return [
        Section("Structural doubt", text + HELPED, head, _moves(answers, cohorts, "helped")),
        Section("", "Median gain of cardiac output, %:", head, _moves(answers, cohorts, "output_gain")),
    ]


def _moves(answers: Answers, cohorts: Sequence[str], headline: str) -> Rows:
    before = {each.cohort: 100.0 * float(getattr(each.before, headline)) for each in answers.doubts}
    moved = {(each.parameter, each.cohort, each.factor): 100.0 * each.by(headline) for each in answers.doubts}
    factors = sorted({each.factor for each in answers.doubts})
    rows: list[tuple[str, ...]] = [("as it stands", *(number(before[cohort], "%") for cohort in cohorts))]
    for parameter in dict.fromkeys(each.parameter for each in answers.doubts):
        cells = (
            " / ".join(number(moved[parameter, cohort, factor], "points", sign=True) for factor in factors)
            for cohort in cohorts
        )
        rows.append((parameter, *cells))
    return rows
