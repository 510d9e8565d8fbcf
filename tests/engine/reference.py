"""One patient in one arm, by scipy: its own integration, its own fixed point, its own reading of the outcomes.

Only the right-hand side is the engine's, with every optional law in it. The drive comes from closed formulas, the
gas of the console from the step response of its two valves.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numba
import numpy as np
from scipy.integrate import odeint
from scipy.optimize import root

from counterpulse.engine.compile.layout import row_access
from counterpulse.engine.laws import coronary
from counterpulse.engine.laws.balloon import fill
from counterpulse.engine.laws.heart import ATRIUM_HILL, VENTRICLE_HILL, double_hill
from counterpulse.engine.names.outcomes import Extras, Means, Samples
from counterpulse.engine.names.parameters import Parameters
from counterpulse.engine.names.signals import Drive
from counterpulse.engine.names.state import Learned, Machine, State
from counterpulse.engine.patient.circulation import slope
from counterpulse.engine.patient.clock import Timing, clock
from counterpulse.engine.patient.coefficients import Coefficients, fold
from counterpulse.engine.patient.optional_laws import COMBINATIONS

STATES = len(State._fields)
MACHINES = len(Machine._fields)
HELD_AT = STATES + MACHINES
"""An unknown is [State | Machine | inner tone, outer tone, demand]."""
SIGNALS = (*Means._fields, *Extras._fields, *(f"sampled_{name}" for name in Samples._fields))
EXTRAS_AT, SAMPLES_AT = len(Means._fields), len(Means._fields) + len(Extras._fields)
VOLUMES = [place for place, name in enumerate(State._fields) if name.endswith("volume")]
CHAMBERS = [State._fields.index(f"{chamber}_volume") for chamber in ("lv", "rv", "la", "ra")]
VEINS = State._fields.index("systemic_venous_volume")
WHOLE_PHYSICS = COMBINATIONS[-1]
TIGHT = {"rtol": 1e-9, "atol": 1e-9, "hmax": 0.004, "mxstep": 5000}
LATEST_FOOT = 0.15
PEAKS = [max(double_hill(time, *hill) for time in np.linspace(0, 1, 200001)) for hill in (VENTRICLE_HILL, ATRIUM_HILL)]
VENTRICLE_PEAK, ATRIUM_PEAK = PEAKS

load_parameters, _ = row_access(Parameters)
load_coefficients, store_coefficients = row_access(Coefficients)
load_timing, store_timing = row_access(Timing)
load_state, store_state = row_access(State)
load_machine, store_machine = row_access(Machine)
_, store_means = row_access(Means)
_, store_extras = row_access(Extras)
_, store_samples = row_access(Samples)


@numba.njit
def activation(time, period, effective, hill, peak):
    now = double_hill(time / effective, hill[0], hill[1], hill[2], hill[3])
    before = double_hill((time + period) / effective, hill[0], hill[1], hill[2], hill[3])
    return (now + before) / peak


@numba.njit
def step_response(time, constant):
    """Of two equal lags in a row, together ``constant`` long."""
    lags = max(time, 0.0) / (0.5 * constant)
    return 1.0 - (1.0 + lags) * math.exp(-lags)


@numba.njit
def gas_pressure(time, timing):
    """Pressure behind the console's valves: every inflation since eight patterns ago."""
    pattern = timing.period * timing.beats
    opened = 0.0
    for shift in range(-8, 2):
        since = time - shift * pattern
        opened += step_response(since - timing.inflation_start, timing.gas_time)
        opened -= step_response(since - timing.deflation_start, timing.gas_time)
    return timing.gas_vacuum + opened * (timing.gas_pressure - timing.gas_vacuum)


