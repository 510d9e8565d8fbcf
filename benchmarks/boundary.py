"""How many patients a boundary costs: a sweep refined near it against a plain one, where the truth was planted.

Patients are drawn by the design of real sweeps and judged by the real rule, but their outcomes are made up: helped or
not is a function of two parameters, so that the line is known. Nothing is simulated.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence

import click
import numpy as np
import xarray as xr
from scipy.spatial import cKDTree

from ..analysis.maps.boundary import boundary
from ..analysis.maps.refine import propose
from ..analysis.text import columns
from ..engine import OUTCOMES
from ..sweeps.design.designs import candidates
from ..sweeps.spec.spec import Spec, from_canonical

X, Y = "heart_rate", "systemic_resistance"
RANGES = {X: (60.0, 150.0), Y: (0.6, 2.0)}
STEPS = 4000

Curve = np.ndarray
"""Points (n, 2) on the unit square."""
Height = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""From positions x and y on the unit square to a number that is above 0 where patients are helped."""


def _wave() -> Curve:
    along = np.linspace(0.0, 1.0, STEPS)
    return np.column_stack([along, 0.5 + 0.2 * np.sin(2 * np.pi * along)])


def _ring() -> Curve:
    angle = np.linspace(0.0, 2 * np.pi, STEPS)
    return np.column_stack([0.5 + 0.3 * np.cos(angle), 0.5 + 0.3 * np.sin(angle)])


TRUTHS: dict[str, tuple[Height, Curve]] = {
    "wave": (lambda x, y: y - 0.5 - 0.2 * np.sin(2 * np.pi * x), _wave()),
    "ring": (lambda x, y: 0.3 - np.hypot(x - 0.5, y - 0.5), _ring()),
}
"""Boundaries: the height above them, and the lines where it is 0."""


def sweep(patients: int, seed: int) -> Spec:
    """Give a sweep over both axes, of the cohort ami-cs."""
    vary = {name: {"low": low, "high": high} for name, (low, high) in RANGES.items()}
    arms = {"off": {}, "iabp": {"balloon_volume": 40.0}}
    return from_canonical({"cohort": "ami-cs", "patients": patients, "seed": seed, "vary": vary, "arms": arms})


def planted(spec: Spec, height: Height, blur: float = 0.0) -> xr.Dataset:
    """Give what a store of a sweep would hold, if a known boundary decided who is helped.

    Parameters
    ----------
    spec : Spec
        With both axes in [vary].
    height : callable
        Of the boundary.
    blur : float
        Scale of the logistic law by which the chance of help rises across the boundary; 0 for a step.
    """
    patients = candidates(spec, 0, spec.patients)
    x, y = ((patients[name].values - low) / (high - low) for name, (low, high) in RANGES.items())
    above = height(x, y)
    if blur:
        chance = np.random.default_rng(spec.seed).random(spec.patients)
        above = above + blur * np.log(chance / (1 - chance))
    shape = (spec.patients, len(spec.arms))
    result = {name: (("patient", "arm"), np.broadcast_to(2.0, shape)) for name in OUTCOMES}
    result["cardiac_output"] = ("patient", "arm"), np.stack([np.full(len(x), 4.0), 4.0 + (above > 0)], axis=1)
    result["convergence_error"] = ("patient", "arm"), np.zeros(shape)
    result["status"] = ("patient", "arm"), np.ones(shape, dtype=np.uint8)
    arms = np.array(list(spec.arms), dtype=object)
    return patients.assign(result).assign_coords(arm=arms).assign_attrs(spec=json.dumps(spec.canonical()))


def missed(found: xr.Dataset, truth: Curve) -> float:
    """Mean distance between a boundary and the truth, as a share of the axes: from each to the other, averaged.

    So pieces that are missing count as well as pieces that are not there.
    """
    line = np.column_stack(
        [
            (found[f"boundary_{axis}"].values - low) / (high - low)
            for axis, (low, high) in zip("xy", RANGES.values(), strict=True)
        ]
    )
    if not len(line):
        return 1.0
    there, back = cKDTree(truth).query(line)[0], cKDTree(line).query(truth)[0]
    return float((there.mean() + back.mean()) / 2)


