"""The periodic state against an independent integrator and finer steps, its estimated error against the truth."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.optimize import root

from counterpulse.engine import coronary
from counterpulse.engine.balloon import fill
from counterpulse.engine.beat_map import FIELDS
from counterpulse.engine.circulation import slope
from counterpulse.engine.coefficients import fold
from counterpulse.engine.heart import ATRIUM_HILL, VENTRICLE_HILL, double_hill
from counterpulse.engine.inputs import PLACE, parameter_matrix
from counterpulse.engine.lanes import row_access
from counterpulse.engine.periodic import solve
from counterpulse.engine.physics import COMBINATIONS
from counterpulse.engine.starts import survey
from counterpulse.engine.tables import Drive, Machine, Parameters, State, Valves
from counterpulse.engine.timing import clock

from .population import (
    COHORTS,
    COMPARED,
    draw,
    pair,
    relative_error,
    solve_in_steps,
    varied,
    with_balloon,
)

STATES = len(State._fields)
PLAIN = COMBINATIONS[0]
VOLUMES = [place for place, name in enumerate(State._fields) if name.endswith("volume")]
VEINS = State._fields.index("systemic_venous_volume")
load_parameters, _ = row_access(Parameters)
load_state, store_state = row_access(State)
PEAK = [max(double_hill(time, *hill) for time in np.linspace(0, 1, 200001)) for hill in (VENTRICLE_HILL, ATRIUM_HILL)]


@numba.njit
def activation(time, period, effective, half_rise, half_fall, rise, fall, peak):
    now = double_hill(time / effective, half_rise, half_fall, rise, fall)
    before = double_hill((time + period) / effective, half_rise, half_fall, rise, fall)
    return (now + before) / peak


@numba.njit
def drive_at(time, timing, hills, peaks):
    since = time % timing.period
    before = (since + timing.atrial_lead) % timing.period
    v, a = hills
    share, rate = 0.0, 0.0
    if timing.balloon_volume > 0.0:
        share, rate = fill(
            time,
            timing.period * timing.beats,
            timing.inflation_start,
            timing.deflation_start,
            timing.inflation_time,
            timing.deflation_time,
        )
    return Drive(
        activation(since, timing.period, timing.effective_period, v[0], v[1], v[2], v[3], peaks[0]),
        activation(before, timing.period, timing.effective_period, a[0], a[1], a[2], a[3], peaks[1]),
        timing.balloon_volume * share,
        timing.balloon_volume * rate,
    )


@numba.njit
def rates_and_signals(time, y, tones, row, learned, hills, peaks):
    p = load_parameters(row)
    c = fold(p)
    drive = drive_at(time, clock(p, 60.0 / p.heart_rate, learned), hills, peaks)
    inner, outer = c.layer_conductance / tones[0], c.layer_conductance / tones[1]
    still, rest = Machine(0.0, 0.0), Valves(0.0, 0.0, 0.0, 0.0)
    rates, _, _, means, _, samples = slope(drive, load_state(y), still, inner, outer, rest, 0.0, c, PLAIN)
    result = np.empty(STATES)
    store_state(result, rates)
    return result, np.array([
        samples.root_pressure, samples.lv_pressure, samples.lv_volume, samples.aortic_valve_gradient,
        means.left_atrial_pressure, means.right_atrial_pressure, means.pulmonary_arterial_pressure,
        means.aortic_valve_flow, means.visceral_flow, means.limb_flow, means.upper_body_flow,
        means.coronary_flow, means.inner_flow, means.outer_flow,
    ])  # fmt: skip


@numba.njit
def prepare(row, learned):
    p = load_parameters(row)
    return fold(p), clock(p, 60.0 / p.heart_rate, learned)


class Reference:
    """One patient in one arm, integrated by scipy's LSODA at a relative tolerance of 1e-9."""

    def __init__(self, row: np.ndarray, learned: float) -> None:
        self.row, self.learned = row, learned
        self.c, self.timing = prepare(row, learned)
        self.mass = row[PLACE["lv_mass"]]
        self.duration = self.timing.period * self.timing.beats

    def rates(self, time: float, y: np.ndarray, tones: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        hills = (VENTRICLE_HILL, ATRIUM_HILL)
        return rates_and_signals(time, y, tones, self.row, self.learned, hills, (PEAK[0], PEAK[1]))

    def beat(self, x: np.ndarray, points: int = 4001) -> tuple[np.ndarray, dict[str, float]]:
        """Image of the beat map, and outcomes by dense sampling, without any of the engine's own bookkeeping."""
        y, tones, demand = x[:STATES], x[STATES : STATES + 2].copy(), x[STATES + 2]
        times = np.linspace(0.0, self.duration, points)
        run = solve_ivp(
            lambda t, y: self.rates(t, y, tones)[0], (0.0, self.duration), y,
            method="LSODA", t_eval=times, rtol=1e-9, atol=1e-9, max_step=0.004,
        )  # fmt: skip
        signals = np.array([self.rates(t, y, tones)[1] for t, y in zip(times, run.y.T, strict=True)]).T
        aorta, lv, volume, gradient, la, ra, pa, q, visceral, limb, upper, coronary_flow, inner, outer = signals

        def mean(signal: np.ndarray) -> float:
            return float(np.trapezoid(signal, times) / self.duration)

        work = -float(np.trapezoid(lv, volume))
        v0 = self.c.lv_unstressed
        at = int(np.argmax(lv / (volume - v0)))
        stretch = volume[at] - v0
        alpha, beta = self.c.lv_exponent, self.c.lv_scale
        energy = 0.5 * lv[at] * stretch - beta * ((np.exp(alpha * stretch) - 1.0) / alpha - stretch)
        open_valve = np.flatnonzero(gradient > 0.0)
        systole = open_valve[(times[open_valve] > 0.03) & (times[open_valve] < 0.75 * self.timing.period)]
        closure = systole[-1] + 1
        diastole = slice(closure, None)
        dpti = float(np.trapezoid((aorta - lv)[diastole], times[diastole]))
        spti = float(np.trapezoid(lv[: closure + 1], times[: closure + 1]))
        target = coronary.target_flow(self.mass, demand, coronary.HEALTHY_DEMAND, 0.7)
        outflow = coronary.OUTFLOW_RESISTANCE / coronary.INFLOW_RESISTANCE
        next_tones = [
            float(np.clip((tone + outflow) * mean(flow) / target - outflow, 0.2, 2.5))
            for tone, flow in zip(tones, (inner, outer), strict=True)
        ]
        image = np.concatenate([run.y[:, -1], next_tones, [(work + energy) / self.duration]])
        edv, esv = volume.max(), volume.min()
        outcomes = {
            "mean_arterial_pressure": mean(aorta),
            "systolic_pressure": aorta[systole[0] : closure].max(),
            "diastolic_pressure": aorta.min(),
            "mean_diastolic_pressure": float(np.trapezoid(aorta[diastole], times[diastole]))
            / (self.duration - times[closure]),
            "augmented_diastolic_pressure": aorta[diastole].max(),
            "cardiac_output": mean(q) * 0.06,
            "lv_end_diastolic_volume": edv,
            "lv_end_systolic_volume": esv,
            "ejection_fraction": (edv - esv) / edv,
            "lv_end_diastolic_pressure": lv[0],
            "lv_end_systolic_pressure": lv[at],
            "lv_peak_pressure": lv.max(),
            "wedge_pressure": mean(la),
            "central_venous_pressure": mean(ra),
            "mean_pulmonary_pressure": mean(pa),
            "pulmonary_artery_pulsatility_index": (pa.max() - pa.min()) / max(mean(ra), 1.0),
            "cardiac_power_output": mean(aorta) * mean(q) * 0.06 / 451.0,
            "stroke_work": work,
            "pressure_volume_area": work + energy,
            "dpti": dpti,
            "spti": spti,
            "sevr": dpti / spti,
            "visceral_flow": mean(visceral) * 0.06,
            "limb_flow": mean(limb) * 0.06,
            "upper_body_flow": mean(upper) * 0.06,
            "coronary_flow": mean(coronary_flow) * 0.06,
            "endocardial_flow": mean(inner) * 0.06,
            "endocardial_reserve": (tones[0] - 0.2) / (coronary.HEALTHY_TONE - 0.2),
        }
        return image, outcomes

    def periodic(self, x: np.ndarray) -> dict[str, float]:
        """Outcomes at scipy's own fixed point; the veins take what is left of the total volume."""
        total = x[VOLUMES].sum()
        free = np.arange(len(x)) != VEINS
        scale = np.maximum(np.abs(x[free]), 1.0)

        def close(u: np.ndarray) -> np.ndarray:
            full = np.empty(len(x))
            full[free], full[VEINS] = u * scale, 0.0
            full[VEINS] = total - full[VOLUMES].sum()
            return full

        def residual(u: np.ndarray) -> np.ndarray:
            return self.beat(close(u), 1601)[0][free] / scale - u

        found = root(residual, x[free] / scale, method="hybr", options={"eps": 1e-7, "xtol": 1e-7, "factor": 0.1})
        assert np.abs(found.fun).max() < 1e-5, found.message
        return self.beat(close(found.x))[1]


CASES = [
    (cohort, rate, stiffness, volume)
    for cohort in COHORTS
    for rate, stiffness in ((60.0, 0.6), (150.0, 1.6))
    for volume in (0.0, 40.0)
]


@pytest.mark.parametrize(("cohort", "rate", "stiffness", "volume"), CASES)
def test_the_periodic_state_is_that_of_an_independent_integrator(cohort, rate, stiffness, volume):
    matrix = parameter_matrix(draw(cohort, 1, seed=11))
    matrix[:, PLACE["heart_rate"]] = rate
    matrix[:, PLACE["arterial_stiffness"]] = stiffness
    off, on = pair(matrix, precision="float64", tolerance=5e-4)
    solution, row = (off, matrix[0]) if volume == 0.0 else (on, with_balloon(matrix)[0])
    assert solution.status[0] == 1
    reference = Reference(row, off.learned[0, 0]).periodic(solution.states[0, : STATES + 3])
    found = dict(zip(COMPARED, solution.outcomes[0], strict=False))
    places = [COMPARED.index(name) for name in reference]
    truth = np.full((1, len(COMPARED)), np.nan)
    truth[0, places] = list(reference.values())
    error = relative_error(solution.outcomes, truth)[0, places]
    worst = dict(zip(reference, error, strict=True))
    assert error.max() < 5e-3, {name: (worst[name], found[name]) for name in worst if worst[name] > 1e-3}
    assert np.quantile(error, 0.95) < 1e-3, worst


@pytest.fixture(scope="module")
def wide() -> dict[str, Any]:
    """Widely varied patients at default settings, and at 1024 steps a beat."""
    matrix = np.concatenate([varied(cohort, 70, seed=5) for cohort in COHORTS])
    off, on = pair(matrix, precision="float64", tolerance=5e-4)
    fine_off = solve_in_steps(matrix, off.states, None, 1024, 1e-6)
    fine_on = solve_in_steps(with_balloon(matrix), on.states, off.learned, 1024, 1e-6)
    return {"matrix": matrix, "off": (off, fine_off), "iabp": (on, fine_on)}


@pytest.mark.parametrize("arm", ["off", "iabp"])
def test_outcomes_are_within_a_thousandth_of_finer_steps(wide, arm):
    found, truth = wide[arm]
    both = (found.status == 1) & (truth.status == 1)
    assert both.mean() > 0.98
    error = relative_error(found.outcomes[both], truth.outcomes[both])
    usual = dict(zip(COMPARED, np.quantile(error, 0.95, axis=0), strict=True))
    worst = dict(zip(COMPARED, error.max(axis=0), strict=True))
    assert max(usual.values()) < 1e-3, {name: value for name, value in usual.items() if value >= 1e-3}
    assert max(worst.values()) < 5e-3, {name: value for name, value in worst.items() if value >= 5e-3}


def test_slow_rates_and_stiff_aortas_get_more_steps(wide):
    matrix = wide["matrix"][:2].copy()
    for name, values in {"heart_rate": (90, 90), "arterial_stiffness": (0.8, 1.8), "age": (70, 70)}.items():
        matrix[:, PLACE[name]] = values
    steps = np.empty(2, np.int64)
    survey(matrix, steps, steps.copy(), np.empty((2, FIELDS)))
    assert steps[1] > steps[0]
    matrix[1] = matrix[0]
    matrix[1, PLACE["heart_rate"]] = 60
    survey(matrix, steps, steps.copy(), np.empty((2, FIELDS)))
    assert steps[1] > steps[0]


@pytest.mark.parametrize("cohort", COHORTS)
def test_the_estimated_error_is_at_least_the_true_one_in_95_per_cent(cohort):
    matrix = parameter_matrix(draw(cohort, 700, seed=21))
    off, on = pair(matrix, precision="float64", tolerance=5e-4)
    exact_off = solve(matrix, off.states, None, precision="float64", tolerance=1e-7)
    exact_on = solve(with_balloon(matrix), on.states, off.learned, precision="float64", tolerance=1e-7)
    covered = []
    for found, exact in ((off, exact_off), (on, exact_on)):
        both = (found.status == 1) & (exact.status == 1)
        assert both.mean() > 0.99
        true = relative_error(found.outcomes[both], exact.outcomes[both]).max(axis=1)
        estimated = found.outcomes[both, -1]
        assert (estimated <= 5e-4).all()
        covered.append(float((true <= estimated).mean()))
    assert min(covered) >= 0.95, covered


def test_single_precision_agrees_to_a_thousandth():
    for cohort in COHORTS:
        matrix = parameter_matrix(draw(cohort, 300, seed=2))
        double = pair(matrix, precision="float64", tolerance=1e-4)
        single = pair(matrix, precision="float32", tolerance=1e-4)
        for exact, found in zip(double, single, strict=True):
            both = (exact.status == 1) & (found.status == 1)
            assert both.mean() > 0.99
            error = relative_error(found.outcomes[both], exact.outcomes[both])
            assert np.quantile(error, 0.95, axis=0).max() < 1e-3
