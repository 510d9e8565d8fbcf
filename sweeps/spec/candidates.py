"""Index to patient: the candidates of a sweep, any slice of them without the rest."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from ...engine import PARAMETERS
from ..design.grid import grid_rows
from ..design.stepwise import Index
from ..design.unit_cube import STEPWISE, UNIT_CUBES, sobol
from ..design.weighting import WEIGHT
from ..population.distributions import Array, Distribution
from ..population.laws import Marginal
from ..population.mixtures import Codes
from ..user_patients.samples import LABELS

if TYPE_CHECKING:
    from .spec import Spec

TRAINING_SEED = 1
"""Training patients are the same whatever the seed of a sweep, so that its warm start is."""


def candidates(spec: Spec, start: int, stop: int) -> xr.Dataset:
    """Make patients ``start`` to ``stop - 1`` of a sweep.

    What is in ``[vary]`` is independent of everything else; the rest follows the cohort's law. In a grid the axes are
    the parameters of ``[vary]``, the last (in the order of the model's parameters) running fastest: a choice has its
    values as levels, all others have equally many, as few as make ``patients`` points or more, equally spaced from
    the lowest to the highest value (in equal ratios for a lognormal law); everything else is at the cohort's median.

    Parameters
    ----------
    spec : Spec
        The sweep.
    start, stop : int
        Half-open range of indices, within ``0`` to ``spec.patients``.

    Returns
    -------
    xarray.Dataset
        Dimension ``patient``; float64 parameters, without the dimension where all patients have the same; int64
        ``index``; of a mixture ``cohort``; where the sweep is refined ``sampling_weight``, the factor that takes a
        patient back to the plain law.
    """
    if not 0 <= start <= stop <= spec.patients:
        raise ValueError(f"indices {start} to {stop} are not within 0 to {spec.patients}")
    index = np.arange(start, stop, dtype=np.int64)
    if spec.design_points is not None:
        # as other_modes.places says it of a whole part
        index = index * spec.points // spec.patients
    population = spec.population
    codes: Codes | None = None
    beside: dict[str, xr.Variable] = {}
    if spec.samples is not None:
        own = spec.samples.take(index)
        beside = {name: xr.Variable(("patient",), own[name]) for name in spec.samples.beside}
        values = {name: own[name] for name in spec.samples.parameters}
        values |= _of_law(spec, values, index)
    elif spec.design == "grid":
        values = _at_the_median(spec, grid_rows(spec.points, spec.varied, index), spec.varied)
    else:
        columns, weight = positions(spec, index)
        if weight is not None and spec.refine is not None:
            beside[WEIGHT] = spec.refine.variable(weight)
        values, codes = _at_positions(spec, columns)
    if codes is not None:
        beside["cohort"] = population.variable(codes)
    labels = {name: beside.pop(name) for name in (LABELS,) if name in beside}
    return _dataset(spec, index, values).assign(beside).assign_coords(labels)


def positions(spec: Spec, index: Index) -> tuple[Array, Array | None]:
    """Give the positions in the unit cube of some candidates of a sweep that has a law.

    Under that law, [vary] and the cohorts' own together, each coordinate is uniform and independent of the others.

    Parameters
    ----------
    spec : Spec
        The sweep; neither a grid nor of patients from a file.
    index : array of int

    Returns
    -------
    array
        Shape (``spec.dimensions``, candidates): what is varied, the cohort of a mixture, the cohorts' own latents.
    array or None
        Of a refined sweep, whose candidates are not drawn from the law: the factors that take them back to it.
    """
    if spec.design in STEPWISE:
        columns = STEPWISE[spec.design](spec.seed, spec.units, index)
    else:
        # the first dimensions of a Sobol sequence are its best: they go to what is varied on purpose
        columns = _positions(spec, spec.design, spec.dimensions, index)
    if spec.refine is None:
        return columns, None
    across, up = (list(spec.varied).index(name) for name in spec.refine.axes)
    columns[across], columns[up], weight = spec.refine.placed(columns[across], columns[up])
    return columns, weight


def candidates_at(spec: Spec, columns: Array, index: Index) -> xr.Dataset:
    """Make the patients at some positions of the unit cube, as `positions` has them, by the law of a sweep.

    Parameters
    ----------
    spec : Spec
    columns : array
        Shape (``spec.dimensions``, patients), within 0 and 1.
    index : array of int
        By which the random numbers of an irregular rhythm are drawn.

    Returns
    -------
    xarray.Dataset
        As `candidates`.
    """
    return candidates_with(spec, _varied_at(spec, columns), columns[len(spec.vary) :], index)


def candidates_with(spec: Spec, varied: dict[str, Array], others: Array, index: Index) -> xr.Dataset:
    """Make patients by the law of a sweep whose parameters of [vary] are given.

    Parameters
    ----------
    spec : Spec
    varied : dict of str to array
        Values of what is in [vary], before [scale].
    others : array
        Positions, within 0 and 1, of the other ``coordinates``; shape (coordinates, patients).
    index : array of int
        By which the random numbers of an irregular rhythm are drawn.

    Returns
    -------
    xarray.Dataset
        As `candidates`.
    """
    values, codes = _completed(spec, varied, others)
    beside = {} if codes is None else {"cohort": spec.population.variable(codes)}
    return _dataset(spec, index, values).assign(beside)


def coordinates(spec: Spec) -> list[str]:
    """Names of the coordinates of a point of the design: what is varied, the cohort of a mixture, and the latents."""
    population, vary = spec.population, spec.varied
    return [*vary, *(["cohort"] if len(population.cohorts) > 1 else []), *population.latents(vary)]


def _at_positions(spec: Spec, columns: Array) -> tuple[dict[str, Array], Codes | None]:
    return _completed(spec, _varied_at(spec, columns), columns[len(spec.vary) :])


def _varied_at(spec: Spec, columns: Array) -> dict[str, Array]:
    return {name: law.quantile(unit) for (name, law), unit in zip(spec.varied.items(), columns, strict=False)}


def _completed(spec: Spec, varied: dict[str, Array], others: Array) -> tuple[dict[str, Array], Codes | None]:
    population = spec.population
    mixed = len(population.cohorts) > 1
    codes = population.codes(others[0]) if mixed else None
    unit = dict(zip(population.latents(varied), others[mixed:], strict=True))
    return varied | population.parameters(unit, codes, varied), codes


def _of_law(spec: Spec, given: dict[str, Array], index: Index) -> dict[str, Array]:
    """Draw what patients from a file leave to their population."""
    latents = spec.population.latents(given)
    columns = _positions(spec, "sobol", len(latents), index) if latents else ()
    return spec.population.parameters(dict(zip(latents, columns, strict=True)), varied=given)


def _positions(spec: Spec, design: str, dimensions: int, index: Index) -> Array:
    """Give positions in the unit cube, of indices that need not follow each other: run by run of those that do."""
    runs = np.split(index, np.flatnonzero(np.diff(index) != 1) + 1)
    columns = [UNIT_CUBES[design](spec.seed, dimensions, run, spec.points) for run in runs]
    return columns[0] if len(columns) == 1 else np.hstack(columns)


def moved_by(spec: Spec) -> list[list[str]]:
    """Names of what each coordinate of a design may move: parameters, and ``cohort`` of a mixture."""
    population, vary = spec.population, spec.varied
    laws = [cohort.law for cohort in population.cohorts]
    drawn = [name for name in PARAMETERS if name not in vary and any(name in law for law in laws)]
    mixed = [["cohort", *drawn]] if len(laws) > 1 else []
    of_law = [
        [name for name in drawn if any(_hangs_on(law.get(name), name, latent) for law in laws)]
        for latent in population.latents(vary)
    ]
    return [*([name] for name in vary), *mixed, *of_law]


def _hangs_on(row: Marginal | None, name: str, latent: str) -> bool:
    """Whether a law makes a parameter hang on one of the independent variables."""
    return row is not None and (latent in row.scales or latent in row.follows or (latent == name and row.has_own))


def training(spec: Spec, count: int) -> xr.Dataset:
    """Draw ``count`` patients of a sweep's plain law, of a seed of their own; for a grid, between its points.

    Of patients from a file they are some of these, or all.
    """
    spec = spec.model_copy(update={"patients": count, "seed": TRAINING_SEED, "refine": None, "design_points": None})
    if spec.samples is not None:
        found = spec.samples.spread(count)
        own = {name: found[name] for name in spec.samples.parameters}
        index = np.arange(len(next(iter(own.values()))), dtype=np.int64)
        return _dataset(spec, index, own | _of_law(spec, own, index))
    if spec.design != "grid":
        return candidates(spec.model_copy(update={"design": "sobol"}), 0, count)
    index = np.arange(count, dtype=np.int64)
    vary = spec.varied
    columns = sobol(spec.seed, len(vary), index, count)
    values = {name: law.quantile(unit) for (name, law), unit in zip(vary.items(), columns, strict=True)}
    return _dataset(spec, index, _at_the_median(spec, values, vary))


def _at_the_median(spec: Spec, values: dict[str, Array], vary: dict[str, Distribution]) -> dict[str, Array]:
    """Complete what is varied in a grid: everything else is at the cohort's median."""
    population = spec.population
    medians = {name: np.array(0.5) for name in population.latents(vary)}
    return values | population.parameters(medians, varied=vary)


def _dataset(spec: Spec, index: Index, values: dict[str, Array]) -> xr.Dataset:
    for name, factor in spec.scale.items():
        values[name] = factor * values.get(name, np.array(PARAMETERS[name].default))
    variables = {
        name: xr.Variable(
            ("patient",) if values[name].ndim else (),
            values[name],
            {"long_name": quantity.long_name, "units": quantity.units},
        )
        for name, quantity in PARAMETERS.items()
        if name in values
    }
    attributes: dict[str, str | int] = {
        "cohort": spec.cohort_title,
        "cohort_definitions": json.dumps(spec.definitions),
        "cohort_shock": json.dumps(spec.shock),
        "seed": spec.seed,
        "design": spec.design,
    }
    variables["index"] = xr.Variable(("patient",), index, {"long_name": "index in the design", "units": "1"})
    return xr.Dataset(variables, attrs=attributes)
