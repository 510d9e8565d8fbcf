"""Elementary functions against NumPy's."""

from __future__ import annotations

import numpy as np
import pytest

from counterpulse.engine.laws.aorta import HIGHEST
from counterpulse.engine.laws.elementary import (
    exponential,
    reciprocals_of_five,
    reciprocals_of_three,
    reciprocals_of_two,
    tangent_pi,
)


def test_the_exponential_and_the_tangent_are_as_near_as_they_say():
    x = np.linspace(-5.0, 8.0, 1001)
    np.testing.assert_allclose([exponential(each) for each in x], np.exp(x), rtol=1.3e-7)
    z = np.linspace(-HIGHEST, HIGHEST, 1000)
    np.testing.assert_allclose([np.divide(*tangent_pi(each)) for each in z], np.tan(np.pi * z), rtol=1.2e-9)


@pytest.mark.parametrize("reciprocals", [reciprocals_of_two, reciprocals_of_three, reciprocals_of_five])
def test_reciprocals_by_one_division_are_those_of_many(reciprocals):
    count = {reciprocals_of_two: 2, reciprocals_of_three: 3, reciprocals_of_five: 5}[reciprocals]
    numbers = np.random.default_rng(3).uniform(0.02, 9.0, (50, count))
    np.testing.assert_allclose([reciprocals(*each) for each in numbers], 1.0 / numbers, rtol=1e-14)
