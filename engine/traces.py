"""The signals of the periodic pattern, for pictures."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr

from .arms import Solver, run_arms
from .errors import InputError, check_name
from .inputs import check_arms, parameter_matrix
from .integration.lanes import FACTOR, MACHINE, SYMPATHETIC, VAGAL, buffers
from .integration.one_patient import SIGNALS, follow_heart, pattern, pattern_duration, prepare, regulate
from .integration.ssprk import MACHINES, MEANS, STATES
from .laws.baroreflex import Adjusted
from .names.outcomes import Status
from .names.parameters import Parameters
from .names.regulation import REGULATIONS, Regulation
from .names.state import Learned
from .patient.optional_laws import COMBINATIONS
from .periodic.solution import Solution
from .periodic.solve import CURVES, plan
from .simulation import quantity_attributes

RATE_AT = Parameters._fields.index("heart_rate")
ROOM_AT = Parameters._fields.index("pericardial_room")
CHAMBERS_LEARNED = Learned._fields.index("chamber_volume")
CLOSURE_LEARNED = Learned._fields.index("closure")
CLOSURE_AT = Adjusted._fields.index("closure")


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
    matrix = parameter_matrix(patients)
    check_name("regulation", regulation, REGULATIONS)
    check_arms(arms)
    if reference is not None:
        check_name("reference", reference, arms)
    (_, baseline), *solved = run_arms(matrix, arms, {}, Solver(precision, tolerance), regulation, reference)
    regulated = [regulated_patients(own, baseline, solution) for own, solution in solved]
    durations = np.array([[pattern_duration(row) for row in rows] for rows, _ in regulated]).T
    values = np.full((len(SIGNALS), len(matrix), len(arms), samples), np.nan)
    statuses = np.array([solution.status for _, solution in solved]).T
    for arm, ((own, solution), (rows, adjusted)) in enumerate(zip(solved, regulated, strict=True)):
        for patient in np.flatnonzero(solution.status == Status.OK):
            span = durations[patient].max() if single else durations[patient, arm]
            times = np.arange(samples) / samples * span
            moved = rows[patient, RATE_AT] != own[patient, RATE_AT]
            steps, codes, _ = plan(own[patient : patient + 1], Regulation(moves_drives=bool(moved)))
            room = own[patient, ROOM_AT] * baseline.learned[patient, CHAMBERS_LEARNED]
            learned = baseline.learned[patient]
            values[:, patient, arm] = sample(
                rows[patient], adjusted[patient], learned, solution.states[patient], room, times, int(steps[0]),
                int(codes[0]),
            )  # fmt: skip
    dims = ("patient", "arm", "time")
    result = xr.Dataset(
        {
            name: (dims, values[place], quantity_attributes(quantity))
            for place, (name, quantity) in enumerate(SIGNALS.items())
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
        state = solution.states[patient]
        drives = state[[SYMPATHETIC, SYMPATHETIC, SYMPATHETIC, SYMPATHETIC, VAGAL]]
        regulate(own[patient], baseline.learned[patient], drives, state[FACTOR], rows[patient], adjusted[patient])
    return rows, adjusted


def sample(
    row: np.ndarray,
    adjusted: np.ndarray,
    learned: np.ndarray,
    state: np.ndarray,
    room: float,
    times: np.ndarray,
    steps: int,
    code: int,
) -> np.ndarray:
    """Signals (len(SIGNALS), times) of one patient in one arm, from the state at the start of its pattern.

    ``row`` and ``adjusted`` are the patient as regulated, ``learned`` is what it takes over from the unsupported state,
    ``room`` the pericardium's volume (mL), and ``code`` that of the physics.
    """
    grid = buffers(steps, "float64").grid
    signals = np.empty((len(SIGNALS), steps))
    tones, row = np.empty(2), row.copy()
    follow_heart(row, learned, state, row, tones)
    prepare(row, adjusted[CLOSURE_AT], grid, CURVES, steps)
    machine = state[MACHINE : MACHINE + MACHINES].copy()
    pattern(
        state[:STATES].copy(), machine, tones, row, room, adjusted, grid, steps, signals, np.empty(MEANS),
        COMBINATIONS[code],
    )  # fmt: skip
    duration = pattern_duration(row)
    nodes = np.arange(steps + 1) / steps * duration
    closed = np.concatenate([signals, signals[:, :1]], axis=1)
    return np.array([np.interp(times % duration, nodes, signal) for signal in closed])
