"""Who belongs to a cohort: bounds on what a patient shows without support."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from .errors import check_name
from .inputs import PLACE
from .names.outcomes import OUTCOMES
from .names.parameters import PARAMETERS

Bounds = Mapping[str, tuple[float | np.ndarray, float | np.ndarray]]
"""An outcome, a ratio of two ("a/b") or a parameter -> lowest and highest value, one or one a patient, or infinite."""

RESULT_PLACE = {name: place for place, name in enumerate(OUTCOMES)}


def check_bounds(bounds: Bounds) -> None:
    """Refuse bounds on what is neither an outcome, a ratio of two, nor a parameter."""
    for key in bounds:
        for name in key.split("/", maxsplit=1):
            check_name("bounds", name, (*OUTCOMES, *PARAMETERS))


def slice_of(bounds: Bounds, begin: int, end: int) -> dict[str, tuple[float | np.ndarray, float | np.ndarray]]:
    """Bounds of the patients ``begin`` to ``end - 1``."""
    return {
        key: (
            low[begin:end] if isinstance(low, np.ndarray) else low,
            high[begin:end] if isinstance(high, np.ndarray) else high,
        )
        for key, (low, high) in bounds.items()
    }


def inside(matrix: np.ndarray, outcomes: np.ndarray, bounds: Bounds) -> np.ndarray:
    """Whether each patient, a row of parameters and of outcomes, is within all bounds (bool)."""
    within = np.ones(len(matrix), bool)
    for key, (low, high) in bounds.items():
        value = value_of(key, matrix, outcomes)
        within &= (value >= low) & (value <= high)
    return within


def value_of(key: str, matrix: np.ndarray, outcomes: np.ndarray) -> np.ndarray:
    """Values of an outcome, a ratio of two, or a parameter."""
    first, *second = (
        outcomes[:, RESULT_PLACE[name]] if name in RESULT_PLACE else matrix[:, PLACE[name]]
        for name in key.split("/", maxsplit=1)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        return first / second[0] if second else first
