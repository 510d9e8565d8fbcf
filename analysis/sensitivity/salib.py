"""A store as SALib's analyzers ask for it: the problem, the samples and the outcomes, in the order of the design."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import xarray as xr

from ...engine import InputError
from ...sweeps.design.stepwise import DESIGNS
from ...sweeps.population.checks import whole
from ...sweeps.population.distributions import Choice
from ...sweeps.spec.candidates import positions
from ...sweeps.spec.salib import Problem, problem_of
from ...sweeps.spec.spec import Spec
from ..reading.measures import varied
from ..reading.stream import Weights, fold
from ..response.comparison import Comparison
from .design_structure import planned_structure, sweep_of
from .outcomes import Floats, columns_of, evaluate, outcomes_of, variables


class ForSALib(NamedTuple):
    """What SALib's analyzers take.

    Attributes
    ----------
    problem : dict
        ``num_vars``, ``names``, ``bounds`` and what else there is.
    samples : array, shape (row, variable)
        ``X`` of SALib.
    outcomes : dict of str to array, shape (row,)
        ``Y`` of SALib, by name.
    left_out : int
        Rows that are not among them: those that hang together with a row that has no number, and a rest.
    """

    problem: Problem
    samples: Floats
    outcomes: dict[str, Floats]
    left_out: int


def to_salib(
    dataset: xr.Dataset,
    outcomes: Sequence[str] | None = None,
    *,
    rows_together: int | None = None,
    arm: str | None = None,
    reference: str | None = None,
    definition: str | None = None,
    thresholds: Mapping[str, float] | None = None,
) -> ForSALib:
    """Hand a data set to SALib.

    Of a saltelli or morris sweep the variables are the coordinates of its design, as ``salib_problem`` tells them, and
    ``SALib.analyze.sobol`` needs ``calc_second_order=False``. Of all else they are the parameters that differ, with
    their lowest and highest value. All of it is in memory.

    Parameters
    ----------
    dataset : xr.Dataset
        Result of ``open_store`` or ``simulate``.
    outcomes, arm, reference, definition, thresholds
        As for :func:`~counterpulse.analysis.sensitivity.indices.sensitivity`.
    rows_together : int, optional
        Rows that hang together in a design of SALib's own, as ``2 * D + 2`` of Saltelli: where one of them has no
        number, all are left out. Default: those of the sweep's design, or 1.

    Returns
    -------
    ForSALib

    Raises
    ------
    InputError
        For an unknown name, a refined store, or where no whole set of rows has numbers.
    """
    alone = dataset.sizes.get("arm") == 1
    comparison = Comparison.of(dataset, arm, reference, definition, thresholds, alone=alone)
    asked = outcomes_of(dataset, outcomes, comparison)
    parameters = varied(dataset)
    spec = _planned(dataset, parameters, comparison.arm)
    if spec is not None and rows_together is not None:
        raise InputError(f"rows_together: the {spec.design} design of this store says it; leave it out")
    together = (
        spec.rows_together
        if spec is not None
        else 1
        if rows_together is None
        else whole("rows_together", rows_together, 1)
    )
    if not parameters:
        raise InputError("salib: no parameter differs between the patients of this store")

    def work(block: xr.Dataset, _: slice) -> tuple[list[Floats], list[Floats]]:
        return [evaluate(block, asked)[0]], [columns_of(block, parameters, comparison.arm)]

    names = [*variables(asked), *parameters]
    found, rows = fold(dataset, names, work, answer="salib", weights=Weights.REFUSED)
    values, samples = np.concatenate(found), np.concatenate(rows)
    sets = len(values) // together
    good = np.isfinite(values[: sets * together]).reshape(sets, -1).all(axis=1)
    used = np.flatnonzero(np.repeat(good, together))
    if not used.size:
        raise InputError(f"salib: no set of {together} rows that hang together has a number in all of them")
    if spec is not None:
        problem, samples = problem_of(spec), _coordinates(spec, used)
    else:
        samples = samples[used]
        ends = np.stack([samples.min(axis=0), samples.max(axis=0)], axis=1)
        problem = {"num_vars": len(parameters), "names": parameters, "bounds": ends.tolist()}
    own = {each.name: values[used, place] for place, each in enumerate(asked)}
    return ForSALib(problem, samples, own, len(values) - len(used))


def _planned(dataset: xr.Dataset, parameters: Sequence[str], arm: str) -> Spec | None:
    """Give the sweep whose own design the rows are, from its first one on."""
    spec = sweep_of(dataset)
    if spec is None or spec.design not in DESIGNS:
        return None
    return spec if planned_structure(dataset, parameters, arm, spec.design) is not None else None


def _coordinates(spec: Spec, index: np.ndarray) -> Floats:
    """Give the coordinates of rows as the problem has them: values of what is varied, else positions."""
    columns = positions(spec, index)[0].T
    for place, law in enumerate(spec.varied.values()):
        if not isinstance(law, Choice):
            columns[:, place] = law.quantile(columns[:, place])
    return columns
