"""Where the next patients are worth most: a sweep like one that ran, but drawn near the boundary it found."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr
from scipy.spatial import cKDTree

from ...engine import PARAMETERS, InputError
from ...sweeps.design.refinement import check_axes
from ...sweeps.spec.file import from_canonical
from ...sweeps.spec.rules import MOST_PATIENTS
from ...sweeps.spec.spec import Spec
from ..numbers.intervals import Z95
from ..reading.measures import measure, short
from ..reading.origin import stored_spec
from ..words.parts import Part, Text
from .boundary import CELLS as FINE
from .boundary import check, count_by_cell, pooled
from .smoothing import Trace, fitted, steps, traced

CELLS = 64
"""Cells of a proposal along each axis."""

FINEST = 1000
"""Whole number that stands for the highest density."""

MARGIN = 0.5
"""Part of the kernel's width that is taken for not known, beside the standard error."""

PLAIN_SHARE = 0.15
"""Share drawn from the plain law: what the boundary of a few patients overlooked is still found."""


def refine(
    datasets: xr.Dataset | Sequence[xr.Dataset],
    x: str,
    y: str,
    patients: int,
    *,
    arm: str | None = None,
    reference: str | None = None,
    level: float = 0.5,
    plain_share: float = PLAIN_SHARE,
    seed: int | None = None,
    definition: str | None = None,
    thresholds: Mapping[str, float] | None = None,
) -> xr.Dataset:
    """Make the sweep that spends a budget of patients near the boundary of a store.

    The density falls off from the boundary like a normal law, whose width at each place is what is not known of it:
    the boundary's standard error there, and half the width of the kernel that found it.

    Parameters
    ----------
    datasets : xr.Dataset or sequence of xr.Dataset
        Results of ``open_store``, of a sobol or random design; several are pooled, as a sweep and one refined from it.
    x, y : str
        Parameters in [vary] that vary over a range.
    patients : int
        Candidates of the new sweep.
    arm, reference, level, definition, thresholds
        As in :func:`~counterpulse.analysis.maps.boundary.boundary`.
    plain_share : float
        Share of the new patients drawn from the plain law; no weight is above its inverse.
    seed : int, optional
        Of the new sweep; default the old one's and 1. With equal seeds the patients would not be independent.

    Returns
    -------
    xr.Dataset
        Over (x, y) the ``density`` of the new patients over that of the plain law. Attributes: ``spec``, the new sweep
        as a store keeps it, with the table [refine]; of the boundary it was drawn around ``level``, ``lines`` (how
        many), ``length`` and ``mean_error`` (shares of the axes, in positions of their laws); ``gain``: patients near
        the boundary for each that the plain law would put there; ``lowest_weight`` and ``highest_weight``; ``worth``:
        patients of the plain law whose shares over the whole population would be as sure (Kish), over those proposed.

    Raises
    ------
    InputError
        Where the axes are not free to be chosen, or there is no boundary.
    """
    several = [datasets] if isinstance(datasets, xr.Dataset) else list(datasets)
    if not all(stored_spec(each) for each in several):
        raise InputError("refine: the data set does not say the sweep it is from; a store is needed")
    if not 0 < patients <= MOST_PATIENTS:
        raise InputError(f"refine: {patients} patients are not possible; 1 to {MOST_PATIENTS} are")
    parent = from_canonical(stored_spec(several[-1]))
    check_axes((x, y), parent.vary, parent.design)
    comparison = pooled(several, arm, reference, definition, thresholds)
    check(several, x, y, level)
    axes = [measure(several[0], name, comparison, "refine") for name in (y, x)]
    # positions in the laws, so that in every cell the plain law puts as many
    share = np.linspace(0, 1, FINE + 1)
    edges = [parent.vary[name].quantile(share) * parent.scale.get(name, 1.0) for name in (y, x)]
    fit = fitted(count_by_cell(several, comparison, axes, edges).cells)
    trace = traced(fit, level)
    if not trace.line.size:
        low, high = 100 * np.nanmin(fit.share), 100 * np.nanmax(fit.share)
        raise InputError(
            f"refine: the share helped crosses {100 * level:g} % nowhere over {x} and {y}; "
            f"it is {low:.0f} to {high:.0f} %"
        )
    own = {"axes": (x, y), "plain_share": plain_share, "parent": parent.hash(), "cells": near(trace)}
    content = parent.canonical() | {"refine": own, "patients": patients, "waveforms": {"patients": 0}}
    spec = from_canonical(content | {"seed": (parent.seed + 1) % 2**63 if seed is None else seed})
    if spec.seed == parent.seed:
        raise InputError(f"refine: the seed {seed} is the old sweep's own; another is needed")
    return _answer(spec, trace, level)


