"""The periodic state: the beat map, its acceleration, and the decision that it has converged.

The beat map carries the state at one activation, with what is held through a pattern (coronary tones, oxygen demand),
to the state one pattern later. Its fixed point is found lane by lane with Anderson's acceleration; a lane that is done
makes room for the next patient.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from . import anderson
from .aorta import area_share
from .coefficients import Body, Coefficients, Timing, clock, fastest_rate, fold, unstressed_volume
from .coronary import HEALTHY_DEMAND, next_tone, target_flow
from .drive import master_curves, tabulate
from .integrate import COEFFICIENTS_AT, DRIVES, MEANS, MEANS_AT, ROWS, SAMPLES, STATES, STEP_AT, TONE_AT, integrate
from .lanes import LANES, access, compiled, function, inlined, row_access
from .outcomes import measure, pressure_volume_area
from .tables import HELD, OUTCOMES, STATE, Held, Means, Outcomes, Parameters, State, Status

FIELDS = STATES + len(Held._fields)
RESULTS = len(Outcomes._fields)
PARAMETER_COUNT = len(Parameters._fields)
INNER, OUTER, DEMAND = STATES, STATES + 1, STATES + 2
VEINS = State._fields.index("systemic_venous_volume")
PROXIMAL = State._fields.index("proximal_volume")
DISTAL = State._fields.index("distal_volume")
IS_VOLUME = tuple(name.endswith("volume") for name in State._fields)
BEATS_AT = Outcomes._fields.index("beats_to_converge")
ERROR_AT = Outcomes._fields.index("convergence_error")

FIRST_GUESS = np.array([quantity.default for quantity in (*STATE.values(), *HELD.values())])
SCALE = np.array([100.0 if q.units == "mL/s" else q.default for q in (*STATE.values(), *HELD.values())])
"""Size of each state, by which residuals are judged."""
CURVES = master_curves()
FLOOR = np.array([quantity.floor for quantity in OUTCOMES.values()])

SETTLING = 3
"""Plain beats before acceleration: what dies within a beat is not worth a place in the history."""
PATIENCE = 20
"""Plain beats after a restart."""
ASTRAY = 1e6
"""Squared residual, in units of each state's scale, past which (or at NaN) a lane is begun again, once."""
GATE = 12.0
"""Outcomes are taken once the next step is below this many tolerances."""
LEAST_DIFFERENCES = 2
SAFETY = 3.0
SLACK = 0.25
LUCK = 0.3
"""On the estimated error, on what the estimate cannot see, and on the estimate one pattern before: see `compare`."""
MOST_BEATS = 150
LONGEST_STEP = 0.004
RESOLUTION = 0.8
"""Longest step (s), and its largest product with the fastest rate of the aorta: measured against 2048 steps a beat, 95 %
of widely varied patients are within 7e-4 in every outcome and the worst within 5e-3. SSPRK(4,3) is stable to 5.1."""
STATUS_OK = int(Status.OK)
STATUS_NOT_CONVERGED = int(Status.NOT_CONVERGED)
STATUS_NON_PHYSICAL = int(Status.NON_PHYSICAL)

load_parameters, _ = row_access(Parameters)
load_row, store_row = row_access(Coefficients)
load_timing, store_timing = row_access(Timing)
load_body, store_body = row_access(Body)
_, store_outcomes = row_access(Outcomes)
_, store_coefficients = access(Coefficients, COEFFICIENTS_AT)
load_means = row_access(Means)[0]


class Lanes(NamedTuple):
    """The beat map of LANES patients in progress; arrays end with the lane."""

    x: np.ndarray
    g: np.ndarray
    residual: np.ndarray
    image: np.ndarray
    step: np.ndarray
    dr: np.ndarray
    dg: np.ndarray
    gram: np.ndarray
    gamma: np.ndarray
    job: np.ndarray
    beats: np.ndarray
    settling: np.ndarray
    history: np.ndarray
    last_step: np.ndarray
    least_residual: np.ndarray
    outcomes: np.ndarray
    measured: np.ndarray
    changes: np.ndarray
    estimates: np.ndarray
    coefficients: np.ndarray
    timing: np.ndarray
    body: np.ndarray
    learned: np.ndarray
    signals: np.ndarray


