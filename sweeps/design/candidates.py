"""Index to patient: designs whose any slice can be made without the rest, to the same byte."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import lru_cache, partial
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.stats import qmc

from ...engine import PARAMETERS
from ..population.distributions import Array, Distribution
from ..population.laws import Marginal
from ..population.mixtures import Codes
from ..user_patients.samples import LABELS
from .grid import grid_rows
from .stepwise import morris, saltelli
from .weighting import WEIGHT

if TYPE_CHECKING:
    from ..spec.spec import Spec

Index = NDArray[np.int64]
Words = NDArray[np.uint64]

SOBOL_BITS = 52
"""Binary digits of a Sobol coordinate: with half a step added it is exact in float64 and never 0 or 1."""

FEISTEL_ROUNDS = 8

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
    population = spec.population
    vary = spec.varied
    latents = population.latents(vary)
    codes: Codes | None = None
    beside: dict[str, xr.Variable] = {}
    if spec.samples is not None:
        own = spec.samples.take(index)
        beside = {name: xr.Variable(("patient",), own[name]) for name in spec.samples.beside}
        values = {name: own[name] for name in spec.samples.parameters}
        values |= _of_law(spec, values, index)
    elif spec.design == "grid":
        values = _at_the_median(spec, grid_rows(spec.patients, vary, index), vary)
    else:
        # the first dimensions of a Sobol sequence are its best: they go to what is varied on purpose
        first = spec.dimensions - len(latents)
        if spec.design in STEPWISE:
            columns = STEPWISE[spec.design](spec.seed, spec.units, index)
        else:
            columns = UNIT_CUBES[spec.design](spec.seed, spec.dimensions, index, spec.patients)
        if spec.refine is not None:
            across, up = (list(vary).index(name) for name in spec.refine.axes)
            columns[across], columns[up], weight = spec.refine.placed(columns[across], columns[up])
            beside[WEIGHT] = spec.refine.variable(weight)
        values = {name: law.quantile(unit) for (name, law), unit in zip(vary.items(), columns, strict=False)}
        codes = population.codes(columns[len(vary)]) if len(population.cohorts) > 1 else None
        values |= population.parameters(dict(zip(latents, columns[first:], strict=True)), codes, vary)
    if codes is not None:
        beside["cohort"] = population.variable(codes)
    labels = {name: beside.pop(name) for name in (LABELS,) if name in beside}
    return _dataset(spec, index, values).assign(beside).assign_coords(labels)


def _of_law(spec: Spec, given: dict[str, Array], index: Index) -> dict[str, Array]:
    """Draw what patients from a file leave to their population."""
    latents = spec.population.latents(given)
    columns = sobol(spec.seed, len(latents), index, spec.patients) if latents else ()
    return spec.population.parameters(dict(zip(latents, columns, strict=True)), varied=given)


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
    spec = spec.model_copy(update={"patients": count, "seed": TRAINING_SEED, "refine": None})
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
    attributes: dict[str, str | int] = {"cohort": spec.cohort_title, "cohort_definitions": json.dumps(spec.definitions)}
    attributes |= {"seed": spec.seed, "design": spec.design}
    variables["index"] = xr.Variable(("patient",), index, {"long_name": "index in the design", "units": "1"})
    return xr.Dataset(variables, attrs=attributes)


def sobol(seed: int, dimensions: int, index: Index, patients: int) -> Array:
    """Scrambled Sobol points (linear matrix scramble and digital shift of scipy), one row per dimension.

    Equal to the slice of ``scipy.stats.qmc.Sobol``; but the first point of a slice is found from the binary digits of
    its index, where ``fast_forward`` walks through all points before it, and only with 32 bits or fewer.
    """
    if index.size == 0:
        return np.empty((dimensions, 0))
    numbers, shift = _sobol_numbers(seed, dimensions)
    first = int(index[0])
    gray = first ^ (first >> 1)
    points = np.empty((dimensions, index.size), dtype=np.uint64)
    points[:, 0] = shift
    for digit in range(gray.bit_length()):
        if gray >> digit & 1:
            points[:, 0] ^= numbers[:, digit]
    # consecutive Gray codes differ in the digit of the lowest set bit of the later index
    later = index[1:].astype(np.uint64)
    digits = np.bitwise_count((later & (~later + np.uint64(1))) - np.uint64(1))
    for row, directions in zip(points, numbers, strict=True):
        row[1:] = directions[digits]
        np.bitwise_xor.accumulate(row, out=row)
    return points.astype(np.float64) * 2.0**-SOBOL_BITS + 2.0 ** -(SOBOL_BITS + 1)


@lru_cache(maxsize=4)
def _sobol_numbers(seed: int, dimensions: int) -> tuple[Words, Words]:
    # scipy offers no public way to its scrambled direction numbers; tests compare with its public points
    engine = qmc.Sobol(dimensions, scramble=True, bits=SOBOL_BITS, rng=np.random.default_rng(seed))
    return np.array(engine._sv, dtype=np.uint64), np.array(engine._shift, dtype=np.uint64)


def random(seed: int, dimensions: int, index: Index, patients: int) -> Array:
    """Independent uniform numbers of the counter-based generator Philox, one row per dimension."""
    return _philox(seed, 0, dimensions, index)


def latin_hypercube(seed: int, dimensions: int, index: Index, patients: int) -> Array:
    """Latin hypercube of ``patients`` points: in each dimension one point in each of as many equal strata."""
    points = _philox(seed, 1, dimensions, index)
    keys = np.random.SeedSequence([seed, 2]).generate_state(dimensions * FEISTEL_ROUNDS, np.uint64)
    for row, key in zip(points, keys.astype(np.uint64).reshape(dimensions, FEISTEL_ROUNDS), strict=True):
        row += permuted(index.astype(np.uint64), patients, key)
        row /= patients
    return np.minimum(points, 1 - 2.0**-53)


UNIT_CUBES: dict[str, Callable[[int, int, Index, int], Array]] = {
    "sobol": sobol,
    "random": random,
    "latin-hypercube": latin_hypercube,
}
"""Design to the positions in the unit cube, open at both ends, shape (dimensions, indices)."""

STEPWISE: dict[str, Callable[[int, Index, Index], Array]] = {
    "saltelli": partial(saltelli, sobol),
    "morris": partial(morris, random),
}
"""Likewise, of rows that hang together: given the unit of each dimension instead of their number."""


def _philox(seed: int, stream: int, dimensions: int, index: Index) -> Array:
    # one step of the counter gives four numbers; a patient has whole steps of its own
    steps = -(-dimensions // 4)
    key = np.random.SeedSequence([seed, stream]).generate_state(2, np.uint64)
    generator = np.random.Philox(key=key)
    generator.advance(int(index[0]) * steps if index.size else 0)
    unit = np.random.Generator(generator).random((index.size, 4 * steps))[:, :dimensions]
    return np.maximum(np.ascontiguousarray(unit.T), 2.0**-54)


def permuted(numbers: Words, count: int, keys: Words) -> Words:
    """Permute ``0 ... count - 1`` by a keyed Feistel network, number by number.

    The network permutes the next power of two; a number that leaves the range goes through again until it is back
    (cycle walking, fewer than two rounds on average).

    Parameters
    ----------
    numbers : array of uint64
        Numbers below ``count``.
    count : int
        Size of the range.
    keys : array of uint64
        One key per round.

    Returns
    -------
    array of uint64
        Where each number goes.
    """
    bits = max(2, (count - 1).bit_length())
    result = _feistel(numbers, bits, keys)
    outside = np.flatnonzero(result >= count)
    while outside.size:
        result[outside] = _feistel(result[outside], bits, keys)
        outside = outside[result[outside] >= count]
    return result


def _feistel(numbers: Words, bits: int, keys: Words) -> Words:
    low_bits = np.uint64(bits // 2)
    high_bits = np.uint64(bits - bits // 2)
    low_mask = (np.uint64(1) << low_bits) - np.uint64(1)
    high_mask = (np.uint64(1) << high_bits) - np.uint64(1)
    low, high = numbers & low_mask, numbers >> low_bits
    for turn, key in enumerate(keys):
        if turn % 2:
            high = high ^ (_mixed(low, key) & high_mask)
        else:
            low = low ^ (_mixed(high, key) & low_mask)
    return (high << low_bits) | low


def _mixed(numbers: Words, key: np.uint64) -> Words:
    mixed = (numbers ^ key) * np.uint64(0x9E3779B97F4A7C15)
    mixed ^= mixed >> np.uint64(32)
    mixed *= key | np.uint64(1)
    return mixed >> np.uint64(29)
