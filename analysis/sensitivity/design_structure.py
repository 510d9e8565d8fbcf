"""Structure of a design: which rows belong together, and what each of them moves.

Of a sweep the design is known: which unit of coordinates each row moves, whether or not a parameter's value changes
with it (a share and a choice of few values often stay). Of other rows, how many make a base sample or a trajectory and
which parameters each of them moves is found in the rows themselves, and what does not have that structure is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from ...engine import InputError, Status
from ...sweeps.design.stepwise import trajectories
from ...sweeps.design.unit_cube import random
from ...sweeps.spec.candidates import candidates, coordinates, moved_by
from ...sweeps.spec.file import from_canonical
from ...sweeps.spec.spec import Spec
from ..reading.origin import stored_spec
from ..reading.stream import read, row_slices
from .outcomes import Floats, columns_of

HEAD = 64
"""Base samples at least in which the structure of the design is looked for."""

MOST_UNITS = 3
"""Rows of a base sample that are looked for, at most so many times the parameters and one: laws share factors."""


@dataclass(frozen=True)
class Structure:
    """Structure of a design: which rows belong together, and what each of them moves.

    Attributes
    ----------
    rows : int
        Rows of a base sample or a trajectory.
    moves : array of bool, shape (unit, parameter)
        Which parameters each unit moves: one, or several that a law ties together.
    parameters : tuple of str
        Names of the parameters that vary.
    coordinates : tuple of tuple of str
        Names of each unit's coordinates, where the design is known.
    steps : callable, optional
        Of a Morris design that is known: from the number of the first trajectory and how many to the step in which
        each unit is moved, and whether it is moved up (1) or down (-1); both of shape (trajectory, unit).
    """

    rows: int
    moves: np.ndarray
    parameters: tuple[str, ...]
    coordinates: tuple[tuple[str, ...], ...] = ()
    steps: Callable[[int, int], tuple[np.ndarray, Floats]] | None = None

    @property
    def moved(self) -> list[list[str]]:
        """Names of the parameters that each unit moves; of its coordinates where it moves none that varies."""
        named = [[self.parameters[place] for place in np.flatnonzero(row)] for row in self.moves]
        return [names or list(self.coordinates[unit]) for unit, names in enumerate(named)]


def planned_structure(dataset: xr.Dataset, parameters: Sequence[str], arm: str, design: str) -> Structure | None:
    """Give the structure that a sweep's own design has; None where the rows are not, or not known to be, of one."""
    spec = sweep_of(dataset)
    if spec is None or spec.design != design or dataset.sizes["patient"] > spec.patients:
        return None
    start, head = _head(dataset, parameters, arm)
    drawn = candidates(spec, start, start + len(head))
    own = [name for name in drawn.data_vars if name in parameters and name not in spec.arms.get(arm, {})]
    there = head[:, [parameters.index(str(name)) for name in own]]
    meant = [np.broadcast_to(np.asarray(drawn[name].values, np.float64), len(head)) for name in own]
    if not own or not np.allclose(there, np.stack(meant, axis=1), rtol=1e-6, atol=0.0):
        return None
    units, named = spec.units, moved_by(spec)
    count = spec.rows_together - (2 if design == "saltelli" else 1)
    moves = np.zeros((count, len(parameters)), bool)
    for unit, names in zip(units, named, strict=True):
        moves[unit] |= [name in names for name in parameters]
    titles = np.array(coordinates(spec), object)
    together = tuple(tuple(titles[units == unit].tolist()) for unit in range(count))
    leading = np.array([int(np.argmax(units == unit)) for unit in range(count)], dtype=np.int64)

    def steps(first: int, number: int) -> tuple[np.ndarray, Floats]:
        level, moved, turn = trajectories(random, spec.seed, units, first, first + number)
        return turn.T, np.sign(moved - level)[leading].T

    return Structure(spec.rows_together, moves, tuple(parameters), together, steps if design == "morris" else None)


def sweep_of(dataset: xr.Dataset) -> Spec | None:
    """Give the sweep that a data set says it is of, or that `sample` drew it as; None where it says none."""
    content = stored_spec(dataset)
    if not content:
        told = {name: dataset.attrs.get(name) for name in ("cohort", "seed", "design")}
        content = {**told, "patients": dataset.sizes["patient"], "arms": {"off": {}}}
    try:
        return from_canonical(content)
    except InputError:
        return None


