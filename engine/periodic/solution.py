"""What is known of jobs when they are done, and how a lane writes it out."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..compile.decorators import function
from ..compile.layout import row_access
from ..laws.baroreflex import LEAST_FACTOR, MOST_FACTOR, mean_drives
from ..measure.pattern import measure
from ..names.outcomes import Findings, Outcomes, Status
from ..names.signals import Extras, Means, Samples
from ..names.state import Learned
from .beat_map import (
    FACTOR,
    INNER,
    OUTER,
    RESULTS,
    chamber_volume,
    gather,
    load_body,
    load_learned,
    load_row,
    load_timing,
    store_learned,
)

STATUS_NOT_RUN = int(Status.NOT_RUN)
STATUS_OK = int(Status.OK)
STATUS_NOT_CONVERGED = int(Status.NOT_CONVERGED)
STATUS_NON_PHYSICAL = int(Status.NON_PHYSICAL)
FOUND_OUT_OF_REACH = int(Findings.TARGET_OUT_OF_REACH)
BEATS_AT = Outcomes._fields.index("beats_to_converge")
ERROR_AT = Outcomes._fields.index("convergence_error")
MEAN_ARTERIAL_PRESSURE = Outcomes._fields.index("mean_arterial_pressure")
ROOT_PRESSURE = Samples._fields.index("root_pressure")

load_means, _ = row_access(Means)
load_extras, _ = row_access(Extras)
_, store_outcomes = row_access(Outcomes)


class Solution(NamedTuple):
    """What is known of many jobs (a patient in an arm each): one row a job."""

    outcomes: np.ndarray
    status: np.ndarray
    findings: np.ndarray
    states: np.ndarray
    learned: np.ndarray


def unsolved(states: np.ndarray) -> Solution:
    """Give the solution of jobs of which nothing is known but the states (jobs, FIELDS) they start from."""
    jobs = len(states)
    return Solution(
        np.full((jobs, RESULTS), np.nan),
        np.zeros(jobs, np.uint8),
        np.zeros(jobs, np.uint8),
        states.copy(),
        np.zeros((jobs, len(Learned._fields))),
    )


@function
def measure_lane(s, lane, trace, steps, row):  # type: ignore[no-untyped-def]
    """Measure a lane's pattern into ``row``; give its status, findings and closure."""
    gather(s, trace, lane, steps)
    outcomes, status, findings, closure = measure(
        s.signals,
        load_means(s.means[:, lane]),
        load_extras(s.extras[:, lane]),
        load_row(s.coefficients[lane]),
        load_timing(s.timing[lane]),
        load_body(s.body[lane]),
        s.x[INNER, lane],
        s.x[OUTER, lane],
        load_learned(s.learned[lane]).closure,
    )
    store_outcomes(row, outcomes)
    return status, findings, closure


@function
def write_out(s, lane, steps, row, error, status, findings, closure, solution, regulation):  # type: ignore[no-untyped-def]
    """Write what was measured of a lane, and what its patient's arms take over, to its job."""
    job = s.job[lane]
    row[BEATS_AT] = s.beats[lane]
    row[ERROR_AT] = error
    solution.status[job] = status
    solution.findings[job] = findings
    sympathetic, vagal = 0.0, 0.0
    if regulation.notes_drives:
        timing = load_timing(s.timing[lane])
        sympathetic, vagal = mean_drives(s.signals[ROOT_PRESSURE], timing.period * timing.beats / steps, s.felt)
    if regulation.moves_factor and not LEAST_FACTOR < s.x[FACTOR, lane] < MOST_FACTOR:
        solution.findings[job] |= FOUND_OUT_OF_REACH
    arterial = row[MEAN_ARTERIAL_PRESSURE]
    store_learned(solution.learned[job], Learned(closure, chamber_volume(s.x, lane), arterial, sympathetic, vagal))
    for i in range(s.x.shape[0]):
        solution.states[job, i] = s.x[i, lane]
    if status == STATUS_OK:
        for which in range(RESULTS):
            solution.outcomes[job, which] = row[which]
