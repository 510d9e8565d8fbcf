"""Cumulative incidence where each patient has the first of several events (Aalen and Johansen 1978)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..numbers.cells import Floats
from ..numbers.intervals import Z95


class Incidence(NamedTuple):
    """Cumulative incidence of each cause at each time, with its variance.

    Attributes
    ----------
    value, variance : array, (cause, time)
    """

    value: Floats
    variance: Floats

    @property
    def interval(self) -> tuple[Floats, Floats]:
        """Ends of the 95 % interval, on the scale of log(-log), within 0 and 1."""
        inside = (self.value > 0) & (self.value < 1)
        value = np.where(inside, self.value, 0.5)
        reach = Z95 * np.sqrt(self.variance) / (value * np.abs(np.log(value)))
        low, high = (np.where(inside, value ** np.exp(sign * reach), self.value) for sign in (1, -1))
        return low, high


def cumulative_incidence(events: NDArray[np.int64], leaving: NDArray[np.int64]) -> Incidence:
    """Estimate the cumulative incidence of each cause from counts, so that those of several parts may be added.

    Who is censored at a time is at risk of what happens at it. The variance is the delta method's, of Aalen [Marubini
    and Valsecchi 1995, equation 10.12], as lifelines has it.

    Parameters
    ----------
    events : array, (cause, time)
        Patients whose first event is of the cause, at each of ascending times.
    leaving : array, (time)
        Patients censored at each.

    Returns
    -------
    Incidence
    """
    whole = events.sum(axis=0)
    gone = np.cumsum(whole + leaving)
    at_risk = (gone[-1] if len(gone) else 0) - gone + whole + leaving
    size = np.maximum(at_risk, 1).astype(np.float64)
    before = np.concatenate([[1.0], np.cumprod(1.0 - whole / size)[:-1]])
    value = np.cumsum(before * events / size, axis=1)
    left = np.maximum(size * (size - whole), 1.0)
    # sums over s <= t of (F(t) - F(s))^2 a + S^2 b - 2 (F(t) - F(s)) c, expanded in powers of F(t)
    a = np.where(at_risk > whole, whole / left, 0.0)
    b = before**2 * events * (size - events) / size**3
    c = before * events / size**2
    here = value
    sums = [np.cumsum(a * here**power, axis=1) for power in (0, 1, 2)]
    variance = here**2 * sums[0] - 2 * here * sums[1] + sums[2] + np.cumsum(b, axis=1)
    variance -= 2 * (here * np.cumsum(c, axis=1) - np.cumsum(c * here, axis=1))
    return Incidence(value, np.maximum(variance, 0.0))


def tallied(
    times: ArrayLike, causes: ArrayLike, edges: Floats, number: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Count events by cause, and those censored, at the first of some times that is not before them.

    Parameters
    ----------
    times : array, (patient)
        Time of the first event, or of censoring.
    causes : array, (patient)
        0 for censored, else 1 to ``number``.
    edges : array, (time)
        Ascending; what is after the last is censored at it.

    Returns
    -------
    events : array, (number, time)
    leaving : array, (time)
    """
    times, causes = np.asarray(times, dtype=np.float64), np.asarray(causes, dtype=np.int64)
    place = np.searchsorted(edges, times)
    causes = np.where(place < len(edges), causes, 0)
    place = np.minimum(place, len(edges) - 1)
    counts = np.bincount(causes * len(edges) + place, minlength=(number + 1) * len(edges))
    table = counts.reshape(number + 1, len(edges))
    return table[1:], table[0]
