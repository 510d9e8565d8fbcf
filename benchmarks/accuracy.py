"""How far the outcomes are from those of much finer steps: every cohort and its corners, without and with a balloon.

``python benchmarks/accuracy.py [--patients N] [-o FILE]`` writes the page of the documentation. The reference is the
same engine in ``FINER`` times as many steps, converged to ``CONVERGED``; the tests hold it to scipy's.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

import numpy as np
import xarray as xr

from counterpulse.analysis.response.step_errors import STEP_ERRORS
from counterpulse.engine.inputs import PLACE, parameter_matrix
from counterpulse.engine.names.outcomes import JUDGED, OUTCOMES, Status
from counterpulse.engine.names.parameters import PARAMETERS
from counterpulse.engine.periodic import solve as periodic
from counterpulse.sweeps.population import cohorts
from counterpulse.sweeps.simulate import sample, simulate

FINER = 8
CONVERGED = 1e-7
ARMS: dict[str, dict[str, float | str]] = {"off": {"balloon_volume": 0.0}, "balloon": {}}
RUNS: dict[str, dict[str, str | float]] = {
    "float64": {},
    "float32": {"precision": "float32"},
    "steps alone": {"tolerance": CONVERGED},
}
"""What is compared with the reference: the defaults, in both precisions, and what of it the steps alone make."""
BOUNDING = ("steps alone", "float32")
"""Runs that ``STEP_ERRORS`` bounds the error of."""
COMPARED = list(OUTCOMES)[:JUDGED]
FLOORS = np.array([OUTCOMES[name].floor for name in COMPARED])
CORNERS: dict[str, dict[str, float | tuple[float, float]]] = {
    "130-160/min, 40 mL": {"heart_rate": (130, 160)},
    "130-160/min, 50 mL": {"heart_rate": (130, 160), "balloon_volume": 50},
    "stiff old aortas": {"age": (75, 90), "arterial_stiffness": (1.5, 2.2)},
    "stiff old aortas, 130-160/min": {"age": (75, 90), "arterial_stiffness": (1.5, 2.2), "heart_rate": (130, 160)},
    "aortic regurgitation": {"aortic_regurgitation_area": (0.1, 0.5)},
    "mitral regurgitation": {"mitral_regurgitation_area": (0.1, 0.6)},
    "assist ratio 1:2": {"assist_ratio": 2},
    "assist ratio 1:3": {"assist_ratio": 3},
    "late deflation": {"deflation_offset": (0.0, 0.12)},
}
"""Patients of all cohorts alike, and what is set or drawn evenly instead of their own; a 40 mL balloon unless said."""
SHARES = {"median": 0.5, "95 %": 0.95, "99 %": 0.99, "worst": 1.0}
Table = tuple[Sequence[str], Iterable[Sequence[str]]]


class Comparison(NamedTuple):
    """Patients of several groups, the reference, and the runs compared with it.

    Attributes
    ----------
    groups : array of str, (patients,)
    parameters : array, (patients, parameters)
    exact : array, (patients, arms, outcomes)
    found : dict of str to array, (patients, arms, outcomes)
        By the run; NaN where it has no outcome.
    alike : dict of str to array, (patients, arms)
        Whether a run has the reference's status.
    """

    groups: np.ndarray
    parameters: np.ndarray
    exact: np.ndarray
    found: dict[str, np.ndarray]
    alike: dict[str, np.ndarray]

    def errors(self, run: str) -> np.ndarray:
        """Errors relative to the outcome's size or floor, (patients, arms, outcomes); NaN without an outcome."""
        relative: np.ndarray = np.abs(self.found[run] - self.exact) / np.maximum(np.abs(self.exact), FLOORS)
        return relative

    def of(self, name: str, run: str) -> np.ndarray:
        """Errors of one group's pairs as rows (pairs, outcomes), where both runs have outcomes."""
        return complete(self.errors(run)[self.groups == name].reshape(-1, len(COMPARED)))

    def of_differences(self, name: str, run: str) -> np.ndarray:
        """Errors of one group's differences between the arms, relative to the larger size, (patients, outcomes)."""
        found, exact = (each[self.groups == name] for each in (self.found[run], self.exact))
        sizes = np.maximum(np.abs(exact).max(axis=1), FLOORS)
        return complete(np.abs(np.diff(found - exact, axis=1)[:, 0]) / sizes)


def complete(rows: np.ndarray) -> np.ndarray:
    """Rows without a NaN."""
    kept: np.ndarray = rows[~np.isnan(rows).any(axis=1)]
    return kept


