"""Broyden's method in the lanes, from the state and the Jacobian that a guidance foresees.

C. G. Broyden 1965, the first ("good") update, on the inverse. With residuals r = g(x) - x in units of each state's
size and H the inverse of (identity - Jacobian), the next point is x + H*r.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from .compilation import function
from .convergence import larger
from .guidance import Guidance
from .lanes import LANES

WORSE = 16.0
"""Growth of the squared residual at which a point is given up and a plain beat taken from the best one."""
LARGEST_STEP = 0.5
"""Longest step, in units of each state's size."""
SAFETY = 1.5
DOUBT = 2.0
"""On the change of the outcomes that the next step would make, and on what it may be by the doubt in sensitivities."""


class Search(NamedTuple):
    """LANES searches in progress; n fields are sought in each."""

    inverse: np.ndarray
    size: np.ndarray
    base: np.ndarray
    residual: np.ndarray
    fresh: np.ndarray
    moved: np.ndarray
    change: np.ndarray
    step: np.ndarray
    along: np.ndarray
    norm: np.ndarray
    least: np.ndarray
    better: np.ndarray
    estimate: np.ndarray
    scratch: np.ndarray


def search(guidance: Guidance) -> Search:
    """Allocate the searches of one arm."""
    sought = guidance.fields.size
    arrays = [
        np.zeros((sought, sought, LANES), np.float32),
        *(np.zeros((sought, LANES)) for _ in range(8)),
        np.zeros(LANES),
        np.full(LANES, math.inf),
        np.zeros(LANES, np.bool_),
        np.zeros(LANES),
        np.zeros((3, LANES)),
    ]
    return Search._make(arrays)


@function
def place(lane, waited, fields, ahead, b, x):  # type: ignore[no-untyped-def]
    """Put the patient that waited at ``waited`` into a lane, where its guidance foresees the periodic state."""
    inverse, base, size = b.inverse, b.base, b.size
    foreseen, state, sizes = ahead.inverse, ahead.state, ahead.size
    for i in range(fields.size):
        x[fields[i], lane] = base[i, lane] = state[i, waited]
        size[i, lane] = sizes[i, waited]
        for k in range(fields.size):
            inverse[i, k, lane] = foreseen[i, k, waited]
    b.least[lane] = math.inf


@function
def advance(guidance, x, g, b):  # type: ignore[no-untyped-def]
    """After a beat, find every lane's next step from its base, and estimate the error of the beat's outcomes.

    Where the residual grew the base stays, the next point is its image, and the estimate is infinite.
    """
    compare(guidance.fields, x, g, b)
    learn(b)
    inverse, base, residual, fresh, step = b.inverse, b.base, b.residual, b.fresh, b.step
    norm, least, better, longest, fields = b.norm, b.least, b.better, b.scratch[2], guidance.fields
    n, width = base.shape
    for lane in range(width):
        better[lane] = norm[lane] <= WORSE * least[lane]
        least[lane] = min(norm[lane], least[lane]) if better[lane] else least[lane]
    for k in range(n):
        for lane in range(width):
            residual[k, lane] = fresh[k, lane] if better[lane] else residual[k, lane]
            base[k, lane] = x[fields[k], lane] if better[lane] else base[k, lane]
    longest[:] = 0.0
    for i in range(n):
        for lane in range(width):
            step[i, lane] = 0.0
        for k in range(n):
            for lane in range(width):
                step[i, lane] += inverse[i, k, lane] * residual[k, lane]
        for lane in range(width):
            step[i, lane] = step[i, lane] if better[lane] else residual[i, lane]
            longest[lane] = max(longest[lane], abs(step[i, lane]))
    foretell(guidance, b)
    for i in range(n):
        for lane in range(width):
            step[i, lane] *= LARGEST_STEP / max(longest[lane], LARGEST_STEP)


@function
def compare(fields, x, g, b):  # type: ignore[no-untyped-def]
    """Residual of every lane, its square, and since the base the move of the state and the fall of the residual."""
    size, base, residual, fresh, moved, change, norm = b.size, b.base, b.residual, b.fresh, b.moved, b.change, b.norm
    width = norm.size
    norm[:] = 0.0
    for k in range(fields.size):
        i = fields[k]
        for lane in range(width):
            unit = 1.0 / size[k, lane]
            fresh[k, lane] = (g[i, lane] - x[i, lane]) * unit
            moved[k, lane] = (x[i, lane] - base[k, lane]) * unit
            change[k, lane] = residual[k, lane] - fresh[k, lane]
            norm[lane] += fresh[k, lane] * fresh[k, lane]


@function
def learn(b):  # type: ignore[no-untyped-def]
    """Broyden's update of every lane's inverse by the last move and the change of residual it made."""
    inverse, moved, change, step, along, least, gain = (
        b.inverse,
        b.moved,
        b.change,
        b.step,
        b.along,
        b.least,
        b.scratch[0],
    )
    n, width = moved.shape
    gain[:] = 0.0
    along[:] = 0.0
    for i in range(n):
        for lane in range(width):
            step[i, lane] = 0.0
        for k in range(n):
            for lane in range(width):
                step[i, lane] += inverse[i, k, lane] * change[k, lane]
                along[k, lane] += inverse[i, k, lane] * moved[i, lane]
        for lane in range(width):
            gain[lane] += moved[i, lane] * step[i, lane]
    for lane in range(width):
        # a lane that has only just begun has no base to learn from
        known = least[lane] < math.inf and gain[lane] != 0.0
        gain[lane] = 1.0 / gain[lane] if known else 0.0
    for i in range(n):
        for lane in range(width):
            step[i, lane] = (moved[i, lane] - step[i, lane]) * gain[lane]
        for k in range(n):
            for lane in range(width):
                inverse[i, k, lane] += step[i, lane] * along[k, lane]


@function
def foretell(guidance, b):  # type: ignore[no-untyped-def]
    """Estimated relative error of the outcomes, from the change that the next step would make to them."""
    sensitivity, doubt, estimate, step, better = guidance.sensitivity, guidance.doubt, b.estimate, b.step, b.better
    change, spread = b.scratch[0], b.scratch[1]
    width = change.size
    for lane in range(width):
        estimate[lane] = 0.0 if better[lane] else math.inf
    for which in range(sensitivity.shape[0]):
        change[:] = 0.0
        spread[:] = 0.0
        for k in range(step.shape[0]):
            for lane in range(width):
                change[lane] += sensitivity[which, k] * step[k, lane]
                spread[lane] += (doubt[which, k] * step[k, lane]) ** 2
        for lane in range(width):
            estimate[lane] = larger(estimate[lane], SAFETY * abs(change[lane]) + DOUBT * math.sqrt(spread[lane]))
