"""Whether a device helps, fails or harms a patient: the outcomes of an arm against the patient's own reference arm."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

import numpy as np
import xarray as xr

from ...engine import OUTCOMES, InputError, Status, check_name
from ...sweeps.population.thresholds import BY_COHORT, DEFINITIONS, HAEMODYNAMIC, RESPONSE_DEFAULTS, setting
from ..reading.origin import Array, cohorts_of, declared_definitions, stored_spec
from . import definitions, harms
from .membership import Membership, membership_of
from .pairs import ABSOLUTE, DEMAND, DEMAND_TERMS, RELATIVE, Pair, Verdict, any_of, where


class Response(IntEnum):
    """The class of a patient in an arm; the first that applies, in this order."""

    NOT_COMPARED = 0
    FAILED_RUN = 1
    HARMS = 2
    HELPS = 3
    FAILS = 4


CLASSES = (Response.HELPS, Response.FAILS, Response.HARMS)
"""The classes of those compared, in the order they are shown."""

NAMED = {each.name.lower(): each for each in CLASSES}
"""The same by name."""

VERBS = {"helps": "helped", "fails": "neither helped nor harmed", "harms": "harmed"}
"""What is said of the patients of a class."""

THRESHOLDS: dict[str, float] = {name: float(value) for name, value in RESPONSE_DEFAULTS.items() if name != "definition"}
"""Where the lines are drawn by default; see ``sweeps/population/thresholds.py`` for the units."""


@dataclass(frozen=True)
class Rule:
    """What is compared with what, and where the lines are drawn.

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
    """

    arm: str
    reference: str
    definition: str
    thresholds: Mapping[str, float]
    declared: Mapping[str, str]
    membership: Membership | None = field(default=None, compare=False)

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
        also = ["balloon_volume", "cohort", "difference_error", *(self.membership.needs if self.membership else ())]
        return list(dict.fromkeys([*self.needs, *(name for name in also if name in dataset)]))

    @property
    def attributes(self) -> dict[str, str]:
        """The rule as attributes that a store keeps."""
        return {
            "arm": self.arm,
            "reference": self.reference,
            "definition": self.definition,
            "cohort_definitions": json.dumps(self.declared),
            "thresholds": json.dumps(self.thresholds, sort_keys=True),
        }


def nobody(where: str) -> InputError:
    """What is said of a store in which no patient can be compared."""
    return InputError(f"{where}: no patient of this store was compared: all are outside the cohort, failed or not run")


def judge(dataset: xr.Dataset, rule: Rule) -> tuple[Array, Array, Array]:
    """Class, no_effect and undecided of every patient of a data set, as numpy or dask arrays like its own.

    Undecided are those whose class the numerical error could tip, also between compared and not compared at the edge
    of a window, and those with a number or an error that is none.

    Parameters
    ----------
    dataset : xr.Dataset
        With the variables ``rule.reads``.
    rule : Rule
        As made by :func:`rule_of`.
    """
    pair, limit = Pair(dataset, rule.arm, rule.reference, keep=True), rule.thresholds
    here, there = pair.data("status")
    output = pair.relative("cardiac_output").value
    # A finite sum says that all are finite: a patient who could not be judged is a failed run, not a failure to help.
    numbers = sum((reading.value for name in rule.outcomes for reading in pair.readings(name)), output)
    ran, known = (here == Status.OK) & (there == Status.OK), np.isfinite(numbers)
    judged = ran & known
    apart = (Status.OUTSIDE_COHORT, Status.NOT_RUN)
    absent = (here == apart[0]) | (there == apart[0]) | (here == apart[1]) | (there == apart[1])

    harm, help_ = harms.harms(pair, limit), _helps(pair, rule)
    judgement = np.where(harm.holds, Response.HARMS, np.where(help_.holds, Response.HELPS, Response.FAILS))
    response = np.where(judged, judgement, np.where(absent, Response.NOT_COMPARED, Response.FAILED_RUN))
    decided = harm.certain | (~harm.possible & (help_.certain | ~help_.possible))
    at_edge = rule.membership.at_edge(dataset) if rule.membership else np.False_
    undecided = (judged & ~decided) | (ran & ~known) | ((judged | absent) & at_edge)
    still = np.abs(output) < limit["no_effect_output"]
    still = still & (np.abs(pair.relative("sevr").value) < limit["no_effect_perfusion"])
    return response.astype(np.uint8), (response == Response.FAILS) & still, undecided


def _helps(pair: Pair, rule: Rule) -> Verdict:
    """Judge help, each patient by the definition of the patient's own cohort."""
    if rule.definition != BY_COHORT:
        return definitions.DEFINITIONS[rule.definition].helps(pair, rule.thresholds)
    return any_of(
        where(pair.drawn_from(cohorts), definitions.DEFINITIONS[definition].helps(pair, rule.thresholds))
        for definition, cohorts in rule.definitions.items()
    )


def rule_of(
    dataset: xr.Dataset,
    arm: str = "iabp",
    reference: str = "off",
    definition: str | None = None,
    thresholds: Mapping[str, float] | None = None,
) -> Rule:
    """Check the names and numbers of a comparison against a data set.

    Raises
    ------
    InputError
        For an arm, definition, threshold or variable that is not there.
    """
    if "arm" not in dataset.dims:
        raise InputError("classify: the data set has no dimension 'arm'; it wants the result of simulate or open_store")
    for role, name in (("arm", arm), ("reference", reference)):
        check_name(role, name, [str(known) for known in dataset["arm"].values])
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
    rule = Rule(arm, reference, definition, numbers, declared, membership_of(dataset))
    _check_cohorts(dataset, rule)
    for name in rule.needs:
        check_name("classify: a variable of the data set is missing", name, [str(known) for known in dataset.variables])
    return rule


