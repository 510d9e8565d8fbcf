"""The picture of a timing map: three benefits over both offsets, the textbook's errors, and the best by group."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.colors import CenteredNorm, LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ..figures.layout import Line, flow, panels
from ..figures.sheet import narrow, points
from ..figures.style import BLUE, GREEN, GREY, INK, ORANGE, SKY, VERMILLION, page, panel_letter
from ..maps.drawing import edges_of
from ..numbers.intervals import number_of
from ..words.counted import who_is_not_shown, who_is_shown
from .timing_best import BENEFITS, STROKE_WORK_LIMIT
from .timing_errors import DEFLATION, INFLATION, KINDS, SETTINGS
from .timing_own_figure import own_figure
from .timing_words import answered, group_name

EMPTY = "#EDEDED"
KIND_COLOURS = dict(zip(KINDS, (ORANGE, SKY, GREEN, VERMILLION), strict=True))
BETTER = LinearSegmentedColormap.from_list("better", [VERMILLION, "#FFFFFF", BLUE])
TITLES = {"output": "cardiac output (%)", "augmentation": "augmented pressure (mmHg)", "demand": "oxygen demand (%)"}
MOST_GROUPS = 14
"""Rows of the panel of groups; the rest is in the table."""


def timing_figure(answer: xr.Dataset) -> Figure:
    """Draw the result of :func:`~counterpulse.analysis.devices.timing.timing`.

    Returns
    -------
    matplotlib.figure.Figure
        (a-c) median change of output, augmentation and demand, with the best timing and its 95 % region; (d) where
        each error of timing is met; (e) best offsets and their tolerance by cohort and heart rate. Where arms differ in
        deflation, that of :func:`~counterpulse.analysis.devices.timing_own_figure.own_figure`.
    """
    if "deflation" in answer.dims:
        return own_figure(answer)
    groups = answered(answer)[:MOST_GROUPS]
    title = answer.attrs["name"] or f"When should {answer.attrs['arm']} inflate and deflate?"
    below = Line(0.6 + 0.17 * max(len(groups), 1), (1, 1))
    height, lines = flow(6.6 + 0.16 * len(groups) - below.height, *[Line(2.6, (1, 1), alone=0.62)] * 2)
    height, lines = height + below.height, [*lines, below]  # what shares its labels stays together
    with page(height, title, _caption(answer)) as figure:
        drawn = panels(figure, lines)
        maps, (inflation, deflation) = drawn[:4], drawn[4:]
        for letter, axes, benefit in zip("abc", maps, BENEFITS, strict=False):
            _benefit(axes, answer, benefit)
            panel_letter(axes, letter)
        _errors(maps[3], answer)
        panel_letter(maps[3], "d")
        for place, axes in enumerate(maps):
            lowest, first = place == 3 or (place == 2 and not narrow()), place % 2 == 0 or narrow()
            axes.tick_params(labelbottom=lowest, labelleft=first)
            axes.set_xlabel("start of inflation after valve closure (ms)" if lowest else "")
            axes.set_ylabel("start of deflation after\nthe next activation (ms)" if first else "")
        _groups(inflation, groups, INFLATION, named=True)
        _groups(deflation, groups, DEFLATION, named=False)
        panel_letter(inflation, "e")
    return figure


def _edges(cells: xr.Dataset, name: str) -> np.ndarray:
    """Edges in ms."""
    return 1000 * edges_of(cells, name)


def _benefit(axes: Axes, answer: xr.Dataset, benefit: str) -> None:
    name, better = BENEFITS[benefit]
    values = answer[name].values * (100 if "relative" in name else 1)
    axes.set_facecolor(EMPTY)
    mesh = axes.pcolormesh(
        _edges(answer, INFLATION),
        _edges(answer, DEFLATION),
        np.ma.masked_invalid(values),
        cmap=BETTER if better > 0 else BETTER.reversed(),
        norm=CenteredNorm(),
        rasterized=True,
    )
    assert axes.figure is not None
    bar = axes.figure.colorbar(mesh, ax=axes, pad=0.02, aspect=28)
    bar.outline.set_linewidth(0.4)
    axes.set_title(f"change of {TITLES[benefit]}", loc="left", fontsize=points(8.5))
    _right(axes, answer, INK)


def _right(axes: Axes, answer: xr.Dataset, colour: str) -> None:
    """Outline where timing is right, and mark the best."""
    if "met" not in answer:
        return
    across, up = _settings(answer)
    axes.contour(across, up, _where(answer, "right"), levels=[0.5], colors=colour, linewidths=1.1)
    best = answered(answer)[0]
    axes.plot(1000 * best["best_inflation"], 1000 * best["best_deflation"], "+", color=colour, ms=7, mew=1.4)


def _settings(answer: xr.Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Settings of inflation and of deflation, in ms."""
    return 1000 * answer[SETTINGS[INFLATION]].values, 1000 * answer[SETTINGS[DEFLATION]].values