def plain_error(patients: int, seed: int, truth: str, blur: float) -> float:
    """Error of the boundary of a plain sweep."""
    height, curve = TRUTHS[truth]
    return missed(boundary(planted(sweep(patients, seed), height, blur), X, Y), curve)


def refined_error(patients: int, seed: int, truth: str, blur: float, rounds: int = 3) -> float:
    """Error where as many patients in all are spent in rounds, each twice as large as the one before.

    The first is plain, the others are refined from those before; all are pooled.
    """
    height, curve = TRUTHS[truth]
    first = patients // (2**rounds - 1)
    stores = [planted(sweep(first, seed), height, blur)]
    for turn in range(1, rounds):
        own = first * 2**turn
        proposal = propose(stores, X, Y, own)
        stores.append(planted(proposal.spec, height, blur))
    return missed(boundary(stores, X, Y), curve)


def needed(errors: Mapping[int, np.ndarray], wanted: float) -> float:
    """Give the patients of plain sweeps at which the mean error is as wanted, along straight lines of logarithms."""
    patients = np.array(sorted(errors))
    means = np.array([errors[each].mean() for each in patients])
    # errors that fall as they should; beyond the last the trend of all goes on
    slope, height = np.polyfit(np.log(patients), np.log(means), 1)
    if not means.min() <= wanted <= means.max():
        return float(np.exp((np.log(wanted) - height) / slope))
    order = np.argsort(means)
    return float(np.exp(np.interp(np.log(wanted), np.log(means[order]), np.log(patients[order]))))


def table(truth: str, blur: float, budgets: Sequence[int], seeds: Sequence[int]) -> list[list[object]]:
    """Rows: patients in all, refined; error with its standard error; that of as many plain; how many plain it takes."""
    plain_budgets = sorted({budget * times for budget in budgets for times in (1, 2, 4, 8)})
    plain = {each: np.array([plain_error(each, seed, truth, blur) for seed in seeds]) for each in plain_budgets}
    refined = {each: np.array([refined_error(each, seed, truth, blur) for seed in seeds]) for each in budgets}
    random = np.random.default_rng(0)
    rows: list[list[object]] = []
    for budget, errors in refined.items():
        gains = []
        for _ in range(500):
            drawn = random.integers(len(seeds), size=len(seeds))
            gains.append(needed({each: own[drawn] for each, own in plain.items()}, errors[drawn].mean()) / budget)
        low, high = np.quantile(gains, [0.025, 0.975])
        gain = needed(plain, errors.mean()) / budget
        per_cent = [f"{100 * each.mean():.3f} ± {100 * standard_error(each):.3f}" for each in (errors, plain[budget])]
        rows.append([truth, blur, budget, *per_cent, f"{gain:.1f} ({low:.1f} to {high:.1f})"])
    return rows


def standard_error(values: np.ndarray) -> float:
    """Of a mean."""
    return float(values.std(ddof=1) / np.sqrt(len(values)))


HEAD = ["truth", "blur", "patients", "error refined (%)", "error plain (%)", "times as many plain"]


@click.command()
@click.option("--seeds", type=click.IntRange(min=2), default=8, show_default=True, help="Sweeps of each kind.")
@click.option(
    "--patients", type=int, multiple=True, default=(1500, 6000), show_default=True, help="In all; repeatable."
)
def main(seeds: int, patients: tuple[int, ...]) -> None:
    """Print how many patients of a plain sweep find a planted boundary as well as a refined one."""
    own = range(100, 100 + 10 * seeds, 10)
    rows = [row for truth in TRUTHS for row in table(truth, 0.0, patients, own)]
    rows += table("wave", 0.05, patients, own)
    click.echo(columns(HEAD, rows))
    click.echo("Errors: mean distance from the truth, in per cent of the axes, and its standard error over the seeds.")
    click.echo("Refined: three rounds, each twice as large as the one before. Intervals: 95 %, bootstrap over seeds.")


if __name__ == "__main__":
    main()
