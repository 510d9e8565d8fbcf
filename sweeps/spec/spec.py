"""A sweep: what is asked, validated and frozen. Every mistake is one line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, ValidationInfo, field_serializer, field_validator, model_validator

from ...engine import PARAMETERS, REGULATIONS, InputError, check_name
from ..design.refinement import Refine, check_axes
from ..design.stepwise import Index, rows_together, units_of
from ..population import cohorts
from ..population.checks import arm, items, one_of, scaled, varied
from ..population.distributions import Distribution
from ..population.mixtures import NOBODY, Mixture, mixture, weights
from ..population.sampling import Cohort
from ..population.tables import Table, Whole, shown, shown_key, validated
from ..population.thresholds import RESPONSE_DEFAULTS, setting
from ..user_patients.samples import DESIGN as FILE
from ..user_patients.samples import Samples
from . import rules
from .identity import canonical_form, spec_hash
from .levels import expanded
from .settings import Rhythm, Run, Waveforms

DESIGNS = ("sobol", "latin-hypercube", "random", "grid", "saltelli", "morris")
PRECISIONS = ("float64", "float32")
NAMED = {"regulation": REGULATIONS, "precision": PRECISIONS, "store_precision": PRECISIONS}
"""Keys of the sweep file that take one of a few names."""

TABLES: dict[str, type[Table]] = {
    "run": Run,
    "rhythm": Rhythm,
    "waveforms": Waveforms,
    "refine": Refine,
    "samples": Samples,
}
"""Keys of the sweep file that hold a table with fields of its own."""

NO_ARMS = "at least one is needed, as [arms.off]"


class Spec(Table):
    """A sweep: which virtual patients, in which arms.

    Attributes
    ----------
    name : str
        A title for people.
    cohorts : dict
        Cohorts beside those of the package, by name, or the name of a file of them; those that are not drawn from are
        left out.
    samples : Samples or None
        The user's own patients, where the sweep names a file of them.
    cohort : str, dict or None
        The population the candidates are drawn from, or several with their shares. Of patients from a file, the one
        that what the file leaves out is drawn from; without one that has the model's default.
    patients : int
        Number of candidates; rounded up to a whole grid, to whole base samples (saltelli) or trajectories (morris).
    window : bool or None
        Whether only candidates inside the cohort's window run the other arms. Left out: where nothing is varied,
        but in no saltelli design and of no patients from a file.
    seed : int
        Seed of the design.
    design : str
        How the points lie: sobol, latin-hypercube, random, grid, saltelli or morris. A sweep file may have a table
        here, ``{ file = "mine.csv" }``, for patients of one's own.
    regulation : str
        Mode of regulation: open-loop, baroreflex or map-held.
    precision, store_precision : str
        Of the arithmetic, and of the outcomes in the store: float64 or float32.
    vary : dict
        Parameter to its distribution, independent of everything else.
    groups : dict
        Of a saltelli or morris design: parameters of [vary] that move together, by the name of the group; ``cohort``
        among them means all that the population's own law draws.
    scale : dict
        Parameter to a factor on every patient's value of it, however it came about; what arms set stays.
    arms : dict
        Name to overrides of parameters; order matters. An arm given by levels is one arm for each.
    reference : str or None
        The arm the others are compared with. Left out: the first.
    run : Run
        How it is executed.
    rhythm : Rhythm
        Tolerance and greatest number of beats where the rhythm is irregular.
    response : dict
        Definition and thresholds of helps, fails and harms; what is not given has its default.
    waveforms : Waveforms
        Patients whose waveforms are kept.
    refine : Refine or None
        Where more patients are drawn than the plain law would.
    design_points : int or None
        Points of a design that hangs on how many there are, where the patients are only some of them, evenly spread;
        None: all are.
    """

    name: Annotated[str, Field(max_length=1000)] = ""
    cohorts: dict[str, Cohort] = Field(default_factory=dict)
    samples: Samples | None = None
    cohort: Annotated[str | dict[str, float] | None, Field(description="the name of a population is needed")]
    patients: Annotated[Whole, Field(gt=0, le=rules.MOST_PATIENTS, description="the number of candidates is needed")]
    window: bool | None = None
    seed: Annotated[Whole, Field(ge=0, lt=2**63)] = 0
    design: str = "sobol"
    regulation: str = "open-loop"
    precision: str = "float64"
    store_precision: str = "float32"
    vary: dict[str, Distribution] = Field(default_factory=dict)
    groups: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    scale: dict[str, float] = Field(default_factory=dict)
    arms: Annotated[dict[str, dict[str, float]], Field(description=NO_ARMS)]
    reference: str | None = None
    run: Run = Field(default_factory=Run)
    rhythm: Rhythm = Field(default_factory=Rhythm)
    response: dict[str, str | float] = Field(default_factory=lambda: dict(RESPONSE_DEFAULTS))
    waveforms: Waveforms = Field(default_factory=Waveforms)
    refine: Refine | None = None
    design_points: Annotated[Whole, Field(gt=0, le=rules.MOST_PATIENTS)] | None = None

    @field_validator("name")
    @classmethod
    def _printable(cls, name: str) -> str:
        if not name.isprintable():
            raise InputError(f"name: given {shown(name)}, a text without line breaks or control characters is needed")
        return name

    @field_validator("cohorts", mode="before")
    @classmethod
    def _cohorts_of_tables(cls, raw: object) -> object:
        if isinstance(raw, str):
            raise InputError(f"cohorts: given {shown(raw)}; only a sweep that is a file can name a file beside it")
        tables = dict(items("cohorts", raw))
        ready = {name: each for name, each in tables.items() if isinstance(each, Cohort)}
        return ready or cohorts.from_tables(tables)

    @field_validator("cohort", mode="before")
    @classmethod
    def _known_cohort(cls, raw: object, info: ValidationInfo) -> object:
        if raw is None and info.data.get("samples") is not None:
            return None
        return weights(raw, cohorts.load() | info.data.get("cohorts", {}))

    @field_validator("design", mode="before")
    @classmethod
    def _known_design(cls, name: object, info: ValidationInfo) -> object:
        if isinstance(name, dict):
            raise InputError(f"design: given {shown(name)}; only a sweep that is a file can name a file beside it")
        if name == FILE and info.data.get("samples") is None:
            raise InputError('design: of patients from a file it is told as { file = "mine.csv" }')
        return one_of("design", name, DESIGNS if info.data.get("samples") is None else (FILE,))

    @field_validator(*NAMED, mode="before")
    @classmethod
    def _known_name(cls, name: object, info: ValidationInfo) -> object:
        return one_of(str(info.field_name), name, NAMED[str(info.field_name)])

    @field_validator("vary", mode="before")
    @classmethod
    def _checked_vary(cls, raw: object) -> object:
        return {name: varied(name, law) for name, law in items("vary", raw)}

    @field_validator("groups", mode="before")
    @classmethod
    def _checked_groups(cls, raw: object, info: ValidationInfo) -> object:
        return rules.check_groups(items("groups", raw), info.data.get("vary", {}), info.data.get("design", ""))

    @field_validator("scale", mode="before")
    @classmethod
    def _checked_scale(cls, raw: object) -> object:
        return {name: scaled(name, factor) for name, factor in items("scale", raw)}

    @field_validator("arms", mode="before")
    @classmethod
    def _checked_arms(cls, raw: object, info: ValidationInfo) -> object:
        tables = expanded(items("arms", raw))
        arms = {name: arm(name, overrides, info.data.get("vary", ())) for name, overrides in tables}
        if not arms:
            raise InputError(f"arms: none given, {NO_ARMS}")
        return arms

    @field_validator(*TABLES, mode="before")
    @classmethod
    def _checked_table(cls, raw: object, info: ValidationInfo) -> object:
        name = str(info.field_name)
        left_out = raw is None and cls.model_fields[name].default is None
        return raw if left_out or isinstance(raw, TABLES[name]) else validated(TABLES[name], raw, name)

    @field_validator("response", mode="before")
    @classmethod
    def _checked_response(cls, raw: object) -> object:
        return RESPONSE_DEFAULTS | {name: setting(name, value) for name, value in items("response", raw)}

    @model_validator(mode="before")
    @classmethod
    def _whole_design(cls, raw: dict[str, Any]) -> dict[str, Any]:
        return rules.with_whole_grid(raw) if raw.get("samples") is None else {"cohort": None} | raw

    @model_validator(mode="after")
    def _consistent(self) -> Spec:
        if self.reference is not None:
            check_name("reference", shown_key(self.reference), self.arms)
        if self.refine is not None:
            check_axes(self.refine.axes, self.vary, self.design)
        rules.check_design_points(self.design, self.patients, self.design_points)
        if self.samples is not None:
            rules.check_user_patients(self.samples, self.points, self.vary, self.cohort, self.window)
        rules.check_population(self.population, self.design, self.scale, self.reach)
        irregular = rules.source_of_irregularity(self.arms, self.vary, self.reach)
        rules.check_irregular(irregular, self.regulation, self.waveforms.patients)
        return self

    @model_validator(mode="after")
    def _completed(self) -> Spec:
        # nothing that was not drawn from may hold up a store or tell two sweeps apart
        for name in self.cohorts.keys() - {cohort.name for cohort in self.population.cohorts}:
            del self.cohorts[name]
        together = self.rows_together
        # the model is frozen for everybody else
        object.__setattr__(self, "patients", -(-self.patients // together) * together)
        return self

    @field_serializer("cohorts")
    def _content_of_cohorts(self, tables: dict[str, Cohort]) -> dict[str, Any]:
        return {name: cohort.content() for name, cohort in tables.items()}

    @property
    def population(self) -> Mixture:
        """What the candidates are drawn from; of patients from a file alone, the model's defaults."""
        return NOBODY if self.cohort is None else mixture(self.cohort, cohorts.load() | self.cohorts)

    def reach(self, name: str) -> tuple[float, float]:
        """Lowest and highest value of a parameter among the candidates, before [scale]."""
        if name in self.vary:
            return self.vary[name].bounds
        if self.samples is not None and name in self.samples.parameters:
            return self.samples.parameters[name]
        return self.population.reach(name)

    def located(self, place: Path | str) -> Spec:
        """Give the same, with the user's own patients, where there are any, read elsewhere."""
        if self.samples is None:
            return self
        return self.model_copy(update={"samples": self.samples.located(place)})

    @property
    def varied(self) -> dict[str, Distribution]:
        """What is in [vary], in the order of the model's parameters."""
        return {name: self.vary[name] for name in PARAMETERS if name in self.vary}

    @property
    def dimensions(self) -> int:
        """Coordinates of a point of the design: what is varied, the cohort of a mixture, and the cohorts' own law."""
        population = self.population
        return len(self.vary) + (len(population.cohorts) > 1) + len(population.latents(self.varied))

    @property
    def units(self) -> Index:
        """Unit of each coordinate of a saltelli or morris design: what moves together has one number."""
        return units_of(list(self.varied), self.dimensions - len(self.vary), self.groups)

    @property
    def points(self) -> int:
        """Number of points of the design: the patients, but where these are only some of them."""
        return self.design_points or self.patients

    @property
    def rows_together(self) -> int:
        """Rows of the design that hang together: one, but of a saltelli or morris design."""
        return rows_together(self.design, len(set(self.units)))

    @property
    def rounded(self) -> str:
        """How the number of patients comes about, where it is that of a whole design."""
        if self.design == "grid" and self.design_points is None:
            return f"a whole grid of {self.patients:,} points"
        together = self.rows_together
        return f"{self.patients // together:,} whole sets of {together} rows" if together > 1 else ""

    @property
    def cohort_title(self) -> str:
        """Name of the cohort, or the names and shares of a mixture; empty where there is none."""
        return "" if self.cohort is None else self.population.title

    @property
    def definitions(self) -> dict[str, str]:
        """Cohort to what counts as help in its patients, where the sweep leaves it to the cohorts."""
        return {} if self.cohort is None else self.population.definitions

    @property
    def shock(self) -> dict[str, bool]:
        """Cohort to whether its patients are in shock; empty where there is none."""
        return {} if self.cohort is None else self.population.shock

    @property
    def reference_arm(self) -> str:
        """Name of the arm the others are compared with."""
        return self.reference if self.reference is not None else next(iter(self.arms))

    @property
    def applies_window(self) -> bool:
        """Whether the cohort's window is applied: as told, else where nothing is varied and no row may be missing."""
        return self.window if self.window is not None else not self.vary and self.design not in ("saltelli", FILE)

    @property
    def blocks(self) -> int:
        """Number of blocks; the last may be shorter."""
        return -(-self.patients // self.run.block)

    def canonical(self) -> dict[str, Any]:
        """Everything that was asked, with defaults filled in, in types that JSON keeps."""
        return canonical_form(self.model_dump(mode="json"), window=self.applies_window, reference=self.reference_arm)

    def hash(self) -> str:
        """Return the SHA-256, in hexadecimal, of what decides the results."""
        return spec_hash(self.canonical(), self.population.cohorts, self.units)
