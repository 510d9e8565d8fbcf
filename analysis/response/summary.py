"""What a store says in a few sentences: how many an arm helped, failed or harmed, and what tells them apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import xarray as xr

from ...engine import OUTCOMES, Status
from ...sweeps.design.weighting import WEIGHT
from ..numbers.separators import Separator, best, in_words, ranked
from ..reading.measures import Measure, measure, varied
from ..reading.origin import stored_spec
from ..reading.stream import Weights, fold, sample
from ..words.counted import LEFT_OUT, many
from ..words.numbers import counted
from . import clauses
from .classify import CLASSES, Response, compared_in, judge, judgement
from .clauses import Clause
from .comparison import Comparison
from .left_out import LIMITS
from .other_modes import as_dict as modes_as_dict
from .other_modes import in_all_modes

RANKED = 50_000
"""Patients at most on whom the separation of the classes is ranked: an area is then known to .003."""
_NO_AXIS = {"beats_to_converge", "convergence_error", "native_cardiac_output", "mean_heart_rate"}


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
    failures : dict of str to dict of str to int
        The failed patients by the arm in which they failed, the reference first, and by how: a status, or
        ``not_finite`` where a number that decides is none.
    status : dict of str to dict of str to int
        Arm to status to number of patients, those that occur.
    output_change : tuple of float
        Quartiles of the relative change of cardiac output among those compared.
    clauses : tuple of Clause
        What each clause of harm contributes.
    helps, harms : tuple of Separator
        What tells those helped, and those harmed, from the rest, the best first.
    plain : dict of str to float
        Shares of helps, fails and harms under the plain law, where the sweep was refined; else empty.
    other_modes : dict
        What every mode of regulation makes of the same patients, as ``other_modes.as_dict`` gives it; empty where
        none was run in other modes.
    """

    arm: str
    reference: str
    definition: str
    candidates: int
    classes: dict[str, int]
    no_effect: int
    undecided: int
    at_edge: int
    failures: dict[str, dict[str, int]]
    status: dict[str, dict[str, int]]
    output_change: tuple[float, float, float] | None
    clauses: tuple[Clause, ...]
    helps: tuple[Separator, ...]
    harms: tuple[Separator, ...]
    plain: dict[str, float]
    other_modes: dict[str, Any] = field(default_factory=dict)

    @property
    def compared(self) -> int:
        """Patients with a result in both arms."""
        return sum(self.classes[name] for name in ("helps", "fails", "harms"))

    def sentences(self) -> list[str]:
        """Say it in words, a line per thought."""
        counts = self.classes
        lines = [
            f"{many(self.candidates, 'candidate')}: {self.compared:,} compared ({self.arm} against {self.reference}), "
            f"{counts['failed_run']:,} failed{self._reasons()}, {counts['not_compared']:,} outside the cohort"
            f"{' or not run' if self._unrun() else ''}{self._edge()}."
        ]
        lines += self._left_out()
        if not self.compared:
            return lines
        share = {name: f"{counts[name]:,} ({100 * counts[name] / self.compared:.1f} %)" for name in counts}
        lines.append(
            f"{self.arm} helped {share['helps']}, failed to help {share['fails']}, harmed {share['harms']}; "
            f"no effect in {self.no_effect:,}; {self.undecided:,} within numerical error of another class."
        )
        lines += clauses.sentences(self.clauses)
        if self.plain:
            share = {name: f"{100 * each:.1f} %" for name, each in self.plain.items()}
            lines.append(
                "These patients were drawn near a boundary; weighted back to the plain law "
                f"{share['helps']} helped, {share['fails']} failed to help, {share['harms']} harmed."
            )
        if self.output_change:
            low, middle, high = (f"{100 * value:+.1f}" for value in self.output_change)
            lines.append(f"Cardiac output changed by {middle} % in the median (quartiles {low} to {high} %).")
        if self.other_modes:
            lines.append(self.other_modes["sentence"])
        lines += [in_words(each, "helped") for each in best(self.helps)]
        lines += [in_words(each, "harmed") for each in best(self.harms)[:1]]
        return lines

    def _left_out(self) -> list[str]:
        """Say who has a result and is in no share."""
        found = [name for name in LEFT_OUT if self.classes[name]]
        told = [f"{counted(self.classes[name], self.candidates)} {LEFT_OUT[name]} ({LIMITS[name]})" for name in found]
        return [f"Left out of all shares: {'; '.join(told)}."] if told else []

    def _edge(self) -> str:
        return f", of whom {self.at_edge:,} within numerical error of its window" if self.at_edge else ""

    def _unrun(self) -> bool:
        return any("not_run" in self.status[arm] for arm in (self.reference, self.arm))

    def _reasons(self) -> str:
        told = []
        for arm, kinds in self.failures.items():
            where = f"in {arm} alone" if arm == self.arm else f"in {arm}"
            ways = ", ".join(f"{count:,} {kind.replace('_', ' ')}" for kind, count in kinds.items())
            told.append(f"{where} {ways}")
        return f" ({'; '.join(told)})" if told else ""


