"""The command course."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ..analysis.course import course as days
from ..analysis.course import words
from ..analysis.course.figure import course_figure
from ..analysis.reading.export import check_table, export
from ..engine import InputError
from .answers import tell_answer
from .devices import tell_missing
from .options.shared import Drawing
from .pictures import requested
from .progress import progress_shown
from .reading import beside, opened, reading


def course(
    store: Path,
    course_file: Path,
    patients: Path | None,
    drawing: Drawing,
    thresholds: Mapping[str, float],
    as_json: bool,
) -> None:
    """Take the patients of a store through days of support."""
    request = requested(drawing, beside(store, "course.png"))
    table = None if patients is None else check_table(patients, "--patients")
    if table is not None and request.data is not None and table.absolute() == request.data.absolute():
        raise InputError(f"--patients: {table} is the file of --data; one of them needs another name")
    dataset = opened(store)
    tell_missing(store, dataset)
    with reading(store):
        answer = days.course(dataset, course_file, thresholds=thresholds)
    files = {} if table is None else {"patients": table}
    if table is not None:
        with reading(store), progress_shown(shown=True) as progress:
            rows = days.course(dataset, course_file, thresholds=thresholds, by_patient=True)
            export(rows, table, progress=progress)
    tell_answer(answer, course_figure, words.in_words, request, as_json, files)
