"""A population of the table, drawn and simulated in its arms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from ...engine import Status
from ...sweeps.simulate import sample, simulate
from .quantities import Array, quantity
from .table import Mode, Recipe


@dataclass(frozen=True)
class Population:
    """Simulated patients, one data set per cohort.

    Attributes
    ----------
    parts : sequence of xr.Dataset
        As from ``simulate``.
    kept : array of bool
        Whether a patient's unsupported baseline lies where the recipe wants it.
    """

    parts: Sequence[xr.Dataset]
    kept: Array

    def values(self, name: str, arm: str) -> Array:
        """Read a quantity of every patient in an arm."""
        return np.concatenate([quantity(part, name, arm) for part in self.parts])

    def status(self, arm: str) -> Array:
        """Read the status of every patient in an arm."""
        return np.asarray(np.concatenate([part["status"].sel(arm=arm).values for part in self.parts]))

    @property
    def failed(self) -> int:
        """Patients whose run failed in an arm; who is outside the cohort has not."""
        apart = (Status.OK, Status.OUTSIDE_COHORT)
        codes = [self.status(str(arm)) for arm in self.parts[0]["arm"].values]
        return int(np.count_nonzero(np.any([~np.isin(code, apart) for code in codes], axis=0)))

    def holds(self, *arms: str) -> Array:
        """Whether a patient is wanted and the numbers hold in all of these arms."""
        return np.asarray(self.kept & np.all([self.status(arm) == Status.OK for arm in arms], axis=0))


def populate(recipe: Recipe, mode: Mode, seed: int) -> Population:
    """Draw a population and simulate it in a mode of regulation.

    Raises
    ------
    InputError
        For a cohort, parameter or regulation that is not known.
    """
    parts = [_part(recipe, mode, cohort, seed) for cohort in recipe.cohorts]
    everyone = np.ones(sum(part.sizes["patient"] for part in parts), bool)
    population = Population(parts, everyone)
    reference = next(iter(recipe.arms))
    between = everyone.copy()
    for name, bound in recipe.where.items():
        values = population.values(name, reference)
        between &= (values >= bound.low) & (values <= bound.high)
    return Population(parts, ~between if recipe.apart else between)


def _part(recipe: Recipe, mode: Mode, cohort: str, seed: int) -> xr.Dataset:
    patients = sample(cohort, recipe.candidates, seed=seed)
    own = mode.patients | recipe.patients
    patients = patients.assign({name: xr.DataArray(value) for name, value in own.items()})
    return simulate(patients, recipe.arms, regulation=mode.regulation, window=cohort if recipe.window else None)
