"""Mean outcomes as smooth surfaces over the two offsets of a balloon: least squares, summed piece by piece."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from scipy.sparse import csr_array

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


@dataclass(frozen=True)
class Sums:
    """What is summed over patients, by group and fold: normal equations of outcomes, and classes by setting.

    Attributes
    ----------
    basis : Basis
        Of the surfaces.
    products : array, (group, fold, term, term and outcome)
        Products of the terms with each other and with the outcomes.
    shape : tuple of int
        Rows and columns of the lattice of settings, and classes.
    by_setting : sparse array, (1, group, fold, row, column and class laid out)
        Patients.
    """

    basis: Basis
    products: Floats
    shape: tuple[int, int, int]
    by_setting: csr_array

    @property
    def counts(self) -> NDArray[np.uint32]:
        """Patients by group, fold, row, column and class."""
        return np.asarray(self.by_setting.toarray()).reshape(*self.products.shape[:2], *self.shape)

    def merge(self, later: Sums) -> Sums:
        """Add the sums of other patients."""
        return replace(self, products=self.products + later.products, by_setting=self.by_setting + later.by_setting)

    def fit(self, groups: list[int], weights: Floats) -> Floats:
        """Coefficients (draw, term, outcome) of some groups together, for weights of the folds (draw, fold)."""
        sums = np.tensordot(weights, self.products[groups].sum(axis=0), axes=1)
        terms = self.basis.terms
        # a replicate that drew too little to tell two terms apart takes the smallest coefficients that fit
        return np.asarray(np.linalg.pinv(sums[:, :, :terms], hermitian=True) @ sums[:, :, terms:])

    def share(self, groups: list[int], weights: Floats, member: int) -> Floats:
        """Share of a class over the lattice (draw, row, column), by a kernel as narrow as the patients allow."""
        counts = self.counts[groups].sum(axis=0, dtype=np.float64)
        patients = counts.sum()
        width = max(NARROWEST, float(np.sqrt(AROUND * self.shape[0] * self.shape[1] / (4 * np.pi * patients))))
        kernel = partial(gaussian_filter, sigma=(0.0, width, width), mode="constant")
        own, every = (np.tensordot(weights, each, axes=1) for each in (counts[..., member], counts.sum(axis=-1)))
        around = kernel(every)
        return np.asarray(np.divide(kernel(own), around, out=np.ones_like(around), where=around > 1e-9))


def products(
    basis: Basis, groups: int, group: Places, place: Places, offsets: tuple[Floats, Floats], outcomes: Floats
) -> Floats:
    """Products of the terms of some patients with each other and with the outcomes, by group and fold.

    Parameters
    ----------
    group, place : array of int, (patient,)
        Group of each patient, of ``groups``, and the place in the store.
    offsets : tuple of array, (patient,)
    outcomes : array, (patient, outcome)
    """
    design = basis.of(*offsets)
    whole = np.concatenate([design, outcomes], axis=1)
    key = group * FOLDS + _fold(place)
    order = np.argsort(key, kind="stable")
    keys, begin = np.unique(key[order], return_index=True)
    summed = np.zeros((groups, FOLDS, basis.terms, whole.shape[1]))
    for own, rows in zip(keys, np.split(order, begin[1:]), strict=True):
        summed[own // FOLDS, own % FOLDS] = design[rows].T @ whole[rows]
    return summed


def by_setting(
    groups: int, shape: tuple[int, int, int], group: Places, place: Places, node: Places, member: Places
) -> csr_array:
    """Count patients: the group of each, the place in the store, the setting in the lattice, the class."""
    nodes, classes = shape[0] * shape[1], shape[2]
    key = ((group * FOLDS + _fold(place)) * nodes + node) * classes + member
    keys, found = np.unique(key, return_counts=True)
    counted = found.astype(np.uint32), (np.zeros(len(keys), np.int64), keys)
    return csr_array(counted, shape=(1, groups * FOLDS * nodes * classes))


def _fold(place: Places) -> Places:
    """Fold of a patient by the hash of the place: consecutive points of a Sobol sequence would share out unfairly."""
    bits = (place.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    bits = (bits ^ (bits >> np.uint64(32))) * np.uint64(0xD6E8FEB86659FD93)
    return np.asarray(((bits ^ (bits >> np.uint64(32))) % np.uint64(FOLDS)).astype(np.int64))


def replicates(draws: int, seed: int = 0) -> Floats:
    """Weights of the folds (1 + draws, fold): all alike, then as often as each was drawn anew."""
    random = np.random.default_rng(seed)
    return np.concatenate([np.ones((1, FOLDS)), random.multinomial(FOLDS, np.full(FOLDS, 1 / FOLDS), draws)])