def lanes(steps: int) -> Lanes:
    """Allocate the lanes for patterns of ``steps`` steps."""
    return Lanes(
        np.zeros((FIELDS, LANES)),
        np.zeros((FIELDS, LANES)),
        np.zeros((FIELDS, LANES)),
        np.zeros((FIELDS, LANES)),
        np.zeros((FIELDS, LANES)),
        np.zeros((anderson.MEMORY, FIELDS, LANES)),
        np.zeros((anderson.MEMORY, FIELDS, LANES)),
        np.zeros((anderson.MEMORY, anderson.MEMORY + 1, LANES)),
        np.zeros((anderson.MEMORY, LANES)),
        np.full(LANES, -1),
        np.zeros(LANES, np.int64),
        np.zeros(LANES, np.int64),
        np.zeros(LANES),
        np.zeros(LANES),
        np.zeros(LANES),
        np.zeros((LANES, RESULTS)),
        np.zeros(LANES, np.int64),
        np.zeros((LANES, anderson.MEMORY, RESULTS)),
        np.zeros(LANES),
        np.zeros((LANES, len(Coefficients._fields))),
        np.zeros((LANES, len(Timing._fields))),
        np.zeros((LANES, len(Body._fields))),
        np.zeros(LANES),
        np.zeros((SAMPLES, steps)),
    )


@function
def first_guess(p):  # type: ignore[no-untyped-def]
    """State to start from where nothing better is known: filling pressures that rise with the stressed volume.

    A crude guess costs beats, not accuracy.
    """
    c = fold(p)
    filling = min(p.stressed_volume / p.systemic_venous_compliance * 0.07, 2.2)
    left, right = 8.0 * filling**1.6, 4.0 * filling**1.8
    z = area_share(70.0, c.wall_p0, c.wall_p1)
    guess = FIRST_GUESS.copy()
    guess[0] = c.lv_unstressed + math.log(left / c.lv_scale + 1.0) / c.lv_exponent
    guess[1] = c.rv_unstressed + math.log(right / c.rv_scale + 1.0) / c.rv_exponent
    guess[2] = c.la_unstressed + math.log(left / c.la_scale + 1.0) / c.la_exponent
    guess[3] = c.ra_unstressed + math.log(right / c.ra_scale + 1.0) / c.ra_exponent
    guess[4] = (z - c.wall_offset) / c.root_gain
    guess[5] = (z - c.wall_offset) / c.thoracic_gain
    guess[6] = (z - c.wall_offset) / c.thoracic_gain
    guess[7] = (z - c.wall_offset) / c.abdominal_gain
    guess[8] = (z - c.wall_offset) / c.iliac_gain
    guess[9] = 65.0 / c.upper_elastance
    guess[16] = (left + 8.0) / c.pulmonary_arterial_elastance
    guess[17] = (left + 1.0) / c.pulmonary_venous_elastance
    return guess


@function
def steps_per_beat(p):  # type: ignore[no-untyped-def]
    """Steps a patient's beat asks for: more at low rates and in stiff aortas.

    Rounded up to a multiple of 16, so that patients with equal needs share their lanes.
    """
    period = 60.0 / p.heart_rate
    wanted = max(period / LONGEST_STEP, fastest_rate(fold(p)) * period / RESOLUTION)
    return 16 * max(math.ceil(wanted / 16.0), 6)


@compiled
def survey(parameters, steps, guesses):  # type: ignore[no-untyped-def]
    """Steps per pattern and first guess of every row of ``parameters``."""
    for job in range(parameters.shape[0]):
        p = load_parameters(parameters[job])
        beats = int(p.assist_ratio) if p.balloon_volume > 0.0 else 1
        steps[job] = beats * steps_per_beat(p)
        guesses[job] = first_guess(p)


