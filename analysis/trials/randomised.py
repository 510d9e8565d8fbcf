"""The randomised trial, thousands of times: who is drawn, allocated, crosses over, escalates and dies."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..numbers.cells import Floats
from .pool import CONTROL, DEVICE, RIVAL_AFTER, RIVAL_ALONE, Pool
from .replicates import RANDOMISED, drawn, pieces

DRAWN_AT_ONCE = 1 << 20
"""Patients of replicates in memory at a time."""


class Trials(NamedTuple):
    """What became of the replicates.

    Attributes
    ----------
    deaths : array, (causal share, replicate, arm)
        In the control arm and in the device's, as allocated.
    patients : tuple of int
        Of the control arm and of the device's.
    escalated : array, (replicate, arm)
        Patients who got the rival.
    """

    deaths: NDArray[np.int64]
    patients: tuple[int, int]
    escalated: NDArray[np.int64]


def arms_of(pool: Pool) -> tuple[int, int]:
    """Patients of the control arm and of the device's."""
    design = pool.design.randomised
    assert design is not None
    device = min(max(round(design.patients * design.allocation), 1), design.patients - 1)
    return design.patients - device, device


def trials(pool: Pool) -> Trials:
    """Run all replicates; each is a pure function of the seed and its number."""
    design = pool.design.randomised
    assert design is not None
    parts = [_some(pool, own) for own in pieces(pool.design.replicates, design.patients, DRAWN_AT_ONCE)]
    return Trials(
        np.concatenate([each.deaths for each in parts], axis=1),
        arms_of(pool),
        np.concatenate([each.escalated for each in parts]),
    )


def _some(pool: Pool, replicates: range) -> Trials:
    design = pool.design.randomised
    assert design is not None
    control, _ = arms_of(pool)
    who, chance = drawn(pool, RANDOMISED, replicates, design.patients, 3)
    allocated = np.arange(design.patients) >= control
    leaves = np.where(allocated, design.crossover.from_device, design.crossover.to_device)
    has_device = allocated ^ (chance[0] < leaves)
    got, rival = has_device.astype(np.int64), np.zeros(who.shape, dtype=np.bool_)
    if design.escalation is not None:
        rival = pool.fails_target[got, who] & (chance[1] < design.escalation.share)
        got = np.where(rival, got + RIVAL_ALONE, got)
    dies = chance[2] < pool.death[:, got, who]
    first = np.array([0, control])
    return Trials(
        np.add.reduceat(dies, first, axis=2, dtype=np.int64),
        arms_of(pool),
        np.add.reduceat(rival, first, axis=1, dtype=np.int64),
    )


def expected(pool: Pool, rows: NDArray[np.bool_] | None = None) -> Floats:
    """Mortality that the arms have in the mean, as allocated: with crossover and escalation.

    Parameters
    ----------
    pool : Pool
    rows : array of bool, (patient,), optional
        Of some patients only.

    Returns
    -------
    array, (causal share, 2)
        Of the control arm and of the device's.
    """
    design = pool.design.randomised
    death = pool.death if rows is None else pool.death[:, :, rows]
    if design is None:
        return np.asarray(death[:, [CONTROL, DEVICE]].mean(axis=2))
    got = [death[:, CONTROL], death[:, DEVICE]]
    if design.escalation is not None:
        failing = pool.fails_target if rows is None else pool.fails_target[:, rows]
        chance = failing * design.escalation.share
        rivals = (RIVAL_ALONE, RIVAL_AFTER)
        got = [(1 - chance[own]) * got[own] + chance[own] * death[:, rivals[own]] for own in (CONTROL, DEVICE)]
    without, with_device = (each.mean(axis=1) for each in got)
    to, back = design.crossover.to_device, design.crossover.from_device
    return np.stack([(1 - to) * without + to * with_device, (1 - back) * with_device + back * without], axis=1)
