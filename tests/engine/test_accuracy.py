"""Outcomes at the default steps and tolerance against far finer steps, and those against scipy."""

from __future__ import annotations

import numpy as np
import pytest

from counterpulse.analysis.response.step_errors import STEP_ERRORS
from counterpulse.benchmarks.accuracy import (
    ARMS,
    BOUNDING,
    COMPARED,
    CONVERGED,
    CORNERS,
    Comparison,
    compare,
    document,
    finer_steps,
    groups_of,
    patients_of,
)
from counterpulse.engine.arms import Solver, run_arms
from counterpulse.engine.integration.lanes import MACHINE_FIELDS, PLAIN_FIELDS
from counterpulse.engine.names.outcomes import Status
from counterpulse.engine.names.parameters import Parameters
from counterpulse.engine.names.state import Learned
from counterpulse.sweeps.population import cohorts

from .population import relative_error
from .reference import STATES, Reference

pytestmark = pytest.mark.slow

NAMES = cohorts.names()
FOOT = ("diastolic_pressure", "end_diastolic_aortic_pressure")
"""Read where the aortic valve opens, soon after the kink that deflation leaves, or in the middle of it."""


@pytest.fixture(scope="module")
def found() -> Comparison:
    return compare(*groups_of(80, 24, seed=1))


def quantile(found: Comparison, names: list[str] | tuple[str, ...], run: str, share: float) -> dict[str, float]:
    errors = np.concatenate([found.of(name, run) for name in names])
    return dict(zip(COMPARED, np.quantile(errors, share, axis=0).tolist(), strict=True))


def beyond(errors: dict[str, float], bound: float, **others: float) -> dict[str, float]:
    return {name: error for name, error in errors.items() if not error < others.get(name, bound)}


@pytest.mark.parametrize("run", ["float64", "float32"])
def test_every_patient_has_the_status_of_finer_steps(found, run):
    assert found.alike[run].all()
    assert sum(len(found.of(name, run)) for name in (*NAMES, *CORNERS)) > 0.99 * found.alike[run].size


@pytest.mark.parametrize("run", ["float64", "float32"])
def test_of_every_cohort_19_of_20_are_within_a_thousandth_and_99_of_100_within_a_few(found, run):
    """Measured with two seeds, either precision: 95 % 3.8e-4, 99 % 8.6e-4 and at the foot of ejection 4.1e-4.

    With three quarters of the steps 95 % are within 7.2e-4.
    """
    assert not beyond(quantile(found, NAMES, run, 0.95), 5e-4)
    assert not beyond(quantile(found, NAMES, run, 0.99), 1.4e-3, **dict.fromkeys(FOOT, 1e-3))


@pytest.mark.parametrize("run", ["float64", "float32"])
def test_no_patient_of_a_cohort_is_far_off(found, run):
    """Measured: 5.6e-3, the reserve 1.1e-2, at the foot 1.9e-3.

    In ten times as many one valve that all but closes and opens again is read apart in coarse and in fine steps.
    """
    others = {"augmented_diastolic_pressure": 1e-2, "endocardial_reserve": 4e-2, **dict.fromkeys(FOOT, 2e-2)}
    assert not beyond(quantile(found, NAMES, run, 1.0), 6e-3, **others)


@pytest.mark.parametrize("run", ["float64", "float32"])
def test_the_corners_are_hardly_worse(found, run):
    """Measured with two seeds: 95 % 6.4e-4, 99 % 1.3e-3, the worst 8.2e-3."""
    corners = list(CORNERS)
    assert not beyond(quantile(found, corners, run, 0.95), 9e-4)
    assert not beyond(quantile(found, corners, run, 0.99), 2e-3)
    assert not beyond(quantile(found, corners, run, 1.0), 1.2e-2)


@pytest.mark.parametrize("run", BOUNDING)
def test_the_declared_errors_of_the_steps_bound_those_of_arms_and_of_differences(found, run):
    """In 99 of 100 of all together and in 19 of 20 of each cohort, with room for so small a sample."""
    declared = np.array([STEP_ERRORS[name] for name in COMPARED])
    for of in (found.of, found.of_differences):
        rows = {name: of(name, run) > declared for name in (*NAMES, *CORNERS)}
        assert np.concatenate(list(rows.values())).mean(axis=0).max() < 0.015
        assert max(rows[name].mean(axis=0).max() for name in NAMES) < 0.1


def test_no_declared_error_of_the_steps_is_idle(found):
    """Measured: each is up to 4.1 times the 99th percentile of all, in so small a sample 5.4 times.

    That is the end-diastolic volume, whose difference errs three times as much in one corner as in 99 % of all.
    """
    errors = np.quantile(np.concatenate([found.of(name, "float32") for name in (*NAMES, *CORNERS)]), 0.99, axis=0)
    idle = {name: STEP_ERRORS[name] / most for name, most in zip(COMPARED, errors.tolist(), strict=True) if most > 0}
    assert not {name: ratio for name, ratio in idle.items() if ratio > 8}


def test_the_page_has_every_outcome_of_every_group(found):
    page = document(found)
    assert all(page.count(f"| {name} |") >= 1 + len(NAMES) + len(CORNERS) for name in COMPARED)


@pytest.mark.parametrize("cohort", NAMES)
def test_finer_steps_are_an_independent_integration(cohort):
    """One patient of each cohort, in turn without and with a balloon. Measured, all twelve in both arms: 1.6e-4.

    The index of systole is that far off because scipy's reading takes the closure at a sample.
    """
    matrix = patients_of(NAMES, 1, seed=7)[0, [NAMES.index(cohort)]]
    arm = NAMES.index(cohort) % 2
    with finer_steps():
        (_, baseline), *arms = run_arms(matrix, ARMS, {}, Solver("float64", CONVERGED))
    own, solution = arms[arm]
    assert solution.status[0] == Status.OK
    reference = Reference(Parameters(*own[0].tolist()), Learned(*baseline.learned[0].tolist()), alone=not arm)
    states, held, machine, _ = np.split(solution.states[0], [STATES, PLAIN_FIELDS, MACHINE_FIELDS])
    truth = reference.outcomes(reference.periodic(np.concatenate([states, machine, held]), points=6400))
    error = relative_error(solution.outcomes, np.array([[truth[name] for name in COMPARED]]))[0]
    assert not beyond(dict(zip(COMPARED, error.tolist(), strict=True)), 2e-4)
