"""Whether ischaemia leaves a heart a second periodic state: it weakens, and weakness takes flow."""

from __future__ import annotations

import numpy as np

from ..compile.decorators import compiled
from ..inputs import PLACE
from ..integration.lanes import INNER
from ..laws.coronary import (
    LEAST_THICKENING,
    LEAST_TONE,
    contractility,
    perfusion,
    thickening,
    thickening_slope,
)
from ..names.outcomes import JUDGED, Findings, Status
from ..names.regulation import Regulation
from ..names.state import Learned
from .acceptance import FLOOR
from .solution import Solution
from .solve import held_patterns, solve

FOUND_SECOND_STATE = np.uint16(Findings.SECOND_STATE)
PERFUSION = Learned._fields.index("perfusion")
RISK = PLACE["territory_at_risk"]
LITTLE_FLOW = -0.3
"""Tone of an inner layer with less than a third of its target flow."""
APART = 10.0
"""Tolerances by which two periodic states differ at least in an outcome."""
HELD_PATTERNS = 3
"""Patterns for which contraction is held where flow would leave it at the other extreme."""
LEAST_GAIN = 0.2
"""Gain of the loop below which one state is all there is. Measured over 8,000 patients of infarct shock and worse, two
thirds of them with narrower vessels or more muscle at risk than any cohort: five had two states, with gains of .27 to
2; of the cohorts' own patients one or two in a hundred exceed it."""


def find_second_states(
    own: np.ndarray, learned: np.ndarray, solved: Solution, regulation: Regulation, precision: str, tolerance: float
) -> None:
    """Add the finding to a solution of an arm whose ischaemia leads elsewhere from another start.

    Where the muscle lacks flow, with or without support, contraction is held at the other extreme, that of full flow or
    of little. By how much that moves its flow, and by how much flow moves contraction at most between the two, is the
    gain of the loop; where it is too small for a second state nothing more is done. Elsewhere the state is sought once
    more, from the other extreme. What was found first is told.

    Parameters
    ----------
    own, learned : array
        Parameters of the jobs, and what they took over from the unsupported state.
    solved : Solution
        Receives the findings.
    regulation : Regulation
    precision : {"float64", "float32"}
    tolerance : float
        Of the solution.
    """
    lacks = solved.states[:, INNER] < LEAST_TONE
    asked = (own[:, RISK] > 0.0) & (solved.status == Status.OK)
    rows = np.flatnonzero(asked & (lacks | (learned[:, PERFUSION] < 1.0)))
    if rows.size:
        start = solved.states[rows].copy()
        start[:, INNER] = np.where(lacks[rows], LEAST_TONE, LITTLE_FLOW)
        doubtful = loop_gain(own[rows], learned[rows], solved.states[rows], start, regulation, precision) >= LEAST_GAIN
        rows, start = rows[doubtful], start[doubtful]
    if not rows.size:
        return
    again = solve(own[rows], start, learned[rows], precision=precision, tolerance=tolerance, regulation=regulation)
    first, other = solved.outcomes[rows, :JUDGED], again.outcomes[:, :JUDGED]
    apart = (np.abs(other - first) / np.maximum(np.abs(first), FLOOR)).max(axis=1)
    solved.findings[rows[(again.status == Status.OK) & (apart > APART * tolerance)]] |= FOUND_SECOND_STATE


def loop_gain(
    own: np.ndarray,
    learned: np.ndarray,
    states: np.ndarray,
    start: np.ndarray,
    regulation: Regulation,
    precision: str,
) -> np.ndarray:
    """Change of contraction by flow, at most, times that of flow by contraction, in the mean, between two states.

    Parameters
    ----------
    own, learned : array
        As of `find_second_states`.
    states : array, (jobs, FIELDS)
        Periodic states.
    start : array, (jobs, FIELDS)
        The same with another tone of the inner layer.

    Returns
    -------
    array, (jobs,)
        Infinite where the patterns went astray.
    """
    moved = held_patterns(own, start, learned, HELD_PATTERNS, precision=precision, regulation=regulation)
    gains = np.empty(len(own))
    write_gains(own[:, RISK], learned[:, PERFUSION], states[:, INNER], moved[:, INNER], start[:, INNER], gains)
    return np.where(np.isfinite(gains), gains, np.inf)


@compiled
def write_gains(risk, reference, settled, moved, extreme, gains):  # type: ignore[no-untyped-def]
    """Write the gain of every job's loop, from the share at risk, the flow without support, and three tones."""
    for job in range(gains.size):
        here, there = perfusion(settled[job]), perfusion(moved[job])
        strength = contractility(here, reference[job], risk[job])
        apart = abs(contractility(perfusion(extreme[job]), reference[job], risk[job]) - strength)
        steepest = risk[job] * thickening_slope(min(here, there))
        steepest /= max(thickening(reference[job]), LEAST_THICKENING)
        gains[job] = steepest * abs(there - here) / apart if apart > 0.0 else 0.0
