"""Anderson's acceleration of the beat map, lane by lane in step.

D. G. Anderson 1965; in the form of Walker and Ni 2011: with residuals r = g(x) - x, the next iterate is
g - dG*gamma, gamma the least-squares solution of dR*gamma = r over the last few differences.
"""

from __future__ import annotations

import math

from ..compile.decorators import function
from ..compile.layout import LANES

MEMORY = 5
LARGEST_STEP = 0.5
"""Longest correction of a plain beat, in units of each state's scale."""
REGULARISATION = 1e-9
"""On the diagonal of the normal equations, whose columns have unit length."""


@function
def remember(x, g, scale, count, before_r, before_g, dr, dg):  # type: ignore[no-untyped-def]
    """Push the newest differences of residual and image into the history of every lane.

    Arrays are (fields, LANES), histories (MEMORY, fields, LANES). The newest difference always stands first: a
    lane's sums run in the order of its own beats, so that its result cannot depend on its neighbours.
    """
    fields = x.shape[0]
    for column in range(MEMORY - 1, 0, -1):
        for i in range(fields):
            for lane in range(LANES):
                dr[column, i, lane] = dr[column - 1, i, lane]
                dg[column, i, lane] = dg[column - 1, i, lane]
    for i in range(fields):
        for lane in range(LANES):
            known = 1.0 if count[lane] > 0.0 else 0.0
            r = (g[i, lane] - x[i, lane]) / scale[i]
            dr[0, i, lane] = known * (r - before_r[i, lane])
            dg[0, i, lane] = known * (g[i, lane] - before_g[i, lane])
            before_r[i, lane] = r
            before_g[i, lane] = g[i, lane]


@function
def extrapolate(g, r, scale, dr, dg, gram, gamma, step):  # type: ignore[no-untyped-def]
    """Next iterate of every lane, into ``step`` (fields, LANES)."""
    fields = g.shape[0]
    for i in range(MEMORY):
        for j in range(i + 1):
            for lane in range(LANES):
                gram[i, j, lane] = 0.0
            for k in range(fields):
                for lane in range(LANES):
                    gram[i, j, lane] += dr[i, k, lane] * dr[j, k, lane]
        for lane in range(LANES):
            gamma[i, lane] = 0.0
        for k in range(fields):
            for lane in range(LANES):
                gamma[i, lane] += dr[i, k, lane] * r[k, lane]
    for lane in range(LANES):
        solve(gram, gamma, lane)
    for k in range(fields):
        for lane in range(LANES):
            step[k, lane] = 0.0
    for i in range(MEMORY):
        for k in range(fields):
            for lane in range(LANES):
                step[k, lane] -= gamma[i, lane] * dg[i, k, lane]
    for lane in range(LANES):
        longest = 0.0
        for k in range(fields):
            longest = max(longest, abs(step[k, lane]) / scale[k])
        short = LARGEST_STEP / longest if longest > LARGEST_STEP else 1.0
        for k in range(fields):
            step[k, lane] = g[k, lane] + short * step[k, lane]


@function
def solve(gram, gamma, lane):  # type: ignore[no-untyped-def]
    """Solve one lane's scaled normal equations by Cholesky in place; columns of length zero get no weight."""
    for i in range(MEMORY):
        length = math.sqrt(gram[i, i, lane])
        gram[i, MEMORY, lane] = 1.0 / length if length > 0.0 else 0.0
    for i in range(MEMORY):
        for j in range(i + 1):
            gram[i, j, lane] *= gram[i, MEMORY, lane] * gram[j, MEMORY, lane]
        gram[i, i, lane] = 1.0 + REGULARISATION
        gamma[i, lane] *= gram[i, MEMORY, lane]
    for i in range(MEMORY):
        for j in range(i + 1):
            value = gram[i, j, lane]
            for k in range(j):
                value -= gram[i, k, lane] * gram[j, k, lane]
            gram[i, j, lane] = math.sqrt(max(value, REGULARISATION)) if i == j else value / gram[j, j, lane]
    for i in range(MEMORY):
        value = gamma[i, lane]
        for k in range(i):
            value -= gram[i, k, lane] * gamma[k, lane]
        gamma[i, lane] = value / gram[i, i, lane]
    for i in range(MEMORY - 1, -1, -1):
        value = gamma[i, lane]
        for k in range(i + 1, MEMORY):
            value -= gram[k, i, lane] * gamma[k, lane]
        gamma[i, lane] = value / gram[i, i, lane]
    for i in range(MEMORY):
        gamma[i, lane] *= gram[i, MEMORY, lane]
