"""Sections of a report on how far to trust it: failures, convergence, validation, limits."""

from __future__ import annotations

import numpy as np
import xarray as xr

from ...engine import Findings, Status
from ..reading.measures import spelt
from ..reading.origin import cohorts_of, reference_of, stored_spec
from ..validation import table as evidence
from ..words.numbers import amount, counted, median_and_range, quantiles
from ..words.parts import Part, Section, Table, Text
from ..words.text import RESEARCH_USE
from .counts import RunCounts

LIMITS = (
    "No travelling waves: the model has no space. Arrival differs by 20 to 60 ms along a real aorta; timing signatures "
    "that hang on reflected waves are not to be expected.",
    "Steady states only, of each arm: nothing about the minutes in between, about hours and days, or about death; what "
    "counterpulse trial says of death rests on a published association, not on this model.",
    "No kinetics of drugs, no gas exchange, no remodelling; of complications only the flow to legs and viscera.",
    "Mechanics alone does not separate decompensated heart failure from infarct shock as sharply as some reported.",
    "Structural guesses (resistance beside the balloon, septal gains, the squeeze on the coronary layers, sheath and "
    "collaterals) are marked [X] by counterpulse parameters; validate --doubt shows results with each halved and "
    "doubled.",
    "Intervals are those of sampling. They know nothing of the model's structure, which is the larger uncertainty.",
    RESEARCH_USE,
)
"""What the model is not; docs/model.md and README.md say it at length."""


def failures(counts: RunCounts) -> Section:
    """Say how every run ended, and what else was seen."""
    kinds = [kind for kind in Status if any(kind in counts.status[arm] for arm in counts.arms)]
    rows: list[list[object]] = []
    for kind in kinds:
        cells = [counted(counts.status[arm].get(kind, 0), sum(counts.status[arm].values())) for arm in counts.arms]
        first = None if kind in (Status.OK, Status.OUTSIDE_COHORT, Status.NOT_RUN) else counts.first[kind]
        rows.append([f"{_name(kind)}: {kind.sentence}", *cells, first])
    parts: list[Part] = [Table("How runs ended, in every arm", ("Status", *counts.arms, "First index"), rows)]
    parts.append(Text(["Every candidate is counted here, and none is dropped from a denominator without being named."]))
    seen = [each for each in Findings if any(each in counts.findings[arm] for arm in counts.arms)]
    if seen:
        rows = [
            [
                each.sentence,
                *(counted(counts.findings[arm].get(each, 0), counts.ok(arm)) for arm in counts.arms),
            ]
            for each in seen
        ]
        parts.append(Table("What was seen in runs that hold", ("Finding", *counts.arms), rows))
    else:
        parts.append(Text(["Nothing out of the ordinary was found in the runs that hold."]))
    return Section("failures", "Failures and findings", parts)


def _name(kind: Status) -> str:
    return kind.name.lower().replace("_", " ")


def convergence(sampled: xr.Dataset, tolerance: float | None) -> Section:
    """Say how many beats the periodic states took, and how far from them the outcomes may be."""
    rows: list[list[object]] = []
    for arm in (str(name) for name in sampled["arm"].values):
        one = sampled.sel(arm=arm)
        ok = one["status"].values == Status.OK
        if not ok.any():
            continue
        beats, error = (one[name].values[ok].astype(np.float64) for name in ("beats_to_converge", "convergence_error"))
        cells = [amount(value) for value in _upper(beats)]
        cells += ["-" if np.isnan(value) else f"{100 * value:.2g} %" for value in _upper(error)]
        rows.append([arm, *cells])
    if not rows:
        return Section("convergence", "Convergence", [Text(["No run holds, so nothing is known of convergence."])])
    head = ("Arm", "Beats, median", "95 %", "Most", "Error, median", "95 %", "Largest")
    lines = [
        "Error is the estimated relative distance of the outcomes from those of the true periodic state, the worst "
        "over all outcomes, each scaled by its size or a floor. In 95 % of patients it is at least the true error."
    ]
    if tolerance is not None:
        lines.append(f"A run in regular rhythm holds only where it is within the tolerance of {100 * tolerance:g} %.")
    people = sampled.sizes["patient"]
    caption = f"Beats to the periodic state and error of the outcomes ({people:,} patients looked at)"
    return Section("convergence", "Convergence", [Table(caption, head, rows), Text(lines)])


def _upper(values: np.ndarray) -> tuple[float, float, float]:
    """Median, 95 % quantile and largest of the finite values; NaN where there are none."""
    _, middle, high = quantiles(values)
    return middle, high, float(np.max(values, where=np.isfinite(values), initial=-np.inf)) if high == high else high


def validation(dataset: xr.Dataset, sampled: xr.Dataset) -> Section:
    """Set the baseline beside the targets of its cohort, and name the published effects to compare with."""
    table, names = evidence.load(), cohorts_of(dataset)
    effects = sum(len(study.rows) for study in table.studies)
    parts: list[Part] = [
        Text(
            [
                f"The simulator is compared with the baselines of {len(table.targets)} populations and with {effects} "
                f"published effects from {len(table.studies)} sources, direction and size apart; "
                f"{len(table.not_computable)} more are listed as beyond the model. That takes minutes and does not "
                "depend on this sweep: counterpulse validate runs it, and shows what is missed as missed."
            ]
        )
    ]
    reference = reference_of(dataset)
    one = sampled.sel(arm=reference)
    ok = one["status"].values == Status.OK
    if len(names) == 1 and names[0] in table.targets and ok.any():
        targets = table.targets[names[0]]
        rows = [
            [
                column.title,
                amount(targets[column.title]),
                median_and_range(column.scale * one[column.outcome].values[ok]),
                spelt(column.unit),
            ]
            for column in table.columns
            if column.title in targets and column.outcome in one
        ]
        head = ("Quantity", "Target", f"Arm {reference}: median (5 to 95 %)", "Unit")
        parts.append(Table(f"Baseline of this store beside the target of {names[0]}", head, rows))
        if stored_spec(dataset).get("vary"):
            parts.append(
                Text(["Parameters were swept on purpose here, so that the medians need not meet the targets."])
            )
    recipes = {name for name, recipe in table.recipes.items() if set(recipe.cohorts) & set(names)}
    published = [
        [study.source, row.quantity, row.published]
        for study in table.studies
        for row in study.rows
        if (row.recipe or study.recipe) in recipes
    ]
    if published:
        caption = f"{len(published)} published effects that validate simulates in the population of this sweep"
        parts.append(Table(caption, ("Source", "Quantity", "Published"), published, folded=True))
    return Section("validation", "Validation", parts)


def limits(dataset: xr.Dataset) -> Section:
    """Say what the model is not, and what this sweep leaves out."""
    own = []
    if stored_spec(dataset).get("regulation") == "open-loop":
        own.append("This sweep is open loop: no reflex and no drug answers what the device does.")
    if "female" not in dataset or ("patient" not in dataset["female"].dims and not float(dataset["female"].max())):
        own.append("All patients of this sweep are male.")
    return Section("limits", "Limits", [Text([*own, *LIMITS], points=True)])