@function
def enter(lane, job, parameters, start, learned, total_steps, s, work, grid, curves):  # type: ignore[no-untyped-def]
    """Put a patient into a lane: fold the parameters, tabulate the drive, lay the start state."""
    p = load_parameters(parameters[job])
    c = fold(p)
    timing = clock(p, learned[job])
    store_row(s.coefficients[lane], c)
    store_timing(s.timing[lane], timing)
    store_body(
        s.body[lane],
        Body(p.stressed_volume + unstressed_volume(c), p.lv_mass, p.body_surface_area),
    )
    s.learned[lane] = learned[job]
    store_coefficients(work, lane, c)
    work[STEP_AT * LANES + lane] = timing.period * timing.beats / total_steps
    tabulate(grid, lane, timing, total_steps, curves)
    for i in range(FIELDS):
        s.x[i, lane] = start[job, i]
    balloon = grid[2 * LANES + lane]
    s.x[PROXIMAL, lane] -= p.balloon_proximal_share * balloon
    s.x[DISTAL, lane] -= (1.0 - p.balloon_proximal_share) * balloon
    s.job[lane] = job
    s.beats[lane] = 0
    s.settling[lane] = SETTLING
    s.history[lane] = 0.0
    s.measured[lane] = 0
    s.least_residual[lane] = math.inf
    s.last_step[lane] = math.inf
    forget(s, lane)


@function
def forget(s, lane):  # type: ignore[no-untyped-def]
    """Drop a lane's history."""
    s.history[lane] = 0.0
    s.measured[lane] = 0
    s.estimates[lane] = 0.0
    for column in range(anderson.MEMORY):
        for i in range(FIELDS):
            s.dr[column, i, lane] = 0.0
            s.dg[column, i, lane] = 0.0


@function
def restart(s, lane, start):  # type: ignore[no-untyped-def]
    """Begin again from where the lane started, with many plain beats first: acceleration led astray."""
    s.settling[lane] = s.beats[lane] + PATIENCE
    s.least_residual[lane] = math.inf
    forget(s, lane)
    for i in range(FIELDS):
        s.x[i, lane] = start[i]


@function
def begin_pattern(s, work):  # type: ignore[no-untyped-def]
    """Lay the lanes' states into the work buffer; the veins take what is left of the total volume."""
    for lane in range(LANES):
        s.x[VEINS, lane] = s.body[lane, 0]
    for i in range(STATES):
        if IS_VOLUME[i] and i != VEINS:
            for lane in range(LANES):
                s.x[VEINS, lane] -= s.x[i, lane]
    for i in range(STATES):
        for lane in range(LANES):
            work[i * LANES + lane] = s.x[i, lane]
    for lane in range(LANES):
        layer = s.coefficients[lane, LAYER_AT]
        work[TONE_AT * LANES + lane] = layer / s.x[INNER, lane]
        work[(TONE_AT + 1) * LANES + lane] = layer / s.x[OUTER, lane]


LAYER_AT = Coefficients._fields.index("layer_conductance")
INNER_FLOW_AT = Means._fields.index("inner_flow")
OUTER_FLOW_AT = Means._fields.index("outer_flow")
POWER_AT = Means._fields.index("lv_power")


@function
def end_pattern(s, work, trace, steps):  # type: ignore[no-untyped-def]
    """Read the image of the beat map: the integrated state, and the tones and demand for the next pattern."""
    for i in range(STATES):
        for lane in range(LANES):
            s.g[i, lane] = work[i * LANES + lane]
    for lane in range(LANES):
        s.g[VEINS, lane] = s.body[lane, 0]
    for i in range(STATES):
        if IS_VOLUME[i] and i != VEINS:
            for lane in range(LANES):
                s.g[VEINS, lane] -= s.g[i, lane]
    for lane in range(LANES):
        if s.job[lane] < 0:
            continue
        timing = load_timing(s.timing[lane])
        inner = work[(MEANS_AT + INNER_FLOW_AT) * LANES + lane] / steps
        outer = work[(MEANS_AT + OUTER_FLOW_AT) * LANES + lane] / steps
        target = target_flow(s.body[lane, 1], s.x[DEMAND, lane], HEALTHY_DEMAND)
        s.g[INNER, lane] = next_tone(s.x[INNER, lane], inner, target)
        s.g[OUTER, lane] = next_tone(s.x[OUTER, lane], outer, target)
        gather(s, trace, lane, steps)
        beats = int(timing.beats)
        power = work[(MEANS_AT + POWER_AT) * LANES + lane] / steps
        area = pressure_volume_area(
            s.signals, power * timing.period, load_row(s.coefficients[lane]), beats, steps // beats
        )
        s.g[DEMAND, lane] = area / timing.period


