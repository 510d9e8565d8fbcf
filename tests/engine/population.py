"""Patients for the tests of the engine: drawn from the cohorts, or varied far beyond them."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from counterpulse.engine.inputs import PLACE, parameter_matrix
from counterpulse.engine.integration.lanes import Jobs
from counterpulse.engine.names.outcomes import JUDGED, OUTCOMES
from counterpulse.engine.names.regulation import UNREGULATED
from counterpulse.engine.periodic.prediction import no_regressions
from counterpulse.engine.periodic.solution import Solution, unsolved
from counterpulse.engine.periodic.solve import ACCELERATED, MOST_BEATS, Arm, plan, run_jobs, solve
from counterpulse.sweeps.simulate import sample

COHORTS = ("healthy", "ami-cs", "adhf")
ARMS: dict[str, dict[str, float]] = {
    "balloon": {"balloon_volume": 40},
    "balloon of ramps": {"balloon_volume": 40, "balloon_drive": 0},
    "balloon at 1:2": {"balloon_volume": 50, "assist_ratio": 2},
    "Impella 2.5": {"impella_model": 1, "impella_speed": 50},
    "Impella CP": {"impella_model": 2, "impella_speed": 44},
    "Impella 5.5": {"impella_model": 3, "impella_speed": 33},
    "ECMO": {"ecmo_flow": 3.5},
    "ECMO and balloon": {"ecmo_flow": 3.5, "balloon_volume": 40},
    "ECMO and Impella": {"ecmo_flow": 3.5, "impella_speed": 44},
    "Impella and balloon": {"impella_speed": 44, "balloon_volume": 40},
}
LESIONS: dict[str, dict[str, float]] = {
    "mitral leak": {"mitral_regurgitation_area": 0.5},
    "aortic leak": {"aortic_regurgitation_area": 0.45},
    "tricuspid leak": {"tricuspid_regurgitation_area": 0.5},
    "septal defect": {"septal_defect_area": 0.6},
    "stenosis": {"coronary_stenosis": 0.7},
    "ischaemia": {"coronary_stenosis": 0.8, "territory_at_risk": 0.6},
    "dilated bed": {"coronary_stenosis": 0.6, "vasodilated": 1.0},
    "functional mitral leak": {"functional_regurgitation_area": 0.3, "functional_regurgitation_exponent": 3.0},
    "pericardium": {"pericardial_room": 0.8},
    "all": {
        "mitral_regurgitation_area": 0.2,
        "aortic_regurgitation_area": 0.2,
        "tricuspid_regurgitation_area": 0.3,
        "septal_defect_area": 0.2,
        "coronary_stenosis": 0.6,
        "pericardial_room": 0.85,
    },
}
COMPARED = list(OUTCOMES)[:JUDGED]
"""Outcomes that are compared: not the number of beats and the estimated error."""
FLOORS = np.array([OUTCOMES[name].floor for name in COMPARED])


def draw(cohort: str, count: int, seed: int = 0) -> xr.Dataset:
    return sample(cohort, count, seed=seed)


def varied(cohort: str, count: int, seed: int = 0) -> np.ndarray:
    """Parameters of a cohort with rates of 60 to 150/min, ages of 25 to 85 and soft and stiff aortas."""
    matrix = parameter_matrix(draw(cohort, count, seed))
    random = np.random.default_rng(seed)
    matrix[:, PLACE["heart_rate"]] = random.uniform(60, 150, count)
    matrix[:, PLACE["age"]] = random.uniform(25, 85, count)
    matrix[:, PLACE["arterial_stiffness"]] = np.exp(random.uniform(-0.5, 0.6, count))
    return matrix


def with_balloon(matrix: np.ndarray, volume: float = 40.0, **settings: float) -> np.ndarray:
    supported = matrix.copy()
    for name, value in {"balloon_volume": volume, **settings}.items():
        supported[:, PLACE[name]] = value
    return supported


def relative_error(found: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Error of the compared outcomes as outcomes are judged: relative to their size or their floor."""
    found, truth = found[:, : len(COMPARED)], truth[:, : len(COMPARED)]
    return np.abs(found - truth) / np.maximum(np.abs(truth), FLOORS)


def pair(matrix: np.ndarray, **options: Any) -> tuple[Solution, Solution]:
    """Every patient without support, and with a 40 mL balloon from there."""
    off = solve(matrix, None, None, **options)
    return off, solve(with_balloon(matrix), off.states, off.learned, **options)


def solve_in_steps(
    matrix: np.ndarray, start: np.ndarray | None, learned: np.ndarray | None, steps: int, tolerance: float
) -> Solution:
    """As `solve`, with a number of steps imposed on every patient."""
    _, codes, guesses = plan(matrix)
    start = guesses if start is None else start
    solution = unsolved(start)
    learned = np.zeros_like(solution.learned) if learned is None else learned
    arm = Arm(Jobs(matrix, start, learned, np.full(len(matrix), steps)), codes, "float64", UNREGULATED)
    run_jobs(arm, np.arange(len(matrix)), solution, ACCELERATED, no_regressions(), tolerance, MOST_BEATS)
    return solution
