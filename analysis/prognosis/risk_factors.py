"""Risk factors that haemodynamics do not show: age, sex, diabetes and arterial disease, drawn for each patient."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..numbers.cells import Floats
from .constants import Hazard, Prevalences
from .draws import normals, uniforms

YOUNGEST, OLDEST = 18.0, 100.0
"""Years within which an age is drawn."""


class RiskFactors(NamedTuple):
    """Of every patient, arrays of one shape: age in years, and whether each factor is there."""

    age: Floats
    female: NDArray[np.bool_]
    diabetes: NDArray[np.bool_]
    arterial_disease: NDArray[np.bool_]


def risk_factors(
    keys: ArrayLike,
    seed: int,
    prevalences: Prevalences,
    *,
    age: ArrayLike | None = None,
    female: ArrayLike | None = None,
    arterial_disease: ArrayLike | None = None,
) -> RiskFactors:
    """Draw the risk factors of some patients, independently of each other.

    Parameters
    ----------
    keys : array of int, (patient,)
        As the patients' positions in a store; with the seed they decide every draw.
    seed : int
    prevalences : Prevalences
        Constants ``risk_factors``.
    age, female, arterial_disease : array, (patient,), optional
        Where they are known of the patients already; age in years.
    """
    keys = np.asarray(keys)
    drawn = prevalences.age + prevalences.age_sd * normals(keys, seed, "age")

    def has(name: str, share: float, known: ArrayLike | None = None) -> NDArray[np.bool_]:
        own = uniforms(keys, seed, name) < share if known is None else np.asarray(known) > 0.5
        return np.broadcast_to(own, keys.shape)

    return RiskFactors(
        np.clip(drawn, YOUNGEST, OLDEST)
        if age is None
        else np.broadcast_to(np.asarray(age, dtype=np.float64), keys.shape),
        has("female", prevalences.female, female),
        has("diabetes", prevalences.diabetes),
        has("arterial_disease", prevalences.arterial_disease, arterial_disease),
    )


def relative_hazard(hazard: Hazard, factors: RiskFactors, prevalences: Prevalences) -> Floats:
    """Hazard of each patient over that of the average patient of ``prevalences``, whose published hazard is known.

    The mean over such a population is 1: factors are independent there, age normal.
    """
    years = np.log(hazard.age_per_10_years) / 10.0
    own = np.exp(years * (factors.age - prevalences.age))
    mean = np.exp((years * prevalences.age_sd) ** 2 / 2)
    for name in ("female", "diabetes", "arterial_disease"):
        times: float = getattr(hazard, name)
        own = own * np.where(getattr(factors, name), times, 1.0)
        mean *= 1.0 + getattr(prevalences, name) * (times - 1.0)
    return np.asarray(own / mean, dtype=np.float64)
