"""The map of classes: the share of patients whom an arm helps, fails or harms, cell by cell."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from ...engine import InputError
from ...sweeps.design.weighting import WEIGHT
from ..numbers.cells import bounds_of
from ..numbers.intervals import effective, wilson
from ..reading.origin import cohorts_of, stored_spec
from ..reading.stream import Weights, fold
from ..response.classify import CLASSES, Response, compared_in, judge
from ..response.comparison import Comparison, nobody
from .axes import Axis, Plan

Sums = dict[str, np.ndarray]
"""What is added up over the patients, by name."""


def classes_by_cell(dataset: xr.Dataset, comparison: Comparison, planned: Plan, fewest: int) -> xr.Dataset:
    """Count the classes over the axes of a map, streaming.

    Returns
    -------
    xr.Dataset
        As of :func:`~counterpulse.analysis.maps.map.map` without a value.
    """
    read = [*comparison.reads(dataset), *planned.needs]
    sums = fold(
        dataset, read, lambda block, _: _counts(block, comparison, planned), answer="map", weights=Weights.TAKEN
    )
    if not sums["totals"][list(CLASSES)].any():
        raise nobody("map")
    return _shares(dataset, comparison, planned, sums, fewest)


def judged(block: xr.Dataset, comparison: Comparison) -> tuple[np.ndarray, np.ndarray, np.ndarray | None, Sums]:
    """Class, undecided and weight of every patient of a block, and how many there are of each class.

    Raises
    ------
    InputError
        For a weight of a compared patient that is negative or not finite.
    """
    response, _, undecided = judge(block, comparison)
    sums = {"totals": np.bincount(response, minlength=len(Response))}
    if WEIGHT not in block:
        return response, undecided, None, sums
    weights = block[WEIGHT].values.astype(np.float64)
    compared = compared_in(response)
    if not (weights[compared] >= 0).all() or not np.isfinite(weights[compared]).all():
        raise InputError(f"map: {WEIGHT} of a patient is negative or not finite; the store cannot be weighted")
    sums["weights"] = np.bincount(response, np.where(compared, weights, 0.0), minlength=len(Response))
    return response, undecided, weights, sums


def _counts(block: xr.Dataset, comparison: Comparison, planned: Plan) -> Sums:
    """Count patients by class and cell, and those undecided by cell; add up their weights likewise."""
    response, undecided, weights, sums = judged(block, comparison)
    place, cells, compared = planned.place(block), int(np.prod(planned.shape)), compared_in(response)
    inside, key = place >= 0, response.astype(np.int64) * cells + place
    kept = inside & compared

    def total(where: np.ndarray, weight: np.ndarray | None, by: np.ndarray, length: int) -> np.ndarray:
        return np.bincount(by[where], None if weight is None else weight[where], minlength=length)

    sums["undecided"] = total(kept & undecided, weights, place, cells)
    sums["all_undecided"] = np.array([(undecided & compared).sum()])
    sums["counts"] = total(inside, None, key, len(Response) * cells)
    if weights is not None:
        sums["weight"] = total(kept, weights, key, len(Response) * cells)
        sums["squares"] = total(kept, weights**2, place, cells)
    return sums


def _shares(dataset: xr.Dataset, comparison: Comparison, planned: Plan, sums: Sums, fewest: int) -> xr.Dataset:
    by_class = (len(Response), *planned.shape)
    counts = sums["counts"].reshape(by_class)
    count = counts[list(CLASSES)]
    patients = count.sum(axis=0)
    mass, weight, size = count, patients, patients
    if "weight" in sums:
        mass = sums["weight"].reshape(by_class)[list(CLASSES)]
        weight, squares = mass.sum(axis=0), sums["squares"].reshape(planned.shape)
        size = effective(weight, squares)
    whole = np.where(weight > 0, weight, np.nan)
    share = mass / whole
    low, high = wilson(mass if size is weight else share * size, size)
    dims = tuple(axis.name for axis in planned.axes)
    every, fraction = ("response", *dims), {"units": "1"}
    undecided = sums["undecided"].reshape(planned.shape) / whole
    variables = {
        "patients": (dims, patients, {"long_name": "patients compared", "units": "1"}),
        "count": (every, count, {"long_name": "patients of the class", "units": "1"}),
        "share": (every, share, {"long_name": "share of the patients compared", **fraction}),
        "share_low": (every, low, {"long_name": "lower end of the 95 % interval", **fraction}),
        "share_high": (every, high, {"long_name": "upper end of the 95 % interval", **fraction}),
        "undecided_share": (dims, undecided, {"long_name": "share that numerical error could tip", **fraction}),
        "failed": (dims, counts[Response.FAILED_RUN], {"long_name": "failed runs", "units": "1"}),
        "thin": (dims, (patients > 0) & (size < fewest), {"long_name": f"fewer than {fewest} patients"}),
    }
    if "weight" in sums:
        variables |= {
            "effective": (dims, size, {"long_name": "effective number of patients", "units": "1"}),
            "weight": (every, mass, {"long_name": "sum of the weights of the class", "units": "1"}),
            "weight_squared": (dims, squares, {"long_name": "sum of the squares of the weights", "units": "1"}),
        }
    out = xr.Dataset(variables, {"response": np.array([each.name.lower() for each in CLASSES], dtype=object)})
    return described(out, dataset, comparison, planned.axes, sums, fewest).assign_attrs(
        undecided=int(sums["all_undecided"][0])
    )


def described(
    out: xr.Dataset, dataset: xr.Dataset, comparison: Comparison, axes: Sequence[Axis], sums: Sums, fewest: int
) -> xr.Dataset:
    """Add the coordinates of a map's axes, and the attributes that say of what it is and where everybody went."""
    for axis in axes:
        middle = (axis.edges[1:] + axis.edges[:-1]) / 2 if not axis.labels else np.array(axis.labels, dtype=object)
        attrs = {"long_name": axis.label, "title": axis.title, "role": axis.role, "bounds": f"{axis.name}_bounds"}
        out = out.assign_coords({axis.name: (axis.name, middle, attrs | {"units": axis.units})})
        out[f"{axis.name}_bounds"] = ((axis.name, "bounds"), bounds_of(axis.edges))
    totals = sums["totals"]
    compared = int(totals[list(CLASSES)].sum())
    if not compared:
        raise nobody("map")
    spec = stored_spec(dataset)
    weighted = {}
    if "weights" in sums and comparison.compares:
        shares = sums["weights"] / max(float(sums["weights"].sum()), np.finfo(float).tiny)
        weighted = {f"weighted_share_{each.name.lower()}": float(shares[each]) for each in CLASSES}
    return out.assign_attrs(
        name=str(spec.get("name", "")),
        cohort=str(dataset.attrs.get("cohort") or ", ".join(cohorts_of(dataset))),
        regulation=str(spec.get("regulation", "")),
        **comparison.attributes,
        candidates=int(totals.sum()),
        compared=compared,
        off_the_map=compared - int(out["patients"].sum()),
        fewest=fewest,
        blocks_missing=int(dataset.attrs.get("blocks_missing", 0)),
        **{each.name.lower(): int(totals[each]) for each in Response if each not in CLASSES or comparison.compares},
        **weighted,
    )


def axis_for(result: xr.Dataset, role: str) -> str | None:
    """Name of the axis of a map that is its x, y, columns or rows; None where it has none."""
    return next((str(dim) for dim in result["patients"].dims if result[dim].attrs["role"] == role), None)
