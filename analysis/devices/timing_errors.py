"""The four errors of timing in the textbooks, and what each does in the model."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import xarray as xr
from numpy.typing import NDArray

from ..numbers.intervals import Number, share_of
from ..response.classify import NAMED

INFLATION, DEFLATION = "inflation_offset", "deflation_offset"


class Kind(NamedTuple):
    """A textbook error of timing.

    Attributes
    ----------
    offset : str
        The setting that is wrong.
    side : float
        -1 too early, 1 too late.
    effect : str
        The paired difference that the error spoils.
    better : float
        Direction in which right timing moves it.
    textbook : str
        What teaching says of it.
    """

    offset: str
    side: float
    effect: str
    better: float
    textbook: str


KINDS = {
    "early inflation": Kind(
        INFLATION,
        -1.0,
        "wedge_pressure_difference",
        -1.0,
        "inflates into ejection: the valve shuts early, wedge pressure and afterload rise",
    ),
    "late inflation": Kind(
        INFLATION, 1.0, "augmented_diastolic_pressure_difference", 1.0, "the notch is exposed, augmentation is low"
    ),
    "early deflation": Kind(
        DEFLATION,
        -1.0,
        "systolic_pressure_difference",
        -1.0,
        "a U-shaped dip, and the assisted systolic pressure is not lower",
    ),
    "late deflation": Kind(
        DEFLATION,
        1.0,
        "end_diastolic_aortic_pressure_difference",
        -1.0,
        "assisted end-diastolic pressure is as high as unassisted or higher, afterload rises",
    ),
}
"""The four errors by their signatures in teaching [S, physiology section 4]."""

SHOWN = (
    "cardiac_output_relative_difference",
    "demand_relative_difference",
    "augmented_diastolic_pressure_difference",
    "systolic_pressure_difference",
    "end_diastolic_aortic_pressure_difference",
    "wedge_pressure_difference",
    "effective_arterial_elastance_difference",
)
"""Paired differences whose mean is fitted over the two offsets."""


@dataclass(frozen=True)
class Mistimed:
    """What an error of timing, or right timing, does in the model.

    Attributes
    ----------
    name : str
        A key of ``KINDS``, or ``right``: within the 95 % tolerance of both offsets.
    begins : float
        Offset (s) from which on it is met, the other offset being at its best; NaN where it is not met so.
    patients : int
        Compared, with such offsets.
    means : dict of str to float
        Mean of each paired difference of ``SHOWN`` over these settings, by the surfaces.
    shares : dict of str to Number
        Share of the patients by class, with Wilson's interval.
    """

    name: str
    begins: float
    patients: int
    means: dict[str, float]
    shares: dict[str, Number]


def mistimed(lattice: xr.Dataset, classes: NDArray[Any]) -> tuple[Mistimed, ...]:
    """Say what right timing and each error do, from classes counted over the lattice (row, column, class)."""
    if "right" not in lattice:
        return ()
    out = []
    for name in ("right", *KINDS):
        met = lattice[name].values
        if not met.any():
            continue
        counts = classes[met].sum(axis=0)
        patients = int(counts.sum())
        shares = {name: share_of(count, patients) for name, count in zip(NAMED, counts, strict=True)}
        means = {each: float(lattice[each].values[met].mean()) for each in SHOWN}
        out.append(Mistimed(name, _begins(lattice, name), patients, means, shares if patients else {}))
    return tuple(out)


def _begins(lattice: xr.Dataset, name: str) -> float:
    """Offset nearest to the best at which an error is met, the other offset being at its best."""
    if name not in KINDS:
        return math.nan
    kind = KINDS[name]
    other = DEFLATION if kind.offset == INFLATION else INFLATION
    met = lattice[name].sel({other: lattice.attrs[other]}, method="nearest")
    at = lattice[kind.offset].values[met.values]
    return float(min(at, key=lambda each: abs(each - lattice.attrs[kind.offset]))) if len(at) else math.nan
