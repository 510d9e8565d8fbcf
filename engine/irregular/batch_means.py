"""Means over many beats, and how well they are known: batch means.

A row holds the sums over some beats of all that outcomes are made of. Rows of equally many beats are a batch each;
where there is no room for more, neighbours merge. Batches are treated as independent: outcomes of each are compared.
"""

from __future__ import annotations

import math

import numpy as np

from ..compile.decorators import function
from ..compile.layout import row_access
from ..integration.ssprk import EXTRAS, MEANS
from ..measure.beat import Tally
from ..measure.pattern import reserve, summary
from ..names.outcomes import JUDGED
from ..periodic.acceptance import FLOOR, larger
from ..periodic.solution import load_extras, load_means, store_outcomes

BATCHES = 16
"""Batches kept; a full set merges into half as many."""
LEAST_BATCHES = 6
"""Batches needed for an error."""

# Sections of a row: beats, their duration, integrals over time, sums over beats.
COUNT, DURATION, SUM_MEANS = 0, 1, 2
SUM_EXTRAS = SUM_MEANS + MEANS
SUM_TONES = SUM_EXTRAS + EXTRAS
SUM_TALLY = SUM_TONES + 2
ROW = SUM_TALLY + len(Tally._fields)
AUGMENTED = SUM_TALLY + Tally._fields.index("augmented")
PEAK = SUM_TALLY + Tally._fields.index("peak")

load_tally, store_tally = row_access(Tally)


@function
def parts(row):  # type: ignore[no-untyped-def]
    """Means of a row of sums: over beats (Tally), over time (Means, Extras, both tones), and of the period."""
    mean = row.copy()
    for place in range(SUM_MEANS, SUM_TALLY):
        mean[place] /= row[DURATION]
    for place in range(SUM_TALLY, ROW):
        mean[place] /= row[COUNT]
    return (
        load_tally(mean[SUM_TALLY:]),
        load_means(mean[SUM_MEANS:]),
        load_extras(mean[SUM_EXTRAS:]),
        mean[SUM_TONES],
        mean[SUM_TONES + 1],
        row[DURATION] / row[COUNT],
    )


@function
def outcomes_of(row, body):  # type: ignore[no-untyped-def]
    """Outcomes over the beats of a row; what is the highest of a pattern is its mean over patterns."""
    t, m, extras, inner, _, period = parts(row)
    return summary(t, t.augmented, t.peak, m, extras, period, body.body_surface_area, reserve(inner))


@function
def put(batches, filled, length, cell):  # type: ignore[no-untyped-def]
    """Add a cell of beats to a patient's batches.

    Parameters
    ----------
    batches : array, (BATCHES, ROW)
    filled : array, (2,), int
        Full batches, and cells in the one being filled.
    length : array, (1,), int
        Cells in a batch.
    cell : array, (ROW,)

    Returns
    -------
    bool
        Whether a batch has become full.
    """
    at = filled[0]
    for place in range(ROW):
        batches[at, place] = cell[place] + (batches[at, place] if filled[1] > 0 else 0.0)
    filled[1] += 1
    if filled[1] < length[0]:
        return False
    filled[0] += 1
    filled[1] = 0
    if filled[0] == BATCHES:
        for batch in range(BATCHES // 2):
            for place in range(ROW):
                batches[batch, place] = batches[2 * batch, place] + batches[2 * batch + 1, place]
        filled[0] = BATCHES // 2
        length[0] *= 2
    return True


@function
def overall(batches, count):  # type: ignore[no-untyped-def]
    """Sum of the first ``count`` batches."""
    row = np.zeros(ROW)
    for batch in range(count):
        for place in range(ROW):
            row[place] += batches[batch, place]
    return row


@function
def judge(batches, count, body, row, deviation, each):  # type: ignore[no-untyped-def]
    """Outcomes over all batches, their standard errors, and twice the worst of them.

    Parameters
    ----------
    batches : array, (BATCHES, ROW)
    count : int
        Full batches.
    body : Body
    row, deviation : array, (RESULTS,)
        Receive the outcomes and their standard errors.
    each : array, (BATCHES, RESULTS)
        Receives the outcomes of every batch.

    Returns
    -------
    float
        Relative to each outcome's size or floor; NaN where one is.
    """
    store_outcomes(row, outcomes_of(overall(batches, count), body))
    for batch in range(count):
        store_outcomes(each[batch], outcomes_of(batches[batch], body))
    worst = 0.0
    for which in range(JUDGED):
        mean = 0.0
        for batch in range(count):
            mean += each[batch, which] / count
        squares = 0.0
        for batch in range(count):
            squares += (each[batch, which] - mean) ** 2
        deviation[which] = math.sqrt(squares / (count * (count - 1.0)))
        worst = larger(worst, 2.0 * deviation[which] / max(abs(row[which]), FLOOR[which]))
    return worst
