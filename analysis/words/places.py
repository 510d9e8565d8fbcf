"""The places of an answer along one of its dimensions."""

from __future__ import annotations

import xarray as xr


def each_along(answer: xr.Dataset, dimension: str, most: int | None = None) -> list[xr.Dataset]:
    """Give each place along a dimension by itself, the first ``most``; none where the answer has no such dimension."""
    return [answer.isel({dimension: place}) for place in range(answer.sizes.get(dimension, 0))[:most]]