@numba.njit
def drive_at(time, timing):
    since = time % timing.period
    before = (since + timing.atrial_lead) % timing.period
    share, rate = 0.0, 0.0
    if timing.balloon_volume > 0.0 and timing.gas_time == 0.0:
        share, rate = fill(
            time,
            timing.period * timing.beats,
            timing.inflation_start,
            timing.deflation_start,
            timing.inflation_time,
            timing.deflation_time,
        )
    return Drive(
        activation(since, timing.period, timing.effective_period, VENTRICLE_HILL, VENTRICLE_PEAK),
        activation(before, timing.period, timing.effective_period, ATRIUM_HILL, ATRIUM_PEAK),
        timing.balloon_volume * share,
        gas_pressure(time, timing) if timing.gas_time > 0.0 else timing.balloon_volume * rate,
    )


@numba.njit
def right_hand_side(time, y, tones, coefficients, timing):
    c = load_coefficients(coefficients)
    inner, outer = c.layer_conductance / tones[0], c.layer_conductance / tones[1]
    drive, machine = drive_at(time, load_timing(timing)), load_machine(y[STATES:])
    return slope(drive, load_state(y), machine, inner, outer, c, WHOLE_PHYSICS)


@numba.njit
def rates(time, y, tones, coefficients, timing):
    moved, machine, _, _, _ = right_hand_side(time, y, tones, coefficients, timing)
    result = np.empty(HELD_AT)
    store_state(result, moved)
    store_machine(result[STATES:], machine)
    return result


@numba.njit
def signals_along(times, states, tones, coefficients, timing):
    result = np.empty((len(SIGNALS), times.size))
    for at in range(times.size):
        _, _, means, extras, samples = right_hand_side(times[at], states[at], tones, coefficients, timing)
        store_means(result[:, at], means)
        store_extras(result[EXTRAS_AT:, at], extras)
        store_samples(result[SAMPLES_AT:, at], samples)
    return result


@numba.njit
def prepared(row, closure, room, coefficients, timing):
    p = load_parameters(row)
    store_coefficients(coefficients, fold(p, room))
    store_timing(timing, clock(p, 60.0 / p.heart_rate, closure))


