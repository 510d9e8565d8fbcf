"""What a store says in a few sentences: how many an arm helped, failed or harmed, and what tells them apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from ..engine.tables import OUTCOMES, Status
from ..sweeps.weighting import WEIGHT
from .measures import Measure, measure, spelt, varied
from .origin import stored_spec
from .response import CLASSES, Response, Rule, judge, rule_of
from .stream import pieces, read, sample

LEAST_AUC = 0.6
"""Area under the ROC curve below which a single axis is not worth a sentence."""

RANKED = 50_000
"""Patients at most on whom the separation of the classes is ranked: an area is then known to .003."""
FEWEST = 50
"""Patients of a class, and of the others, below which nothing is said to separate them."""

_NO_AXIS = {"beats_to_converge", "convergence_error", "native_cardiac_output", "mean_heart_rate"}


@dataclass(frozen=True)
class Separator:
    """How well one number of a patient tells those of a class from the other patients compared.

    Attributes
    ----------
    name, label, units : str
        As in :class:`~counterpulse.analysis.measures.Measure`.
    baseline : bool
        Whether it is measured at the baseline; else it is a parameter.
    auc : float
        Area under the ROC curve, at least .5.
    above : bool
        Whether the class lies above the threshold.
    threshold : float
        Where sensitivity and specificity add up to most (Youden's index).
    share_above, share_below : float
        Share of the class among the patients on either side.
    """

    name: str
    label: str
    units: str
    baseline: bool
    auc: float
    above: bool
    threshold: float
    share_above: float
    share_below: float


@dataclass(frozen=True)
class Summary:
    """Counts over a whole store, and what a sample of it shows.

    Attributes
    ----------
    arm, reference, definition : str
        What was compared, and how.
    candidates : int
        Patients of the store.
    classes : dict of str to int
        Patients by response.
    no_effect, undecided : int
        Among those compared.
    at_edge : int
        Among those not compared: outside a cohort's window by no more than the numerical error.
    status : dict of str to dict of str to int
        Arm to status to number of patients, those that occur.
    output_change : tuple of float
        Quartiles of the relative change of cardiac output among those compared.
    helps, harms : tuple of Separator
        What tells those helped, and those harmed, from the rest, the best first.
    plain : dict of str to float
        Shares of helps, fails and harms under the plain law, where the sweep was refined; else empty.
    """

    arm: str
    reference: str
    definition: str
    candidates: int
    classes: dict[str, int]
    no_effect: int
    undecided: int
    at_edge: int
    status: dict[str, dict[str, int]]
    output_change: tuple[float, float, float] | None
    helps: tuple[Separator, ...]
    harms: tuple[Separator, ...]
    plain: dict[str, float]

    @property
    def compared(self) -> int:
        """Patients with a result in both arms."""
        return sum(self.classes[name] for name in ("helps", "fails", "harms"))

    def sentences(self) -> list[str]:
        """Say it in words, a line per thought."""
        counts = self.classes
        lines = [
            f"{self.candidates:,} candidates: {self.compared:,} compared ({self.arm} against {self.reference}), "
            f"{counts['failed_run']:,} failed runs{self._reasons()}, {counts['not_compared']:,} outside the cohort"
            f"{' or not run' if self._unrun() else ''}{self._edge()}."
        ]
        if not self.compared:
            return lines
        share = {name: f"{counts[name]:,} ({100 * counts[name] / self.compared:.1f} %)" for name in counts}
        lines.append(
            f"{self.arm} helped {share['helps']}, failed to help {share['fails']}, harmed {share['harms']}; "
            f"{self.no_effect:,} show no effect, {self.undecided:,} are within numerical error of another class."
        )
        if self.plain:
            share = {name: f"{100 * each:.1f} %" for name, each in self.plain.items()}
            lines.append(
                "These patients were drawn near a boundary; weighted back to the plain law "
                f"{share['helps']} helped, {share['fails']} failed to help, {share['harms']} harmed."
            )
        if self.output_change:
            low, middle, high = (f"{100 * value:+.1f}" for value in self.output_change)
            lines.append(f"Cardiac output changed by {middle} % in the median (quartiles {low} to {high} %).")
        lines += [_in_words(each, "helped") for each in _best(self.helps)]
        lines += [_in_words(each, "harmed") for each in _best(self.harms)[:1]]
        return lines

    def _edge(self) -> str:
        return f", of whom {self.at_edge:,} within numerical error of its window" if self.at_edge else ""

    def _unrun(self) -> bool:
        return any("not_run" in self.status[arm] for arm in (self.reference, self.arm))

    def _reasons(self) -> str:
        kinds: dict[str, int] = {}
        for counts in (self.status[self.reference], self.status[self.arm]):
            for kind, count in counts.items():
                if kind not in ("ok", "outside_cohort", "not_run", "reference_failed"):
                    kinds[kind] = kinds.get(kind, 0) + count
        told = [
            f"{count:,} {kind.replace('_', ' ')}" for kind, count in sorted(kinds.items(), key=lambda each: -each[1])
        ]
        return f" ({', '.join(told)})" if told else ""


def summarise(
    dataset: xr.Dataset,
    arm: str = "iabp",
    reference: str = "off",
    definition: str | None = None,
    thresholds: Mapping[str, float] | None = None,
) -> Summary:
    """Count every patient, and rank what separates the classes on a sample of at most 50,000.

    Parameters
    ----------
    dataset : xr.Dataset
        Result of ``open_store`` or ``simulate``; read piece by piece.
    arm, reference, definition, thresholds
        As in :func:`~counterpulse.analysis.response.classify`.

    Returns
    -------
    Summary
        The same for the same store, whatever the machine.

    Raises
    ------
    InputError
        For an unknown name.
    """
    rule = rule_of(dataset, arm, reference, definition, thresholds)
    classes = np.zeros(len(Response), dtype=np.int64)
    flags = np.zeros(3, dtype=np.int64)
    weights = np.zeros(len(Response))
    names = rule.reads(dataset) + ([WEIGHT] if WEIGHT in dataset else [])
    arms = [str(name) for name in dataset["arm"].values]
    statuses = np.zeros((len(arms), 256), dtype=np.int64)
    for part in pieces(dataset):
        block = read(dataset, names, part)
        response, no_effect, undecided = judge(block, rule)
        if WEIGHT in block:
            weights += np.bincount(response, block[WEIGHT].values, minlength=len(Response))
        classes += np.bincount(response, minlength=len(Response))
        compared, absent = response > Response.FAILED_RUN, response == Response.NOT_COMPARED
        flags += [no_effect.sum(), (undecided & compared).sum(), (undecided & absent).sum()]
        for row, name in enumerate(arms):
            statuses[row] += np.bincount(block["status"].sel(arm=name).values, minlength=256)
    change, helps, harms = _separators(dataset, rule)
    total = weights[list(CLASSES)].sum()
    return Summary(
        arm=arm,
        reference=reference,
        definition=rule.definition,
        candidates=dataset.sizes["patient"],
        classes={member.name.lower(): int(classes[member]) for member in Response},
        no_effect=int(flags[0]),
        undecided=int(flags[1]),
        at_edge=int(flags[2]),
        status={
            name: {kind.name.lower(): int(row[kind]) for kind in Status if row[kind]}
            for name, row in zip(arms, statuses, strict=True)
        },
        output_change=change,
        helps=helps,
        harms=harms,
        plain={each.name.lower(): float(weights[each] / total) for each in CLASSES} if total else {},
    )


def _separators(
    dataset: xr.Dataset, rule: Rule
) -> tuple[tuple[float, float, float] | None, tuple[Separator, ...], tuple[Separator, ...]]:
    baseline = [name for name in OUTCOMES if name in dataset and name not in _NO_AXIS]
    parameters = [name for name in varied(dataset) if "arm" not in dataset[name].dims]
    axes = [measure(dataset, name, rule) for name in (*parameters, *baseline)]
    block = sample(dataset, [*rule.reads(dataset), *(axis.name for axis in axes)], RANKED, 4 * RANKED)
    response, _, _ = judge(block, rule)
    compared = response > Response.FAILED_RUN
    if not compared.any():
        return None, (), ()
    change = measure(dataset, "cardiac_output_relative_difference", rule).of(block)[compared]
    low, middle, high = (float(value) for value in np.quantile(change, [0.25, 0.5, 0.75]))
    values = {axis: axis.of(block)[compared] for axis in axes}
    helps, harms = (
        tuple(sorted(_ranked(values, response[compared] == which), key=lambda each: -each.auc))
        for which in (Response.HELPS, Response.HARMS)
    )
    return (low, middle, high), helps, harms


def _ranked(values: Mapping[Measure, np.ndarray], member: np.ndarray) -> list[Separator]:
    """Rank the axes for one class; none where too few patients are in it or out of it to tell."""
    if not 0.01 <= member.mean() <= 0.99 or min(member.sum(), (~member).sum()) < FEWEST:
        return []
    return [each for axis, value in values.items() if (each := separator(axis, value, member)) is not None]


def separator(axis: Measure, values: np.ndarray, member: np.ndarray) -> Separator | None:
    """Judge one axis; None where it has one value only, or one that is not finite.

    The area under the ROC curve is that of its trapezoids, in which equal values count half; the threshold is a value
    of the sample.
    """
    if not np.isfinite(values).all() or values.min() == values.max():
        return None
    inside, outside = int(member.sum()), int((~member).sum())
    order = np.argsort(values, kind="stable")
    ordered, hits = values[order], np.cumsum(member[order])
    last = np.flatnonzero(np.append(ordered[1:] != ordered[:-1], True))  # a threshold lies after equal values
    below, others = (np.append(0.0, count) for count in (hits[last] / inside, (last + 1 - hits[last]) / outside))
    area = float(np.trapezoid(1 - below, others))
    last, lead = last[:-1], (below - others)[1:-1]
    cut = int(last[np.argmin(lead) if area >= 0.5 else np.argmax(lead)])
    return Separator(
        name=axis.name,
        label=axis.label,
        units=axis.units,
        baseline=axis.name in OUTCOMES,
        auc=float(max(area, 1 - area)),
        above=bool(area >= 0.5),
        threshold=float((ordered[cut] + ordered[cut + 1]) / 2),
        share_above=float((inside - hits[cut]) / (len(values) - cut - 1)),
        share_below=float(hits[cut] / (cut + 1)),
    )


def _best(separators: tuple[Separator, ...]) -> list[Separator]:
    """The best parameter and the best baseline measurement, where they are worth a sentence."""
    chosen = [next((each for each in separators if each.baseline is kind), None) for kind in (False, True)]
    return sorted((each for each in chosen if each and each.auc >= LEAST_AUC), key=lambda each: -each.auc)


def _in_words(each: Separator, verb: str) -> str:
    units = f" {spelt(each.units)}" if spelt(each.units) else ""
    sides = [("above", each.share_above), ("below", each.share_below)]
    (first, most), (_, least) = sides if each.above else sides[::-1]
    return (
        f"{verb.capitalize()} more often with {each.label} {first} {each.threshold:.3g}{units}: "
        f"{100 * most:.0f} % there, {100 * least:.0f} % on the other side (AUC {each.auc:.2f})."
    )


def as_dict(summary: Summary) -> dict[str, Any]:
    """Summary as plain types for JSON, each list of separators cut to its first eight."""
    content = dict(vars(summary))
    for name in ("helps", "harms"):
        content[f"separates_{name}"] = [dict(vars(each)) for each in content.pop(name)[:8]]
    return content | {"compared": summary.compared, "sentences": summary.sentences()}


def question_of(dataset: xr.Dataset) -> str:
    """Title of the sweep a store was made for."""
    return str(stored_spec(dataset).get("name") or "")
