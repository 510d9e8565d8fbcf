"""Pictures of maps of one axis, of a number, and of maps side by side over a third and a fourth axis."""

from __future__ import annotations

from typing import cast

import numpy as np
import xarray as xr
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.figure import Figure, SubFigure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, PercentFormatter

from ..figures.sheet import narrow, page_width, points
from ..figures.style import BLUE, INK, VERMILLION, fitted, page, panel_letter, wrapped
from .drawing import (
    Scale,
    axis_name,
    caption,
    classes_in_words,
    curves,
    edges_of,
    level_lines,
    paint,
    question,
    share_scale,
    tick,
    value_scale,
)
from .response_map import axis_for

PER_LINE = 4
"""Panels in a line where there are columns only."""
PER_LINE_NARROW = 2
"""The same on a narrow page."""

HELPED, HARMED = (0.5,), (0.1,)
"""Levels of the lines in each panel."""


def panels_figure(result: xr.Dataset) -> Figure:
    """Draw a panel for every group of columns and rows; of one axis curves with their intervals, of two cells.

    A number over x and y, without columns and rows, has a second panel: half the width of its 95 % interval.

    Parameters
    ----------
    result : xr.Dataset
        Of :func:`~counterpulse.analysis.maps.map.map`.
    """
    maps, across = _laid_out(result)
    lines = -(-len(maps) // across)
    flat = axis_for(result, "y") is None
    whole = len(maps) == 1
    height = (3.4 if flat else 3.6) if whole else lines * max(1.35, 5.6 / across * (0.75 if flat else 0.9))
    if narrow():
        doubled = whole and not flat and "value" in result
        height = (2.2 if flat else 4.6 if doubled else 2.4) if whole else lines * (1.35 if across > 1 else 1.6)
    with page(height + 1.7, question(result), caption(result, _reads(result, flat))) as figure:
        body = cast(SubFigure, figure.subfigures(1, 1))
        if whole and not flat and "value" in result:
            _with_interval(body, result)
            return figure
        panels = body.subplots(lines, across, sharex=True, sharey=True, squeeze=False)
        scale = None if flat else _scale(result)
        for place, axes in enumerate(panels.flat):
            if place >= len(maps):
                axes.axis("off")
                continue
            title, beside, one = maps[place]
            mesh = _curved(axes, one, whole) if scale is None else _painted(axes, one, scale)
            axes.set_title(fitted(title, (page_width() - 1.0) / across - 0.15, 8.5), fontsize=points(8.5), loc="left")
            axes.annotate(
                fitted(beside, height / lines - 0.3, 8.5), (1, 0.5), xycoords="axes fraction", xytext=(4, 0),
                textcoords="offset points", rotation=90, va="center", fontsize=points(8.5),
            )  # fmt: skip
            # the last panel of a column that ends above the last line carries the ticks
            axes.tick_params(labelbottom=place + across >= len(maps))
        _named(body, result, flat, height)
        if scale is not None and mesh is not None:
            _bar(body, result, mesh, scale, list(panels.flat))
        _legend(body, result, flat)
    return figure


def _laid_out(result: xr.Dataset) -> tuple[list[tuple[str, str, xr.Dataset]], int]:
    """What stands above and beside every panel, and its map, line by line; and how many stand in a line."""
    columns, rows = axis_for(result, "columns"), axis_for(result, "rows")
    if columns is None or rows is None:
        only = columns or rows
        if only is None:
            return [("", "", result)], 1
        single = [(str(label), "", result.isel({only: place})) for place, label in enumerate(result[only].values)]
        lines = -(-len(single) // (PER_LINE_NARROW if narrow() else PER_LINE))
        return single, -(-len(single) // lines)
    across = result.sizes[columns]
    return [
        (
            str(above) if row == 0 else "",
            str(beside) if column == across - 1 else "",
            result.isel({rows: row, columns: column}),
        )
        for row, beside in enumerate(result[rows].values)
        for column, above in enumerate(result[columns].values)
    ], across


def _curved(axes: Axes, one: xr.Dataset, whole: bool) -> QuadMesh | None:
    """Draw curves over x: the shares of all classes, or the number."""
    x = axis_name(one, "x")
    if "share" in one:
        curves(axes, one, x)
        axes.set_ylim(-0.03, 1.03)
        axes.yaxis.set_major_formatter(PercentFormatter(1, symbol=""))
        axes.yaxis.set_ticks([0, 0.25, 0.5, 0.75, 1] if whole else [0, 0.5, 1])
    else:
        known = ~one["thin"].values
        low, value, high = (np.where(known, one[name].values, np.nan) for name in ("value_low", "value", "value_high"))
        axes.fill_between(one[x].values, low, high, color=BLUE, alpha=0.25, linewidth=0)
        axes.plot(one[x].values, value, color=BLUE, marker="o" if len(value) <= 10 else None, markersize=3)
        if _signed(one):
            axes.axhline(0, color=INK, linewidth=0.6, zorder=0)
        tick(axes.yaxis, one.attrs["value_name"], 8 if whole else 3)
    tick(axes.xaxis, x, 10 if whole else 3)
    axes.set_xlim(*edges_of(one, x)[[0, -1]])
    return None


def _painted(axes: Axes, one: xr.Dataset, scale: Scale) -> QuadMesh:
    """Paint the share helped, or the number, over x and y."""
    ticks = 2 if narrow() else 3
    if "value" in one:
        mesh = paint(axes, one, one["value"].values, scale, ticks)
        if _signed(one):
            level_lines(axes, one, one["value"].values, (0.0,), labelled=False)
        return mesh
    mesh = paint(axes, one, one["share"].sel(response="helps").values, scale, ticks)
    for name, levels, colour in (("helps", HELPED, INK), ("harms", HARMED, VERMILLION)):
        level_lines(axes, one, one["share"].sel(response=name).values, levels, colour, labelled=False)
    return mesh


def _signed(result: xr.Dataset) -> bool:
    return str(result.attrs.get("value_name", "")).endswith("_difference")


def _relative(result: xr.Dataset) -> bool:
    return str(result.attrs.get("value_name", "")).endswith("_relative_difference")


def _scale(result: xr.Dataset) -> Scale:
    if "value" in result:
        return value_scale(result["value"].where(~result["thin"]).values, _signed(result))
    return share_scale("helps", result["share"].sel(response="helps").values)


def _value_title(result: xr.Dataset) -> str:
    return f"{result.attrs['statistic']}: {result.attrs['value_title']}"


def _with_interval(body: SubFigure, result: xr.Dataset) -> None:
    """A number, and beside it how well it is known."""
    left, right = body.subplots(*((2, 1) if narrow() else (1, 2)), sharex=True, sharey=True)
    half = (result["value_high"].values - result["value_low"].values) / 2
    scales = (_scale(result), value_scale(np.where(result["thin"].values, np.nan, half), False))
    titles = (_value_title(result), "half of its 95 % interval")
    for letter, axes, values, scale, title in zip(
        "ab", (left, right), (result["value"].values, half), scales, titles, strict=True
    ):
        mesh = paint(axes, result, values, scale)
        axes.set_title(wrapped(title, 2.4 if narrow() else 2.7, 8.5), fontsize=points(8.5), loc="left")
        panel_letter(axes, letter)
        _bar(body, result, mesh, scale, [axes], label=False)
    if _signed(result):
        level_lines(left, result, result["value"].values, (0.0,), labelled=False)
    _named(body, result, False, 3.4)


def _named(body: SubFigure, result: xr.Dataset, flat: bool, height: float) -> None:
    """Label the axes that all panels share, and say what the columns and rows are."""
    up = ("share (%)" if "share" in result else _value_title(result)) if flat else _title(result, "y")
    body.supxlabel(wrapped(_title(result, "x"), page_width() - 1.7, 9), fontsize=points(9), multialignment="center")
    body.supylabel(wrapped(up, max(height - 0.6, 1.6), 9), fontsize=points(9), multialignment="center")


def _title(result: xr.Dataset, role: str) -> str:
    return str(result[axis_name(result, role)].attrs["title"])


def _bar(
    body: SubFigure, result: xr.Dataset, mesh: QuadMesh, scale: Scale, axes: list[Axes], label: bool = True
) -> None:
    bar = body.colorbar(mesh, ax=axes, extend=scale.extend, aspect=25, shrink=0.9, pad=0.02)
    bar.outline.set_linewidth(0.4)
    title = "helped (%)" if "share" in result else _value_title(result)
    if label:
        bar.set_label(wrapped(title, 2.6, 8.5), fontsize=points(8.5))
    if "share" in result or _relative(result):
        bar.ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:g}"))


def _legend(body: SubFigure, result: xr.Dataset, flat: bool) -> None:
    """Say above all panels what the columns and rows are, and what the lines."""
    named = [f"{role}: {_title(result, role)}" for role in ("columns", "rows") if axis_for(result, role)]
    handles: list[Artist] = []
    labels: list[str] = []
    if "share" in result and flat:
        handles, labels = body.axes[0].get_legend_handles_labels()
    elif "share" in result:
        handles = [Line2D([], [], color=colour, linewidth=0.9) for colour in (INK, VERMILLION)]
        labels = [f"{100 * HELPED[0]:g} % helped", f"{100 * HARMED[0]:g} % harmed"]
    if named or handles:
        body.legend(
            handles, labels, loc="outside upper left", ncol=3, handlelength=1.2, columnspacing=1.2, borderpad=0,
            title=wrapped("; ".join(named), page_width() - 0.4, 8.5), title_fontsize=points(8.5), alignment="left",
        )  # fmt: skip


def _reads(result: xr.Dataset, flat: bool) -> str:
    """How the panels are read."""
    band = " Bands: 95 % intervals." if flat else ""
    if "share" in result:
        return f"{classes_in_words(result)}{band}"
    known = result["value"].where(~result["thin"])
    crossed = _signed(result) and not flat and bool(known.min() < 0 < known.max())
    line = " Line: no change." if crossed else ""
    statistic, error = result.attrs["statistic"], float(result["value_error"].where(~result["thin"]).max())
    read = f", read from histograms to within {100 * error if _relative(result) else error:.2g}" if error > 0 else ""
    return f"{statistic.capitalize()} of the {result.attrs['value_title']}{read}.{line}{band}"
