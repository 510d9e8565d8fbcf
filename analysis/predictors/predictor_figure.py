"""The picture of what predicts a response: each measurement, their pairs, and whether the best scores hold."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from ..figures.sheet import narrow, points
from ..figures.style import (
    BLUE,
    GREEN,
    GREY,
    INK,
    ORANGE,
    SKY,
    VERMILLION,
    abbreviated,
    fitted,
    legend_below,
    page,
    panel_letter,
    shades,
    wrapped,
)
from ..numbers.intervals import ENDS
from ..response.classify import VERBS
from .words import sentences

HEIGHT = 7.4
MOST = 9
"""Measurements in the matrix of pairs."""
LEGEND = 3
"""Columns of the legend on a narrow page."""
ARROWS = "↑ more, ↓ less of it predicts"

COLOURS = (VERMILLION, BLUE, GREEN, ORANGE, SKY, "#CC79A7", INK, GREY, "#B8A800")
SCORES = {
    "alone": ("best alone", GREY, "s"),
    "pair": ("best pair", BLUE, "o"),
    "all": ("all together", VERMILLION, "^"),
}


def predictor_figure(result: xr.Dataset) -> Figure:
    """Draw the result of :func:`~counterpulse.analysis.predictors.prediction.predictors`.

    Parameters
    ----------
    result : xr.Dataset
        What was scored.

    Returns
    -------
    matplotlib.figure.Figure
        (a) area under the ROC curve of each measurement with its interval, and of a spline of it; (b) of the pairs of
        the best nine, alone on the diagonal; (c) what happened over the probability that the models gave, by tenths. On
        a narrow page they stand below each other, with labels of one line.
    """
    about = result.attrs
    title = f"What predicts who is {VERBS[about['target']]} ({about['arm']} against {about['reference']})"
    inner, around = _below_each_other(result)
    with page(sum(inner) + around if narrow() else HEIGHT, title, " ".join(sentences(result)[:2])) as figure:
        if narrow():
            axes = figure.subplot_mosaic([["bars"], ["pairs"], ["holds"]], height_ratios=inner)
        else:
            axes = figure.subplot_mosaic([["bars", "pairs"], ["bars", "holds"]], width_ratios=(1, 1.15))
        _bars(axes["bars"], result)
        _pairs(axes["pairs"], result)
        _holds(axes["holds"], result)
        for letter, name in zip("abc", ("bars", "pairs", "holds"), strict=True):
            panel_letter(axes[name], letter)
    return figure


def _below_each_other(result: xr.Dataset) -> tuple[tuple[float, float, float], float]:
    """Inches of the axes below each other on a narrow page, and of all that is around them."""
    count, groups = result.sizes["measurement"], len(set(result["stands_for"].values.tolist()))
    lines = 1 + -(-(groups + 1) // LEGEND)
    return (0.122 * count, 0.127 * min(count, MOST), 1.1), 2.9 + 0.13 * lines


def _bars(axes: Axes, result: xr.Dataset) -> None:
    groups = result["stands_for"].values
    for group, colour in zip(dict.fromkeys(groups), COLOURS, strict=False):
        place = np.flatnonzero(groups == group)
        value, low, high = (result[f"auc{end}"].values[place] for end in ENDS)
        axes.barh(place, value - 0.5, 0.7, left=0.5, color=colour, alpha=0.75, label=group)
        axes.errorbar(value, place, xerr=[value - low, high - value], fmt="none", color=INK, elinewidth=1.0)
    splines = result["spline_auc"].values
    axes.plot(
        splines, range(len(splines)), "D", color=INK, markerfacecolor="white", markersize=3.5, label="as a spline"
    )
    ways = ["\N{NO-BREAK SPACE}↑" if increases else "\N{NO-BREAK SPACE}↓" for increases in result["increases"].values]
    words = [_label(label, 1.5, 8, way) for label, way in zip(result["label"].values, ways, strict=True)]
    axes.set_yticks(range(len(words)), words)
    axes.set_ylim(len(words) - 0.4, -0.6)
    axes.set_xlim(min(0.48, float(result["auc_low"].min())), 1.0)
    axes.set_xlabel("area under the ROC curve" if narrow() else f"area under the ROC curve ({ARROWS})")
    if narrow():
        legend_below(axes, ncol=LEGEND, handlelength=1.0, title=f"stands for ({ARROWS})")
        return
    legend = axes.legend(loc="lower left", bbox_to_anchor=(0.9, 0.0), handlelength=1.0, title="stands for")
    legend.set_in_layout(False)  # it stands in the gap between the panels


def _label(label: str, inches: float, size: float, way: str = "") -> str:
    """Break the label of a measurement into lines; on a narrow page it is shortened to one."""
    return fitted(abbreviated(label), 1.45, size) + way if narrow() else wrapped(label + way, inches, size)


def _pairs(axes: Axes, result: xr.Dataset) -> None:
    """Paint the areas of the pairs of the measurements that occur in the best pairs or are best alone."""
    pairs = list(zip(result["first"].values, result["second"].values, strict=True))
    names = list(dict.fromkeys([*(name for pair in pairs[:3] for name in pair), *result["measurement"].values]))[:MOST]
    place = {name: at for at, name in enumerate(names)}
    areas = np.diag(result["spline_auc"].sel(measurement=names).values)
    areas[~np.eye(len(names), dtype=bool)] = np.nan
    for pair, area in zip(pairs, result["pair_auc"].values, strict=True):
        if all(name in place for name in pair):
            first, second = sorted(place[name] for name in pair)
            areas[second, first] = area
    axes.imshow(np.ma.masked_invalid(areas), cmap=shades("helps"), vmin=0.5, vmax=1.0, aspect="auto")
    for row, column in np.argwhere(np.isfinite(areas)):
        value = areas[row, column]
        axes.text(
            column,
            row,
            f"{100 * value:.0f}",
            ha="center",
            va="center",
            fontsize=points(7.5),
            color="white" if value > 0.72 else INK,
        )
    labels = result["label"].sel(measurement=names).values
    axes.set_yticks(range(len(names)), [_label(label, 1.7, 7.5) for label in labels], fontsize=points(7.5))
    axes.set_xticks([])
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    title = "area (%) in pairs; alone on the diagonal"
    axes.set_title(wrapped(title, 1.6, 8), fontsize=points(8), loc="left")


def _holds(axes: Axes, result: xr.Dataset) -> None:
    axes.plot([0, 1], [0, 1], color=GREY, linewidth=0.8, linestyle=(0, (4, 2)))
    for key, (title, colour, marker) in SCORES.items():
        one = result.sel(model=key)
        observed = one["observed"].values
        # a rounding below zero
        reach = np.maximum([observed - one["observed_low"].values, one["observed_high"].values - observed], 0.0)
        axes.errorbar(
            one["expected"].values,
            observed,
            yerr=reach,
            fmt=f"{marker}-",
            color=colour,
            markersize=3.5,
            linewidth=1,
            label=f"{title}: slope {one['slope'].item():.2f}",
        )
    axes.set(
        xlabel="predicted probability (%)",
        xlim=(-0.02, 1.02),
        ylim=(-0.02, 1.02),
    )
    # the legend of the bars stands where a label of the axis would
    axes.set_title(f"{VERBS[result.attrs['target']]} (%)", fontsize=points(8), loc="left")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(PercentFormatter(1, symbol=""))
    if narrow():
        legend_below(axes, ncol=2, handlelength=1.2, fontsize=points(7.5))
    else:
        axes.legend(loc="upper left", handlelength=1.2, fontsize=points(7.5), borderpad=0)
