"""What is compared with what, and where the lines are drawn: the same for every answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypedDict

import xarray as xr

from ...engine import InputError, check_name
from ...sweeps.population.definitions import BY_COHORT, DEFINITIONS, HAEMODYNAMIC
from ...sweeps.population.thresholds import RESPONSE_DEFAULTS, setting
from ..reading.origin import cohorts_of, compared_arms, declared_definitions, reference_of, stored_spec
from . import definitions, harms
from .left_out import LeftOut, left_out_of
from .membership import Membership, membership_of

THRESHOLDS: dict[str, float] = {name: float(value) for name, value in RESPONSE_DEFAULTS.items() if name != "definition"}
"""Where the lines are drawn by default; see ``sweeps/population/thresholds.py`` for the units."""


class Asked(TypedDict, total=False):
    """What every answer may be told of its comparison; what is None, or not given, is inferred."""

    arm: str | None
    reference: str | None
    definition: str | None
    thresholds: Mapping[str, float] | None


@dataclass(frozen=True)
class Comparison:
    """An arm against a reference, what counts as help, and where the lines are drawn.

    Attributes
    ----------
    arm, reference : str
        Names of the two arms.
    definition : str
        What counts as help: a key of ``definitions.DEFINITIONS``, or by-cohort where the cohorts differ in it.
    thresholds : dict of str to float
        A value for every key of ``THRESHOLDS``.
    declared : dict of str to str
        Definition by cohort where they differ; else empty.
    membership : Membership or None
        The windows that were applied, where an arm shows the baseline they look at.
    left_out : LeftOut or None
        Who is left out of shares by the baseline; None where everyone is kept.
    """

    arm: str
    reference: str
    definition: str
    thresholds: Mapping[str, float]
    declared: Mapping[str, str]
    membership: Membership | None = field(default=None, compare=False)
    left_out: LeftOut | None = field(default=None, compare=False)

    @classmethod
    def of(
        cls,
        dataset: xr.Dataset,
        arm: str | None = None,
        reference: str | None = None,
        definition: str | None = None,
        thresholds: Mapping[str, float] | None = None,
        *,
        alone: bool = False,
    ) -> Comparison:
        """Check the names and numbers of a comparison against a data set, and infer what is not given.

        Parameters
        ----------
        dataset : xr.Dataset
            Result of ``simulate`` or ``open_store``.
        arm : str, optional
            Arm to judge; default ``iabp``, or the first that is not the reference.
        reference : str, optional
            Arm it is judged against; default the sweep's, or the first.
        definition : str, optional
            What counts as help; default that of the stored specification, else by-cohort.
        thresholds : dict of str to float, optional
            Replace those of the stored specification and the defaults (``THRESHOLDS``).
        alone : bool
            Whether an arm may be its own reference, as that of a store with one arm: there are no classes then.

        Raises
        ------
        InputError
            For an arm, definition, threshold or variable that is not there, or an arm that is the reference.
        """
        if "arm" not in dataset.dims:
            raise InputError(
                "classify: the data set has no dimension 'arm'; it wants the result of simulate or open_store"
            )
        arm, reference = _arms(dataset, arm, reference, alone)
        stored = dict(stored_spec(dataset).get("response") or {})
        stored_definition = stored.pop("definition", BY_COHORT)
        definition = definition or str(stored_definition)
        check_name("definition", definition, DEFINITIONS)
        numbers = dict(THRESHOLDS)
        for table, given in (("response", stored), ("threshold", thresholds or {})):
            for name, value in given.items():
                check_name(table, name, numbers)
                numbers[name] = float(setting(name, value, table))
        declared = declared_definitions(dataset) if definition == BY_COHORT else {}
        if definition == BY_COHORT and len(set(declared.values())) < 2:
            definition, declared = next(iter(declared.values()), HAEMODYNAMIC), {}
        apart = membership_of(dataset), left_out_of(dataset, numbers)
        comparison = cls(arm, reference, definition, numbers, declared, *apart)
        _check_cohorts(dataset, comparison)
        known = [str(name) for name in dataset.variables]
        for name in comparison.needs:
            check_name("classify: a variable of the data set is missing", name, known)
        return comparison

    @property
    def asked(self) -> Asked:
        """What an answer is asked with, to compare alike."""
        return Asked(arm=self.arm, reference=self.reference, definition=self.definition, thresholds=self.thresholds)

    @property
    def definitions(self) -> dict[str, list[str]]:
        """Every definition that is used, with the cohorts that use it; the only one with none named."""
        if self.definition != BY_COHORT:
            return {self.definition: []}
        own = self.declared
        return {used: [name for name in own if own[name] == used] for used in dict.fromkeys(own.values())}

    @property
    def outcomes(self) -> list[str]:
        """Names of the outcomes that decide the class."""
        names = [*harms.NEEDS, "sevr"]
        for definition in self.definitions:
            names += definitions.DEFINITIONS[definition].needs
        return list(dict.fromkeys(names))

    @property
    def needs(self) -> list[str]:
        """Names of the variables that a data set must have."""
        return ["status", "convergence_error", *self.outcomes]

    @property
    def compares(self) -> bool:
        """Whether there are two arms to compare; one taken alone has no classes."""
        return self.arm != self.reference

    def reads(self, dataset: xr.Dataset) -> list[str]:
        """Names of all variables of a data set that decide the class."""
        also = ["balloon_volume", "cohort", "difference_error"]
        also += [name for each in (self.membership, self.left_out) if each for name in each.needs]
        return list(dict.fromkeys([*self.needs, *(name for name in also if name in dataset)]))

    @property
    def attributes(self) -> dict[str, str]:
        """The comparison as attributes that an answer keeps."""
        return {
            "arm": self.arm,
            "reference": self.reference,
            "definition": self.definition,
            "cohort_definitions": json.dumps(self.declared),
            "thresholds": json.dumps(self.thresholds, sort_keys=True),
        }


def definition_in_words(about: Mapping[str, str]) -> str:
    """Say in two sentences what counts as help and as harm.

    Parameters
    ----------
    about : dict of str to str
        With the entries of ``Comparison.attributes``.
    """
    limit, declared = json.loads(about["thresholds"]), json.loads(about["cohort_definitions"])
    return f"Helped: {definitions.in_words(about['definition'], declared, limit)}. Harmed: {harms.in_words(limit)}."


def nobody(where: str) -> InputError:
    """What is said of a store in which no patient can be compared."""
    why = "all are outside the cohort, left out, failed or not run"
    return InputError(f"{where}: no patient of this store was compared: {why}")


def _arms(dataset: xr.Dataset, arm: str | None, reference: str | None, alone: bool) -> tuple[str, str]:
    """Infer the arms that are not given, and check that there are two."""
    known = [str(name) for name in dataset["arm"].values]
    for role, name in (("arm", arm), ("reference", reference)):
        if name is not None:
            check_name(role, name, known)
    against = reference or reference_of(dataset)
    if alone and (arm or against) == against and (reference is not None or len(known) == 1):
        return against, against
    if arm == against:
        raise InputError(f"arm: {arm} is the reference; another arm is to be judged against it")
    return arm or compared_arms(dataset, against)[0], against


def _check_cohorts(dataset: xr.Dataset, comparison: Comparison) -> None:
    """Refuse a comparison that asks for the patients' cohorts where the data set does not tell them."""
    names = cohorts_of(dataset)
    if "hsu" in comparison.definitions and not names:
        raise InputError("definition: hsu asks for an ischaemic history, and the data set has no attribute 'cohort'")
    if len(names) > 1 and "cohort" not in dataset and (comparison.declared or "hsu" in comparison.definitions):
        raise InputError(f"definition: {comparison.definition} goes by cohort; the mixture has no variable 'cohort'")
