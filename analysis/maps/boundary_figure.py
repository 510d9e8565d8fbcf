"""The picture of a boundary: the share helped, the line on which it crosses a level, and the error along it."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patheffects import AbstractPathEffect, withStroke

from ..figures.layout import Line, flow, panels
from ..figures.style import CLASS_COLOURS, INK, ORANGE, page, panel_letter, shades, wrapped
from ..response.comparison import definition_in_words
from ..words.counted import who_is_not_shown, who_is_shown
from .boundary import lines_of

HEIGHT = 4.6
"""Inches."""

EMPTY = "#EDEDED"


def boundary_figure(result: xr.Dataset) -> Figure:
    """Draw the result of :func:`~counterpulse.analysis.maps.boundary.boundary`.

    Returns
    -------
    matplotlib.figure.Figure
        (a) the share helped, the boundary and its 95 % band; (b) the error along each line of the boundary, from its
        first to its last vertex.
    """
    title = result.attrs["name"] or f"Where does {result.attrs['arm']} help?"
    height, lines = flow(HEIGHT, Line(3.2, (1.9, 1), alone=0.75))
    with page(height, title, _caption(result)) as figure:
        main, beside = panels(figure, lines)
        _share(main, result)
        _errors(beside, result)
        panel_letter(main, "a")
        panel_letter(beside, "b")
    return figure


def _share(axes: Axes, result: xr.Dataset) -> None:
    y, x = (str(name) for name in result["share"].dims)
    extent = (*result[x].attrs["ends"], *result[y].attrs["ends"])
    axes.set_facecolor(EMPTY)
    image = axes.imshow(
        result["share"].values, cmap=shades("helps"), vmin=0, vmax=1, origin="lower", extent=extent, aspect="auto"
    )
    level = result.attrs["level"]
    band = (result["share_low"] <= level) & (level <= result["share_high"])
    shown = np.ma.masked_where(~band.values, np.ones(band.shape))
    axes.imshow(shown, cmap=ListedColormap([ORANGE]), origin="lower", extent=extent, aspect="auto")
    halo: list[AbstractPathEffect] = [withStroke(linewidth=2.6, foreground="white")]
    for line in lines_of(result):
        axes.plot(line["boundary_x"], line["boundary_y"], color=INK, linewidth=1.1, path_effects=halo)
    axes.set(xlim=extent[:2], ylim=extent[2:])
    axes.set_xlabel(wrapped(result[x].attrs["title"], 4.0, 9))
    axes.set_ylabel(wrapped(result[y].attrs["title"], 3.0, 9))
    bar = axes.figure.colorbar(image, ax=axes, ticks=[0, 0.25, 0.5, 0.75, 1], shrink=0.9, pad=0.02, aspect=30)
    bar.ax.set_yticklabels(["0", "25", "50", "75", "100"])
    bar.set_label("helped (%)", color=CLASS_COLOURS["helps"])
    bar.outline.set_linewidth(0.4)


def _errors(axes: Axes, result: xr.Dataset) -> None:
    """Draw the error over the way along each line."""
    ends = {str(name): np.ptp(result[name].attrs["ends"]) for name in result["share"].dims}
    y, x = ends
    top = 0.0
    for line in lines_of(result):
        steps = np.hypot(np.diff(line["boundary_x"]) / ends[x], np.diff(line["boundary_y"]) / ends[y])
        axes.plot(np.append(0, np.cumsum(steps)), 100 * line["error"].values, color=INK)
        top = max(top, 100 * float(line["error"].quantile(0.98)))
    axes.set_ylim(0, 1.3 * top or 1)
    axes.set_xlim(left=0)
    axes.set_xlabel(wrapped("way along the boundary (lengths of an axis)", 2.0, 9))
    axes.set_ylabel(wrapped("error across it, 95 % (% of the axes)", 3.0, 9))


def _caption(result: xr.Dataset) -> str:
    about = result.attrs
    stores = f" in {about['stores']} stores" if about["stores"] > 1 else ""
    found = "Line: where it crosses" if about["lines"] else "It does not cross"
    return (
        f"{who_is_shown(about)}{stores}, each with ({about['arm']}) and without "
        f"({about['reference']}) the device; not shown: {who_is_not_shown(about)}. {definition_in_words(about)} "
        f"Colour: share helped among about {about['neighbours']:,} patients nearest. {found} "
        f"{100 * about['level']:g} %; orange: its 95 % band."
    )
