"""The picture of a map: where an arm helps, with what share fails and is harmed, and the shares along each axis."""

from __future__ import annotations

from typing import cast

import xarray as xr
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.figure import Figure, SubFigure
from matplotlib.ticker import PercentFormatter

from ..figures.sheet import narrow, page_width, points
from ..figures.style import CLASS_COLOURS, CLASS_WORDS, page, panel_letter, wrapped
from .drawing import axis_name, caption, classes_in_words, curves, level_lines, paint, question, share_scale
from .panels import panels_figure

HEIGHT = 5.4
"""Inches: half of a journal's page."""

LEVELS = (0.1, 0.5, 0.9)


def map_figure(result: xr.Dataset) -> Figure:
    """Draw the result of :func:`~counterpulse.analysis.maps.map.map`.

    Parameters
    ----------
    result : xr.Dataset
        A map over x, or x and y, and columns and rows where there are.

    Returns
    -------
    matplotlib.figure.Figure
        Of the classes over x and y: (a) the share helped, its level lines, and the shares of all classes along each
        axis; (b) the share that fails; (c) the share harmed. All else as :func:`map_panels.panels_figure` draws it.
        Cells with few patients are hatched, cells with none grey.
    """
    if (
        "share" in result
        and result["patients"].ndim == 2
        and {"x", "y"} == {result[dim].attrs["role"] for dim in result["patients"].dims}
    ):
        return _page(result)
    return panels_figure(result)


def _page(result: xr.Dataset) -> Figure:
    said = f"{classes_in_words(result)} Lines: equal share helped."
    height = 2.2 * page_width() if narrow() else HEIGHT
    with page(height, question(result), caption(result, said)) as figure:
        if narrow():
            left, right = cast("list[SubFigure]", figure.subfigures(2, 1, height_ratios=(1.2, 0.75)))
        else:
            left, right = cast("list[SubFigure]", figure.subfigures(1, 2, width_ratios=(4.5, 2.4)))
        grid = left.add_gridspec(2, 2, width_ratios=(4, 1), height_ratios=(1, 3.4))
        main = left.add_subplot(grid[1, 0])
        above, beside = left.add_subplot(grid[0, 0], sharex=main), left.add_subplot(grid[1, 1], sharey=main)
        y, x = (result[axis_name(result, role)].attrs["title"] for role in ("y", "x"))
        main.set(xlabel=wrapped(x, 0.42 * page_width(), 9), ylabel=wrapped(y, 2.8, 9))
        mesh = _panel(main, result, "helps")
        level_lines(main, result, result["share"].sel(response="helps").values, LEVELS)
        _curves(above, beside, result)
        panel_letter(above, "a")
        corner = left.add_subplot(grid[0, 1])
        corner.axis("off")
        corner.set_title("helped (%)", fontsize=points(8), color=CLASS_COLOURS["helps"], y=0.42)
        _scale(corner.inset_axes((0.08, 0.3, 0.8, 0.12)), mesh, "horizontal")
        lower = right.subplots(*((1, 2) if narrow() else (2, 1)), sharex=True, sharey=narrow())
        for letter, name, axes in zip("bc", ("fails", "harms"), lower, strict=True):
            mesh = _panel(axes, result, name)
            _scale(axes.inset_axes((1.05, 0.05, 0.05, 0.9)), mesh, "vertical")
            axes.set_title(f"{CLASS_WORDS[name]} (%)", color=CLASS_COLOURS[name], loc="left", fontsize=points(8.5))
            panel_letter(axes, letter)
            axes.tick_params(labelbottom=letter == "c" or narrow())
        right.supxlabel(wrapped(x, 2.0, 9), fontsize=points(9), multialignment="center")
        right.supylabel(wrapped(y, 1.6 if narrow() else 3.2, 9), fontsize=points(9), multialignment="center")
    return figure


def _panel(axes: Axes, result: xr.Dataset, name: str) -> QuadMesh:
    shares = result["share"].sel(response=name)
    return paint(axes, result, shares.values, share_scale(name, shares.where(~result["thin"]).values))


def _curves(above: Axes, beside: Axes, result: xr.Dataset) -> None:
    """Draw the share of each class along each axis, with Wilson's 95 % interval."""
    y, x = axis_name(result, "y"), axis_name(result, "x")
    curves(above, result, x, y)
    curves(beside, result, y, x, upright=True)
    percent = PercentFormatter(1, symbol="")
    for axes, axis in ((above, above.yaxis), (beside, beside.xaxis)):
        axis.set_major_formatter(percent)
        axis.set_ticks([0, 1] if narrow() and axes is beside else [0, 0.5, 1])
        axes.margins(0)
    above.set_ylim(-0.03, 1.03)
    beside.set_xlim(-0.03, 1.03)
    above.tick_params(labelbottom=False)
    beside.tick_params(labelleft=False)
    above.set_ylabel("share (%)")
    beside.set_xlabel("share (%)")
    above.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), ncol=3, handlelength=1.2, columnspacing=1.2, borderpad=0)


def _scale(axes: Axes, mesh: QuadMesh, orientation: str) -> None:
    bar = axes.figure.colorbar(mesh, cax=axes, orientation=orientation)
    bar.outline.set_linewidth(0.4)
    top = mesh.get_clim()[1]
    ticks = [0.0, top] if narrow() and orientation == "horizontal" else [0.0, top / 2, top]
    bar.set_ticks(ticks, labels=[f"{100 * tick:.3g}" for tick in ticks])
