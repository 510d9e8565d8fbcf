"""PRIM: boxes in which a class is frequent, found by peeling (Friedman & Fisher 1999, doi:10.1023/A:1008894516817).

Patients come as codes: the number of possible limits that lie below each of their values. Only limits that may be told
to a person exist, so nothing is rounded afterwards, and one histogram per variable holds every peel.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

PEEL = 0.05
"""Share of a box peeled at a time, at least."""

SMALLEST = 0.03
"""Share of all patients that a box holds at least."""

MOST_VARIABLES = 3
"""Variables in a rule that a person can remember."""

WORTH = 0.05
"""Share of a box's quality that each of its limits must be worth."""

LEAST_ODDS = 1.5
"""Odds of the class in a box over its odds among all, at least."""

LEAST_Z = 3.0
"""Standard errors by which the share in a box exceeds that among all, at least: in the sample fitted on."""


@dataclass(frozen=True)
class Sample:
    """Patients as the search sees them.

    Attributes
    ----------
    codes : np.ndarray
        (patients, variables), small integers.
    member : np.ndarray
        (patients,), bool: of the class looked for.
    sizes : np.ndarray
        (variables,), number of codes of each.
    """

    codes: np.ndarray
    member: np.ndarray
    sizes: np.ndarray

    def take(self, rows: np.ndarray) -> Sample:
        """Some of the patients, by a mask or by position."""
        return Sample(self.codes[rows], self.member[rows], self.sizes)

    def whole(self) -> np.ndarray:
        """Box without a limit: lowest and highest code of each variable, (variables, 2)."""
        return np.stack([np.zeros_like(self.sizes), self.sizes - 1], axis=1)


def limited(box: np.ndarray, sizes: np.ndarray) -> list[tuple[int, int]]:
    """Limits of a box: variable, and 0 for a lower or 1 for an upper one."""
    full = np.stack([np.zeros_like(sizes), sizes - 1], axis=1)
    return [(int(variable), int(side)) for variable, side in np.argwhere(box != full)]


