"""The answer of a match as a data set: prior and posterior, predicted effects, responses, what would tell more."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import xarray as xr

from ...engine import OUTCOMES, PARAMETERS
from ..bedside.quantities import Quantity
from ..numbers.cells import Floats
from ..numbers.intervals import wilson
from ..reading.measures import short
from ..reading.origin import about_sweep
from ..response.classify import CLASSES
from ..response.comparison import Comparison
from ..response.pairs import Pair
from ..words.numbers import LEVELS
from .check import DOUBTED, Check
from .information import entropy, expected_fall
from .posterior import Classes, People, classes_of
from .request import Measurement, true_values

EFFECTS = (
    "cardiac_output",
    "wedge_pressure",
    "lv_end_diastolic_pressure",
    "end_diastolic_aortic_pressure",
    "mean_arterial_pressure",
    "pressure_volume_area",
)
"""Outcomes whose paired change is predicted."""


class Found(NamedTuple):
    """What was asked and found.

    Attributes
    ----------
    measured, further : sequences
        What was measured, and what else could be.
    comparisons : sequence of Comparison
        Each arm against the reference.
    baseline : str
        Arm without support.
    prior, posterior : People
    check : Check
    effective : float
        Effective sample size of the posterior.
    seed : int
    """

    measured: Sequence[Measurement]
    further: Sequence[Quantity]
    comparisons: Sequence[Comparison]
    baseline: str
    prior: People
    posterior: People
    check: Check
    effective: float
    seed: int


Variables = dict[str, tuple[Any, ...]]


def answer_of(dataset: xr.Dataset, found: Found) -> xr.Dataset:
    """Make the answer, as ``match`` describes it, without the patients shown."""
    arms = [comparison.arm for comparison in found.comparisons]
    parameters = _varied(found.prior)
    judged = [
        (classes_of(found.prior.block, each), classes_of(found.posterior.block, each)) for each in found.comparisons
    ]
    variables = _measured(found) | _parameters(found, parameters) | _changes(found)
    variables |= _responses(found, judged) | _information(found, [own for _, own in judged])
    coordinates = {
        "level": np.array(LEVELS),
        "measured": _names(each.name for each in found.measured),
        "measured_units": ("measured", _names(each.quantity.units for each in found.measured)),
        "measured_title": ("measured", _names(each.quantity.title for each in found.measured)),
        "measured_arm": ("measured", _names(each.arm for each in found.measured)),
        "parameter": _names(parameters),
        "parameter_units": ("parameter", _names(PARAMETERS[name].units for name in parameters)),
        "parameter_title": ("parameter", _names(short(PARAMETERS[name].long_name) for name in parameters)),
        "follows": ("parameter", _names(_leaders(found.prior, parameters))),
        "arm": _names(arms),
        "effect": _names(EFFECTS),
        "effect_units": ("effect", _names(OUTCOMES[name].units for name in EFFECTS)),
        "effect_title": ("effect", _names(short(OUTCOMES[name].long_name).strip() for name in EFFECTS)),
        "response": _names(each.name.lower() for each in CLASSES),
        "further": _names(each.name for each in found.further),
        "further_title": ("further", _names(each.title for each in found.further)),
    }
    outside = [each.name for each, p in zip(found.measured, found.check.each, strict=True) if p < DOUBTED]
    return xr.Dataset(variables, coordinates).assign_attrs(
        about_sweep(dataset)
        | found.comparisons[0].attributes
        | {"p_value": found.check.joint, "misfits": json.dumps(outside)}
    )


def _names(values: Any) -> np.ndarray:
    return np.array([str(each) for each in values], dtype=object)


def _about(long_name: str, units: str = "1") -> dict[str, str]:
    return {"long_name": long_name, "units": units}


def _varied(people: People) -> list[str]:
    """Parameters of the patients themselves that differ between them."""
    block = people.block
    names = [name for name in PARAMETERS if name in block and block[name].dims == ("patient",)]
    return [name for name in names if np.ptp(block[name].values) > 0]


def _leaders(people: People, names: Sequence[str]) -> list[str]:
    """Say of each parameter which earlier one alone decides it, as body size does many; empty of all others."""
    ranks: dict[str, Floats] = {}
    leaders = []
    for name in names:
        own = np.argsort(np.argsort(people.block[name].values, kind="stable"), kind="stable").astype(np.float64)
        own -= own.mean()
        own /= np.sqrt((own**2).sum()) or 1.0
        leader = next((other for other, rank in ranks.items() if abs(float((rank * own).sum())) > 1 - 1e-6), "")
        leaders.append(leader)
        if not leader:
            ranks[name] = own
    return leaders


def _measured(found: Found) -> Variables:
    before, after, places = [], [], []
    for each in found.measured:
        own = each.true(found.prior.block)
        before.append(found.prior.quantiles(own))
        after.append(found.posterior.quantiles(each.true(found.posterior.block)))
        places.append(_places(found.prior, own, after[-1]))
    dims = ("measured", "level")
    errors = [each.spread for each in found.measured]
    return {
        "given": ("measured", [each.value for each in found.measured], {"long_name": "what was measured"}),
        "error": ("measured", errors, {"long_name": "standard deviation of its error"}),
        "prior": (dims, np.array(before), {"long_name": "prior of the true value"}),
        "posterior": (dims, np.array(after), {"long_name": "posterior of the true value"}),
        "posterior_place": (dims, np.array(places), _about("share of the prior below the posterior's quantile")),
        "misfit": ("measured", found.check.each, _about("posterior predictive probability of a number as far off")),
    }


def _places(prior: People, values: Floats, at: Floats) -> Floats:
    """Share of the prior's weight below each of some values, halves of those equal."""
    below = [prior.weight[values < each].sum() + prior.weight[values == each].sum() / 2 for each in at]
    return np.asarray(np.array(below) / prior.weight[np.isfinite(values)].sum())


