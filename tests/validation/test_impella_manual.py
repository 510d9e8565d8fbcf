"""The Impella manual's flows by speed, and the return cannulas of ECMO."""

from __future__ import annotations

import numpy as np
import pytest

from counterpulse.engine.laws.pumps import (
    PER_LITRE,
    SUCTION_VOLUME,
    axial_flow,
    axial_gain,
    axial_head,
    cannula_drop,
    cannula_limit,
    supply,
)

PHYSIOLOGICAL = 60.0
"""mmHg between aorta and ventricle, mean over the beat of a patient in shock."""


def litres(model: float, speed: float, load: float) -> float:
    return axial_flow(axial_head(model, speed), axial_gain(model, speed), load) / PER_LITRE


@pytest.mark.parametrize(("speed", "low", "high"), [(25, 0, 1.1), (35, 0.8, 1.5), (43, 1.5, 1.9), (50, 2.1, 2.4)])
def test_the_impella_2_5_carries_what_its_manual_says(speed, low, high):
    assert low <= litres(1, speed, PHYSIOLOGICAL) <= high


def test_a_larger_pump_carries_more_and_each_its_nominal_flow():
    flows = [litres(model, speed, PHYSIOLOGICAL) for model, speed in ((1, 51), (2, 46), (3, 33))]
    assert flows == sorted(flows)
    np.testing.assert_allclose(flows, [2.5, 3.7, 5.5], rtol=0.08)


def test_flow_falls_with_the_load_and_ends_at_the_head():
    head = axial_head(2, 46.0)
    assert head == pytest.approx(200.0)
    loads = np.linspace(-20.0, head, 200)
    flows = [litres(2, 46.0, load) for load in loads]
    assert (np.diff(flows) < 0).all()
    assert litres(2, 46.0, head) == 0.0
    assert litres(2, 46.0, head + 50.0) == 0.0


@pytest.mark.parametrize("model", [1.0, 2.0, 3.0])
def test_a_pump_at_rest_carries_nothing_even_with_the_pressure(model):
    assert litres(model, 0.0, -80.0) == 0.0
    assert 0.0 < litres(model, 1.0, -80.0) < litres(model, 2.0, -80.0)


def test_a_chamber_that_empties_starves_the_pump():
    assert supply(5.0, 5.0) == 0.0
    assert supply(-40.0, 5.0) == 0.0
    assert supply(5.0 + 0.5 * SUCTION_VOLUME, 5.0) == pytest.approx(0.5)
    assert supply(5.0 + SUCTION_VOLUME, 5.0) == 1.0


def test_the_return_cannula_loses_100_mmhg_at_4_litres_in_17_french():
    assert cannula_drop(4.0, 17.0) == 100.0
    assert cannula_drop(4.0, 15.0) == pytest.approx(160.0)
    assert cannula_drop(4.0, 19.0) == pytest.approx(65.0)
    assert cannula_drop(2.0, 17.0) == pytest.approx(100.0 * 0.5**1.8)


@pytest.mark.parametrize("french", [15.0, 17.0, 19.0])
def test_the_limit_is_where_the_cannula_takes_all_the_pressure(french):
    limit = cannula_limit(french, 70.0)
    assert cannula_drop(limit, french) == pytest.approx(300.0 - 70.0)
