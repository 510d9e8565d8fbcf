"""Proposals for new patients: normal laws in the space where a sweep's law is standard normal, learnt from weights."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..numbers.cells import Floats

DEFENSIVE = 0.15
"""Share of the law itself in every proposal [X]: no weight exceeds its inverse times those of the law."""

WIDENED = 1.3
"""Factor on the errors of measurement in a proposal [X]: too wide costs little, too narrow much."""

LEARNT_FROM = 12.0
"""Effective patients to a coordinate, by tempered weights, from whom a proposal is learnt [X]."""


class Normal(NamedTuple):
    """A multivariate normal law.

    Attributes
    ----------
    mean : array, (coordinate,)
    factor : array, (coordinate, coordinate)
        Lower triangular; times its transpose the covariance.
    inverse : array
        Of the factor.
    log_scale : float
        Logarithm of the factor's determinant.
    """

    mean: Floats
    factor: Floats
    inverse: Floats
    log_scale: float

    @classmethod
    def of(cls, mean: Floats, covariance: Floats) -> Normal:
        """Take apart a covariance."""
        factor = np.asarray(np.linalg.cholesky(covariance), dtype=np.float64)
        return cls(
            mean, factor, np.asarray(np.linalg.inv(factor), dtype=np.float64), float(np.log(np.diag(factor)).sum())
        )

    def drawn(self, normal: Floats) -> Floats:
        """Turn standard normal numbers (draw, coordinate) into draws."""
        return np.asarray(self.mean + np.einsum("ij,nj->ni", self.factor, normal))

    def log_ratio(self, places: Floats) -> Floats:
        """Logarithm of the density over that of the standard normal law, at places (draw, coordinate)."""
        apart = np.einsum("ij,nj->ni", self.inverse, places - self.mean)
        return np.asarray(0.5 * ((places**2).sum(axis=1) - (apart**2).sum(axis=1)) - self.log_scale)


class Proposal(NamedTuple):
    """A mixture in equal parts of normal laws, and the law itself with the share ``DEFENSIVE``."""

    parts: tuple[Normal, ...]

    def drawn(self, count: int, random: np.random.Generator) -> Floats:
        """Draw places (draw, coordinate)."""
        size = len(self.parts[0].mean)
        normal, which = random.standard_normal((count, size)), random.random(count)
        part = np.floor((which - DEFENSIVE) / (1 - DEFENSIVE) * len(self.parts)).astype(np.int64)
        for place, law in enumerate(self.parts):
            own = part == place
            normal[own] = law.drawn(normal[own])
        return normal

    def ratio(self, places: Floats) -> Floats:
        """Density over that of the law, at places (draw, coordinate)."""
        logs = np.stack([part.log_ratio(places) for part in self.parts])
        return np.asarray(DEFENSIVE + (1 - DEFENSIVE) * np.exp(np.minimum(logs, 700.0)).mean(axis=0))


def learnt(places: Floats, log_weight: Floats, true: Floats, value: Floats, spread: Floats, in_law: Floats) -> Proposal:
    """Learn a proposal from weighted patients.

    One part is the posterior that follows where what is measured is a linear function of the coordinates, as fitted
    to the patients near it, with a normal error: the law's covariance is narrowed only along what was measured, and
    stays sound where few patients have any weight. The other has the weighted patients' mean, and their covariance
    shrunk to that of the first.

    Parameters
    ----------
    places : array, (patient, coordinate)
    log_weight : array, (patient,)
        Logarithms of the importance weights.
    true : array, (patient, measurement)
        What is measured, without error.
    value, spread : array, (measurement,)
        What was measured, and the standard deviation of its error.
    in_law : array, (patient,)
        Logarithms of the weights that take the patients to the law.
    """
    size = places.shape[1]
    weight = _tempered(log_weight, in_law, LEARNT_FROM * (size + 1))
    mean_place, mean_true = _mean(weight, places), _mean(weight, true)
    apart, told = places - mean_place, true - mean_true
    spread_of_places = np.einsum("n,ni,nj->ij", weight, apart, apart) + 1e-3 * np.eye(size)
    slope = np.linalg.solve(spread_of_places, np.einsum("n,ni,nj->ij", weight, apart, told)).T
    rest = told - np.einsum("ij,nj->ni", slope, apart)
    noise = np.diag((WIDENED * spread) ** 2) + np.einsum("n,ni,nj->ij", weight, rest, rest)
    precision = np.eye(size) + slope.T @ np.linalg.solve(noise, slope)
    covariance = np.linalg.inv(precision)
    covariance = (covariance + covariance.T) / 2
    mean = covariance @ slope.T @ np.linalg.solve(noise, value - mean_true + slope @ mean_place)
    parts = [Normal.of(mean, covariance)]
    own = _tempered(log_weight, in_law, 0.0)
    effective = 1 / (own**2).sum()
    if effective > 3:
        middle = _mean(own, places)
        seen = np.einsum("n,ni,nj->ij", own, places - middle, places - middle)
        share = effective / (effective + 4 * size)
        parts.append(Normal.of(share * middle + (1 - share) * mean, share * seen + (1 - share) * covariance))
    return Proposal(tuple(parts))


def _mean(weight: Floats, values: Floats) -> Floats:
    return np.asarray(np.einsum("n,ni->i", weight, values))


def _tempered(log_weight: Floats, in_law: Floats, least: float) -> Floats:
    """Weights that add up to 1, the likelihood in them flattened until the effective size is ``least`` where it can."""
    likelihood = log_weight - in_law
    low, high, power = 0.0, 1.0, 1.0
    for _ in range(30):
        logs = in_law + power * likelihood
        weight = np.exp(logs - logs.max())
        weight /= weight.sum()
        enough = 1 / (weight**2).sum() >= least
        if enough and power == 1.0:
            break
        low, high = (power, high) if enough else (low, power)
        power = (low + high) / 2
    return np.asarray(weight)