def saltelli_structure(dataset: xr.Dataset, parameters: Sequence[str], arm: str) -> Structure:
    """Find the base samples of a Saltelli design: rows A, A with each unit of B in turn, B (SALib's order).

    Raises
    ------
    InputError
        Where the rows do not have that structure.
    """
    if (structure := planned_structure(dataset, parameters, arm, "saltelli")) is not None:
        return structure
    start, head = _head(dataset, parameters, arm)
    differ = _differ(head)
    for rows in range(4, _longest(head) + 1):
        blocks = _blocks(head, rows, start)
        moved = blocks[:, 1:] != blocks[:, :1]
        moves = moved[:, :-1].any(axis=0)
        one = (moves.sum(axis=0) == 1) & moves  # moved by this unit alone, so to the value of B
        if (
            (~moves[:, differ]).any(axis=1).all()
            and moves.any(axis=1).all()
            and moves[:, differ].any(axis=0).all()
            and moved[:, -1, differ].any(axis=0).all()
            and (blocks[:, 1:-1][:, one] == np.repeat(blocks[:, -1:], rows - 2, axis=1)[:, one]).all()
        ):
            return Structure(rows, moves, tuple(parameters))
    raise InputError(
        "sensitivity: the rows of this store are not those of a saltelli design of two parameters or more "
        "(A, A with each parameter of B in turn, B); give --method given-data"
    )


def morris_structure(dataset: xr.Dataset, parameters: Sequence[str], arm: str) -> Structure:
    """Find the trajectories of a Morris design: each step moves one unit, each unit once, in any order.

    A step may leave in place what has few values.

    Raises
    ------
    InputError
        Where the rows do not have that structure.
    """
    if (structure := planned_structure(dataset, parameters, arm, "morris")) is not None:
        return structure
    start, head = _head(dataset, parameters, arm)
    for rows in range(2, _longest(head) + 1):
        steps = np.diff(_blocks(head, rows, start), axis=1) != 0
        moves, code = np.unique(steps.reshape(-1, len(parameters)), axis=0, return_inverse=True)
        code = code.reshape(len(steps), rows - 1)
        some = moves.any(axis=1)
        visits = (code[:, :, None] == np.flatnonzero(some)).sum(axis=1)
        if some.sum() == rows - 1 and visits.max() == 1 and moves[:, _differ(head)].any(axis=0).all():
            moves = moves[some]
            return Structure(rows, moves[np.argsort(moves.argmax(axis=1), kind="stable")], tuple(parameters))
    raise InputError(
        "sensitivity: the rows of this store are not those of a morris design (trajectories of which each step moves "
        "one parameter, and each parameter once); give --method given-data"
    )


def _head(dataset: xr.Dataset, parameters: Sequence[str], arm: str) -> tuple[int, Floats]:
    """First rows that were run one after another, and the index of the first of them."""
    wanted = HEAD * MOST_UNITS * (len(parameters) + 1)
    for part in row_slices(dataset):
        ran = (read(dataset, ["status"], part)["status"] != Status.NOT_RUN).any("arm").values
        if not ran.any():
            continue
        first = int(ran.argmax())
        gap = np.flatnonzero(~ran[first:])
        start = part.start + first
        stop = min(start + (int(gap[0]) if gap.size else wanted), start + wanted, dataset.sizes["patient"])
        return start, columns_of(read(dataset, parameters, slice(start, stop)), parameters, arm)
    raise InputError("sensitivity: no patient of this store has been run yet")


def _differ(head: Floats) -> np.ndarray:
    """Whether a parameter differs between the first rows: a table has columns of one value too."""
    return np.asarray(np.ptp(head, axis=0) > 0)


def _longest(head: Floats) -> int:
    """Rows of a base sample at most, of which two at least must be there to be told."""
    return int(min(MOST_UNITS * (head.shape[1] + 1), len(head) // 2))


def _blocks(head: Floats, rows: int, start: int) -> Floats:
    """Cut the head into whole base samples of ``rows``; at least one."""
    head = head[-start % rows :]
    whole = max(len(head) // rows, 1)
    return head[: whole * rows].reshape(-1, rows, head.shape[1])
