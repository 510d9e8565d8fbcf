"""A sweep as SALib has it: its problem, and the patients of SALib's own samples."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from ...engine import InputError
from ..design.stepwise import LAW
from ..earlier_results import attribute_table
from ..population.distributions import Array, Choice, Distribution, Lognormal, Normal
from ..population.tables import shown
from ..user_patients.patients import numbered
from .candidates import candidates_with, coordinates
from .file import from_canonical, load
from .spec import Spec

Problem = dict[str, Any]
Sweep = str | Path | xr.Dataset | Spec

POSITION = ("unif", [0.0, 1.0])
"""What SALib has no law for is a position in the unit interval, which the sweep turns into values."""


def salib_problem(sweep: Sweep) -> Problem:
    """Describe the law of a sweep as the problem that SALib's samplers and analyzers take.

    Parameters
    ----------
    sweep : str, Path or xr.Dataset
        A sweep file, or the store of one.

    Returns
    -------
    dict
        ``num_vars``, ``names``, ``bounds`` and ``dists``, with ``groups`` where the sweep has them. First the
        parameters of [vary]: ``unif`` by low and high, ``norm`` by mean and standard deviation, ``lognorm`` by the
        mean and the standard deviation of the logarithm. Then what the population's own law draws, whose parameters
        hang together: its independent variables, each a position between 0 and 1, as a choice is too.

    Raises
    ------
    InputError
        For a sweep that cannot be read or whose patients are of a file, a store without its sweep, or where nothing
        is drawn.
    """
    return problem_of(_read(sweep))


def problem_of(spec: Spec) -> Problem:
    """Describe the law of a sweep that is read already; as :func:`salib_problem`."""
    names = coordinates(spec)
    if spec.samples is not None or not names:
        why = "the patients are of a file" if spec.samples is not None else "nothing is drawn"
        raise InputError(f"salib: {why}, so that there is no law to tell; parameters in [vary] or a cohort are needed")
    laws = [_law(spec.varied[name]) if name in spec.vary else POSITION for name in names]
    problem: Problem = {
        "num_vars": len(names),
        "names": names,
        "bounds": [list(bounds) for _, bounds in laws],
        "dists": [kind for kind, _ in laws],
    }
    if spec.groups:
        problem["groups"] = _groups(spec, names)
    return problem


def salib_patients(sweep: Sweep, samples: Array) -> xr.Dataset:
    """Make the patients that samples of SALib stand for.

    Parameters
    ----------
    sweep : str, Path or xr.Dataset
        As for :func:`salib_problem`.
    samples : array, shape (patient, variable)
        What a sampler of SALib made of its problem.

    Returns
    -------
    xr.Dataset
        In the order of the samples, for ``simulate``, or as a table for a sweep with ``design = { file = ... }``.
        Normal and lognormal values are clipped as those of sweeps are.

    Raises
    ------
    InputError
        For samples of another shape, or outside the bounds.
    """
    spec = _read(sweep)
    problem = problem_of(spec)
    try:
        given = np.asarray(samples, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError(f"samples: given {shown(samples)}, numbers are needed") from None
    if given.ndim != 2 or given.shape[1] != problem["num_vars"] or not len(given):
        raise InputError(
            f"samples: given shape {given.shape}, (patients, {problem['num_vars']}) is needed, a column for each of "
            f"{', '.join(problem['names'])}"
        )
    for name, kind, bounds, column in zip(problem["names"], problem["dists"], problem["bounds"], given.T, strict=True):
        low, high = bounds if kind == "unif" else (-np.inf, np.inf)
        if not (good := (column >= low) & (column <= high)).all():
            row = int(np.argmin(good))
            raise InputError(f"samples: row {row + 1}: {name} is {column[row]:g}, allowed: {low:g} to {high:g}")
    columns = np.ascontiguousarray(given.T)
    varied = {
        name: law.quantile(column) if isinstance(law, Choice) else np.clip(column, *law.bounds)
        for (name, law), column in zip(spec.varied.items(), columns, strict=False)
    }
    patients = candidates_with(spec, varied, columns[len(varied) :], np.arange(len(given), dtype=np.int64))
    del patients.attrs["design"]
    return numbered(patients)


def _read(sweep: Sweep) -> Spec:
    if isinstance(sweep, Spec):
        return sweep
    if isinstance(sweep, str | Path):
        return load(sweep)
    content = attribute_table(sweep.attrs.get("spec")) if isinstance(sweep, xr.Dataset) else {}
    if not content:
        raise InputError(f"salib: given {shown(sweep)}, a sweep file or the store of a sweep is needed")
    return from_canonical(content)


def _law(law: Distribution) -> tuple[str, list[float]]:
    if isinstance(law, Normal):
        return "norm", [law.mean, law.sd]
    if isinstance(law, Lognormal):
        return "lognorm", [float(np.log(law.median)), law.sigma]
    return POSITION if isinstance(law, Choice) else ("unif", list(law.bounds))


def _groups(spec: Spec, names: list[str]) -> list[str]:
    """Name the group of each coordinate: that of the sweep, or one of its own."""
    # a latent may be called as a group is
    leader = {
        member: f"{group} (group)" if group in names else group
        for group, members in spec.groups.items()
        for member in members
    }
    own = [leader.get(name if name in spec.vary else LAW) for name in names]
    return [group if group is not None else name for group, name in zip(own, names, strict=True)]