def _where(answer: xr.Dataset, timing: str) -> np.ndarray:
    """1 at the settings where a timing is met, 0 elsewhere."""
    return np.asarray(answer["met"].sel(timing=timing).values, dtype=float)


def _errors(axes: Axes, answer: xr.Dataset) -> None:
    across, up = _settings(answer)
    for place, (name, colour) in enumerate(KIND_COLOURS.items()):
        if "met" not in answer or not (met := _where(answer, name)).any():
            continue
        axes.contourf(across, up, met, levels=[0.5, 1.5], colors=[colour], alpha=0.45)
        axes.contour(across, up, met, levels=[0.5], colors=[colour], linewidths=1.0)
        right, top = place == 1, place == 3
        axes.annotate(
            name,
            (0.98 if right else 0.5 if place > 1 else 0.02, 0.95 if top else 0.05 if place == 2 else 0.5),
            xycoords="axes fraction",
            rotation=90 if place < 2 else 0,
            ha="right" if right else "center" if place > 1 else "left",
            va="center",
            fontsize=points(8),
        )
    axes.set_xlim(across[0], across[-1])
    axes.set_ylim(up[0], up[-1])
    axes.set_title("errors of timing; outline: right", loc="left", fontsize=points(8.5))
    _right(axes, answer, INK)


def _groups(axes: Axes, groups: list[xr.Dataset], name: str, *, named: bool) -> None:
    """Draw the best offset of each group with its interval, and the range that keeps 95 % of the benefit."""
    short = name.removesuffix("_offset")
    for row, best in enumerate(groups):
        value, low, high = (1000 * each for each in number_of(best, f"best_{short}"))
        begin, end = (1000 * float(best[f"{short}_{side}"]) for side in ("from", "to"))
        axes.barh(row, end - begin, left=begin, height=0.6, color="#BFD9EA", linewidth=0)
        axes.plot([low, high], [row, row], color=INK, linewidth=0.9)
        axes.plot(value, row, "o", color=BLUE, ms=3.5)
        if name == DEFLATION:
            value, low, high = (1000 * float(best[f"operator_deflation{end}"]) for end in ("", "_low", "_high"))
            axes.plot([low, high], [row, row], color=ORANGE, linewidth=0.9)
            axes.plot(value, row, "D", color=ORANGE, ms=3)
    labels = [group_name(best) for best in groups]
    axes.set_yticks(range(len(groups)), labels if named else [""] * len(groups))
    axes.set_ylim(len(groups) - 0.4, -0.6)
    axes.axvline(0, color=GREY, linewidth=0.6)
    axes.xaxis.set_major_locator(MaxNLocator(3 if narrow() else 6))
    best_start = "best start of\n" if narrow() else "best start of "
    axes.set_xlabel(f"{best_start}{short} (ms)")


def _caption(answer: xr.Dataset) -> str:
    about = answer.attrs
    words = {"output": "gain of cardiac output", "augmentation": "augmentation", "demand": "fall of oxygen demand"}
    sampled = "" if about["sampled"] == about["compared"] else f" of a sample of {about['sampled']:,}"
    return (
        f"{who_is_shown(about)}, each with ({about['arm']}) and without "
        f"({about['reference']}) the balloon; not shown: {who_is_not_shown(about)}. "
        f"a-c: medians{sampled} in cells, grey: no patient. "
        f"Cross: largest mean {words[about['benefit']]} where at most {100 * about['harmed']:g} % are harmed; outline: "
        f"95 % of it. d: beyond the best, less than {100 * about['kept']:g} % of its effect is left (early inflation: "
        "fall of wedge pressure; late inflation: augmentation; early deflation: fall of systolic pressure; late "
        "deflation: fall of end-diastolic pressure). e: best with 95 % interval; bars: the range that keeps 95 %, the "
        f"other offset at its best; diamonds: the operator's deflation, of the lowest mean end-diastolic pressure with "
        f"stroke work up by less than {100 * STROKE_WORK_LIMIT:g} %."
    )
