"""The axes of a map: a number of every patient cut into cells or a few groups, the cohort, or a group of the user's."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import xarray as xr

from ...engine import InputError, Status
from ..numbers.cells import cell_of, cells_along, check_bins, cut, edges_of, finite
from ..reading.measures import Measure, measure
from ..reading.origin import cohorts_of
from ..reading.own import GROUPS as NAMED
from ..reading.own import groups_of, own_columns
from ..reading.stream import sample
from ..response.comparison import Comparison, nobody

COHORT = "cohort"
ROLES = ("rows", "columns", "y", "x")
"""What an axis is for, in the order of a map's dimensions."""

MOST_CELLS = {1: 50, 2: 100}
"""Cells along each axis at most, by the number of axes, unless asked for."""

MOST_GROUPS = 6
"""Panels side by side, or groups of a number."""

GROUPS = 3

OF_MAPS = ("patients", "count", "share", "failed", "thin", "effective", "value", "response", "bounds")
"""Names in every map, which no axis may have too."""


@dataclass(frozen=True)
class Axis:
    """One axis of a map.

    Attributes
    ----------
    role : str
        One of ``ROLES``.
    name, label, units, title : str
        As in :class:`~counterpulse.analysis.reading.measures.Measure`.
    needs : tuple of str
        Variables of the data set it is made from.
    of : callable
        From a data set in memory to one float64 per patient.
    edges : np.ndarray
        Edges of the cells or groups, one more than there are; those of groups are open at both ends.
    labels : tuple of str
        Names of the groups; none for cells.
    """

    role: str
    name: str
    label: str
    units: str
    title: str
    needs: tuple[str, ...]
    of: Callable[[xr.Dataset], np.ndarray]
    edges: np.ndarray
    labels: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.edges) - 1

    def place(self, block: xr.Dataset) -> np.ndarray:
        """Index of the cell of each patient, -1 outside the edges; the last edge belongs to the last cell."""
        return cell_of(self.of(block), self.edges)


class Plan(NamedTuple):
    """The axes of a map, with the sample they were laid out by.

    Attributes
    ----------
    axes : tuple of Axis
        In the order of ``ROLES``.
    block : xr.Dataset
        Patients of the sample.
    compared : np.ndarray
        Whether a patient of it is compared: both arms are ok, and it is not left out by its baseline.
    """

    axes: tuple[Axis, ...]
    block: xr.Dataset
    compared: np.ndarray

    @property
    def shape(self) -> tuple[int, ...]:
        """Cells along each axis."""
        return tuple(len(axis) for axis in self.axes)

    @property
    def needs(self) -> list[str]:
        """Variables that the axes are made from."""
        return [name for axis in self.axes for name in axis.needs]

    def place(self, block: xr.Dataset) -> np.ndarray:
        """Index of each patient's cell, all axes taken together in C order; -1 off the map."""
        place = np.zeros(block.sizes["patient"], dtype=np.int64)
        inside = np.ones(len(place), dtype=np.bool_)
        for axis in self.axes:
            own = axis.place(block)
            inside = inside & (own >= 0)
            place = place * len(axis) + own
        return np.where(inside, place, -1)


