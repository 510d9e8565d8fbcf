"""What a rule may be made of: numbers in the units that clinicians use, limits that people remember, and the words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from ...engine import OUTCOMES
from ..reading.measures import OUTCOME_DIFFERENCES, Measure, measure, spelt, varied
from ..reading.origin import cohorts_of, drawn_from
from ..response.comparison import Comparison

BEDSIDE = {
    "effective_arterial_elastance": "afterload",
    "systemic_vascular_resistance": "afterload",
    "cardiac_output": "output",
    "cardiac_index": "output",
    "wedge_pressure": "filling",
    "lv_end_diastolic_pressure": "filling",
    "central_venous_pressure": "filling",
    "pulse_pressure": "pulse pressure",
    "pulmonary_artery_pulsatility_index": "right heart",
    "mean_pulmonary_pressure": "right heart",
    "cardiac_power_output": "cardiac power",
    "mean_arterial_pressure": "severity",
    "systolic_pressure": "severity",
    "diastolic_pressure": "severity",
    "ejection_fraction": "severity",
    "mean_heart_rate": "rate",
    "age": "person",
    "female": "person",
    "body_surface_area": "person",
}
"""What is known of a patient at the bedside, by what it stands for; outcomes are those of the reference arm."""

IN_THE_VENTRICLE = ("lv_end_diastolic_pressure",)
"""Of these, what takes a catheter in the left ventricle."""

CLINICAL = {"mmHg s/mL": (1333.22, "dyn·s/cm⁵"), "ejection_fraction": (100.0, "%"), "1/min": (1.0, "/min")}
"""Where clinicians use other units, by name or unit: factor to theirs, and theirs spelt."""

UNKNOWN = np.uint8(255)
"""Code of a value that is not finite."""

COHORT = "cohort:"

MOST_CUTS = 40
"""Limits to choose from for each number."""


@dataclass(frozen=True)
class Axis:
    """A number of every patient, and the limits that a rule may set to it.

    Attributes
    ----------
    measure : Measure
        Where it comes from.
    scale : float
        Factor to the units told.
    units : str
        Units told, as people write them; empty for a bare number.
    cuts : np.ndarray
        Possible limits in those units, rising. A value lies above a limit where it is not less.
    """

    measure: Measure
    scale: float
    units: str
    cuts: np.ndarray

    @property
    def label(self) -> str:
        """Name in words."""
        return self.measure.label.removeprefix("baseline ")

    def codes(self, block: xr.Dataset) -> np.ndarray:
        """Number of limits that are not above each value, (patients,) u1; ``UNKNOWN`` where it is not finite."""
        values = self.measure.of(block) * self.scale
        codes = np.searchsorted(self.cuts, values, side="right").astype(np.uint8)
        return np.where(np.isfinite(values), codes, UNKNOWN)

    def limit(self, code: int, side: int) -> float:
        """Value of the lower (0) or upper (1) limit of a box at a code."""
        return float(self.cuts[code - 1 if side == 0 else code])

    def words(self, low: float | None, high: float | None) -> str:
        """Say a condition: at least ``low``, below ``high``."""
        if self.measure.name.startswith(COHORT):
            name = self.measure.name.removeprefix(COHORT)
            return f"drawn from {name}" if low is not None else f"not drawn from {name}"
        if self.measure.name == "female":
            return "women" if low is not None else "men"
        if self.cuts.tolist() == [0.5]:
            return f"{'with' if low is not None else 'without'} {self.label}"
        units = self.units if self.units.startswith("/") else f" {self.units}".rstrip()
        if low is not None and high is not None:
            return f"{self.label} {told(low)} to {told(high)}{units}"
        return (
            f"{self.label} above {told(low)}{units}" if low is not None else f"{self.label} below {told(high)}{units}"
        )


def told(value: float | None) -> str:
    """Write a limit: thousands apart, no digits that say nothing."""
    return "-" if value is None else f"{round(value, 9):,.12g}"


def round_cuts(values: np.ndarray) -> np.ndarray:
    """Limits that people remember: multiples of 1, 2 or 5 times a power of ten, ``MOST_CUTS`` at most.

    They lie within the middle 98 % of the values; between the values of a number that takes ten or fewer.
    """
    distinct = np.unique(values[:: max(len(values) // 1000, 1)])
    if len(distinct) <= 10:
        distinct = np.unique(values)
    if len(distinct) <= 10:
        return np.asarray((distinct[1:] + distinct[:-1]) / 2)
    low, high = np.quantile(values, [0.01, 0.99])
    if not low < high:
        return np.zeros(0)
    least = (high - low) / MOST_CUTS
    power = 10.0 ** math.floor(math.log10(least))
    step = next(times * power for times in (1, 2, 5, 10) if times * power >= least)
    cuts = np.arange(math.ceil(low / step), math.floor(high / step) + 1) * step
    return np.asarray(np.round(cuts[(cuts > low) & (cuts < high)], 12))


def at_bedside(dataset: xr.Dataset) -> list[str]:
    """Names of ``BEDSIDE`` that a data set has, those of the person where they vary."""
    known = [*varied(dataset), *(name for name in OUTCOMES if name in dataset)]
    known += [name for name, (*_, needs) in OUTCOME_DIFFERENCES.items() if set(needs) <= set(known)]
    return [name for name in BEDSIDE if name in known]


def measures_of(dataset: xr.Dataset, rule: Comparison, bedside: bool) -> list[Measure]:
    """Numbers that rules may be made of: the parameters that vary, or what is known at the bedside.

    Of a mixture also the cohort that a patient was drawn from.
    """
    names = [name for name in at_bedside(dataset) if name not in IN_THE_VENTRICLE] if bedside else varied(dataset)
    found = [measure(dataset, name, rule) for name in names]
    cohorts = cohorts_of(dataset) if "cohort" in dataset else ()
    return found + [_cohort(name) for name in cohorts if len(cohorts) > 1]


def _cohort(name: str) -> Measure:
    def of(block: xr.Dataset) -> np.ndarray:
        return np.asarray(drawn_from(block, {name})).astype(np.float64)

    return Measure(f"{COHORT}{name}", f"drawn from {name}", "1", ("cohort",), of)


def axes_of(block: xr.Dataset, compared: np.ndarray, measures: Sequence[Measure]) -> tuple[list[Axis], list[str]]:
    """Choose limits for each number on the patients compared of a sample.

    Returns
    -------
    axes : list of Axis
        Those with a limit to choose.
    unusable : list of str
        Names of those that are not finite in every patient compared.
    """
    axes, unusable = [], []
    for each in measures:
        scale, units = CLINICAL.get(each.name) or CLINICAL.get(each.units) or (1.0, spelt(each.units))
        values = each.of(block)[compared] * scale
        if not np.isfinite(values).all():
            unusable.append(each.name)
        elif len(cuts := round_cuts(values)):
            axes.append(Axis(each, scale, units, cuts))
    return axes, unusable
