"""Whether the outcomes of a pattern are those of the periodic state: an estimate of their true error."""

from __future__ import annotations

import numpy as np

from .anderson import MEMORY
from .compilation import function, inlined
from .tables import OUTCOMES, Outcomes

BEATS_AT = Outcomes._fields.index("beats_to_converge")
ERROR_AT = Outcomes._fields.index("convergence_error")
FLOOR = np.array([quantity.floor for quantity in OUTCOMES.values()])

GATE = 12.0
"""Outcomes are taken once the next step is below this many tolerances."""
LEAST_DIFFERENCES = 2
"""Outcomes must have been compared with those of this many patterns before."""
SAFETY = 3.6
SLACK = 0.25
LUCK = 0.3
"""On the predicted change; share of the last change for what no difference has seen; share of the estimate one pattern
before, because a pattern is stopped at when its estimate happens to be small. Measured at 5e-4 over the twelve cohorts,
in both arms: the estimate is at least the true error in 95.4 % or more of each."""


@inlined
def larger(a, b):  # type: ignore[no-untyped-def]
    """The larger of two numbers; NaN where either is (max would drop it, and a failed patient would converge)."""
    return a if a >= b else b


@function
def estimated_error(s, lane, row, step_ratio):  # type: ignore[no-untyped-def]
    """Push a pattern's outcomes into the lane's history and estimate their relative error.

    The acceleration's next step is a combination of the last differences of the state. The same combination of the
    differences they made to the outcomes is how far these are still to go.

    Parameters
    ----------
    s : Lanes
    lane : int
    row : array, (len(Outcomes._fields),)
    step_ratio : float
        Length of the state's next step over that of its last.
    """
    known = s.measured[lane]
    changes, outcomes, gamma = s.changes, s.outcomes, s.gamma
    for column in range(MEMORY - 1, 0, -1):
        for which in range(BEATS_AT):
            changes[lane, column, which] = changes[lane, column - 1, which]
    left = 0.0
    change = 0.0
    for which in range(BEATS_AT):
        difference = row[which] - outcomes[lane, which]
        changes[lane, 0, which] = difference if known > 0 else 0.0
        outcomes[lane, which] = row[which]
        to_come = 0.0
        for column in range(min(known, MEMORY)):
            to_come += gamma[column, lane] * changes[lane, column, which]
        size = max(abs(row[which]), FLOOR[which])
        left = larger(left, abs(to_come) / size)
        change = larger(change, abs(difference) / size)
    fresh = SAFETY * (left + SLACK * change * min(step_ratio, 1.0))
    error = larger(fresh, LUCK * s.estimates[lane])
    s.estimates[lane] = fresh
    s.measured[lane] += 1
    return error
