"""Whether what was measured is anything that the store's patients show: posterior predictive checks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ..numbers.cells import Floats
from .posterior import People
from .request import Measurement

ALARM = 0.01
"""Probability of the joint check below which the numbers are said to be outside what the store knows."""

DOUBTED = 0.05
"""Probability below which a number is named among those that do not fit, where the joint check alarms."""

FEW = 100.0
"""Effective sample size below which an answer is said to hang on few patients."""


class Check(NamedTuple):
    """Posterior predictive probabilities: of all numbers together, and of each (two-sided)."""

    joint: float
    each: Floats


def predictive_check(people: People, measured: Sequence[Measurement]) -> Check:
    """Ask how often the posterior's own patients would show numbers as far off as those measured.

    Jointly by the sum of squares of the standardised errors (Gelman, Meng and Stern 1996, Stat Sin 6:733), whose
    replicates follow the chi-squared law, so that no replicate is drawn; of each number alone by the normal law. Such
    checks are conservative, as the posterior has already bent towards the numbers.

    Parameters
    ----------
    people : People
        The posterior.
    measured : sequence of Measurement
        Those without an error are left out: everyone in the posterior has them.
    """
    from scipy.special import chdtrc, ndtr

    squares = np.zeros(len(people.weight))
    each = np.ones(len(measured))
    count = 0
    for place, one in enumerate(measured):
        true = one.true(people.block)
        spread = one.spreads(true)
        if not (spread > 0).all():
            continue
        off = (one.value - true) / spread
        squares += off**2
        each[place] = float((people.weight * 2 * ndtr(-np.abs(off))).sum())
        count += 1
    joint = float((people.weight * chdtrc(count, squares)).sum()) if count else 1.0
    return Check(joint, each)
