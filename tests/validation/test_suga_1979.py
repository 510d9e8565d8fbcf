"""Suga 1979: end-systolic elastance, and the pressure-volume area as work and potential energy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad

from counterpulse.engine.measure.beat import potential_energy
from counterpulse.engine.names.parameters import PARAMETERS, Parameters
from counterpulse.engine.patient.coefficients import fold
from counterpulse.engine.simulation import simulate
from counterpulse.engine.traces import waveforms
from counterpulse.sweeps.simulate import sample

NOMINAL = Parameters(*[quantity.default for quantity in PARAMETERS.values()])


@pytest.mark.parametrize(("elastance", "volume"), [(2.2, 60.0), (0.6, 130.0), (1.0, 40.0)])
def test_potential_energy_is_the_area_between_the_relations_left_of_end_systole(elastance, volume):
    c = fold(NOMINAL._replace(lv_elastance=elastance))
    pressure = elastance * (volume - c.lv_unstressed)

    def between(v: float) -> float:
        stretch = v - c.lv_unstressed
        return elastance * stretch - c.lv_scale * (np.exp(c.lv_exponent * stretch) - 1.0)

    expected, _ = quad(between, c.lv_unstressed, volume)
    assert potential_energy(pressure, volume, c) == pytest.approx(expected, rel=1e-6)


def test_the_loop_touches_its_elastance_whatever_the_load():
    """Without the septum, max P/(V - V0) is Ees, and the pressure-volume area is loop and triangle."""
    patient = sample("ami-cs", 1, seed=42).isel(patient=0).assign(septal_gain_left=0.0)
    arms = {"off": {}, "dilated": {"systemic_resistance": 0.6}, "iabp": {"balloon_volume": 40}}
    beats = waveforms(patient, arms, samples=6000, tolerance=1e-5)
    result = simulate(patient.expand_dims("patient"), arms, tolerance=1e-5).isel(patient=0)
    unstressed = float(patient.lv_unstressed_volume)
    for arm in arms:
        pressure, volume = (beats[name].sel(arm=arm).values for name in ("lv_pressure", "lv_volume"))
        ratio = pressure / (volume - unstressed)
        assert ratio.max() == pytest.approx(float(patient.lv_elastance), rel=2e-3)
        found = result.sel(arm=arm)
        at = ratio.argmax()
        assert found.lv_end_systolic_pressure.item() == pytest.approx(pressure[at], rel=2e-3)
        loop = -np.trapezoid(np.append(pressure, pressure[0]), np.append(volume, volume[0]))
        assert found.stroke_work.item() == pytest.approx(loop, rel=3e-3)
        triangle = potential_energy(pressure[at], volume[at], fold(NOMINAL._replace(
            lv_unstressed_volume=unstressed,
            lv_stiffness_exponent=float(patient.lv_stiffness_exponent),
            lv_stiffness_scale=float(patient.lv_stiffness_scale),
        )))  # fmt: skip
        assert found.pressure_volume_area.item() == pytest.approx(loop + triangle, rel=3e-3)


def test_oxygen_follows_the_area():
    """Khalafbeigui 1979: 1.53e-5 mL per mmHg mL, and .019 mL for nothing done."""
    result = simulate(sample("adhf", 8, seed=43), {"off": {}, "iabp": {"balloon_volume": 40}})
    np.testing.assert_allclose(result.oxygen_consumption, 1.53e-5 * result.pressure_volume_area + 0.019, rtol=1e-12)
