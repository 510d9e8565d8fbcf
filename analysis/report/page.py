"""A store as one page: question, population, answers, maps, failures, convergence, limits, and how to get it again."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Unpack

import xarray as xr

from ...sweeps.design.weighting import WEIGHT
from ...sweeps.store.outputs import check_output, written_whole
from ..figures.style import CLASS_WORDS
from ..reading.origin import compared_arms, reference_of
from ..response.comparison import Asked, Comparison, definition_in_words
from ..response.summary import Summary, question_of
from ..response.summary import as_dict as summary_as_dict
from ..words.numbers import share_and_interval, written
from ..words.parts import Part, Section, Text
from ..words.text import clean
from .answers import Answer, answer, answers_section
from .causes import predictors_section, rules_section, sensitivity_section
from .counts import RunCounts, run_counts, sampled_numbers
from .maps import maps
from .origin import reproduce
from .population import population, run, spec_of
from .soundness import convergence, failures, limits, validation

SUFFIXES = (".html", ".htm")

FEWEST = 1000
"""Patients compared below which no rules and no sensitivity are told."""


@dataclass(frozen=True)
class Report:
    """Everything a page says, before it is a page.

    Attributes
    ----------
    title : str
        The question.
    notes : tuple of str
        What a reader must know first: an unfinished run, an arm that is missing.
    answers : dict of str to Answer
        By arm, the first the one that the page begins with; empty where there is nothing to compare.
    sections : tuple of Section
        In the order of the page.
    made : str
        By which version.
    """

    title: str
    notes: tuple[str, ...]
    answers: Mapping[str, Answer]
    sections: tuple[Section, ...]
    made: str


def report(
    dataset: xr.Dataset,
    path: str | os.PathLike[str],
    *,
    name: str = "",
    arm: str | None = None,
    reference: str | None = None,
    definition: str | None = None,
    thresholds: Mapping[str, float] | None = None,
) -> Path:
    """Write what a data set says as one HTML page, which loads nothing.

    Parameters
    ----------
    dataset : xr.Dataset
        Result of ``open_store`` or ``simulate``.
    path : path
        Of the page, ending in .html or .htm; it appears whole or not at all.
    name : str
        File name of the store, for the command lines on the page.
    arm : str, optional
        Arm to begin with; default iabp, or the first that is not the reference.
    reference, definition, thresholds
        As in :func:`~counterpulse.analysis.response.classify.classify`.

    Returns
    -------
    Path
        The page.

    Raises
    ------
    InputError
        For an unknown arm, definition or threshold, or a path to which no page can be written.
    """
    check_target(path)
    content = content_of(dataset, name=name, arm=arm, reference=reference, definition=definition, thresholds=thresholds)
    return write(content, path)


def content_of(dataset: xr.Dataset, *, name: str = "", **asked: Unpack[Asked]) -> Report:
    """Gather what :func:`report` writes of a data set; memory does not grow with the number of patients.

    Returns
    -------
    Report
        The same for the same store. A store with one arm, one patient, no result or blocks missing is reported as far
        as it goes, and the page says so.
    """
    arm = asked.get("arm")
    against = asked.get("reference") or reference_of(dataset)
    counts, sampled, spec = run_counts(dataset), sampled_numbers(dataset), spec_of(dataset)
    arms = _arms(dataset, arm, against)
    compared = [Comparison.of(dataset, **(asked | {"arm": each, "reference": against})) for each in arms]
    answers = {each.arm: answer(dataset, each) for each in compared}
    words = {each.arm: definition_in_words(each.attributes) for each in compared}
    drawn = maps(dataset, compared)
    causes = (rules_section, predictors_section, sensitivity_section)
    told = bool(answers) and answers[arms[0]].summary.compared >= FEWEST
    sections = [
        _in_short(counts, answers, drawn[:1]),
        population(dataset, sampled, spec),
        run(dataset, spec, against, words, compared[0].thresholds if compared else {}),
        *([answers_section(answers, sampled)] if answers else []),
        *([Section("maps", "More maps", drawn[1:])] if drawn[1:] else []),
        *(section(dataset, compared[0]) for section in causes if told),
        failures(counts),
        convergence(sampled, spec.run.tolerance if spec else None),
        validation(dataset, sampled),
        limits(dataset),
        reproduce(dataset, name, _judged(asked)),
    ]
    return Report(
        title=question_of(dataset) or f"What does {arms[0] if arms else against} do?",
        notes=tuple(_notes(dataset, counts, answers)),
        answers=answers,
        sections=tuple(sections),
        made=f"Made by {dataset.attrs.get('source', 'counterpulse')}.",
    )


def _in_short(counts: RunCounts, answers: Mapping[str, Answer], drawn: Sequence[Part]) -> Section:
    """Begin with the first arm: its sentences and its map; with one arm, with how many runs hold."""
    if answers:
        lines = next(iter(answers.values())).summary.sentences()
    else:
        lines = [f"Arm {arm}: {counts.ok(arm):,} runs hold of {counts.done(arm):,} that ended." for arm in counts.arms]
    return Section("summary", "In short", [Text(lines), *drawn])


def _arms(dataset: xr.Dataset, first: str | None, reference: str) -> list[str]:
    """Arms to judge; none where there is but the reference."""
    if dataset.sizes["arm"] == 1 and first is None:
        return []
    begun = Comparison.of(dataset, first, reference).arm
    return [begun, *(each for each in compared_arms(dataset, reference) if each != begun)]


def _judged(asked: Asked) -> str:
    """Options that make the same report again."""
    given = [
        f"--{option} {shlex.quote(chosen)}"
        for option, chosen in (
            ("arm", asked.get("arm")),
            ("reference", asked.get("reference")),
            ("definition", asked.get("definition")),
        )
        if chosen
    ]
    given += [f"--threshold {name}={value:g}" for name, value in (asked.get("thresholds") or {}).items()]
    return "".join(f" {each}" for each in given)


def _notes(dataset: xr.Dataset, counts: RunCounts, answers: Mapping[str, Answer]) -> list[str]:
    notes = []
    if missing := int(dataset.attrs.get("blocks_missing", 0)):
        notes.append(
            f"the run is not finished: {missing:,} of {int(dataset.attrs['blocks']):,} blocks are missing. What "
            "follows is of the patients that are there; the command run goes on with the rest."
        )
    if WEIGHT in dataset:
        notes.append("candidates carry weights here. Maps count by weight; all else counts candidates as they are.")
    if not answers:
        notes.append("there is one arm only, so that nothing can be compared; this page describes that arm.")
    elif counts.anybody and not any(each.summary.compared for each in answers.values()):
        notes.append("no patient has a result in both arms, so that nothing can be compared.")
    if not counts.anybody:
        notes.append("no run of this store holds; the section on failures says how they ended.")
    elif dataset.sizes["patient"] == 1:
        notes.append("this is a single patient; shares and intervals mean nothing here.")
    return notes


def as_html(content: Report) -> str:
    """Write the page: one file that loads nothing; texts of the store are escaped, control characters shown."""
    from jinja2 import Environment, StrictUndefined

    def harmless(value: Any) -> Any:
        return clean(value) if type(value) is str else value

    environment = Environment(
        autoescape=True, finalize=harmless, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.globals["written"] = written
    template = environment.from_string(files(__package__).joinpath("template.html").read_text(encoding="utf-8"))
    first = next(iter(content.answers.values()), None)
    return template.render(**vars(content), shares=_shares(first.summary) if first else [])


def _shares(summary: Summary) -> list[dict[str, str]]:
    """Numbers in large letters, each with its interval."""
    if not summary.compared:
        return []
    told = {name: share_and_interval(summary.classes[name], summary.compared) for name in CLASS_WORDS}
    return [
        {"name": name, "words": f"{summary.arm} {words}", "share": told[name][0]}
        | {"interval": f"95 % interval {told[name][1]}"}
        for name, words in CLASS_WORDS.items()
    ]


def as_dict(content: Report) -> dict[str, Any]:
    """What the page says as plain types for JSON, without pictures."""
    return {
        "title": content.title,
        "notes": list(content.notes),
        "arms": {arm: summary_as_dict(each.summary) for arm, each in content.answers.items()},
        "sections": [section.name for section in content.sections],
    }


def check_target(path: str | os.PathLike[str]) -> Path:
    """Refuse a file to which no page can be written: another ending, no folder, or a place in a store."""
    return check_output(path, SUFFIXES)


def write(content: Report, path: str | os.PathLike[str]) -> Path:
    """Write the page to a file, which appears whole or not at all."""
    target = check_target(path)
    with written_whole(target) as partial:
        partial.write_text(as_html(content), encoding="utf-8")
    return target
