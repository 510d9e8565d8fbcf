"""What a pooled result hides: the effect by response, stage, afterload, filling, power, and bedside rules."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ...engine import InputError
from ..reading.measures import spelt
from ..reading.origin import cohorts_of, drawn_from
from ..regions.rules import CLINICAL
from ..regions.search import regions
from ..response.classify import CLASSES, VERBS
from ..words.numbers import amount
from .measurement import measurable
from .pool import Pool

STAGES = {"scai-b": "SCAI B", "ami-cs": "SCAI C", "scai-d": "SCAI D", "scai-e": "SCAI E"}
"""Cohorts that are a stage of shock."""

THIRDS = {
    "systemic_vascular_resistance": ("afterload", "resistance"),
    "wedge_pressure": ("filling", "wedge pressure"),
    "cardiac_power_output": ("power", "cardiac power"),
}
"""Measurements whose thirds are told, what each stands for, and its name in short."""

ALL, RESPONSE, STAGE, RULE, OWN = (
    "all",
    "response (unknown at the bedside)",
    "stage or cohort",
    "bedside rule",
    "enrich",
)


class Subgroup(NamedTuple):
    """Some of the patients: what they are divided by, what they are called, and which."""

    family: str
    label: str
    members: NDArray[np.bool_]


class Rules(NamedTuple):
    """Limits of the bedside rules that ``regions`` found, in the units of the store.

    Attributes
    ----------
    labels : list of str
    limits : list of dict
        Measurement to lower and upper limit, NaN where there is none.
    """

    labels: list[str]
    limits: list[dict[str, tuple[float, float]]]

    @property
    def names(self) -> tuple[str, ...]:
        """Measurements that the rules ask for."""
        return tuple(dict.fromkeys(name for each in self.limits for name in each))


def rules_of(dataset: xr.Dataset, arm: str | None, reference: str | None, seed: int) -> Rules:
    """Look for rules that clinicians can apply; none where a store has too few patients or nothing that varies."""
    try:
        found = regions(dataset, bedside=True, arm=arm, reference=reference, refits=2, seed=seed)
    except InputError:
        return Rules([], [])
    labels, limits = [], []
    for place in range(found.sizes["rule"]):
        own = found.isel(rule=place)
        named = {}
        for name, low, high, units in zip(
            own["measurement"].values.tolist(),
            own["lower"].values,
            own["upper"].values,
            dataset_units(dataset, own["measurement"].values.tolist()),
            strict=True,
        ):
            if np.isfinite(low) or np.isfinite(high):
                factor = CLINICAL.get(name, CLINICAL.get(units, (1.0, "")))[0]
                named[name] = (float(low) / factor, float(high) / factor)
        if set(named) <= {*measurable(dataset)}:
            words = [str(each) for each in own["condition"].values if each]
            labels.append(" and ".join(words))
            limits.append(named)
    return Rules(labels, limits)


def dataset_units(dataset: xr.Dataset, names: list[str]) -> list[str]:
    """Units of some variables; empty for those that are not there."""
    return [str(dataset[name].attrs.get("units", "")) if name in dataset else "" for name in names]


def subgroups(pool: Pool, rules: Rules) -> list[Subgroup]:
    """Divide the patients of a pool by all that a pooled result may hide; groups without patients are left out."""
    return [each for each in _all(pool, rules) if each.members.any()]


def _all(pool: Pool, rules: Rules) -> Iterator[Subgroup]:
    yield Subgroup(ALL, "all included", np.ones(pool.size, dtype=np.bool_))
    for member in CLASSES:
        yield Subgroup(RESPONSE, VERBS[member.name.lower()], pool.response == member)
    cohorts = cohorts_of(pool.block) if "cohort" in pool.block else ()
    for name in cohorts:
        members = np.broadcast_to(np.asarray(drawn_from(pool.block, {name})), (pool.size,))
        yield Subgroup(STAGE, f"{name} ({STAGES[name]})" if name in STAGES else name, members)
    for name, (family, title) in THIRDS.items():
        value = pool.measured(name)
        units = str(pool.block[name].attrs.get("units", "1"))
        factor, told = CLINICAL.get(units, (1.0, spelt(units)))
        first, second = np.quantile(value, (1 / 3, 2 / 3))
        low, high = (amount(factor * float(each)) for each in (first, second))
        for label, members in (
            (f"{title} below {low} {told}", value < first),
            (f"{title} {low} to {high} {told}", (value >= first) & (value <= second)),
            (f"{title} above {high} {told}", value > second),
        ):
            yield Subgroup(f"{family}, as measured", label, members)
    for number, (label, limits) in enumerate(zip(rules.labels, rules.limits, strict=True), 1):
        members = np.ones(pool.size, dtype=np.bool_)
        for name, (lower, upper) in limits.items():
            value = pool.measured(name)
            members &= ~(value < lower) & ~(value >= upper)
        yield Subgroup(RULE, f"rule {number}: {label}", members)
    if pool.design.enrich:
        told = " and ".join(_window(name, own.low, own.high) for name, own in pool.design.enrich.items())
        yield Subgroup(OWN, told, pool.within(pool.design.enrich))


def _window(name: str, low: float | None, high: float | None) -> str:
    title = name.replace("_", " ")
    if low is None:
        return f"{title} up to {high:g}"
    return f"{title} from {low:g}" + ("" if high is None else f" to {high:g}")
