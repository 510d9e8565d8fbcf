"""Harm, clause by clause: in how many patients each holds, in how many alone, and what changed in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from ..numbers.intervals import wilson
from ..reading.stream import Weights, fold, sample
from ..words.counted import who_was_compared
from ..words.numbers import counted
from ..words.parts import Part, Table, Text
from .classify import CLASSES, Judgement, Response, compared_in, judgement
from .comparison import Comparison
from .harms import CLAUSES
from .pairs import DEMAND, Pair

CHANGED = ("cardiac output", "wedge pressure", "oxygen demand")
"""What the medians are of."""

SAMPLED = 50_000
"""Patients at most of whom the medians are taken."""


@dataclass(frozen=True)
class Clause:
    """One clause of harm.

    Attributes
    ----------
    name : str
        A key of ``CLAUSES``.
    patients, alone : int
        Of those compared: in whom it holds, and in whom it is the only one that does.
    output, wedge, demand : float
        Median change in those of a sample in whom it holds: of cardiac output (relative), of wedge pressure (mmHg), of
        pressure-volume area times heart rate (relative); None where the sample has none of them.
    """

    name: str
    patients: int
    alone: int
    output: float | None
    wedge: float | None
    demand: float | None


def harm_by_clause(
    dataset: xr.Dataset,
    *,
    arm: str | None = None,
    reference: str | None = None,
    thresholds: Mapping[str, float] | None = None,
) -> xr.Dataset:
    """Say what each clause of harm contributes, among the patients compared; streaming.

    Parameters
    ----------
    dataset : xr.Dataset
        Result of ``open_store`` or ``simulate``. Of a refined store candidates count as they are.
    arm, reference, thresholds
        As in :func:`~counterpulse.analysis.response.classify.classify`.

    Returns
    -------
    xr.Dataset
        Over ``clause``: ``patients`` in whom it holds, and ``alone``, those in whom no other does; ``share`` of those
        compared, with Wilson's 95 % interval (``_low``, ``_high``); medians in those in whom it holds, of at most
        50,000 patients read for them: ``output_change`` (1), ``wedge_change`` (mmHg) and ``demand_change`` (1) of
        pressure-volume area times heart rate. Attributes: the comparison, and patients by class.

    Raises
    ------
    InputError
        For an unknown arm or threshold.
    """
    comparison = Comparison.of(dataset, arm, reference, None, thresholds)

    def counts(block: xr.Dataset, _: slice) -> dict[str, np.ndarray]:
        judged = judgement(block, comparison)
        return {**count(judged), "classes": np.bincount(judged.response, minlength=len(Response))}

    found = fold(dataset, comparison.reads(dataset), counts, answer="run", weights=Weights.EACH_ONCE)
    block = sample(dataset, comparison.reads(dataset), SAMPLED, 4 * SAMPLED)
    compared = int(found["classes"][list(CLASSES)].sum())
    clauses = told(found, block, comparison)
    patients = np.array([each.patients for each in clauses])
    medians = np.array([(each.output, each.wedge, each.demand) for each in clauses], dtype=np.float64).T
    low, high = wilson(patients, np.full_like(patients, compared))
    columns: dict[str, tuple[Any, str, str]] = {
        "patients": (patients, "patients in whom the clause holds", "1"),
        "alone": ([each.alone for each in clauses], "patients in whom it is the only one", "1"),
        "share": (patients / max(compared, 1), "share of the patients compared", "1"),
        "share_low": (low, "lower end of the 95 % interval", "1"),
        "share_high": (high, "upper end of the 95 % interval", "1"),
        "output_change": (medians[0], "median relative change of cardiac output", "1"),
        "wedge_change": (medians[1], "median change of wedge pressure", "mmHg"),
        "demand_change": (medians[2], "median relative change of oxygen demand", "1"),
    }
    return xr.Dataset(
        {
            name: ("clause", np.asarray(values), {"long_name": title, "units": units})
            for name, (values, title, units) in columns.items()
        },
        {"clause": np.array(list(CLAUSES), dtype=object)},
        {
            **comparison.attributes,
            "candidates": int(found["classes"].sum()),
            "compared": compared,
            **{each.name.lower(): int(found["classes"][each]) for each in Response},
        },
    )


def count(judged: Judgement) -> dict[str, np.ndarray]:
    """Count the clauses that hold, and those that hold alone, of the patients of a block who are compared."""
    holds = _holds(judged)
    alone = holds & (holds.sum(axis=0) == 1)
    return {"clauses": holds.sum(axis=1), "clauses_alone": alone.sum(axis=1)}


def _holds(judged: Judgement) -> np.ndarray:
    """Whether each clause holds of each patient: a bool of shape (clause, patient), False in whom is not compared."""
    compared = compared_in(judged.response)
    return np.stack([np.broadcast_to(judged.clauses[name], compared.shape) & compared for name in CLAUSES])


def told(counts: Mapping[str, np.ndarray], block: xr.Dataset, comparison: Comparison) -> tuple[Clause, ...]:
    """Lay the counts of :func:`count` beside the medians of a sample, a clause each."""
    holds = _holds(judgement(block, comparison))
    pair = Pair(block, comparison.arm, comparison.reference)
    changes = [
        np.asarray(each.value)
        for each in (pair.relative("cardiac_output"), pair.difference("wedge_pressure"), pair.relative(DEMAND))
    ]
    return tuple(
        Clause(
            name,
            int(counts["clauses"][place]),
            int(counts["clauses_alone"][place]),
            *(float(np.median(change[holds[place]])) if holds[place].any() else None for change in changes),
        )
        for place, name in enumerate(CLAUSES)
    )


def sentences(clauses: Sequence[Clause]) -> list[str]:
    """Say which clauses make the harm, the most frequent first, and what changed in those of the first."""
    found = sorted((each for each in clauses if each.patients), key=lambda each: -each.patients)
    if not found:
        return []
    parts = [f"{CLAUSES[each.name]} in {each.patients:,} ({each.alone:,} by it alone)" for each in found]
    lines = [f"Harm by clause: {', '.join(parts)}."]
    if found[0].output is not None:
        told = [f"{what} {how}" for what, how in zip(CHANGED, _changes(found[0]), strict=True)]
        lines.append(f"Medians where {CLAUSES[found[0].name]} holds: {', '.join(told)}.")
    return lines


def _changes(clause: Clause) -> list[str]:
    """Write the medians of a clause, in the order of ``CHANGED``; a dash for none."""
    parts = (clause.output, 100.0, "%"), (clause.wedge, 1.0, "mmHg"), (clause.demand, 100.0, "%")
    return ["-" if value is None else f"{times * value:+.1f} {units}" for value, times, units in parts]


def table(clauses: Sequence[Clause], compared: int, caption: str = "Harm, clause by clause") -> Table:
    """Lay the clauses out, each with its patients and the medians of what changed in them."""
    head = ("Clause", "Patients", "By it alone", *(word.capitalize() for word in CHANGED))
    rows = [
        [CLAUSES[each.name], counted(each.patients, compared), counted(each.alone, compared), *_changes(each)]
        for each in clauses
    ]
    return Table(f"{caption}, of {compared:,} patients compared; median changes where it holds", head, rows)


def in_words(answer: xr.Dataset) -> list[Part]:
    """Say who was compared, and in a table what each clause contributes."""
    names = ("patients", "alone", "output_change", "wedge_change", "demand_change")
    columns = zip(answer["clause"].values.tolist(), *(answer[name].values.tolist() for name in names), strict=True)
    clauses = [Clause(*row[:3], *(None if np.isnan(part) else part for part in row[3:])) for row in columns]
    return [Text([who_was_compared(answer.attrs), *sentences(clauses)]), table(clauses, answer.attrs["compared"])]
