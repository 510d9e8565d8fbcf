"""Sweeps whose boundary is known: candidates of real designs, judged by the real comparison, with outcomes made up.

Whether a patient is helped is a function of two parameters. Nothing is simulated.
"""

import json
from collections.abc import Callable

import numpy as np
import xarray as xr
from scipy.spatial import cKDTree

from counterpulse.analysis.maps.boundary import boundary
from counterpulse.analysis.maps.refine import proposed, refine
from counterpulse.engine import OUTCOMES
from counterpulse.sweeps.spec.candidates import candidates
from counterpulse.sweeps.spec.file import from_canonical
from counterpulse.sweeps.spec.spec import Spec

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
    result["mean_arterial_pressure"] = ("patient", "arm"), np.broadcast_to(65.0, shape)
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


def plain_error(patients: int, seed: int, truth: str) -> float:
    """Error of the boundary of a plain sweep."""
    height, curve = TRUTHS[truth]
    return missed(boundary(planted(sweep(patients, seed), height), X, Y), curve)


def refined_error(patients: int, seed: int, truth: str, rounds: int = 3) -> float:
    """Error where as many patients in all are spent in rounds, each twice as large as the one before.

    The first is plain, the others are refined from those before; all are pooled.
    """
    height, curve = TRUTHS[truth]
    first = patients // (2**rounds - 1)
    stores = [planted(sweep(first, seed), height)]
    for turn in range(1, rounds):
        own = first * 2**turn
        proposal = refine(stores, X, Y, own)
        stores.append(planted(proposed(proposal), height))
    return missed(boundary(stores, X, Y), curve)