def summarise(dataset: xr.Dataset, comparison: Comparison | None = None) -> Summary:
    """Count every patient, and rank what separates the classes on a sample of at most 50,000.

    Parameters
    ----------
    dataset : xr.Dataset
        Result of ``open_store`` or ``simulate``; read piece by piece.
    comparison : Comparison, optional
        Default: as :meth:`Comparison.of` infers it.

    Returns
    -------
    Summary
        The same for the same store, whatever the machine.
    """
    comparison = comparison or Comparison.of(dataset)
    arm, reference = comparison.arm, comparison.reference
    arms = [str(name) for name in dataset["arm"].values]
    counts = _counts(dataset, comparison, arms)
    classes, weights = counts["classes"], counts["weights"]
    block, axes = _sample(dataset, comparison)
    change, helps, harms = _separators(dataset, comparison, block, axes)
    total = weights[list(CLASSES)].sum()
    modes = in_all_modes(dataset, comparison)
    return Summary(
        arm=arm,
        reference=reference,
        definition=comparison.definition,
        candidates=dataset.sizes["patient"],
        classes={member.name.lower(): int(classes[member]) for member in Response},
        no_effect=int(counts["no_effect"]),
        undecided=int(counts["undecided"]),
        at_edge=int(counts["at_edge"]),
        failures=_failures(counts["ended"], reference, arm),
        status={
            name: {kind.name.lower(): int(row[kind]) for kind in Status if row[kind]}
            for name, row in zip(arms, counts["statuses"], strict=True)
        },
        output_change=change,
        clauses=clauses.told(counts, block, comparison),
        helps=helps,
        harms=harms,
        plain={each.name.lower(): float(weights[each] / total) for each in CLASSES} if total else {},
        other_modes={} if modes is None else modes_as_dict(modes),
    )


def _counts(dataset: xr.Dataset, comparison: Comparison, arms: Sequence[str]) -> dict[str, np.ndarray]:
    """Count all patients by class, by what is said of it, and by how their runs ended; add up their weights by class.

    ``ended`` are those with a failed run, by the status in the reference and in the arm.
    """

    def of_block(block: xr.Dataset, _: slice) -> dict[str, np.ndarray]:
        judged = judgement(block, comparison)
        response, no_effect, undecided = judged[:3]
        compared, absent = compared_in(response), response == Response.NOT_COMPARED
        status = {name: block["status"].sel(arm=name).values for name in arms}
        ended = np.zeros((256, 256), dtype=np.int64)
        failed = response == Response.FAILED_RUN
        np.add.at(ended, (status[comparison.reference][failed], status[comparison.arm][failed]), 1)
        weight = block[WEIGHT].values if WEIGHT in block else np.zeros(len(response))
        return {
            "classes": np.bincount(response, minlength=len(Response)),
            "weights": np.bincount(response, weight, minlength=len(Response)),
            **clauses.count(judged),
            "no_effect": no_effect.sum(),
            "undecided": (undecided & compared).sum(),
            "at_edge": (undecided & absent).sum(),
            "ended": ended,
            "statuses": np.stack([np.bincount(codes, minlength=256) for codes in status.values()]),
        }

    return fold(dataset, comparison.reads(dataset), of_block, answer="run", weights=Weights.TAKEN)


def _failures(ended: np.ndarray, reference: str, arm: str) -> dict[str, dict[str, int]]:
    """Give each failed patient one reason: the reference arm's status, else the arm's, else a number that is none."""
    found: dict[str, dict[str, int]] = {reference: {}, arm: {}}
    for there, here in np.argwhere(ended).tolist():
        where, kind = (reference, there) if there != Status.OK else (arm, here)
        name = "not_finite" if kind == Status.OK else Status(kind).name.lower()
        found[where][name] = found[where].get(name, 0) + int(ended[there, here])
    ordered = {where: dict(sorted(kinds.items(), key=lambda each: -each[1])) for where, kinds in found.items()}
    return {where: kinds for where, kinds in ordered.items() if kinds}


def _sample(dataset: xr.Dataset, comparison: Comparison) -> tuple[xr.Dataset, list[Measure]]:
    """Read a sample, and find the numbers in it that may tell the classes apart."""
    baseline = [name for name in OUTCOMES if name in dataset and name not in _NO_AXIS]
    parameters = [name for name in varied(dataset) if "arm" not in dataset[name].dims]
    axes = [measure(dataset, name, comparison) for name in (*parameters, *baseline)]
    return sample(dataset, [*comparison.reads(dataset), *(axis.name for axis in axes)], RANKED, 4 * RANKED), axes


def _separators(
    dataset: xr.Dataset, comparison: Comparison, block: xr.Dataset, axes: Sequence[Measure]
) -> tuple[tuple[float, float, float] | None, tuple[Separator, ...], tuple[Separator, ...]]:
    response, _, _ = judge(block, comparison)
    compared = compared_in(response)
    if not compared.any():
        return None, (), ()
    change = measure(dataset, "cardiac_output_relative_difference", comparison).of(block)[compared]
    low, middle, high = (float(value) for value in np.quantile(change, [0.25, 0.5, 0.75]))
    values = {axis: axis.of(block)[compared] for axis in axes}
    helps, harms = (
        tuple(sorted(ranked(values, response[compared] == which), key=lambda each: -each.auc))
        for which in (Response.HELPS, Response.HARMS)
    )
    return (low, middle, high), helps, harms


def as_dict(summary: Summary) -> dict[str, Any]:
    """Summary as plain types for JSON, each list of separators cut to its first eight."""
    content = dict(vars(summary)) | {"clauses": [dict(vars(each)) for each in summary.clauses]}
    for name in ("helps", "harms"):
        content[f"separates_{name}"] = [dict(vars(each)) for each in content.pop(name)[:8]]
    return content | {"compared": summary.compared, "sentences": summary.sentences()}


def question_of(dataset: xr.Dataset) -> str:
    """Title of the sweep a store was made for."""
    return str(stored_spec(dataset).get("name") or "")