def plan(
    dataset: xr.Dataset,
    comparison: Comparison,
    names: Mapping[str, str | None],
    bins: int | None = None,
    groups: int = GROUPS,
    also: Sequence[str] = (),
) -> Plan:
    """Lay out the axes of a map by a sample of the patients.

    Parameters
    ----------
    dataset : xr.Dataset
        Result of ``open_store`` or ``simulate``.
    comparison : Comparison
        What is compared with what.
    names : dict of str to str
        Role to the name of the axis, None for no axis.
    bins : int, optional
        Cells along x and y; default by the number of patients.
    groups : int
        Groups that an axis of panels is cut into, unless it has few values or names.
    also : sequence of str
        Other variables wanted in the sample.

    Raises
    ------
    InputError
        For an unknown name, two equal axes, or where no patient can be compared.
    """
    given = {role: name for role in ROLES if (name := names.get(role)) is not None}
    _check(given, bins, groups)
    named = (COHORT, *own_columns(dataset, NAMED))
    known: dict[str, Measure | None] = {
        role: None
        if role in ("rows", "columns") and name in named
        else measure(dataset, name, comparison, f"map: {role}")
        for role, name in given.items()
    }
    cohorts = {role: _cohorts(dataset, role) for role, name in given.items() if name == COHORT and known[role] is None}
    needs = [each for role, found in known.items() for each in (found.needs if found else (given[role],))]
    # Where both arms are ok the outcomes are finite, and who is not left out is compared: nobody is judged twice.
    own = [*comparison.left_out.needs, "convergence_error"] if comparison.left_out else []
    block = sample(dataset, list(dict.fromkeys(["status", *needs, *also, *(name for name in own if name in dataset)])))
    compared = (block["status"].sel(arm=[comparison.arm, comparison.reference]) == Status.OK).all("arm").values
    if comparison.left_out:
        compared = compared & ~np.any([each.holds for each in comparison.left_out.reasons(block)], axis=0)
    if not compared.any():
        raise nobody("map")
    values = {role: finite(found, found.of(block)[compared], "map") for role, found in known.items() if found}
    panels = cohorts | {
        role: _named(role, given[role], block[given[role]][compared])
        for role in known
        if known[role] is None and role not in cohorts
    }
    panels |= {role: _groups(role, known[role], values[role], groups) for role in values if role in ROLES[:2]}
    _check_panels(panels)
    patients = dataset.sizes["patient"] * float(compared.mean()) / math.prod(len(axis) for axis in panels.values())
    along = [role for role in values if role not in panels]
    most = MOST_CELLS[len(along)] // (2 if panels else 1)
    number = cells_along(patients, bins, "map", len(along), most)
    cells = {role: _cells(dataset, role, known[role], values[role], number) for role in along}
    return Plan(tuple((panels | cells)[role] for role in given), block, compared)


def _check(given: Mapping[str, str], bins: int | None, groups: int) -> None:
    for role, name in given.items():
        twin = next((other for other in ("x", *given) if other != role and given.get(other) == name), None)
        if name in OF_MAPS:
            raise InputError(f"map: {role}: {name} is what a map has of its own; give the column another name")
        if twin:
            raise InputError(f"map: {twin} and {role} are both {name}; two different axes are needed")
    check_bins(bins, "map")
    if not 2 <= groups <= MOST_GROUPS:
        raise InputError(f"map: {groups} groups are not possible; 2 to {MOST_GROUPS} are")


def _check_panels(panels: Mapping[str, Axis]) -> None:
    columns = panels.get("columns")
    if "rows" in panels and columns is not None and len(columns) > MOST_GROUPS:
        raise InputError(
            f"map: columns: {columns.name} has {len(columns)} values, and {MOST_GROUPS} fit side by side; "
            "give it as rows"
        )


def _axis(role: str, found: Measure | None, edges: np.ndarray, labels: tuple[str, ...] = ()) -> Axis:
    assert found is not None
    return Axis(role, found.name, found.label, found.units, found.title, found.needs, found.of, edges, labels)


def _cells(dataset: xr.Dataset, role: str, found: Measure | None, values: np.ndarray, number: int) -> Axis:
    assert found is not None
    return _axis(role, found, edges_of(dataset, found, values, number))


def _groups(role: str, found: Measure | None, values: np.ndarray, number: int) -> Axis:
    assert found is not None
    cuts, labels = cut(found, values, number)
    return _axis(role, found, np.array([-np.inf, *cuts, np.inf]), labels)


def _named(role: str, name: str, column: xr.DataArray) -> Axis:
    """An axis with a group for each value of a column of the patients' own."""
    labels, of = groups_of(f"map: {role}", name, column)
    title = str(column.attrs.get("long_name", name))
    return Axis(role, name, title, "1", title, (name,), of, np.arange(len(labels) + 1) - 0.5, labels)


def _cohorts(dataset: xr.Dataset, role: str) -> Axis:
    """An axis with a group for each cohort of a mixture."""
    if COHORT not in dataset.variables:
        only = ", ".join(cohorts_of(dataset)) or "one cohort"
        raise InputError(f"map: {role}: the patients are not told apart by cohort; all are of {only}")
    if not {"flag_values", "flag_meanings"} <= dataset[COHORT].attrs.keys():
        raise InputError(f"map: {role}: {COHORT} does not say what its numbers mean, as the flags of sample() do")
    codes = np.atleast_1d(dataset[COHORT].attrs["flag_values"]).astype(np.float64)
    if len(codes) < 2:
        raise InputError(f"map: {role}: all patients are of {', '.join(cohorts_of(dataset))}")
    edges = np.array([-np.inf, *(codes[1:] + codes[:-1]) / 2, np.inf])

    def of(block: xr.Dataset) -> np.ndarray:
        return np.asarray(block[COHORT].values, dtype=np.float64)

    return Axis(role, COHORT, COHORT, "1", COHORT, (COHORT,), of, edges, cohorts_of(dataset))
