"""What the commands about devices say: tables of their answers."""

from __future__ import annotations

from pathlib import Path

from ..analysis.devices.timing_best import Best
from ..analysis.devices.timing_map import TimingMap
from ..analysis.words.counted import who_was_compared
from ..analysis.words.numbers import spanned
from .output import say
from .tables import table


def say_timing(path: Path, answer: TimingMap) -> None:
    """Say which timing is best, by group, and what errors do."""
    about = answer.about
    say(f"{path}: {who_was_compared(about)}")
    if answer.best:
        say(f"Best timing for the {about['benefit']}, where at most {100 * about['harmed']:g} % are harmed (ms):")
        head = [
            "group",
            "patients",
            "inflation",
            "(95 %)",
            "keeps 95 %",
            "deflation",
            "(95 %)",
            "keeps 95 %",
            "benefit",
        ]
        table(head, [_best_row(best, about["benefit"]) for best in answer.best])
    for group, reason in answer.without_answer.items():
        say(f"{group}: {reason}.")
    if answer.mistimed:
        say("What errors do: means over their settings, and the share helped and harmed (%):")
        rows = [
            [
                each.name,
                "-" if each.begins != each.begins else f"{1000 * each.begins:.0f} ms",
                each.patients,
                *(_signed(name, value) for name, value in each.means.items()),
                *(_share(each.shares.get(name)) for name in ("helps", "harms")),
            ]
            for each in answer.mistimed
        ]
        names = ["output %", "demand %", "augment.", "systolic", "end-diast.", "wedge", "elastance"]
        table(["timing", "from", "patients", *names, "helped", "harmed"], rows)


def _best_row(best: Best, benefit: str) -> list[object]:
    group = ", ".join(filter(None, (best.cohort, best.rate and f"{best.rate} /min"))) or "all"
    row: list[object] = [group, best.patients]
    for name, value, kept in (
        ("inflation", best.inflation, best.inflates),
        ("deflation", best.deflation, best.deflates),
    ):
        ends = [f"{name}, {end}" in best.open_ends for end in ("early", "late")]
        low, high = (f"{1000 * each:.0f}" for each in kept)
        interval = "-" if value.low != value.low else f"{1000 * value.low:.0f} to {1000 * value.high:.0f}"
        row += [f"{1000 * value.value:.0f}", interval]
        row.append(f"{'<=' if ends[0] else ''}{low} to {'>=' if ends[1] else ''}{high}")
    times, unit = (1, "mmHg") if benefit == "augmentation" else (100, "%")
    return [*row, f"{spanned(*best.benefit, lambda part: f'{times * part:.1f}', '-')} {unit}"]


def _signed(name: str, value: float) -> str:
    return f"{100 * value:+.1f}" if "relative" in name else f"{value:+.2f}" if "elastance" in name else f"{value:+.1f}"


def _share(share: tuple[float, float, float] | None) -> str:
    if share is None:
        return "-"
    value, low, high = share
    nobody = low != low
    return "-" if nobody else spanned(value, low, high, lambda part: f"{100 * part:.1f}", "-")
