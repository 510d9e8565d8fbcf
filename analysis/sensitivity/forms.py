"""How the rows of a design hang together.

A design's rows are not taken on trust: how many make a base sample or a trajectory, and which parameters each of
them moves, is found in the rows themselves, and what does not have that form is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from ...engine.quantity import InputError
from ...engine.tables import Status
from ..stream import pieces, read
from .outcomes import Floats, columns_of

HEAD = 64
"""Base samples at least in which the form of the design is looked for."""

MOST_UNITS = 3
"""Rows of a base sample that are looked for, at most so many times the parameters and one: laws share factors."""


@dataclass(frozen=True)
class Form:
    """How the rows of a design hang together.

    Attributes
    ----------
    rows : int
        Rows of a base sample or a trajectory.
    moves : array of bool, shape (unit, parameter)
        Which parameters each unit moves: one, or several that a law ties together.
    parameters : tuple of str
        Names of the parameters that vary.
    """

    rows: int
    moves: np.ndarray
    parameters: tuple[str, ...]

    @property
    def moved(self) -> list[list[str]]:
        """Names of the parameters that each unit moves."""
        return [[self.parameters[place] for place in np.flatnonzero(row)] for row in self.moves]


def saltelli_form(dataset: xr.Dataset, parameters: Sequence[str], arm: str) -> Form:
    """Find the base samples of a Saltelli design: rows A, A with each unit of B in turn, B (SALib's order).

    Raises
    ------
    InputError
        Where the rows do not have that form.
    """
    start, head = _head(dataset, parameters, arm)
    for rows in range(4, _longest(head) + 1):
        blocks = _blocks(head, rows, start)
        moved = blocks[:, 1:] != blocks[:, :1]
        moves = moved[:, :-1].any(axis=0)
        one = (moves.sum(axis=0) == 1) & moves  # moved by this unit alone, so to the value of B
        if (
            (~moves).any(axis=1).all()
            and moves.any(axis=1).all()
            and moves.any(axis=0).all()
            and moved[:, -1].any(axis=0).all()
            and (blocks[:, 1:-1][:, one] == np.repeat(blocks[:, -1:], rows - 2, axis=1)[:, one]).all()
        ):
            return Form(rows, moves, tuple(parameters))
    raise InputError(
        "sensitivity: the rows of this store are not those of a saltelli design of two parameters or more "
        "(A, A with each parameter of B in turn, B); give --method given-data"
    )


def morris_form(dataset: xr.Dataset, parameters: Sequence[str], arm: str) -> Form:
    """Find the trajectories of a Morris design: each step moves one unit, each unit once, in any order.

    A step may leave in place what has few values.

    Raises
    ------
    InputError
        Where the rows do not have that form.
    """
    start, head = _head(dataset, parameters, arm)
    for rows in range(2, _longest(head) + 1):
        steps = np.diff(_blocks(head, rows, start), axis=1) != 0
        moves, code = np.unique(steps.reshape(-1, len(parameters)), axis=0, return_inverse=True)
        code = code.reshape(len(steps), rows - 1)
        some = moves.any(axis=1)
        visits = (code[:, :, None] == np.flatnonzero(some)).sum(axis=1)
        if some.sum() == rows - 1 and visits.max() == 1 and moves.any(axis=0).all():
            moves = moves[some]
            return Form(rows, moves[np.argsort(moves.argmax(axis=1), kind="stable")], tuple(parameters))
    raise InputError(
        "sensitivity: the rows of this store are not those of a morris design (trajectories of which each step moves "
        "one parameter, and each parameter once); give --method given-data"
    )


def _head(dataset: xr.Dataset, parameters: Sequence[str], arm: str) -> tuple[int, Floats]:
    """First rows that were run one after another, and the index of the first of them."""
    wanted = HEAD * MOST_UNITS * (len(parameters) + 1)
    for part in pieces(dataset):
        ran = (read(dataset, ["status"], part)["status"] != Status.NOT_RUN).any("arm").values
        if not ran.any():
            continue
        first = int(ran.argmax())
        gap = np.flatnonzero(~ran[first:])
        start = part.start + first
        stop = min(start + (int(gap[0]) if gap.size else wanted), start + wanted, dataset.sizes["patient"])
        return start, columns_of(read(dataset, parameters, slice(start, stop)), parameters, arm)
    raise InputError("sensitivity: no patient of this store has been run yet")


def _longest(head: Floats) -> int:
    """Rows of a base sample at most, of which two at least must be there to be told."""
    return int(min(MOST_UNITS * (head.shape[1] + 1), len(head) // 2))


def _blocks(head: Floats, rows: int, start: int) -> Floats:
    """Cut the head into whole base samples of ``rows``; at least one."""
    head = head[-start % rows :]
    whole = max(len(head) // rows, 1)
    return head[: whole * rows].reshape(-1, rows, head.shape[1])