def near(trace: Trace) -> list[list[int]]:
    """Give the relative density over the cells, x before y: how near a boundary is, by what is not known of it."""
    middles = (np.arange(CELLS) + 0.5) / CELLS
    across, up = np.meshgrid(middles, middles, indexing="ij")
    distance, nearest = cKDTree(np.column_stack([trace.across, trace.up])).query(np.stack([across, up], axis=-1))
    unknown = np.maximum(np.hypot(trace.error / Z95, MARGIN * trace.width), 0.5 / CELLS)[nearest]
    return np.rint(FINEST * np.exp(-0.5 * (distance / unknown) ** 2)).astype(int).tolist()  # type: ignore[no-any-return]


def _answer(spec: Spec, trace: Trace, level: float) -> xr.Dataset:
    assert spec.refine is not None
    density, length = spec.refine.density, steps(trace)
    there = density[tuple((place * CELLS).astype(int) for place in (trace.across, trace.up))]
    middles = (np.arange(CELLS) + 0.5) / CELLS
    axes = {
        name: (
            name,
            spec.vary[name].quantile(middles) * spec.scale.get(name, 1.0),
            {"long_name": short(PARAMETERS[name].long_name), "units": PARAMETERS[name].units},
        )
        for name in spec.refine.axes
    }
    about = {"long_name": "density of the new patients over that of the plain law", "units": "1"}
    return xr.Dataset({"density": (spec.refine.axes, density, about)}, axes).assign_attrs(
        spec=json.dumps(spec.canonical()),
        level=level,
        lines=int(trace.line.max() + 1),
        length=float(length.sum()),
        mean_error=float(np.average(trace.error, weights=length)),
        gain=float(np.average(there, weights=length)),
        lowest_weight=float(1 / density.max()),
        highest_weight=float(1 / density.min()),
        worth=float(1 / np.mean(1 / density)),
    )


def proposed(answer: xr.Dataset) -> Spec:
    """Read the new sweep from the answer of :func:`refine`."""
    return from_canonical(stored_spec(answer))


def sentences(answer: xr.Dataset) -> list[str]:
    """Say where the new patients go, and what they are worth."""
    spec, about = proposed(answer), answer.attrs
    assert spec.refine is not None
    lines = "1 line" if about["lines"] == 1 else f"{about['lines']} lines"
    return [
        f"{spec.patients:,} patients, {100 * (1 - spec.refine.plain_share):.0f} % of them around the boundary where "
        f"the share helped is {100 * about['level']:g} % ({lines}, {about['length']:.2f} of an axis long, known to "
        f"{100 * about['mean_error']:.2g} % of it): {about['gain']:.1f} times as many there as from the plain law.",
        f"Weights {about['lowest_weight']:.2g} to {about['highest_weight']:.3g} take them back to it; for shares of "
        f"the whole population they are worth {spec.patients * about['worth']:,.0f} plain patients.",
    ]


def in_words(answer: xr.Dataset) -> list[Part]:
    """Say it in sentences."""
    return [Text(sentences(answer))]
