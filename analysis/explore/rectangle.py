"""The patients in a rectangle of a map: all of them counted, and some of them kept in memory to look at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import xarray as xr

from ...engine import OUTCOMES, InputError
from ...sweeps.design.weighting import WEIGHT
from ..numbers.intervals import effective, wilson
from ..reading.measures import Measure, measure, spelt, varied
from ..reading.origin import drawn_from
from ..reading.stream import ROWS_READ, sample
from ..response.classify import CLASSES, Response, compared_in, judge
from ..response.comparison import Comparison
from .patient import studied

KEPT = 100_000
"""Patients kept in memory, of whom the medians and the rows of a rectangle are: 70 MB with two arms."""

ROWS = 12
"""Patients of a rectangle shown one by one."""

TOLD = (
    "cardiac_output",
    "mean_arterial_pressure",
    "wedge_pressure",
    "central_venous_pressure",
    "ejection_fraction",
    "lv_end_diastolic_volume",
    "lv_end_diastolic_pressure",
    "cardiac_power_output",
    "systemic_vascular_resistance",
    "endocardial_reserve",
)
"""Measurements at the baseline whose medians are told, beside the axes and what the sweep was made to vary."""

STUDIED_TOLD = 8
POSITION = "position"
NAMES = {member: member.name.lower() for member in CLASSES}


class Rectangle(NamedTuple):
    """Cells of a map, the last of each axis included."""

    left: int
    right: int
    bottom: int
    top: int


def keep(dataset: xr.Dataset, comparison: Comparison) -> xr.Dataset:
    """Bring a sample into memory, with all that a map of any arm and definition needs, and each ``position``.

    Parameters
    ----------
    dataset : xr.Dataset
        Result of ``open_store`` or ``simulate``.
    comparison : Comparison
        Any one of the data set: beside outcomes, all of them read the same.
    """
    import dask.array as da  # takes half a second that only this needs

    names = [*OUTCOMES, *varied(dataset), *comparison.reads(dataset), "cohort", WEIGHT]
    positions = da.arange(dataset.sizes["patient"], chunks=ROWS_READ)
    placed = dataset.assign({POSITION: ("patient", positions)})
    wanted = dict.fromkeys(name for name in names if name in dataset)
    return sample(placed, [POSITION, *wanted], KEPT, 4 * KEPT)


def counted(found: xr.Dataset, axes: tuple[Measure, Measure], cells: Rectangle) -> dict[str, Any]:
    """Count the patients in some cells of a map; of weighted patients shares are those of the weights.

    Parameters
    ----------
    found : xr.Dataset
        The map.
    axes : tuple of Measure
        Of ``x`` and ``y``.
    cells : Rectangle
        Of the map.

    Returns
    -------
    dict
        ``bounds`` of each axis, ``patients`` compared, ``classes``: ``count``, ``share``, and its 95 % interval ``low``
        to ``high``; and ``rule``, the same in words.

    Raises
    ------
    InputError
        For cells that are not on the map.
    """
    x, y = (axis.name for axis in axes)
    for first, last, name in ((cells.left, cells.right, x), (cells.bottom, cells.top, y)):
        if not 0 <= first <= last < found.sizes[name]:
            raise InputError(f"cells: {first} to {last} of {name} are not on the map, 0 to {found.sizes[name] - 1} are")
    part = found.isel({x: slice(cells.left, cells.right + 1), y: slice(cells.bottom, cells.top + 1)})
    count = part["count"].sum((x, y)).values
    mass, size = count, np.array(float(count.sum()))
    if "weight" in part:
        mass = part["weight"].sum((x, y)).values
        size = effective(mass.sum(), part["weight_squared"].sum().values)
    share = mass / mass.sum() if size else np.full(len(count), np.nan)
    low, high = wilson(share * size, size)
    classes = {
        name: {"count": int(count[at]), "share": float(share[at]), "low": float(low[at]), "high": float(high[at])}
        for at, name in enumerate(map(str, part["response"].values))
    }
    bounds = {name: (float(part[f"{name}_bounds"][0, 0]), float(part[f"{name}_bounds"][-1, 1])) for name in (x, y)}
    total = int(count.sum())
    where = " and ".join(_between(axis, *bounds[axis.name]) for axis in axes)
    return {
        "rule": _sentence(found, classes["helps"], total, where),
        "bounds": bounds,
        "patients": total,
        "classes": classes,
    }


def _between(axis: Measure, low: float, high: float) -> str:
    times, units = (100.0, "%") if axis.relative else (1.0, spelt(axis.units))
    return f"{axis.label} {times * low:.4g} to {times * high:.4g}{f' {units}' if units else ''}"


def _sentence(found: xr.Dataset, helped: Mapping[str, float], total: int, where: str) -> str:
    if not total:
        return f"No patient was compared with {where}."
    share, low, high = (100 * helped[name] for name in ("share", "low", "high"))
    return (
        f"With {where}, {found.attrs['arm']} helped {share:.1f} % "
        f"(95 % interval {low:.1f} to {high:.1f} %) of {total:,} patients."
    )


def inside(
    kept: xr.Dataset,
    comparison: Comparison,
    axes: tuple[Measure, Measure],
    bounds: Mapping[str, tuple[float, float]],
    ends: Mapping[str, float],
    cohort: str,
) -> dict[str, Any]:
    """Tell the kept patients who lie in a rectangle.

    Parameters
    ----------
    kept : xr.Dataset
        From :func:`keep`.
    comparison : Comparison
        What counts as help.
    axes, bounds
        The rectangle.
    ends : mapping of str to float
        Where the map ends on each axis: the last edge belongs to it, any other to the next cell.
    cohort : str
        The only cohort whose patients are meant; empty for all.

    Returns
    -------
    dict
        ``sampled``, how many they are; ``medians`` of baseline measurements and parameters by class (weighted
        where the patients of a refined store are); ``rows``, some of
        the patients with ``index``, ``response``, ``x`` and ``y``.
    """
    response, _, _ = judge(kept, comparison)
    chosen = compared_in(response)
    if cohort:
        chosen &= drawn_from(kept, {cohort})
    for axis in axes:
        (low, high), value = bounds[axis.name], axis.of(kept)
        chosen &= (value >= low) & ((value <= high) if high == ends[axis.name] else (value < high))
    own, response = kept.isel(patient=chosen), response[chosen]
    weights = own[WEIGHT].values if WEIGHT in own else None
    names = (*(axis.name for axis in axes), *studied(kept)[:STUDIED_TOLD], *(name for name in TOLD if name in kept))
    told = [measure(kept, name, comparison) for name in dict.fromkeys(names)]
    rows = own.isel(patient=slice(0, ROWS))
    return {
        "sampled": len(response),
        "medians": [
            {"title": one.title, "relative": one.relative, **_medians(one.of(own), response, weights)} for one in told
        ],
        "rows": [
            {"index": index, "response": NAMES[Response(kind)], "x": x, "y": y}
            for index, kind, x, y in zip(
                rows[POSITION].values.tolist(),
                response[:ROWS].tolist(),
                *(axis.of(rows).tolist() for axis in axes),
                strict=True,
            )
        ],
    }


def _medians(values: np.ndarray, response: np.ndarray, weights: np.ndarray | None) -> dict[str, float | None]:
    """Medians of all patients and of those of each class; of patients who were not drawn alike by their weights."""
    groups = {"all": np.ones(len(values), bool), **{name: response == member for member, name in NAMES.items()}}
    return {
        name: _median(values[own], None if weights is None else weights[own]) if own.any() else None
        for name, own in groups.items()
    }


def _median(values: np.ndarray, weights: np.ndarray | None) -> float:
    if weights is None:
        return float(np.median(values))
    order = np.argsort(values)
    below = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(below, below[-1] / 2)])
