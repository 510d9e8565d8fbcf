"""What findings say, against the numbers that they are about."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from counterpulse.engine.arms import Solver, run_arms
from counterpulse.engine.inputs import parameter_matrix
from counterpulse.engine.names.outcomes import Findings, Status
from counterpulse.engine.simulation import simulate

from ..population import draw

ARMS: dict[str, dict[str, float]] = {
    "off": {},
    "iabp": {"balloon_volume": 40},
    "late": {"balloon_volume": 40, "deflation_offset": 0.12},
    "constricted": {"systemic_resistance": 3.0},
    "dilated": {"systemic_resistance": 0.4},
    "ECMO": {"ecmo_flow": 4.0},
}
NAMES = [
    "status",
    "findings",
    "mean_arterial_pressure",
    "cardiac_index",
    "wedge_pressure",
    "end_diastolic_aortic_pressure",
    "stroke_work",
]


@pytest.fixture(scope="module")
def found() -> xr.Dataset:
    results = [simulate(draw(cohort, 60, seed=87), ARMS)[NAMES] for cohort in ("healthy", "scai-e", "adhf")]
    return xr.concat(results, "patient")


def saw(result: xr.Dataset, finding: Findings) -> np.ndarray:
    return ((result.findings & int(finding)) > 0).values


def test_every_finding_is_a_bit_of_its_own_and_has_a_sentence():
    assert sorted(Findings) == [1 << place for place in range(len(Findings))]
    assert all(finding.sentence for finding in Findings)


def test_findings_are_sixteen_bits_wide_wherever_they_are_handed_on(found):
    assert max(Findings) < 2**16
    assert found.findings.dtype == np.uint16
    np.testing.assert_array_equal(found.findings.flag_masks, np.array([int(each) for each in Findings], np.uint16))
    assert found.findings.flag_masks.dtype == np.uint16
    solutions = run_arms(parameter_matrix(draw("ami-cs", 4)), ARMS, {}, Solver("float64", 5e-4))
    assert all(solution.findings.dtype == np.uint16 for _, solution in solutions)


def test_nobody_survives_beyond_the_limits(found):
    pressure, index, wedge = (
        found[name].values for name in ("mean_arterial_pressure", "cardiac_index", "wedge_pressure")
    )
    ok = (found.status == Status.OK).values
    beyond = (pressure < 40.0) | (pressure > 130.0) | (index < 1.0) | (wedge > 40.0)
    np.testing.assert_array_equal(saw(found, Findings.NOT_SURVIVABLE)[ok], beyond[ok])
    for each in (pressure < 40.0, pressure > 130.0, wedge > 40.0):
        assert (each & ok).any()


def test_who_has_pressure_and_flow_is_not_in_shock(found):
    fine = (found.mean_arterial_pressure.values > 80.0) & (found.cardiac_index.values > 2.2)
    ok = (found.status == Status.OK).values
    np.testing.assert_array_equal(saw(found, Findings.NOT_IN_SHOCK)[ok], fine[ok])
    off = found.arm.values == "off"
    healthy, shock = fine[:60, off], fine[60:120, off]
    assert healthy.mean() > 0.7
    assert not shock.any()


def test_a_balloon_that_raises_what_it_should_lower_is_mistimed(found):
    pressure, work = found.end_diastolic_aortic_pressure, found.stroke_work
    late = (pressure > pressure.sel(arm="off") + 1.0) | (work >= 1.12 * work.sel(arm="off"))
    balloons = found.arm.isin(["iabp", "late"])
    ok = (found.status == Status.OK).values
    expected = (late & balloons).transpose("patient", "arm").values
    np.testing.assert_array_equal(saw(found, Findings.MISTIMED)[ok], expected[ok])
    timed, wrong = (saw(found, Findings.MISTIMED)[:, found.arm.values == arm] for arm in ("iabp", "late"))
    assert wrong.mean() > 0.9
    # the healthy refill a soft aorta before the valve opens, and scai-e eject more than 12 % more
    assert timed.mean() < 0.5
    assert timed[120:].mean() < 0.2


def test_an_arm_that_is_the_reference_is_not_mistimed():
    result = simulate(draw("ami-cs", 12, seed=88), {"late": ARMS["late"], "off": {}}, reference="late")
    assert not saw(result, Findings.MISTIMED).any()
