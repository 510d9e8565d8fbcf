"""A vasopressor that holds the pressure: on arteries, and on veins by a power of the same factor."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from counterpulse.engine.arms import Solver, run_arms
from counterpulse.engine.inputs import PLACE, parameter_matrix
from counterpulse.engine.integration.lanes import FACTOR
from counterpulse.engine.laws.baroreflex import LEAST_FACTOR, MOST_FACTOR, Drives, adjust, next_factor
from counterpulse.engine.names.outcomes import Findings, Status
from counterpulse.engine.names.state import Learned
from counterpulse.engine.simulation import simulate

from ..population import draw, relative_error

ARMS: dict[str, dict[str, float]] = {"off": {}, "iabp": {"balloon_volume": 40}, "ECMO": {"ecmo_flow": 3.0}}
EXPONENTS = (0.0, 0.5, 1.0)
RESISTANCE, VOLUME, EXPONENT = (
    PLACE[name] for name in ("systemic_resistance", "stressed_volume", "pressor_venous_exponent")
)


@pytest.fixture(scope="module")
def held() -> dict[float, xr.Dataset]:
    patients = draw("ami-cs", 60, seed=83)
    return {
        exponent: simulate(patients.assign(pressor_venous_exponent=exponent), ARMS, regulation="map-held")
        for exponent in EXPONENTS
    }


@pytest.mark.parametrize("factor", [0.5, 1.0, 1.7])
@pytest.mark.parametrize("exponent", EXPONENTS)
def test_the_stressed_volume_follows_a_power_of_the_factor_on_the_resistance(factor, exponent):
    own = parameter_matrix(draw("ami-cs", 1, seed=83))[0]
    own[EXPONENT] = exponent
    row, learned = np.empty_like(own), Learned(0.3, 400.0, 66.0, 1.0, 4.0, 1.0, 165.0)
    rest = Drives(*[learned.sympathetic] * 4, learned.vagal)
    adjusted = adjust(own, learned, rest, factor, row)
    assert (adjusted.splanchnic, adjusted.peripheral) == pytest.approx((factor, factor))
    assert row[VOLUME] == pytest.approx(own[VOLUME] * factor**exponent, rel=1e-12)
    others = np.delete(np.arange(row.size), VOLUME)
    np.testing.assert_allclose(row[others], own[others], rtol=1e-15)
    if exponent == 0.0:
        assert row[VOLUME] == own[VOLUME]


@pytest.mark.parametrize("exponent", EXPONENTS)
def test_the_next_factor_gives_the_target_if_pressure_goes_as_resistance_times_volume(exponent):
    """Within the drugs' limits; at the target it stays."""
    for factor, pressure in ((1.0, 60.0), (1.4, 90.0), (0.7, 70.0)):
        found = next_factor(factor, 70.0, pressure, 10.0, exponent)
        assert (pressure - 10.0) * (found / factor) ** (1.0 + exponent) == pytest.approx(60.0)
    assert next_factor(2.9, 180.0, 60.0, 10.0, exponent) == MOST_FACTOR
    assert next_factor(0.31, 20.0, 120.0, 10.0, exponent) == LEAST_FACTOR


@pytest.mark.parametrize("exponent", EXPONENTS)
def test_the_pressure_of_the_reference_arm_is_held_whatever_the_power(held, exponent):
    found = held[exponent]
    assert (found.status == Status.OK).all()
    assert not (found.findings & int(Findings.TARGET_OUT_OF_REACH)).any()
    target = found.mean_arterial_pressure.sel(arm="off")
    assert (abs(found.mean_arterial_pressure - target) / target).max() < 1e-3


def test_without_veins_the_balloon_congests_them_and_with_them_it_does_not(held):
    """The balloon raises the pressure, so drugs are weaned: held by resistance alone, what runs off fills the veins."""
    rise = {
        exponent: found.central_venous_pressure.sel(arm="iabp") - found.central_venous_pressure.sel(arm="off")
        for exponent, found in held.items()
    }
    assert (rise[0.0] > 0.0).mean() > 0.95
    assert (rise[0.5] < rise[0.0]).all()
    assert (rise[1.0] < rise[0.5]).all()
    assert (rise[1.0] < 0.0).mean() > 0.9
    gains = [
        float((found.cardiac_output.sel(arm="iabp") - found.cardiac_output.sel(arm="off")).median())
        for found in held.values()
    ]
    assert gains[0] > gains[1] > gains[2] > 0.0


@pytest.mark.parametrize("exponent", EXPONENTS)
def test_a_held_arm_is_the_open_loop_with_its_resistance_and_volume(exponent):
    """So at a power of 0 it is the mode that moves the resistance alone."""
    matrix = parameter_matrix(draw("ami-cs", 24, seed=86))
    matrix[:, EXPONENT] = exponent
    arms = {"off": {}, "iabp": ARMS["iabp"]}
    _, _, (own, found) = run_arms(matrix, arms, {}, Solver("float64", 1e-7), "map-held")
    factor = found.states[:, FACTOR]
    assert (factor < 1.0).mean() > 0.9
    outcomes = np.empty_like(found.outcomes)
    for job, weaned in enumerate(factor):
        own_arm = {
            "balloon_volume": 40.0,
            "systemic_resistance": float(own[job, RESISTANCE] * weaned),
            "stressed_volume": float(own[job, VOLUME] * weaned**exponent),
        }
        _, _, (_, alone) = run_arms(matrix[[job]], {"off": {}, "iabp": own_arm}, {}, Solver("float64", 1e-7))
        outcomes[job] = alone.outcomes[0]
    assert relative_error(found.outcomes, outcomes).max() < 1e-5
