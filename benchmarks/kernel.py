"""The engine's lane kernel alone, and the obvious kernel: patient outside, time inside."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from ..engine.compile.decorators import compiled
from ..engine.compile.layout import LANES, allocate, row_access
from ..engine.inputs import parameter_matrix
from ..engine.integration.lanes import PLAIN_FIELDS, Buffers, Jobs, Lanes, buffers, load_parameters
from ..engine.integration.one_patient import prepare
from ..engine.integration.ssprk import (
    DRIVES,
    STAGE_FORWARD,
    STAGE_KEEP,
    STAGE_ROW,
    STAGE_TAKE,
    STAGE_WEIGHT,
    STAGES,
    STATES,
    combine_states,
    integrate,
)
from ..engine.names.signals import Drive
from ..engine.names.state import Machine, State
from ..engine.patient.circulation import slope
from ..engine.patient.coefficients import fold
from ..engine.patient.optional_laws import COMBINATIONS, Physics
from ..engine.periodic.beat_map import begin_pattern, enter
from ..engine.periodic.solution import Solution
from ..engine.periodic.solve import CURVES, solve
from ..sweeps.simulate import sample

STEPS = 160
PLAIN = COMBINATIONS[0]
load_state, store_state = row_access(State)
RIGHT_HAND_SIDES = STEPS * STAGES
"""In a beat of one patient."""


@compiled
def _lay(s: Any, jobs: Any, buffers: Any, curves: Any) -> None:
    for lane in range(LANES):
        enter(lane, lane, jobs, s, buffers, curves)
    begin_pattern(s, buffers)


@compiled
def _carry(work: Any, grid: Any, trace: Any, beats: int, physics: Any) -> None:
    for _ in range(beats):
        integrate(work, grid, trace, 0, STEPS, physics)


@cache
def unsupported() -> tuple[np.ndarray, Solution]:
    """Parameters of as many patients in infarct shock as there are lanes, and their periodic states."""
    matrix = parameter_matrix(sample("ami-cs", LANES, seed=0))
    return matrix, solve(matrix, None, None, precision="float64", tolerance=5e-4)


def laid(precision: str) -> Buffers:
    """Work buffer, grid and trace of `integrate`, ready to carry these patients on."""
    matrix, off = unsupported()
    memory = buffers(STEPS, precision)
    jobs = Jobs(matrix, off.states, off.learned, np.full(LANES, STEPS))
    _lay(allocate(Lanes, fields=PLAIN_FIELDS, samples=STEPS), jobs, memory, CURVES)
    return memory


def in_lanes(precision: str, beats: int, physics: Physics = PLAIN) -> Callable[[], None]:
    """Make what carries LANES patients through so many beats, with the optional laws of ``physics``."""
    work, grid, trace, _ = laid(precision)
    return lambda: _carry(work, grid, trace, beats, physics)


@compiled
def _carry_one(state: Any, tones: Any, parameters: Any, grid: Any, beats: int) -> float:
    p = load_parameters(parameters)
    c = fold(p)
    h = 60.0 / p.heart_rate / STEPS
    inner, outer = c.layer_conductance / tones[0], c.layer_conductance / tones[1]
    y, pressure = load_state(state), 0.0
    for step in range(beats * STEPS):
        here = kept = second = y
        for stage in range(STAGES):
            row = (2 * (step % STEPS) + STAGE_ROW[stage]) * DRIVES * LANES
            drive = Drive(grid[row], grid[row + LANES], grid[row + 2 * LANES], grid[row + 3 * LANES])
            rate, _, means, _, _ = slope(drive, here, Machine(0.0, 0.0), inner, outer, c, PLAIN)
            if stage == 1:
                second = here
            elif stage == 3:
                kept = second
            moved = combine_states(STAGE_TAKE[stage], here, 0.5 * STAGE_FORWARD[stage] * h, rate)
            here = combine_states(STAGE_KEEP[stage], kept, 1.0, moved)
            pressure += STAGE_WEIGHT[stage] * means.aortic_pressure
        y = here
    store_state(state, y)
    return pressure / (beats * STEPS)


def obvious(beats: int) -> Callable[[], None]:
    """Make what carries one patient through so many beats, in float64, by the same equations and steps."""
    matrix, off = unsupported()
    grid = buffers(STEPS, "float64").grid
    state, tones = off.states[0, :STATES].copy(), off.states[0, STATES : STATES + 2].copy()
    prepare(matrix[0], 0.3, grid, CURVES, STEPS)
    return lambda: _carry_one(state, tones, matrix[0], grid, beats)