@function
def gather(s, trace, lane, steps):  # type: ignore[no-untyped-def]
    """Copy one lane's samples out of the trace."""
    for step in range(steps):
        for which in range(SAMPLES):
            s.signals[which, step] = trace[(step * SAMPLES + which) * LANES + lane]


@function
def compare(s, lane, row):  # type: ignore[no-untyped-def]
    """Push a pattern's outcomes into the lane's history; estimate their error.

    The acceleration's next step is a combination of the last differences of the state. The same combination of the
    differences they made to the outcomes is how far these are still to go.

    Returns
    -------
    left : float
        Largest predicted change still to come, relative as outcomes.md scales it.
    change : float
        Largest change since the pattern before.
    """
    known = s.measured[lane]
    for column in range(anderson.MEMORY - 1, 0, -1):
        for which in range(BEATS_AT):
            s.changes[lane, column, which] = s.changes[lane, column - 1, which]
    left = 0.0
    change = 0.0
    for which in range(BEATS_AT):
        difference = row[which] - s.outcomes[lane, which]
        s.changes[lane, 0, which] = difference if known > 0 else 0.0
        s.outcomes[lane, which] = row[which]
        to_come = 0.0
        for column in range(min(known, anderson.MEMORY)):
            to_come += s.gamma[column, lane] * s.changes[lane, column, which]
        size = max(abs(row[which]), FLOOR[which])
        left = larger(left, abs(to_come) / size)
        change = larger(change, abs(difference) / size)
    return left, change


@inlined
def larger(a, b):  # type: ignore[no-untyped-def]
    """The larger of two numbers; NaN where either is (max would drop it, and a failed patient would converge)."""
    return a if a >= b else b


@function
def advance(s, steps, work, trace, start, tolerance, most_beats, results, status, findings, states, closures):  # type: ignore[no-untyped-def]
    """After a pattern: accelerate every lane, measure those near their periodic state, write out those that are done."""
    anderson.remember(s.x, s.g, SCALE, s.history, s.residual, s.image, s.dr, s.dg)
    anderson.extrapolate(s.g, s.residual, SCALE, s.dr, s.dg, s.gram, s.gamma, s.step)
    row = np.empty(RESULTS)
    means = np.empty(MEANS)
    finished = 0
    for lane in range(LANES):
        job = s.job[lane]
        if job < 0:
            continue
        s.beats[lane] += 1
        norm = 0.0
        move = 0.0
        for i in range(FIELDS):
            norm += s.residual[i, lane] ** 2
            move = max(move, abs(s.step[i, lane] - s.x[i, lane]) / SCALE[i])
        done = False
        astray = not norm < ASTRAY
        if astray:
            if s.settling[lane] == SETTLING:
                restart(s, lane, start[job])
                continue
            status[job] = STATUS_NON_PHYSICAL
            done = True
        elif s.beats[lane] > s.settling[lane] and move < GATE * tolerance:
            gather(s, trace, lane, steps)
            for which in range(means.size):
                means[which] = work[(MEANS_AT + which) * LANES + lane] / steps
            outcomes, code, found, closure = measure(
                s.signals,
                load_means(means),
                load_row(s.coefficients[lane]),
                load_timing(s.timing[lane]),
                load_body(s.body[lane]),
                s.x[INNER, lane],
                s.x[OUTER, lane],
                s.learned[lane],
            )
            store_outcomes(row, outcomes)
            left, change = compare(s, lane, row)
            fresh = SAFETY * (left + SLACK * change * min(move / s.last_step[lane], 1.0))
            error = larger(fresh, LUCK * s.estimates[lane])
            s.estimates[lane] = fresh
            if s.measured[lane] >= LEAST_DIFFERENCES and error <= tolerance:
                done = True
                status[job] = code
                findings[job] = found
                closures[job] = closure
                results[job] = row
                results[job, BEATS_AT] = s.beats[lane]
                results[job, ERROR_AT] = error
                states[job] = s.x[:, lane]
            s.measured[lane] += 1
        if not done and s.beats[lane] >= most_beats:
            status[job] = STATUS_NOT_CONVERGED
            done = True
        if done:
            s.job[lane] = -1
            finished += 1
            continue
        s.last_step[lane] = move
        worse = norm > 4.0 * s.least_residual[lane]
        s.least_residual[lane] = min(norm, s.least_residual[lane])
        settling = s.beats[lane] < s.settling[lane]
        if settling or worse:
            forget(s, lane)
            if worse:
                s.least_residual[lane] = norm
            for i in range(FIELDS):
                s.x[i, lane] = s.g[i, lane]
            s.history[lane] = 0.0 if settling else 1.0
        else:
            s.history[lane] = 1.0
            for i in range(FIELDS):
                s.x[i, lane] = s.step[i, lane]
    return finished


