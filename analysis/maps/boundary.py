"""The boundary: over two axes, the line on which the share of patients helped crosses a level, and how sure it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any, NamedTuple

import numpy as np
import xarray as xr

from ...engine import InputError
from ...sweeps.design.weighting import WEIGHT
from ..numbers.cells import cell_of, edges_of, few, finite
from ..reading.measures import Measure, measure
from ..reading.origin import about_sweep, stored_spec
from ..reading.stream import Weights, fold, merged, sample
from ..response.classify import CLASSES, Response, compared_in, judge
from ..response.comparison import Comparison, nobody
from .smoothing import Cells, Fit, Trace, band, fitted, steps, traced

CELLS = 256
"""Cells along each axis in which patients are counted; the kernels are rarely narrower than one."""

FEWEST = 50
"""Patients compared below which no boundary is looked for."""


class Counts(NamedTuple):
    """Patients by (helped or not, y, x), and all of them by response."""

    cells: Cells
    totals: np.ndarray


def boundary(
    datasets: xr.Dataset | Sequence[xr.Dataset],
    x: str,
    y: str,
    *,
    arm: str | None = None,
    reference: str | None = None,
    level: float = 0.5,
    definition: str | None = None,
    thresholds: Mapping[str, float] | None = None,
) -> xr.Dataset:
    """Find where the share helped, of those compared, crosses a level; streaming, in memory that does not grow.

    At each place a plane is fitted to the nearest patients (:func:`~counterpulse.analysis.maps.smoothing.fitted`): as
    many everywhere, so the kernel is narrow where a refined sweep put many, and follows a sharp edge there. The band is
    of the sampling; what the kernel smooths away is not in it.

    Parameters
    ----------
    datasets : xr.Dataset or sequence of xr.Dataset
        Results of ``open_store`` or ``simulate``; several are pooled, as a sweep and those refined from it.
    x, y : str
        As in :func:`~counterpulse.analysis.maps.map.map`, with more than ten values.
    arm, reference, definition, thresholds
        As in :func:`~counterpulse.analysis.response.classify.classify`.
    level : float
        Share helped, between 0 and 1.

    Returns
    -------
    xr.Dataset
        ``share``, ``share_low``, ``share_high`` (y, x), NaN where too few patients are near; and over ``vertex`` the
        boundary: ``line`` (its number), ``boundary_x``, ``boundary_y``, and ``error``: half of the 95 % band across
        the line, as a share of the axes' lengths. Attributes say how many were compared, and sum it up.

    Raises
    ------
    InputError
        For an unknown name, two equal axes, an axis with few values, too few patients, or stores that do not fit.
    """
    several = [datasets] if isinstance(datasets, xr.Dataset) else list(datasets)
    comparison = pooled(several, arm, reference, definition, thresholds)
    check(several, x, y, level)
    axes = (measure(several[0], y, comparison, "boundary: y"), measure(several[0], x, comparison, "boundary: x"))
    edges = _edges(several[0], comparison, axes)
    counted = count_by_cell(several, comparison, axes, edges)
    fit = fitted(counted.cells)
    return _assemble(several, comparison, axes, edges, counted, fit, level)


def pooled(
    datasets: Sequence[xr.Dataset],
    arm: str | None,
    reference: str | None,
    definition: str | None,
    thresholds: Mapping[str, float] | None,
) -> Comparison:
    """Make the comparison of stores that are pooled; the first says which arms are compared.

    Raises
    ------
    InputError
        Where they differ in what counts as help.
    """
    first = Comparison.of(datasets[0], arm, reference, definition, thresholds)
    for other in datasets[1:]:
        if Comparison.of(other, first.arm, first.reference, definition, thresholds) != first:
            raise InputError("boundary: the stores differ in what counts as help; give --definition and --threshold")
    return first


def check(datasets: Sequence[xr.Dataset], x: str, y: str, level: float) -> None:
    """Refuse axes, a level or stores between which there is no boundary.

    Raises
    ------
    InputError
        In one line.
    """
    if x == y:
        raise InputError(f"boundary: x and y are both {x}; two different axes are needed")
    if not 0 < level < 1:
        raise InputError(f"boundary: the level is {level:g}; a share between 0 and 1 is needed")
    asked = [_question(each) for each in datasets]
    for other in asked[1:]:
        if differing := [name for name in asked[0] if asked[0][name] != other.get(name)]:
            raise InputError(f"boundary: the stores are of different sweeps: they differ in {', '.join(differing)}")


def _question(dataset: xr.Dataset) -> dict[str, Any]:
    """What must be the same in sweeps that are pooled."""
    spec = stored_spec(dataset)
    return {name: spec.get(name) for name in ("cohort", "cohorts", "window", "vary", "scale", "arms", "regulation")}


def _edges(dataset: xr.Dataset, comparison: Comparison, axes: tuple[Measure, ...]) -> list[np.ndarray]:
    """Edges of equal cells over the range an axis was sampled over, or over 98 % of its values."""
    names = [*comparison.reads(dataset), *(name for axis in axes for name in axis.needs)]
    block = sample(dataset, names)
    compared = compared_in(judge(block, comparison)[0])
    if not compared.any():
        raise nobody("boundary")
    values = [finite(axis, axis.of(block)[compared], "boundary") for axis in axes]
    for axis, each in zip(axes, values, strict=True):
        if few(each) is not None:
            raise InputError(
                f"boundary: {axis.name} has ten values or fewer; an axis that varies over a range is needed"
            )
    return [edges_of(dataset, axis, each, CELLS) for axis, each in zip(axes, values, strict=True)]


def count_by_cell(
    datasets: Sequence[xr.Dataset], comparison: Comparison, axes: Sequence[Measure], edges: Sequence[np.ndarray]
) -> Counts:
    """Count patients by cell, y before x; those of a sweep refined along other axes by their weights.

    At one place of both axes all patients of a sweep refined along these very axes weigh the same, so that weights
    would only blur its estimate.

    Raises
    ------
    InputError
        Where too few patients were compared.
    """
    shape = (2, *(len(edge) - 1 for edge in edges))
    length = int(np.prod(shape))

    def counted(block: xr.Dataset, _: slice) -> dict[str, np.ndarray]:
        response = judge(block, comparison)[0]
        places = [cell_of(axis.of(block), edge) for axis, edge in zip(axes, edges, strict=True)]
        inside = compared_in(response) & np.all([place >= 0 for place in places], axis=0)
        cell = np.ravel_multi_index([(response != Response.HELPS)[inside], *(each[inside] for each in places)], shape)
        weight = block[WEIGHT].values[inside] if WEIGHT in block else np.ones(len(cell))
        return {
            "totals": np.bincount(response, minlength=len(Response)),
            "counted": np.array(len(cell)),
            "amount": np.bincount(cell, weight, length),
            "square": np.bincount(cell, weight**2, length),
        }

    names = [name for axis in axes for name in axis.needs]
    sums = [
        fold(each, [*comparison.reads(each), *names], counted, answer="boundary", weights=_weights(each, axes))
        for each in datasets
    ]
    total = reduce(merged, sums)
    if total["counted"] < FEWEST:
        raise InputError(
            f"boundary: {total['counted']} patients were compared and lie on the map; {FEWEST} or more are needed"
        )
    return Counts(Cells(total["amount"].reshape(shape), total["square"].reshape(shape)), total["totals"])


def _weights(dataset: xr.Dataset, axes: Sequence[Measure]) -> Weights:
    refined = (stored_spec(dataset).get("refine") or {}).get("axes", [])
    return Weights.EACH_ONCE if set(refined) == {axis.name for axis in axes} else Weights.TAKEN


def _assemble(
    datasets: Sequence[xr.Dataset],
    comparison: Comparison,
    axes: tuple[Measure, Measure],
    edges: Sequence[np.ndarray],
    counted: Counts,
    fit: Fit,
    level: float,
) -> xr.Dataset:
    trace, dims = traced(fit, level), tuple(axis.name for axis in axes)
    places = [np.interp(each, np.linspace(0, 1, len(edge)), edge) for each, edge in zip(trace[1:3], edges, strict=True)]
    shares = {"share": "share helped", "share_low": "lower end of its 95 % band", "share_high": "upper end"}
    data: dict[str, Any] = {
        name: (dims, values, {"long_name": title, "units": "1"})
        for (name, title), values in zip(shares.items(), (fit.share, *band(fit)), strict=True)
    }
    data["line"] = ("vertex", trace.line, {"long_name": "number of the line", "units": "1"})
    for key, axis, values in zip(("boundary_y", "boundary_x"), axes, places, strict=True):
        data[key] = ("vertex", values, {"long_name": axis.label, "units": axis.units})
    described = {"long_name": "half of the 95 % band across the line, as a share of the axes' lengths", "units": "1"}
    data["error"] = ("vertex", trace.error, described)
    out = xr.Dataset(data)
    for axis, edge in zip(axes, edges, strict=True):
        middle = np.interp(
            (np.arange(out.sizes[axis.name]) + 0.5) / out.sizes[axis.name], np.linspace(0, 1, len(edge)), edge
        )
        attrs = {"long_name": axis.label, "units": axis.units, "title": axis.title, "ends": edge[[0, -1]].tolist()}
        out = out.assign_coords({axis.name: (axis.name, middle, attrs)})
    return out.assign_attrs(_about(datasets, comparison, counted, fit, trace, level))


def _about(
    datasets: Sequence[xr.Dataset], comparison: Comparison, counted: Counts, fit: Fit, trace: Trace, level: float
) -> dict[str, Any]:
    totals, length = counted.totals, steps(trace)
    compared = int(totals[list(CLASSES)].sum())
    return {
        **about_sweep(datasets[0]),
        **comparison.attributes,
        "level": level,
        "stores": len(datasets),
        "candidates": int(totals.sum()),
        "compared": compared,
        "blocks_missing": sum(int(each.attrs.get("blocks_missing", 0)) for each in datasets),
        **{member.name.lower(): int(totals[member]) for member in Response},
        "neighbours": fit.neighbours,
        "lines": int(trace.line.max(initial=-1) + 1),
        "length": float(length.sum()),
        **{
            name: float(np.average(values, weights=length)) if length.sum() else float("nan")
            for name, values in (("mean_error", trace.error), ("rise_x", trace.rise_across), ("rise_y", trace.rise_up))
        },
        "settled": float(np.mean((np.abs(fit.share - level) > fit.half_band)[np.isfinite(fit.share)])),
    }


def lines_of(result: xr.Dataset) -> list[xr.Dataset]:
    """Give each line of a boundary by itself."""
    own = result[["line", "boundary_x", "boundary_y", "error"]]
    return [own.isel(vertex=own["line"].values == number) for number in np.unique(own["line"])]
