"""The picture of what predicts a response: each measurement, their pairs, and whether the best scores hold."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from ..figures.style import (
    BLUE,
    GREEN,
    GREY,
    INK,
    ORANGE,
    SKY,
    VERMILLION,
    WIDTH,
    fitted,
    panel_letter,
    shades,
    style,
    wrapped,
)
from ..response.classify import VERBS
from .prediction import Predictors, sentences

HEIGHT = 7.4
MOST = 9
"""Measurements in the matrix of pairs."""

COLOURS = (VERMILLION, BLUE, GREEN, ORANGE, SKY, "#CC79A7", INK, GREY, "#B8A800")
SCORES = {
    "alone": ("best alone", GREY, "s"),
    "pair": ("best pair", BLUE, "o"),
    "all": ("all together", VERMILLION, "^"),
}


def predictor_figure(result: Predictors) -> Figure:
    """Draw the result of :func:`~counterpulse.analysis.predictors.find_predictors`.

    Parameters
    ----------
    result : Predictors
        What was scored.

    Returns
    -------
    matplotlib.figure.Figure
        (a) area under the ROC curve of each measurement with its interval, and of a curve of it; (b) of the pairs of
        the best nine, alone on the diagonal; (c) what happened over the chance that the best scores gave, by tenths.
    """
    with style():
        figure = Figure(figsize=(WIDTH, HEIGHT), layout="constrained")
        about = result.about
        title = f"What predicts who is {VERBS[result.target]} ({about['arm']} against {about['reference']})"
        figure.suptitle(fitted(title, WIDTH - 0.2, 11, "bold"), fontsize=11, weight="bold", x=0.012, ha="left")
        caption = wrapped(" ".join(sentences(result)[:2]), WIDTH - 0.2, 8)
        figure.supxlabel(caption, fontsize=8, x=0.012, ha="left", linespacing=1.3)
        axes = figure.subplot_mosaic([["bars", "pairs"], ["bars", "holds"]], width_ratios=(1, 1.15))
        _bars(axes["bars"], result)
        _pairs(axes["pairs"], result)
        _holds(axes["holds"], result)
        for letter, name in zip("abc", ("bars", "pairs", "holds"), strict=True):
            panel_letter(axes[name], letter)
    return figure


def _bars(axes: Axes, result: Predictors) -> None:
    groups = list(dict.fromkeys(each.group for each in result.predictors))
    for group, colour in zip(groups, COLOURS, strict=False):
        own = [(place, each) for place, each in enumerate(result.predictors) if each.group == group]
        value = np.array([each.area.value for _, each in own])
        low, high = (np.array([getattr(each.area, end) for _, each in own]) for end in ("low", "high"))
        place = [at for at, _ in own]
        axes.barh(place, value - 0.5, 0.7, left=0.5, color=colour, alpha=0.75, label=group)
        axes.errorbar(value, place, xerr=[value - low, high - value], fmt="none", color=INK, elinewidth=1.0)
    curves = [each.curve.value for each in result.predictors]
    axes.plot(curves, range(len(curves)), "D", color=INK, markerfacecolor="white", markersize=3.5, label="as a curve")
    words = [
        wrapped(f"{each.label}\N{NO-BREAK SPACE}{'↑' if each.above else '↓'}", 1.5, 8) for each in result.predictors
    ]
    axes.set_yticks(range(len(words)), words)
    axes.set_ylim(len(words) - 0.4, -0.6)
    axes.set_xlim(min(0.48, min(each.area.low for each in result.predictors)), 1.0)
    axes.set_xlabel("area under the ROC curve (↑ more, ↓ less of it predicts)")
    legend = axes.legend(loc="lower left", bbox_to_anchor=(0.9, 0.0), handlelength=1.0, title="stands for")
    legend.set_in_layout(False)  # it stands in the gap between the panels


def _pairs(axes: Axes, result: Predictors) -> None:
    """Paint the areas of the pairs of the measurements that occur in the best pairs or are best alone."""
    ranked = [each.name for each in result.predictors]
    names = list(dict.fromkeys([*(name for pair in result.pairs[:3] for name in pair.names), *ranked]))[:MOST]
    place = {name: at for at, name in enumerate(names)}
    areas = np.full((len(names), len(names)), np.nan)
    for each in result.predictors:
        if each.name in place:
            areas[place[each.name], place[each.name]] = each.curve.value
    for pair in result.pairs:
        if all(name in place for name in pair.names):
            first, second = sorted(place[name] for name in pair.names)
            areas[second, first] = pair.area.value
    axes.imshow(np.ma.masked_invalid(areas), cmap=shades("helps"), vmin=0.5, vmax=1.0, aspect="auto")
    for row, column in np.argwhere(np.isfinite(areas)):
        value = areas[row, column]
        axes.text(
            column,
            row,
            f"{100 * value:.0f}",
            ha="center",
            va="center",
            fontsize=7.5,
            color="white" if value > 0.72 else INK,
        )
    labels = {each.name: each.label for each in result.predictors}
    axes.set_yticks(range(len(names)), [wrapped(labels[name], 1.7, 7.5) for name in names], fontsize=7.5)
    axes.set_xticks([])
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.set_title("area (%) in pairs; alone on the diagonal", fontsize=8, loc="left")


def _holds(axes: Axes, result: Predictors) -> None:
    axes.plot([0, 1], [0, 1], color=GREY, linewidth=0.8, linestyle=(0, (4, 2)))
    for key, (title, colour, marker) in SCORES.items():
        held = result.chosen[key].calibration
        assert held is not None
        observed = np.array(held.observed)
        reach = np.maximum([observed - held.low, np.array(held.high) - observed], 0.0)  # a rounding below zero
        label = f"{title}: slope {held.slope.value:.2f}"
        axes.errorbar(
            held.expected,
            observed,
            yerr=reach,
            fmt=f"{marker}-",
            color=colour,
            markersize=3.5,
            linewidth=1,
            label=label,
        )
    axes.set(xlabel="chance given (%)", ylabel=f"{VERBS[result.target]} (%)", xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(PercentFormatter(1, symbol=""))
    axes.legend(loc="upper left", handlelength=1.2, fontsize=7.5, borderpad=0)
