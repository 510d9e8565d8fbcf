"""The baroreflex against Ursino, Am J Physiol 275:H1733, 1998: its characteristics, and the whole loop with its delays.

The engine solves for the steady state alone. Here the same circulation runs in continuous time with every delay and
lag of the paper, in steps of about 1 ms, until it has settled.
"""

from __future__ import annotations

import math

import numba
import numpy as np
import pytest

from counterpulse.engine.arms import Solver, run_arms
from counterpulse.engine.compile.layout import row_access
from counterpulse.engine.inputs import PLACE, parameter_matrix
from counterpulse.engine.integration.lanes import INNER, OUTER
from counterpulse.engine.laws.balloon import fill
from counterpulse.engine.laws.baroreflex import afferent, baroreceptor, mean_drives, sympathetic, vagal
from counterpulse.engine.names.outcomes import OUTCOMES, Status
from counterpulse.engine.names.parameters import Parameters
from counterpulse.engine.names.signals import Drive
from counterpulse.engine.names.state import Machine, State
from counterpulse.engine.patient.circulation import slope
from counterpulse.engine.patient.clock import clock
from counterpulse.engine.patient.coefficients import fold
from counterpulse.engine.patient.drive import FINENESS, activation
from counterpulse.engine.patient.optional_laws import COMBINATIONS
from counterpulse.engine.periodic.solve import CURVES

from ..engine.population import draw

STATES = len(State._fields)
PLAIN = COMBINATIONS[0]
VEINS = State._fields.index("systemic_venous_volume")
LV, RV, RATE = PLACE["lv_elastance"], PLACE["rv_elastance"], PLACE["heart_rate"]
LONGEST_STEP = 1e-3
GAIN = PLACE["baroreflex_gain"]
LESIONS = [PLACE["coronary_stenosis"], PLACE["territory_at_risk"], PLACE["functional_regurgitation_area"]]
DELAYS = np.array([2.0, 2.0, 5.0, 2.0, 0.2])
LAGS = np.array([8.0, 6.0, 20.0, 2.0, 1.5])
"""Of elastances, resistances, unstressed volumes, and the sympathetic and vagal share of the period."""
load_parameters, _ = row_access(Parameters)
load_state, store_state = row_access(State)


def test_the_carotid_sinus_fires_between_its_limits():
    assert afferent(92.0) == pytest.approx((2.52 + 47.78) / 2)
    assert afferent(0.0) == pytest.approx(2.52, abs=0.02)
    assert afferent(250.0) == pytest.approx(47.78, abs=0.001)
    steepness = (afferent(92.5) - afferent(91.5)) / 1.0
    assert steepness == pytest.approx((47.78 - 2.52) / 4 / 11.758, rel=1e-3)


def test_efferent_fibres_go_between_their_limits():
    assert sympathetic(0.0) == pytest.approx(math.log(16.11 - 2.66 + 1))
    assert sympathetic(100.0) == 0.0
    assert vagal(25.0) == pytest.approx((3.2 + 6.3) / 2)
    assert vagal(0.0) == pytest.approx(3.2, abs=0.1)
    assert vagal(100.0) == pytest.approx(6.3, abs=0.001)


@pytest.mark.parametrize("frequency", [0.05, 0.5, 1.5])
def test_the_baroreceptor_leads_as_its_transfer_function(frequency):
    steps = 4000
    duration = 1.0 / frequency
    times = np.arange(steps) / steps * duration
    felt = np.empty(steps)
    pressure = 90.0 + 10.0 * np.cos(2 * np.pi * frequency * times)
    lag = baroreceptor(pressure, duration / steps, 0.0, felt) / (1.0 - math.exp(-duration / 2.076))
    assert baroreceptor(pressure, duration / steps, lag, felt) == pytest.approx(lag)
    omega = 2j * np.pi * frequency
    response = 10.0 * (1 + 6.37 * omega) / (1 + 2.076 * omega)
    np.testing.assert_allclose(felt, 90.0 + (response * np.exp(omega * times)).real, atol=0.02)


def test_a_steady_pressure_gives_the_static_characteristic():
    s, v = mean_drives(np.full(64, 80.0), 0.01, np.empty(64))
    assert s == pytest.approx(sympathetic(afferent(80.0)))
    assert v == pytest.approx(vagal(afferent(80.0)))


@numba.njit
def rates(y, tones, p, c, timing, since, curves):
    share, rate = 0.0, 0.0
    if timing.balloon_volume > 0.0:
        share, rate = fill(
            since,
            timing.period,
            timing.inflation_start,
            timing.deflation_start,
            timing.inflation_time,
            timing.deflation_time,
        )
    before = (since + timing.atrial_lead) % timing.period
    drive = Drive(
        activation(curves[0], since, timing.period, FINENESS / timing.effective_period),
        activation(curves[1], before, timing.period, FINENESS / timing.effective_period),
        timing.balloon_volume * share,
        timing.balloon_volume * rate,
    )
    inner, outer = c.layer_conductance / tones[0], c.layer_conductance / tones[1]
    found, _, means, _, _ = slope(drive, load_state(y), Machine(0.0, 0.0), inner, outer, c, PLAIN)
    result = np.empty(STATES)
    store_state(result, found)
    return result, means.aortic_pressure, means.aortic_valve_flow


