"""What was measured in a patient: texts as a clinician writes them, or numbers, made into values with errors."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import xarray as xr

from ...engine import InputError, check_name
from ...sweeps.population.checks import number
from ...sweeps.population.tables import shown
from ..bedside.quantities import Quantities, Quantity
from ..numbers.cells import Floats
from ..reading.measures import spelt

EXAMPLE = "as MAP=62, CO=3.1+-.4 or SVR=1180dyn"
PLAIN = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
FORM = re.compile(rf"\s*(?P<value>{PLAIN})\s*(?:(?:±|\+/-|\+-)\s*(?P<error>{PLAIN})\s*)?(?P<units>[^\d\s±+-].*?)?\s*")
"""A number, an error, and units behind both."""

Given = str | float | tuple[float, float]
"""A text, a number, or a number and its error in the model's units."""


class Measurement(NamedTuple):
    """A number that was measured, in the model's units.

    Attributes
    ----------
    quantity : Quantity
    arm : str
        Arm in which it was measured.
    value : float
    error, relative_error : float
        The standard deviation of its error is the larger of the first and the second times the true value.
    """

    quantity: Quantity
    arm: str
    value: float
    error: float
    relative_error: float

    @property
    def name(self) -> str:
        """Name as clinicians write it."""
        return self.quantity.name

    @property
    def spread(self) -> float:
        """Standard deviation of the error where the true value is the one measured."""
        return max(self.error, self.relative_error * abs(self.value))

    def true(self, block: xr.Dataset) -> Floats:
        """Values in the patients of a data set in memory."""
        return true_values(self.quantity, block, self.arm)

    def spreads(self, true: Floats) -> Floats:
        """Standard deviations of the error, by the true values."""
        return spreads(true, self.error, self.relative_error)

    def log_likelihood(self, true: Floats) -> Floats:
        """Logarithm of the density of the number measured, given true values; -inf where it cannot be."""
        if self.quantity.exact and not self.spread:
            return np.where(true == self.value, 0.0, -np.inf)
        spread = self.spreads(true)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            found = -0.5 * ((self.value - true) / spread) ** 2 - np.log(spread)
        return np.where(np.isfinite(found), found, -np.inf)


def true_values(quantity: Quantity, block: xr.Dataset, arm: str) -> Floats:
    """Values of a quantity in the patients of a data set in memory, in an arm; one that none varies in as it is."""
    if quantity.emulator is not None:
        return quantity.emulator.of(block, arm)
    parts = []
    for name in quantity.needs:
        column = block[name]
        column = column.sel(arm=arm) if "arm" in column.dims else column
        parts.append(np.asarray(np.broadcast_to(column.values, block.sizes["patient"]), dtype=np.float64))
    return parts[0] - parts[1] if len(parts) > 1 else parts[0]


def spreads(true: Floats, error: float, relative_error: float) -> Floats:
    """Standard deviations of the error of some true values."""
    return np.maximum(error, relative_error * np.abs(true))


def read(
    given: Mapping[str, Given] | Iterable[str],
    quantities: Quantities,
    arms: Sequence[str],
    baseline: str,
    *,
    may_be_none: bool = False,
) -> list[Measurement]:
    """Read what was measured.

    Parameters
    ----------
    given : mapping of str to str, float or tuple; or iterable of str
        ``{"MAP": 62, "CO": (3.1, 0.4), "PCWP": "26+-2"}``, or ``["MAP=62", "CO=3.1+-.4"]``. ``NAME@ARM`` was measured
        in an arm of the store.
    quantities : Quantities
    arms : sequence of str
        Arms of the store.
    baseline : str
        The one without support, where all others were measured.
    may_be_none : bool
        Whether it is no mistake to give nothing, as where a trace is given.

    Raises
    ------
    InputError
        For the first mistake, in one line.
    """
    pairs = [(str(name), value) for name, value in given.items()] if isinstance(given, Mapping) else _split(given)
    if not pairs and not may_be_none:
        raise InputError(f"match: nothing was measured; give at least one number, {EXAMPLE}")
    found = [_measurement(name, value, quantities, arms, baseline) for name, value in pairs]
    for place, each in enumerate(found):
        for earlier in found[:place]:
            _check_apart(earlier, each)
    return found