def inside(codes: np.ndarray, box: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Whether each patient lies in a box."""
    within = np.ones(len(codes), dtype=bool)
    for limit in limited(box, sizes):
        within &= ~_beyond(codes, box, limit)
    return within


def worth_telling(patients: int, members: int, base: float) -> bool:
    """Whether the class is so much more frequent in a box than among all that a rule says something."""
    if patients == 0 or not 0.0 < base < 1.0:
        return False
    odds = (members + 0.5) / (patients - members + 0.5)
    z = (members / patients - base) * np.sqrt(patients / (base * (1.0 - base)))
    return bool(odds >= LEAST_ODDS * base / (1.0 - base) and z >= LEAST_Z)


def boxes(sample: Sample, most: int) -> list[np.ndarray]:
    """Find boxes one after the other, each among the patients that are in none before it.

    Parameters
    ----------
    sample : Sample
        All patients.
    most : int
        Boxes at most.

    Returns
    -------
    list of np.ndarray
        Each (variables, 2): lowest and highest code, both inside.
    """
    found: list[np.ndarray] = []
    if not len(sample.member):
        return found
    base, fewest = float(sample.member.mean()), max(int(SMALLEST * len(sample.member)), 1)
    rest = sample
    while len(found) < most and len(rest.member) > fewest:
        box = _recut(rest, _simplest(rest, _best_peeled(rest, base, fewest), base), base, fewest)
        within = inside(rest.codes, box, rest.sizes)
        if not limited(box, rest.sizes) or not worth_telling(int(within.sum()), int(rest.member[within].sum()), base):
            break
        found.append(box)
        rest = rest.take(~within)
    return found


def quality(patients: np.ndarray, members: np.ndarray, base: float) -> np.ndarray:
    """How far the share of the class exceeds that among all, in standard errors but for a factor.

    Over boxes around or within a true one it is greatest at the true one.
    """
    size = np.maximum(patients, 1)
    return np.asarray(np.sqrt(size) * (members / size - base))


def _beyond(codes: np.ndarray, box: np.ndarray, limit: tuple[int, int]) -> np.ndarray:
    variable, side = limit
    edge = box[variable, side]
    return np.asarray(codes[:, variable] < edge if side == 0 else codes[:, variable] > edge)


def _histogram(flat: np.ndarray, member: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Patients and members by variable and code: (variables, codes, 2)."""
    cells = shape[0] * shape[1]
    counts = [np.bincount(each.ravel(), minlength=cells).reshape(shape) for each in (flat, flat[member])]
    return np.stack(counts, axis=-1)


def _best_peeled(sample: Sample, base: float, fewest: int) -> np.ndarray:
    """Peel to the smallest box allowed, and take the best on the way.

    Each peel is the one that gains most per patient lost: codes hold unequal numbers of patients, and the greatest mean
    alone would prefer large bites (Kwakkel & Jaxa-Rozen 2016, Environ Model Softw 79:311).
    """
    variables, width = len(sample.sizes), int(sample.sizes.max())
    flat = sample.codes.astype(np.int32) + np.arange(variables, dtype=np.int32) * width
    rows = np.arange(len(sample.member))
    table = _histogram(flat, sample.member, (variables, width))
    box, each = sample.whole(), np.arange(variables)
    best, best_quality = box.copy(), 0.0
    while True:
        patients, members = table[0].sum(axis=0)
        worth = float(quality(patients, members, base))
        if worth > best_quality:
            best, best_quality = box.copy(), worth
        places, removed = [], []
        for ordered in (table, table[:, ::-1]):
            sums = ordered.cumsum(axis=1)
            place = (sums[:, :, 0] >= PEEL * patients).argmax(axis=1)
            places.append(place)
            removed.append(sums[each, place])
        lost = np.stack(removed)
        left = patients - lost[..., 0]
        gain = ((members - lost[..., 1]) / np.maximum(left, 1) - members / patients) / np.maximum(lost[..., 0], 1)
        gain[left < fewest] = -np.inf
        side, variable = np.unravel_index(int(gain.argmax()), gain.shape)
        if not np.isfinite(gain[side, variable]) or members == patients:
            return best
        last = int(places[side][variable])
        box[variable, side] = last + 1 if side == 0 else width - 2 - last
        gone = _beyond(sample.codes[rows], box, (int(variable), int(side)))
        table -= _histogram(flat[rows[gone]], sample.member[rows[gone]], (variables, width))
        rows = rows[~gone]


def _simplest(sample: Sample, box: np.ndarray, base: float) -> np.ndarray:
    """Drop the limits that are worth little, and the least worthy ones beyond ``MOST_VARIABLES`` variables."""
    box, whole = box.copy(), sample.whole()
    while limits := limited(box, sample.sizes):
        beyond = np.stack([_beyond(sample.codes, box, limit) for limit in limits])
        broken = beyond.sum(axis=0)
        within, alone = broken == 0, beyond & (broken == 1)  # who would come in if that limit went
        patients, members = int(within.sum()), int(sample.member[within].sum())
        without = quality(patients + alone.sum(axis=1), members + alone[:, sample.member].sum(axis=1), base)
        least = int(without.argmax())
        needed = without[least] < (1.0 - WORTH) * quality(np.asarray(patients), np.asarray(members), base)
        if needed and len({variable for variable, _ in limits}) <= MOST_VARIABLES:
            break
        box[limits[least]] = whole[limits[least]]
    return box


def _recut(sample: Sample, box: np.ndarray, base: float, fewest: int) -> np.ndarray:
    """Move each limit to where the box is best, the others held: in or out, so pasting is part of it."""
    box, whole = box.copy(), sample.whole()
    for _ in range(5):
        before = box.copy()
        for variable, side in limited(box, sample.sizes):
            free = box.copy()
            free[variable, side] = whole[variable, side]
            rows = inside(sample.codes, free, sample.sizes)
            size = int(sample.sizes[variable])
            table = _histogram(sample.codes[rows, variable][:, None], sample.member[rows], (1, size))[0]
            sums = table[::-1].cumsum(axis=0)[::-1] if side == 0 else table.cumsum(axis=0)
            worth = np.where(sums[:, 0] >= fewest, quality(sums[:, 0], sums[:, 1], base), -np.inf)
            if np.isfinite(worth).any():
                box[variable, side] = int(worth.argmax())
        if (box == before).all():
            break
    return box
