"""Weighted mixtures of cohorts: which patient belongs to which, and each patient's parameters by its own law."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from math import fsum
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ...engine import PARAMETERS, InputError, check_name
from . import windows
from .checks import items, number
from .cohorts import load
from .definitions import HAEMODYNAMIC
from .distributions import Array
from .sampling import Cohort
from .tables import place, shown, shown_key

Codes = NDArray[np.uint8]
MOST = 100
"""Cohorts of a mixture; their places are stored in one byte."""


@dataclass(frozen=True)
class Mixture:
    """What patients are drawn from: one cohort, or several.

    Attributes
    ----------
    cohorts : tuple of Cohort
        In the order of their names.
    shares : tuple of float
        Of the patients; their sum is 1.
    """

    cohorts: tuple[Cohort, ...]
    shares: tuple[float, ...]

    @property
    def title(self) -> str:
        """Name of the one cohort, or the names and shares of several."""
        if len(self.cohorts) == 1:
            return self.cohorts[0].name
        named = zip(self.cohorts, self.shares, strict=True)
        return ", ".join(f"{100 * share:.3g} % {cohort.name}" for cohort, share in named)

    @property
    def definitions(self) -> dict[str, str]:
        """Cohort to what counts as help in its patients."""
        return {cohort.name: cohort.definition for cohort in self.cohorts}

    @property
    def shock(self) -> dict[str, bool]:
        """Cohort to whether its patients are in shock."""
        return {cohort.name: cohort.shock for cohort in self.cohorts}

    def codes(self, unit: Array) -> Codes:
        """Place of each patient's cohort, from a position in the unit interval."""
        edges = np.cumsum(self.shares)[:-1]
        return np.searchsorted(edges, unit, side="right").astype(np.uint8)

    def latents(self, varied: Collection[str] = ()) -> list[str]:
        """Names of the independent variables of all members: what they share by name is one."""
        names = dict.fromkeys(name for cohort in self.cohorts for name in cohort.latents(varied))
        return [name for name in names if name not in PARAMETERS] + [name for name in PARAMETERS if name in names]

    def parameters(
        self, unit: Mapping[str, Array], codes: Codes | None = None, varied: Collection[str] = ()
    ) -> dict[str, Array]:
        """Compute the parameters from positions in the unit interval, each patient's by its own cohort.

        Parameters
        ----------
        unit : mapping of str to array
            Position of each of ``latents(varied)``, arrays of one shape, contiguous.
        codes : array of int
            Place of each patient's cohort; not needed for one cohort.
        varied : collection of str
            Parameters to leave out.

        Returns
        -------
        dict of str to array
            As ``Cohort.parameters``.
        """
        if codes is None:
            return self.cohorts[0].parameters(unit, varied)
        rows = [np.flatnonzero(codes == code) for code in range(len(self.cohorts))]
        drawn = [
            cohort.parameters({name: unit[name][own] for name in cohort.latents(varied)}, varied)
            for cohort, own in zip(self.cohorts, rows, strict=True)
        ]
        result: dict[str, Array] = {}
        for name, quantity in PARAMETERS.items():
            if name in varied or not any(name in cohort.law for cohort in self.cohorts):
                continue
            if (same := self._same(name)) is not None:
                result[name] = np.array(same)
                continue
            result[name] = np.full(codes.shape, quantity.default)
            for own, values in zip(rows, drawn, strict=True):
                if name in values:
                    result[name][own] = values[name]
        return result

    def _same(self, name: str) -> float | None:
        """Value of a parameter that all patients of all cohorts have; None where they differ."""
        values = set()
        for cohort in self.cohorts:
            row = cohort.law.get(name)
            if row is not None and row.varies:
                return None
            values.add(PARAMETERS[name].default if row is None else row.median)
        return values.pop() if len(values) == 1 else None

    def reach(self, name: str) -> tuple[float, float]:
        """Lowest and highest value of a parameter under the laws; the model's default where a law has none."""
        default = PARAMETERS[name].default
        reached = [each.bounds(name) if name in each.law else (default, default) for each in self.cohorts]
        return min(low for low, _ in reached), max(high for _, high in reached)

    def bounds(self, patients: xr.Dataset) -> windows.Bounds:
        """Bounds on the baselines of patients of this mixture, each by its own cohort's window."""
        if len(self.cohorts) == 1:
            return windows.open_ended(self.cohorts[0].window)
        return windows.bounds([cohort.window for cohort in self.cohorts], patients["cohort"].values)

    def variable(self, codes: Codes) -> xr.Variable:
        """Give the variable that says each patient's cohort, with CF flags."""
        return xr.Variable(("patient",), codes, _flags([cohort.name for cohort in self.cohorts]))


