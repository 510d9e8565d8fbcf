"""Patients drawn where a question is open: a frozen density over two axes, and the weight that takes it back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import numpy as np
import xarray as xr
from pydantic import Field, model_validator

from ...engine import InputError, check_name
from ..population.distributions import Array, Choice, Distribution
from ..population.tables import Number, Table, Whole, shown_key

DESIGNS = ("sobol", "random")
"""Designs whose points may be moved: a stratum or a level of the others would lose its meaning."""

MOST_CELLS = 256
LARGEST = 10**6

Cell = Annotated[Whole, Field(ge=0, le=LARGEST)]
Row = Annotated[tuple[Cell, ...], Field(min_length=1, max_length=MOST_CELLS, strict=False)]


class Refine(Table):
    """A density over two axes of [vary], constant in each cell of a grid, frozen as whole numbers.

    The cells are equally likely under the plain law: the grid is one of positions in each axis's own law, whatever its
    form. With ``plain_share`` s and cells c the density, relative to the plain law, is s + (1 - s) c / mean(c); so no
    weight is above 1/s, and nothing the plain law reaches is left out.

    Attributes
    ----------
    axes : tuple of str
        Two parameters of [vary].
    plain_share : float
        Share of the patients drawn from the plain law.
    parent : str
        Spec hash of the sweep that the density was learnt from.
    cells : tuple of tuple of int
        Relative density of the others in each cell: a row for each cell of the first axis, along the second.
    """

    axes: Annotated[tuple[str, str], Field(strict=False)]
    plain_share: Annotated[Number, Field(ge=0.01, le=1)]
    parent: Annotated[str, Field(max_length=64, pattern="^[0-9a-f]*$")] = ""
    cells: Annotated[tuple[Row, ...], Field(min_length=1, max_length=MOST_CELLS, strict=False)]

    @model_validator(mode="after")
    def _rectangular(self) -> Refine:
        if len({len(row) for row in self.cells}) > 1:
            raise InputError("refine.cells: the rows differ in length; all must have as many cells")
        if not any(any(row) for row in self.cells):
            raise InputError("refine.cells: all are 0; one at least must be above")
        return self

    @property
    def density(self) -> Array:
        """Density of the proposal relative to the plain law, by cell; its mean is 1."""
        cells = np.array(self.cells, dtype=np.float64)
        return np.asarray(self.plain_share + (1 - self.plain_share) * cells / cells.mean())

    def placed(self, first: Array, second: Array) -> tuple[Array, Array, Array]:
        """Move uniform positions to the proposal's, by the inverse of Rosenblatt's map.

        The first axis by its marginal, the second by its law given the first (Rosenblatt 1952, Ann Math Stat 23:470):
        monotone and piecewise linear, so points that fill the square evenly fill the density evenly.

        Parameters
        ----------
        first, second : array
            Positions in the unit interval, along each axis.

        Returns
        -------
        first, second, weight : array
            Positions under the plain law, and plain density over proposal density.
        """
        density = self.density
        marginal = density.mean(axis=1)
        column, first = _inverted(marginal[np.newaxis], np.zeros(first.shape, dtype=np.int64), first)
        row, second = _inverted(density / marginal[:, np.newaxis], column, second)
        return first, second, 1 / density[column, row]

    def variable(self, weight: Array) -> xr.Variable:
        """Give the weights as a variable that says what they are."""
        attributes = {
            "long_name": "sampling weight: density of the plain law over that of the proposal",
            "units": "1",
            "axes": " ".join(self.axes),
            "largest": 1 / self.plain_share,
        }
        return xr.Variable(("patient",), weight, attributes)


def _inverted(densities: Array, law: np.ndarray, unit: Array) -> tuple[np.ndarray, Array]:
    """Invert cumulative laws, each point's its own: cell of each point, and its position.

    Parameters
    ----------
    densities : array
        (laws, cells), constant in equal cells of the unit interval, each of mean 1.
    law : array of int
        Which law each point has.
    unit : array
        Positions to invert.
    """
    cells = densities.shape[1]
    ends = np.cumsum(densities / cells, axis=1)
    ends[:, -1] = 1.0
    # one search through the laws in a row, each shifted by its number
    found = np.searchsorted((np.arange(len(ends))[:, np.newaxis] + ends).ravel(), law + unit, side="right")
    cell = np.minimum(found - law * cells, cells - 1)
    start = np.where(cell > 0, ends[law, cell - 1], 0.0)
    position = (cell + (unit - start) * cells / densities[law, cell]) / cells
    return cell, np.clip(position, 2.0**-54, 1 - 2.0**-53)


def check_axes(axes: tuple[str, str], vary: Mapping[str, Distribution], design: str) -> None:
    """Refuse axes that do not vary independently and continuously, and designs whose points cannot be moved.

    Raises
    ------
    InputError
        In one line.
    """
    if design not in DESIGNS:
        raise InputError(f"refine: the design is {design}; allowed: {', '.join(DESIGNS)}")
    allowed = [name for name, law in vary.items() if not isinstance(law, Choice)]
    if len(allowed) < 2:
        raise InputError(
            "refine: two parameters that vary over a range in [vary] are needed, independent of all else; "
            f"there {'is ' + allowed[0] if allowed else 'are none'}"
        )
    for name in axes:
        if name not in allowed:
            check_name("refine: an axis must vary over a range in [vary]", shown_key(name), allowed)
    if axes[0] == axes[1]:
        raise InputError(f"refine: both axes are {axes[0]}; two different ones are needed")
