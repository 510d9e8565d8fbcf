"""Young and Tsai 1973: the pressure lost in an arterial stenosis, a linear and a quadratic part."""

from __future__ import annotations

import numpy as np
import pytest

from counterpulse.engine.laws.coronary import stenosis_flow, stenosis_resistance, stenosis_turbulence


def test_a_left_main_artery_that_lost_four_fifths_of_its_diameter():
    """D0 .45 cm, 1 cm long: a = 16 mmHg s/mL, b = 14 mmHg s2/mL2."""
    assert stenosis_resistance(0.8) == pytest.approx(16.0, rel=0.05)
    assert stenosis_turbulence(0.8) == pytest.approx(14.0, rel=0.05)


def test_the_formulas_in_cgs():
    diameter, length, viscosity, density = 0.45, 1.0, 0.035, 1.06
    area = np.pi * diameter**2 / 4
    for lost in (0.3, 0.6, 0.9):
        narrow = area * (1 - lost) ** 2
        effective = 0.83 * length + 1.64 * diameter * (1 - lost)
        viscous = 32 * (effective / diameter) * (area / narrow) ** 2 * viscosity / (diameter * area)
        sound = 32 * ((0.83 * length + 1.64 * diameter) / diameter) * viscosity / (diameter * area)
        turbulent = 1.52 * density / 2 * (area / narrow - 1) ** 2 / area**2
        assert stenosis_resistance(lost) == pytest.approx((viscous - sound) / 1333, rel=1e-9)
        assert stenosis_turbulence(lost) == pytest.approx(turbulent / 1333, rel=1e-9)


def test_a_sound_artery_loses_nothing_and_every_narrowing_more():
    assert stenosis_resistance(0.0) == pytest.approx(0.0, abs=1e-15)
    assert stenosis_turbulence(0.0) == 0.0
    narrowing = np.linspace(0.0, 0.95, 40)
    assert (np.diff([stenosis_resistance(lost) for lost in narrowing]) > 0).all()
    assert (np.diff([stenosis_turbulence(lost) for lost in narrowing]) > 0).all()


@pytest.mark.parametrize("gradient", [-60.0, -1.0, 0.0, 0.5, 80.0])
def test_the_flow_solves_the_law_in_both_directions(gradient):
    resistance, turbulence = stenosis_resistance(0.75), stenosis_turbulence(0.75)
    flow = stenosis_flow(gradient, resistance, turbulence)
    assert resistance * flow + turbulence * flow * abs(flow) == pytest.approx(gradient, rel=1e-12, abs=1e-12)