def _split(texts: Iterable[str]) -> list[tuple[str, Given]]:
    pairs: list[tuple[str, Given]] = []
    for text in texts:
        name, equals, value = str(text).partition("=")
        if not equals or not name.strip() or not value.strip():
            raise InputError(f"match: {shown(str(text))} is not NAME=VALUE, {EXAMPLE}")
        pairs.append((name.strip(), value))
    return pairs


def _measurement(name: str, given: object, quantities: Quantities, arms: Sequence[str], baseline: str) -> Measurement:
    title, at, arm = name.partition("@")
    quantity = quantities.find("match", title)
    if at:
        check_name(f"match: {title}@", arm, arms)
    where = f"match: {title}"
    if isinstance(given, str):
        value, error, relative = _text(where, given, quantity, quantities)
    elif isinstance(given, tuple):
        if len(given) != 2:
            raise InputError(f"{where}: given {shown(given)}, a number and its error are needed")
        value, error, relative = number(where, given[0]), number(where, given[1]), None
    else:
        value, error, relative = number(where, given), None, None
    if error is None and relative is None:
        if not quantity.has_error:
            raise InputError(
                f"{where}: no usual error is known for it; say one, as {title}={value:g}+-{abs(value) / 10:g}"
            )
        error, relative = quantity.error, quantity.relative_error
    elif not (error or 0.0) > 0 and not (relative or 0.0) > 0:
        raise InputError(f"{where}: an error of {error or relative or 0:g} is not possible, it must be above 0")
    _check_possible(where, value, quantity, quantities)
    return Measurement(quantity, arm or baseline, value, error or 0.0, relative or 0.0)


def _text(
    where: str, text: str, quantity: Quantity, quantities: Quantities
) -> tuple[float, float | None, float | None]:
    """Value, error and relative error of a text."""
    word = text.strip().lower()
    if word in quantity.values:
        return quantity.values[word], None, None
    form = FORM.fullmatch(text.replace("\N{MINUS SIGN}", "-"))
    if form is None:
        words = f" or {', '.join(quantity.values)}" if quantity.values else ""
        raise InputError(f"{where}: given {shown(text)}, a number{words} is needed, {EXAMPLE}")
    value, error = float(form["value"]), None if form["error"] is None else float(form["error"])
    if not math.isfinite(value) or (error is not None and not math.isfinite(error)):
        raise InputError(f"{where}: given {shown(text)}, a finite number is needed")
    units = (form["units"] or "").replace("·", "*").strip()
    if units == "%" and quantity.units != "1":
        if error is None:
            raise InputError(f"{where}: given {shown(text)}, allowed units are {_units(quantity, quantities)}")
        return value, None, error / 100
    factors = quantities.factors(quantity.units)
    if units and units not in factors:
        raise InputError(f"{where}: {shown(units)} is no unit of it; allowed: {_units(quantity, quantities)}")
    factor = factors[units] if units else 1.0
    return value * factor, None if error is None else error * factor, None


def _units(quantity: Quantity, quantities: Quantities) -> str:
    return ", ".join(quantities.factors(quantity.units)) or "none"


def _check_possible(where: str, value: float, quantity: Quantity, quantities: Quantities) -> None:
    if quantity.low <= value <= quantity.high:
        if quantity.exact and quantity.values and value not in quantity.values.values():
            raise InputError(f"{where}: given {value:g}, allowed: {', '.join(quantity.values)}")
        return
    # a word that stands for a number has no units
    others = [] if quantity.values else list(quantities.factors(quantity.units).items())
    meant = [units for units, factor in others if factor != 1 and quantity.low <= value * factor <= quantity.high]
    hint = f"; did you mean {value:g} {meant[0]}?" if meant else ""
    units = f" {spelt(quantity.units)}".rstrip()
    raise InputError(
        f"{where}: {value:g} is outside what is possible, {quantity.low:g} to {quantity.high:g}{units}{hint}"
    )


def _check_apart(first: Measurement, second: Measurement) -> None:
    """Refuse two numbers that are one measurement."""
    if first.arm != second.arm:
        return
    if first.quantity.measures == second.quantity.measures:
        raise InputError(f"match: {first.name} is given twice; one of the two is needed")
    for one, other in ((first, second), (second, first)):
        if other.name in one.quantity.derived_from:
            raise InputError(
                f"match: {one.name} is computed from {other.name} at the bedside, so that their errors are one; "
                f"leave one of them out"
            )
