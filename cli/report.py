"""The command report: a store as one page."""

from __future__ import annotations

from pathlib import Path
from typing import Unpack

from ..analysis.report.page import as_dict, check_target, content_of, write
from ..analysis.report.pdf import browser, print_page
from ..analysis.response.comparison import Asked
from .output import report, say, tell
from .reading import beside, opened, reading


def write_report(
    store: Path,
    output: Path | None,
    as_pdf: bool,
    as_json: bool,
    **asked: Unpack[Asked],
) -> None:
    """Write what a store says as one page."""
    target = check_target(output or beside(store, "report.html"))
    if as_pdf:
        browser()
    dataset = opened(store)
    name = store.resolve().name
    with reading(store):
        content = content_of(dataset, name=name, **asked)
    written = [write(content, target)]
    if as_pdf:
        written.append(print_page(target, target.with_suffix(".pdf")))
    for note in content.notes:
        tell(f"note: {note}")

    def words() -> None:
        for path in written:
            say(f"{path}: {path.stat().st_size / 1e6:.2f} MB")
        for answer in content.answers.values():
            for line in answer.summary.sentences():
                say(line)

    report({"files": written, **as_dict(content)}, as_json, words)
