"""Every row in every mode of regulation, what the balloon does by mode, and half of a guessed constant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from ...sweeps.simulate import simulate
from ..words.numbers import quantiles
from .arm_pressure import nominal
from .effects import Effect, effect, measured
from .populations import Population, populate
from .records import VERDICT_ATTRIBUTES, variables
from .table import Evidence, Recipe, Row

Populations = Mapping[str, Mapping[str, Population]]
"""Mode, recipe -> population."""

OXYGEN_PER_WORK = 1.53e-5
"""mL of oxygen per mmHg mL of pressure-volume area, beside `OXYGEN_AT_REST` a beat [S Khalafbeigui 1979]."""
OXYGEN_AT_REST = 0.019
BALLOON, WITHOUT = "iabp", "off"
FLOW = "coronary_flow"


def in_every_mode(recipe: Recipe, table: Evidence, seed: int) -> dict[str, Population]:
    """Simulate a population in every mode; in its own for all where it has one."""
    if recipe.only is not None:
        own = populate(recipe, table.modes[recipe.only], seed)
        return dict.fromkeys(table.modes, own)
    return {name: populate(recipe, mode, seed) for name, mode in table.modes.items()}


def answers(table: Evidence, populations: Populations) -> dict[str, list[Effect]]:
    """Answer every row in every mode."""
    return {
        mode: [effect(study, row, populations[mode]) for study in table.studies for row in study.rows]
        for mode in table.modes
    }


def by_mode(table: Evidence, populations: Populations, answered: Mapping[str, list[Effect]]) -> xr.Dataset:
    """Lay out what rows and balloon say in every mode.

    Returns
    -------
    xr.Dataset
        Over ``row`` and ``mode`` ``simulated_by_mode`` and the verdicts ``direction_by_mode`` and ``size_by_mode``;
        over ``balloon``, a cohort in a mode, and ``change`` the medians ``balloon_change``.
    """
    settings = [row.setting or study.setting for study in table.studies for row in study.rows]
    columns = [answered[mode] for mode in table.modes]
    both = ("row", "mode")
    sides: dict[str, Any] = {
        "simulated_by_mode": (both, np.array([[each.median for each in column] for column in columns]).T),
        "direction_by_mode": (both, np.array([[each.direction for each in column] for column in columns], np.uint8).T),
        "size_by_mode": (both, np.array([[each.size for each in column] for column in columns], np.uint8).T),
    }
    places = [(recipe, cohort, mode) for recipe, cohort in table.balloon.recipes.items() for mode in _plain(table)]
    told = [
        {"balloon_cohort": cohort, "balloon_mode": mode, "balloon_patients": _both(populations[mode][recipe])}
        for recipe, cohort, mode in places
    ]
    rows = [_row_of(change.of, change.minus, change.unit) for change in table.balloon.changes]
    changes = [[_median(row, populations[mode][recipe]) for row in rows] for recipe, _, mode in places]
    dataset = xr.Dataset(
        sides
        | variables(told, "balloon")
        | {
            "setting": ("row", np.array(settings, dtype=object)),
            "balloon_change": (("balloon", "change"), np.array(changes)),
            "change_unit": ("change", np.array([each.unit for each in table.balloon.changes], dtype=object)),
            "mode_regulation": (
                "mode",
                np.array([each.regulation for each in table.modes.values()], dtype=object),
            ),
            "mode_about": ("mode", np.array([each.about for each in table.modes.values()], dtype=object)),
        },
        {
            "mode": np.array(list(table.modes), dtype=object),
            "change": np.array([each.title for each in table.balloon.changes], dtype=object),
        },
        {"mode": table.mode},
    )
    for name in ("direction_by_mode", "size_by_mode"):
        dataset[name].attrs.update(VERDICT_ATTRIBUTES)
    return dataset


def alternative(table: Evidence, populations: Populations, seed: int) -> xr.Dataset:
    """Answer the rows that read some outcomes, and the balloon's effect on flow, with a constant at another value.

    Returns
    -------
    xr.Dataset
        Over ``alternative`` a quantity as it ``stands`` and as it is ``changed``, in the mode that verdicts go by; as
        attributes what share of a healthy heart's oxygen follows its work.
    """
    other = table.alternative
    changed: dict[str, Population] = {}

    def both(recipe: str, row: Row) -> tuple[float, float]:
        if recipe not in changed:
            own = table.recipes[recipe]
            patients = own.patients | {other.parameter: other.value}
            mode = table.modes[own.only or table.mode]
            changed[recipe] = populate(own.model_copy(update={"patients": patients}), mode, seed)
        return _median(row, populations[table.mode][recipe]), _median(row, changed[recipe])

    told: list[dict[str, Any]] = []
    for study in table.studies:
        for row in study.rows:
            if row.of in other.outcomes and row.beside is None:
                name = row.recipe or study.recipe
                told.append(_told(study.source, f"{name}: {row.quantity}", row.published, *both(name, row), row.unit))
    for name in table.balloon.recipes:
        told.append(_told("", f"{name}: mean flow", "", *both(name, _row_of(FLOW, FLOW, "%")), "%"))
    healthy = simulate(nominal("healthy"), {WITHOUT: {}})
    work = float(healthy["pressure_volume_area"].item())
    following = OXYGEN_PER_WORK * work
    return xr.Dataset(
        variables(told, "alternative"),
        attrs={
            "alternative_parameter": other.parameter,
            "alternative_value": other.value,
            "healthy_pressure_volume_area": work,
            "healthy_oxygen_following_work": following / (following + OXYGEN_AT_REST),
        },
    )


def _told(source: str, quantity: str, published: str, stands: float, changed: float, unit: str) -> dict[str, Any]:
    told: dict[str, Any] = {"source": source, "quantity": quantity, "published": published, "unit": unit}
    told |= {"stands": stands, "changed": changed}
    return {f"alternative_{name}": value for name, value in told.items()}


def _plain(table: Evidence) -> list[str]:
    """Modes of the engine's own names, without variants of their settings."""
    return [name for name, mode in table.modes.items() if name == mode.regulation]


def _row_of(of: str, minus: str | None, unit: str) -> Row:
    measure = "level" if minus is None else "relative" if unit == "%" else "change"
    given = {"quantity": of, "published": "", "definition": "", "of": of, "minus": minus, "unit": unit}
    return Row.model_validate(given | {"measure": measure, "direction": "none", "arm": BALLOON, "reference": WITHOUT})


def _median(row: Row, population: Population) -> float:
    return quantiles(measured(row, population))[1]


def _both(population: Population) -> int:
    return int(population.holds(BALLOON, WITHOUT).sum())
