"""What sensitivity is asked of: an outcome in an arm, a paired difference, or belonging to a class of response."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ...engine import OUTCOMES, InputError, Status, check_name
from ..reading.measures import Measure, changes_of, measure
from ..response.classify import NAMED, compared_in, judge
from ..response.comparison import Comparison

Floats = NDArray[np.float64]
Codes = NDArray[np.uint8]
Indices = dict[str, Floats]
"""Name of an index, of the ends of its interval (``_low``, ``_high``), of its value from half the rows (``_half``)."""

WORDS = {"helps": "probability of help", "fails": "probability of failing to help", "harms": "probability of harm"}

PAIRED_DEFAULTS = ("helps", "cardiac_output_relative_difference", "wedge_pressure_difference")
SINGLE_DEFAULTS = ("cardiac_output", "mean_arterial_pressure", "wedge_pressure")

USED, FAILED, OUTSIDE, NOT_RUN = 0, 1, 2, 3
"""Why a row has no number, the worst of several last."""

_STATE = np.full(256, FAILED, dtype=np.uint8)
_STATE[[Status.OK, Status.OUTSIDE_COHORT, Status.NOT_RUN]] = USED, OUTSIDE, NOT_RUN


@dataclass(frozen=True)
class Outcome:
    """One number of every patient that may depend on the parameters.

    Attributes
    ----------
    name : str
        As given: ``helps``, ``cardiac_output``, ``cardiac_output@iabp``, ``wedge_pressure_difference`` ...
    label, units : str
        In words; UDUNITS spelling.
    needs : tuple of str
        Variables of the data set it is made from.
    arms : tuple of str
        Arms that must have a result.
    of : callable
        From a data set in memory to one float64 per patient.
    """

    name: str
    label: str
    units: str
    needs: tuple[str, ...]
    arms: tuple[str, ...]
    of: Callable[[xr.Dataset], Floats]


def outcomes_of(dataset: xr.Dataset, names: Sequence[str] | None, comparison: Comparison) -> list[Outcome]:
    """Find what names mean in a data set; without names, the defaults.

    Raises
    ------
    InputError
        For a name that is neither a class, an outcome, an outcome at an arm nor a paired difference, or for what
        compares two arms where there is one.
    """
    defaults = SINGLE_DEFAULTS if comparison.arm == comparison.reference else PAIRED_DEFAULTS
    return [_outcome(dataset, name, comparison) for name in dict.fromkeys(names or defaults)]


def _outcome(dataset: xr.Dataset, name: str, comparison: Comparison) -> Outcome:
    bare, at, arm = name.partition("@")
    here = [known for known in OUTCOMES if known in dataset]
    if at:
        check_name("outcome", bare, here)
        check_name("outcome: arm", arm, [str(known) for known in dataset["arm"].values])
        found = measure(dataset, bare, replace(comparison, reference=arm), "outcome")
        return _measured(name, found, f"{found.label.removeprefix('baseline ')} in {arm}", (arm,))
    check_name("outcome", name, [*NAMED, *here, *changes_of(dataset)])
    if name in here:
        found = measure(dataset, name, comparison, "outcome")
        return _measured(name, found, found.label, (comparison.reference,))
    if comparison.arm == comparison.reference:
        raise InputError(f"outcome: {name} compares two arms, and this store has {comparison.reference} alone")
    both = (comparison.arm, comparison.reference)
    if name not in NAMED:
        found = measure(dataset, name, comparison, "outcome")
        return _measured(name, found, f"{'relative ' if found.relative else ''}{found.label}", both)

    # Nobody is left out by the baseline here: a design of rows that hang together must miss none.
    everyone = replace(comparison, left_out=None)

    def member(block: xr.Dataset) -> Floats:
        response = judge(block, everyone)[0]
        return np.where(compared_in(response), response == NAMED[name], np.nan)

    return Outcome(name, WORDS[name], "1", tuple(everyone.reads(dataset)), both, member)


def _measured(name: str, found: Measure, label: str, arms: tuple[str, ...]) -> Outcome:
    return Outcome(name, label, found.units, found.needs, arms, found.of)


def variables(outcomes: Sequence[Outcome]) -> list[str]:
    """Names of the variables that some outcomes are made from."""
    return list(dict.fromkeys(["status", *(name for outcome in outcomes for name in outcome.needs)]))


def evaluate(block: xr.Dataset, outcomes: Sequence[Outcome]) -> tuple[Floats, Codes]:
    """Values of some outcomes, and why there is none.

    Returns
    -------
    values : array, shape (patient, outcome)
        NaN where there is none.
    states : array, shape (patient, outcome)
        ``USED``, ``FAILED``, ``OUTSIDE`` or ``NOT_RUN``.
    """
    shape = (block.sizes["patient"], len(outcomes))
    values, states = np.empty(shape), np.zeros(shape, dtype=np.uint8)
    for place, outcome in enumerate(outcomes):
        number = outcome.of(block)
        for arm in outcome.arms:
            states[:, place] = np.maximum(states[:, place], _STATE[block["status"].sel(arm=arm).values])
        states[(states[:, place] == USED) & ~np.isfinite(number), place] = FAILED
        values[:, place] = np.where(states[:, place] == USED, number, np.nan)
    return values, states


def columns_of(dataset: xr.Dataset, names: Sequence[str], arm: str) -> Floats:
    """Values of some parameters, those of an arm where it overrides them; shape (patient, parameter)."""
    sides = (dataset[name].sel(arm=arm) if "arm" in dataset[name].dims else dataset[name] for name in names)
    return np.stack([np.asarray(side.values, dtype=np.float64) for side in sides], axis=1)


def joint_names(members: Sequence[Sequence[str]]) -> list[str]:
    """Name parameters that cannot be told apart: the first, and how many there are besides."""
    names: list[str] = []
    for each in members:
        name = each[0] if len(each) == 1 else f"{each[0]} (+{len(each) - 1})"
        same = sum(known.startswith(name) for known in names)
        names.append(f"{name} #{same + 1}" if same and name in names else name)
    return names
