"""The maps of a report: over the two axes that say most about the response."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from ...engine import InputError
from ..maps import map as map_room
from ..response.classify import Response
from ..response.comparison import Comparison
from ..words.parts import Part, Text
from .axes import Axes, ranked
from .pictures import large_map, small_map

MOST = 6
"""Arms at most that have a map in a report."""


def maps(dataset: xr.Dataset, rules: Sequence[Comparison]) -> list[Part]:
    """Draw the map of the two axes that say most for each arm, and for the first arm up to three more.

    Where an arm has no map, a text says why.
    """
    parts: list[Part] = []
    for place, comparison in enumerate(rules[:MOST]):
        try:
            parts += _maps(dataset, comparison, first=place == 0)
        except InputError as error:
            parts.append(Text([f"{comparison.arm}: no map. {error}."]))
    if left := [comparison.arm for comparison in rules[MOST:]]:
        parts.append(Text([f"Without a map here: {', '.join(left)}; the command map draws them."]))
    return parts


def _maps(dataset: xr.Dataset, comparison: Comparison, *, first: bool) -> list[Part]:
    found = ranked(dataset, comparison)
    if found is None:
        return [Text([f"{comparison.arm}: no map, too few patients were compared to say which axes matter."])]
    cut, parameters, measured = found
    main = cut.best([*parameters, *measured])
    if main is None:
        return [
            Text([f"{comparison.arm}: no map. All patients are of one class, or no number of theirs tells them apart."])
        ]
    parts: list[Part] = [
        large_map(_counted(dataset, comparison, main), _about(comparison, main, "parameters and baseline measurements"))
    ]
    if not first:
        return parts
    harmed = np.where(cut.response == Response.HARMS, 1, 0)
    others = (
        ("helps", "the response", "parameters of the patient", parameters, cut.response),
        ("helps", "the response", "measurements at the baseline", measured, cut.response),
        ("harms", "who is harmed", "parameters and baseline measurements", [*parameters, *measured], harmed),
    )
    drawn = {(main.x, main.y, "helps")}
    for name, asked, about, axes, classes in others:
        pair = cut.best(axes, classes)
        if pair is not None and (key := (pair.x, pair.y, name)) not in drawn:
            drawn.add(key)
            parts.append(small_map(_counted(dataset, comparison, pair), name, _about(comparison, pair, about, asked)))
    return parts


def _counted(dataset: xr.Dataset, comparison: Comparison, axes: Axes) -> xr.Dataset:
    return map_room.map(dataset, axes.x.name, axes.y.name, **comparison.asked)


def _about(comparison: Comparison, axes: Axes, among: str, asked: str = "the response") -> str:
    return (
        f"{comparison.arm} against {comparison.reference} over {axes.x.label} and {axes.y.label}: of all pairs of "
        f"{among}, this one says most about {asked} ({100 * axes.told:.0f} % of its uncertainty)."
    )
