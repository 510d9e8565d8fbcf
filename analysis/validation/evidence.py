"""The whole comparison: every cohort, every published row, and structural uncertainty where it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import count
from typing import Any

import numpy as np
import xarray as xr

from ..words.numbers import quantiles
from .baselines import baseline
from .design_choices import halved_and_doubled
from .effects import Effect
from .modes import Populations, alternative, answers, by_mode, in_every_mode
from .records import VERDICT_ATTRIBUTES, variables
from .table import Column, Evidence, Recipe, load

Progress = Callable[[str, int, int], None]
"""Called with what is about to run, how many parts are done, and how many there are."""

LONG_NAMES = {
    "baseline_verdict": "whether everything of the baseline that is scored is on target",
    "share_inside_verdict": "whether enough candidates lie inside the window",
    "target_verdict": "whether the median of the baseline is on target",
    "span_verdict": "whether the range of the baseline spans enough of the window",
    "direction": "whether the simulated median has the published sign",
    "size": "whether the simulated median lies within the band",
    "candidates": "candidates drawn",
    "share_inside": "share of the candidates inside the cohort's window",
    "failed": "candidates whose run failed",
    "target": "target of the baseline's median",
    "tolerance": "how far the median may be from its target",
    "baseline_median": "median of those inside the window without support",
    "baseline_low": "5 % quantile of those inside the window without support",
    "baseline_high": "95 % quantile of those inside the window without support",
    "at_arm": "pressure of the arm less that of the root, in the median where it is told",
    "setting": "mode that the circumstances of the source call for",
    "simulated_by_mode": "simulated median of the patients",
    "direction_by_mode": "whether the simulated median has the published sign",
    "size_by_mode": "whether the simulated median lies within the band",
    "balloon_change": "median in the arm, or of the change by the balloon",
    "alternative_stands": "simulated median, the model as it stands",
    "alternative_changed": "simulated median, the constant at the other value",
    "span": "5 to 95 % range of the baseline as a share of the window",
    "published": "what was published",
    "simulated": "simulated median of the patients",
    "simulated_low": "5 % quantile of the patients",
    "simulated_high": "95 % quantile of the patients",
    "band_low": "least median of the right size",
    "band_high": "largest median of the right size",
    "patients": "patients compared",
    "choice_patients": "patients compared with and without the change of a design choice",
    "helped_before": "share helped, the model as it stands",
    "helped_after": "share helped, the design choice changed",
    "output_gain_before": "median relative gain of cardiac output, the model as it stands",
    "output_gain_after": "median relative gain of cardiac output, the design choice changed",
    "factor": "factor on the design choice",
    "regulation": "mode of regulation",
}
UNITS = {
    **dict.fromkeys(("share_inside", "span", "factor"), "1"),
    **dict.fromkeys(("helped_before", "helped_after", "output_gain_before", "output_gain_after"), "1"),
    **{f"population_{name}": unit for name, unit in {"pressure": "mmHg", "output": "L/min", "wedge": "mmHg"}.items()},
}
"""Of what has one unit; that of a row is its ``unit``, that of a measurement its ``measurement_unit``."""


BASELINE_OF = {"pressure": "mean_arterial_pressure", "output": "cardiac_output", "wedge": "wedge_pressure"}
"""Outcomes by which a population is described."""


def validate(
    seed: int = 0,
    structural_uncertainty: bool = False,
    *,
    table: Evidence | None = None,
    progress: Progress | None = None,
) -> xr.Dataset:
    """Compare the simulator with its targets and with published effects of the balloon.

    Parameters
    ----------
    seed : int
        Of the populations; the answers are a pure function of it and of the engine.
    structural_uncertainty : bool
        Whether the guessed structural constants, marked [X], are halved and doubled as well.
    table : Evidence, optional
        Default: the one that comes with the package.
    progress : callable, optional
        Called before every part.

    Returns
    -------
    xr.Dataset
        Over ``row`` the published effects: ``source``, ``quantity``, ``published``, ``simulated`` (``_low``,
        ``_high``), the verdicts ``direction`` and ``size``, ``reason`` of what is missed, and how it is
        measured. Over ``cohort`` and ``measurement`` the unsupported baselines: ``baseline_median``, ``target``,
        ``target_verdict`` ... Verdicts of ``row`` are those of the mode in the attribute ``mode``; over ``row`` and
        ``mode`` those of all. Over ``balloon`` what the balloon does by mode, over ``alternative`` rows on flow with
        a guessed constant at another value. Over ``population`` who was simulated, over ``not_computable`` what the
        model cannot answer, and over ``design_choice``, ``factor``, ``regulation`` and ``cohort`` how far a changed
        choice moves the answers.

    Raises
    ------
    InputError
        For a seed out of range, or a cohort in the table that is not known.
    """
    table = table or load()
    used = {name for study in table.studies for row in study.rows for name in (row.recipe or study.recipe, row.beside)}
    recipes = {name: recipe for name, recipe in table.recipes.items() if name in used | set(table.balloon.recipes)}
    perturbed = list(table.targets) if structural_uncertainty else []
    parts = len(table.targets) + len(recipes) + len(perturbed)
    begun = count()

    def followed(what: str, names: Iterable[str]) -> Iterator[str]:
        for name in names:
            place = next(begun)
            if progress is not None:
                progress(f"{what} {name}", place, parts)
            yield name

    baselines = [baseline(name, table, seed) for name in followed("baseline of", table.targets)]
    simulated = {name: in_every_mode(recipes[name], table, seed) for name in followed("population", recipes)}
    populations = {mode: {name: each[mode] for name, each in simulated.items()} for mode in table.modes}
    varied = table.structural_uncertainty
    moves = [
        halved_and_doubled(name, varied.parameters, varied.patients, seed, varied.instead)
        for name in followed("structural uncertainty of", perturbed)
    ]
    described = [_described(name, recipe, populations, table) for name, recipe in recipes.items()]
    answered = answers(table, populations)
    abouts = [study.about for study in table.studies for _ in study.rows]
    effects = [_row(each, about) for each, about in zip(answered[table.mode], abouts, strict=True)]
    missing = [
        {f"not_computable_{name}": value for name, value in each.model_dump().items()} for each in table.not_computable
    ]
    parts_found = [
        by_mode(table, populations, answered),
        alternative(table, populations, seed),
        _over_cohorts(baselines),
    ]
    return _with_attributes(
        xr.merge([*parts_found, *([_over_cohorts(moves)] if moves else [])], combine_attrs="no_conflicts")
        .assign(variables([_column(column) for column in table.columns], "measurement"))
        .assign(variables(effects, "row") | variables(described, "population"))
        .assign(variables(missing, "not_computable"))
        .set_coords(["measurement", "population", "source", "quantity"]),
        table,
        seed,
    )


def _over_cohorts(parts: list[xr.Dataset]) -> xr.Dataset:
    """Put datasets of one cohort each together."""
    names = np.array([part["cohort"].item() for part in parts], dtype=object)
    cohorts = xr.DataArray(names, dims="cohort", name="cohort")
    whole = [part.drop_vars("cohort") for part in parts]
    return xr.concat(whole, cohorts, data_vars="all", coords="minimal", compat="override", join="override")


def _column(column: Column) -> dict[str, Any]:
    """Describe a measurement of the baseline."""
    return {
        "measurement": column.title,
        "measurement_unit": column.unit,
        "measurement_tolerance": column.tolerance,
        "measurement_relative_tolerance": column.relative_tolerance,
        "measurement_spans": column.spans,
    }


def _row(effect: Effect, about: str) -> dict[str, Any]:
    """Describe a published effect beside the simulated one."""
    asked = effect.row.model_dump(exclude={"recipe", "low", "high", "direction", "setting"})
    return asked | {
        "source": effect.source,
        "source_about": about,
        "recipe": effect.recipe,
        "direction_wanted": effect.row.direction,
        "band_low": effect.row.low,
        "band_high": effect.row.high,
        "simulated": effect.median,
        "simulated_low": effect.low,
        "simulated_high": effect.high,
        "patients": effect.patients,
        "direction": effect.direction,
        "size": effect.size,
        "reason": effect.reason,
    }


def _described(name: str, recipe: Recipe, populations: Populations, table: Evidence) -> dict[str, Any]:
    """Describe a population by those wanted and run, at their baseline; failed are the most in any mode."""
    population = populations[table.mode][name]
    reference = str(population.parts[0]["arm"].values[0])
    holds = population.holds(reference)
    medians = {
        f"population_{short}": quantiles(population.values(outcome, reference)[holds])[1]
        for short, outcome in BASELINE_OF.items()
    }
    return {
        "population": name,
        "population_about": recipe.about,
        "population_candidates": len(holds),
        "population_patients": int(holds.sum()),
        "population_failed": max(each[name].failed for each in populations.values()),
        **medians,
        "population_recipe": recipe.model_dump_json(),
    }


def _with_attributes(dataset: xr.Dataset, table: Evidence, seed: int) -> xr.Dataset:
    """Say what the variables are, and by which rules the baselines are judged."""
    for name in ("direction", "size", *(name for name in map(str, dataset.data_vars) if name.endswith("_verdict"))):
        dataset[name].attrs.update(VERDICT_ATTRIBUTES)
    for name, text in LONG_NAMES.items():
        if name in dataset.variables:
            dataset[name].attrs["long_name"] = text
    for name, units in UNITS.items():
        if name in dataset.variables:
            dataset[name].attrs["units"] = units
    rules: Mapping[str, Any] = table.baseline.model_dump()
    title = "simulated baselines and published effects of the balloon beside their targets"
    return dataset.assign_attrs(title=title, seed=seed, **{f"baseline_{name}": value for name, value in rules.items()})
