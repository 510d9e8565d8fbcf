"""Mean outcomes as smooth surfaces over the two offsets of a balloon: least squares, summed piece by piece."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from ..numbers.cells import Floats, Places

DEGREE = 7
"""Of the polynomials. In 4,096 patients of infarct shock and decompensated failure the means of coarse cells lie no
further from the surfaces of degree 5 than chance puts them, but for end-diastolic pressure, which rises steeply with
late deflation: there chi-square per cell is 24 with degree 3, 3.9 with 5, 1.5 with 7."""

FOLDS = 25
"""Parts into which the patients fall by a hash of their place, and which the bootstrap draws from."""

AROUND = 25
"""Patients aimed at under the kernel that smooths a share over the settings."""

NARROWEST = 1.5
"""Standard deviation of that kernel at least, in steps of the lattice."""


@dataclass(frozen=True)
class Basis:
    """Products of Legendre polynomials in two variables, of limited total degree.

    Attributes
    ----------
    ranges : tuple of (float, float)
        Range of each variable.
    degrees : tuple of int
        Highest degree in each: less than its number of distinct values.
    """

    ranges: tuple[tuple[float, float], tuple[float, float]]
    degrees: tuple[int, int]

    @property
    def terms(self) -> int:
        """Number of products."""
        return int(self._kept().sum())

    def _kept(self) -> NDArray[np.bool_]:
        first, second = np.indices((self.degrees[0] + 1, self.degrees[1] + 1))
        return np.asarray((first + second <= max(self.degrees)).ravel())

    def of(self, first: Floats, second: Floats) -> Floats:
        """Values of all products at some points, one row a point."""
        x, y = (
            (2 * each - low - high) / (high - low)
            for each, (low, high) in zip((first, second), self.ranges, strict=True)
        )
        return np.asarray(np.polynomial.legendre.legvander2d(x, y, self.degrees)[:, self._kept()])


class Sums:
    """What is summed over the patients, by group and fold: normal equations of outcomes, and classes by setting.

    Parameters
    ----------
    basis : Basis
        Of the surfaces.
    outcomes, groups, classes : int
        How many of each.
    shape : tuple of int
        Rows and columns of the lattice of settings.
    """

    def __init__(self, basis: Basis, outcomes: int, groups: int, classes: int, shape: tuple[int, int]) -> None:
        self.basis = basis
        self._products = np.zeros((groups, FOLDS, basis.terms, basis.terms + outcomes))
        self._counts = np.zeros((groups * FOLDS * shape[0] * shape[1], classes), dtype=np.uint32)
        self._shape = shape

    @property
    def counts(self) -> NDArray[np.uint32]:
        """Patients by group, fold, row, column and class."""
        return self._counts.reshape(*self._products.shape[:2], *self._shape, -1)

    def add(self, group: Places, place: Places, offsets: tuple[Floats, Floats], outcomes: Floats) -> None:
        """Add patients to the surfaces: the group of each, the place in the store, the offsets, a row of outcomes."""
        design = self.basis.of(*offsets)
        whole = np.concatenate([design, outcomes], axis=1)
        key = group * FOLDS + _fold(place)
        order = np.argsort(key, kind="stable")
        keys, begin = np.unique(key[order], return_index=True)
        for own, rows in zip(keys, np.split(order, begin[1:]), strict=True):
            self._products[own // FOLDS, own % FOLDS] += design[rows].T @ whole[rows]

    def count(self, group: Places, place: Places, node: Places, member: Places) -> None:
        """Count patients: the group of each, the place in the store, the setting in the lattice, the class."""
        nodes, classes = self._shape[0] * self._shape[1], self._counts.shape[1]
        key = ((group * FOLDS + _fold(place)) * nodes + node) * classes + member
        keys, found = np.unique(key, return_counts=True)
        self._counts.reshape(-1)[keys] += found.astype(np.uint32)

    def fit(self, groups: list[int], weights: Floats) -> Floats:
        """Coefficients (draw, term, outcome) of some groups together, for weights of the folds (draw, fold)."""
        sums = np.tensordot(weights, self._products[groups].sum(axis=0), axes=1)
        terms = self.basis.terms
        # a replicate that drew too little to tell two terms apart takes the smallest coefficients that fit
        return np.asarray(np.linalg.pinv(sums[:, :, :terms], hermitian=True) @ sums[:, :, terms:])

    def share(self, groups: list[int], weights: Floats, member: int) -> Floats:
        """Share of a class over the lattice (draw, row, column), by a kernel as narrow as the patients allow."""
        counts = self.counts[groups].sum(axis=0, dtype=np.float64)
        patients = counts.sum()
        width = max(NARROWEST, float(np.sqrt(AROUND * self._shape[0] * self._shape[1] / (4 * np.pi * patients))))
        kernel = partial(gaussian_filter, sigma=(0.0, width, width), mode="constant")
        own, every = (np.tensordot(weights, each, axes=1) for each in (counts[..., member], counts.sum(axis=-1)))
        around = kernel(every)
        return np.asarray(np.divide(kernel(own), around, out=np.ones_like(around), where=around > 1e-9))


def _fold(place: Places) -> Places:
    """Fold of a patient by the hash of the place: consecutive points of a Sobol sequence would share out unfairly."""
    bits = (place.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    bits = (bits ^ (bits >> np.uint64(32))) * np.uint64(0xD6E8FEB86659FD93)
    return np.asarray(((bits ^ (bits >> np.uint64(32))) % np.uint64(FOLDS)).astype(np.int64))


def replicates(draws: int, seed: int = 0) -> Floats:
    """Weights of the folds (1 + draws, fold): all alike, then as often as each was drawn anew."""
    random = np.random.default_rng(seed)
    return np.concatenate([np.ones((1, FOLDS)), random.multinomial(FOLDS, np.full(FOLDS, 1 / FOLDS), draws)])
