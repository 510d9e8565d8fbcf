"""Rastan 2010: where the balloon lies, what it covers, and which size the length of the aorta asks for."""

from __future__ import annotations

import numpy as np
import pytest

from counterpulse.engine.laws.balloon import chosen_volume, placement, visceral_cover


@pytest.mark.parametrize(
    ("length", "volume"), [(18.0, 34.0), (21.89, 34.0), (21.9, 40.0), (26.3, 40.0), (26.31, 50.0), (32.0, 50.0)]
)
def test_the_length_of_the_aorta_chooses_the_balloon(length, volume):
    assert chosen_volume(40.0, 2.0, 170.0, length, 0.0) == volume
    assert chosen_volume(40.0, 2.0, 170.0, length, 0.25) == 0.75 * volume
    assert chosen_volume(0.0, 2.0, 170.0, length, 0.0) == 0.0


def test_a_balloon_lies_somewhere_along_the_aorta():
    random = np.random.default_rng(3)
    for position, length, aorta in random.uniform((-3, 12, 10), (12, 40, 45), (500, 3)):
        shares = placement(position, length, aorta)
        assert sum(shares) == pytest.approx(1.0, abs=1e-12)
        assert min(shares) >= 0.0
        assert 0.0 <= visceral_cover(position, length, aorta) <= 1.0


def test_shares_are_lengths_over_the_membrane():
    assert placement(2.0, 20.0, 24.0) == pytest.approx((10 / 20, 10 / 20, 0.0))
    assert placement(2.0, 26.0, 24.0) == pytest.approx((10 / 26, 12 / 26, 4 / 26))
    assert placement(14.0, 10.0, 24.0) == pytest.approx((0.0, 1.0, 0.0))


def test_visceral_arteries_are_covered_by_what_reaches_below_the_celiac():
    assert visceral_cover(2.0, 22.0, 24.0) == 0.0
    assert visceral_cover(2.0, 24.0, 24.0) == pytest.approx(0.5)
    assert visceral_cover(2.0, 26.0, 24.0) == 1.0
    assert visceral_cover(2.0, 30.0, 24.0) == 1.0
