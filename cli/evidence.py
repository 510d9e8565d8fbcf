"""Commands that measure the simulator itself: validate, bench."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import xarray as xr

from ..analysis.validation.agreement import disagreements
from ..analysis.validation.document import markdown
from ..analysis.validation.evidence import validate as compare
from ..analysis.validation.sections import sections
from ..analysis.words.text import to_json
from ..benchmarks import command
from ..benchmarks.command import Answer
from ..engine import InputError
from ..sweeps.store.outputs import check_output, written_whole
from .answers import as_dict
from .group import DONE, FAILED, refuse
from .output import report, say, tell
from .tables import show, table


def validate(
    seed: int, structural_uncertainty: bool, as_markdown: bool, output: Path | None, check: Path | None, as_json: bool
) -> int:
    """Compare the simulator with its targets and with published effects of the balloon."""
    if as_markdown and as_json:
        raise InputError("--markdown: not together with --json; one of the two")
    if output is not None:
        check_output(output, where="--output")
    if check is not None and (as_markdown or as_json or output is not None):
        raise InputError("--check: not together with --json, --markdown or --output")
    page = "" if check is None else check.read_text(encoding="utf-8", errors="replace")
    found = compare(seed, structural_uncertainty, progress=_tell_part)
    if check is not None:
        return _say_disagreements(check, disagreements(page, found))
    if output is not None:
        with written_whole(output) as partial:
            partial.write_text(to_json(as_dict(found)) + "\n" if as_json else markdown(found), encoding="utf-8")
        say(str(output))
    elif as_markdown:
        say(markdown(found).rstrip("\n"))
    else:
        report(as_dict(found), as_json, lambda: _say_sections(found))
    return DONE


def _say_disagreements(page: Path, lines: list[str]) -> int:
    for line in lines:
        say(line)
    if not lines:
        say(f"{page}: agrees")
        return DONE
    return refuse(f"{page}: {len(lines):,} lines differ by more than the rounding of another processor", FAILED)


def _tell_part(part: str, done: int, parts: int) -> None:
    tell(f"{done + 1} of {parts}: {part}")


def _say_sections(found: xr.Dataset) -> None:
    for section in sections(found):
        say(section.title)
        show(section.parts)
        say("")


def bench(rounds: int, patients: int, output: Path | None, as_json: bool, **modes: Any) -> None:
    """Measure how fast the kernel and whole pairs are on this machine."""
    chosen = {name: value for name, value in modes.items() if value}
    if len(chosen) > 1:
        raise InputError(f"--{' and --'.join(chosen)}: one of them at a time")
    if output is not None and not chosen.keys() & {"history", "profile"}:
        raise InputError("--output: goes with --history or --profile")
    name, value = next(iter(chosen.items()), ("measure", None))
    answer = command.answer(name, value, rounds, patients, output, tell)
    report(answer.content, as_json, lambda: _say_answer(answer))


def _say_answer(answer: Answer) -> None:
    for title, head, rows in answer.tables:
        table(head, rows, title)
        say("")
    for note in answer.notes:
        say(note)
