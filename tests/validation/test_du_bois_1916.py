"""Du Bois and Du Bois 1916: body surface from height and weight, solved for the height that chooses a balloon."""

from __future__ import annotations

import pytest

from counterpulse.engine.laws.balloon import chosen_volume, height


@pytest.mark.parametrize(("tall", "weight"), [(150.0, 45.0), (170.0, 70.0), (195.0, 130.0)])
def test_the_height_returns_the_surface(tall, weight):
    surface = 0.007184 * weight**0.425 * tall**0.725
    assert height(surface, weight) == pytest.approx(tall, rel=1e-12)


def test_the_textbook_body():
    assert height(1.81, 70.0) == pytest.approx(170.0, abs=0.5)


@pytest.mark.parametrize(
    ("tall", "volume"), [(140.0, 30.0), (152.0, 34.0), (161.9, 34.0), (162.0, 40.0), (182.9, 40.0), (183.0, 50.0)]
)
def test_height_chooses_the_balloon(tall, volume):
    assert chosen_volume(40.0, 1.0, tall, 24.0, 0.0) == volume
