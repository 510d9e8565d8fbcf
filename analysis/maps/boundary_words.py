"""The boundary in words."""

from __future__ import annotations

import numpy as np
import xarray as xr

from ..words.counted import who_was_compared
from ..words.parts import Part, Table, Text
from .boundary import lines_of


def sentences(result: xr.Dataset) -> list[str]:
    """Say how many were compared, where the boundary runs, and how sure it is."""
    about, (y, x) = result.attrs, (str(name) for name in result["share"].dims)
    told = [who_was_compared(about)]
    told += [f"{about['blocks_missing']:,} blocks not there yet"] if about["blocks_missing"] else []
    helped = f"{', '.join(told)}; {about['arm']} helped {100 * about['helps'] / about['compared']:.1f} %."
    level = f"{100 * about['level']:g} %"
    if not about["lines"]:
        low, high = (100 * float(each) for each in (result["share"].min(), result["share"].max()))
        return [helped, f"The share helped crosses {level} nowhere over {x} and {y}: it is {low:.0f} to {high:.0f} %."]
    lines = "one line" if about["lines"] == 1 else f"{about['lines']} lines"
    directions = [
        f"{'higher' if about[f'rise_{key}'] > 0 else 'lower'} {name}"
        for key, name in (("x", x), ("y", y))
        if abs(about[f"rise_{key}"]) > 0.2
    ]
    side = f"; more are helped with {' and '.join(directions)}" if directions else ""
    return [
        helped,
        f"The share helped crosses {level} along {lines}, {about['length']:.2f} of an axis long{side}.",
        f"95 % band of the sampling across it: {100 * about['mean_error']:.2g} % of the axes to either side in the "
        f"mean; {100 * (1 - about['settled']):.1f} % of the map lies in the band. Each place is a plane through about "
        f"{about['neighbours']:,} patients; what that smooths away is not in the band.",
    ]


def in_words(result: xr.Dataset) -> list[Part]:
    """Say it in sentences, and in a table of a few places along the longest line."""
    y, x = (str(name) for name in result["share"].dims)
    rows = [[*place, 100 * error] for *place, error in stations(result)]
    table = Table("", (x, y, "error (% of the axes)"), rows)
    return [Text(sentences(result)), *([table] if rows else [])]


def stations(result: xr.Dataset, count: int = 5) -> list[list[float]]:
    """Places along the longest line, from end to end: x, y, and the error there."""
    if not result.attrs["lines"]:
        return []
    longest = max(lines_of(result), key=lambda line: line.sizes["vertex"])
    rows = longest.isel(vertex=np.linspace(0, longest.sizes["vertex"] - 1, count).round().astype(int))
    return [[float(rows[name][place]) for name in ("boundary_x", "boundary_y", "error")] for place in range(count)]