_OWN = Cohort(
    name="own", title="patients of the user's own", source="[X] given by the user", definition=HAEMODYNAMIC,
    factors={}, law={}, window={},
)  # fmt: skip
NOBODY = Mixture((_OWN,), (1.0,))
"""Population of patients who come from a file and are of none."""


def weights(raw: object, known: Mapping[str, Cohort]) -> str | dict[str, float]:
    """Read what patients are drawn from.

    Parameters
    ----------
    raw : object
        The name of a cohort, or a table of names and weights.
    known : mapping of str to Cohort
        The names allowed.

    Returns
    -------
    str or dict of str to float
        The name, also of a mixture of one; else shares that add up to 1, in the order of the names.

    Raises
    ------
    InputError
        For a name that is not known or a weight that is none, in one line.
    """
    if isinstance(raw, str):
        check_name("cohort", shown_key(raw), known)
        return raw
    if not isinstance(raw, Mapping):
        raise InputError(f"cohort: given {shown(raw)}, a name in a text or a table of names and weights is needed")
    given = {}
    for name, weight in sorted(items("cohort", raw)):
        check_name("cohort", shown_key(name), known)
        given[name] = number(place("cohort", name), weight)
        if not 1e-9 <= given[name] <= 1e9:
            raise InputError(f"{place('cohort', name)}: given {given[name]:g}, a weight of 1e-9 to 1e9 is needed")
    if not 0 < len(given) <= MOST:
        raise InputError(f"cohort: given {len(given)} cohorts, 1 to {MOST} are needed")
    if len(given) == 1:
        return next(iter(given))
    total = fsum(given.values())
    # shares that were read back from a store must not move in the last digit
    return given if abs(total - 1) < 1e-12 else {name: weight / total for name, weight in given.items()}


def mixture(cohort: str | Mapping[str, float], known: Mapping[str, Cohort]) -> Mixture:
    """Give the cohorts behind a name, or names with their shares."""
    shares = {cohort: 1.0} if isinstance(cohort, str) else cohort
    return Mixture(tuple(known[name] for name in shares), tuple(shares.values()))


def bounds_by_cohort(patients: xr.Dataset) -> windows.Bounds:
    """Bounds on the baselines of patients who say their cohort, each by the window of its own.

    Raises
    ------
    InputError
        Where they do not say it, or a cohort is not of the package.
    """
    known = load()
    if "cohort" not in patients:
        name = patients.attrs.get("cohort")
        if not isinstance(name, str):
            raise InputError("window: 'own' needs patients that say their cohort, as those of sample() do")
        check_name("window: cohort", shown_key(name), known)
        return windows.open_ended(known[name].window)
    variable = patients["cohort"]
    try:
        names = str(variable.attrs["flag_meanings"]).split()
        places = dict(zip(np.atleast_1d(variable.attrs["flag_values"]).tolist(), range(len(names)), strict=True))
        codes = np.array([places[code] for code in np.atleast_1d(variable.values).tolist()], dtype=np.uint8)
    except (KeyError, ValueError, TypeError):
        raise InputError("window: 'own' needs the variable 'cohort' with its flags, as sample() gives it") from None
    for name in names:
        check_name("window: cohort", shown_key(name), known)
    return windows.bounds([known[name].window for name in names], codes)


def flagged(column: xr.Variable) -> xr.Variable:
    """Give the variable that says each patient's cohort CF flags, where it holds texts instead.

    Raises
    ------
    InputError
        For a name that flags cannot say, or more names than there may be.
    """
    if column.dtype.kind not in "OUT":
        return column
    texts = np.array([str(each) for each in column.values.ravel().tolist()])
    names, codes = np.unique(texts, return_inverse=True)
    for name in names:
        if not name or name.split() != [name]:
            raise InputError(f"patients: cohort: given {shown(str(name))}, a name without blanks is needed")
    if len(names) > MOST:
        raise InputError(f"patients: cohort: has {len(names)} values, at most {MOST} are possible; call it otherwise")
    return xr.Variable(column.dims, codes.reshape(column.shape).astype(np.uint8), _flags(names.tolist()))


def _flags(names: Sequence[str]) -> dict[str, Any]:
    """CF attributes of a variable whose values are places among names."""
    values = np.arange(len(names), dtype=np.uint8)
    return {"long_name": "cohort", "flag_values": values, "flag_meanings": " ".join(names)}
