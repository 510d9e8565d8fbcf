"""Langewouters 1984: cross-section and compliance of the human aorta, thoracic and abdominal, by pressure and age."""

from __future__ import annotations

import numpy as np
import pytest

from counterpulse.engine.laws.aorta import (
    ABDOMINAL,
    GAIN,
    NODES,
    PROXIMAL,
    SHIFT,
    THORACIC,
    area_law,
    area_share,
    wall_pressure,
    wall_share,
)
from counterpulse.engine.laws.elementary import tangent_pi
from counterpulse.engine.names.parameters import PARAMETERS, Parameters
from counterpulse.engine.patient.coefficients import abdominal_wall, fold, thoracic_wall

NOMINAL = Parameters(*[quantity.default for quantity in PARAMETERS.values()])
PRESSURES = np.linspace(5.0, 140.0, 28)


def compliance(age: float, pressure: float) -> float:
    """cm2/mmHg."""
    p0, p1, largest = area_law(age, 0.0)
    return (area_share(pressure + 0.01, p0, p1) - area_share(pressure - 0.01, p0, p1)) * largest / 0.02


def pressure_in(p: Parameters, volume: np.ndarray, node: int = PROXIMAL) -> np.ndarray:
    """Elastic pressure of a node at volumes."""
    wall = abdominal_wall(fold(p)) if node == ABDOMINAL else thoracic_wall(fold(p))
    shares = [wall_share(each, GAIN[node], wall) for each in volume]
    return np.array([wall_pressure(np.divide(*tangent_pi(inside)), beyond, wall) for inside, beyond in shares])


def volume_at(p: Parameters, pressure: np.ndarray, node: int = PROXIMAL) -> np.ndarray:
    """Volume of that node by the law itself, its compliance divided by the stiffness about 80 mmHg."""
    p0, p1, largest = area_law(p.age, p.female)
    p0 -= SHIFT if node == ABDOMINAL else 0.0
    share = 0.5 + np.arctan((pressure - p0) / p1) / np.pi
    reference = 0.5 + np.arctan((80.0 - p0) / p1) / np.pi
    area = reference + (share - reference) / p.arterial_stiffness
    _, own = list(NODES.items())[node]
    return area * largest * own.area_factor * own.length


def measured_in(p: Parameters, node: int) -> tuple[float, float]:
    """Cross-section (cm2) and compliance (cm2/mmHg) of a node at 100 mmHg, from its pressure at volumes."""
    _, own = list(NODES.items())[node]
    volume = volume_at(p, np.array([100.0]), node)[0]
    below, above = pressure_in(p, volume + np.array([-1e-3, 1e-3]), node)
    return volume / own.length, 2e-3 / (above - below) / own.length


def test_eighty_centimetres_at_eighty_mmhg_in_the_old_and_the_young():
    assert 80 * compliance(65, 80) == pytest.approx(0.88, abs=0.01)
    assert 80 * compliance(25, 80) == pytest.approx(2.35, abs=0.01)


def test_the_largest_area_is_approached_from_below_and_is_smaller_in_women():
    p0, p1, male = area_law(50, 0.0)
    assert area_share(1e6, p0, p1) + 0.5 == pytest.approx(1.0, abs=1e-4)
    assert area_share(p0, p0, p1) == 0.0
    _, _, female = area_law(50, 1.0)
    assert (male, female) == (5.62, pytest.approx(4.12))


@pytest.mark.parametrize("node", [PROXIMAL, ABDOMINAL])
@pytest.mark.parametrize("stiffness", [0.6, 1.0, 2.0])
@pytest.mark.parametrize("age", [25.0, 65.0, 85.0])
def test_the_pressure_of_a_node_inverts_the_area_law(age, stiffness, node):
    p = NOMINAL._replace(age=age, arterial_stiffness=stiffness)
    np.testing.assert_allclose(pressure_in(p, volume_at(p, PRESSURES, node), node), PRESSURES, rtol=1e-7)


@pytest.mark.parametrize("female", [0.0, 1.0])
@pytest.mark.parametrize("age", np.linspace(30.0, 88.0, 7))
def test_a_thoracic_aorta_is_within_the_range_of_forty_five(age, female):
    area, compliance = measured_in(NOMINAL._replace(age=age, female=female), PROXIMAL)
    assert 2.6 <= area <= 7.6
    # their 17 is rounded: the law gives 17.4 in a man of thirty
    assert 1.9e-3 <= compliance < 17.5e-3


@pytest.mark.parametrize("female", [0.0, 1.0])
@pytest.mark.parametrize("age", np.linspace(30.0, 88.0, 7))
def test_an_abdominal_aorta_is_within_the_range_of_twenty_but_in_men_below_forty_one(age, female):
    """By the scaling of the 13 pairs alone; the twenty have no ages of their own in the source's abstract."""
    area, compliance = measured_in(NOMINAL._replace(age=age, female=female), ABDOMINAL)
    assert 1.0 <= area <= 3.2
    assert 0.6e-3 <= compliance <= (4.4e-3 if female or age >= 41.0 else 5.7e-3)


def test_pulse_wave_velocity_rises_with_age_from_5_to_15_metres_a_second():
    """Bramwell and Hill: c**2 = A/(rho*C), rho 1.06 g/cm3."""
    found = [measured_in(NOMINAL._replace(age=age), PROXIMAL) for age in np.linspace(30.0, 88.0, 7)]
    velocity = np.array([np.sqrt(area * 1333.0 / (1.06 * compliance)) / 100.0 for area, compliance in found])
    assert (np.diff(velocity) > 0.5).all()
    assert velocity[0] >= 5.0
    assert velocity[-1] <= 15.0


def test_beyond_the_law_pressure_goes_on_without_a_step():
    """Below the area at 0 mmHg and near the largest area the law is continued by its tangents."""
    p = NOMINAL._replace(age=25.0)
    largest = area_law(25.0, 0.0)[2] * THORACIC.area_factor * THORACIC.length
    for place in (volume_at(p, np.zeros(1))[0], 0.97 * largest):
        below, at, above = pressure_in(p, place + np.array([-1e-4, 0.0, 1e-4]) * largest)
        assert 0.0 < at - below == pytest.approx(above - at, rel=0.02)
