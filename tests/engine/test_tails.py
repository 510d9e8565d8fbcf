"""Far out and in numbers: no patient breaks a run, and estimated errors hold with lesions and machines."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from counterpulse.engine.arms import Solver, run_arms
from counterpulse.engine.inputs import parameter_matrix
from counterpulse.engine.measure.beat import ejection
from counterpulse.engine.names.outcomes import OUTCOMES, Status
from counterpulse.engine.simulation import simulate
from counterpulse.sweeps.population import cohorts

from .population import ARMS, COMPARED, LESIONS, draw, relative_error

NAMES = cohorts.names()


def numbers_hold(result: xr.Dataset, most_failed: float) -> None:
    """Finite exactly where the status says so, and few failures in every arm."""
    ok = result.status.values == Status.OK
    for name in OUTCOMES:
        assert (np.isfinite(result[name].values) == ok).all(), name
    failed = 1.0 - ok.mean(axis=0)
    assert failed.max() <= most_failed, dict(zip(result.arm.values, failed, strict=True))


@pytest.mark.slow
@pytest.mark.parametrize("cohort", NAMES)
def test_fewer_than_one_in_a_hundred_of_two_thousand_candidates_fails(cohort):
    """Every cohort with every device."""
    precision = "float32" if NAMES.index(cohort) % 4 else "float64"
    numbers_hold(simulate(draw(cohort, 2000, seed=31), {"off": {}, **ARMS}, precision=precision), 0.01)


@pytest.mark.parametrize("lesion", LESIONS)
def test_every_lesion_meets_every_device(lesion):
    numbers_hold(simulate(draw("ami-cs", 64, seed=33).assign(LESIONS[lesion]), {"off": {}, **ARMS}), 0.05)


@pytest.mark.parametrize("cohort", [name for name in NAMES if name not in ("healthy", "ami-cs", "adhf")])
def test_the_estimated_error_is_at_least_the_true_one_in_95_per_cent_with_lesions_and_machines(cohort):
    """Each cohort without support and with two of the devices, against a tolerance of 1e-7."""
    place = NAMES.index(cohort)
    chosen = [list(ARMS.values())[(place + shift) % len(ARMS)] for shift in (0, 5)]
    arms = {"off": {}, "one": chosen[0], "other": chosen[1]}
    matrix = parameter_matrix(draw(cohort, 300, seed=34))
    found = run_arms(matrix, arms, {}, Solver("float64", 5e-4))
    exact = run_arms(matrix, arms, {}, Solver("float64", 1e-7))
    covered = {}
    for name, (_, one), (_, other) in zip(arms, found[1:], exact[1:], strict=True):
        both = (one.status == Status.OK) & (other.status == Status.OK)
        assert both.mean() > 0.98
        true = relative_error(one.outcomes[both], other.outcomes[both]).max(axis=1)
        covered[name] = float((true <= one.outcomes[both, len(COMPARED) + 1]).mean())
    assert min(covered.values()) >= 0.95, covered


def test_a_valve_that_is_open_when_the_beat_ends_closes_with_it():
    """What drives it may rise from the last sample to the next: the line through them has its zero far away."""
    steps = 96
    phase = 2.0 * np.pi * np.arange(steps) / steps
    root, lv = 60.0 + np.cos(phase), 70.0 + 1.05 * np.cos(phase)
    found = ejection(root, lv, lv - root, 0, steps, 5, 37, 48)
    assert found.opened
    assert found.closure == steps


def test_whose_valve_stays_open_has_no_diastole_and_no_numbers():
    law = cohorts.load()["ami-cs"]
    nominal = law.parameters({name: np.array(0.5) for name in law.latents()})
    own = {"lv_elastance": 0.17, "stressed_volume": 1360.0, "heart_rate": 173.0, "arterial_stiffness": 3.2}
    resistance = np.linspace(0.46, 0.52, 24)
    patients = xr.Dataset(nominal).assign(own).assign(systemic_resistance=("patient", resistance))
    result = simulate(patients, {"off": {}})
    assert (result.status == Status.NO_DIASTOLE).all()
    assert np.isnan(result.cardiac_output).all()
