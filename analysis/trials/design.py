"""The design of a trial or an observational study, as a TOML file says it: typed, checked, one line for a mistake."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from ...engine import InputError
from ...sweeps.population.tables import Number, Table, Whole, validated
from ...sweeps.population.toml import read
from ..devices.rivals_order import read_target
from ..prognosis.constants import Prognosis, prognosis

Share = Annotated[Number, Field(ge=0, le=1)]
Inside = Annotated[Number, Field(gt=0, lt=1)]


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("a text without control characters is needed")
    return text


Text = Annotated[str, Field(min_length=1, max_length=300), AfterValidator(_printable)]
Ratio = Annotated[Number, Field(ge=0.001, le=1000)]
Patients = Annotated[Whole, Field(ge=4, le=1_000_000)]

MOST_DRAWS = 20_000_000
"""Patients times replicates of a study, at most."""


class Window(Table):
    """Bounds of a measured value; one of the two may be absent."""

    low: Number | None = None
    high: Number | None = None

    @model_validator(mode="after")
    def _check(self) -> Window:
        if self.low is None and self.high is None:
            raise ValueError("low or high is needed")
        if self.low is not None and self.high is not None and self.low >= self.high:
            raise ValueError(f"low must be below high, {self.low:g} is not below {self.high:g}")
        return self


class Crossover(Table):
    """Shares of an arm that get the other arm's treatment."""

    to_device: Share = 0.0
    from_device: Share = 0.0


class Escalation(Table):
    """A rival for those whose measured value fails a target under what they got: an arm of the store, and how many."""

    arm: Text
    target: Text
    share: Share = 1.0


class Randomised(Table):
    """A randomised trial: patients of both arms together, and the share that is allocated to the device."""

    patients: Patients
    allocation: Inside = 0.5
    crossover: Crossover = Crossover()
    escalation: Escalation | None = None


class Observational(Table):
    """An observational study: who is treated hangs on what is seen and on a severity that is not recorded.

    Attributes
    ----------
    patients : int
    treated : float
        Share treated.
    sees : dict of str to float
        Measured value to the log-odds of treatment per standard deviation of it; all of them are adjusted for.
    severity : float
        Log-odds of treatment per standard deviation of the severity that is not recorded: above 0 the sicker are
        treated, below 0 the less sick.
    caliper : float
        Of the matching, in standard deviations of the logit of the propensity.
    replicates : int
    """

    patients: Patients
    treated: Inside
    sees: Annotated[dict[str, Annotated[Number, Field(ge=-10, le=10)]], Field(min_length=1, max_length=12)]
    severity: Annotated[Number, Field(ge=-5, le=5)] = 0.7
    caliper: Annotated[Number, Field(gt=0, le=10)] = 0.2
    replicates: Annotated[Whole, Field(ge=20, le=100_000)] = 500


class Published(Table):
    """A published result, beside which the model's own are shown.

    Attributes
    ----------
    name, source : str
    of : str
        ``randomised``, ``observational`` (crude) or ``matched``.
    device, control : tuple of int
        Deaths and patients of each arm; the risk ratio is calculated from them.
    risk_ratio, low, high : float
        Where the counts are not known, or with the published interval.
    """

    name: Text
    source: Text
    of: Literal["randomised", "observational", "matched"] = "randomised"
    device: Annotated[tuple[Whole, Whole], Field(strict=False)] | None = None
    control: Annotated[tuple[Whole, Whole], Field(strict=False)] | None = None
    risk_ratio: Ratio | None = None
    low: Ratio | None = None
    high: Ratio | None = None

    @model_validator(mode="after")
    def _check(self) -> Published:
        counts = self.device, self.control
        if (self.device is None) != (self.control is None):
            raise ValueError("device and control go together, each as [deaths, patients]")
        if self.device is None and self.risk_ratio is None:
            raise ValueError("risk_ratio, or device and control as [deaths, patients], is needed")
        if any(each is not None and not 0 <= each[0] <= each[1] > 0 for each in counts):
            raise ValueError("deaths are at least 0 and at most the patients")
        if (self.low is None) != (self.high is None):
            raise ValueError("low and high, the ends of the interval, go together")
        ratio = self.risk_ratio
        if self.low is not None and self.high is not None and not self.low <= (ratio or self.low) <= self.high:
            told = "low to high" if ratio is None else f"low, risk_ratio {ratio:g} and high"
            raise ValueError(f"{told} must rise, given {self.low:g} and {self.high:g}")
        return self


class Design(Table):
    """A trial, an observational study or both, on the same patients."""

    name: Text = "A virtual trial"
    arm: Text | None = None
    reference: Text | None = None
    outcome: Text = "death"
    horizon: Annotated[Number, Field(gt=0, le=3650)] = 30.0
    control_mortality: Inside
    days_of_support: Annotated[Number, Field(ge=0, le=365)] = 3.0
    seed: Annotated[Whole, Field(ge=0, lt=2**32)] = 0
    replicates: Annotated[Whole, Field(ge=20, le=100_000)] = 2000
    include: dict[str, Window] = Field(default_factory=dict)
    enrich: dict[str, Window] = Field(default_factory=dict)
    measurement: dict[str, Annotated[Number, Field(ge=0, le=10_000)]] = Field(default_factory=dict)
    randomised: Randomised | None = None
    observational: Observational | None = None
    published: Annotated[tuple[Published, ...], Field(strict=False, max_length=20)] = ()
    prognosis: dict[str, Any] = Field(default_factory=dict)

    @property
    def constants(self) -> Prognosis:
        """Constants of prognosis, the file's own before those of ``prognosis.toml``."""
        return prognosis(self.prognosis, "prognosis")


def design_of(given: str | Path | Mapping[str, Any]) -> Design:
    """Read a design from a file, or from its tables.

    Raises
    ------
    InputError
        For the first mistake: where, what was given, what is allowed.
    """
    if isinstance(given, Mapping):
        return _checked(dict(given))
    raw = read(given, "trial file")
    try:
        return _checked(raw)
    except InputError as error:
        raise InputError(f"{Path(given).name}: {error}") from None


def _checked(raw: dict[str, Any]) -> Design:
    if "control_mortality" not in raw:
        raise InputError("control_mortality: missing; the share of the patients without a device that dies is needed")
    design = validated(Design, raw)
    if design.randomised is None and design.observational is None:
        raise InputError("top level: neither [randomised] nor [observational] is there; one of them is needed")
    _ = design.constants
    sizes = [(design.randomised.patients, design.replicates)] if design.randomised else []
    sizes += [(design.observational.patients, design.observational.replicates)] if design.observational else []
    for patients, replicates in sizes:
        if patients * replicates > MOST_DRAWS:
            raise InputError(
                f"replicates: {replicates:,} of {patients:,} patients are more than {MOST_DRAWS:,} draws; take fewer"
            )
    if design.randomised and design.randomised.escalation:
        try:
            read_target(design.randomised.escalation.target)
        except InputError as error:
            raise InputError(f"randomised.escalation.{error}") from None
    for place, each in enumerate(design.published):
        own = design.observational if each.of != "randomised" else design.randomised
        if own is None:
            raise InputError(f"published.{place}.of: {each.of}, and the file has no such study")
    return design
