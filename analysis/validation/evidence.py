"""The whole comparison: every cohort, every published row, and structural doubt where it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, count
from typing import Any

from .baselines import Baseline, baseline
from .doubt import Moved, doubt
from .effects import Effect, effect
from .populations import Population, populate
from .quantities import spread
from .table import Evidence, Missing, load

Progress = Callable[[str, int, int], None]
"""Called with what is about to run, how many parts are done, and how many there are."""


@dataclass(frozen=True)
class Drawn:
    """A population of the comparisons as it came out."""

    name: str
    about: str
    candidates: int
    patients: int
    failed: int
    pressure: float
    output: float
    wedge: float


@dataclass(frozen=True)
class Answers:
    """Everything the table asks for, answered."""

    table: Evidence
    seed: int
    baselines: tuple[Baseline, ...]
    populations: tuple[Drawn, ...]
    effects: tuple[Effect, ...]
    not_computable: tuple[Missing, ...]
    doubts: tuple[Moved, ...]


def validate(
    seed: int = 0, with_doubt: bool = False, table: Evidence | None = None, progress: Progress | None = None
) -> Answers:
    """Compare the simulator with its targets and with published effects.

    Parameters
    ----------
    seed : int
        Of the populations; the answers are a pure function of it and of the engine.
    with_doubt : bool
        Whether design choices are halved and doubled as well.
    table : Evidence, optional
        Default: the one that comes with the package.
    progress : callable, optional
        Called before every part.

    Raises
    ------
    InputError
        For a seed out of range, or a cohort in the table that is not known.
    """
    table = table or load()
    used = {name for study in table.studies for row in study.rows for name in (row.recipe or study.recipe, row.beside)}
    recipes = {name: recipe for name, recipe in table.recipes.items() if name in used}
    doubted = list(table.targets) if with_doubt else []
    parts = len(table.targets) + len(recipes) + len(doubted)
    begun = count()

    def followed(what: str, names: Iterable[str]) -> Iterator[str]:
        for name in names:
            place = next(begun)
            if progress is not None:
                progress(f"{what} {name}", place, parts)
            yield name

    baselines = tuple(baseline(name, table, seed) for name in followed("baseline of", table.targets))
    populations = {name: populate(recipes[name], seed) for name in followed("population", recipes)}
    doubts = [doubt(name, table.doubt.parameters, table.doubt.patients, seed) for name in followed("doubt in", doubted)]
    return Answers(
        table=table,
        seed=seed,
        baselines=baselines,
        populations=tuple(_drawn(name, recipes[name].about, each) for name, each in populations.items()),
        effects=tuple(effect(study, row, populations) for study in table.studies for row in study.rows),
        not_computable=tuple(table.not_computable),
        doubts=tuple(chain.from_iterable(doubts)),
    )


def _drawn(name: str, about: str, population: Population) -> Drawn:
    """Describe a population by those wanted and run, at their baseline."""
    reference = str(population.parts[0]["arm"].values[0])
    holds = population.holds(reference)
    baseline_of = ("mean_arterial_pressure", "cardiac_output", "wedge_pressure")
    medians = (spread(population.values(outcome, reference)[holds])[1] for outcome in baseline_of)
    return Drawn(name, about, len(holds), int(holds.sum()), population.failed, *medians)


def as_dict(answers: Answers) -> dict[str, Any]:
    """Answers as plain types for JSON."""
    return {
        "seed": answers.seed,
        "counts": counts(answers),
        "baselines": [
            {**vars(each), "right": each.right, "levels": [vars(level) for level in each.levels]}
            for each in answers.baselines
        ],
        "populations": [
            {**vars(each), "recipe": answers.table.recipes[each.name].model_dump(mode="json")}
            for each in answers.populations
        ],
        "effects": [
            {**each.row.model_dump(mode="json"), **{name: value for name, value in vars(each).items() if name != "row"}}
            | {"direction_wanted": each.row.direction, "reason": each.reason}
            for each in answers.effects
        ],
        "not_computable": [each.model_dump(mode="json") for each in answers.not_computable],
        "doubt": [{**vars(each), "before": vars(each.before), "after": vars(each.after)} for each in answers.doubts],
    }


def counts(answers: Answers) -> dict[str, int]:
    """How many cohorts, directions and sizes are scored, and how many of them are right."""
    directions = [each.direction for each in answers.effects if each.direction is not None]
    sizes = [each.size for each in answers.effects if each.size is not None]
    return {
        "cohorts": len(answers.baselines),
        "cohorts_right": sum(each.right for each in answers.baselines),
        "directions": len(directions),
        "directions_right": sum(directions),
        "sizes": len(sizes),
        "sizes_right": sum(sizes),
    }
