"""The command course."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ..analysis.course import course as days
from ..analysis.course import words
from ..analysis.course.figure import course_figure
from .answers import tell_answer
from .devices import tell_missing
from .options.shared import Drawing
from .pictures import requested
from .reading import beside, opened, reading


def course(store: Path, course_file: Path, drawing: Drawing, thresholds: Mapping[str, float], as_json: bool) -> None:
    """Take the patients of a store through days of support."""
    request = requested(drawing, beside(store, "course.png"))
    dataset = opened(store)
    tell_missing(store, dataset)
    with reading(store):
        answer = days.course(dataset, course_file, thresholds=thresholds)
    tell_answer(answer, course_figure, words.in_words, request, as_json)