@numba.njit
def delayed_run(own, learned, y, tones, seconds, settled, delays, lags, curves):
    """Mean pressure (mmHg), flow (mL/s) and period (s) of the beats after ``settled``; 1/T adds up to 1 over a beat."""
    p = load_parameters(own)
    g, size, rest = p.baroreflex_gain, p.body_surface_area / 1.9, 60.0 / p.heart_rate
    s0, v0 = learned[3], learned[4]
    d = np.array([s0, s0, s0, s0, v0])
    past = np.empty((2, int(seconds / LONGEST_STEP * 1.1) + 1))
    row = own.copy()
    lag = math.nan
    time, n, beats = 0.0, 0, 0
    pressure_sum, flow_sum, spent = 0.0, 0.0, 0.0
    nominal = rest
    while time < seconds:
        counted = time >= settled
        beats += counted
        row[RATE] = 60.0 / nominal
        t, phase = 0.0, 0.0
        while phase < 1.0 - 1e-9:
            period = rest + g * (-0.13 * (d[3] - s0) + 0.09 * (d[4] - v0))
            h = min(LONGEST_STEP, (1.0 - phase) * period)
            phase += h / period
            row[LV] = own[LV] * (2.392 + g * 0.475 * d[0]) / (2.392 + g * 0.475 * s0)
            row[RV] = own[RV] * (1.412 + g * 0.282 * d[0]) / (1.412 + g * 0.282 * s0)
            splanchnic = (2.49 + g * 0.695 * d[1]) / (2.49 + g * 0.695 * s0)
            peripheral = (0.78 + g * 0.53 * d[1]) / (0.78 + g * 0.53 * s0)
            now = load_parameters(row)
            c = fold(now, 0.0, splanchnic, peripheral)
            timing = clock(now, nominal, learned[0] * math.sqrt(nominal / rest))
            k1, pressure, flow = rates(y, tones, now, c, timing, t, curves)
            k2, _, _ = rates(y + 0.5 * h * k1, tones, now, c, timing, t + 0.5 * h, curves)
            k3, _, _ = rates(y + 0.5 * h * k2, tones, now, c, timing, t + 0.5 * h, curves)
            k4, _, _ = rates(y + h * k3, tones, now, c, timing, t + h, curves)
            y = y + h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
            if n == 0:
                lag = (1.0 - 6.37 / 2.076) * pressure
            felt = 6.37 / 2.076 * pressure + lag
            lag += h / 2.076 * ((1.0 - 6.37 / 2.076) * pressure - lag)
            firing = (2.52 + 47.78 * math.exp((felt - 92.0) / 11.758)) / (1.0 + math.exp((felt - 92.0) / 11.758))
            efferent = 2.10 + (16.11 - 2.10) * math.exp(-0.0675 * firing)
            past[0, n] = math.log(efferent - 2.66 + 1.0) if efferent >= 2.66 else 0.0
            shift = math.exp((firing - 25.0) / 7.06)
            past[1, n] = (3.2 + 6.3 * shift) / (1.0 + shift)
            volume = d[2]
            for which in range(5):
                at = n - int(delays[which] / LONGEST_STEP)
                called = past[1 if which == 4 else 0, at] if at >= 0 else (v0 if which == 4 else s0)
                d[which] += (called - d[which]) * h / lags[which]
            y[VEINS] += g * (265.4 + 132.5) * size * (d[2] - volume)
            time += h
            t += h
            n += 1
            if counted:
                pressure_sum += pressure * h
                flow_sum += flow * h
                spent += h
        nominal = t
    return pressure_sum / spent, flow_sum / spent, spent / beats


@pytest.mark.parametrize(
    ("cohort", "gain"), [pytest.param("ami-cs", 1.0, marks=pytest.mark.slow), ("adhf", 0.5), ("healthy", 1.0)]
)
def test_the_steady_state_is_that_of_the_delayed_loop(cohort, gain):
    matrix = parameter_matrix(draw(cohort, 2, seed=21))
    matrix[:, GAIN] = gain
    # the loop has neither gas nor lesions, which move nothing of the reflex
    matrix[:, LESIONS] = 0.0
    ramps = {"balloon_volume": 40.0, "balloon_drive": 0.0}
    arms = {"iabp": ramps, "constricted": {**ramps, "systemic_resistance": 1.2}}
    (_, baseline), *solved = run_arms(matrix, arms, {}, Solver("float64", 5e-4), "baroreflex")
    for own, solution in solved:
        assert (solution.status == Status.OK).all()
        for job in range(len(own)):
            found = dict(zip(OUTCOMES, solution.outcomes[job], strict=True))
            state = solution.states[job]
            # from the unsupported state, as if the pump had just been switched on
            start = baseline.states[job, :STATES].copy()
            pressure, flow, period = delayed_run(
                own[job], baseline.learned[job], start, state[[INNER, OUTER]], 260.0, 200.0, DELAYS, LAGS, CURVES
            )
            assert found["mean_arterial_pressure"] == pytest.approx(pressure, rel=0.005)
            assert found["cardiac_output"] == pytest.approx(flow * 0.06, rel=0.005)
            assert found["mean_heart_rate"] == pytest.approx(60.0 / period, rel=0.005)
