"""The command report: a store as one page."""

from __future__ import annotations

from pathlib import Path

import click

from .group import commands
from .output import json_option, report, say, tell
from .reading import arm_option, beside, definition_option, opened, reading, threshold_option, thresholds_of


@commands.command("report")
@click.argument("store", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Page; default report.html beside the store.")
@click.option("--pdf", "as_pdf", is_flag=True, help="Print it to a PDF beside the page as well; needs a Chromium.")
@arm_option
@definition_option
@threshold_option
@json_option
def report_command(
    store: Path,
    output: Path | None,
    as_pdf: bool,
    arm: str | None,
    definition: str | None,
    thresholds: tuple[str, ...],
    as_json: bool,
) -> None:
    """Write what a store says as one page.

    Question, population, answers, maps, failures, convergence, limits and how to reproduce it, in one HTML file that
    loads nothing. What an unfinished store, or one with a single arm, can answer is answered.
    """
    from ..analysis.report.page import as_dict, check_target, write
    from ..analysis.report.page import report as gather
    from ..analysis.report.pdf import browser, print_page

    target = check_target(output or beside(store, "report.html"))
    if as_pdf:
        browser()
    dataset = opened(store)
    name, limits = store.resolve().name, thresholds_of(thresholds)
    with reading(store):
        content = gather(dataset, name=name, arm=arm, definition=definition, thresholds=limits)
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
