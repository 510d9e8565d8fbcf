"""Robustness: in which cells of a map the answer stands whatever one assumes of regulation, structure or definition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ...engine import InputError, check_name
from ..numbers.cells import FEWEST, Places, cell_of, laid_out, together, with_axes
from ..numbers.intervals import wilson
from ..reading.measures import Measure, measure
from ..reading.origin import cohort_title, stored_spec
from ..reading.stream import Weights, fold, read, refuse_weights, sample
from ..response.classify import CLASSES, NAMED, Response, compared_in, judge
from ..response.comparison import Comparison
from .assumptions import assumed, variants

STATES = {"fails": -1, "uncertain": 0, "holds": 1}
"""How the answer fares in a cell: the 95 % interval of its share lies below the level, includes it, or lies above."""

STANDS = ("always", "never", "depends", "uncertain")
"""Where the answer holds under all assumptions, under none, is reversed by one, and the rest."""


def robustness(
    datasets: xr.Dataset | Sequence[xr.Dataset],
    x: str,
    y: str,
    *,
    arm: str | None = None,
    reference: str | None = None,
    of: str = "helps",
    level: float = 0.5,
    bins: int | None = None,
    definitions: Sequence[str] = (),
    thresholds: Mapping[str, float] | None = None,
    vary_thresholds: bool = True,
) -> xr.Dataset:
    """Ask of every cell of a map under how many assumptions most of its patients are helped.

    Each assumption differs from the first store in one respect: another store in what its specification says, the
    variants of the first store in the definition or the lines of help and harm. Patients stay in the cell in which the
    first store has them, so that a cell holds the same patients throughout.

    Parameters
    ----------
    datasets : xr.Dataset or sequence of xr.Dataset
        Results of ``open_store`` of the same patients in the same arms.
    x, y : str
        As in :func:`~counterpulse.analysis.maps.map.map`.
    arm, reference, thresholds
        As in :func:`~counterpulse.analysis.response.classify.classify`; of the first store, and used on all.
    of : str
        The class asked about: ``helps``, ``fails`` or ``harms``.
    level : float
        Share of the patients of a cell above which the answer holds.
    bins : int, optional
        Cells along each axis.
    definitions : sequence of str
        Further definitions of help to try on the first store.
    vary_thresholds : bool
        Whether the thresholds of help and of harm are halved and doubled on the first store.

    Returns
    -------
    xr.Dataset
        Over ``assumption``, the first store as it stands, the other stores, then other definitions and lines on the
        first: ``compared``; ``not_here``, compared in the first store but not here; ``class_share`` of the class asked
        about among all compared, with ``_low`` and ``_high`` (Wilson); ``cells_fails``, ``cells_uncertain`` and
        ``cells_holds``: cells by what the answer does there; ``reversed``: those in which it is the contrary of that
        in the first store; ``gained`` and ``lost``: patients compared both ways who are of the class here and not
        there, and the other way round. Over (assumption, y, x) ``share`` with ``_low`` and ``_high``, and ``state``.
        Over (y, x) ``holds``, ``uncertain`` and ``fails``: assumptions; ``patients`` of the first store; ``thin``. Over
        ``stand`` the ``cells`` and the ``patients_share`` in which the answer holds ``always``, ``never``, ``depends``
        on an assumption that reverses it, and the rest. Attributes: the comparison, and how many were compared or not.

    Raises
    ------
    InputError
        For an unknown name, stores of other patients or arms, two that assume the same, or where nobody was compared.
    """
    check_name("of", of, NAMED)
    if not 0 < level < 1:
        raise InputError(f"robustness: level is {level:g}; a share between 0 and 1 is needed")
    if x == y:
        raise InputError(f"robustness: x and y are both {x}; two different axes are needed")
    stores = [datasets] if isinstance(datasets, xr.Dataset) else list(datasets)
    first = stores[0]
    for store in stores:
        refuse_weights(store, "robustness")
    comparison = Comparison.of(first, arm, reference, None, thresholds)
    versions = [(name, store, _carried(store, comparison)) for name, store in zip(assumed(stores), stores, strict=True)]
    further = variants(first, comparison, definitions, vary_thresholds)
    versions += [(name, first, each) for name, each in further.items()]
    axes = [measure(first, name, comparison, f"robustness: {place}") for place, name in (("y", y), ("x", x))]
    block = sample(first, [*comparison.reads(first), *(name for axis in axes for name in axis.needs)])
    compared = compared_in(judge(block, comparison)[0])
    if not compared.any():
        raise InputError(
            "robustness: no patient of the first store was compared: all are outside, left out, failed or not run"
        )
    edges = laid_out(first, axes, block, compared, bins, "robustness")
    counts = _counts(versions, axes, edges, NAMED[of])
    names = [name for name, _, _ in versions]
    cells = _cells(axes, edges, counts, names, level)
    spec = stored_spec(first)
    return _with_stands(_with_assumptions(cells, counts)).assign_attrs(
        name=str(spec.get("name", "")),
        cohort=cohort_title(first),
        **comparison.attributes,
        of=of,
        level=level,
        candidates=int(counts["classes"].sum()),
        compared=int(counts["compared"][0]),
        **{each.name.lower(): int(counts["classes"][each]) for each in Response if each not in CLASSES},
        off_the_map=int(counts["compared"][0] - cells["patients"].sum()),
    )


def _carried(store: xr.Dataset, comparison: Comparison) -> Comparison:
    """Take the comparison of the first store over to another, whose own [response] does not count."""
    return Comparison.of(store, comparison.arm, comparison.reference, comparison.definition, comparison.thresholds)


def _counts(
    versions: Sequence[tuple[str, xr.Dataset, Comparison]],
    axes: Sequence[Measure],
    edges: Sequence[NDArray[np.float64]],
    asked: Response,
) -> dict[str, NDArray[np.int64]]:
    """Count all patients by assumption, and by the cell in which the first store has them."""
    first, shape = versions[0][1], tuple(len(edge) - 1 for edge in edges)
    stores, reads = {id(store): store for _, store, _ in versions}, dict[int, set[str]]()
    for _, store, comparison in versions:
        reads.setdefault(id(store), set()).update(comparison.reads(store))

    def counted(block: xr.Dataset, rows: slice) -> dict[str, NDArray[np.int64]]:
        others = {own: read(stores[own], sorted(reads[own]), rows) for own in reads if own != id(first)}
        blocks = {id(first): block} | others
        places = [cell_of(axis.of(block), edge) for axis, edge in zip(axes, edges, strict=True)]
        cell = together(places[0], places[1], shape[1])
        responses = [judge(blocks[id(store)], comparison)[0] for _, store, comparison in versions]
        each = [_compared(responses[0], own, cell, asked, shape[0] * shape[1]) for own in responses]
        by_assumption = {name: np.stack([one[name] for one in each]) for name in each[0]}
        return by_assumption | {"classes": np.bincount(responses[0], minlength=len(Response))}

    names = [*sorted(reads[id(first)]), *(name for axis in axes for name in axis.needs)]
    return fold(first, names, counted, answer="robustness", weights=Weights.REFUSED)


def _compared(
    first: NDArray[np.uint8], own: NDArray[np.uint8], cell: Places, asked: Response, cells: int
) -> dict[str, NDArray[np.int64]]:
    """Count the patients compared under the first assumption and under another, and who of them is of a class."""
    both = compared_in(own) & compared_in(first)
    member, before = both & (own == asked), both & (first == asked)
    counted = {"compared": both, "members": member, "gained": member & ~before, "lost": before & ~member}
    by_cell = {"patients": both, "inside": member}
    return {name: np.array(mask.sum()) for name, mask in counted.items()} | {
        name: np.bincount(cell[mask & (cell >= 0)], minlength=cells) for name, mask in by_cell.items()
    }


def _cells(
    axes: Sequence[Any],
    edges: Sequence[NDArray[np.float64]],
    counts: Mapping[str, NDArray[np.int64]],
    names: Sequence[str],
    level: float,
) -> xr.Dataset:
    dims = tuple(axis.name for axis in axes)
    shape = tuple(len(edge) - 1 for edge in edges)
    low, high = wilson(counts["inside"], counts["patients"])
    thin = counts["patients"] < FEWEST
    state = np.where(thin, 0, np.where(low > level, 1, np.where(high < level, -1, 0))).astype(np.int8)
    share = counts["inside"] / np.where(counts["patients"] > 0, counts["patients"], np.nan)
    fraction = {"units": "1"}
    flags = {"flag_values": np.array([*STATES.values()], dtype=np.int8), "flag_meanings": " ".join(STATES)}
    stacked: dict[str, tuple[Any, dict[str, Any]]] = {
        "share": (share, {"long_name": "share of the class in the cell", **fraction}),
        "share_low": (low, {"long_name": "lower end of the 95 % interval", **fraction}),
        "share_high": (high, {"long_name": "upper end of the 95 % interval", **fraction}),
        "state": (state, {"long_name": "whether more than the level are of the class", **flags}),
    }
    out = xr.Dataset(
        {name: (("assumption", *dims), each.reshape(-1, *shape), about) for name, (each, about) in stacked.items()},
        coords={"assumption": np.array(list(names), dtype=object)},
    )
    for name, sign in STATES.items():
        counted = (state == sign).sum(axis=0).reshape(shape)
        out[name] = (dims, counted, {"long_name": f"assumptions: {name}", **fraction})
    patients = counts["patients"][0]
    out["patients"] = (dims, patients.reshape(shape), {"long_name": "patients of the first store", **fraction})
    few = ((patients > 0) & thin[0]).reshape(shape)
    out["thin"] = (dims, few, {"long_name": f"fewer than {FEWEST} patients"})
    return with_axes(out, axes, edges)


def _with_assumptions(cells: xr.Dataset, counts: Mapping[str, NDArray[np.int64]]) -> xr.Dataset:
    """Sum up each assumption."""
    state = cells["state"].values.reshape(cells.sizes["assumption"], -1)
    filled = state[:, cells["patients"].values.ravel() > 0]
    low, high = wilson(counts["members"], counts["compared"])
    columns: dict[str, tuple[Any, str]] = {
        "compared": (counts["compared"], "patients compared"),
        "not_here": (counts["compared"][0] - counts["compared"], "patients compared in the first store alone"),
        "class_share": (counts["members"] / np.maximum(counts["compared"], 1), "share of the class"),
        "class_share_low": (low, "lower end of its 95 % interval"),
        "class_share_high": (high, "upper end of its 95 % interval"),
        **{f"cells_{name}": ((filled == sign).sum(axis=1), f"cells: {name}") for name, sign in STATES.items()},
        "reversed": ((filled * filled[0] == -1).sum(axis=1), "cells with the contrary of the first store's answer"),
        "gained": (counts["gained"], "patients of the class here and not in the first store"),
        "lost": (counts["lost"], "patients of the class in the first store and not here"),
    }
    return cells.assign(
        {name: ("assumption", each, {"long_name": words, "units": "1"}) for name, (each, words) in columns.items()}
    )


def _with_stands(cells: xr.Dataset) -> xr.Dataset:
    """Count the cells, and the patients in them, by how the answer fares under all assumptions together."""
    patients, versions = cells["patients"].values, cells.sizes["assumption"]
    holds, fails = cells["holds"].values, cells["fails"].values
    masks = {"always": holds == versions, "never": fails == versions, "depends": (holds > 0) & (fails > 0)}
    masks["uncertain"] = ~np.any(list(masks.values()), axis=0)
    number = np.array([(masks[name] & (patients > 0)).sum() for name in STANDS])
    share = np.array([patients[masks[name]].sum() for name in STANDS]) / max(int(patients.sum()), 1)
    return cells.assign(
        cells=("stand", number, {"long_name": "cells with patients", "units": "1"}),
        patients_share=("stand", share, {"long_name": "share of the patients on the map", "units": "1"}),
    ).assign_coords(stand=np.array(STANDS, dtype=object))
