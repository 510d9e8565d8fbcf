"""Two sections of a report: who the virtual patients are, and what was run on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

from ...engine import OUTCOMES, PARAMETERS, InputError, Status
from ...sweeps.population.thresholds import RESPONSE_DEFAULTS
from ...sweeps.population.windows import in_words
from ...sweeps.spec.file import from_canonical
from ...sweeps.spec.spec import Spec
from ..reading.measures import short, spelt, varied
from ..reading.origin import cohorts_of, stored_spec
from ..words.numbers import amount, median_and_range, quantiles
from ..words.parts import Part, Section, Table, Text

REGULATION = {
    "open-loop": "Open loop: neither reflexes nor drugs answer the device.",
    "baroreflex": "Under the baroreflex, which answers each arm from the patient's own unsupported state.",
    "map-held": "The mean arterial pressure is held by drugs, which act as one factor on the systemic resistance.",
}

DESIGN = {
    "sobol": "a scrambled Sobol sequence",
    "latin-hypercube": "a Latin hypercube",
    "random": "independent random draws",
    "grid": "a grid",
    "morris": "trajectories after Morris",
    "saltelli": "a design after Saltelli",
}


BASELINE = (
    "mean_arterial_pressure",
    "systolic_pressure",
    "diastolic_pressure",
    "central_venous_pressure",
    "wedge_pressure",
    "mean_pulmonary_pressure",
    "cardiac_output",
    "lv_end_diastolic_volume",
    "ejection_fraction",
)
"""Outcomes by which an arm is described."""


SWEPT = (
    "These are independent of each other and of the rest, so that a share of patients is a share of this sweep, not of "
    "a ward."
)


def spec_of(dataset: xr.Dataset) -> Spec | None:
    """Read the sweep of a data set; None where it does not say it in full."""
    try:
        return from_canonical(stored_spec(dataset))
    except InputError:
        return None


def population(dataset: xr.Dataset, sampled: xr.Dataset, spec: Spec | None) -> Section:
    """Say who the patients are: their cohorts, the windows, and the parameters that differ between them."""
    named = ", ".join(cohorts_of(dataset))
    told = f"{dataset.sizes['patient']:,} candidates" + (
        f" drawn from {spec.cohort_title if spec else named}." if named else "."
    )
    parts: list[Part] = [Text([told])]
    if spec is not None:
        parts.append(Text([_cohort(cohort) for cohort in spec.population.cohorts], points=True))
        applied = (
            "The window is applied: who lies outside without support keeps the baseline, and no other arm is run."
            if spec.applies_window
            else "The window is not applied: every candidate is run in every arm."
        )
        parts.append(Text([applied]))
    swept, lawful = _parameters(sampled, spec)
    head, people = ("Parameter", "5 %", "Median", "95 %", "Unit"), f"{sampled.sizes['patient']:,} candidates looked at"
    if swept:
        parts += [Table(f"Swept on purpose ({people})", head, swept), Text([SWEPT])]
    if lawful:
        caption = f"{len(lawful)} parameters that follow the population's own law ({people})"
        parts.append(Table(caption, head, lawful, folded=True))
    if spec is not None and spec.scale:
        scaled = ", ".join(f"{PARAMETERS[name].long_name} times {factor:g}" for name, factor in spec.scale.items())
        parts.append(Text([f"In every patient changed on purpose: {scaled}."]))
    if (levels := _haemodynamics(sampled)) is not None:
        parts.append(levels)
    return Section("population", "Population", parts)


def _cohort(cohort: Any) -> str:
    window = "; ".join(in_words(key, *limits) for key, limits in cohort.window.items())
    window = window.replace("_", " ") or "none"
    return f"{cohort.name}: {cohort.title}. Window on the baseline without support: {window}."


def _parameters(sampled: xr.Dataset, spec: Spec | None) -> tuple[list[list[object]], list[list[object]]]:
    """Rows of the parameters that differ between patients: the swept ones, and those that follow the law."""
    swept = [name for name in (spec.vary if spec else ()) if name in varied(sampled)]
    lawful = [name for name in varied(sampled) if name not in swept]
    return _rows(sampled, swept), _rows(sampled, lawful)


def _rows(sampled: xr.Dataset, names: Sequence[str]) -> list[list[object]]:
    rows: list[list[object]] = []
    for name in names:
        column, quantity = sampled[name], PARAMETERS[name]
        title, units = short(quantity.long_name), spelt(quantity.units)
        arms = [str(arm) for arm in sampled["arm"].values] if "arm" in column.dims else []
        drawn = {f"{title} (arm {arm})": column.sel(arm=arm) for arm in arms} or {title: column}
        rows += [
            [each, *map(amount, quantiles(values.values.astype(np.float64))), units] for each, values in drawn.items()
        ]
    return rows


def _haemodynamics(sampled: xr.Dataset) -> Table | None:
    """Describe every arm by the medians and spreads of its outcomes."""
    arms = [str(name) for name in sampled["arm"].values]
    ok = {arm: sampled["status"].sel(arm=arm).values == Status.OK for arm in arms}
    if not any(each.any() for each in ok.values()):
        return None
    rows = [
        [
            f"{short(OUTCOMES[name].long_name)}",
            *(median_and_range(sampled[name].sel(arm=arm).values[ok[arm]], OUTCOMES[name].units) for arm in arms),
        ]
        for name in BASELINE
        if name in sampled
    ]
    return Table("Haemodynamics: median (5 to 95 % of the patients whose run holds)", ("Outcome", *arms), rows)


def _source(spec: Spec) -> str:
    return DESIGN[spec.design] if spec.samples is None else f"a file, {spec.samples.file},"


def run(
    dataset: xr.Dataset,
    spec: Spec | None,
    reference: str,
    definitions: Mapping[str, str],
    thresholds: Mapping[str, float],
) -> Section:
    """Say what was run: arms, regulation, design, and what the words helped and harmed mean."""
    stored = stored_spec(dataset)
    arms = stored.get("arms") or {}
    rows = [
        [str(name), "reference" if name == reference else "", _overrides(arms.get(str(name)) or {})]
        for name in dataset["arm"].values
    ]
    parts: list[Part] = [
        Text(["Every patient is run in every arm: an arm is a set of changed parameters on the same patient."]),
        Table("Arms", ("Arm", "Role", "What it changes"), rows),
    ]
    regulation = str(stored.get("regulation", ""))
    lines = [REGULATION[regulation]] if regulation in REGULATION else []
    if spec is not None:
        lines.append(
            f"Candidates come from {_source(spec)} with seed {spec.seed}. The kernel computes in "
            f"{spec.precision}; each patient is brought to the periodic state of each arm within a relative error of "
            f"{100 * spec.run.tolerance:g} %{', with a warm start' if spec.run.warm_start else ''}."
        )
    parts.append(Text(lines))
    if definitions:
        parts.append(
            Text(
                [f"{arm}: {words}" for arm, words in definitions.items()]
                if len(set(definitions.values())) > 1
                else [next(iter(definitions.values()))]
            )
        )
        changed = [f"{name} {value:g}" for name, value in thresholds.items() if value != RESPONSE_DEFAULTS[name]]
        told = f"Changed from their defaults: {', '.join(changed)}. " if changed else ""
        parts.append(
            Text(
                [
                    f"{told}Where these lines are drawn is a choice of this project unless a published series is "
                    "named; shares move with them. The first that applies counts: harmed, helped, failed to help."
                ]
            )
        )
    return Section("run", "What was run", parts)


def _overrides(arm: Mapping[str, Any]) -> str:
    told = [
        f"{short(PARAMETERS[name].long_name)} {amount(float(value), PARAMETERS[name].units)}"
        for name, value in arm.items()
        if name in PARAMETERS
    ]
    return "; ".join(told) or "nothing: the patient without a device"
