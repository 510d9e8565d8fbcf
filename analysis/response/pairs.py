"""The outcomes of two arms of the same patients side by side, with bounds on their numerical error."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple

import numpy as np
import xarray as xr

from ...engine import OUTCOMES
from ..reading.origin import Array, drawn_from, reference_of
from .step_errors import STEP_ERRORS

DEMAND = "demand"
"""Oxygen demand, pressure-volume area times heart rate: no outcome of its own, but paired like one."""

DEMAND_TERMS = ("oxygen demand (pressure-volume area times heart rate)", "mmHg mL/s")


def terms(name: str) -> tuple[str, str]:
    """Long name and units of an outcome, or of the demand."""
    return DEMAND_TERMS if name == DEMAND else OUTCOMES[name][:2]


_UNPAIRED = {"beats_to_converge", "convergence_error"}
_ZERO_AT_REST = {"mitral_regurgitant_volume", "aortic_regurgitant_volume", "device_flow", "endocardial_reserve"}
ABSOLUTE = (*(name for name in OUTCOMES if name not in _UNPAIRED), DEMAND)
RELATIVE = tuple(name for name in ABSOLUTE if name not in _ZERO_AT_REST)
"""Outcomes with a paired difference, and those whose size in the reference arm makes a relative one meaningful."""


class Reading(NamedTuple):
    """A number and a bound on its numerical error."""

    value: Array
    error: Array


class Side(NamedTuple):
    """An outcome in one arm: its value, the error of its periodic state, and the size that errors are relative to."""

    value: Array
    error: Array
    size: Array


class Verdict(NamedTuple):
    """A condition: as computed, certain whatever the numerical error, and possible within it."""

    holds: Array
    certain: Array
    possible: Array


def over(numerator: Reading, denominator: Reading) -> Reading:
    """Divide by the size of the denominator; NaN where that is zero."""
    size = np.where(denominator.value == 0, np.nan, np.abs(denominator.value))
    ratio = numerator.value / size
    return Reading(ratio, (numerator.error + np.abs(ratio) * denominator.error) / size)


def less(first: Reading, second: Reading, times: float = 1.0) -> Reading:
    """Subtract a multiple of the second."""
    return Reading(first.value - times * second.value, first.error + times * second.error)


def product(first: Reading, second: Reading) -> Reading:
    """Multiply two readings."""
    error = np.abs(first.value) * second.error + np.abs(second.value) * first.error + first.error * second.error
    return Reading(first.value * second.value, error)


def shifted(reading: Reading, by: float) -> Reading:
    """Add a number that has no error."""
    return Reading(reading.value + by, reading.error)


def change(arm: Reading, reference: Reading) -> Reading:
    """Relative change; its error is that of the ratio, in which the reference counts once."""
    size = np.where(reference.value == 0, np.nan, np.abs(reference.value))
    error = (arm.error + np.abs(arm.value) / size * reference.error) / size
    return Reading((arm.value - reference.value) / size, error)


def at_least(reading: Reading, threshold: float) -> Verdict:
    """Not less than a threshold; as in all comparisons, what is NaN is possible and not certain."""
    value, error = reading
    return Verdict(value >= threshold, value - error >= threshold, ~(value + error < threshold))


def at_most(reading: Reading, threshold: float) -> Verdict:
    """Not more than a threshold."""
    value, error = reading
    return Verdict(value <= threshold, value + error <= threshold, ~(value - error > threshold))


def below(reading: Reading, threshold: float) -> Verdict:
    """Less than a threshold."""
    value, error = reading
    return Verdict(value < threshold, value + error < threshold, ~(value - error >= threshold))


def above(reading: Reading, threshold: float) -> Verdict:
    """More than a threshold."""
    value, error = reading
    return Verdict(value > threshold, value - error > threshold, ~(value + error <= threshold))


def not_raised(reading: Reading) -> Verdict:
    """Not up by more than the numerical error; where that is not known, not said to be up."""
    value, error = reading
    no_more = ~(value > error)
    return Verdict(no_more, value + error <= 0, no_more)


def but(verdict: Verdict) -> Verdict:
    """The contrary of a condition."""
    return Verdict(~verdict.holds, ~verdict.possible, ~verdict.certain)


def where(mask: Array, verdict: Verdict) -> Verdict:
    """A condition asked of some patients only; of the others it does not hold."""
    return Verdict(*(part & mask for part in verdict))


def any_of(verdicts: Iterable[Verdict]) -> Verdict:
    """One condition or more."""
    first, *rest = verdicts
    for verdict in rest:
        first = Verdict(*(a | b for a, b in zip(first, verdict, strict=True)))
    return first


def all_of(verdicts: Iterable[Verdict]) -> Verdict:
    """Every condition."""
    first, *rest = verdicts
    for verdict in rest:
        first = Verdict(*(a & b for a, b in zip(first, verdict, strict=True)))
    return first


def _measured(plain: Reading, error: Array) -> Reading:
    """Replace the error where the paired one was measured; it is NaN in regular rhythm."""
    return Reading(plain.value, np.where(np.isfinite(error), error, plain.error))


class Pair:
    """The outcomes of one arm and of its reference, with the numerical error of each and of their difference.

    Every error is the sum of two: that of the periodic state, ``convergence_error``, and that of the steps,
    ``STEP_ERRORS``. Of a difference the first is the sum of both sides', unless the data set has ``difference_error``:
    twice the standard error of the paired difference to its reference arm, the worst over the outcomes, each in units
    of its size in that arm or its floor. In irregular rhythm both arms see the same beats, and it is far smaller than
    the sum. The error is NaN where ``convergence_error`` is.

    Parameters
    ----------
    dataset : xr.Dataset
        With the dimension ``arm``, the outcomes asked for and ``convergence_error``.
    arm, reference : str
        Names of the arms.
    keep : bool
        Whether readings are kept for the next time: quicker for few outcomes, too much memory for all of them.
    """

    def __init__(self, dataset: xr.Dataset, arm: str, reference: str, keep: bool = False) -> None:
        self._arms = (dataset.sel(arm=arm, drop=True), dataset.sel(arm=reference, drop=True))
        self._errors = self.data("convergence_error") if "convergence_error" in dataset else None
        measured = "difference_error" in dataset and reference == reference_of(dataset)
        self._paired = self.data("difference_error")[0] if measured else None
        self._kept: dict[str, tuple[Side, Side]] | None = {} if keep else None

    def data(self, name: str) -> tuple[Array, Array]:
        """Read a variable in the arm and in the reference, in float64 unless it is a code."""
        sides = (side[name].data for side in self._arms)
        first, second = (side if side.dtype.kind in "ub" else side.astype(np.float64) for side in sides)
        return first, second

    def drawn_from(self, cohorts: Collection[str]) -> Array:
        """Whether a patient was drawn from one of some cohorts."""
        return drawn_from(self._arms[0], cohorts)

    def with_balloon(self) -> Array:
        """Whether a balloon is on in the arm: a bool, or one per patient where its volume varies."""
        return self._arms[0]["balloon_volume"].data > 0 if "balloon_volume" in self._arms[0] else np.False_

    def readings(self, name: str) -> tuple[Reading, Reading]:
        """Read an outcome, or the demand, in the arm and in the reference, with its numerical error.

        The demand is judged as one outcome: the error of the pressure-volume area, times heart rate.
        """
        arm, reference = (Reading(each.value, each.error + _steps(name) * each.size) for each in self._sides(name))
        return arm, reference

    def difference(self, name: str) -> Reading:
        """Arm less reference."""
        return _plus(self._difference(name), self._by_steps(name))

    def relative(self, name: str) -> Reading:
        """Arm less reference, over the size of the reference."""
        arm, reference = self._sides(name)
        own = Reading(reference.value, reference.error)
        plain = change(Reading(arm.value, arm.error), own)
        difference = self._difference(name)
        if self._paired is not None:
            plain = _measured(plain, over(difference, own).error)
        by_steps = Reading(difference.value, self._by_steps(name))
        return _plus(plain, over(by_steps, Reading(reference.value, _steps(name) * reference.size)).error)

    def _difference(self, name: str) -> Reading:
        """Arm less reference, with the error of the periodic states alone."""
        arm, reference = self._sides(name)
        plain = Reading(arm.value - reference.value, arm.error + reference.error)
        return plain if self._paired is None else _measured(plain, self._paired * reference.size)

    def _by_steps(self, name: str) -> Array:
        """What the steps make of the error of a difference."""
        arm, reference = self._sides(name)
        return _steps(name) * np.maximum(arm.size, reference.size)

    def _sides(self, name: str) -> tuple[Side, Side]:
        if self._kept is not None and name in self._kept:
            return self._kept[name]
        sides = self._demand() if name == DEMAND else self._read(name)
        if self._kept is not None:
            self._kept[name] = sides
        return sides

    def _read(self, name: str) -> tuple[Side, Side]:
        errors: tuple[Array, Array] = (0.0, 0.0) if self._errors is None else self._errors
        sizes = (np.maximum(np.abs(value), OUTCOMES[name].floor) for value in self.data(name))
        arm, reference = (
            Side(value, error * size, size) for value, error, size in zip(self.data(name), errors, sizes, strict=True)
        )
        return arm, reference

    def _demand(self) -> tuple[Side, Side]:
        areas = zip(self._sides("pressure_volume_area"), self.data("mean_heart_rate"), strict=True)
        arm, reference = (Side(*(part * rate / 60.0 for part in area)) for area, rate in areas)
        return arm, reference


def _steps(name: str) -> float:
    return STEP_ERRORS.get("pressure_volume_area" if name == DEMAND else name, 0.0)


def _plus(reading: Reading, error: Array) -> Reading:
    return Reading(reading.value, reading.error + error)
