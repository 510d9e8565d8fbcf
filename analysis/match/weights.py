"""Importance weights of a store's patients under what was measured, in one pass that forgets who weighs nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ...engine import InputError, Status
from ...sweeps.design.weighting import WEIGHT
from ..numbers.cells import Floats
from ..numbers.intervals import effective
from ..reading.stream import Weights, fold, read, row_slices
from .request import Measurement

NEGLIGIBLE = 18.0
"""Logarithms below the largest weight at which a patient is let go: together a million of them weigh 1.5 % of it."""

KEPT = 4096
"""Patients kept at least, the likeliest, however little they weigh: the proposals are learnt from them."""


@dataclass(frozen=True)
class Candidates:
    """The patients of a store that the measurements may be of.

    Attributes
    ----------
    rows : array of int
        Their positions in the store, in order.
    log_weight : array
        Logarithm of likelihood times sampling weight.
    run, matched : int
        Patients of the store that were run, and those of them with a result in the arms measured.
    """

    rows: NDArray[np.int64]
    log_weight: Floats
    run: int
    matched: int

    def merge(self, other: Candidates) -> Candidates:
        """Put together what two pieces of the store gave."""
        rows = np.concatenate([self.rows, other.rows])
        log_weight = np.concatenate([self.log_weight, other.log_weight])
        return Candidates(rows, log_weight, self.run + other.run, self.matched + other.matched).thinned()

    def thinned(self) -> Candidates:
        """Let go who weighs next to nothing; ties go to the earlier, so that the pieces do not matter."""
        if not len(self.rows):
            return self
        kept = self.log_weight >= self.log_weight.max() - NEGLIGIBLE
        kept[np.lexsort((self.rows, -self.log_weight))[:KEPT]] = True
        return Candidates(self.rows[kept], self.log_weight[kept], self.run, self.matched)


def weigh(dataset: xr.Dataset, measured: Sequence[Measurement], baseline: str) -> Candidates:
    """Weigh the patients of a store by the likelihood of what was measured.

    Parameters
    ----------
    dataset : xr.Dataset
        Result of ``open_store`` or ``simulate``.
    measured : sequence of Measurement
    baseline : str
        The arm without support.

    Raises
    ------
    InputError
        Where no patient has a result in the arms measured, or none can have these numbers.
    """
    arms = list(dict.fromkeys([baseline, *(each.arm for each in measured)]))
    names = ["status", *dict.fromkeys(name for each in measured for name in each.quantity.needs)]

    def work(block: xr.Dataset, rows: slice) -> Candidates:
        status = block["status"].sel(arm=arms).values
        ran = (status == Status.OK).all(axis=block["status"].get_axis_num("arm"))
        known = (block["status"].sel(arm=baseline).values != Status.NOT_RUN).sum()
        total = log_likelihood(measured, block)
        if WEIGHT in block:
            with np.errstate(divide="ignore"):
                total = total + np.log(block[WEIGHT].values)
        kept = ran & np.isfinite(total)
        found = Candidates(rows.start + np.flatnonzero(kept), total[kept], int(known), int(ran.sum()))
        return found.thinned()

    found = fold(dataset, names, work, answer="match", weights=Weights.TAKEN)
    if not found.matched:
        raise InputError(f"match: no patient of this store has a result in {' and '.join(arms)}")
    if found.matched < 2:
        raise InputError(f"match: one patient alone of this store has a result in {' and '.join(arms)}, two are needed")
    if not len(found.rows):
        told = ", ".join(f"{each.name} = {each.value:g}" for each in measured)
        raise InputError(f"match: no patient of this store can have {told}")
    return found


def log_likelihood(measured: Sequence[Measurement], block: xr.Dataset) -> Floats:
    """Logarithm of the likelihood of all numbers measured, for the patients of a data set in memory."""
    total = np.zeros(block.sizes["patient"])
    for each in measured:
        total += each.log_likelihood(each.true(block))
    return total


def effective_size(log_weight: Floats) -> float:
    """Effective sample size of importance weights, given by their logarithms, of which one alone may be far above 1."""
    if not len(log_weight):
        return 0.0
    weight = np.exp(log_weight - log_weight.max())
    return float(effective(weight.sum(), (weight**2).sum()))


def normalised(log_weight: Floats) -> Floats:
    """Weights that add up to 1."""
    weight = np.exp(log_weight - log_weight.max())
    return np.asarray(weight / weight.sum())


def resampled(weight: Floats, draws: int, random: np.random.Generator) -> Floats:
    """Systematic resampling (Kitagawa 1996): new weights, multiples of one over ``draws``, of the same expectation."""
    ends = np.cumsum(weight)
    ends /= ends[-1]
    places = np.searchsorted(ends, (np.arange(draws) + random.random()) / draws, side="right")
    counts = np.bincount(np.minimum(places, len(weight) - 1), minlength=len(weight))
    return np.asarray(counts / draws)


def rows_of(dataset: xr.Dataset, names: Sequence[str], rows: NDArray[np.int64]) -> xr.Dataset:
    """Bring some variables of the patients at some positions, in order, into memory, piece by piece of the store."""
    wanted = [name for name in dict.fromkeys(names) if name in dataset.variables]
    blocks = []
    for part in row_slices(dataset):
        own = rows[np.searchsorted(rows, part.start) : np.searchsorted(rows, part.stop)]
        if len(own):
            blocks.append(read(dataset, wanted, part).isel(patient=own - part.start))
    return xr.concat(blocks, "patient", data_vars="minimal", coords="minimal", compat="override")
