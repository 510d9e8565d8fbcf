"""Where the next patients are worth most: a sweep like one that ran, but drawn near the boundary it found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from scipy.spatial import cKDTree

from ...engine import InputError
from ...sweeps.design.refinement import check_axes
from ...sweeps.spec.spec import MOST_PATIENTS, Spec, from_canonical
from ..numbers.intervals import Z95
from ..reading.measures import measure
from ..reading.origin import stored_spec
from .boundary import CELLS as FINE
from .boundary import check, pooled, tally
from .smoothing import Trace, fitted, steps, traced

CELLS = 64
"""Cells of a proposal along each axis."""

FINEST = 1000
"""Whole number that stands for the highest density."""

MARGIN = 0.5
"""Part of the kernel's width that is taken for not known, beside the standard error."""

PLAIN_SHARE = 0.15
"""Share drawn from the plain law: what the boundary of a few patients overlooked is still found."""


@dataclass(frozen=True)
class Proposal:
    """A sweep to run next, and what it is good for.

    Attributes
    ----------
    spec : Spec
        With the table [refine].
    level : float
        Share helped on the boundary it was drawn around.
    lines : int
        Lines of that boundary.
    length, mean_error : float
        Of the boundary, as shares of the axes (in positions of their laws).
    gain : float
        Patients near the boundary for each that the plain law would put there.
    weights : tuple of float
        Lowest and highest sampling weight.
    worth : float
        Patients of the plain law whose shares over the whole population would be as sure (Kish), over those proposed.
    """

    spec: Spec
    level: float
    lines: int
    length: float
    mean_error: float
    gain: float
    weights: tuple[float, float]
    worth: float


def propose(
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
) -> Proposal:
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
    fit = fitted(tally(several, comparison, axes, edges).cells)
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
    return _judged(spec, trace, level)


def near(trace: Trace) -> list[list[int]]:
    """Give the relative density over the cells, x before y: how near a boundary is, by what is not known of it."""
    middles = (np.arange(CELLS) + 0.5) / CELLS
    across, up = np.meshgrid(middles, middles, indexing="ij")
    distance, nearest = cKDTree(np.column_stack([trace.across, trace.up])).query(np.stack([across, up], axis=-1))
    unknown = np.maximum(np.hypot(trace.error / Z95, MARGIN * trace.width), 0.5 / CELLS)[nearest]
    return np.rint(FINEST * np.exp(-0.5 * (distance / unknown) ** 2)).astype(int).tolist()  # type: ignore[no-any-return]


def _judged(spec: Spec, trace: Trace, level: float) -> Proposal:
    assert spec.refine is not None
    density, length = spec.refine.density, steps(trace)
    there = density[tuple((place * CELLS).astype(int) for place in (trace.across, trace.up))]
    return Proposal(
        spec=spec,
        level=level,
        lines=int(trace.line.max() + 1),
        length=float(length.sum()),
        mean_error=float(np.average(trace.error, weights=length)),
        gain=float(np.average(there, weights=length)),
        weights=(float(1 / density.max()), float(1 / density.min())),
        worth=float(1 / np.mean(1 / density)),
    )


def as_dict(proposal: Proposal) -> dict[str, Any]:
    """Proposal as plain types for JSON; the cells stand in the sweep file."""
    spec = proposal.spec
    assert spec.refine is not None
    own = {"axes": spec.refine.axes, "plain_share": spec.refine.plain_share, "parent": spec.refine.parent}
    return {**vars(proposal), **own, "spec": spec.hash(), "patients": spec.patients, "seed": spec.seed}


def sentences(proposal: Proposal) -> list[str]:
    """Say it in words."""
    spec = proposal.spec
    assert spec.refine is not None
    lines = "1 line" if proposal.lines == 1 else f"{proposal.lines} lines"
    lowest, highest = proposal.weights
    return [
        f"{spec.patients:,} patients, {100 * (1 - spec.refine.plain_share):.0f} % of them around the boundary where "
        f"the share helped is {100 * proposal.level:g} % ({lines}, {proposal.length:.2f} of an axis long, known to "
        f"{100 * proposal.mean_error:.2g} % of it): {proposal.gain:.1f} times as many there as from the plain law.",
        f"Weights {lowest:.2g} to {highest:.3g} take them back to it; for shares of the whole population they are "
        f"worth {spec.patients * proposal.worth:,.0f} plain patients.",
    ]
