"""Every cohort's unsupported baseline against its target: medians, shares inside the window, spans."""

from __future__ import annotations

from dataclasses import dataclass

from ...engine import Status
from ...sweeps.population import cohorts
from .populations import populate
from .quantities import Array, spread
from .table import Column, Evidence, Recipe


@dataclass(frozen=True)
class Level:
    """One quantity of a cohort's baseline; ``right`` and ``spanning`` are None where they are not scored."""

    title: str
    unit: str
    target: float | None
    tolerance: float | None
    median: float
    low: float
    high: float
    right: bool | None
    span: float | None
    spanning: bool | None


@dataclass(frozen=True)
class Baseline:
    """A cohort's baseline: shares of the candidates, and every quantity."""

    cohort: str
    candidates: int
    inside: float
    failed: int
    enough_inside: bool
    levels: tuple[Level, ...]

    @property
    def right(self) -> bool:
        """Whether everything that is scored is on target."""
        verdicts = [verdict for level in self.levels for verdict in (level.right, level.spanning)]
        return self.enough_inside and all(verdict is not False for verdict in verdicts)


def baseline(cohort: str, table: Evidence, seed: int) -> Baseline:
    """Draw a cohort, simulate it without support, and compare it with its targets."""
    rules = table.baseline
    recipe = Recipe(about="", cohorts=[cohort], candidates=rules.candidates, arms={"off": {}})
    population = populate(recipe, seed)
    status = population.status("off")
    inside = status == Status.OK
    window = cohorts.window(cohort)
    levels = tuple(
        _level(
            column,
            table.targets[cohort].get(column.title),
            column.scale * population.values(column.outcome, "off")[inside],
            window.get(column.outcome) if column.spans else None,
            rules.least_span,
        )
        for column in table.columns
    )
    return Baseline(
        cohort=cohort,
        candidates=len(status),
        inside=float(inside.mean()),
        failed=population.failed,
        enough_inside=bool(inside.mean() >= rules.least_share_inside),
        levels=levels,
    )


def _level(
    column: Column, target: float | None, values: Array, window: tuple[float, float] | None, least_span: float
) -> Level:
    low, median, high = spread(values)
    tolerance = None if target is None else column.allowed(target)
    span = None if window is None else (high - low) / (window[1] - window[0])
    return Level(
        title=column.title,
        unit=column.unit,
        target=target,
        tolerance=tolerance,
        median=median,
        low=low,
        high=high,
        right=None if target is None or tolerance is None else bool(abs(median - target) <= tolerance),
        span=span,
        spanning=None if span is None else bool(span >= least_span),
    )
