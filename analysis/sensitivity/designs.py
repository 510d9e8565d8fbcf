"""Sobol and Morris indices from the rows of their designs, streaming: sums per group of base samples, nothing else.

Intervals resample the groups. The base samples of a low-discrepancy sequence are not independent but evenly spread:
there the intervals are wider than they need be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from ...engine import InputError
from ..numbers.intervals import Z95
from ..reading.stream import read, row_slices
from .design_structure import Structure
from .outcomes import FAILED, NOT_RUN, OUTSIDE, USED, Codes, Floats, Indices, Outcome, columns_of, evaluate, variables

GROUPS = 128
"""Groups of consecutive base samples whose sums are kept; intervals resample them."""

RESAMPLES = 400


@dataclass(frozen=True)
class Sums:
    """Sums over groups of base samples.

    Attributes
    ----------
    terms : array, shape (group, term, outcome)
    count : array, shape (group, outcome)
        Base samples in which every row has a number.
    states : array, shape (4, outcome)
        Base samples used, with a failed row, outside the cohort, not run.
    left_over : int
        Rows behind the last whole base sample.
    """

    terms: Floats
    count: Floats
    states: np.ndarray
    left_over: int


def sobol_sums(dataset: xr.Dataset, outcomes: Sequence[Outcome], structure: Structure) -> Sums:
    """Sums from which :func:`sobol_indices` follow."""
    shift: Floats | None = None

    def terms(_: int, __: Floats, values: Floats) -> Floats:
        nonlocal shift
        if shift is None:  # numbers near zero keep their digits in sums of squares
            shift = np.nan_to_num(values[:, 0].mean(axis=0))
        a, b, mixed = values[:, :1] - shift, values[:, -1:] - shift, values[:, 1:-1] - shift
        every = a + b + mixed.sum(axis=1, keepdims=True)
        return np.concatenate([a + b, a**2 + b**2, every, b * (mixed - a), mixed - a, (a - mixed) ** 2], axis=1)

    return _summed(dataset, outcomes, structure, (), terms, 3 + 3 * len(structure.moves))


def sobol_indices(terms: Floats, count: Floats) -> Indices:
    """First and total order.

    First order by Saltelli et al. 2010 (Comput Phys Commun 181:259, table 2 b), total order by Jansen 1999 (Comput
    Phys Commun 117:35), both of outcomes centred about their mean; the formulas that SALib has.

    Parameters
    ----------
    terms : array, shape (..., term, outcome)
    count : array, shape (..., outcome)
    """
    count = np.where(count > 1, count, np.nan)[..., None, :]
    mean = terms / count
    units = (terms.shape[-2] - 3) // 3
    middle = mean[..., 2:3, :] / (units + 2)
    variance = mean[..., 1:2, :] / 2 - (mean[..., :1, :] / 2) ** 2
    variance = np.where(variance > 1e-14 * mean[..., 1:2, :], variance, np.nan)
    product, shifted, squares = np.split(mean[..., 3:, :], 3, axis=-2)
    return {"first": (product - middle * shifted) / variance, "total": squares / 2 / variance}


def morris_sums(dataset: xr.Dataset, outcomes: Sequence[Outcome], structure: Structure, arm: str) -> Sums:
    """Sums from which :func:`morris_indices` follow.

    An effect is the change of the outcome in a step that raises the unit's parameter; 0 in a step that left in place
    what has few values.
    """
    # the direction is that of a parameter moved by as few other units as possible
    leading = np.where(structure.moves, structure.moves.sum(axis=0), np.inf).argmin(axis=1)
    found = _found_steps(structure)

    def terms(start: int, columns: Floats, values: Floats) -> Floats:
        steps = np.diff(columns, axis=1)
        at, up = structure.steps(start, len(steps)) if structure.steps else (found(steps), np.float64(0.0))
        which = np.arange(len(steps))[:, None]
        own = np.where((at >= 0)[:, :, None], steps[which, at], 0.0)  # of each unit what its step changed
        changed = (own != 0).any(axis=2)
        odd = ((own != 0) & ~structure.moves).any(axis=(1, 2)) | (
            (steps != 0).any(axis=2).sum(axis=1) != changed.sum(axis=1)
        )
        if (odd & np.any(np.isfinite(values).all(axis=1), axis=1)).any():
            raise InputError("sensitivity: a trajectory of this store moves other parameters than those before it")
        raised = np.sign(np.take_along_axis(own, leading[None, :, None], axis=2)[:, :, 0])
        direction = np.where(changed, np.where(raised != 0, raised, up), 0.0)
        rise = np.take_along_axis(np.diff(values, axis=1), np.maximum(at, 0)[:, :, None], axis=1)
        effect = rise * direction[:, :, None]
        return np.concatenate([effect, np.abs(effect), effect**2], axis=1)

    return _summed(dataset, outcomes, structure, (arm,), terms, 3 * len(structure.moves))


def _found_steps(structure: Structure) -> Callable[[Floats], np.ndarray]:
    """Find in which step each unit moved, from the parameters that changed; -1 where it did not."""
    # a random number for each parameter: the sum over those that moved tells which unit did
    marks = np.random.default_rng(0).integers(2**63, size=len(structure.parameters), dtype=np.uint64)
    known = structure.moves @ marks
    order = np.argsort(known)

    def found(steps: Floats) -> np.ndarray:
        seen = (steps != 0) @ marks
        unit = order[np.minimum(np.searchsorted(known[order], seen), len(known) - 1)]
        trajectory, step = np.nonzero((seen != 0) & (known[unit] == seen))
        at = np.full((len(steps), len(known)), -1)
        at[trajectory, unit[trajectory, step]] = step
        return at

    return found


def morris_indices(terms: Floats, count: Floats) -> Indices:
    """Mean size, mean and standard deviation of the elementary effects, per step of the design.

    Morris 1991 (Technometrics 33:161); mean size by Campolongo et al. 2007 (Environ Model Softw 22:1509). They divide
    by the length of the step in the unit cube, the same in all steps; here an effect is the change that was simulated.

    Parameters
    ----------
    terms : array, shape (..., term, outcome)
    count : array, shape (..., outcome)
    """
    count = np.where(count > 1, count, np.nan)[..., None, :]
    total, size, squares = np.split(terms, 3, axis=-2)
    spread = np.sqrt(np.maximum(squares - total**2 / count, 0) / (count - 1))
    return {"mu_star": size / count, "mu": total / count, "sigma": spread}


def with_intervals(sums: Sums, indices: Callable[[Floats, Floats], Indices]) -> Indices:
    """Indices with their 95 % interval and what the first half of the groups gave.

    The interval is the estimate and 1.96 standard deviations of its bootstrap over the groups either way.
    """
    there = sums.count.any(axis=1)
    terms, count = sums.terms[there], sums.count[there]
    groups = len(terms)
    again = np.random.default_rng(0).multinomial(groups, np.full(groups, 1 / groups), RESAMPLES)
    half = slice(0, (groups + 1) // 2)
    estimate = indices(terms.sum(axis=0), count.sum(axis=0))
    first_half = indices(terms[half].sum(axis=0), count[half].sum(axis=0))
    resampled = indices(np.tensordot(again, terms, 1), again @ count)
    result: Indices = {}
    for name, values in estimate.items():
        reach = Z95 * resampled[name].std(axis=0, ddof=1)
        result |= {name: values, f"{name}_low": values - reach, f"{name}_high": values + reach}
        result[f"{name}_half"] = first_half[name]
    return result


def _summed(
    dataset: xr.Dataset,
    outcomes: Sequence[Outcome],
    structure: Structure,
    arms: tuple[str, ...],
    terms: Callable[[int, Floats, Floats], Floats],
    number: int,
) -> Sums:
    """Add up the terms of whole base samples by group; one with a row that has no number is left out as a whole."""
    whole, left_over = divmod(dataset.sizes["patient"], structure.rows)
    groups = min(GROUPS, whole)
    sums, count = np.zeros((groups, number, len(outcomes))), np.zeros((groups, len(outcomes)))
    states = np.zeros((4, len(outcomes)), dtype=np.int64)
    for start, columns, values, state in _streamed(dataset, outcomes, structure, arms):
        worst = state.max(axis=1)
        states += np.stack([(worst == code).sum(axis=0) for code in (USED, FAILED, OUTSIDE, NOT_RUN)])
        group = (start + np.arange(len(values))) * groups // whole
        used = worst == USED
        bounds = np.flatnonzero(np.diff(group, prepend=-1))
        with np.errstate(invalid="ignore"):
            of_each = np.where(used[:, None], terms(start, columns, values), 0.0)
        sums[group[bounds]] += np.add.reduceat(of_each, bounds, axis=0)
        count[group[bounds]] += np.add.reduceat(used.astype(np.float64), bounds, axis=0)
    return Sums(sums, count, states, left_over)


def _streamed(
    dataset: xr.Dataset, outcomes: Sequence[Outcome], structure: Structure, arms: tuple[str, ...]
) -> Iterator[tuple[int, Floats, Floats, Codes]]:
    """Read whole base samples: index of the first, parameters (where an arm is given), values, states."""
    parameters = structure.parameters if arms else ()
    names = [*variables(outcomes), *parameters]
    kept: tuple[np.ndarray, ...] | None = None
    start = 0
    for part in row_slices(dataset):
        block = read(dataset, names, part)
        columns = columns_of(block, parameters, arms[0]) if arms else np.empty((block.sizes["patient"], 0))
        ready: tuple[np.ndarray, ...] = (columns, *evaluate(block, outcomes))
        if kept is not None:
            ready = tuple(np.concatenate(both) for both in zip(kept, ready, strict=True))
        whole = len(ready[0]) // structure.rows
        kept = tuple(each[whole * structure.rows :] for each in ready)
        if whole:
            columns, values, state = (
                each[: whole * structure.rows].reshape(whole, structure.rows, each.shape[1]) for each in ready
            )
            yield start, columns, values, state
            start += whole
