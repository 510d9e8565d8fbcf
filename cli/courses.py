"""The command course."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ..analysis.course import course as days
from ..analysis.course import words
from ..analysis.course.figure import course_figure
from ..analysis.figures.style import check_format
from .answers import tell_answer
from .devices import tell_missing
from .reading import beside, opened, reading


def course(store: Path, course_file: Path, output: Path | None, thresholds: Mapping[str, float], as_json: bool) -> None:
    """Take the patients of a store through days of support."""
    target = check_format(output or beside(store, "course.png"))
    dataset = opened(store)
    tell_missing(store, dataset)
    with reading(store):
        answer = days.course(dataset, course_file, thresholds=thresholds)
    tell_answer(answer, course_figure, words.in_words, target, as_json)
