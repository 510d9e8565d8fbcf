"""What `counterpulse bench` answers in each of its modes: plain values, tables and notes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from ..engine import InputError
from . import records, speed
from .processes import elsewhere

Told = Callable[[str], None]
MEASURED = "speed on one core; the least CPU time of all rounds counts"


class Answer(NamedTuple):
    """What was found: for machines, and as tables (title, head, rows) and notes for people."""

    content: Any
    tables: list[tuple[str, list[str], list[list[object]]]]
    notes: list[str]


def answer(mode: str, value: Any, rounds: int, patients: int, output: Path | None, tell: Told) -> Answer:
    """Answer in one of the modes; ``value`` is what its option was given."""
    for name, number in (("rounds", rounds), ("patients", patients)):
        if number < 1:
            raise InputError(f"--{name}: given {number}, 1 or more is needed")
    if mode == "history":
        return _history(value, output)
    if mode == "spread":
        return _spread(value, rounds, patients, tell)
    if mode == "compare":
        return _compare(value, rounds, patients)
    if mode == "profile":
        return _profile(output, tell)
    return _measure(value, rounds, patients)


def _measure(path: Path | None, rounds: int, patients: int) -> Answer:
    if path is not None:
        records.check_history(path)
    figures = speed.measure(speed.prepared(speed.patients_of(patients)), rounds)
    made = records.record(figures, rounds, patients)
    if path is not None:
        records.append(path, made)
    content = {"figures": {name: figure._asdict() for name, figure in figures.items()}, "record": made}
    notes = [f"{made['cpu']}; commit {made['commit']}; engine {made['fingerprint']}; {patients} of {speed.COHORT}"]
    if path is not None:
        notes.append(f"{path}: one record more")
    return Answer(content, [(MEASURED, *speed.listing(figures))], notes)


def _spread(runs: int, rounds: int, patients: int, tell: Told) -> Answer:
    if runs < 2:
        raise InputError(f"--spread: given {runs}, 2 or more runs are needed")
    found = []
    for run in range(runs):
        tell(f"run {run + 1} of {runs}")
        found.append(elsewhere(__name__, "ratios", rounds, patients))
    title = f"the same figures in {runs} processes one after another"
    return Answer(found, [(title, *records.spread(found))], [])


def ratios(rounds: int, patients: int) -> dict[str, float]:
    """Measure once: figure -> ratio."""
    figures = speed.measure(speed.prepared(speed.patients_of(patients)), rounds)
    return {name: figure.ratio for name, figure in figures.items()}


def _compare(revisions: tuple[str, str], rounds: int, patients: int) -> Answer:
    from .compare import compare, listing

    rows, notes = compare(revisions, speed.patients_of(patients), rounds)
    return Answer({"rows": rows, "notes": notes}, [("", *listing(revisions, rows))], notes)


def _history(path: Path, output: Path | None) -> Answer:
    from ..analysis.figures.style import check_format, save
    from .history import history_figure

    target = check_format(output or path.with_suffix(".png"))
    found = records.read(path)
    figure = save(history_figure(found), target)
    return Answer({"figure": figure, "records": found}, [], [f"{figure}: {len(found)} records"])


def _profile(output: Path | None, tell: Told) -> Answer:
    from ..analysis.figures.style import save
    from .profile import Sizes, check_page, markdown, picture, profile

    page = None if output is None else check_page(output)
    sections = profile(Sizes(), tell)
    notes = []
    if page is not None:
        drawn = save(picture(sections), page.with_suffix(".png"))
        page.write_text(markdown(sections, drawn.name), encoding="utf-8")
        notes = [str(page), str(drawn)]
    tables = [(f"{each.title}. {each.text}", each.head, each.rows) for each in sections]
    return Answer([each._asdict() for each in sections], tables, notes)
