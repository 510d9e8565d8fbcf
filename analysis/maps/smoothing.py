"""The share of a class over a square of cells, with its error, and the line on which it crosses a level."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.ndimage import distance_transform_edt, map_coordinates

from ...engine import InputError
from ..numbers.intervals import Z95

NEIGHBOURS = tuple(8 * 2**step for step in range(12))
"""Numbers of patients in a kernel that are tried; three are what a plane through them costs."""

WIDTHS = np.geomspace(0.004, 0.2, 10)
"""Standard deviations of the kernel, as shares of an axis."""

FEWEST = 16
"""Patients in the widest kernel below which nothing is said."""

COARSEST = 0.25
"""Side of what is taken for one place, in widths of the kernel."""

STIFFNESS = 0.02
"""Pull of a local plane towards level ground: keeps patients who stand in a row from tilting it."""


class Cells(NamedTuple):
    """Patients by (of the class or not, y, x): their weights added up, and the squares of these."""

    amount: np.ndarray
    square: np.ndarray


class Fit(NamedTuple):
    """Share of the class by (y, x), half of its 95 % band, the kernel's width as a share of an axis, its patients."""

    share: np.ndarray
    half_band: np.ndarray
    width: np.ndarray
    neighbours: int


class Kernel:
    """A Gaussian kernel over the unit square cut into cells; a wide one takes several cells for one."""

    def __init__(self, width: float, shape: tuple[int, ...]) -> None:
        self._times = [_divisor(count, COARSEST * width * count) for count in shape]
        self._along = [self._moments(width, *each) for each in zip(shape, self._times, strict=True)]

    @staticmethod
    def _moments(width: float, count: int, times: int) -> list[np.ndarray]:
        source, place = (np.arange(count // times) + 0.5) * times, np.arange(count) + 0.5
        apart = (source - place[:, np.newaxis]) / (count * width)
        weight = np.exp(-0.5 * apart**2)
        return [weight, weight * apart, weight * apart**2]

    def total(self, cells: np.ndarray, up: int = 0, across: int = 0) -> np.ndarray:
        """Add up the cells around each, times powers of their distance in widths of the kernel."""
        rows, columns = (count // times for count, times in zip(cells.shape, self._times, strict=True))
        merged = cells.reshape(rows, self._times[0], columns, self._times[1]).sum(axis=(1, 3))
        return np.asarray(self._along[0][up] @ merged @ self._along[1][across].T)


def _divisor(count: int, most: float) -> int:
    """Largest power of two up to a bound that divides a number."""
    times = 1
    while 2 * times <= most and count % (2 * times) == 0:
        times *= 2
    return times


class Planes:
    """Local linear regression: a patient counts ``own`` (1 - ``up`` dy - ``across`` dx) times the kernel at a cell."""

    def __init__(self, width: float, all_: np.ndarray) -> None:
        self._kernel, self._squared = (Kernel(each, all_.shape) for each in (width, width * np.sqrt(0.5)))
        total = self._kernel.total
        self.mass, up, across = total(all_), total(all_, 1, 0), total(all_, 0, 1)
        mixed, pull = total(all_, 1, 1), STIFFNESS * self.mass
        up_up, across_across = total(all_, 2, 0) + pull, total(all_, 0, 2) + pull
        with np.errstate(divide="ignore", invalid="ignore"):
            size = up_up * across_across - mixed**2
            self.up = (across_across * up - mixed * across) / size
            self.across = (up_up * across - mixed * up) / size
            self.own = 1 / (self.mass - self.up * up - self.across * across)

    def held(self, square: np.ndarray) -> np.ndarray:
        """Patients in the kernel; those with weights count for as many as these are worth (Kish 1965)."""
        return np.asarray(self.mass**2 / np.maximum(self._kernel.total(square), 1e-300))

    def height(self, cells: np.ndarray) -> np.ndarray:
        """Height of the planes through what is in the cells."""
        total = self._kernel.total
        with np.errstate(invalid="ignore"):
            height = self.own * (total(cells) - self.up * total(cells, 1, 0) - self.across * total(cells, 0, 1))
        return np.asarray(np.clip(height, 0, 1))

    def error(self, missed: np.ndarray) -> np.ndarray:
        """Standard error of the height, from the squared residuals in each cell; the kernel enters squared."""
        total = self._squared.total
        with np.errstate(invalid="ignore"):
            variance = total(missed) + self.up**2 / 2 * total(missed, 2, 0) + self.across**2 / 2 * total(missed, 0, 2)
            variance -= np.sqrt(2) * (self.up * total(missed, 1, 0) + self.across * total(missed, 0, 1))
            variance += self.up * self.across * total(missed, 1, 1)
            return np.asarray(self.own * np.sqrt(np.maximum(variance, 0)))


def fitted(cells: Cells) -> Fit:
    """Fit the share of a class at each cell, and its error.

    Local linear regression (Fan 1993, Ann Stat 21:196) with a Gaussian kernel that holds the same number of patients
    everywhere; that number predicts each patient best from the others (a linear smoother without one of its patients:
    Craven and Wahba 1979, Numer Math 31:377). It is sought from many neighbours to few, up to the first minimum: the
    nearest in an evenly spread design are no independent sample, and may be alike in what is on neither axis. The error
    is the infinitesimal jackknife's, with the residuals of patients left out: what a bootstrap over the patients tends
    to, without its noise.

    Raises
    ------
    InputError
        Where the patients are too few, or too far from each other.
    """
    all_, square = cells.amount.sum(axis=0), cells.square.sum(axis=0)
    widths = [width for width in WIDTHS if Kernel(width, all_.shape).total(all_).max() >= NEIGHBOURS[0]]
    sparse = InputError(f"boundary: nowhere on the map are {FEWEST} patients near each other; more are needed")
    if not widths:
        raise sparse
    planes = [Planes(width, all_) for width in widths]
    shares = np.stack([each.height(cells.amount[0]) for each in planes])
    # what a patient has of the estimate at the patient's own place
    owns = np.stack([each.own for each in planes]) * np.divide(square, all_, out=np.zeros_like(all_), where=all_ > 0)
    held = np.maximum.accumulate([each.held(square) for each in planes])
    within = (held[-1] >= FEWEST) & (all_ > 0)
    if not within.any():
        raise sparse
    losses = []
    for few in NEIGHBOURS:
        place = _where(held, few)
        loss = _missed(cells.amount, _at(shares, place), _at(owns, place))[within].sum() / all_[within].sum()
        losses.append(loss)
    least = len(losses) - 1
    while least > 0 and losses[least - 1] <= losses[least]:
        least -= 1
    neighbours = NEIGHBOURS[least]
    place = _where(held, neighbours)
    width = np.interp(place, np.arange(len(widths)), widths)
    # a plane is not drawn out further than its kernel is wide
    place[distance_transform_edt(all_ == 0, [1 / count for count in all_.shape]) > width] = np.nan
    share = _at(shares, place)
    missed = np.nan_to_num(_missed(cells.square, share, _at(owns, place)))
    error = _at(np.stack([each.error(missed) for each in planes]), place)
    return Fit(share, Z95 * error, width, neighbours)


def _where(held: np.ndarray, few: int) -> np.ndarray:
    """Place between the widths at which a kernel holds so many, by cell; the last where none does.

    NaN where the widest holds fewer than ``FEWEST``.
    """
    after = (held < few).sum(axis=0)
    less, more = (
        np.take_along_axis(held, np.clip(each, 0, len(held) - 1)[np.newaxis], 0)[0] for each in (after - 1, after)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        short = np.log(more / few) / np.log(more / less)
    place = np.where(after == 0, 0.0, np.where(after == len(held), len(held) - 1, after - short))
    return np.where(held[-1] >= FEWEST, place, np.nan)


def _at(levels: np.ndarray, place: np.ndarray) -> np.ndarray:
    """Value of each cell between its two widths."""
    before = np.floor(np.nan_to_num(place)).astype(int)
    low, high = (
        np.take_along_axis(levels, np.minimum(each, len(levels) - 1)[np.newaxis], 0)[0] for each in (before, before + 1)
    )
    part = place - before
    # the narrower kernel may be empty
    blended = np.where(np.isfinite(low), (1 - part) * low + part * high, high)
    return np.asarray(np.where(part > 0, blended, low + 0 * part))


def _missed(amount: np.ndarray, share: np.ndarray, own: np.ndarray) -> np.ndarray:
    """Squared residuals in each cell, each patient's from an estimate without it."""
    return np.asarray((amount[0] * (1 - share) ** 2 + amount[1] * share**2) / np.maximum(1 - own, 0.05) ** 2)


def band(fit: Fit) -> tuple[np.ndarray, np.ndarray]:
    """Ends of the 95 % band of the share."""
    return np.clip(fit.share - fit.half_band, 0, 1), np.clip(fit.share + fit.half_band, 0, 1)


class Trace(NamedTuple):
    """Boundary over its vertices: number of the line, place on the unit square, error across it, the kernel's width.

    And the direction in which the share rises, of length 1.
    """

    line: np.ndarray
    up: np.ndarray
    across: np.ndarray
    error: np.ndarray
    width: np.ndarray
    rise_up: np.ndarray
    rise_across: np.ndarray


def traced(fit: Fit, level: float) -> Trace:
    """Follow the line on which the share is at a level; lengths are shares of an axis, an error is 1 at most."""
    from contourpy import contour_generator

    middles = [(np.arange(count) + 0.5) / count for count in fit.share.shape]
    share = np.ma.masked_invalid(fit.share)
    lines = contour_generator(middles[1], middles[0], share).lines(level)
    points = np.concatenate([np.empty((0, 2)), *lines])
    place = [points[:, 1 - axis] * count - 0.5 for axis, count in enumerate(fit.share.shape)]

    def at(cells: np.ndarray, order: int = 1) -> np.ndarray:
        return np.asarray(map_coordinates(cells, place, order=order, mode="nearest"))

    slopes = np.gradient(fit.share, *(1 / count for count in fit.share.shape))
    rise = np.stack([at(np.nan_to_num(slope)) for slope in slopes])
    steepness = np.maximum(np.hypot(*rise), 1e-9)
    error = np.minimum(at(np.nan_to_num(fit.half_band)) / steepness, 1.0)
    numbers = np.repeat(np.arange(len(lines)), [len(line) for line in lines])
    return Trace(numbers, points[:, 1], points[:, 0], error, at(fit.width, order=0), *(rise / steepness))


def steps(trace: Trace) -> np.ndarray:
    """Length of the line that belongs to each vertex: half of the way to both neighbours."""
    apart = np.hypot(np.diff(trace.up), np.diff(trace.across)) * (np.diff(trace.line) == 0)
    return np.asarray((np.append(apart, 0) + np.append(0, apart)) / 2)