def _check_cohorts(dataset: xr.Dataset, rule: Rule) -> None:
    """Refuse a rule that asks for the patients' cohorts where the data set does not tell them."""
    names = cohorts_of(dataset)
    if "hsu" in rule.definitions and not names:
        raise InputError("definition: hsu asks for an ischaemic history, and the data set has no attribute 'cohort'")
    if len(names) > 1 and "cohort" not in dataset and (rule.declared or "hsu" in rule.definitions):
        raise InputError(f"definition: {rule.definition} goes by cohort; the mixture has no variable 'cohort'")


def definition_in_words(about: Mapping[str, str]) -> str:
    """Say in two sentences what counts as help and as harm.

    Parameters
    ----------
    about : dict of str to str
        With the entries of ``Rule.attributes``.
    """
    limit, declared = json.loads(about["thresholds"]), json.loads(about["cohort_definitions"])
    return f"Helped: {definitions.in_words(about['definition'], declared, limit)}. Harmed: {harms.in_words(limit)}."


def classify(
    dataset: xr.Dataset,
    arm: str = "iabp",
    reference: str = "off",
    definition: str | None = None,
    **thresholds: float,
) -> xr.Dataset:
    """Say for every patient whether an arm helps, fails or harms, and by how much each outcome changed.

    The first that applies, in this order: not compared (outside the cohort, or not run), failed run, harms,
    helps, fails. Harm is any of: a loss of cardiac output, a rise of oxygen demand (pressure-volume area times
    heart rate), of wedge pressure or of a regurgitant volume, too little flow left to the legs or the viscera,
    and in arms with a balloon an end-diastolic aortic pressure above the reference's. Help is, by definition:

    - haemodynamic: a gain of cardiac output without a rise of wedge pressure or demand [X];
    - ischaemia-relief: more endocardial flow per demand in a patient without coronary reserve [X];
    - imamura, imamura-stabilised, hsu, sintek: as in these series, as far as haemodynamics tell;
      ``analysis/response/definitions.py`` says what of each can be computed and what cannot;
    - by-cohort: what the cohort of the patient declares, else haemodynamic.

    Parameters
    ----------
    dataset : xr.Dataset
        Result of ``simulate`` or ``open_store``; numpy arrays are judged now, dask arrays when computed, chunk by
        chunk.
    arm, reference : str
        Names of the arms compared.
    definition : str, optional
        What counts as help, one of the above. Default: that of the stored specification, else by-cohort.
    **thresholds : float
        Replace those of the stored specification and the defaults (``THRESHOLDS``).

    Returns
    -------
    xr.Dataset
        The data set with ``response`` (u1 with CF flags), ``no_effect``, ``undecided`` (the numerical error, of the
        periodic states and of the steps together, could tip the class, or the membership of the cohort where an arm
        without support shows it; or a number or an error is none), ``<outcome>_difference`` in the outcome's units and
        ``<outcome>_relative_difference`` (1), NaN where an arm has not converged.

    Raises
    ------
    InputError
        For an unknown arm, definition or threshold, naming the nearest match, or where the definition asks for the
        patients' cohorts and the data set does not tell them.
    """
    rule = rule_of(dataset, arm, reference, definition, thresholds)
    response, no_effect, undecided = judge(dataset, rule)
    dims = tuple(dim for dim in dataset["status"].dims if dim != "arm")
    flags = {
        "long_name": f"response to {arm} against {reference}",
        "flag_values": np.array(list(Response), dtype=np.uint8),
        "flag_meanings": " ".join(member.name.lower() for member in Response),
        **rule.attributes,
    }
    still = {"long_name": "fails, with neither cardiac output nor supply over demand changed", "units": "1"}
    tipped = {"long_name": "the numerical error could tip the class, or is not known", "units": "1"}
    variables = {
        "response": xr.Variable(dims, response, flags),
        "no_effect": xr.Variable(dims, no_effect, still),
        "undecided": xr.Variable(dims, undecided, tipped),
    }
    return dataset.assign(variables | _differences(dataset, rule, dims))


def _differences(dataset: xr.Dataset, rule: Rule, dims: tuple[Any, ...]) -> dict[str, xr.Variable]:
    pair = Pair(dataset, rule.arm, rule.reference)
    here, there = pair.data("status")
    both = (here == Status.OK) & (there == Status.OK)

    def variable(name: str, values: Array, long_name: str, units: str) -> xr.Variable:
        kind = dataset["pressure_volume_area" if name == DEMAND else name].dtype
        return xr.Variable(dims, np.where(both, values, np.nan).astype(kind), {"long_name": long_name, "units": units})

    out = {}
    for name in ABSOLUTE:
        if name != DEMAND and name not in dataset:
            continue
        title, units = DEMAND_TERMS if name == DEMAND else OUTCOMES[name][:2]
        values = pair.difference(name).value
        out[f"{name}_difference"] = variable(name, values, f"change of {title}", units)
        if name in RELATIVE:
            values = pair.relative(name).value
            out[f"{name}_relative_difference"] = variable(name, values, f"relative change of {title}", "1")
    return out