class Reference:
    """One patient in one arm.

    Parameters
    ----------
    p : Parameters
    learned : Learned
        What the arm takes over from the patient without support.
    alone : bool
        Whether this is that patient: then chambers, perfusion and size are its own.
    """

    def __init__(self, p: Parameters, learned: Learned, alone: bool = False) -> None:
        self.p, self.closure = p, learned.closure
        self.chambers = None if alone else learned.chamber_volume
        self.perfusion = None if alone else learned.perfusion
        self.lv_volume = None if alone else learned.lv_volume
        self.row = np.array(p)
        self.coefficients, self.clock = np.empty(len(Coefficients._fields)), np.empty(len(Timing._fields))
        self.prepare(self.chambers or 0.0)
        self.beats = int(self.timing.beats)
        self.duration = self.timing.period * self.beats

    def prepare(self, chambers: float) -> None:
        prepared(self.row, self.closure, self.p.pericardial_room * chambers, self.coefficients, self.clock)
        self.c, self.timing = Coefficients(*self.coefficients), Timing(*self.clock)

    def beat(self, x: np.ndarray, points: int) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
        """Image of the beat map, the instants, and the signals; ``points`` samples a beat."""
        if self.chambers is None:
            self.prepare(x[CHAMBERS].sum())
        demand = x[HELD_AT + 2]
        tones = self.tones(x)
        self.follow(x)
        times = np.linspace(0.0, self.duration, points * self.beats + 1)
        settings = (tones, self.coefficients, self.clock)
        states = odeint(rates, x[:HELD_AT], times, args=settings, tfirst=True, **TIGHT)
        found = dict(zip(SIGNALS, signals_along(times, states, *settings), strict=True))
        target = coronary.target_flow(self.p.lv_mass, demand, coronary.HEALTHY_DEMAND, self.p.coronary_demand_share)
        outflow = coronary.OUTFLOW_RESISTANCE / coronary.INFLOW_RESISTANCE
        floors = (-outflow if self.p.territory_at_risk else 0.2, 0.2)
        next_tones = [
            float(np.clip((tone + outflow) * self.mean(found[name]) / target - outflow, floor, 2.5))
            for tone, floor, name in zip(tones, floors, ("inner_flow", "outer_flow"), strict=True)
        ]
        work = -float(np.trapezoid(found["sampled_lv_pressure"], found["sampled_lv_volume"]))
        energy = sum(self.end_systole(found, beat)[1] for beat in range(self.beats))
        return np.concatenate([states[-1], next_tones, [(work + energy) / self.duration]]), times, found

    def tones(self, x: np.ndarray) -> np.ndarray:
        return np.clip(x[HELD_AT : HELD_AT + 2], 0.2, 0.2 if self.p.vasodilated else 2.5)

    def follow(self, x: np.ndarray) -> None:
        """Let contraction follow the flow that the inner layer lacks, and a functional leak the ventricle's size."""
        p, places = self.p, Coefficients._fields.index
        strength, leak = 1.0, p.functional_regurgitation_area
        if self.perfusion is not None:
            outflow = coronary.OUTFLOW_RESISTANCE / coronary.INFLOW_RESISTANCE
            perfused = min((x[HELD_AT] + outflow) / (0.2 + outflow), 1.0)
            now, before = (-0.75 * each**2 + 2.15 * each - 0.39 for each in (perfused, self.perfusion))
            strength = float(np.clip(1.0 - p.territory_at_risk * (1.0 - max(now, 0.05) / max(before, 0.05)), 0.05, 1.6))
        if self.lv_volume is not None:
            leak *= (x[State._fields.index("lv_volume")] / self.lv_volume) ** p.functional_regurgitation_exponent
        self.coefficients[places("lv_elastance")] = p.lv_elastance * strength
        self.coefficients[places("mitral_leak")] = p.mitral_regurgitation_area + leak

    def mean(self, signal: np.ndarray) -> float:
        return float(np.trapezoid(signal) / (signal.size - 1))

    def end_systole(self, found: Mapping[str, np.ndarray], beat: int) -> tuple[float, float]:
        """Pressure at the largest P/(V - V0) of a beat, and the potential energy there; Suga 1979."""
        part = self.part(found["sampled_lv_pressure"].size, beat)
        pressure, stretch = found["sampled_lv_pressure"][part], found["sampled_lv_volume"][part] - self.c.lv_unstressed
        at = int(np.argmax(pressure / stretch))
        alpha, beta = self.c.lv_exponent, self.c.lv_scale
        passive = beta * ((math.exp(alpha * stretch[at]) - 1.0) / alpha - stretch[at])
        return pressure[at], 0.5 * pressure[at] * stretch[at] - passive

    def part(self, size: int, beat: int) -> slice:
        points = (size - 1) // self.beats
        return slice(beat * points, (beat + 1) * points + 1)

    def ejection(self, found: Mapping[str, np.ndarray], beat: int) -> tuple[int, int, float]:
        """Foot and closure of a beat as places in the pattern, and the pressure at the foot."""
        root_pressure, gradient = found["aortic_pressure"][:-1], found["sampled_aortic_valve_gradient"][:-1]
        points = gradient.size // self.beats
        step = self.timing.period / points
        deflation = 0.0
        if self.timing.balloon_volume > 0.0:
            deflation = max(self.timing.period - self.timing.deflation_start, 0.0)
        before, start = round(deflation / step), beat * points
        within = min(round(0.44 * self.timing.effective_period / step), points - 1)
        places = np.arange(start - before, start + points)
        is_open = np.concatenate([[False], gradient[places % gradient.size] > 0.0, [False]])
        begins, ends = (np.flatnonzero(np.diff(is_open.astype(int)) == sign) for sign in (1, -1))
        runs = [
            (end - begin, begin + start - before, end + start - before)
            for begin, end in zip(begins, ends, strict=True)
            if begin < before + within and end > before
        ]
        early = np.arange(start - before, start + round(LATEST_FOOT / step) + 1) % gradient.size
        lowest = float(root_pressure[early].min())
        if not runs:
            nearest = start + int(np.argmax(gradient[start : start + within]))
            return start + round(LATEST_FOOT / step), nearest, lowest
        _, _, closure = max(runs)
        feet = [begin for _, begin, _ in runs if begin > start]
        if not feet:
            return start, closure, lowest
        begin = min(feet)
        # at the crossing the valve carries nothing, and both sides have the ventricle's pressure
        last, opened = gradient[(begin - 1) % gradient.size], gradient[begin]
        before_it, after_it = (found["sampled_lv_pressure"][at % gradient.size] for at in (begin - 1, begin))
        return begin, closure, float(before_it + (after_it - before_it) * last / (last - opened))

    def end_of_diastole(
        self, found: Mapping[str, np.ndarray], beat: int, foot: int, pressure: float
    ) -> tuple[float, float]:
        """Lowest aortic pressure at the end of diastole (mmHg), and foot less the time the balloon was out (s)."""
        aorta, balloon = found["aortic_pressure"][:-1], found["sampled_balloon_volume"][:-1]
        points = aorta.size // self.beats
        step, start = self.timing.period / points, beat * points
        supported = self.timing.balloon_volume > 0.0
        deflation = max(self.timing.period - self.timing.deflation_start, 0.0) if supported else 0.0
        begin = start - round(max(deflation, LATEST_FOOT) / step)
        until = foot if foot > start else start + round(LATEST_FOOT / step)
        lowest = min(float(aorta[np.arange(begin, until) % aorta.size].min()), pressure)
        begin = start - round(deflation / step)
        course = balloon[np.arange(begin, start + points) % aorta.size]
        if not supported or course[0] == 0.0:
            return lowest, 0.0
        out = begin + int(np.argmax(course <= 0.1 * course[0]))
        return lowest, (foot - out) * step

    def outcomes(self, x: np.ndarray, points: int = 16_000) -> dict[str, float]:
        """Outcomes as they are defined, by dense sampling."""
        _, times, found = self.beat(x, points)
        aorta, lv, volume = (found[name] for name in ("aortic_pressure", "sampled_lv_pressure", "sampled_lv_volume"))
        per_beat: dict[str, list[float]] = {}

        def note(**values: float) -> None:
            for name, value in values.items():
                per_beat.setdefault(name, []).append(float(value))

        for beat in range(self.beats):
            part = self.part(times.size, beat)
            foot, closure, foot_pressure = self.ejection(found, beat)
            diastole, systole = slice(closure, part.stop), slice(part.start, closure + 1)
            if self.beats == 1 or beat == 1:
                lowest, margin = self.end_of_diastole(found, beat, foot, foot_pressure)
                note(end_diastolic_aortic_pressure=lowest, opening_pressure=foot_pressure, deflation_margin=margin)
            pressure, energy = self.end_systole(found, beat)
            note(
                systolic_pressure=aorta[np.arange(foot, closure + 1)].max(),
                diastolic_pressure=aorta[part].min(),
                mean_diastolic_pressure=self.mean(aorta[diastole]),
                augmented_diastolic_pressure=aorta[diastole].max(),
                lv_end_diastolic_volume=volume[part].max(),
                lv_end_systolic_volume=volume[part].min(),
                lv_end_diastolic_pressure=lv[part][0],
                lv_end_systolic_pressure=pressure,
                potential_energy=energy,
                dpti=np.trapezoid((aorta - lv)[diastole], times[diastole]),
                spti=np.trapezoid(lv[systole], times[systole]),
                pulse=np.ptp(found["sampled_pulmonary_root_pressure"][part]),
            )
        result = {name: sum(values) / len(values) for name, values in per_beat.items()}
        result["augmented_diastolic_pressure"] = max(per_beat["augmented_diastolic_pressure"])
        result["lv_peak_pressure"] = float(lv.max())
        energy, pulse = result.pop("potential_energy"), result.pop("pulse")
        work = -float(np.trapezoid(lv, volume)) / self.beats
        return {
            **result,
            **self.means(found),
            **self.derived(found, result, work, work + energy, pulse, self.tones(x)[0]),
        }

    def means(self, found: Mapping[str, np.ndarray]) -> dict[str, float]:
        """Outcomes that are time means, flows in L/min, and volumes per beat."""
        mean = {name: self.mean(signal) for name, signal in found.items()}
        pumped = mean["impella_flow"] + mean["ecmo_flow"]
        oxygenated = mean["pulmonary_valve_flow"] + mean["ecmo_flow"]
        flows = {
            "cardiac_output": mean["aortic_valve_flow"] + pumped,
            "native_cardiac_output": mean["aortic_valve_flow"],
            "coronary_flow": mean["coronary_flow"],
            "endocardial_flow": mean["inner_flow"],
            "upper_body_flow": mean["upper_body_flow"],
            "visceral_flow": mean["visceral_flow"],
            "limb_flow": mean["limb_flow"],
            "device_flow": pumped,
        }
        return {
            **{name: flow * 0.06 for name, flow in flows.items()},
            "cardiac_index": flows["cardiac_output"] * 0.06 / self.p.body_surface_area,
            "mean_heart_rate": self.p.heart_rate,
            "mean_arterial_pressure": mean["aortic_pressure"],
            "wedge_pressure": mean["left_atrial_pressure"],
            "central_venous_pressure": mean["right_atrial_pressure"],
            "mean_pulmonary_pressure": mean["pulmonary_arterial_pressure"],
            "forward_stroke_volume": mean["aortic_valve_flow"] * self.timing.period,
            "mitral_regurgitant_volume": mean["mitral_leak"] * self.timing.period,
            "aortic_regurgitant_volume": mean["aortic_leak"] * self.timing.period,
            "shunt_ratio": oxygenated / (oxygenated - mean["defect_flow"]),
        }

    def derived(
        self,
        found: Mapping[str, np.ndarray],
        result: Mapping[str, float],
        work: float,
        area: float,
        pulse: float,
        tone: float,
    ) -> dict[str, float]:
        """Outcomes made of others."""
        pressure, venous = self.mean(found["aortic_pressure"]), self.mean(found["right_atrial_pressure"])
        output = self.means(found)["cardiac_output"]
        stroke = result["lv_end_diastolic_volume"] - result["lv_end_systolic_volume"]
        return {
            "stroke_volume": stroke,
            "ejection_fraction": stroke / result["lv_end_diastolic_volume"],
            "cardiac_power_output": pressure * output / 451.0,
            "pulmonary_artery_pulsatility_index": pulse / max(venous, 1.0),
            "systemic_vascular_resistance": (pressure - venous) / (output / 0.06),
            "effective_arterial_elastance": result["lv_end_systolic_pressure"] / max(stroke, 5.0),
            "stroke_work": work,
            "pressure_volume_area": area,
            "oxygen_consumption": 1.53e-5 * area + 0.019,
            "sevr": result["dpti"] / result["spti"],
            "endocardial_reserve": (tone - 0.2) / (coronary.HEALTHY_TONE - 0.2),
        }

    def periodic(self, x: np.ndarray, points: int = 800) -> np.ndarray:
        """scipy's own fixed point near ``x``; the veins take what is left of the total volume.

        The demand for oxygen is read from ``points`` samples a beat: 800 leave 7e-4 in the reserve, 6400 1.3e-4.
        """
        total = x[VOLUMES].sum()
        free = np.ones(x.size, bool)
        free[VEINS] = False
        free[STATES : STATES + MACHINES] = self.c.gas_driven > 0.0, self.c.impella_gain > 0.0
        scale = np.maximum(np.abs(x[free]), 1.0)

        def close(u: np.ndarray) -> np.ndarray:
            full = x.copy()
            full[free], full[VEINS] = u * scale, 0.0
            full[VEINS] = total - full[VOLUMES].sum()
            return full

        def residual(u: np.ndarray) -> np.ndarray:
            return self.beat(close(u), points)[0][free] / scale - u

        found = root(residual, x[free] / scale, method="hybr", options={"eps": 1e-7, "xtol": 1e-7, "factor": 0.1})
        assert np.abs(found.fun).max() < 1e-5, found.message
        return close(found.x)
