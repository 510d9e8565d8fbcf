"""Every cohort's unsupported baseline against its target: medians, shares inside the window, spans."""

from __future__ import annotations

from typing import Any

import xarray as xr

from ...engine import Status
from ...sweeps.population import cohorts
from ..words.numbers import quantiles
from .arm_pressure import LEAST, arm_less_root
from .populations import populate
from .quantities import Array
from .records import Verdict, variables
from .table import Column, Evidence, Mode, Recipe

UNREGULATED = Mode(regulation="open-loop", about="")
"""Without support all modes are one."""


def baseline(cohort: str, table: Evidence, seed: int) -> xr.Dataset:
    """Draw a cohort, simulate it without support, and compare it with its targets.

    Returns
    -------
    xr.Dataset
        Variables over ``measurement`` and without a dimension, as `validate` names them, and the coordinate ``cohort``.
    """
    rules = table.baseline
    recipe = Recipe(about="", cohorts=[cohort], candidates=rules.candidates, arms={"off": {}})
    population = populate(recipe, UNREGULATED, seed)
    status = population.status("off")
    inside = status == Status.OK
    window = cohorts.window(cohort)
    measured = [
        _measured(
            column,
            table.targets[cohort].get(column.title),
            column.scale * population.values(column.outcome, "off")[inside],
            window.get(column.outcome) if column.spans else None,
            rules.least_span,
            _at_arm(column, cohort),
        )
        for column in table.columns
    ]
    enough = bool(inside.mean() >= rules.least_share_inside)
    verdicts = [row[name].right for row in measured for name in ("target_verdict", "span_verdict")]
    whole = {
        "candidates": len(status),
        "share_inside": float(inside.mean()),
        "failed": population.failed,
        "share_inside_verdict": int(Verdict.of(enough)),
        "baseline_verdict": int(Verdict.of(enough and all(verdict is not False for verdict in verdicts))),
    }
    return xr.Dataset(variables(measured, "measurement") | whole, {"cohort": cohort})


def _at_arm(column: Column, cohort: str) -> float:
    """By how much a pressure by cuff is another in the arm than in the root; 0 where that is little."""
    difference = arm_less_root(cohort)[column.by_cuff] if column.by_cuff is not None else 0.0
    return difference if abs(difference) > LEAST else 0.0


def _measured(
    column: Column,
    target: float | None,
    values: Array,
    window: tuple[float, float] | None,
    least_span: float,
    at_arm: float,
) -> dict[str, Any]:
    low, median, high = quantiles(values + at_arm)
    tolerance = None if target is None else column.allowed(target)
    span = None if window is None else (high - low) / (window[1] - window[0])
    off_by = None if target is None or tolerance is None else abs(median - target)
    return {
        "target": target,
        "tolerance": tolerance,
        "at_arm": at_arm,
        "baseline_median": median,
        "baseline_low": low,
        "baseline_high": high,
        "target_verdict": Verdict.of(None if off_by is None or tolerance is None else off_by <= tolerance),
        "span": span,
        "span_verdict": Verdict.of(None if span is None else span >= least_span),
    }
