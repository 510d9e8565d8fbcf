"""Weighted patients: the prior as the store has it, the posterior as it was found; their quantiles and responses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ...engine import PARAMETERS, Status
from ...sweeps.design.weighting import WEIGHT
from ..numbers.cells import Floats
from ..reading.stream import sample
from ..response.classify import CLASSES, compared_in, judge
from ..response.comparison import Comparison
from ..words.numbers import LEVELS
from .refinement import Refined
from .weights import normalised, resampled, rows_of

DRAWS = 8192
"""Patients at most who stand for the posterior: more are thinned to as many."""

PRIOR, PRIOR_ROWS = 20_000, 1 << 17
"""Patients who stand for the prior, and those read at most to find them."""


class People(NamedTuple):
    """Patients in memory, and weights that add up to 1."""

    block: xr.Dataset
    weight: Floats

    def quantiles(self, values: Floats, levels: Sequence[float] = LEVELS) -> Floats:
        """Weighted quantiles of the finite values; NaN where there are none."""
        return weighted_quantiles(values, self.weight, levels)


def weighted_quantiles(values: Floats, weight: Floats, levels: Sequence[float]) -> Floats:
    """Quantiles of weighted values, the finite ones: linear between the middles of the steps of their distribution."""
    kept = np.isfinite(values) & (weight > 0)
    if not kept.any():
        return np.full(len(levels), np.nan)
    order = np.argsort(values[kept], kind="stable")
    own, mass = values[kept][order], weight[kept][order]
    middle = (np.cumsum(mass) - mass / 2) / mass.sum()
    return np.interp(levels, middle, own)


def prior_of(dataset: xr.Dataset, names: Sequence[str], baseline: str) -> People:
    """Take a sample of the store's patients who have a result without support."""
    weighted = [WEIGHT] if WEIGHT in dataset.variables else []
    block = sample(dataset, [*_there(dataset, names), *weighted], PRIOR, PRIOR_ROWS)
    block = block.isel(patient=np.flatnonzero(block["status"].sel(arm=baseline).values == Status.OK))
    weight = block[WEIGHT].values.astype(np.float64) if weighted else np.ones(block.sizes["patient"])
    return People(block, weight / weight.sum())


def posterior_of(dataset: xr.Dataset, names: Sequence[str], refined: Refined, seed: int) -> People:
    """Bring the patients of the posterior into memory, those of the store first."""
    weight = normalised(refined.log_weight)
    if np.count_nonzero(weight > 1e-9) > DRAWS:
        weight = resampled(weight, DRAWS, np.random.default_rng([seed, DRAWS]))
    weight = np.where(weight > 1e-9, weight, 0.0)
    kept = np.flatnonzero(weight)
    stored = kept[kept < len(refined.rows)]
    new = kept[kept >= len(refined.rows)] - len(refined.rows)
    wanted = _there(dataset, names)
    blocks = [rows_of(dataset, wanted, refined.rows[stored])] if len(stored) else []
    if refined.fresh is not None and len(new):
        blocks.append(refined.fresh[[name for name in wanted if name in refined.fresh]].isel(patient=new))
    block = blocks[0] if len(blocks) == 1 else _together(*blocks)
    own = weight[kept]
    return People(block.assign_attrs(dataset.attrs), own / own.sum())


def _there(dataset: xr.Dataset, names: Sequence[str]) -> list[str]:
    return [name for name in dict.fromkeys(names) if name in dataset.variables]


def _together(stored: xr.Dataset, fresh: xr.Dataset) -> xr.Dataset:
    """Lay patients of a store and new ones after each other; what has no patients stays as the store has it."""
    both = {}
    for name, column in stored.variables.items():
        if "patient" in column.dims and name in fresh.variables:
            other = fresh.variables[name].transpose(*column.dims)
            joined = np.concatenate([column.values, other.values], axis=column.get_axis_num("patient"))
            both[name] = xr.Variable(column.dims, joined, column.attrs)
        elif "patient" not in column.dims:
            both[name] = column
    return xr.Dataset(both, attrs=stored.attrs).assign_coords(arm=stored["arm"])


def needed(dataset: xr.Dataset, comparisons: Sequence[Comparison], others: Sequence[str]) -> list[str]:
    """Names of the variables that the patients of an answer have: what classes need, all parameters, and others."""
    names = [name for comparison in comparisons for name in comparison.reads(dataset)]
    return list(dict.fromkeys(["status", *names, *PARAMETERS, "index", *others]))


class Classes(NamedTuple):
    """Class of every patient in an arm, by its place in ``CLASSES``; -1 of those not compared."""

    place: NDArray[np.int64]

    def shares(self, weight: Floats) -> Floats:
        """Shares of the classes among those compared; NaN where nobody is."""
        own = self.place >= 0
        counts = np.bincount(self.place[own], weight[own], minlength=len(CLASSES))
        return np.asarray(counts / counts.sum()) if counts.sum() > 0 else np.full(len(CLASSES), np.nan)

    def compared(self, weight: Floats) -> float:
        """Share of the weight of those compared."""
        return float(weight[self.place >= 0].sum())


def classes_of(block: xr.Dataset, comparison: Comparison) -> Classes:
    """Judge the patients of a data set in memory."""
    response = np.asarray(judge(block, comparison)[0])
    place = np.full(len(response), -1)
    for number, own in enumerate(CLASSES):
        place[response == own] = number
    place[~compared_in(response)] = -1
    return Classes(place)