@contextmanager
def finer_steps() -> Iterator[None]:
    """Every pattern in ``FINER`` times as many steps, while this lasts."""
    plan = periodic.plan

    def finer(*asked):  # type: ignore[no-untyped-def]
        steps, *rest = plan(*asked)
        return FINER * steps, *rest

    with patch.object(periodic, "plan", finer):
        yield


def patients_of(names: Sequence[str], count: int, seed: int) -> np.ndarray:
    """``count`` random patients of each cohort, (count, cohorts, parameters), all with a 40 mL balloon."""
    drawn = [parameter_matrix(sample(name, count, seed=seed, design="random")) for name in names]
    matrix = np.stack(drawn, axis=1)
    matrix[..., PLACE["balloon_volume"]] = 40.0
    return matrix


def corner(name: str, count: int, seed: int) -> np.ndarray:
    """About ``count`` patients of a corner, evenly from all cohorts."""
    matrix = patients_of(cohorts.names(), -(-count // len(cohorts.names())), seed).reshape(-1, len(PARAMETERS))
    random = np.random.default_rng(seed)
    for parameter, setting in CORNERS[name].items():
        values = random.uniform(*setting, len(matrix)) if isinstance(setting, tuple) else setting
        matrix[:, PLACE[parameter]] = values
    return matrix


def groups_of(patients: int, corners: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Names of the groups, one a patient, and parameters; cohorts take turns, so that threads have alike to do."""
    names = cohorts.names()
    drawn = patients_of(names, patients, seed).reshape(-1, len(PARAMETERS))
    parts = [corner(name, corners, seed + 1) for name in CORNERS]
    labels = [name for name, part in zip(CORNERS, parts, strict=True) for _ in part]
    return np.array(list(names) * patients + labels), np.concatenate([drawn, *parts])


def solved(patients: xr.Dataset, finer: bool = False, **options: str | float) -> tuple[np.ndarray, np.ndarray]:
    """Outcomes (patients, arms, outcomes), NaN where there are none, and status."""
    with finer_steps() if finer else nullcontext():
        result = simulate(patients, ARMS, **options)  # type: ignore[arg-type]
    status = result.status.values
    outcomes = np.stack([result[name].values.astype(float) for name in COMPARED], axis=-1)
    outcomes[status != Status.OK] = np.nan
    return outcomes, status


def compare(groups: np.ndarray, parameters: np.ndarray) -> Comparison:
    """Run everything."""
    patients = xr.Dataset({name: ("patient", parameters[:, place]) for name, place in PLACE.items()})
    exact, status = solved(patients, finer=True, tolerance=CONVERGED)
    found, alike = {}, {}
    for run, options in RUNS.items():
        found[run], own_status = solved(patients, **options)  # type: ignore[arg-type]
        alike[run] = own_status == status
    return Comparison(groups, parameters, exact, found, alike)


def scientific(value: float) -> str:
    return f"{value:.1e}" if value else "0"


def quantiles(errors: np.ndarray) -> list[str]:
    return [scientific(float(np.quantile(errors, share))) for share in SHARES.values()]


def by_outcome(rows: dict[str, np.ndarray]) -> Table:
    """Quantiles over patients and arms of every outcome's error, by the run."""
    head = ["outcome", *(f"{run}: {share}" for run in rows for share in SHARES)]
    return head, [
        [name, *(cell for errors in rows.values() for cell in quantiles(errors[:, place]))]
        for place, name in enumerate(COMPARED)
    ]


def by_group(found: Comparison, names: Iterable[str]) -> Table:
    """Quantiles of a pair's largest error over all outcomes, and what errs most."""
    head = ["group", *(f"{run}: {share}" for run in RUNS for share in SHARES), "errs most", "other status"]
    rows = []
    for name in names:
        cells = [cell for run in RUNS for cell in quantiles(found.of(name, run).max(axis=1))]
        most = COMPARED[int(np.quantile(found.of(name, "float64"), 0.99, axis=0).argmax())]
        apart = [int((~found.alike[run][found.groups == name]).sum()) for run in ("float64", "float32")]
        rows.append([name, *cells, most, " and ".join(map(str, apart))])
    return head, rows


def step_errors(found: Comparison) -> Table:
    """What bounds the error of most, of an outcome and of its difference between the arms, and what is declared.

    The larger of what the steps alone make and of float32.
    """
    groups = list(dict.fromkeys(found.groups.tolist()))
    columns = []
    for of in (found.of, found.of_differences):
        rows = [[of(name, run) for name in groups] for run in BOUNDING]
        columns.append(np.max([[np.quantile(each, 0.95, axis=0) for each in own] for own in rows], axis=(0, 1)))
        columns.append(np.max([np.quantile(np.concatenate(own), 0.99, axis=0) for own in rows], axis=0))
    columns.append(np.array([STEP_ERRORS[name] for name in COMPARED]))
    kinds = ("95 % of the hardest group", "99 % of all")
    head = ["outcome", *(f"{of}: {kind}" for of in ("of an arm", "of the difference") for kind in kinds), "declared"]
    return head, [
        [name, *(scientific(float(each)) for each in row)] for name, *row in zip(COMPARED, *columns, strict=True)
    ]


SHOWN = ("heart_rate", "age", "arterial_stiffness", "systemic_resistance", "lv_elastance")


def worst(found: Comparison, run: str, most: int = 12) -> Table:
    """The patients that err most, one row for a patient in an arm."""
    errors, by_steps = (np.nan_to_num(found.errors(each)) for each in (run, "steps alone"))
    largest = errors.max(axis=2)
    rows = []
    for at in np.argsort(-largest, axis=None)[:most]:
        patient, arm = divmod(int(at), len(ARMS))
        place = int(errors[patient, arm].argmax())
        settings = [f"{found.parameters[patient, PLACE[name]]:.3g}" for name in SHOWN]
        truth = f"{found.exact[patient, arm, place]:.4g}"
        alone = scientific(float(by_steps[patient, arm, place]))
        cells = [found.groups[patient], list(ARMS)[arm], COMPARED[place], truth, scientific(largest[patient, arm])]
        rows.append([*cells, alone, *settings])
    return ["group", "arm", "outcome", "reference", "error", "by the steps alone", *SHOWN], rows


def grid(table: Table) -> str:
    head, rows = table
    return "\n".join("| " + " | ".join(line) + " |" for line in [head, ["---"] * len(head), *rows])


def document(found: Comparison) -> str:
    """Write the page."""
    names = cohorts.names()
    pooled = {run: np.concatenate([found.of(name, run) for name in names]) for run in RUNS}
    counts = f"{np.count_nonzero(found.groups == names[0])} random patients of each cohort"
    corners = f"{np.count_nonzero(found.groups == next(iter(CORNERS)))} of each corner, evenly from all cohorts"
    parts = [
        "# How exact are the numbers?",
        f"Made by `make accuracy`; no number is typed by hand. {counts} and {corners}, each without support and with a"
        f" 40 mL balloon, at the default steps and tolerance. The reference is the same engine in {FINER} times as many"
        f" steps, converged to {CONVERGED:g}, which the tests hold to an independent integration by scipy.",
        "An error is relative to the outcome's size, or to its floor where that is larger. *Steps alone* is float64 at"
        f" the default steps converged to {CONVERGED:g}: what a tighter tolerance would not mend. This is the error of"
        " the numbers, not of the model: [validation.md](validation.md) is about that.",
        "## Every outcome, all cohorts, both arms",
        grid(by_outcome(pooled)),
        "## What counts as the error of the steps",
        "A class is called undecided where the error of the periodic state and that of the steps together could tip it."
        " *Declared* is what is taken for the second, of an outcome in an arm and of its difference between two arms:"
        " beside it what bounds the errors measured here in 95 % of the cohort or corner where that is largest, and in"
        " 99 % of all together, of the steps alone in float64 and of float32 as it is run. The errors of two arms of a"
        " patient cancel in part: their difference, relative to the larger of the two, errs about as one of them does,"
        " and not as their sum.",
        grid(step_errors(found)),
        "## The largest error of a patient in an arm, over all outcomes",
        "*Errs most*: the outcome with the largest 99th percentile in float64. *Other status*: how many have another"
        " status than the reference, in float64 and float32.",
        grid(by_group(found, names)),
        "Corners:",
        grid(by_group(found, CORNERS)),
        "## Who errs most, in float64",
        grid(worst(found, "float64")),
        "## Every outcome of every group",
    ]
    for name in (*names, *CORNERS):
        table = grid(by_outcome({run: found.of(name, run) for run in ("float64", "float32")}))
        parts.append(f"<details><summary>{name}</summary>\n\n{table}\n\n</details>")
    return "\n\n".join(parts) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--patients", type=int, default=500, help="of each cohort")
    parser.add_argument("--corners", type=int, default=200, help="patients of each corner")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("-o", "--output", type=Path, help="file for the page; default standard output")
    options = parser.parse_args()
    page = document(compare(*groups_of(options.patients, options.corners, options.seed)))
    if options.output is None:
        sys.stdout.write(page)
    else:
        options.output.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