def _parameters(found: Found, names: Sequence[str]) -> Variables:
    before, after, places, narrowed = [], [], [], []
    for name in names:
        values = [np.asarray(people.block[name].values, np.float64) for people in (found.prior, found.posterior)]
        first, second = found.prior.quantiles(values[0]), found.posterior.quantiles(values[1])
        before.append(first)
        after.append(second)
        places.append(_places(found.prior, values[0], second))
        narrowed.append(_narrowed(found, values))
    dims = ("parameter", "level")
    return {
        "parameter_prior": (dims, np.array(before), {"long_name": "prior of a parameter"}),
        "parameter_posterior": (dims, np.array(after), {"long_name": "posterior of a parameter"}),
        "parameter_place": (dims, np.array(places), _about("share of the prior below the posterior's quantile")),
        "narrowed": ("parameter", narrowed, _about("share of a parameter's standard deviation that the numbers took")),
    }


def _narrowed(found: Found, values: Sequence[Floats]) -> float:
    """By how much of the prior's the posterior's standard deviation is smaller; negative where it is larger."""
    spread = []
    for people, own in zip((found.prior, found.posterior), values, strict=True):
        middle = (people.weight * own).sum()
        spread.append(np.sqrt((people.weight * (own - middle) ** 2).sum()))
    return float(1 - spread[1] / spread[0]) if spread[0] > 0 else 0.0


def _changes(found: Found) -> Variables:
    dims = ("arm", "effect", "level")
    variables: Variables = {}
    for end, people, whose in (
        ("_prior", found.prior, "all patients of the store"),
        ("", found.posterior, "predicted"),
    ):
        pairs = [Pair(people.block, each.arm, each.reference) for each in found.comparisons]
        changes = [[people.quantiles(np.asarray(pair.difference(name).value)) for name in EFFECTS] for pair in pairs]
        relative = [[people.quantiles(np.asarray(pair.relative(name).value)) for name in EFFECTS] for pair in pairs]
        variables[f"change{end}"] = dims, np.array(changes), {"long_name": f"change against the reference, {whose}"}
        variables[f"relative_change{end}"] = dims, np.array(relative), _about(f"relative change, {whose}")
    return variables


def _responses(found: Found, judged: Sequence[tuple[Classes, Classes]]) -> Variables:
    before = np.array([prior.shares(found.prior.weight) for prior, _ in judged])
    after = np.array([own.shares(found.posterior.weight) for _, own in judged])
    compared = [own.compared(found.posterior.weight) for _, own in judged]
    size = np.array(compared)[:, np.newaxis] * found.effective
    low, high = wilson(after * size, np.broadcast_to(size, after.shape))
    dims = ("arm", "response")
    return {
        "probability": (dims, after, _about("posterior probability of a response, among those compared")),
        "probability_low": (dims, low, _about("lower end of its 95 % Monte Carlo interval")),
        "probability_high": (dims, high, _about("upper end of its 95 % Monte Carlo interval")),
        "probability_prior": (dims, before, _about("share of the response in all patients of the store")),
        "compared": ("arm", compared, _about("posterior weight of the patients compared")),
        "entropy": ("arm", entropy(after), _about("entropy of the response", "bit")),
    }


def _information(found: Found, classes: Sequence[Classes]) -> Variables:
    people = found.posterior
    told = np.zeros((len(classes), len(found.further)))
    for column, quantity in enumerate(found.further):
        true = true_values(quantity, people.block, found.baseline)
        for row, own in enumerate(classes):
            told[row, column] = expected_fall(
                true, own, people.weight, quantity.error, quantity.relative_error, quantity.exact, found.seed
            )
    return {"information": (("arm", "further"), told, _about("expected fall of the response's entropy", "bit"))}
