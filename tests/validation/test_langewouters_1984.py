"""Langewouters 1984: cross-section and compliance of the human thoracic aorta by pressure and age."""

from __future__ import annotations

import numpy as np
import pytest

from counterpulse.engine.laws.aorta import GAIN, PROXIMAL, THORACIC, area_law, area_share, wall_pressure
from counterpulse.engine.names.parameters import PARAMETERS, Parameters
from counterpulse.engine.patient.coefficients import fold, wall_of

NOMINAL = Parameters(*[quantity.default for quantity in PARAMETERS.values()])
PRESSURES = np.linspace(5.0, 140.0, 28)


def compliance(age: float, pressure: float) -> float:
    """cm2/mmHg."""
    p0, p1, largest = area_law(age, 0.0)
    return (area_share(pressure + 0.01, p0, p1) - area_share(pressure - 0.01, p0, p1)) * largest / 0.02


def pressure_in(p: Parameters, volume: np.ndarray) -> np.ndarray:
    """Elastic pressure of the proximal thoracic node at volumes."""
    wall = wall_of(fold(p))
    return np.array([wall_pressure(each, GAIN[PROXIMAL], wall) for each in volume])


def volume_at(p: Parameters, pressure: np.ndarray) -> np.ndarray:
    """Volume of that node by the law itself, its compliance divided by the stiffness about 80 mmHg."""
    p0, p1, largest = area_law(p.age, p.female)
    share = 0.5 + np.arctan((pressure - p0) / p1) / np.pi
    reference = 0.5 + np.arctan((80.0 - p0) / p1) / np.pi
    area = reference + (share - reference) / p.arterial_stiffness
    return area * largest * THORACIC.area_factor * THORACIC.length


def test_eighty_centimetres_at_eighty_mmhg_in_the_old_and_the_young():
    assert 80 * compliance(65, 80) == pytest.approx(0.88, abs=0.01)
    assert 80 * compliance(25, 80) == pytest.approx(2.35, abs=0.01)


def test_the_largest_area_is_approached_from_below_and_is_smaller_in_women():
    p0, p1, male = area_law(50, 0.0)
    assert area_share(1e6, p0, p1) + 0.5 == pytest.approx(1.0, abs=1e-4)
    assert area_share(p0, p0, p1) == 0.0
    _, _, female = area_law(50, 1.0)
    assert (male, female) == (5.62, pytest.approx(4.12))


@pytest.mark.parametrize("stiffness", [0.6, 1.0, 2.0])
@pytest.mark.parametrize("age", [25.0, 65.0, 85.0])
def test_the_pressure_of_a_node_inverts_the_area_law(age, stiffness):
    p = NOMINAL._replace(age=age, arterial_stiffness=stiffness)
    np.testing.assert_allclose(pressure_in(p, volume_at(p, PRESSURES)), PRESSURES, rtol=1e-7)


def test_beyond_the_law_pressure_goes_on_without_a_step():
    """Below the area at 0 mmHg and near the largest area the law is continued by its tangents."""
    p = NOMINAL._replace(age=25.0)
    largest = area_law(25.0, 0.0)[2] * THORACIC.area_factor * THORACIC.length
    for place in (volume_at(p, np.zeros(1))[0], 0.97 * largest):
        below, at, above = pressure_in(p, place + np.array([-1e-4, 0.0, 1e-4]) * largest)
        assert 0.0 < at - below == pytest.approx(above - at, rel=0.02)
