"""Stergiopulos 1996: ventricular elastance in time as a double Hill curve."""

from __future__ import annotations

import numpy as np
import pytest

from counterpulse.engine.laws.heart import VENTRICLE_HILL, chamber_pressure, double_hill, effective_period
from counterpulse.engine.patient.drive import FINENESS, master_curves


def test_each_hill_factor_is_a_half_at_its_half_time():
    rise, fall, steep_rise, steep_fall = VENTRICLE_HILL
    never = 1e9
    assert double_hill(rise, rise, never, steep_rise, steep_fall) == pytest.approx(0.5)
    assert double_hill(fall, 1e-9, fall, steep_rise, steep_fall) == pytest.approx(0.5)
    assert double_hill(0.0, *VENTRICLE_HILL) == 0.0


def test_the_ventricle_is_stiffest_near_four_tenths_and_relaxed_by_six_tenths_of_the_beat():
    ventricle, atrium = master_curves()
    times = np.arange(ventricle.size) / FINENESS
    assert 0.35 < times[ventricle.argmax()] < 0.45
    assert np.interp(0.6, times, ventricle) < 0.01
    assert times[atrium.argmax()] < times[ventricle.argmax()]


def test_systole_shortens_with_the_root_of_the_period():
    assert effective_period(0.857, 1.0) == pytest.approx(0.857)
    assert effective_period(0.857 / 4, 1.0) == pytest.approx(0.857 / 2)
    assert effective_period(0.857, 1.15) == pytest.approx(1.15 * 0.857)


def test_the_pressure_of_a_chamber_lies_between_its_passive_and_its_active_law():
    volume, elastance, unstressed, exponent, scale = 120.0, 2.2, 5.0, 0.029, 0.34
    passive = scale * (np.exp(exponent * (volume - unstressed)) - 1)
    active = elastance * (volume - unstressed)
    law = (elastance, unstressed, exponent, scale)
    assert chamber_pressure(volume, 0.0, *law) == pytest.approx(passive, rel=1e-6)
    assert chamber_pressure(volume, 1.0, *law) == pytest.approx(active, rel=1e-6)
    assert chamber_pressure(volume, 0.3, *law) == pytest.approx(0.7 * passive + 0.3 * active, rel=1e-6)
    assert chamber_pressure(unstressed, 0.7, *law) == pytest.approx(0.0, abs=1e-6)
