"""What is read between samples, against closed formulas: cubics, kinks where a valve moves, leaks."""

from __future__ import annotations

import math

import numpy as np
import pytest

from counterpulse.engine.measure.beat import LEAK, at_opening, lowest
from counterpulse.engine.measure.interpolation import between, crossing, extreme, integral, trough

STEPS = 160
PLACES = np.arange(STEPS, dtype=float)


@pytest.mark.parametrize("ahead", [0.0, 0.3, 1.0])
def test_a_cubic_is_read_exactly_between_its_samples(ahead):
    cubic = 1e-3 * (PLACES - 31.0) ** 3 + 0.2 * (PLACES - 40.0) ** 2
    at = 36.0 + ahead
    assert between(cubic, 36, ahead) == pytest.approx(1e-3 * (at - 31.0) ** 3 + 0.2 * (at - 40.0) ** 2, rel=1e-12)


@pytest.mark.parametrize("zero", [50.01, 50.4, 50.97])
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_zero_is_found_where_the_signal_bends(zero, sign):
    """As what drives the aortic valve does by its closure: it falls faster and faster."""
    away = PLACES - zero
    signal = -sign * (4.0 * away + 0.2 * away**2 + 0.004 * away**3)
    assert 50.0 + crossing(signal, 50) == pytest.approx(zero, abs=1e-4)
    bent = signal - sign * 0.1 * np.maximum(away, 0.0) ** 2
    assert 50.0 + crossing(bent, 50) == pytest.approx(zero, abs=3e-3)


def test_the_extreme_of_a_skew_hill_is_found_between_samples():
    for top in (70.1, 70.45, 70.8):
        away = PLACES - top
        hill = 100.0 - 0.5 * away**2 + 0.05 * away**3
        assert extreme(hill, 1.0, 66, 76) == pytest.approx(100.0, abs=2e-3)
        assert extreme(-hill, -1.0, 66, 76) == pytest.approx(-100.0, abs=2e-3)


@pytest.mark.parametrize("least", [60.02, 60.3, 60.5, 60.77, 60.98])
@pytest.mark.parametrize("leak", [0.1, 0.4])
def test_the_least_volume_lies_where_a_leak_ends_and_filling_begins(least, leak):
    """Both flows are as the square root of what drives them; at the samples alone the volume is up to 1 too large."""
    away = PLACES - least
    flow = np.where(away < 0.0, -leak, 2.5) * np.sqrt(np.abs(away))
    volume = 50.0 + 2.0 / 3.0 * np.abs(flow * away)
    assert trough(volume, flow, 1.0, 40, 80) == pytest.approx(50.0, abs=1e-9)


def test_the_least_volume_of_tight_valves_is_their_plateau():
    flow = np.where(PLACES < 55.3, PLACES - 55.3, np.maximum(PLACES - 66.6, 0.0))
    volume = 50.0 + 0.5 * flow**2
    assert trough(volume, flow, 1.0, 40, 80) == 50.0


def test_the_least_volume_is_interpolated_where_it_is_smooth():
    flow = PLACES - 60.3
    assert trough(50.0 + 0.5 * flow**2, flow, 1.0, 40, 80) == pytest.approx(50.0, abs=1e-9)


@pytest.mark.parametrize("start", [30.0, 30.25, 30.9])
def test_an_integral_that_begins_at_a_kink_is_exact_beyond_trapezia(start):
    """By the steep fall of ventricular pressure these err by 1e-3 of the integral of diastole."""
    falls = 90.0 * np.exp(-np.maximum(PLACES - start, 0.0) / 8.0) + 5.0 * np.minimum(PLACES - start, 0.0)
    exact = 90.0 * 8.0 * (1.0 - math.exp(-(100.0 - start) / 8.0))
    assert integral(falls, start, 90.0, 100) == pytest.approx(exact, rel=2e-4)
    trapezia = np.trapezoid(falls[int(start) + 1 : 101]) + 0.5 * (90.0 + falls[int(start) + 1]) * (
        int(start) + 1 - start
    )
    assert abs(integral(falls, start, 90.0, 100) - exact) < 0.2 * abs(trapezia - exact)


def test_an_integral_of_few_steps_is_that_of_trapezia():
    assert integral(PLACES**2, 30.0, 900.0, 32) == pytest.approx(0.5 * 900.0 + 31.0**2 + 0.5 * 32.0**2)


def test_the_pressure_where_a_valve_opens_is_that_before_a_bend_and_that_in_the_middle_of_a_leaks_end():
    opens = 20.6
    away = PLACES - opens
    bent = 70.0 - 0.3 * away + 0.02 * away**2 + 0.5 * np.maximum(away, 0.0) ** 2
    assert at_opening(bent, bent, 20, 0.6) == pytest.approx(70.0, abs=1e-9)
    leak = np.sqrt(np.maximum(-away, 0.0))
    shut = 70.0 - 0.3 * away - 0.1 * np.maximum(-away, 0.0) ** 1.5 + 0.1 * np.maximum(away, 0.0) ** 2
    assert leak[20] > LEAK
    assert at_opening(shut - leak, shut, 20, 0.6) == between(shut, 20, 0.6) == pytest.approx(70.0, abs=0.02)


@pytest.mark.parametrize("opens", [20.05, 20.3, 20.6, 20.95])
@pytest.mark.parametrize("falls", [0.2, 0.8, 2.0])
def test_the_lowest_pressure_behind_a_leak_lies_shortly_before_its_valve_opens(opens, falls):
    """Against the law of the leak at 20,000 places a step: samples alone are up to .3 mmHg off, what is read .012."""

    def pressures(at: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        away = at - opens
        shut = 45.0 - falls * away + 0.02 * away**2
        gradient = 6.0 * away + 0.1 * away**2
        # the wall's viscosity is .08 mmHg s/mL; the orifice lets 13 mL/s through at 1 mmHg
        leak = np.maximum(-gradient, 0.0)
        flow = 2.0 * leak / (0.08 + np.sqrt(0.08**2 + 4.0 * leak / 13.0**2))
        return np.where(away < 0.0, shut - 0.08 * flow, 45.0 + 5.0 * away), shut, gradient

    exact = pressures(np.linspace(0.0, 40.0, 800_001))[0].min()
    assert lowest(*pressures(PLACES), 2, 40) == pytest.approx(exact, abs=0.015)
