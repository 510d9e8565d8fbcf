"""The picture of a map: where an arm helps, with what share fails and is harmed, and the shares along each axis."""

from __future__ import annotations

from typing import cast

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.figure import Figure, SubFigure
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.patheffects import AbstractPathEffect, withStroke
from matplotlib.ticker import FuncFormatter, MaxNLocator, PercentFormatter
from scipy.ndimage import gaussian_filter

from .figures import CLASS_COLOURS, CLASS_WORDS, INK, WIDTH, panel_letter, shades, style, wrapped
from .maps import wilson
from .response import definition_in_words

HEIGHT = 5.4
"""Inches: half of a journal's page."""

EMPTY = "#EDEDED"
LEVELS = (0.1, 0.5, 0.9)


def map_figure(result: xr.Dataset) -> Figure:
    """Draw the result of :func:`~counterpulse.analysis.maps.map_response`.

    Parameters
    ----------
    result : xr.Dataset
        With two axes of cells.

    Returns
    -------
    matplotlib.figure.Figure
        (a) the share helped, its level lines, and the shares of all classes along each axis; (b) the share that
        fails; (c) the share harmed. Cells with few patients are hatched, cells with none grey.
    """
    with style():
        figure = Figure(figsize=(WIDTH, HEIGHT), layout="constrained")
        figure.suptitle(_question(result), fontsize=11, weight="bold", x=0.012, ha="left")
        figure.supxlabel(_caption(result), fontsize=8, x=0.012, ha="left", linespacing=1.3)
        left, right = cast("list[SubFigure]", figure.subfigures(1, 2, width_ratios=(4.5, 2.4)))
        grid = left.add_gridspec(2, 2, width_ratios=(4, 1), height_ratios=(1, 3.4))
        main = left.add_subplot(grid[1, 0])
        above, beside = left.add_subplot(grid[0, 0], sharex=main), left.add_subplot(grid[1, 1], sharey=main)
        y, x = (result[dim].attrs["title"] for dim in result["patients"].dims)
        main.set(xlabel=wrapped(x, 3.0, 9), ylabel=wrapped(y, 2.8, 9))
        mesh = _panel(main, result, "helps")
        _levels(main, result)
        _curves(above, beside, result)
        panel_letter(above, "a")
        corner = left.add_subplot(grid[0, 1])
        corner.axis("off")
        corner.set_title("helped (%)", fontsize=8, color=CLASS_COLOURS["helps"], y=0.42)
        _scale(corner.inset_axes((0.08, 0.3, 0.8, 0.12)), mesh, "horizontal")
        for letter, name, axes in zip("bc", ("fails", "harms"), right.subplots(2, 1, sharex=True), strict=True):
            mesh = _panel(axes, result, name)
            _scale(axes.inset_axes((1.05, 0.05, 0.05, 0.9)), mesh, "vertical")
            axes.set_title(f"{CLASS_WORDS[name]} (%)", color=CLASS_COLOURS[name], loc="left", fontsize=8.5)
            panel_letter(axes, letter)
            axes.tick_params(labelbottom=letter == "c")
        right.supxlabel(wrapped(x, 2.0, 9), fontsize=9, multialignment="center")
        right.supylabel(wrapped(y, 3.2, 9), fontsize=9, multialignment="center")
    return figure


def _edges(result: xr.Dataset, name: str) -> np.ndarray:
    bounds = result[f"{name}_bounds"].values
    return np.append(bounds[:, 0], bounds[-1, 1])


def _panel(axes: Axes, result: xr.Dataset, name: str) -> QuadMesh:
    """Paint the share of a class; hatch the cells with few patients."""
    y, x = (str(dim) for dim in result["patients"].dims)
    across, up = _edges(result, x), _edges(result, y)
    share, thin = result["share"].sel(response=name).values, result["thin"].values
    painted = np.ma.masked_where(thin | ~np.isfinite(share), share)
    # Harm is rare: on a scale that ends at 100 % it could not be seen at all.
    top = 1.0 if name != "harms" else _ceiling(float(painted.max()) if painted.count() else 0.0)
    axes.set_facecolor(EMPTY)
    mesh = axes.pcolormesh(across, up, painted, cmap=shades(name), vmin=0, vmax=top, rasterized=True)
    if thin.any():
        corners = [
            [(across[j], up[i]), (across[j + 1], up[i]), (across[j + 1], up[i + 1]), (across[j], up[i + 1])]
            for i, j in np.argwhere(thin)
        ]
        cells = Path.make_compound_path(*(Path([*corner, corner[0]], closed=True) for corner in corners))
        axes.add_patch(PathPatch(cells, hatch="//////", facecolor=EMPTY, edgecolor="#A8A8A8", linewidth=0))
    axes.set_xlim(across[0], across[-1])
    axes.set_ylim(up[0], up[-1])
    for axis, dim in ((axes.xaxis, x), (axes.yaxis, y)):
        axis.set_major_locator(MaxNLocator(5))
        if dim.endswith("_relative_difference"):
            axis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:g}"))
    return mesh


