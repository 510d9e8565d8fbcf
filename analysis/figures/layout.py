"""Panels in lines, and how they go below each other on a page that is too narrow for them."""

from __future__ import annotations

from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from .sheet import beside


class Line(NamedTuple):
    """Panels beside each other.

    Attributes
    ----------
    height : float
        Inches.
    widths : tuple of float
        Relative to each other.
    alone : float
        Height of a panel below the others, as a share of that which it has beside them.
    """

    height: float
    widths: tuple[float, ...] = (1.0,)
    alone: float = 0.65


def flow(height: float, *lines: Line) -> tuple[float, list[Line]]:
    """Lay the lines of a page of full width out on this one.

    Parameters
    ----------
    height : float
        Inches of the page of full width, with title and caption.
    *lines : Line
        The lines on it.

    Returns
    -------
    float, list of Line
        The height of this page, and the lines on it, with the same panels in the same order.
    """
    laid = [each for line in lines for each in _broken(line)]
    return height + sum(line.height for line in laid) - sum(line.height for line in lines), laid


def _broken(line: Line) -> list[Line]:
    most, widths = beside(len(line.widths)), line.widths
    if most == len(widths):
        return [line]
    parts = [widths[begin : begin + most] for begin in range(0, len(widths), most)]
    return [Line(line.alone * line.height, part) for part in parts]


def panels(parent: Figure | SubFigure, lines: list[Line]) -> list[Axes]:
    """Make the panels of some lines; of lines that are divided alike the panels stand exactly below each other."""
    heights = [line.height for line in lines]
    if len({line.widths for line in lines}) == 1:
        widths = lines[0].widths
        return list(
            parent.subplots(len(lines), len(widths), squeeze=False, height_ratios=heights, width_ratios=widths).flat
        )
    rows = parent.add_gridspec(len(lines), 1, height_ratios=heights)
    drawn = []
    for row, line in enumerate(lines):
        parts = rows[row].subgridspec(1, len(line.widths), width_ratios=line.widths)
        drawn += [parent.add_subplot(parts[place]) for place in range(len(line.widths))]
    return drawn
