"""What a map or a comparison can be drawn over: parameters, baseline outcomes, paired differences, own columns."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import xarray as xr

from ...engine import OUTCOMES, PARAMETERS, InputError, check_name
from ..response.comparison import Comparison
from ..response.pairs import ABSOLUTE, DEMAND, RELATIVE, Pair, terms
from .own import GROUPS, NUMBERS, own_columns

SPELLING = {"1": "", "year": "years", "L/min/m2": "L/min/m²", "m2": "m²", "cm2": "cm²", "1/mL": "mL⁻¹"}
DOT = {"mmHg s/mL": "mmHg·s/mL", "mmHg s": "mmHg·s", "mmHg mL": "mmHg·mL", "mmHg mL/s": "mmHg·mL/s"}

OUTCOME_DIFFERENCES = {"pulse_pressure": ("pulse pressure", "mmHg", ("systolic_pressure", "diastolic_pressure"))}
"""What is measured as the difference of two outcomes: long name, units, and the two."""


def short(long_name: str) -> str:
    """Long name without its remarks in brackets, for the label of an axis."""
    return re.sub(r"\s*\([^)]*\)", "", long_name)


def spelt(units: str) -> str:
    """Spell a UDUNITS unit as people write it; empty for a bare number."""
    return (SPELLING | DOT | {"1/min": "min⁻¹"}).get(units, units)


@dataclass(frozen=True)
class Measure:
    """One number of every patient.

    Attributes
    ----------
    name : str
        As given: ``age``, ``cardiac_output``, ``wedge_pressure_difference`` ...
    label : str
        In words, without the unit.
    units : str
        UDUNITS spelling.
    needs : tuple of str
        Variables of the data set it is made from.
    of : callable
        From a data set in memory to one float64 per patient.
    """

    name: str
    label: str
    units: str
    needs: tuple[str, ...]
    of: Callable[[xr.Dataset], np.ndarray]

    @property
    def title(self) -> str:
        """Label with the unit in brackets."""
        units = "%" if self.relative else spelt(self.units)
        return f"{self.label} ({units})" if units else self.label

    @property
    def relative(self) -> bool:
        """Whether the measure is a relative change, shown to people in per cent."""
        return self.name.endswith("_relative_difference")


def measure(dataset: xr.Dataset, name: str, comparison: Comparison, where: str = "axis") -> Measure:
    """Find what a name means in a data set.

    Raises
    ------
    InputError
        For a name that is neither a varying parameter, an outcome, a paired difference nor a column of numbers of the
        patients' own, naming the nearest match.
    """
    outcomes = [known for known in OUTCOMES if known in dataset]
    outcomes += [known for known, (*_, needs) in OUTCOME_DIFFERENCES.items() if set(needs) <= set(outcomes)]
    changes = changes_of(dataset)
    parameters = [known for known in PARAMETERS if known in dataset]
    own, groups = (own_columns(dataset, kinds) for kinds in (NUMBERS, GROUPS))
    if name in groups and name not in own:
        raise InputError(f"{where}: {name} holds texts; it makes columns or rows of a map, no axis with numbers")
    check_name(where, name, [*parameters, *outcomes, *changes, *own, *groups])
    if name in outcomes:
        return _outcome(name, comparison)
    if name in changes and not comparison.compares:
        raise InputError(f"{where}: {name} is a change from one arm to another, and {comparison.arm} is taken alone")
    if name in own:
        return _own(dataset, name)
    return _change(name, comparison) if name in changes else _parameter(dataset, name, comparison, where)


def changes_of(dataset: xr.Dataset) -> list[str]:
    """Names of the paired differences that a data set has the outcomes for."""
    changes = [f"{known}_difference" for known in ABSOLUTE if known == DEMAND or known in dataset]
    return changes + [f"{known}_relative_difference" for known in RELATIVE if known == DEMAND or known in dataset]


def varied(dataset: xr.Dataset) -> list[str]:
    """Names of the parameters that differ between patients."""
    return [name for name in PARAMETERS if name in dataset and "patient" in dataset[name].dims]


def _parameter(dataset: xr.Dataset, name: str, comparison: Comparison, where: str) -> Measure:
    if "patient" not in dataset[name].dims:
        raise InputError(f"{where}: {name} is the same in every patient; varied are {', '.join(varied(dataset))}")

    def of(block: xr.Dataset) -> np.ndarray:
        column = block[name]
        column = column.sel(arm=comparison.arm, drop=True) if "arm" in column.dims else column
        return np.asarray(column.values, dtype=np.float64)

    quantity = PARAMETERS[name]
    return Measure(name, short(quantity.long_name), quantity.units, (name,), of)


def _own(dataset: xr.Dataset, name: str) -> Measure:
    about = dataset[name].attrs

    def of(block: xr.Dataset) -> np.ndarray:
        return np.asarray(block[name].values, dtype=np.float64)

    return Measure(name, str(about.get("long_name", name)), str(about.get("units", "1")), (name,), of)


def _outcome(name: str, comparison: Comparison) -> Measure:
    title, units, needs = OUTCOME_DIFFERENCES.get(name) or (*OUTCOMES[name][:2], (name,))

    def of(block: xr.Dataset) -> np.ndarray:
        first, *subtracted = (
            np.asarray(block[each].sel(arm=comparison.reference).values, np.float64) for each in needs
        )
        return first - subtracted[0] if subtracted else first

    label = f"baseline {short(title)}" if comparison.compares else short(title)
    return Measure(name, label, units, needs, of)


def _change(name: str, comparison: Comparison) -> Measure:
    relative = name.endswith("_relative_difference")
    outcome = name.removesuffix("_relative_difference" if relative else "_difference")
    title, units = terms(outcome)
    needs = ("pressure_volume_area", "mean_heart_rate") if outcome == DEMAND else (outcome,)

    def of(block: xr.Dataset) -> np.ndarray:
        pair = Pair(block, comparison.arm, comparison.reference)
        reading = pair.relative(outcome) if relative else pair.difference(outcome)
        return np.asarray(reading.value)

    return Measure(name, f"change of {short(title)}", "1" if relative else units, needs, of)
