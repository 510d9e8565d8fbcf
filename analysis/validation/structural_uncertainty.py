"""Design choices halved and doubled, as tables: the largest move in each mode of regulation, then every cohort's."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from ..words.parts import Part, Section, Table, Text
from .words import number

HELPED = "Share helped, %:"
"""Ends the text before shares of the structural uncertainty, which are those of few patients."""
GAIN = "Median gain of cardiac output, %:"
HEADLINES = {"helped": HELPED, "output_gain": GAIN}
Rows = Sequence[Sequence[str]]
SET = {"pressor_venous_exponent": "no venous action of the pressor, and half of it"}
"""What is done to a choice that is neither halved nor doubled."""


def fewest_of(found: xr.Dataset) -> int:
    """Fewest patients compared with and without a change."""
    compared = found["choice_patients"].values
    return int(compared[compared > 0].min())


def structural_uncertainty(found: xr.Dataset) -> list[Section]:
    """Lay out how far each changed choice moves the answers; nothing where none was changed."""
    if "factor" not in found.sizes:
        return []
    told = [f"{name}: {what}" for name, what in SET.items() if name in found["design_choice"]]
    text = (
        "Design choices marked [X] halved and doubled (or taken to the end of their physical range"
        f"{''.join(f'; {each}' for each in told)}), in the same patients with and without. A 40 mL balloon at 1:1 in "
        f"every mode of regulation, in {fewest_of(found):,} or more of each cohort, inside the window as the model "
        "stands and converged both ways. A dash: the choice does not act in that mode. First by how many points the "
        "answer moves at most, up or down, halved or doubled, in any cohort. "
    )
    names = found["regulation"].values.tolist()
    parts: list[Part] = []
    for headline, words in HEADLINES.items():
        parts += [Text([("" if parts else text) + words]), Table("", ("design choice", *names), _most(found, headline))]
    head = ("design choice", *found["cohort"].values.tolist())
    for name in names:
        about = ": what the model says as it stands, and by how many points that moves, halved / doubled."
        for headline, words in HEADLINES.items():
            rows = _moves(found.sel(regulation=name), headline)
            parts += [Text([f"{name.capitalize()}{about} {words}"]), Table("", head, rows)]
            about = "."
    return [Section("structural-uncertainty", "Structural uncertainty", parts)]


def moves(found: xr.Dataset, headline: str) -> xr.DataArray:
    """Give by how many points a headline moves; NaN where nothing was changed."""
    return 100.0 * (found[f"{headline}_after"] - found[f"{headline}_before"])


def _most(found: xr.Dataset, headline: str) -> Rows:
    """Take the largest move over cohorts and directions, by choice and mode."""
    moved = abs(moves(found, headline)).max(["cohort", "factor"]).transpose("design_choice", "regulation")
    return [
        (choice, *(number(value, "points") for value in row))
        for choice, row in zip(found["design_choice"].values.tolist(), moved.values.tolist(), strict=True)
    ]


def _moves(one: xr.Dataset, headline: str) -> Rows:
    """Tell the moves of a mode of regulation, by choice and cohort."""
    moved = moves(one, headline).transpose("design_choice", "cohort", "factor").values
    acting = [place for place, each in enumerate(moved) if not np.isnan(each).all()]
    before = one[f"{headline}_before"].transpose("design_choice", "cohort", "factor").values
    rows = [("as it stands", *(number(100.0 * value, "%") for value in before[acting[0], :, -1]))]
    for place in acting:
        cells = (" / ".join(number(value, "points", sign=True) for value in factors) for factors in moved[place])
        rows.append((str(one["design_choice"].values[place]), *cells))
    return rows