@compiled
def converge(
    s, work, grid, trace, curves, order, parameters, start, learned, steps, tolerance, most_beats,
    results, status, findings, states, closures,
):  # type: ignore[no-untyped-def]  # fmt: skip
    """Bring jobs (a patient in an arm each) that share their number of steps to their periodic states.

    Parameters
    ----------
    s : Lanes
        Allocated by `lanes` for this number of steps.
    work, grid, trace : array
        Buffers of `integrate`, of the precision wanted.
    curves : array
        Master curves of activation.
    order : array of int
        The jobs to run: rows of what follows.
    parameters : array, (jobs, len(Parameters._fields))
    start : array, (jobs, FIELDS)
        States to start from.
    learned : array, (jobs,)
        Learned closure, s.
    steps : int
        Steps in the pattern.
    tolerance : float
    most_beats : int
        Patterns after which a job has not converged.
    outcomes, status, findings, states, closures : array
        Receive outcomes, codes, the state at which the measured pattern began, and the closure found.
    """
    waiting = 0
    running = 0
    while True:
        for lane in range(LANES):
            if s.job[lane] < 0:
                if waiting < order.size:
                    enter(lane, order[waiting], parameters, start, learned, steps, s, work, grid, curves)
                    waiting += 1
                    running += 1
        if running == 0:
            break
        begin_pattern(s, work)
        integrate(work, grid, trace, steps)
        end_pattern(s, work, trace, steps)
        running -= advance(
            s, steps, work, trace, start, tolerance, most_beats, results, status, findings, states, closures
        )


class Solution(NamedTuple):
    """What `solve` returns: one row a job."""

    outcomes: np.ndarray
    status: np.ndarray
    findings: np.ndarray
    states: np.ndarray
    closures: np.ndarray


def solve(
    parameters: np.ndarray,
    start: np.ndarray | None,
    learned: np.ndarray | None,
    *,
    precision: str,
    tolerance: float,
    most_beats: int = MOST_BEATS,
) -> Solution:
    """Periodic states of many jobs, grouped by the number of steps they ask for.

    Parameters
    ----------
    parameters : array, (jobs, len(Parameters._fields)), float64
    start : array, (jobs, FIELDS), or None
        States to start from; None starts from a crude guess.
    learned : array, (jobs,), or None
        Learned closures, s.
    precision : {"float64", "float32"}
        Of the integration; the beat map's fixed point is sought in float64.
    tolerance : float
        Of the estimated relative error of the outcomes.
    most_beats : int
        Patterns after which a job has not converged.
    """
    jobs = parameters.shape[0]
    steps = np.empty(jobs, np.int64)
    guesses = np.empty((jobs, FIELDS))
    survey(parameters, steps, guesses)
    solution = Solution(
        np.full((jobs, RESULTS), np.nan),
        np.zeros(jobs, np.uint8),
        np.zeros(jobs, np.uint8),
        np.full((jobs, FIELDS), np.nan),
        np.full(jobs, np.nan),
    )
    for count in np.unique(steps).tolist():
        work, grid, trace = buffers(count, precision)
        converge(
            lanes(count), work, grid, trace, CURVES, np.flatnonzero(steps == count), parameters,
            guesses if start is None else start, np.zeros(jobs) if learned is None else learned,
            count, tolerance, most_beats, *solution,
        )  # fmt: skip
    return solution


def buffers(steps: int, precision: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Work buffer, grid and trace for patterns of ``steps`` steps."""
    return (
        np.zeros(ROWS * LANES, precision),
        np.zeros((2 * steps + 1) * DRIVES * LANES, precision),
        np.zeros((steps + 1) * SAMPLES * LANES, precision),
    )
