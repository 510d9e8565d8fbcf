"""What the simulator is compared with: ``rows.toml``, read and checked."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from importlib.resources import files
from typing import Annotated, Literal

from pydantic import Field

from ...engine import OUTCOMES, PARAMETERS, REGULATIONS, check_name
from ...sweeps.population.tables import Number, PositiveNumber, Table, validated
from ..response.definitions import DEFINITIONS
from .quantities import DERIVED

Share = Annotated[Number, Field(ge=0, le=1)]
Count = Annotated[int, Field(gt=0, le=100_000)]


class Column(Table):
    """A quantity of the baseline; scored where it has a tolerance, absolute or as a share of the target.

    What is published `by_cuff` is compared with the arm's pressure where that is another than the root's.
    """

    title: str
    outcome: str
    unit: str
    scale: PositiveNumber = 1.0
    tolerance: PositiveNumber | None = None
    relative_tolerance: PositiveNumber | None = None
    spans: bool = False
    by_cuff: Literal["systolic", "diastolic"] | None = None

    def allowed(self, target: float) -> float | None:
        """How far the median may be from its target; None where it is not scored."""
        if self.relative_tolerance is not None:
            return self.relative_tolerance * target
        return self.tolerance


class BaselineRules(Table):
    """How many candidates are drawn, and what makes a population of those inside the window."""

    candidates: Count
    least_share_inside: Share
    least_span: Share
    about: str


class Between(Table):
    """A range of an outcome of the unsupported baseline."""

    low: Number = -1e9
    high: Number = 1e9


class Mode(Table):
    """A mode of regulation, with what it sets of the patients, in which every row is answered."""

    regulation: str
    about: str
    patients: dict[str, Number] = Field(default_factory=dict)


class Recipe(Table):
    """A population and the arms it is run in.

    `only` is the one mode of a population whose arm a regulation would undo; `apart` keeps those who are not between
    the ranges of `where`.
    """

    about: str
    cohorts: Annotated[list[str], Field(min_length=1)]
    candidates: Count
    window: bool = True
    only: str | None = None
    patients: dict[str, Number] = Field(default_factory=dict)
    where: dict[str, Between] = Field(default_factory=dict)
    apart: bool = False
    arms: Annotated[dict[str, dict[str, Number]], Field(min_length=1)]


class Row(Table):
    """One published quantity: where it is read in the simulation, and what would agree with it."""

    quantity: str
    published: str
    definition: str
    recipe: str | None = None
    measure: Literal["change", "relative", "share-below", "share-meeting", "level", "split"]
    of: str
    minus: str | None = None
    arm: str = "iabp"
    reference: str = "off"
    limit: Number | None = None
    by: str | None = None
    setting: str | None = None
    beside: str | None = None
    compared: Literal["difference", "ratio"] = Field(default="difference", alias="as")
    unit: Literal["mmHg", "mL", "L/min", "%", "points", "times", "1/min", "L/min/m2", "dyn s cm-5", "mmHg mL"]
    direction: Literal["up", "down", "unchanged", "none"]
    value: Number | None = None
    low: Number | None = None
    high: Number | None = None
    band: str = ""
    scored: bool = True
    seen: bool = False
    miss: str = ""


class Study(Table):
    """The rows of one source, the population closest to its own, and the mode that its setting calls for."""

    source: str
    about: str
    recipe: str
    setting: str
    rows: Annotated[list[Row], Field(min_length=1)]


class Missing(Table):
    """A published quantity that the model cannot answer, and why."""

    source: str
    quantity: str
    published: str
    reason: str


class StructuralUncertainty(Table):
    """Design choices that are halved and doubled, or set to two values, and those that are not, with the reason."""

    patients: Count
    parameters: list[str]
    instead: dict[str, Annotated[tuple[Number, Number], Field(strict=False)]] = Field(default_factory=dict)
    left_out: dict[str, str]


class Change(Table):
    """What is told of the balloon by mode: a level in the arm, or the change from an outcome without it."""

    title: str
    of: str
    minus: str | None = None
    unit: str


class Balloon(Table):
    """Populations in which the balloon's effect is told by mode."""

    recipes: dict[str, str]
    changes: list[Change]


class Alternative(Table):
    """A constant at another value, in the rows that read one of some outcomes."""

    parameter: str
    value: Number
    outcomes: list[str]


class Evidence(Table):
    """The whole file."""

    mode: str
    modes: dict[str, Mode]
    baseline: BaselineRules
    columns: list[Column]
    targets: dict[str, dict[str, Number]]
    recipes: dict[str, Recipe]
    studies: list[Study]
    not_computable: list[Missing]
    balloon: Balloon
    alternative: Alternative
    structural_uncertainty: StructuralUncertainty


@lru_cache(maxsize=1)
def load() -> Evidence:
    """Read and check the table that comes with the package."""
    text = files(__package__).joinpath("rows.toml").read_text(encoding="utf-8")
    return checked(validated(Evidence, tomllib.loads(text), "rows.toml"))


def checked(table: Evidence) -> Evidence:
    """Check that every name in the table is known.

    Raises
    ------
    InputError
        For the first that is not.
    """
    known = (*OUTCOMES, *PARAMETERS, *DERIVED)
    check_name("rows.toml: mode", table.mode, table.modes)
    for name, mode in table.modes.items():
        check_name(f"rows.toml: modes.{name}", mode.regulation, REGULATIONS)
        for parameter in mode.patients:
            check_name(f"rows.toml: modes.{name}", parameter, PARAMETERS)
    for column in table.columns:
        check_name("rows.toml: columns", column.outcome, known)
    for cohort, targets in table.targets.items():
        for title in targets:
            check_name(f"rows.toml: targets.{cohort}", title, [column.title for column in table.columns])
    for recipe_name, recipe in table.recipes.items():
        for name in recipe.where:
            check_name(f"rows.toml: recipes.{recipe_name}.where", name, known)
        check_name(f"rows.toml: recipes.{recipe_name}.only", recipe.only or table.mode, table.modes)
    for study in table.studies:
        for row in study.rows:
            _check_row(f"rows.toml: {study.source}: {row.quantity}", row, study, table)
    varied = table.structural_uncertainty
    for parameter in (*varied.parameters, *varied.left_out, *varied.instead):
        check_name("rows.toml: structural_uncertainty", parameter, PARAMETERS)
    return table


def _check_row(where: str, row: Row, study: Study, table: Evidence) -> None:
    known = DEFINITIONS if row.measure == "share-meeting" else (*OUTCOMES, *PARAMETERS, *DERIVED)
    for name in (row.of, row.minus or row.of):
        check_name(where, name, known)
    check_name(where, row.by or "cardiac_output", OUTCOMES)
    check_name(where, row.setting or study.setting, table.modes)
    for name in (row.recipe or study.recipe, row.beside or study.recipe):
        check_name(where, name, table.recipes)
        for arm in {row.arm, row.reference} if row.measure != "level" else {row.arm}:
            check_name(where, arm, table.recipes[name].arms)
