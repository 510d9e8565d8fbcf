"""What recovery of contractility does to a patient's outcomes, learnt from the store's own patients."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ...engine import PARAMETERS, InputError
from ..numbers.cells import Floats
from ..words.counted import many

OUTCOMES = ("cardiac_index", "mean_arterial_pressure", "wedge_pressure", "cardiac_power_output")
"""Outcomes that decide in a course, in the order of ``events.INDEX`` and its neighbours."""

DRIVER = "lv_elastance"
FOLLOWERS = ("weight", "body_surface_area", "lv_mass")
"""Parameters that follow the body's size as others do, and say nothing of their own."""

PER_COLUMN = 3
"""Patients of a cohort for each column of the regression, at least."""

RIDGE = 1e-6
"""Added to the mean squares: columns that are nearly the same do not blow up."""


class Line(NamedTuple):
    """Regression of one cohort: where its columns are centred and scaled, and the coefficients of contractility.

    Attributes
    ----------
    names : list of str
    mean, spread : array, (name)
    driver : float
        Mean logarithm of contractility.
    slope : array, (arm, outcome)
    bend : array, (arm, outcome)
    others : array, (arm, outcome, name)
        What each other parameter adds to the slope.
    explained : array, (arm, outcome)
        Share of the variance.
    """

    names: list[str]
    mean: Floats
    spread: Floats
    driver: float
    slope: Floats
    bend: Floats
    others: Floats
    explained: Floats


class Recovery(NamedTuple):
    """How outcomes follow contractility, in each cohort by its code."""

    lines: dict[int, Line]

    def of(self, block: xr.Dataset, arms: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Slope and bend of each patient, (patient, arm, outcome)."""
        shape = block.sizes["patient"], arms, len(OUTCOMES)
        slope, bend = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
        codes = _codes(block)
        for code, line in self.lines.items():
            own = codes == code
            places = np.flatnonzero(own)
            beside = (_columns(block, line.names, places) - line.mean) / line.spread
            driver = np.log(_column(block, DRIVER, places)) - line.driver
            by_others = np.einsum("pn,aon->pao", beside, line.others)
            slope[own] = line.slope + 2 * line.bend * driver[:, None, None] + by_others
            bend[own] = line.bend
        return slope, bend


def needs(dataset: xr.Dataset) -> list[str]:
    """Names of the parameters that tell the patients apart."""
    varied = [name for name in PARAMETERS if name in dataset and dataset[name].dims == ("patient",)]
    return [*varied, *(["cohort"] if "cohort" in dataset else [])]


def recovery_of(block: xr.Dataset, arms: list[str]) -> Recovery:
    """Regress the logarithm of each outcome, in each arm and cohort, on contractility and the other parameters.

    Columns: the others, contractility (its logarithm), its square, and its products with the others. How the patients
    of a cohort differ then says how one patient would change.

    Parameters
    ----------
    block : xr.Dataset
        Patients whose numbers hold in every arm, with ``needs`` and ``OUTCOMES``.
    arms : list of str

    Raises
    ------
    InputError
        Where contractility does not vary, or there are too few patients for it.
    """
    codes = _codes(block)
    return Recovery({int(code): _line(block, arms, np.flatnonzero(codes == code)) for code in np.unique(codes)})


def _line(block: xr.Dataset, arms: list[str], places: NDArray[np.int64]) -> Line:
    if DRIVER not in needs(block):
        raise InputError(
            f"recovery: {DRIVER} is the same in all patients of this store, from whom nothing can be learnt of it; "
            '[recovery] law = "none" assumes no recovery'
        )
    own = [name for name in needs(block) if name not in (DRIVER, "cohort", *FOLLOWERS)]
    values = _columns(block, own, places)
    varies = values.std(axis=0) > 1e-9 * np.maximum(np.abs(values).max(axis=0, initial=0.0), 1e-9)
    names = [name for name, each in zip(own, varies, strict=True) if each]
    values = values[:, varies]
    mean, spread = values.mean(axis=0), values.std(axis=0)
    beside = (values - mean) / spread
    logs = np.log(_column(block, DRIVER, places))
    driver = logs - logs.mean()
    table = np.column_stack([np.ones(len(places)), beside, driver, driver**2, beside * driver[:, None]])
    if len(places) < PER_COLUMN * table.shape[1]:
        raise InputError(
            f"recovery: {many(len(places), 'patient')} of a cohort are too few to learn what recovery does, "
            f'{PER_COLUMN * table.shape[1]:,} are needed; [recovery] law = "none" assumes none'
        )
    sides = np.stack([[np.log(block[name].sel(arm=arm).values[places]) for name in OUTCOMES] for arm in arms])
    targets = sides.reshape(-1, len(places)).T.astype(np.float64)
    square = table.T @ table + RIDGE * len(places) * np.eye(table.shape[1])
    found = np.linalg.solve(square, table.T @ targets)
    left = ((targets - table @ found) ** 2).mean(axis=0) / np.maximum(targets.var(axis=0), 1e-30)
    shape, first = (len(arms), len(OUTCOMES)), 1 + len(names)
    others = found[first + 2 :].T.reshape(*shape, len(names))
    slope, bend = (found[first + place].reshape(shape) for place in (0, 1))
    return Line(names, mean, spread, float(logs.mean()), slope, bend, others, (1 - left).reshape(shape))


def _codes(block: xr.Dataset) -> NDArray[np.int64]:
    return np.asarray(block["cohort"].values if "cohort" in block else np.zeros(block.sizes["patient"]), np.int64)


def _column(block: xr.Dataset, name: str, places: NDArray[np.int64]) -> Floats:
    return np.asarray(block[name].values[places], dtype=np.float64)


def _columns(block: xr.Dataset, names: list[str], places: NDArray[np.int64]) -> Floats:
    return np.stack([_column(block, name, places) for name in names], axis=1) if names else np.empty((len(places), 0))