def _ceiling(share: float) -> float:
    return next(top for top in (0.02, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0) if share <= top)


def _levels(axes: Axes, result: xr.Dataset) -> None:
    """Draw lines of equal share helped, of a share smoothed over the neighbouring cells."""
    y, x = (str(dim) for dim in result["patients"].dims)
    patients = result["patients"].values.astype(float)
    if min(patients.shape) < 5:
        return
    helped = gaussian_filter(result["count"].sel(response="helps").values.astype(float), 1.5, mode="nearest")
    around = gaussian_filter(patients, 1.5, mode="nearest")
    share = np.ma.masked_where(around < result.attrs["fewest"], helped / np.maximum(around, 1e-9))
    levels = [level for level in LEVELS if share.count() and share.min() < level < share.max()]
    if not levels:
        return
    lines = axes.contour(
        result[x].values, result[y].values, share, levels=levels, colors=INK, linewidths=0.9, linestyles="solid"
    )
    halo: list[AbstractPathEffect] = [withStroke(linewidth=2.2, foreground="white", alpha=0.8)]
    lines.set_path_effects(halo)
    for text in axes.clabel(lines, fmt=lambda level: f"{100 * level:.0f} %", fontsize=8, inline_spacing=3):
        text.set_path_effects(halo)


def _curves(above: Axes, beside: Axes, result: xr.Dataset) -> None:
    """Draw the share of each class along each axis, with Wilson's 95 % interval."""
    y, x = (str(dim) for dim in result["patients"].dims)
    for axes, along, across in ((above, x, y), (beside, y, x)):
        total = result["patients"].sum(across).values
        for name, colour in CLASS_COLOURS.items():
            count = result["count"].sel(response=name).sum(across).values
            low, high = wilson(count, total)
            share = np.where(total >= result.attrs["fewest"], count / np.maximum(total, 1), np.nan)
            place = result[along].values
            if axes is above:
                axes.fill_between(place, low, high, color=colour, alpha=0.25, linewidth=0)
                axes.plot(place, share, color=colour, label=CLASS_WORDS[name])
            else:
                axes.fill_betweenx(place, low, high, color=colour, alpha=0.25, linewidth=0)
                axes.plot(share, place, color=colour)
    percent = PercentFormatter(1, symbol="")
    for axes, axis in ((above, above.yaxis), (beside, beside.xaxis)):
        axis.set_major_formatter(percent)
        axis.set_ticks([0, 0.5, 1])
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
    ticks = [0.0, mesh.get_clim()[1] / 2, mesh.get_clim()[1]]
    bar.set_ticks(ticks, labels=[f"{100 * tick:.3g}" for tick in ticks])


def _question(result: xr.Dataset) -> str:
    name = result.attrs["name"] or f"Where does {result.attrs['arm']} help?"
    return wrapped(name, WIDTH - 0.2, 11, weight="bold")


def _caption(result: xr.Dataset) -> str:
    about = result.attrs
    cohort = f" of {about['cohort']}" if about["cohort"] else ""
    regulation = f", {about['regulation'].replace('open-loop', 'open loop')}" if about["regulation"] else ""
    lost = [f"{about['failed_run']:,} failed runs"]
    lost += [f"{about['not_compared']:,} outside the cohort or not run"] if about["not_compared"] else []
    lost += [f"{about['off_the_map']:,} beyond the axes"] if about["off_the_map"] else []
    text = (
        f"{about['compared']:,} virtual patients{cohort}{regulation}, each with ({about['arm']}) and without "
        f"({about['reference']}) the device; not shown: {', '.join(lost)}. "
        f"{definition_in_words(about)} "
        "Lines: equal share helped."
    )
    patients = result["patients"].values
    if (patients < about["fewest"]).any():
        text += f" Hatched: fewer than {about['fewest']} patients in the cell; grey: none."
    return wrapped(text, WIDTH - 0.2, 8)
