"""One patient at a time: the signals of the periodic pattern, for pictures and for checks of the lanes.

The same laws and the same steps as `integrate`, patient outside and time inside.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr

from .beat_map import MACHINE, SYMPATHETIC, buffers
from .circulation import slope
from .coefficients import fold
from .compilation import compiled
from .drive import tabulate
from .ensemble import quantity_attributes, run_arms
from .inputs import parameter_matrix
from .integrate import (
    MACHINES,
    MEANS,
    STAGE_KEEP,
    STAGE_ROW,
    STAGE_TAKE,
    STAGE_WEIGHT,
    STAGES,
    STATES,
    combine_machine,
    combine_means,
    combine_states,
)
from .lanes import LANES, combination, row_access
from .periodic import CURVES, Solution, plan
from .physics import COMBINATIONS
from .quantity import InputError, Quantity, check_name, quantities
from .reflex import BAROREFLEX, OPEN_LOOP, REGULATIONS, Adjusted, Drives, adjust
from .tables import STATE, Drive, Learned, Machine, Means, Parameters, Samples, State, Status, Valves
from .timing import clock

DRIVES = len(Drive._fields)
VARIABLES: dict[str, Quantity] = {
    **quantities(Means),
    **{name: quantity for name, quantity in quantities(Samples).items() if name == "lv_pressure"},
    **{name: quantity for name, quantity in quantities(Drive).items() if name == "balloon_volume"},
    **STATE,
}
"""What a waveform dataset holds."""

load_parameters, _ = row_access(Parameters)
load_learned, _ = row_access(Learned)
load_adjusted, store_adjusted = row_access(Adjusted)
load_state, store_state = row_access(State)
load_machine, store_machine = row_access(Machine)
_, store_means = row_access(Means)
combine_flows = combination(Valves)
INNER, OUTER = STATES, STATES + 1
RATE_AT = Parameters._fields.index("heart_rate")
ROOM_AT = Parameters._fields.index("pericardial_room")
CHAMBERS_LEARNED = Learned._fields.index("chamber_volume")
CLOSURE_LEARNED = Learned._fields.index("closure")
CLOSURE_AT = Adjusted._fields.index("closure")


@compiled
def regulate(own, learned, regulated, rows, adjusted):  # type: ignore[no-untyped-def]
    """Write the parameters of patients as their regulation changes them, and what of it is no parameter."""
    for patient in range(own.shape[0]):
        sympathetic, vagal, factor = regulated[patient]
        drives = Drives(sympathetic, sympathetic, sympathetic, sympathetic, vagal)
        taken = load_learned(learned[patient])
        store_adjusted(adjusted[patient], adjust(own[patient], taken, drives, factor, rows[patient]))


@compiled
def prepare(p, learned, grid, curves, steps):  # type: ignore[no-untyped-def]
    """Tabulate the drive of one patient, of parameters ``p``, in the first lane of a grid of `integrate`."""
    parameters = load_parameters(p)
    tabulate(grid, 0, clock(parameters, 60.0 / parameters.heart_rate, learned), steps, curves)


@compiled
def pattern(state, machine_state, tones, p, room, adjusted, grid, steps, signals, means_out, physics):  # type: ignore[no-untyped-def]
    """Carry one patient through a pattern of beats.

    Parameters
    ----------
    state : array, (STATES,)
        Replaced by the state at the end.
    machine_state : array, (len(Machine._fields),)
        Likewise.
    tones : array, (2,)
        Coronary tones held through the pattern.
    p : array, (len(Parameters._fields),)
    room : float
        Volume (mL) at which the pericardium takes up load.
    adjusted : array, (len(Adjusted._fields),)
        What regulation changes beside the parameters.
    grid : array
        As `prepare` left it.
    signals : array, (len(VARIABLES), steps)
        Receives the signals, or of length 0 to keep none.
    means_out : array, (len(Means._fields),)
        Receives the means over the pattern.
    physics : Physics
        The optional laws in use.
    """
    parameters = load_parameters(p)
    regulated = load_adjusted(adjusted)
    c = fold(parameters, room, regulated.splanchnic, regulated.peripheral)
    timing = clock(parameters, 60.0 / parameters.heart_rate, 0.0)
    h = timing.period * timing.beats / steps
    y = load_state(state)
    machine = load_machine(machine_state)
    total = Means(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    inner, outer = c.layer_conductance / tones[0], c.layer_conductance / tones[1]
    rest = Valves(0.0, 0.0, 0.0, 0.0)
    node, half, flows = rest, rest, rest
    for step in range(steps):
        stage_state = y
        stage_machine = machine
        for stage in range(STAGES):
            row = (2 * step + STAGE_ROW[stage]) * DRIVES * LANES
            drive = Drive(grid[row], grid[row + LANES], grid[row + 2 * LANES], grid[row + 3 * LANES])
            near, far = (half, node) if stage == 0 else (flows, node) if stage == 2 else (node, half)
            momentum = combine_flows(4.0, near, -1.0, far)
            rate, machine_rate, flows, means, _, samples = slope(
                drive, stage_state, stage_machine, inner, outer, momentum, h, c, physics
            )
            node = flows if stage == 0 else node
            if stage == 0 and signals.size > 0:
                store_means(signals[:MEANS, step], means)
                signals[MEANS, step] = samples.lv_pressure
                signals[MEANS + 1, step] = max(drive.balloon_volume, stage_machine.balloon_volume)
                store_state(signals[MEANS + 2 :, step], stage_state)
            take = STAGE_TAKE[stage]
            moved = combine_states(take, stage_state, take * 0.5 * h, rate)
            stage_state = combine_states(STAGE_KEEP[stage], y, 1.0, moved)
            moved_machine = combine_machine(take, stage_machine, take * 0.5 * h, machine_rate)
            stage_machine = combine_machine(STAGE_KEEP[stage], machine, 1.0, moved_machine)
            total = combine_means(1.0, total, STAGE_WEIGHT[stage] / steps, means)
        y = stage_state
        machine = stage_machine
        half = flows
    store_state(state, y)
    store_machine(machine_state, machine)
    store_means(means_out, total)


def waveforms(
    patients: xr.Dataset,
    arms: Mapping[str, Mapping[str, float]],
    *,
    samples: int = 400,
    precision: str = "float64",
    tolerance: float = 5e-4,
    regulation: str = "open-loop",
    reference: str | None = None,
) -> xr.Dataset:
    """Signals of the periodic pattern of every patient in every arm.

    Parameters
    ----------
    patients : xr.Dataset
        As for `simulate`; without the dimension ``patient`` for one patient.
    arms : mapping of str to mapping of str to float
    samples : int
        Points in time.
    precision, tolerance, regulation, reference
        Of the periodic state, as for `simulate`.

    Returns
    -------
    xr.Dataset
        For one patient over (arm, time), time in s from ventricular activation through the longest pattern of the
        arms; for several over (patient, arm, time), time as a fraction of the pattern, and ``pattern_duration``
        (patient, arm) in s. NaN where the patient failed in the arm. Pressures mmHg, volumes mL, flows mL/s.

    Raises
    ------
    InputError
        As `simulate`, and for fewer than two samples.
    """
    if samples < 2:
        raise InputError(f"samples: {samples} is too few; at least 2 are needed")
    single = "patient" not in patients.dims
    matrix = parameter_matrix(patients.expand_dims("patient") if single else patients)
    check_name("regulation", regulation, REGULATIONS)
    check_name("reference", reference or next(iter(arms)), arms)
    (_, baseline), *solved = run_arms(matrix, arms, {}, precision, tolerance, regulation, reference)
    regulated = [regulated_patients(own, baseline, solution) for own, solution in solved]
    durations = np.array([[pattern_duration(row) for row in rows] for rows, _ in regulated]).T
    values = np.full((len(VARIABLES), len(matrix), len(arms), samples), np.nan)
    statuses = np.array([solution.status for _, solution in solved]).T
    for arm, ((own, solution), (rows, adjusted)) in enumerate(zip(solved, regulated, strict=True)):
        for patient in np.flatnonzero(solution.status == Status.OK):
            span = durations[patient].max() if single else durations[patient, arm]
            times = np.arange(samples) / samples * span
            moved = rows[patient, RATE_AT] != own[patient, RATE_AT]
            steps, codes, _ = plan(own[patient : patient + 1], BAROREFLEX if moved else OPEN_LOOP)
            room = own[patient, ROOM_AT] * baseline.learned[patient, CHAMBERS_LEARNED]
            values[:, patient, arm] = sample(
                rows[patient], adjusted[patient], solution.states[patient], room, times, int(steps[0]), int(codes[0])
            )
    dims = ("patient", "arm", "time")
    result = xr.Dataset(
        {
            name: (dims, values[place], quantity_attributes(quantity))
            for place, (name, quantity) in enumerate(VARIABLES.items())
        },
        coords={"arm": ("arm", np.array(list(arms), dtype=object), {"long_name": "arm"})},
    )
    result["status"] = ("patient", "arm"), statuses
    result["pattern_duration"] = ("patient", "arm"), durations, {"long_name": "duration of the pattern", "units": "s"}
    if single:
        times = np.arange(samples) / samples * durations.max()
        result = result.isel(patient=0)
        return result.assign_coords(time=("time", times, {"long_name": "time after activation", "units": "s"}))
    fractions = np.arange(samples) / samples
    return result.assign_coords(
        time=("time", fractions, {"long_name": "time as a fraction of the pattern", "units": "1"})
    )


def regulated_patients(own: np.ndarray, baseline: Solution, solution: Solution) -> tuple[np.ndarray, np.ndarray]:
    """Parameters of patients as regulated in an arm, and Adjusted rows; those of who failed are as unregulated."""
    rows = own.copy()
    adjusted = np.ones((len(own), len(Adjusted._fields)))
    adjusted[:, CLOSURE_AT] = baseline.learned[:, CLOSURE_LEARNED]
    for patient in np.flatnonzero(solution.status == Status.OK):
        one = slice(patient, patient + 1)
        regulate(own[one], baseline.learned[one], solution.states[one, SYMPATHETIC:], rows[one], adjusted[one])
    return rows, adjusted


def pattern_duration(row: np.ndarray) -> float:
    """Duration of a pattern (s)."""
    p = Parameters(*row.tolist())
    return 60.0 / p.heart_rate * (p.assist_ratio if p.balloon_volume > 0.0 else 1.0)


def sample(
    row: np.ndarray, adjusted: np.ndarray, state: np.ndarray, room: float, times: np.ndarray, steps: int, code: int
) -> np.ndarray:
    """Signals (len(VARIABLES), times) of one patient in one arm, from the state at the start of its pattern.

    ``row`` and ``adjusted`` are the patient as regulated, ``room`` is the pericardium's volume (mL), and ``code`` that
    of the physics.
    """
    _, grid, _ = buffers(steps, "float64")
    signals = np.empty((len(VARIABLES), steps))
    prepare(row, adjusted[CLOSURE_AT], grid, CURVES, steps)
    machine = state[MACHINE : MACHINE + MACHINES].copy()
    pattern(
        state[:STATES].copy(), machine, state[[INNER, OUTER]], row, room, adjusted, grid, steps, signals,
        np.empty(MEANS), COMBINATIONS[code],
    )  # fmt: skip
    duration = pattern_duration(row)
    nodes = np.arange(steps + 1) / steps * duration
    closed = np.concatenate([signals, signals[:, :1]], axis=1)
    return np.array([np.interp(times % duration, nodes, signal) for signal in closed])
