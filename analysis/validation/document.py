"""What was found as a page of documentation: Markdown without times, dates or names of machines."""

from __future__ import annotations

import xarray as xr

from ..words.parts import Part, Section, Table, Text
from .sections import sections

INTRODUCTION = """\
# How right is it?

Made by `counterpulse validate --doubt -o docs/validation.md`; no number is typed by hand. Every cohort's unsupported
baseline stands beside its target, every published effect of the balloon that the model can answer beside the
simulated one. What is missed is shown as missed.

Nothing is tuned to an effect: parameters come from their own sources, the medians of the sampling laws from the
baselines alone, which therefore were all looked at. The builders had read the published effects; *seen* marks the
rows whose simulated value was before them while building. One thing was chosen by this table as a whole, among three,
and all rows were looked at for it: the mode of regulation by which the verdicts go, with demo and atlas.

*Direction* is right when the simulated median has the published sign, or lies within the band where no change was
published. *Size* is right when the simulated median lies within the band: the published spread, or, where a paper
gives none, a choice that the table names. A dash: not scored; open rows, on which sources contradict each other or
which mechanics alone cannot answer, are reported without a verdict. Simulated values are the median of the patients
(5 to 95 % of them). [S] read in the source, [M] textbook, [D] derived, [X] a choice of this project.

Research use only: nothing here advises on a patient."""


def markdown(found: xr.Dataset) -> str:
    """Write what `validate` found as the page."""
    return "\n\n".join([INTRODUCTION, *(_section(section) for section in sections(found))]) + "\n"


def _section(section: Section) -> str:
    return "\n\n".join([f"## {section.title}", *map(_part, section.parts)])


def _part(part: Part) -> str:
    if isinstance(part, Text):
        return "\n".join(f"- {line}" for line in part.lines) if part.points else "\n\n".join(part.lines)
    assert isinstance(part, Table)
    lines = [part.head, ["---"] * len(part.head), *part.rows]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines)
